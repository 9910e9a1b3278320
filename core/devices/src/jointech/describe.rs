//! A frame laid open for a person: each field with its place in the bytes as they came, passwords redacted.
//!
//! Shows what is there and judges nothing. Source: `docs/protocols/jointech.md`.

use plomb_wire::to_hex;

use super::frame::{Kind, LONG_HEADER_BYTES, SHORT_HEADER_BYTES, SHORT_RECORD_BYTES, Step, next};
use super::message::{Long, LongRecord, ShortFrame};
use super::text::{Field as Value, Fields, Message, is_secret};
use super::wlnet;
use crate::Description;

/// How the bytes of a field are shown.
#[derive(Clone, Copy)]
enum Show {
    /// As hex, which for BCD are its digits.
    Hex,
    /// As an unsigned number.
    Number,
    /// As bits.
    Bits,
    /// As a negative number.
    Minus,
    /// The low nibble as bits.
    Flags,
}

/// A field's length, name and look.
type Row = (usize, &'static str, Show);

const PLACE: [Row; 6] = [
    (6, "time (DDMMYYhhmmss, UTC)", Show::Hex),
    (4, "latitude (DDMMmmmm)", Show::Hex),
    (4, "longitude (DDDMMmmm; last digit follows)", Show::Hex),
    (1, "longitude's last digit and flags (positioned, north, east)", Show::Flags),
    (1, "speed (knots)", Show::Number),
    (1, "course (2 degrees)", Show::Number),
];
const LONG_STATE: [Row; 8] = [
    (4, "mileage (km)", Show::Number),
    (1, "satellites", Show::Number),
    (4, "bound vehicle", Show::Number),
    (2, "status word", Show::Bits),
    (1, "battery (%, 255 charging)", Show::Number),
    (2, "cell (low 16 bits)", Show::Number),
    (2, "location area", Show::Number),
    (1, "network signal", Show::Number),
];
const LONG_TAIL: [Row; 8] = [
    (1, "fence that alarmed", Show::Number),
    (1, "status 3 (wake source)", Show::Hex),
    (1, "network code (high)", Show::Hex),
    (1, "extended status 2", Show::Hex),
    (8, "IMEI", Show::Hex),
    (2, "cell (high 16 bits)", Show::Number),
    (2, "country code", Show::Number),
    (1, "network code (low)", Show::Number),
];
const PORTABLE: [Row; 7] = [
    (1, "satellites", Show::Number),
    (1, "power", Show::Number),
    (1, "flags and sensors", Show::Bits),
    (2, "altitude (m)", Show::Number),
    (2, "cell", Show::Number),
    (2, "location area", Show::Number),
    (1, "network signal", Show::Number),
];
const VEHICLE: [Row; 4] = [
    (1, "fuel (high)", Show::Number),
    (4, "status", Show::Bits),
    (4, "mileage (km)", Show::Number),
    (1, "fuel (low)", Show::Number),
];
const FUEL: [Row; 2] = [(7, "three fuel sensors and mileage", Show::Hex), (3, "status", Show::Bits)];
const SENSOR: [Row; 7] = [
    (6, "sensor time (DDMMYYhhmmss)", Show::Hex),
    (5, "sensor", Show::Hex),
    (1, "serial number", Show::Number),
    (2, "voltage (0.01 V)", Show::Number),
    (1, "battery (%)", Show::Number),
    (1, "RSSI (dBm)", Show::Minus),
    (1, "sensor type", Show::Number),
];
const CLIMATE: [Row; 4] = [
    (2, "temperature (0.1 degree; top nibble: below zero)", Show::Hex),
    (1, "humidity (%)", Show::Number),
    (2, "stored records", Show::Number),
    (1, "gateway status", Show::Bits),
];
const LOCK: [Row; 4] = [
    (2, "event (top bit: sent again)", Show::Hex),
    (2, "status", Show::Bits),
    (2, "lock cycles", Show::Number),
    (1, "gateway status", Show::Bits),
];
/// Names of the fields of `P45` after its word.
const P45: [&str; 16] = [
    "date (DDMMYY)",
    "time (hhmmss)",
    "latitude",
    "north or south",
    "longitude",
    "east or west",
    "valid",
    "speed",
    "course",
    "source",
    "verdict",
    "card",
    "password right",
    "wrong passwords",
    "serial number",
    "mileage (km)",
];
/// Names of the fields of `W01` after its word.
const W01: [&str; 13] = [
    "longitude (DDDMM.mmmm)",
    "east or west",
    "latitude (DDMM.mmmm)",
    "north or south",
    "valid",
    "date (DDMMYY)",
    "time (hhmmss)",
    "speed (km/h)",
    "course",
    "battery (%)",
    "satellite reception",
    "network signal",
    "alert",
];
/// Names of the fields of `U01` after its word and type.
const U01: [&str; 18] = [
    "date (DDMMYY)",
    "time (hhmmss)",
    "positioned",
    "latitude",
    "north or south",
    "longitude",
    "east or west",
    "speed",
    "course",
    "satellites",
    "battery",
    "status bits",
    "cell",
    "location area",
    "network signal",
    "mileage (km)",
    "serial number",
    "checksum or more",
];

/// Lays `frame` open. Bytes that are no frame give a description of one field.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let kind = match next(frame, true, true, true) {
        Step::Frame { kind, length, .. } if length == frame.len() => kind,
        _ => {
            let mut description = Description::new("no frame");
            description.field(0, frame.len(), "bytes", format_args!("{} bytes", frame.len()));
            return description;
        }
    };
    match kind {
        Kind::Long => long(frame),
        Kind::Short => short(frame),
        Kind::Text => text(frame),
    }
}

/// Writes rows one after another as far as the bytes go.
struct Sheet<'a> {
    description: Description,
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Sheet<'a> {
    fn new(name: impl Into<String>, bytes: &'a [u8], end: usize) -> Self {
        Self { description: Description::new(name), bytes, at: 0, end }
    }

    fn rows(&mut self, rows: &[Row]) {
        for (length, name, show) in rows {
            let Some(bytes) =
                self.bytes.get(self.at..self.at + length).filter(|_| self.at + length <= self.end)
            else {
                return self.rest();
            };
            self.description.field(self.at, *length, name, shown(bytes, *show));
            self.at += length;
        }
    }

    /// What no row names.
    fn rest(&mut self) {
        if let Some(bytes) = self.bytes.get(self.at..self.end).filter(|bytes| !bytes.is_empty()) {
            self.description.field(self.at, bytes.len(), "rest", to_hex(bytes));
            self.at = self.end;
        }
    }
}

fn shown(bytes: &[u8], show: Show) -> String {
    let number = || bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    match show {
        Show::Hex => to_hex(bytes),
        Show::Number => number().to_string(),
        Show::Minus => format!("-{}", number()),
        Show::Bits => format!("0b{:0width$b}", number(), width = bytes.len() * 8),
        Show::Flags => format!("{} 0b{:04b}", number() >> 4, number() & 0x0F),
    }
}

fn long(frame: &[u8]) -> Description {
    let head = Long::read(frame, true);
    let mut sheet = Sheet::new("lock report", frame, frame.len().saturating_sub(1));
    sheet.rows(&[
        (1, "$", Show::Hex),
        (5, "terminal", Show::Hex),
        (1, "protocol version", Show::Hex),
        (1, "device type and data type", Show::Hex),
        (2, "payload length", Show::Number),
    ]);
    let records = head.iter().flat_map(Long::records).filter_map(Result::ok);
    for LongRecord { location, .. } in records {
        // A record begins where the one before ended.
        if sheet.at == location.offset.max(LONG_HEADER_BYTES) {
            sheet.rows(&PLACE);
            sheet.rows(&LONG_STATE);
        }
    }
    if head.is_some() {
        sheet.rows(&LONG_TAIL);
    }
    end(sheet)
}

fn short(frame: &[u8]) -> Description {
    let layout = ShortFrame::read(frame, true).map(|frame| frame.layout);
    let mut sheet = Sheet::new("tracker report", frame, frame.len().saturating_sub(1));
    sheet.rows(&[
        (1, "$", Show::Hex),
        (5, "terminal", Show::Hex),
        (1, "layout and data type", Show::Hex),
        (2, "payload length", Show::Number),
    ]);
    for _ in 0..frame.len().saturating_sub(SHORT_HEADER_BYTES) / SHORT_RECORD_BYTES {
        sheet.rows(&PLACE);
        match layout {
            Some(1) => sheet.rows(&PORTABLE),
            Some(2) => sheet.rows(&VEHICLE),
            Some(3) => sheet.rows(&FUEL),
            _ => sheet.rows(&[(10, "state", Show::Hex)]),
        }
    }
    end(sheet)
}

fn end(mut sheet: Sheet<'_>) -> Description {
    sheet.rest();
    sheet.end = sheet.bytes.len();
    sheet.rows(&[(1, "serial number", Show::Number)]);
    sheet.description
}

fn text(frame: &[u8]) -> Description {
    let Some((id, message)) = Message::read(frame) else {
        let mut description = Description::new("text without a word");
        description.field(0, frame.len(), "text", format_args!("{} bytes", frame.len()));
        return description;
    };
    let word = Fields::of(frame).nth(1).map(|word| word.text()).unwrap_or_default();
    let (names, name): (&[&'static str], &str) = match &message {
        Message::Heartbeat => (&[], "heartbeat"),
        Message::W01(_) => (&W01, "position"),
        Message::U { .. } => (&U01, "position"),
        Message::P45(_) => (&P45, "lock event"),
        Message::Report { .. } => (&[], "sub-device report"),
        Message::Module { .. } => (&[], "module message"),
        Message::Word { .. } => (&[], "message"),
    };
    let mut description = Description::new(format!("{word} {name}"));
    field(&mut description, "terminal", b"", id);
    match message {
        Message::Report { payload, .. } => {
            let head = Fields::of(frame).skip(1).take_while(|field| field.offset < payload.offset);
            for (value, name) in head.zip(["protocol", "frame serial", "module", "message", "data type"]) {
                field(&mut description, name, b"", value);
            }
            report(&mut description, payload);
        }
        _ => values(&mut description, frame, names),
    }
    description
}

/// The word and what follows it, named where the names are known.
fn values(description: &mut Description, frame: &[u8], names: &[&'static str]) {
    let mut fields = Fields::of(frame).skip(1);
    let Some(word) = fields.next() else { return };
    let module = matches!(word.value, [b'0'..=b'9']);
    field(description, if module { "protocol" } else { "word" }, b"", word);
    let mut names = names.iter().copied();
    for (index, value) in fields.enumerate() {
        // A type of one or two digits may stand before the date.
        let typed = index == 0 && word.value.first() == Some(&b'U') && value.value.len() != 6;
        let name = if typed { "type" } else { names.next().unwrap_or("value") };
        field(description, name, word.value, value);
    }
}

fn field(description: &mut Description, name: &'static str, word: &[u8], value: Value<'_>) {
    // Dates and times have six digits too: only values without a name can be passwords.
    let secret = name == "value" && is_secret(word, value.value);
    let text = if secret { "[redacted]".to_owned() } else { value.text() };
    description.field(value.offset, value.value.len(), name, text);
}

/// A payload, each field with the place of its escaped bytes.
fn report(description: &mut Description, raw: Value<'_>) {
    let mut scratch = Vec::new();
    let payload = wlnet::payload(raw.value, &mut scratch);
    let mut sheet = Sheet::new("", payload, payload.len());
    sheet.rows(&PLACE);
    sheet.rows(&SENSOR);
    match wlnet::Report::read(payload).map(|report| report.kind) {
        Ok(1) => sheet.rows(&CLIMATE),
        Ok(4..=6) => sheet.rows(&LOCK),
        _ => {}
    }
    sheet.rest();
    for field in sheet.description.fields {
        let start = wlnet::raw_offset(raw.value, payload, field.offset);
        let end = wlnet::raw_offset(raw.value, payload, field.offset + field.length);
        description.field(raw.offset + start, end - start, field.name, field.value);
    }
}
