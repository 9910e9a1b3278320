//! Keys of programs: what they may do is chosen, they end, and they can be taken back one by one.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Authorised, OwnPassword, Right};
use crate::accounts::NewKey;
use crate::problem::{Problem, ProblemView};
use crate::request::Body;
use crate::view::{ApiKeyView, ApiKeysView, MadeApiKeyView};

/// Days that a key lasts when nothing is said.
const DAYS: u32 = 90;

/// A key that is wished for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub(crate) struct KeyForm {
    /// What it is for, for people.
    label: String,
    /// What it may do: `read`, `operate`, `order`, `authorise`, `move`, `draw`, `assess`, `register`, `exchange`.
    rights: Vec<String>,
    /// Days until it ends, 90 unless said.
    days: Option<u32>,
}

/// One's own keys.
#[utoipa::path(get, operation_id = "list_api_keys", path = "/keys", tag = "accounts", responses(
    (status = 200, body = ApiKeysView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(person: Authorised<OwnPassword>) -> Result<Json<ApiKeysView>, Problem> {
    let keys = person.keys().await?;
    Ok(Json(ApiKeysView { items: keys.iter().map(ApiKeyView::from).collect() }))
}

/// Make a key. Its token is told this once.
#[utoipa::path(post, operation_id = "create_api_key", path = "/keys", tag = "accounts", request_body = KeyForm, responses(
    (status = 201, body = MadeApiKeyView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    person: Authorised<OwnPassword>,
    Body(form): Body<KeyForm>,
) -> Result<(StatusCode, Json<MadeApiKeyView>), Problem> {
    let mut rights = Vec::new();
    for word in &form.rights {
        let right = Right::from_word(word).filter(|right| right.is_for_keys());
        let names = || {
            Right::ALL.into_iter().filter(|right| right.is_for_keys()).map(Right::word).collect::<Vec<_>>()
        };
        let right = right.ok_or_else(|| {
            Problem::unacceptable(format!("rights: `{word}` is none of {}", names().join(", ")))
        })?;
        rights.push(right);
    }
    if rights.is_empty() {
        return Err(Problem::unacceptable("rights: a key without any is of no use"));
    }
    let wish = NewKey { label: form.label, rights, days: form.days.unwrap_or(DAYS) };
    let (key, token) = person.create_key(wish).await?;
    Ok((StatusCode::CREATED, Json(MadeApiKeyView { key: ApiKeyView::from(&key), token: token.expose() })))
}

/// Take back a key: it ends at once.
#[utoipa::path(delete, operation_id = "delete_api_key", path = "/keys/{id}", tag = "accounts",
    params(("id" = String, Path)), responses(
    (status = 204, description = "It has ended"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn delete(
    person: Authorised<OwnPassword>,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    person.delete_key(id).await?;
    Ok(StatusCode::NO_CONTENT)
}
