//! A packet laid open for a person; passwords are not shown.

use plomb_wire::{Reader, to_hex};

use super::frame::{self, Packet};
use super::preamble;
use super::record::{self, AUTH};
use crate::Description;
use crate::pieces::Start;

/// Subrecords of AUTH with user names, passwords and keys.
const SECRET: [u8; 2] = [6, 7];

/// Lays a packet open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let whole = matches!(frame::start(wire), Start::Frame { bytes, .. } if bytes == wire.len());
    let Some(packet) = Packet::of(wire).filter(|_| whole) else {
        let mut description = Description::new("no EGTS packet");
        description.field(0, wire.len(), "bytes", to_hex(wire));
        return description;
    };
    let mut description = Description::new(match packet.kind {
        frame::RESPONSE => "EGTS_PT_RESPONSE",
        frame::APPDATA => "EGTS_PT_APPDATA",
        frame::SIGNED => "EGTS_PT_SIGNED_APPDATA",
        _ => "EGTS packet",
    });
    description.field(2, 1, "flags", format_args!("{:02X}", packet.flags));
    description.field(5, 2, "frame data length", packet.data.len());
    description.field(7, 2, "packet identifier", packet.number);
    description.field(9, 1, "packet type", packet.kind);
    let mut reader = Reader::at(packet.data, packet.header_bytes);
    if packet.is_closed() || preamble(&packet, &mut reader).is_err() {
        description.field(packet.header_bytes, packet.data.len(), "data", to_hex(packet.data));
    } else {
        records(&mut reader, &mut description);
    }
    if let Some((found, computed)) = packet.sum {
        let verdict = if found == computed { "holds" } else { "differs" };
        description.field(wire.len() - 2, 2, "data checksum", format_args!("{found:04x}, {verdict}"));
    }
    description
}

fn records(reader: &mut Reader<'_>, description: &mut Description) {
    while !reader.is_empty() {
        let Ok(record) = record::record(reader) else { return };
        let object = record.object.map_or_else(|| "none".to_owned(), |object| object.to_string());
        let head = record.content_at - record.offset;
        let shown = format!("number {}, object {object}, service {}", record.number, record.service);
        description.field(record.offset, head, "record", shown);
        let mut inside = Reader::at(record.content, record.content_at);
        while let Ok(part) = record::subrecord(&mut inside) {
            let secret = record.service == AUTH && SECRET.contains(&part.kind);
            let value = if secret { "[redacted]".to_owned() } else { to_hex(part.data) };
            let name = record::name(record.service, part.kind);
            description.field(part.offset, 3 + part.data.len(), name, value);
        }
    }
}
