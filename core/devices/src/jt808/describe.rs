//! A frame laid open field by field for a person to read; secrets are left out.
//!
//! Bodies whose layout is not written out here appear as hex, except where a password may be among them.
//! Source: as the modules that decode.

use plomb_wire::{Reader, to_hex, xor8};

use super::frame::{self, Step};
use super::header::Header;
use super::message::{self, Item, Location, Registration};
use super::normalise::lock::is_secret;
use super::normalise::names;
use super::text;
use crate::Description;

/// Longest value shown in hex.
const HEX_BYTES_MAX: usize = 64;
/// Most fields of one frame.
const FIELDS_MAX: usize = 400;

/// Lays a frame open. Offsets are those of the bytes given.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let mut content = Vec::new();
    let step = match frame::next(frame, true, &mut content) {
        step @ (Step::Frame(_) | Step::Text(_)) => step,
        _ => frame::leftover(frame, &mut content).map_or(Step::Wait, Step::Frame),
    };
    match step {
        Step::Frame(found) => {
            let raw = found.raw;
            let mut open =
                Open { wire: frame, raw, fields: Description::new(message::name(found.header.message)) };
            open.framed(&found, &content);
            open.fields
        }
        Step::Text(_) => {
            let mut fields = Description::new("text");
            let shown = text::shown(&text::inner(frame));
            // Lengths are those of the bytes: what is no text is shown otherwise than it came.
            let bytes = frame.get(1..frame.len().saturating_sub(1)).unwrap_or_default();
            let mut at = 1;
            for (index, (field, original)) in
                shown.split(',').zip(bytes.split(|byte| *byte == b',')).enumerate()
            {
                let name = if index == 0 { "terminal" } else { "field" };
                fields.field(at, original.len(), name, field);
                at += original.len() + 1;
            }
            fields
        }
        _ => {
            let mut fields = Description::new("no frame");
            fields.field(0, frame.len(), "bytes", format_args!("{} bytes", frame.len()));
            fields
        }
    }
}

/// A frame being laid open.
struct Open<'a> {
    wire: &'a [u8],
    raw: bool,
    fields: Description,
}

impl Open<'_> {
    /// Adds a field that takes `length` bytes of the content from `offset`.
    fn add(&mut self, offset: usize, length: usize, name: &'static str, value: impl ToString) {
        if self.fields.fields.len() >= FIELDS_MAX {
            return;
        }
        let place = |offset| match (self.raw, self.wire.first()) {
            (true, Some(0x7E | 0xE7)) => offset + 1,
            (true, _) => offset,
            (false, _) => frame::wire_offset(self.wire, offset),
        };
        // A damaged frame may end inside the field.
        let end = place(offset + length).min(self.wire.len());
        let start = place(offset).min(end);
        self.fields.field(start, end - start, name, value);
    }

    /// Adds the rest of a body in hex.
    fn hex(&mut self, reader: &Reader<'_>, name: &'static str) {
        if !reader.is_empty() {
            self.add(reader.offset(), reader.left(), name, hex(reader.rest()));
        }
    }

    /// Adds bytes that may hold a secret.
    fn withheld(&mut self, reader: &Reader<'_>, name: &'static str) {
        if !reader.is_empty() {
            self.add(
                reader.offset(),
                reader.left(),
                name,
                format_args!("[redacted, {} bytes]", reader.left()),
            );
        }
    }

    /// Header, body and checksum.
    fn framed(&mut self, found: &frame::Frame, content: &[u8]) {
        let header = &found.header;
        self.add(0, 2, "message", format_args!("0x{:04x} {}", header.message, message::name(header.message)));
        self.add(2, 2, "attributes", format_args!("0x{:04x}", header.attributes));
        let id = if header.terminal.is_long() { 5 } else { 4 };
        if header.terminal.is_long() {
            self.add(4, 1, "protocol version", content.get(4).copied().unwrap_or_default());
        }
        let length = header.terminal.bytes().len();
        let device = header.terminal.device().map(|device| device.to_string()).unwrap_or_default();
        self.add(id, length, "terminal", device);
        let serial_length = if header.is_jointech() { 1 } else { 2 };
        self.add(id + length, serial_length, "serial", header.serial);
        if let Some(package) = header.package {
            let at = id + length + serial_length;
            self.add(at, 4, "package", format_args!("{} of {}", package.index, package.total));
        }
        let body = frame::body(content, header);
        match header.package.filter(|package| package.total > 1) {
            Some(_) => self.withheld(&body, "part of a body"),
            None => self.body(header, body),
        }
        let (stated, rest) = content.split_last().map_or((0, content), |(last, rest)| (*last, rest));
        let computed = xor8(rest);
        let verdict = if stated == computed { "holds" } else { "differs" };
        let at = content.len().saturating_sub(1);
        self.add(at, 1, "checksum", format_args!("0x{stated:02x}, {verdict}"));
    }

    fn body(&mut self, header: &Header, mut body: Reader<'_>) {
        match header.message {
            0x0200 => self.location(&mut body),
            0x0201 | 0x0500 => {
                self.number(&mut body, 2, "answered serial");
                self.location(&mut body);
            }
            0x0704 => {
                self.number(&mut body, 2, "records");
                self.number(&mut body, 1, "type: 0 usual, 1 out of memory");
                self.records(&mut body);
            }
            0x0001 | 0x8001 => {
                self.number(&mut body, 2, "answered serial");
                self.number(&mut body, 2, "answered message");
                self.number(&mut body, 1, "result");
            }
            0x0100 => self.registration(header, body),
            0x0102 => self.withheld(&body, "authentication code"),
            0x8100 => {
                self.number(&mut body, 2, "answered serial");
                self.number(&mut body, 1, "result");
                self.withheld(&body, "authentication code");
            }
            // Parameters and short batches may hold lock passwords.
            0x0104 | 0x8103 | 0x0210 => self.withheld(&body, "body"),
            message::JOINTECH_LIVE | message::JOINTECH_BLIND => self.jointech(&mut body),
            _ => self.hex(&body, "body"),
        }
    }

    /// Adds a big-endian number.
    fn number(&mut self, reader: &mut Reader<'_>, length: usize, name: &'static str) {
        let at = reader.offset();
        if let Ok(bytes) = reader.take(length) {
            let value = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
            self.add(at, length, name, value);
        }
    }

    fn records(&mut self, reader: &mut Reader<'_>) {
        while !reader.is_empty() && self.fields.fields.len() < FIELDS_MAX {
            let at = reader.offset();
            let Ok(length) = reader.u16() else { break };
            self.add(at, 2, "length of the record", length);
            match reader.part(usize::from(length)) {
                Ok(mut record) => self.location(&mut record),
                Err(_) => return self.withheld(reader, "broken record"),
            }
        }
    }

    fn location(&mut self, reader: &mut Reader<'_>) {
        let at = reader.offset();
        let (location, end) = Location::read(reader);
        let reached = reader.offset() - at;
        let rows: [(usize, usize, &'static str, String); 8] = [
            (0, 4, "alarm flags", format!("0x{:08x}", location.alarm)),
            (4, 4, "status", format!("0x{:08x}", location.status)),
            (8, 4, "latitude, 1e-6 degree", show(location.place.map(|place| place.0))),
            (12, 4, "longitude, 1e-6 degree", show(location.place.map(|place| place.1))),
            (16, 2, "altitude, m", show(location.altitude)),
            (18, 2, "speed, 0.1 km/h", show(location.speed)),
            (20, 2, "course, degrees", show(location.course)),
            (22, 6, "time, device's zone", location.time.map(|time| to_hex(&time)).unwrap_or_default()),
        ];
        for (offset, length, name, value) in rows {
            if offset + length <= reached {
                self.add(at + offset, length, name, value);
            }
        }
        if end.is_ok() {
            self.items(reader);
        }
    }

    fn items(&mut self, reader: &mut Reader<'_>) {
        loop {
            let at = reader.offset();
            let Some(item) = message::item(reader) else { break };
            self.item(at, &item);
        }
        self.withheld(reader, "rest behind the items");
    }

    fn item(&mut self, at: usize, item: &Item<'_>) {
        let length = item.value.left() + 2;
        let value = if is_secret(item) {
            format!("{:02x}: [redacted, {} bytes]", item.id, item.value.left())
        } else {
            format!("{:02x}: {}", item.id, hex(item.value.rest()))
        };
        let name = Some(names::words(item.id)).filter(|words| !words.is_empty()).unwrap_or("item");
        self.add(at, length, name, value);
    }

    fn registration(&mut self, header: &Header, body: Reader<'_>) {
        let mut reader = body;
        let Ok(found) = Registration::read(&mut reader, header.terminal.is_long()) else {
            return self.hex(&body, "registration, too short");
        };
        let at = body.offset();
        self.add(at, 2, "province", found.province);
        self.add(at + 2, 2, "city", found.city);
        let mut at = at + 4;
        for (name, bytes) in
            [("maker", found.maker), ("model", found.model), ("terminal's number", found.terminal)]
        {
            self.add(at, bytes.len(), name, super::normalise::text(bytes));
            at += bytes.len();
        }
        self.add(at, 1, "plate colour", found.colour);
        if !found.plate.is_empty() {
            self.add(at + 1, found.plate.len(), "plate", super::normalise::text(found.plate));
        }
    }

    fn jointech(&mut self, reader: &mut Reader<'_>) {
        let rows: [(usize, &'static str); 13] = [
            (6, "time, UTC, DDMMYYhhmmss"),
            (4, "latitude, DDMMmmmm"),
            (5, "longitude, DDDMMmmmm, and flags"),
            (1, "speed, knots"),
            (1, "course, 2 degrees"),
            (1, "signal"),
            (1, "satellites"),
            (4, "mileage, km"),
            (1, "battery"),
            (6, "cell and area"),
            (1, "product"),
            (2, "status"),
            (2, "alarm flags"),
        ];
        for (length, name) in rows {
            let at = reader.offset();
            let Ok(bytes) = reader.take(length) else { return self.hex(reader, "rest") };
            self.add(at, length, name, to_hex(bytes));
        }
        self.items(reader);
    }
}

fn show(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// Hex of at most a named length.
fn hex(bytes: &[u8]) -> String {
    match bytes.get(..HEX_BYTES_MAX) {
        Some(head) if bytes.len() > HEX_BYTES_MAX => format!("{}… {} bytes", to_hex(head), bytes.len()),
        _ => to_hex(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jt808::frame::Flag;

    #[test]
    fn no_password_is_laid_open() {
        let body = plomb_wire::from_hex("0b080131323334353600").unwrap();
        let mut content = vec![0x02, 0, 0, 38, 1, 2, 3, 4, 5, 6, 0, 9];
        content.extend_from_slice(&[0; 28]);
        content.extend_from_slice(&body);
        let mut wire = Vec::new();
        let mut writer = frame::Writer::begin(Flag::Standard, &mut wire);
        writer.put(&content);
        writer.end();
        let shown = format!("{:?}", describe(&wire));
        assert!(!shown.contains("313233") && !shown.contains("123456"), "{shown}");
        assert!(shown.contains("[redacted, 8 bytes]"), "{shown}");
    }
}
