//! A position.

use plomb_model::Position;
use serde::Serialize;
use utoipa::ToSchema;

use super::FixWord;

/// Where, as the device reported it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Position)]
pub(crate) struct PositionView {
    /// Degrees, north positive, WGS 84.
    pub(super) latitude: f64,
    /// Degrees, east positive, WGS 84.
    pub(super) longitude: f64,
    /// Whether the device vouches for a current satellite fix.
    valid: bool,
    pub(super) fix: FixWord,
    /// Above mean sea level.
    #[schema(required)]
    pub(super) altitude_m: Option<i64>,
    #[schema(required)]
    pub(super) speed_kmh: Option<f64>,
    /// Clockwise from north.
    #[schema(required)]
    pub(super) course_deg: Option<f64>,
    /// Satellites used (some devices: in view).
    #[schema(required)]
    pub(super) satellites: Option<u8>,
}

impl From<&Position> for PositionView {
    fn from(position: &Position) -> Self {
        Self {
            latitude: position.latitude.degrees(),
            longitude: position.longitude.degrees(),
            valid: position.is_valid(),
            fix: FixWord(position.fix),
            altitude_m: position.altitude.map(|altitude| altitude.0),
            speed_kmh: position.speed.map(plomb_model::Speed::kmh),
            course_deg: position.course.map(plomb_model::CentiDegrees::degrees),
            satellites: position.satellites,
        }
    }
}
