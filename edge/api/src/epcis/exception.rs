//! Exceptions of EPCIS as problem documents (EPCIS 2.0, section 12.2; RFC 7807).

use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use plomb_epcis::{CaptureError, CaptureFault, Fault, FindError, QueryFault, RepositoryError};
use serde_json::json;

use crate::problem::Problem;

/// What was wrong with a request, or kept it from being answered.
#[derive(Clone, Debug)]
pub(super) struct Exception {
    pub(super) status: StatusCode,
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) detail: String,
}

impl Exception {
    const fn new(status: StatusCode, name: &'static str, title: &'static str, detail: String) -> Self {
        Self { status, name, title, detail }
    }

    /// A document that is not as EPCIS has it.
    pub(super) fn validation(detail: impl Into<String>) -> Self {
        let title = "The document is not valid";
        Self::new(StatusCode::BAD_REQUEST, "ValidationException", title, detail.into())
    }

    /// The faults of a document.
    pub(super) fn faults(faults: &[Fault]) -> Self {
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Self::validation(texts.join("; "))
    }

    /// A query that is not as it should be.
    pub(super) fn query(detail: impl Into<String>) -> Self {
        let title = "The query is not valid";
        Self::new(StatusCode::BAD_REQUEST, "QueryValidationException", title, detail.into())
    }

    /// A subscription that is not as it should be.
    pub(super) fn subscription(detail: impl Into<String>) -> Self {
        let title = "The subscription is not valid";
        Self::new(StatusCode::BAD_REQUEST, "SubscriptionControlsException", title, detail.into())
    }

    /// There is no such thing. The REST binding has one name for what is not there, query or not.
    pub(super) fn not_found(what: impl AsRef<str>) -> Self {
        let detail = format!("There is no {}.", what.as_ref());
        Self::new(StatusCode::NOT_FOUND, "NoSuchNameException", "There is no such resource", detail)
    }

    /// There is no query of this name.
    pub(super) fn no_such_name(name: &str) -> Self {
        let detail = format!("There is no query `{name}`; GET /queries lists them.");
        Self::new(StatusCode::NOT_FOUND, "NoSuchNameException", "There is no such name", detail)
    }

    /// It is there already.
    pub(super) fn exists(detail: impl Into<String>) -> Self {
        let title = "There is such a resource already";
        Self::new(StatusCode::CONFLICT, "ResourceAlreadyExistsException", title, detail.into())
    }

    /// The answer cannot be given in a form that is accepted.
    pub(super) fn not_acceptable(detail: impl Into<String>) -> Self {
        let title = "No acceptable form";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NotAcceptableException", title, detail.into())
    }

    /// The body is in no form that is read.
    pub(super) fn unsupported(detail: impl Into<String>) -> Self {
        let title = "The media type is not read";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaTypeException", title, detail.into())
    }

    /// The document is too large.
    pub(super) fn capture_limit(detail: impl Into<String>) -> Self {
        let title = "The document is too large";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "CaptureLimitExceededException", title, detail.into())
    }

    /// The address is too long.
    pub(super) fn uri_too_long(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::URI_TOO_LONG, "URITooLongException", "The address is too long", detail.into())
    }

    /// Something of ours failed.
    pub(super) fn implementation(detail: impl Into<String>) -> Self {
        let title = "The server failed";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "ImplementationException", title, detail.into())
    }
}

impl From<Problem> for Exception {
    fn from(problem: Problem) -> Self {
        let name = match problem.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => {
                "SecurityException"
            }
            StatusCode::BAD_REQUEST => "ValidationException",
            _ => "ImplementationException",
        };
        Self::new(problem.status(), name, problem.title(), problem.sentence())
    }
}

impl From<RepositoryError> for Exception {
    fn from(error: RepositoryError) -> Self {
        tracing::error!(%error, "The EPCIS repository cannot be read or changed");
        Self::implementation("The repository cannot be read or changed now.")
    }
}

impl From<QueryFault> for Exception {
    fn from(fault: QueryFault) -> Self {
        let title = "A parameter is not as it should be";
        Self::new(StatusCode::BAD_REQUEST, "QueryParameterException", title, fault.to_string())
    }
}

impl From<FindError> for Exception {
    fn from(error: FindError) -> Self {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        match error {
            FindError::Query(fault) => fault.into(),
            FindError::TooLarge(_) => {
                Self::new(status, "QueryTooLargeException", "There are too many results", error.to_string())
            }
            FindError::TooComplex(why) => {
                Self::new(status, "QueryTooComplexException", "The query is too complex", why)
            }
            FindError::Repository(error) => error.into(),
        }
    }
}

impl From<CaptureError> for Exception {
    fn from(error: CaptureError) -> Self {
        match error {
            CaptureError::Fault(CaptureFault::Known(fault)) => Self::exists(fault.to_string()),
            CaptureError::Fault(CaptureFault::Invalid(fault)) => Self::validation(fault.to_string()),
            CaptureError::Repository(error) => error.into(),
        }
    }
}

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let body = json!({
            "type": format!("epcisException:{}", self.name),
            "title": self.title,
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Plomb EPCIS\", Bearer"));
        }
        // For who would rather have it in XML.
        response.extensions_mut().insert(self);
        response
    }
}

/// A path that EPCIS does not have.
pub(super) async fn no_such_path(uri: Uri) -> Exception {
    Exception::not_found(format!("path {}", uri.path()))
}

/// A method that a path does not have.
pub(super) async fn no_such_method(method: Method, uri: Uri) -> Exception {
    let detail = format!("{} does not take {method}; OPTIONS says what it takes.", uri.path());
    Exception::new(StatusCode::METHOD_NOT_ALLOWED, "ImplementationException", "No such method", detail)
}
