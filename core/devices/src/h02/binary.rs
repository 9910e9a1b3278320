//! The binary form: `$`, identity, time, date, latitude, battery, longitude with flags, speed and course in BCD, status.

use plomb_model::{
    CentiDegrees, DeviceId, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, OccurredAt, Position,
    Reading, Scheme, Speed, Timestamp,
};
use plomb_wire::{minutes_to_e7, to_hex};

use super::text::{battery, status};

/// Length of a frame whose identity has eight bytes, of which fifteen digits count.
const LONG_IDENTITY_FRAME: usize = 42;

/// The device and what it says.
pub(super) fn read(wire: &[u8]) -> Result<(DeviceId, Event), Issue> {
    let name_bytes = if wire.len() == LONG_IDENTITY_FRAME { 8 } else { 5 };
    // Every number but the status is in decimal digits, two a byte.
    let digits = to_hex(wire.get(1..).unwrap_or_default());
    let mut at = 0;
    let mut take = |count: usize| {
        let found = digits.get(at..at + count);
        at += count;
        found.ok_or_else(|| Issue::new(wire.len(), "the frame ends early", wire.len()))
    };
    let name = take(name_bytes * 2)?;
    let name = if name_bytes == 8 { name.get(..15).unwrap_or(name) } else { name };
    let (time, date) = (take(6)?, take(6)?);
    let (latitude, charge, longitude, flags) = (take(8)?, take(2)?, take(9)?, take(1)?);
    let (speed, course, word) = (take(3)?, take(3)?, take(8)?);

    let offset = |place: usize| 1 + place / 2;
    let number = |text: &str, place: usize| {
        text.parse::<u32>().map_err(|_| Issue::new(offset(place), "no decimal digits", text))
    };
    number(name.get(..9).unwrap_or_default(), 0)?;
    let device =
        DeviceId::new(Scheme::Tracker, name).map_err(|error| Issue::new(1, error.to_string(), name))?;
    let base = name_bytes * 2;
    let (time_number, date_number) = (number(time, base)?, number(date, base + 6)?);
    let flags = u8::from_str_radix(flags, 16).unwrap_or_default();
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = civil(date_number, time_number).map(OccurredAt);
    if event.occurred_at.is_none() {
        return Err(Issue::new(offset(base), "no such time", format_args!("{time} {date}")));
    }
    let (latitude, longitude) = (number(latitude, base + 12)?, number(longitude, base + 22)?);
    let angle = |value: u32| {
        let (degrees, minutes) = (value / 1_000_000, value % 1_000_000);
        (minutes < 600_000).then(|| minutes_to_e7(degrees, minutes, 10_000))
    };
    let signed = |value: i64, positive: bool| if positive { value } else { -value };
    let north = angle(latitude).and_then(|e7| LatitudeE7::new(signed(e7, flags & 4 != 0)).ok());
    let east = angle(longitude).and_then(|e7| LongitudeE7::new(signed(e7, flags & 8 != 0)).ok());
    let Some((north, east)) = north.zip(east) else {
        let found = format!("{latitude} {longitude}");
        return Err(Issue::new(offset(base + 12), "no such place", found));
    };
    let fix = if flags & 2 != 0 { Fix::Gnss } else { Fix::Stale };
    let mut position = Position::new(north, east, fix);
    position.speed = Some(Speed::from_knots(number(speed, base + 32)?));
    let course = number(course, base + 35)?;
    position.course = i32::try_from(course % 360 * 100).ok().filter(|_| course <= 360).map(CentiDegrees);
    event.position = Some(position);
    let charge = u8::from_str_radix(charge, 16).ok().and_then(battery);
    event.readings.extend(charge.map(Reading::Battery));
    if let Ok(word) = u32::from_str_radix(word, 16) {
        status(word, &mut event);
    }
    Ok((device, event))
}

/// `DDMMYY` and `HHMMSS` as numbers.
pub(super) fn civil(date: u32, time: u32) -> Option<Timestamp> {
    let part = |value: u32, unit: u32| i8::try_from(value / unit % 100).ok();
    let year = 2000 + i16::from(part(date, 1)?);
    let (month, day) = (part(date, 100)?, part(date, 10_000)?);
    Timestamp::from_utc(year, month, day, part(time, 10_000)?, part(time, 100)?, part(time, 1)?)
}
