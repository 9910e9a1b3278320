//! A frame laid open field by field, with the places of the fields in the wire bytes; passwords left out.

use plomb_wire::to_hex;

use crate::Description;

use super::frame::{self, END_MARK, Frame};
use super::message;
use super::part::{Part, Sink};
use super::text;

/// Lays a frame open; a damaged one as far as it can be read.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let Some(frame) = Frame::recover(wire) else {
        let mut description = Description::new("no GT06 frame");
        description.field(0, wire.len(), "bytes", to_hex(wire));
        return description;
    };
    let mut lines = Lines(Description::new(format!(
        "0x{:02X} {}",
        frame.number,
        message::name(frame.number, frame.extended)
    )));
    header(&frame, &mut lines.0);
    if let Err(short) = message::read(&frame, &mut lines) {
        lines.0.field(short.offset, short.left, "cut off", format_args!("{} bytes needed", short.needed));
    }
    trailer(&frame, &mut lines.0);
    lines.0
}

fn header(frame: &Frame<'_>, description: &mut Description) {
    let number_at = frame.content_at - 1;
    let length_bytes = if frame.extended { 2 } else { 1 };
    let length_at = number_at.saturating_sub(length_bytes);
    if frame::is_start(frame.wire) {
        description.field(0, 2, "start", to_hex(frame.wire.get(..2).unwrap_or_default()));
    }
    let length = frame.wire.get(length_at..number_at).unwrap_or_default();
    let length = length.iter().fold(0_u32, |length, byte| length << 8 | u32::from(*byte));
    description.field(length_at, length_bytes, "length", length);
    description.field(number_at, 1, "protocol number", format_args!("0x{:02X}", frame.number));
}

fn trailer(frame: &Frame<'_>, description: &mut Description) {
    let at = frame.content_at + frame.content.len();
    if frame.has_trailer {
        description.field(at, 2, "serial", frame.serial);
        let crc = frame.wire.get(at + 2..at + 4).unwrap_or_default();
        let issue = frame::fault(frame.wire);
        let verdict = if issue.what == "checksum differs" && !frame::is_good(frame.wire) {
            format!("0x{} ({})", to_hex(crc), issue.found)
        } else {
            format!("0x{}", to_hex(crc))
        };
        description.field(at + 2, crc.len(), "checksum", verdict);
    }
    if frame.wire.ends_with(&END_MARK) {
        description.field(frame.wire.len() - 2, 2, "end", to_hex(&END_MARK));
    }
}

/// Makes a line of each part.
struct Lines(Description);

impl Sink for Lines {
    fn take(&mut self, offset: usize, length: usize, part: Part<'_>) {
        let (name, value) = line(&part);
        self.0.field(offset, length, name, value);
    }
}

fn line(part: &Part<'_>) -> (&'static str, String) {
    match *part {
        Part::Date([year, month, day, hour, minute, second]) => {
            ("date and time", format!("20{year:02}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}"))
        }
        Part::BcdDate(digits) => ("date and time (BCD)", to_hex(&digits)),
        Part::Epoch(seconds) => ("time", format!("{seconds} s since 1970")),
        Part::Satellites(quantity) => ("satellites", (quantity & 0x0F).to_string()),
        Part::Latitude(raw) => ("latitude", degrees(raw)),
        Part::Longitude(raw) => ("longitude", degrees(raw)),
        Part::Speed(kmh) => ("speed", format!("{kmh} km/h")),
        Part::CourseStatus(flags) => ("course and status", course(flags)),
        Part::Altitude(metres) => ("altitude", format!("{metres} m")),
        Part::Hdop(hundredths) => ("HDOP", hundredths_of(hundredths.into(), "")),
        Part::Cell { cell, strength } => {
            let strength = strength.map_or_else(String::new, |strength| format!(", -{strength} dBm"));
            let name =
                format!("MCC {} MNC {} area {} cell {}{strength}", cell.mcc, cell.mnc, cell.area, cell.cell);
            ("cell", name)
        }
        Part::AccessPoint { address, strength } => {
            ("access point", format!("{} -{strength} dBm", to_hex(&address)))
        }
        Part::Terminal(bits) => ("terminal information", format!("0b{bits:08b}")),
        Part::Voltage(level) => ("voltage level", level.to_string()),
        Part::Gsm(level) => ("signal", level.to_string()),
        Part::Alarm(code) => ("alarm", format!("0x{code:02X}")),
        Part::Az735Alarm(code) => ("alarm", format!("0x{code:02X}")),
        Part::CameraEvent { code, .. } => ("event", format!("0x{code:02X}")),
        Part::Language(language) => ("language", language.to_string()),
        Part::Acc(on) => ("ignition", on.to_string()),
        Part::Reupload(again) => ("re-upload", again.to_string()),
        Part::Mileage(metres) => ("mileage", format!("{metres} m")),
        Part::External(raw) => ("external voltage", hundredths_of(raw.into(), " V")),
        Part::Battery(raw) => ("battery voltage", hundredths_of(raw.into(), " V")),
        Part::BatteryPercent(percent) => ("battery", format!("{percent} %")),
        _ => line_of_other(part),
    }
}

fn line_of_other(part: &Part<'_>) -> (&'static str, String) {
    match *part {
        Part::Imei(digits) => ("IMEI", to_hex(&digits)),
        Part::ZoneLanguage(word) => ("time zone and language", format!("0x{word:04X}")),
        Part::Iccid(digits) => ("ICCID", to_hex(digits)),
        Part::Card(bytes) => ("card", to_hex(bytes)),
        Part::CardNumber(number) => ("card", number.to_string()),
        Part::CardText(bytes) => ("card", String::from_utf8_lossy(bytes).trim().to_owned()),
        Part::Flag(flag) => ("flag", flag.to_string()),
        Part::Text(bytes) => ("text", text::redacted(&String::from_utf8_lossy(bytes)).into_owned()),
        Part::Utf16(bytes) => {
            let (pairs, _) = bytes.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
            ("text (UTF-16)", text::redacted(&String::from_utf16_lossy(&units)).into_owned())
        }
        Part::Temperature(centi) => ("temperature", hundredths_of(centi.into(), " C")),
        Part::Humidity(centi) => ("humidity", hundredths_of(centi.into(), " %")),
        Part::Door { open } => ("door", if open { "open" } else { "closed" }.to_owned()),
        Part::Tamper { tampered } => ("case", if tampered { "tampered" } else { "whole" }.to_owned()),
        Part::Input { number, on } => ("input", format!("{number} {}", on_off(on))),
        Part::Output { number, on } => ("output", format!("{number} {}", on_off(on))),
        Part::Analog { number, value } => {
            ("analogue input", format!("{number}: {}", hundredths_of(value.into(), " V")))
        }
        Part::Tag(tag) => {
            let temperature = hundredths_of(i64::from(tag.temperature) * 10, " C");
            ("Bluetooth tag", format!("{} {temperature}, battery {} %", to_hex(&tag.address), tag.battery))
        }
        Part::Request(what) => ("request", what.to_owned()),
        Part::Fence(number) => ("fence", number.to_string()),
        Part::Module { number, value } => ("module", format!("0x{number:04X}: {}", to_hex(value))),
        Part::Code { name, value } => (name, value.to_string()),
        Part::Bytes { name, value } => (name, text::secret_words(value).unwrap_or_else(|| to_hex(value))),
        _ => ("reserved", String::new()),
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn degrees(raw: u32) -> String {
    format!("{:.6}", f64::from(raw) / 1_800_000.0)
}

fn hundredths_of(value: i64, unit: &str) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}{unit}", value.abs() / 100, value.abs() % 100)
}

fn course(flags: u16) -> String {
    let bit =
        |number: u8, yes: &'static str, no: &'static str| if flags >> number & 1 == 1 { yes } else { no };
    format!(
        "{} degrees, {}, {}, {}",
        flags & 0x03FF,
        bit(10, "north", "south"),
        bit(11, "west", "east"),
        bit(12, "fixed", "not fixed")
    )
}
