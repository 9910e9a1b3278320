//! "Zip" frames of the ST300 family: STX, length u16, kind, fields in binary and BCD, ETX.
//!
//! Source: "ST300/340 Operation Manual" 1.41, sections 6-1-2 to 6-4-2.

use plomb_model::{
    CentiDegrees, Delivery, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts,
    Position, Reading, Speed,
};
use plomb_wire::{Reader, Short, bcd_digits, bcd_number, bcd_u8};

use super::binary::time;
use super::words::{alert, code, emergency};

/// First and last byte.
pub(super) const STX: u8 = 0x02;
pub(super) const ETX: u8 = 0x03;
/// Kinds of reports.
const STATUS: u8 = 0x10;
const EMERGENCY: u8 = 0x11;
const EVENT: u8 = 0x12;
const ALERT: u8 = 0x13;
/// Digits of a device's number in the five bytes of its field.
const DEVICE_DIGITS: usize = 9;
/// Bytes behind a report's own fields: hour meter, backup battery, fresh or kept.
const METERS_BYTES: usize = 7;

/// The device and what it says.
pub(super) fn read(wire: &[u8]) -> Result<(String, Event), Issue> {
    let short = |short: Short| Issue::new(short.offset, "frame ends early", short);
    let content = wire.get(3..wire.len().saturating_sub(1)).unwrap_or_default();
    let mut reader = Reader::at(content, 3);
    let kind = reader.u8().map_err(short)?;
    let digits = bcd_digits(reader.take(5).map_err(short)?);
    // Nine digits fill five bytes but for the last half.
    let device = digits.get(..DEVICE_DIGITS).unwrap_or(&digits).to_owned();
    let mut event = Event::new(EventKind::Position);
    if !matches!(kind, STATUS | EMERGENCY | EVENT | ALERT) {
        event.kind = EventKind::Message;
        event.readings.extend(code("frame type", Some(u32::from(kind))));
        event.readings.push(Reading::Bytes { name: "content".into(), value: reader.rest().into() });
        return Ok((device, event));
    }
    reader.skip(1).map_err(short)?;
    event.readings.push(Reading::Firmware(bcd_digits(reader.take(2).map_err(short)?).into()));
    let (at, moment) = (reader.offset(), reader.array().map_err(short)?);
    event.occurred_at = time(&moment);
    if event.occurred_at.is_none() {
        return Err(Issue::new(at, "no such time", bcd_digits(&moment)));
    }
    reader.skip(3).map_err(short)?;
    event.position = Some(position(&mut reader)?);
    event.readings.push(Reading::Odometer(Metres(i64::from(reader.u32().map_err(short)?))));
    event.readings.extend(volts(reader.array().map_err(short)?).map(Reading::ExternalPower));
    let bits = reader.u8().map_err(short)?;
    event.readings.push(Reading::Ignition(bits & 1 == 1));
    event.readings.extend((1..=3).map(|number| Reading::Input { number, on: bits >> number & 1 == 1 }));
    event
        .readings
        .extend((1..=2).map(|number| Reading::Output { number, on: bits >> (3 + number) & 1 == 1 }));
    let number = u32::from(reader.u8().map_err(short)?);
    match kind {
        STATUS => {
            event.readings.extend(code("mode", Some(number)));
            event.serial = Some(u32::from(reader.u16().map_err(short)?));
        }
        EMERGENCY => emergency(number, &mut event),
        ALERT => alert(number, &mut event),
        _ => event.readings.extend(code("event", Some(number))),
    }
    if reader.left() >= METERS_BYTES {
        reader.skip(4).map_err(short)?;
        event.readings.extend(volts(reader.array().map_err(short)?).map(Reading::BatteryVoltage));
        if matches!(reader.u8().map_err(short)?, 0 | b'0') {
            event.delivery = Delivery::Buffered;
        }
    }
    Ok((device, event))
}

/// Latitude, longitude, speed, course, and a byte of fix, signs and satellites.
fn position(reader: &mut Reader<'_>) -> Result<Position, Issue> {
    let short = |short: Short| Issue::new(short.offset, "frame ends early", short);
    let at = reader.offset();
    let (north, east) = (reader.array().map_err(short)?, reader.array().map_err(short)?);
    let (speed, course) = (reader.array().map_err(short)?, reader.array().map_err(short)?);
    let flags = reader.u8().map_err(short)?;
    let signed = |bytes: [u8; 4], negative: bool| {
        let e7 = degrees(bytes)?;
        Some(if negative { -e7 } else { e7 })
    };
    let latitude = signed(north, flags & 0x40 != 0).and_then(|e7| LatitudeE7::new(e7).ok());
    let longitude = signed(east, flags & 0x20 != 0).and_then(|e7| LongitudeE7::new(e7).ok());
    let Some((latitude, longitude)) = latitude.zip(longitude) else {
        let found = format!("{} {}", bcd_digits(&north), bcd_digits(&east));
        return Err(Issue::new(at, "no such place", found));
    };
    let fix = if flags & 0x80 != 0 { Fix::Gnss } else { Fix::Stale };
    Ok(Position {
        speed: hundredths(speed).map(|speed| Speed(speed.saturating_mul(10))),
        course: hundredths(course).and_then(|course| i32::try_from(course % 36_000).ok()).map(CentiDegrees),
        satellites: Some(flags & 0x1F),
        ..Position::new(latitude, longitude, fix)
    })
}

/// Whole degrees and six decimals in BCD to 1e-7 degree.
fn degrees([whole, fraction @ ..]: [u8; 4]) -> Option<i64> {
    let millionths = i64::try_from(bcd_number(&fraction)?).ok()?;
    Some((i64::from(whole) * 1_000_000 + millionths) * 10)
}

/// A whole number and two decimals in BCD to hundredths.
fn hundredths([high, low, fraction]: [u8; 3]) -> Option<u32> {
    Some(u32::from(u16::from_be_bytes([high, low])) * 100 + u32::from(bcd_u8(fraction)?))
}

/// Whole volts and two decimals in BCD.
fn volts([whole, fraction]: [u8; 2]) -> Option<Millivolts> {
    Some(Millivolts(u32::from(whole) * 1000 + u32::from(bcd_u8(fraction)?) * 10))
}
