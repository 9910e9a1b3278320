//! A frame laid open for a person.

use plomb_wire::{bcd_digits, to_hex};

use super::line::Line;
use super::split;
use super::zip;
use crate::Description;
use crate::stream::Start;

/// Lays a frame open; the values of parameters are left out, for they hold the network's passwords.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    match (split::start(wire, true), wire.first()) {
        (Start::Whole(bytes), Some(first)) if bytes == wire.len() => match *first {
            0x80.. => of_binary(wire, "binary", 8),
            zip::STX => of_binary(wire, "zip", 9),
            _ => of_line(&Line::of(wire)),
        },
        _ => {
            let mut description = Description::new("no Suntech frame");
            description.field(0, wire.len(), "bytes", to_hex(wire));
            description
        }
    }
}

fn of_binary(wire: &[u8], form: &str, identity_end: usize) -> Description {
    let part = |from: usize, to: usize| wire.get(from..to.min(wire.len())).unwrap_or_default();
    let mut description = Description::new(format!("{form} frame"));
    let start = identity_end - 5;
    description.field(0, start.min(wire.len()), "type and length", to_hex(part(0, start)));
    description.field(
        start,
        part(start, identity_end).len(),
        "device id",
        bcd_digits(part(start, identity_end)),
    );
    let content = part(identity_end, wire.len());
    description.field(identity_end.min(wire.len()), content.len(), "content", to_hex(content));
    description
}

fn of_line(line: &Line) -> Description {
    let mut description = Description::new(line.head());
    let (_, device) = line.device();
    let date = line.date();
    let place = date.and_then(|date| line.place(date));
    let parameters = line.head().ends_with("CMD");
    for index in 0..line.len() {
        let counted = place.and_then(|place| index.checked_sub(place));
        let name = match counted {
            _ if index == 0 => "header",
            _ if line.offset(index) == device => "device id",
            _ if Some(index) == date => "date",
            _ if Some(index) == date.map(|date| date + 1) => "time",
            Some(0) => "latitude",
            Some(1) => "longitude",
            Some(2) => "speed",
            Some(3) => "course",
            Some(4) if line.is_asset() => "fix",
            Some(4) => "satellites",
            Some(5) if !line.is_asset() => "fix",
            _ => "field",
        };
        let hidden = parameters && index > 4;
        let value = if hidden { "[redacted]" } else { line.raw(index) };
        description.field(line.offset(index), line.raw(index).len(), name, value);
    }
    description
}
