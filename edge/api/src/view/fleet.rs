//! The fleet as columns, and a device's track.

use plomb_model::Timestamp;
use serde::Serialize;
use utoipa::openapi::schema::{ArrayItems, SchemaType};
use utoipa::openapi::{ArrayBuilder, ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::{ConditionWord, ProtocolWord, Time};
use crate::DeviceMark;

/// Every device, as columns of equal length.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Fleet)]
pub(crate) struct FleetView {
    /// Everything up to this number of the journal is in here.
    sequence: u64,
    at: Time,
    id: Vec<String>,
    /// Units of 1e-7 degree; null without a position.
    longitude_e7: Vec<Option<i32>>,
    /// Units of 1e-7 degree; null without a position.
    latitude_e7: Vec<Option<i32>>,
    /// -1 when unknown.
    course_deg: Vec<i16>,
    /// -1 when unknown.
    speed_kmh: Vec<i16>,
    condition: Vec<ConditionWord>,
    last_received_at_ms: Vec<i64>,
    protocol: Vec<ProtocolWord>,
}

impl FleetView {
    /// The columns of the marks.
    pub(crate) fn new(sequence: u64, at: Timestamp, marks: &[DeviceMark]) -> Self {
        Self {
            sequence,
            at: Time(at),
            id: marks.iter().map(|mark| mark.device.to_string()).collect(),
            longitude_e7: marks.iter().map(|mark| mark.place_e7.map(|(_, longitude)| longitude)).collect(),
            latitude_e7: marks.iter().map(|mark| mark.place_e7.map(|(latitude, _)| latitude)).collect(),
            course_deg: marks.iter().map(|mark| mark.course_deg).collect(),
            speed_kmh: marks.iter().map(|mark| mark.speed_kmh).collect(),
            condition: marks.iter().map(|mark| ConditionWord(mark.condition)).collect(),
            last_received_at_ms: marks.iter().map(|mark| mark.last_received_at.0.as_millis()).collect(),
            protocol: marks.iter().map(|mark| ProtocolWord(mark.protocol)).collect(),
        }
    }
}

/// Longitude, latitude (degrees), when by the device's clock (ms since 1970), speed (km/h, null when unknown).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct TrackPoint(pub(crate) f64, pub(crate) f64, pub(crate) i64, pub(crate) Option<f64>);

impl PartialSchema for TrackPoint {
    fn schema() -> RefOr<Schema> {
        let number = || Schema::Object(ObjectBuilder::new().schema_type(Type::Number).build());
        let nullable = SchemaType::from_iter([Type::Number, Type::Null]);
        let speed = Schema::Object(ObjectBuilder::new().schema_type(nullable).build());
        let columns = [number(), number(), number(), speed];
        let array = ArrayBuilder::new().prefix_items(columns).items(ArrayItems::False);
        let text = "Longitude and latitude in degrees, when by the device's clock (ms since 1970), \
                    and speed (km/h, null when unknown)";
        RefOr::T(Schema::Array(array.min_items(Some(4)).max_items(Some(4)).description(Some(text)).build()))
    }
}

impl ToSchema for TrackPoint {}

/// Where a device was.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Track)]
pub(crate) struct TrackView {
    /// In the order in which it was there.
    pub(crate) points: Vec<TrackPoint>,
    /// Points were left out that change the line little.
    pub(crate) simplified: bool,
}
