//! What the map shows of a device.

use std::fmt::Write;

use plomb_model::{DeviceId, Protocol, ReceivedAt};
use plomb_rules::{Condition, DeviceState};

/// A device as a mark on the map; 72 bytes, so that a fleet can be copied out of the state in a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceMark {
    /// Who.
    pub device: DeviceId,
    /// Latitude and longitude in units of 1e-7 degree, north and east positive.
    pub place_e7: Option<(i32, i32)>,
    /// Course in whole degrees, -1 when unknown.
    pub course_deg: i16,
    /// Speed in whole km/h, -1 when unknown.
    pub speed_kmh: i16,
    /// How it stands.
    pub condition: Condition,
    /// When it was last heard.
    pub last_received_at: ReceivedAt,
    /// What it speaks.
    pub protocol: Protocol,
}

impl DeviceMark {
    /// The mark of a device.
    #[must_use]
    pub fn of(device: &DeviceState) -> Self {
        let position = device.position.as_ref();
        let course = position.and_then(|position| position.course);
        let speed = position.and_then(|position| position.speed);
        Self {
            device: device.id,
            place_e7: position.map(|position| (position.latitude.e7(), position.longitude.e7())),
            course_deg: course.map_or(-1, |course| whole(i64::from(course.0), 100) % 360),
            speed_kmh: speed.map_or(-1, |speed| whole(i64::from(speed.0), 1000)),
            condition: Condition::of(device),
            last_received_at: device.last_received_at,
            protocol: device.protocol,
        }
    }

    /// Adds the mark as a row of a `positions` event. Identifiers and words need no escaping in JSON.
    pub(crate) fn write_row(&self, json: &mut String) {
        let written = match self.place_e7 {
            Some((latitude, longitude)) => write!(json, r#"["{}",{longitude},{latitude}"#, self.device),
            None => write!(json, r#"["{}",null,null"#, self.device),
        }
        .and_then(|()| {
            write!(
                json,
                r#",{},{},"{}",{},"{}"]"#,
                self.course_deg,
                self.speed_kmh,
                self.condition.name(),
                self.last_received_at.0.as_millis(),
                self.protocol.name()
            )
        });
        debug_assert!(written.is_ok(), "a string takes all that is written");
    }
}

/// `value / unit` rounded to the nearest whole, held to what fits; negative values count as unknown.
fn whole(value: i64, unit: i64) -> i16 {
    if value < 0 { -1 } else { i16::try_from((value + unit / 2) / unit).unwrap_or(i16::MAX) }
}

#[cfg(test)]
mod tests {
    use plomb_model::{CentiDegrees, Fix, LatitudeE7, LongitudeE7, Position, Speed, Timestamp};

    use super::*;

    #[test]
    fn a_row_is_json_of_the_documented_columns() {
        let at = ReceivedAt(Timestamp::from_millis(1_795_508_130_000));
        let id = "jointech:8041300978".parse().unwrap();
        let mut device = DeviceState::new(id, Protocol::Jointech, at);
        let mut row = String::new();
        DeviceMark::of(&device).write_row(&mut row);
        assert_eq!(row, r#"["jointech:8041300978",null,null,-1,-1,"normal",1795508130000,"jointech"]"#);
        let (latitude, longitude) = (LatitudeE7::new(5).unwrap(), LongitudeE7::new(-7).unwrap());
        let mut position = Position::new(latitude, longitude, Fix::Gnss);
        position.course = Some(CentiDegrees(11_850));
        position.speed = Some(Speed(64_499));
        device.position = Some(position);
        row.clear();
        DeviceMark::of(&device).write_row(&mut row);
        assert_eq!(row, r#"["jointech:8041300978",-7,5,119,64,"normal",1795508130000,"jointech"]"#);
    }
}
