//! Errors as RFC 9457 problem details: what is wrong, and what to do next.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Right;
use crate::accounts::{AccountError, LoginError, Session, StoreError};
use crate::{Refused, Unavailable};
use plomb_registry::RegistryError;

/// What was wrong with a request, or kept it from being answered.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    kind: &'static str,
    title: &'static str,
    detail: String,
    hint: String,
    retry_after_s: Option<i64>,
}

/// RFC 9457 problem details.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// Which sort of problem, for programs.
    #[serde(rename = "type")]
    #[schema(example = "urn:plomb:problem:bad-parameter")]
    kind: String,
    /// The sort of problem, for people.
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// This very problem.
    detail: String,
    /// What to do next.
    hint: String,
}

impl Problem {
    fn new(status: StatusCode, kind: &'static str, title: &'static str) -> Self {
        Self { status, kind, title, detail: String::new(), hint: String::new(), retry_after_s: None }
    }

    /// Its HTTP status.
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    /// The sort of problem, for people.
    pub(crate) const fn title(&self) -> &'static str {
        self.title
    }

    /// This very problem and what to do next, for people.
    pub(crate) fn sentence(&self) -> String {
        format!("{} {}", self.detail, self.hint)
    }

    fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// A parameter that is not allowed, or a value that is not.
    pub(crate) fn bad_parameter(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-parameter", "A parameter is not as it should be")
            .detail(detail)
            .hint("Correct the parameter; /openapi.json lists what each call takes.")
    }

    /// A body that cannot be read.
    pub(crate) fn bad_body(status: StatusCode, detail: impl Into<String>) -> Self {
        Self::new(status, "bad-body", "The body is not as it should be")
            .detail(detail)
            .hint("Send JSON with Content-Type: application/json; /openapi.json describes each body.")
    }

    /// A value in a body that cannot be taken.
    pub(crate) fn unacceptable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unacceptable", "A value cannot be taken")
            .detail(detail)
            .hint("Choose another value and send it again.")
    }

    /// Nobody is logged in.
    pub(crate) fn unauthorised() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "not-logged-in", "Nobody is logged in")
            .detail("The request carries no session, or one that has ended.")
            .hint("Log in with POST /api/v1/session.")
    }

    /// The role does not allow it.
    pub(crate) fn forbidden(session: &Session, right: Right) -> Self {
        let who = match &session.scope {
            Some(scope) if !scope.contains(&right) => "This key".to_owned(),
            _ => format!("The role {}", session.role.name()),
        };
        Self::new(StatusCode::FORBIDDEN, "not-allowed", "The account may not do this")
            .detail(format!("{who} may not {}.", right.name()))
            .hint("Ask an administrator, or log in with another account.")
    }

    /// A change by cookie without the header that only our own page sends.
    pub(crate) fn forged_request() -> Self {
        Self::new(StatusCode::FORBIDDEN, "request-header-missing", "The request may come from another site")
            .detail("A change that is authorised by the cookie must carry the header X-Plomb-Request: 1.")
            .hint("Add the header, or send the token as Authorization: Bearer.")
    }

    /// There is no such thing.
    pub(crate) fn not_found(what: impl AsRef<str>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing")
            .detail(format!("There is no {}.", what.as_ref()))
            .hint("Check the identifier; lists show what there is.")
    }

    /// There is no such path.
    pub(crate) fn no_such_path(path: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "no-such-path", "There is no such path")
            .detail(format!("Nothing is served at {path}."))
            .hint("/openapi.json lists every call.")
    }

    /// The path is there, but not for this method.
    pub(crate) fn method_not_allowed(method: &str, path: &str) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "The path has no such method")
            .detail(format!("{path} does not take {method}."))
            .hint("The Allow header names the methods; /openapi.json lists every call.")
    }

    /// A conflict with how things stand.
    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", "It cannot be done as things stand")
            .detail(detail)
            .hint("Look at how things stand now, then decide again.")
    }

    /// What the account may do, but not with what it began itself.
    pub(crate) fn another_person(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "another-person-needed", "Another person must do this")
            .detail(detail)
            .hint("Ask somebody with the role operator or admin to authorise or refuse it.")
    }

    /// Too many of something at once.
    pub(crate) fn too_many(detail: impl Into<String>) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "too-many", "Too many at once")
            .detail(detail)
            .hint("Try again in a moment.");
        problem.retry_after_s = Some(5);
        problem
    }
}

impl From<Unavailable> for Problem {
    fn from(unavailable: Unavailable) -> Self {
        let mut problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "It cannot be answered now")
                .detail(unavailable.0)
                .hint("Try again in a moment; /readyz says what the platform waits for.");
        problem.retry_after_s = Some(2);
        problem
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown(what) => Self::not_found(what),
            Refused::Conflict(why) => Self::conflict(why),
            Refused::Unacceptable(why) => Self::unacceptable(why),
            Refused::AnotherPerson(why) => Self::another_person(why),
            Refused::Unavailable(unavailable) => unavailable.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "Accounts cannot be read or changed");
        Unavailable("accounts cannot be read now".to_owned()).into()
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Unacceptable(why) => Self::unacceptable(why),
            AccountError::Unknown(name) => Self::not_found(format!("account {name}")),
            AccountError::NoKey(id) => Self::not_found(format!("key {id}")),
            AccountError::Busy => Self::too_many("Too many log-ins at once."),
            AccountError::Store(error) => error.into(),
            conflict => Self::conflict(conflict.to_string()),
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Unacceptable(fault) => Self::unacceptable(fault.to_string()),
            RegistryError::Unknown(what) => Self::not_found(what),
            RegistryError::Conflict(why) => Self::conflict(why),
            RegistryError::MasterKey(why) | RegistryError::Store(why) => {
                tracing::error!(why, "The register cannot be read or changed");
                Unavailable("the register cannot be read or changed now".to_owned()).into()
            }
        }
    }
}

impl From<LoginError> for Problem {
    fn from(error: LoginError) -> Self {
        match error {
            LoginError::Wrong { .. } => {
                Self::new(StatusCode::UNAUTHORIZED, "wrong-password", "The log-in failed")
                    .detail("The name or the password is wrong.")
                    .hint("Check both. An administrator can set a new password.")
            }
            LoginError::Delayed { wait_s } => {
                let status = StatusCode::TOO_MANY_REQUESTS;
                let mut problem = Self::new(status, "too-many-attempts", "Too many log-ins have failed")
                    .detail(format!("Another attempt is heard in {wait_s} s."))
                    .hint("Wait, then try again.");
                problem.retry_after_s = Some(wait_s);
                problem
            }
            LoginError::Busy => Self::too_many("Too many log-ins at once."),
            LoginError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let view = ProblemView {
            kind: format!("urn:plomb:problem:{}", self.kind),
            title: self.title,
            status: self.status.as_u16(),
            detail: self.detail,
            hint: self.hint,
        };
        let body = serde_json::to_vec(&view).unwrap_or_default();
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
