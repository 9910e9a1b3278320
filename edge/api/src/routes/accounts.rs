//! Managing accounts.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Administer, Authorised, OwnPassword};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Secret};
use crate::view::{AccountView, AccountsView, RoleWord};

/// A new account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAccount {
    /// 1 to 64 of a-z, 0-9, `-`, `.`, `_` and `@`.
    name: String,
    role: RoleWord,
    /// At least 12 characters, without the name.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// At least 12 characters, without the account's name.
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Every account.
#[utoipa::path(get, operation_id = "list_accounts", path = "/accounts", tag = "accounts", responses(
    (status = 200, body = AccountsView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(admin: Authorised<Administer>) -> Result<Json<AccountsView>, Problem> {
    let accounts = admin.accounts().await?;
    Ok(Json(AccountsView { items: accounts.iter().map(AccountView::from).collect() }))
}

/// Make an account.
#[utoipa::path(post, operation_id = "create_account", path = "/accounts", tag = "accounts", request_body = NewAccount, responses(
    (status = 201, description = "Made"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json", description = "The name is taken"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    admin: Authorised<Administer>,
    Body(account): Body<NewAccount>,
) -> Result<StatusCode, Problem> {
    admin.create_account(account.name, account.role.0, account.password.0).await?;
    Ok(StatusCode::CREATED)
}

/// Delete an account and end its sessions.
#[utoipa::path(delete, operation_id = "delete_account", path = "/accounts/{name}", tag = "accounts", params(("name" = String, Path)), responses(
    (status = 204, description = "Gone"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json", description = "The last admin stays"),
))]
pub(crate) async fn delete(
    admin: Authorised<Administer>,
    Id(name): Id<String>,
) -> Result<StatusCode, Problem> {
    admin.delete_account(name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Set a password: one's own, or as an admin anybody's. Other sessions of the account end.
#[utoipa::path(
    put, operation_id = "set_password", path = "/accounts/{name}/password", tag = "accounts", params(("name" = String, Path)),
    request_body = NewPassword, responses(
        (status = 204, description = "Set"),
        (status = 403, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
        (status = 422, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn set_password(
    somebody: Authorised<OwnPassword>,
    Id(name): Id<String>,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, Problem> {
    somebody.set_password(name, new.password.0).await?;
    Ok(StatusCode::NO_CONTENT)
}
