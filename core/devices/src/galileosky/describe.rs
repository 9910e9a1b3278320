//! A packet laid open for a person.

use plomb_wire::{Reader, to_hex};

use super::frame::{Frame, HEADER_BYTES, Kind};
use super::message::{self, MINIMUM_BYTES, Minimum};
use crate::Description;

/// Lays a packet open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let Some(frame) = Frame::of(wire) else {
        let mut description = Description::new("no Galileosky packet");
        description.field(0, wire.len(), "bytes", to_hex(wire));
        return description;
    };
    let mut description = Description::new(match frame.kind {
        Kind::Main => "01 tags",
        Kind::Photo => "07 part of a photo",
        Kind::Compressed => "08 compressed records",
        Kind::Iridium => "01 message of an Iridium gateway",
    });
    description.field(0, 1, "head", frame.kind as u8);
    let more = if frame.more { ", the archive holds more" } else { "" };
    description.field(1, 2, "length", format_args!("{}{more}", frame.content.len()));
    let mut reader = Reader::at(frame.content, HEADER_BYTES);
    let rest = match frame.kind {
        Kind::Main => tags(&mut reader, &mut description),
        Kind::Compressed => records(&mut reader, &mut description),
        Kind::Photo | Kind::Iridium => reader.offset(),
    };
    let left = frame.content.get(rest.saturating_sub(HEADER_BYTES)..).unwrap_or_default();
    if !left.is_empty() {
        description.field(rest, left.len(), "content", to_hex(left));
    }
    if let Some(sum) = frame.sum {
        let verdict = if frame.is_sound() { "holds" } else { "differs" };
        description.field(wire.len() - 2, 2, "checksum", format_args!("{sum:04x}, {verdict}"));
    }
    description
}

/// Tags one after another; the answer is where the first begins that cannot be read.
fn tags(reader: &mut Reader<'_>, description: &mut Description) -> usize {
    while !reader.is_empty() {
        let mut ahead = *reader;
        let Ok(item) = message::item(&mut ahead) else { break };
        *reader = ahead;
        show(&item, description);
    }
    reader.offset()
}

fn records(reader: &mut Reader<'_>, description: &mut Description) -> usize {
    while !reader.is_empty() {
        let mut ahead = *reader;
        let offset = ahead.offset();
        let Ok(minimum) = Minimum::read(&mut ahead) else { break };
        let Ok(count) = ahead.u8() else { break };
        let Ok(list) = ahead.take(usize::from(count & 0x7F)) else { break };
        let shown = format!("second {} of the year, valid {}", minimum.second_of_year, minimum.valid);
        description.field(offset, MINIMUM_BYTES, "minimum data set", shown);
        description.field(offset + MINIMUM_BYTES, 1 + list.len(), "tags", to_hex(list));
        *reader = ahead;
        for tag in list {
            let Ok(item) = message::data_of(*tag, &mut ahead) else { return reader.offset() };
            *reader = ahead;
            show(&item, description);
        }
    }
    reader.offset()
}

fn show(item: &message::Item<'_>, description: &mut Description) {
    let text = matches!(item.tag, 0x03 | 0xE1);
    let value = if text { String::from_utf8_lossy(item.data).into_owned() } else { to_hex(item.data) };
    let shown = format!("{:02x}: {value}", item.tag);
    description.field(item.offset, item.data.len(), message::name(item.tag), shown);
}
