//! Parameters of the query and of the path.

use std::borrow::Cow;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::request::Parts;
use plomb_model::Timestamp;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};

use crate::problem::Problem;
use crate::view::{FromText, Time};

/// The parameters of the query, of the type `T`, which should deny unknown fields.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::<T>::from_request_parts(parts, state).await {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(rejection) => {
                let text = rejection.body_text();
                let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                Err(Problem::bad_parameter(text.replace("unknown field", "unknown parameter")))
            }
        }
    }
}

/// An optional parameter; an empty one counts as absent.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: FromText>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let text = Cow::<'de, str>::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    T::from_text(&text).map(Some).map_err(D::Error::custom)
}

/// A span without a beginning is of so long, seconds.
const SPAN_S: i64 = 30 * 86_400;

/// From `from`, 30 days ago unless said, to before `to`, now unless said.
pub(crate) fn span(
    from: Option<Time>,
    to: Option<Time>,
    now: Timestamp,
) -> Result<(Timestamp, Timestamp), Problem> {
    let from = from.map_or_else(|| now.plus_secs(-SPAN_S), |from| from.0);
    let to = to.map_or_else(|| now.plus_secs(1), |to| to.0);
    if from >= to {
        return Err(Problem::bad_parameter("from: it must be before `to`"));
    }
    Ok((from, to))
}

/// An identifier in the path.
pub(crate) struct Id<T>(pub(crate) T);

impl<S: Send + Sync, T: FromStr + Send> FromRequestParts<S> for Id<T>
where
    T::Err: std::fmt::Display,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(text)) => text,
            Err(rejection) => return Err(Problem::bad_parameter(rejection.body_text())),
        };
        match text.parse() {
            Ok(id) => Ok(Self(id)),
            Err(error) => Err(Problem::bad_parameter(format!("`{text}` in the path: {error}"))),
        }
    }
}
