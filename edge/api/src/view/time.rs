//! Instants as RFC 3339 in UTC with milliseconds.

use std::borrow::Cow;

use plomb_model::{OccurredAt, ReceivedAt, Timestamp};
use serde::{Serialize, Serializer};
use utoipa::openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type};
use utoipa::{PartialSchema, ToSchema};

use super::FromText;

/// An instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Timestamp);

impl From<OccurredAt> for Time {
    fn from(at: OccurredAt) -> Self {
        Self(at.0)
    }
}

impl From<ReceivedAt> for Time {
    fn from(at: ReceivedAt) -> Self {
        Self(at.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl FromText for Time {
    fn from_text(text: &str) -> Result<Self, String> {
        // A plus sign of an offset that was not percent-encoded arrives as a space.
        let text = text.replace(' ', "+");
        text.parse().map(Self).map_err(|_| "it must be a time such as 2026-11-24T08:15:30Z".to_owned())
    }
}

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::DateTime);
        let schema = ObjectBuilder::new().schema_type(Type::String).format(Some(format));
        RefOr::T(Schema::Object(schema.description(Some("RFC 3339, UTC, milliseconds")).build()))
    }
}

impl ToSchema for Time {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Time")
    }
}
