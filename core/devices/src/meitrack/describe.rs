//! A frame laid open for a person.

use plomb_wire::to_hex;

use super::frame::{self, Frame, Piece};
use crate::Description;

/// Lays a frame open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let whole = frame::next(wire, true) == Some(Piece::Frame(wire.len()));
    let Some(frame) = Frame::of(wire).filter(|_| whole) else {
        let mut description = Description::new("no Meitrack frame");
        description.field(0, wire.len(), "bytes", to_hex(wire));
        return description;
    };
    let mut description = Description::new(frame.command);
    description.field(2, 1, "flag", char::from(frame.flag));
    let command_at = frame.content_at.saturating_sub(frame.command.len() + 1);
    description.field(command_at.saturating_sub(frame.imei.len() + 1), frame.imei.len(), "IMEI", frame.imei);
    let mut at = frame.content_at;
    if frame.command == "AAA" {
        const NAMES: [&str; 17] = [
            "event",
            "latitude",
            "longitude",
            "date",
            "valid",
            "satellites",
            "GSM",
            "speed km/h",
            "heading",
            "HDOP",
            "altitude m",
            "mileage m",
            "run time s",
            "base station",
            "I/O",
            "analog",
            "assisted event information",
        ];
        for (index, field) in frame.content.split(|byte| *byte == b',').enumerate() {
            let name = NAMES.get(index).copied().unwrap_or("further");
            description.field(at, field.len(), name, String::from_utf8_lossy(field));
            at += field.len() + 1;
        }
    } else if !frame.content.is_empty() {
        description.field(at, frame.content.len(), "content", to_hex(frame.content));
    }
    description.field(
        wire.len(),
        0,
        "checksum",
        format_args!("{:02X}, computed {:02X}", frame.checksum.0, frame.checksum.1),
    );
    description
}
