//! A frame laid open for a person.

use plomb_wire::to_hex;

use super::split::{self, Kind};
use super::{hex, record, text};
use crate::Description;

/// Lays a frame open, passwords of a configuration dump left out.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let kind = split::next(wire, true).filter(|piece| piece.bytes == wire.len()).map(|piece| piece.kind);
    match kind {
        Some(Kind::Text | Kind::OpenText) => of_text(wire),
        Some(Kind::Hex | Kind::BadHex) => of_hex(wire),
        Some(Kind::Record | Kind::BadRecord) => of_record(wire),
        _ => bytes(wire),
    }
}

fn bytes(wire: &[u8]) -> Description {
    let mut description = Description::new("no Queclink frame");
    description.field(0, wire.len(), "bytes", to_hex(wire));
    description
}

fn of_text(wire: &[u8]) -> Description {
    let Some(text) = text::read(wire) else { return bytes(wire) };
    let mut description = Description::new(format!("+{}:GT{}", text.head, text.name));
    let points = text.points();
    let last = text.fields.len().saturating_sub(1);
    for (index, field) in text.fields.iter().enumerate() {
        let name = match index {
            0 => "message",
            _ if Some(index) == text.identity => "unique id",
            1 => "protocol version",
            _ if index == last => "count number",
            _ if index + 1 == last => "send time",
            _ if points.contains(&index) => "longitude",
            _ if points.contains(&index.wrapping_sub(1)) => "latitude",
            _ if points.contains(&index.wrapping_sub(2)) => "GNSS UTC time",
            _ if points.contains(&(index + 1)) => "altitude",
            _ if points.contains(&(index + 2)) => "azimuth",
            _ if points.contains(&(index + 3)) => "speed",
            _ if points.contains(&(index + 4)) => "GNSS accuracy",
            _ => "field",
        };
        // A dump of the configuration tells the device's and the network's passwords.
        let value = if text.name == "ALL" && name == "field" { "[redacted]" } else { field.text };
        description.field(field.offset, field.text.len(), name, value);
    }
    description
}

fn of_hex(wire: &[u8]) -> Description {
    let Some(hex) = hex::read(wire) else { return bytes(wire) };
    let mut description = Description::new(format!("+{} 0x{:02X}", hex.head, hex.message));
    description.field(0, 4, "header", format_args!("+{}", hex.head));
    description.field(
        4,
        wire.len().saturating_sub(17),
        "content",
        format_args!(
            "device type 0x{:02X}, version 0x{:04X}, {:?}",
            hex.device_type, hex.version, hex.device
        ),
    );
    description.field(wire.len() - 13, 7, "send time", format_args!("{:?}", hex.sent_at));
    description.field(wire.len() - 6, 2, "count number", hex.count);
    description.field(
        wire.len() - 4,
        2,
        "checksum",
        to_hex(wire.get(wire.len() - 4..wire.len() - 2).unwrap_or_default()),
    );
    description
}

fn of_record(wire: &[u8]) -> Description {
    let (device, events) = record::read(wire, &mut Vec::new());
    let mut description = Description::new("GL601 records");
    description.field(0, 1, "header", to_hex(wire.get(..1).unwrap_or_default()));
    description.field(2, 2, "frame length", wire.len());
    description.field(5, 8, "IMEI", format_args!("{device:?}"));
    description.field(18, wire.len().saturating_sub(22), "records", format_args!("{} records", events.len()));
    description.field(
        wire.len().saturating_sub(4),
        2,
        "count number",
        to_hex(wire.get(wire.len().saturating_sub(4)..wire.len().saturating_sub(2)).unwrap_or_default()),
    );
    description
}
