//! A frame laid open for a person: every field with its place.

use plomb_wire::{Reader, Short, to_hex};

use super::frame::{self, DATAGRAM_HEADER_BYTES, PACKET_HEADER_BYTES, Step};
use super::message::{Codec, Text};
use super::record::{Layout, MaskedHead};
use crate::Description;

/// Fields listed for one frame: a page a person can still look through.
const FIELDS_MAX: usize = 2_000;
/// Bytes of a value that are shown.
const SHOWN_BYTES_MAX: usize = 48;

/// Lists the fields of a frame as it came over the wire.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    if frame.is_empty() {
        return Description::new("nothing received");
    }
    let mut description = Description::default();
    match frame::next(frame, true) {
        Step::Ping => description.name = "keep-alive".to_owned(),
        Step::Login { .. } => {
            description.name = "login".to_owned();
            description.field(0, 2, "length", frame.len().saturating_sub(2));
            let text = frame.get(2..).unwrap_or_default();
            description.field(2, text.len(), "IMEI", String::from_utf8_lossy(text));
        }
        Step::Packet { .. } | Step::Damaged { .. } => packet(frame, &mut description),
        Step::Datagram { .. } => datagram(frame, &mut description),
        Step::Noise { .. } | Step::Cut { .. } | Step::Wait { .. } => {
            description.name = "no complete frame".to_owned();
            description.field(0, frame.len(), "bytes", shown(frame));
        }
    }
    description.fields.truncate(FIELDS_MAX);
    description
}

fn packet(frame: &[u8], description: &mut Description) {
    let end = frame.len().saturating_sub(4);
    description.field(0, 4, "preamble", "0");
    description.field(4, 4, "length", end.saturating_sub(PACKET_HEADER_BYTES));
    body(frame.get(PACKET_HEADER_BYTES..end).unwrap_or_default(), PACKET_HEADER_BYTES, description);
    let (found, computed) = frame::checksums(frame);
    let verdict = if found == computed { "right" } else { "wrong" };
    description.field(end, 4, "CRC-16/ARC", format!("0x{found:04x} ({verdict})"));
}

fn datagram(frame: &[u8], description: &mut Description) {
    description.field(0, 2, "length", frame.len().saturating_sub(2));
    description.field(2, 2, "packet id", shown(frame.get(2..4).unwrap_or_default()));
    description.field(5, 1, "AVL packet id", frame.get(5).copied().unwrap_or_default());
    let imei = frame.get(8..DATAGRAM_HEADER_BYTES).unwrap_or_default();
    description.field(8, imei.len(), "IMEI", String::from_utf8_lossy(imei));
    body(frame.get(DATAGRAM_HEADER_BYTES..).unwrap_or_default(), DATAGRAM_HEADER_BYTES, description);
}

fn body(bytes: &[u8], base: usize, description: &mut Description) {
    let mut reader = Reader::at(bytes, base);
    let (Ok(codec), Ok(count)) = (reader.u8(), reader.u8()) else { return };
    description.field(base + 1, 1, "count", count);
    let Some(known) = Codec::from_byte(codec) else {
        description.field(base, 1, "codec", format!("0x{codec:02x} (unknown)"));
        return;
    };
    description.name =
        if known.has_records() { format!("{count} records, {}", known.name()) } else { known.name().into() };
    description.field(base, 1, "codec", known.name());
    let rest = reader.rest();
    let layout = Layout::of(known, count, rest.get(..rest.len().saturating_sub(1)).unwrap_or_default());
    for _ in 0..count {
        let read = match known {
            Codec::Seven => masked_record(layout, &mut reader, description),
            codec if codec.has_records() => record(layout, &mut reader, description),
            codec => text(codec, &mut reader, description),
        };
        if read.is_err() || description.fields.len() > FIELDS_MAX {
            description.field(reader.offset(), reader.left(), "not read", shown(reader.rest()));
            return;
        }
    }
    let offset = reader.offset();
    if let Ok(count) = reader.u8() {
        description.field(offset, 1, "count again", count);
    }
}

fn record(layout: Layout, reader: &mut Reader<'_>, description: &mut Description) -> Result<(), Short> {
    let head = layout.head(reader)?;
    let at = head.offset;
    description.field(at, 8, "time, ms since 1970", head.time_ms);
    description.field(at + 8, 1, "priority", head.priority);
    description.field(at + 9, 4, "longitude, 1e-7 degree", head.longitude);
    description.field(at + 13, 4, "latitude, 1e-7 degree", head.latitude);
    description.field(at + 17, 2, "altitude, m", head.altitude);
    description.field(at + 19, 2, "angle, degrees", head.angle);
    description.field(at + 21, 1, "satellites", head.satellites);
    description.field(at + 22, 2, "speed, km/h", head.speed);
    let rest = reader.offset().saturating_sub(at + 24);
    description.field(
        at + 24,
        rest,
        "event element and number of elements",
        format!("{}, {}", head.event, head.total),
    );
    elements(layout, 0x0F, reader, description)
}

fn masked_record(
    layout: Layout,
    reader: &mut Reader<'_>,
    description: &mut Description,
) -> Result<(), Short> {
    let head = MaskedHead::read(reader)?;
    description.field(head.offset, 4, "priority and seconds since 2007", head.time);
    description.field(head.offset + 4, 1, "mask", format!("0x{:02x}", head.mask));
    if let Some((latitude, longitude)) = head.place {
        description.field(
            head.place_offset,
            8,
            "latitude, longitude, degrees",
            format!("{latitude}, {longitude}"),
        );
    }
    elements(layout, head.mask, reader, description)
}

fn elements(
    layout: Layout,
    mask: u8,
    reader: &mut Reader<'_>,
    description: &mut Description,
) -> Result<(), Short> {
    layout.elements(reader, mask, |element| {
        if description.fields.len() > FIELDS_MAX {
            return;
        }
        let value = element.unsigned().map_or_else(|| shown(element.value), |value| value.to_string());
        description.field(
            element.offset,
            element.value.len(),
            "IO element",
            format!("{} = {value}", element.id),
        );
    })
}

fn text(codec: Codec, reader: &mut Reader<'_>, description: &mut Description) -> Result<(), Short> {
    let text = Text::read(reader, codec)?;
    description.field(text.offset, 1, "type", format!("0x{:02x}", text.kind));
    let content = text.text().map_or_else(|| shown(text.content), str::to_owned);
    description.field(text.content_offset, text.content.len(), "content", content);
    Ok(())
}

fn shown(bytes: &[u8]) -> String {
    let hex = to_hex(bytes.get(..SHOWN_BYTES_MAX).unwrap_or(bytes));
    if bytes.len() > SHOWN_BYTES_MAX { format!("{hex}…") } else { hex }
}
