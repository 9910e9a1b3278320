//! A Teltonika frame laid open field by field, in the manual's words and raw units.
//!
//! Nothing is converted and nothing is judged but the checksum; bytes that do not fit are named as such.
//! Source as in `mod.rs`.

use plomb_wire::{Reader, Short, to_hex};

use super::element;
use super::frame::{DATAGRAM_HEADER_BYTES, PACKET_HEADER_BYTES, PING, checksums};
use super::message::{Codec, Text};
use super::record::{Element, Layout, MaskedHead};
use crate::Description;

/// Longest value shown of an element of many bytes.
const VALUE_BYTES_SHOWN_MAX: usize = 64;

/// Lays open one frame: a login, a data packet, a datagram or the byte that keeps a connection open.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    match frame {
        [] => Description::new("nothing"),
        [PING] => {
            let mut description = Description::new("keep-alive");
            description.field(0, 1, "keep-alive", "ff");
            description
        }
        [0, 0, 0, 0, ..] if frame.len() > PACKET_HEADER_BYTES + 4 => packet(frame),
        [_, _, _, _, 1, _, 0, 15, ..] if frame.len() > DATAGRAM_HEADER_BYTES => datagram(frame),
        [0, length, text @ ..] if usize::from(*length) == text.len() => {
            let mut description = Description::new("login");
            description.field(0, 2, "length", length);
            description.field(2, text.len(), "IMEI", String::from_utf8_lossy(text));
            description
        }
        _ => {
            let mut description = Description::new("no Teltonika frame");
            bytes(&mut description, 0, frame, "bytes");
            description
        }
    }
}

fn packet(frame: &[u8]) -> Description {
    let end = frame.len() - 4;
    let (crc, computed) = checksums(frame);
    let mut description = Description::new("data packet");
    description.field(0, 4, "preamble", "00000000");
    let declared = frame.get(4..8).and_then(|field| field.try_into().ok()).map_or(0, u32::from_be_bytes);
    description.field(4, 4, "length", declared);
    body(&mut description, frame.get(PACKET_HEADER_BYTES..end).unwrap_or_default(), PACKET_HEADER_BYTES);
    let verdict = if crc == computed { "right".to_owned() } else { format!("computed {computed:08x}") };
    description.field(end, 4, "CRC-16/ARC", format_args!("{crc:08x} ({verdict})"));
    description
}

fn datagram(frame: &[u8]) -> Description {
    let mut description = Description::new("datagram");
    let number = |from: usize| {
        frame.get(from..from + 2).map_or(0, |field| field.iter().fold(0_u32, |n, b| n << 8 | u32::from(*b)))
    };
    description.field(0, 2, "length", number(0));
    description.field(2, 2, "packet id", number(2));
    description.field(4, 1, "not usable", 1);
    description.field(5, 1, "AVL packet id", frame.get(5).copied().unwrap_or_default());
    description.field(6, 2, "IMEI length", number(6));
    let imei = frame.get(8..DATAGRAM_HEADER_BYTES).unwrap_or_default();
    description.field(8, imei.len(), "IMEI", String::from_utf8_lossy(imei));
    body(&mut description, frame.get(DATAGRAM_HEADER_BYTES..).unwrap_or_default(), DATAGRAM_HEADER_BYTES);
    description
}

fn body(description: &mut Description, content: &[u8], base: usize) {
    let &[codec_byte, count, ref rest @ ..] = content else {
        return bytes(description, base, content, "body");
    };
    let codec = Codec::from_byte(codec_byte);
    let name = codec.map_or("unknown codec", Codec::name);
    description.name = format!("{}, {name}", description.name);
    description.field(base, 1, "codec id", format_args!("0x{codec_byte:02x} {name}"));
    description.field(base + 1, 1, "count", count);
    let (content, last) = rest.split_last().map_or((rest, None), |(last, content)| (content, Some(*last)));
    let mut reader = Reader::at(content, base + 2);
    if let Some(codec) = codec {
        let layout = Layout::of(codec, count, content);
        for _ in 0..count {
            let read = match codec {
                Codec::Seven => masked_record(description, layout, &mut reader),
                codec if codec.has_records() => record(description, layout, &mut reader),
                codec => text(description, codec, &mut reader),
            };
            if read.is_err() {
                break;
            }
        }
    }
    if !reader.is_empty() {
        bytes(description, reader.offset(), reader.rest(), "bytes that do not fit");
    }
    if let Some(last) = last {
        description.field(base + 2 + content.len(), 1, "count again", last);
    }
}

fn record(description: &mut Description, layout: Layout, reader: &mut Reader<'_>) -> Result<(), Short> {
    let head = layout.head(reader)?;
    let at = head.offset;
    description.field(at, 8, "timestamp, ms", head.time_ms);
    description.field(at + 8, 1, "priority", head.priority);
    description.field(at + 9, 4, "longitude, e-7 degree", head.longitude);
    description.field(at + 13, 4, "latitude, e-7 degree", head.latitude);
    description.field(at + 17, 2, "altitude, m", head.altitude);
    description.field(at + 19, 2, "angle, degrees", head.angle);
    description.field(at + 21, 1, "satellites", head.satellites);
    description.field(at + 22, 2, "speed, km/h", head.speed);
    let (id_bytes, count_bytes) = layout.widths();
    description.field(at + 24, id_bytes, "event IO id", head.event);
    if let Some(generation) = head.generation {
        description.field(at + 24 + id_bytes, 1, "generation type", generation);
    }
    description.field(reader.offset() - count_bytes, count_bytes, "IO elements", head.total);
    layout.elements(reader, 0, |element| io(description, element))
}

fn masked_record(
    description: &mut Description,
    layout: Layout,
    reader: &mut Reader<'_>,
) -> Result<(), Short> {
    let head = MaskedHead::read(reader)?;
    description.field(head.offset, 4, "priority and seconds since 2007", format_args!("{:08x}", head.time));
    description.field(head.offset + 4, 1, "global mask", format_args!("{:02x}", head.mask));
    if head.mask & 1 == 1 {
        let length = reader.offset() - head.place_offset;
        let found = format_args!(
            "place {:?} altitude {:?} angle {:?} speed {:?} satellites {:?} cell {:?}",
            head.place, head.altitude, head.angle, head.speed, head.satellites, head.cell
        );
        description.field(head.place_offset - 1, length + 1, "GPS element", found);
    }
    layout.elements(reader, head.mask, |element| io(description, element))
}

fn text(description: &mut Description, codec: Codec, reader: &mut Reader<'_>) -> Result<(), Short> {
    let text = Text::read(reader, codec)?;
    let mut at = text.offset;
    let size = text.content.len() + text.time_s.map_or(0, |_| 4) + text.imei.map_or(0, |_| 8);
    description.field(at, 1, "type", format_args!("0x{:02x}", text.kind));
    description.field(at + 1, 4, "size", size);
    at += 5;
    if let Some(time) = text.time_s {
        description.field(at, 4, "timestamp, s", time);
        at += 4;
    }
    if let Some(imei) = text.imei {
        description.field(at, 8, "IMEI", to_hex(&imei));
    }
    match text.text() {
        Some(content) => description.field(text.content_offset, text.content.len(), "text", content),
        None => bytes(description, text.content_offset, text.content, "content"),
    }
    Ok(())
}

fn io(description: &mut Description, element: Element<'_>) {
    let title = element::title(element.id);
    let name = element::name(element.id);
    let value = match element.unsigned() {
        Some(value) => value.to_string(),
        None => shown(element.value),
    };
    let separator = if title.is_empty() { "" } else { " " };
    let value = format_args!("{name}{separator}{title} = {value}");
    description.field(element.offset, element.value.len(), "IO element", value);
}

fn bytes(description: &mut Description, offset: usize, value: &[u8], name: &'static str) {
    description.field(offset, value.len(), name, shown(value));
}

fn shown(value: &[u8]) -> String {
    match value.get(..VALUE_BYTES_SHOWN_MAX) {
        Some(start) if value.len() > VALUE_BYTES_SHOWN_MAX => {
            format!("{}… {} bytes", to_hex(start), value.len())
        }
        _ => to_hex(value),
    }
}
