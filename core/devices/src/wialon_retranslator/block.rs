//! A packet and its blocks: read, turned into an event, and laid open.

use plomb_model::{
    CardNumber, CentiDegrees, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts,
    OccurredAt, Position, Reading, Signal, Speed, Timestamp,
};
use plomb_wire::{Reader, to_hex};

use super::{LENGTH_BYTES, start};
use crate::Description;
use crate::pieces::Start;
use crate::web::truth;

/// Mark of a block.
const BLOCK: u16 = 0x0BBB;
/// Blocks that are read of one packet.
const BLOCKS_MAX: usize = 1024;
/// Flag: the packet carries an alarm.
const ALARM: u32 = 0x10;
/// Longest text of a parameter that is kept.
const TEXT_BYTES_MAX: usize = 512;

/// The value of a block.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Text(&'a [u8]),
    Binary(&'a [u8]),
    Integer(i64),
    Double(f64),
}

struct Block<'a> {
    offset: usize,
    bytes: usize,
    name: &'a str,
    value: Value<'a>,
}

struct Packet<'a> {
    name: &'a str,
    time_s: u32,
    flags: u32,
    /// Where the time stands.
    time_at: usize,
    blocks: Vec<Block<'a>>,
}

fn packet<'a>(wire: &'a [u8], issues: &mut Vec<Issue>) -> Option<Packet<'a>> {
    let content = wire.get(LENGTH_BYTES..)?;
    let end = content.iter().position(|byte| *byte == 0)?;
    let name = std::str::from_utf8(content.get(..end)?).ok()?;
    let time_at = LENGTH_BYTES + end + 1;
    let mut reader = Reader::at(wire.get(time_at..)?, time_at);
    let (time_s, flags) = (reader.u32().ok()?, reader.u32().ok()?);
    let mut blocks = Vec::new();
    while !reader.is_empty() {
        let offset = reader.offset();
        if blocks.len() >= BLOCKS_MAX {
            issues.push(Issue::new(offset, "more blocks than are read", reader.left()));
            break;
        }
        match block(&mut reader, offset) {
            Some(block) => blocks.push(block),
            None => {
                issues.push(Issue::new(
                    offset,
                    "no block",
                    to_hex(reader.rest().get(..8).unwrap_or_default()),
                ));
                break;
            }
        }
    }
    Some(Packet { name, time_s, flags, time_at, blocks })
}

fn block<'a>(reader: &mut Reader<'a>, offset: usize) -> Option<Block<'a>> {
    if reader.u16().ok()? != BLOCK {
        return None;
    }
    let length = usize::try_from(reader.u32().ok()?).ok()?;
    let mut part = reader.part(length).ok()?;
    part.skip(1).ok()?;
    let kind = part.u8().ok()?;
    let rest = part.rest();
    let end = rest.iter().position(|byte| *byte == 0)?;
    let name = std::str::from_utf8(rest.get(..end)?).ok()?;
    part.skip(end + 1).ok()?;
    let value = match kind {
        1 => Value::Text(part.rest()),
        2 => Value::Binary(part.rest()),
        3 => Value::Integer(i64::from(part.u32().ok()?.cast_signed())),
        4 => Value::Double(f64::from_le_bytes(part.array().ok()?)),
        5 => Value::Integer(i64::from_be_bytes(part.array().ok()?)),
        _ => return None,
    };
    Some(Block { offset, bytes: 6 + length, name, value })
}

/// The unit's identifier and the event of a packet.
pub(super) fn read<'a>(wire: &'a [u8], issues: &mut Vec<Issue>) -> Option<(&'a str, Event)> {
    let packet = packet(wire, issues)?;
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = Some(OccurredAt(Timestamp::from_secs(i64::from(packet.time_s))));
    event.signals = event.signals.with_if(packet.flags & ALARM != 0, Signal::Sos);
    for block in &packet.blocks {
        if block.name == "posinfo" {
            match block.value {
                Value::Binary(bytes) => place(bytes, block.offset, &mut event, issues),
                _ => issues.push(Issue::new(block.offset, "posinfo is no binary value", "another type")),
            }
        } else {
            parameter(block, &mut event);
        }
    }
    Some((packet.name, event))
}

/// Longitude, latitude and height as doubles with the low byte first; speed in km/h, course and satellites.
fn place(bytes: &[u8], offset: usize, event: &mut Event, issues: &mut Vec<Issue>) {
    let double =
        |at: usize| bytes.get(at..at + 8).and_then(|part| part.try_into().ok()).map(f64::from_le_bytes);
    let word =
        |at: usize| bytes.get(at..at + 2).and_then(|part| part.try_into().ok()).map(i16::from_be_bytes);
    let longitude =
        double(0).and_then(|degrees| scaled(degrees, 1e7)).and_then(|e7| LongitudeE7::new(e7).ok());
    let latitude = double(8).and_then(|degrees| scaled(degrees, 1e7)).and_then(|e7| LatitudeE7::new(e7).ok());
    let Some((latitude, longitude)) = latitude.zip(longitude) else {
        return issues.push(Issue::new(offset, "no such place", to_hex(bytes.get(..16).unwrap_or(bytes))));
    };
    let mut position = Position::new(latitude, longitude, Fix::Gnss);
    position.altitude = double(16).and_then(|metres| scaled(metres, 1.0)).map(Metres);
    position.speed = word(24).and_then(|speed| u32::try_from(speed).ok()).map(Speed::from_kmh);
    let course = word(26).filter(|course| (0..=360).contains(course));
    position.course = course.map(|course| CentiDegrees::from_degrees(i32::from(course % 360)));
    position.satellites = bytes.get(28).copied();
    event.kind = EventKind::Position;
    event.position = Some(position);
}

#[expect(clippy::cast_possible_truncation, reason = "a finite number within bounds")]
fn scaled(value: f64, factor: f64) -> Option<i64> {
    let value = (value * factor).round();
    (value.is_finite() && value.abs() < 1e15).then_some(value as i64)
}

/// A parameter with a word of ours; the others keep theirs.
fn parameter(block: &Block<'_>, event: &mut Event) {
    let name = block.name.to_ascii_lowercase();
    let volts = || {
        let millivolts = match block.value {
            Value::Double(volts) => scaled(volts, 1000.0)?,
            Value::Integer(volts) => volts.checked_mul(1000)?,
            _ => return None,
        };
        u32::try_from(millivolts).ok().map(Millivolts)
    };
    let on = || match block.value {
        Value::Integer(value) => Some(value != 0),
        Value::Double(value) => Some(value != 0.0),
        Value::Text(text) => truth(std::str::from_utf8(text).unwrap_or_default().trim_end_matches('\0')),
        Value::Binary(_) => None,
    };
    match (name.as_str(), block.value) {
        ("pwr_ext", _) => event.readings.extend(volts().map(Reading::ExternalPower)),
        ("pwr_int", _) => event.readings.extend(volts().map(Reading::BatteryVoltage)),
        ("avl_inputs", Value::Integer(value)) => {
            bits(value, event, |number, on| Reading::Input { number, on })
        }
        ("avl_outputs", Value::Integer(value)) => {
            bits(value, event, |number, on| Reading::Output { number, on });
        }
        ("avl_driver", Value::Text(text)) => {
            let card = String::from_utf8_lossy(text);
            let card = card.trim_end_matches('\0').trim();
            if !card.is_empty() && card != "0" {
                event.readings.push(Reading::Card(CardNumber(card.into())));
            }
        }
        ("sos", _) => event.signals = event.signals.with_if(on() == Some(true), Signal::Sos),
        ("ign" | "ignition", _) => event.readings.extend(on().map(Reading::Ignition)),
        ("motion", _) => event.readings.extend(on().map(Reading::Motion)),
        (_, value) => plain(block.name, value, event),
    }
}

fn plain(name: &str, value: Value<'_>, event: &mut Event) {
    event.readings.push(match value {
        Value::Integer(value) => Reading::Code { name: name.to_owned().into(), value },
        Value::Double(value) => Reading::Text(format!("{name} {value}").into()),
        Value::Text(text) => {
            let text = String::from_utf8_lossy(text.get(..TEXT_BYTES_MAX).unwrap_or(text));
            Reading::Text(format!("{name} {}", text.trim_end_matches('\0')).into())
        }
        Value::Binary(bytes) => Reading::Bytes { name: name.to_owned().into(), value: bytes.into() },
    });
}

/// Bits from 1 on, up to the highest that is set, at least the first four.
fn bits(value: i64, event: &mut Event, reading: impl Fn(u8, bool) -> Reading) {
    let used = (64 - value.leading_zeros()).clamp(4, 32);
    for (number, place) in (1_u8..).zip(0..used) {
        event.readings.push(reading(number, value >> place & 1 == 1));
    }
}

/// Lays a packet open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    let whole = start(wire) == Start::Frame { bytes: wire.len(), sound: true };
    let Some(packet) = packet(wire, &mut Vec::new()).filter(|_| whole) else {
        let mut description = Description::new("no packet of Wialon Retranslator");
        description.field(0, wire.len(), "bytes", to_hex(wire));
        return description;
    };
    let mut description = Description::new("Wialon Retranslator packet");
    description.field(0, LENGTH_BYTES, "length", wire.len() - LENGTH_BYTES);
    description.field(LENGTH_BYTES, packet.name.len(), "identifier", packet.name);
    description.field(packet.time_at, 4, "time", Timestamp::from_secs(i64::from(packet.time_s)));
    description.field(packet.time_at + 4, 4, "flags", format_args!("{:08X}", packet.flags));
    for block in &packet.blocks {
        let value = match block.value {
            Value::Text(text) => String::from_utf8_lossy(text).trim_end_matches('\0').to_owned(),
            Value::Binary(bytes) => to_hex(bytes),
            Value::Integer(value) => value.to_string(),
            Value::Double(value) => value.to_string(),
        };
        description.field(block.offset, block.bytes, "block", format_args!("{} = {value}", block.name));
    }
    description
}
