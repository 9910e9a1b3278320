//! The gates of the register, and what was changed in it.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;

use super::registry::same_name;
use crate::access::{Authorised, Read, Register};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, optional};
use crate::view::{AuditView, ReaderView, ReadersView};

/// Every reader of tags, by name.
#[utoipa::path(get, operation_id = "list_readers", path = "/registry/readers", tag = "registry", responses(
    (status = 200, body = ReadersView),
))]
pub(crate) async fn list(reader: Authorised<Read>) -> Result<Json<ReadersView>, Problem> {
    let readers = reader.look(|registry| registry.readers()).await?;
    Ok(Json(ReadersView { items: readers.into_iter().map(ReaderView::from).collect() }))
}

/// Put a reader in, or change it. One with an address is called within a second.
#[utoipa::path(put, operation_id = "put_reader", path = "/registry/readers/{name}", tag = "registry",
    params(("name" = String, Path, example = "gate-1")), request_body = ReaderView, responses(
    (status = 200, body = ReaderView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put(
    keeper: Authorised<Register>,
    Id(name): Id<String>,
    Body(new): Body<ReaderView>,
) -> Result<Json<ReaderView>, Problem> {
    same_name(&new.name, &name)?;
    let halves = "longitude: latitude and longitude belong together";
    let reader = new.named(&name).ok_or_else(|| Problem::unacceptable(halves))?;
    reader.check().map_err(|fault| Problem::unacceptable(fault.to_string()))?;
    let put = reader.clone();
    keeper.change(move |registry, by, at| registry.put_reader(by, at, &put)).await?;
    Ok(Json(reader.into()))
}

/// Take a reader out; it is not called any more.
#[utoipa::path(delete, operation_id = "drop_reader", path = "/registry/readers/{name}", tag = "registry",
    params(("name" = String, Path, example = "gate-1")), responses(
    (status = 204, description = "Gone"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn drop_reader(
    keeper: Authorised<Register>,
    Id(name): Id<String>,
) -> Result<StatusCode, Problem> {
    keeper.change(move |registry, by, at| registry.drop_reader(by, at, &name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditParameters {
    /// Only about this, such as `device imei:356307042441013`.
    #[serde(deserialize_with = "optional")]
    about: Option<String>,
    /// The newest so many.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// What was changed in the register, newest first: when, by whom, what. Nothing of it is ever changed.
#[utoipa::path(get, operation_id = "list_register_changes", path = "/registry/changes", tag = "registry",
    params(AuditParameters), responses(
    (status = 200, body = AuditView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn audit(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<AuditParameters>,
) -> Result<Json<AuditView>, Problem> {
    let limit = parameters.limit.unwrap_or_default().get();
    let rows = reader.look(move |registry| registry.audit(parameters.about.as_deref(), limit)).await?;
    Ok(Json(AuditView { items: rows.into_iter().map(Into::into).collect() }))
}
