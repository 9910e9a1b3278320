//! A frame laid open for a person.

use super::message::Message;
use crate::Description;

/// Lays a frame open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let Some(message) = Message::of(wire) else {
        let mut description = Description::new("bytes of no TK103 message");
        description.field(0, wire.len(), "bytes", plomb_wire::to_hex(wire));
        return description;
    };
    let mut description = Description::new(format!("TK103 {}", message.word()));
    let mut put = |range: &std::ops::Range<usize>, name: &'static str| {
        if !range.is_empty() {
            description.field(range.start, range.len(), name, message.text(range));
        }
    };
    put(&message.number, "number");
    put(&message.command, "command");
    if let Some(place) = &message.place {
        put(
            &(message.body.start..place.date.start.saturating_sub(usize::from(message.commas))),
            "before the date",
        );
        put(&place.date, if message.commas { "date DDMMYY" } else { "date YYMMDD" });
        put(&place.mark, "validity");
        put(&place.latitude, "latitude");
        put(&place.longitude, "longitude");
        put(&place.speed, "speed km/h");
        put(&place.time, "time");
        put(&place.course, "course");
        put(&place.altitude, "altitude m");
        put(&place.state, "state");
        put(&place.mileage, "mileage m, hex");
        put(&place.rest, "rest");
    } else {
        for range in message.fields() {
            put(&range, "field");
        }
    }
    description
}
