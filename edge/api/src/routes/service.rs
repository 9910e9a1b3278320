//! What the platform speaks, how it stands, and what watches it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::access::{Api, Authorised, Read};
use crate::problem::ProblemView;
use crate::view::{HealthView, ProtocolsView, StatusView};

/// The protocols that are spoken.
#[utoipa::path(get, operation_id = "list_protocols", path = "/protocols", tag = "platform", responses(
    (status = 200, body = ProtocolsView),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn protocols(_: Authorised<Read>) -> Json<ProtocolsView> {
    Json(ProtocolsView::all())
}

/// How the platform stands.
#[utoipa::path(get, operation_id = "get_status", path = "/status", tag = "platform", responses(
    (status = 200, body = StatusView),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn status(reader: Authorised<Read>) -> Json<StatusView> {
    Json(reader.status().into())
}

/// Whether the process answers.
#[utoipa::path(get, operation_id = "get_healthz", path = "/healthz", tag = "service", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"),
))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the platform can do its work.
#[utoipa::path(get, operation_id = "get_readyz", path = "/readyz", tag = "service", security(()), responses(
    (status = 200, body = HealthView),
    (status = 503, body = HealthView, description = "Not ready; `reasons` says why"),
))]
pub(crate) async fn readyz(State(api): State<Arc<Api>>) -> Response {
    let health = api.health();
    let is_ready = health.reasons.is_empty();
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(HealthView::from(health))).into_response()
}

/// Metrics in the Prometheus text format.
#[utoipa::path(get, operation_id = "get_metrics", path = "/metrics", tag = "service", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"),
))]
pub(crate) async fn metrics(State(api): State<Arc<Api>>) -> Response {
    let mut text = api.metrics();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&api.telemetry.text());
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
