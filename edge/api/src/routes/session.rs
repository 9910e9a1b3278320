//! Logging in and out.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Api, Authorised, COOKIE, Credential, Read, peer_of};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Secret};
use crate::view::SessionView;

/// A name and a password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    name: String,
    #[schema(value_type = String, format = Password)]
    password: Secret,
}

/// Address of the other side.
pub(crate) struct Peer(pub(crate) std::net::IpAddr);

impl FromRequestParts<Arc<Api>> for Peer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, api: &Arc<Api>) -> Result<Self, Self::Rejection> {
        Ok(Self(peer_of(parts, api.forwarded_for())))
    }
}

/// Log in.
#[utoipa::path(post, operation_id = "log_in", path = "/session", tag = "session", security(()), request_body = Login, responses(
    (status = 200, body = SessionView, description = "Logged in; the cookie plomb_session holds the token too"),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
    (status = 429, body = ProblemView, content_type = "application/problem+json",
        description = "Too many failures; Retry-After says how many seconds to wait"),
))]
pub(crate) async fn log_in(
    State(api): State<Arc<Api>>,
    Peer(peer): Peer,
    Body(login): Body<Login>,
) -> Result<Response, Problem> {
    let (session, token) = api.login(login.name, login.password.0, peer).await?;
    let token = token.expose();
    let lasts_s = session.expires_at.since(api.now()) / 1000;
    let cookie = cookie(&token, lasts_s, api.secure_cookies());
    let view = SessionView::new(&session, Some(token));
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Json(view)).into_response())
}

/// Who is logged in.
#[utoipa::path(get, operation_id = "who_is_logged_in", path = "/session", tag = "session", responses(
    (status = 200, body = SessionView),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn who(reader: Authorised<Read>) -> Json<SessionView> {
    Json(SessionView::new(reader.session(), None))
}

/// Log out. Without a session nothing happens.
#[utoipa::path(delete, operation_id = "log_out", path = "/session", tag = "session", responses(
    (status = 204, description = "The session has ended"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn log_out(
    State(api): State<Arc<Api>>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(credential) = Credential::of(&headers) {
        credential.refuse_forgery(&method, &headers)?;
        api.logout(&credential.token).await?;
    }
    let cookie = cookie("", 0, api.secure_cookies());
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(SET_COOKIE, cookie)])).into_response())
}

fn cookie(token: &str, lasts_s: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={lasts_s}{secure}")
}
