//! A frame laid open for a person.

use plomb_wire::to_hex;

use super::frame::{self, Frame, Piece};
use super::{message, place};
use crate::Description;

/// Lays a frame open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let whole = frame::next(wire, true) == Some(Piece::Frame(wire.len()));
    let Some(frame) = Frame::of(wire).filter(|_| whole) else {
        let mut description = Description::new("no Topflytech frame");
        description.field(0, wire.len(), "bytes", to_hex(wire));
        return description;
    };
    let mut description =
        Description::new(format!("{:02X}{:02X} {:02X}", frame.head, frame.head, frame.kind));
    description.field(0, 2, "head", format_args!("{:02X}{:02X}", frame.head, frame.head));
    description.field(2, 1, "type", format_args!("{:02X}", frame.kind));
    description.field(3, 2, "length", wire.len());
    description.field(5, 2, "serial", frame.serial);
    let device = frame.device().map_or_else(|| "none".to_owned(), |device| device.value().to_owned());
    description.field(7, 8, "IMEI", device);
    let content = wire.get(frame::HEADER_BYTES..).unwrap_or_default();
    let date_at = match (frame.head, frame.kind) {
        (message::PERSONAL, 0x02 | 0x04) => 17,
        (_, 0x02 | 0x04 | 0x16 | 0x18) => 44,
        (_, 0x13 | 0x14) => 52,
        _ => frame::HEADER_BYTES,
    };
    if frame.kind == 0x81 {
        description.field(frame::HEADER_BYTES, content.len(), "answer", message::text(&frame));
    } else if let Some(time) = place::time(&frame, date_at) {
        description.field(date_at, 6, "date", time);
    }
    if !content.is_empty() && frame.kind != 0x81 {
        description.field(frame::HEADER_BYTES, content.len(), "content", to_hex(content));
    }
    description
}
