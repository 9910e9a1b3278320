//! Binary frames of the universal protocol: type, length u16, identity in BCD, mask u24, and the fields of the mask.
//!
//! The last two bytes are a check whose rule is not known; they are not verified.

use plomb_model::{
    CentiDegrees, Delivery, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, OccurredAt, Position,
    Reading, Speed, Timestamp,
};
use plomb_wire::{Reader, Short, bcd_digits};

use super::universal as bit;
use super::words::{alert, code, inputs, level, outputs, tower};

/// Bytes of the fields of bits 1 to 21, by bit.
const FIELD_BYTES: [usize; 22] = [0, 1, 3, 1, 3, 3, 4, 2, 2, 2, 1, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1, 2];
/// Sign of a coordinate, whose other bits are millionths of a degree.
const SIGN: u32 = 0x8000_0000;
/// Types of frames.
const STATUS: u8 = 0x81;
const ALERT: u8 = 0x82;

/// Year, month, day, hour, minute, second, UTC.
pub(super) fn time(bytes: &[u8; 6]) -> Option<OccurredAt> {
    let [year, month, day, hour, minute, second] = bytes.map(|byte| i8::try_from(byte).ok());
    Timestamp::from_utc(2000 + i16::from(year?), month?, day?, hour?, minute?, second?).map(OccurredAt)
}

/// The device and what it says.
pub(super) fn read(wire: &[u8]) -> Result<(String, Event), Issue> {
    let short = |short: Short| Issue::new(short.offset, "frame ends early", short);
    let mut reader = Reader::new(wire);
    let kind = reader.u8().map_err(short)?;
    reader.skip(2).map_err(short)?;
    let device = bcd_digits(reader.take(5).map_err(short)?);
    let mut event = Event::new(EventKind::Status);
    if !matches!(kind, STATUS | ALERT) {
        event.kind = EventKind::Message;
        let value = reader.rest().into();
        event.readings.extend(code("frame type", Some(u32::from(kind))));
        event.readings.push(Reading::Bytes { name: "content".into(), value });
        return Ok((device, event));
    }
    let mask = reader.u24().map_err(short)?;
    let mut fields: [&[u8]; 22] = [&[]; 22];
    let mut place_offset = 0;
    for (number, (field, bytes)) in (0_u32..).zip(fields.iter_mut().zip(FIELD_BYTES)) {
        if number == bit::LATITUDE {
            place_offset = reader.offset();
        }
        if number > 0 && mask >> number & 1 == 1 {
            *field = reader.take(bytes).map_err(short)?;
        }
    }
    let at = |number: u32| {
        let found = usize::try_from(number).ok().and_then(|number| fields.get(number));
        found.copied().unwrap_or_default()
    };
    let number = |field: u32| {
        let bytes = at(field);
        let value = bytes.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
        (!bytes.is_empty()).then_some(value)
    };
    if let ([year, month, day], [hour, minute, second]) = (at(bit::DATE), at(bit::TIME)) {
        event.occurred_at = time(&[*year, *month, *day, *hour, *minute, *second]);
    }
    if at(bit::FRESH) == [0] {
        event.delivery = Delivery::Buffered;
    }
    if let (Some(north), Some(east)) = (number(bit::LATITUDE), number(bit::LONGITUDE)) {
        let fix = if number(bit::FIX) == Some(0) { Fix::Stale } else { Fix::Gnss };
        let (latitude, longitude) = (LatitudeE7::new(signed(north)), LongitudeE7::new(signed(east)));
        let (Ok(latitude), Ok(longitude)) = (latitude, longitude) else {
            return Err(Issue::new(place_offset, "no such place", format_args!("{north:08x} {east:08x}")));
        };
        event.kind = EventKind::Position;
        event.position = Some(Position {
            // Hundredths of km/h.
            speed: number(bit::SPEED).map(|speed| Speed(speed.saturating_mul(10))),
            course: number(bit::COURSE).and_then(course),
            satellites: number(bit::SATELLITES).and_then(|count| u8::try_from(count).ok()),
            ..Position::new(latitude, longitude, fix)
        });
    }
    if let [major, minor, patch] = at(bit::VERSION) {
        event.readings.push(Reading::Firmware(format!("{major}.{minor}.{patch}").into()));
    }
    event.readings.extend(tower(number(bit::MCC), number(bit::MNC), number(bit::AREA), number(bit::CELL)));
    event.readings.extend(level(number(bit::LEVEL)));
    event.readings.extend(at(bit::INPUTS).iter().flat_map(|bits| inputs(*bits)));
    event.readings.extend(at(bit::OUTPUTS).iter().flat_map(|bits| outputs(*bits)));
    match (kind, number(bit::FIRST)) {
        (ALERT, Some(found)) => alert(found, &mut event),
        (_, found) => {
            event.readings.extend(code("mode", found));
            event.readings.extend(code("reason", number(bit::SECOND)));
            event.serial = number(bit::THIRD);
        }
    }
    Ok((device, event))
}

/// Hundredths of a degree.
fn course(hundredths: u32) -> Option<CentiDegrees> {
    i32::try_from(hundredths % 36_000).ok().map(CentiDegrees)
}

/// Sign and millionths of a degree to 1e-7 degree.
fn signed(value: u32) -> i64 {
    let e7 = plomb_wire::e6_to_e7(i64::from(value & !SIGN));
    if value & SIGN == 0 { e7 } else { -e7 }
}
