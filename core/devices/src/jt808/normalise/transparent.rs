//! Transparent data 0x0900: what a peripheral or the vendor sends through the terminal.
//!
//! The first byte says whose it is. F0 carries a time, vehicle lists and a place; 41 the text of an OBD reader;
//! the rest is kept as it came. Source: JT/T 808-2013 §8.54; list 2 of F0 and the text of 41 from captures;
//! the other lists of F0 and FF as another platform reads them [one source, no capture].

use plomb_model::{CentiDegrees, Speed};
use plomb_model::{Delivery, Event, EventKind, Metres, OccurredAt, Reading};
use plomb_wire::{Reader, Short};

use super::super::terminals::Known;
use super::{Notes, Scope, alarm, ascii, judge, local_time, location};

/// Most list entries read of one message; a body of 1,023 bytes holds fewer.
const ENTRIES_MAX: usize = 512;
/// Longest text kept.
const TEXT_BYTES_MAX: usize = 1024;

/// Reads transparent data and hands its event over.
pub(in super::super) fn report(
    scope: &Scope,
    reader: &mut Reader<'_>,
    notes: &mut Notes<'_>,
) -> Option<Known> {
    let mut event = scope.event(EventKind::Message);
    let Ok(kind) = reader.u8() else {
        notes.out.event(event);
        return None;
    };
    event.readings.push(Reading::Code { name: "transparent data".into(), value: kind.into() });
    let whole = reader.rest();
    match kind {
        0xF0 => {
            if let Err(short) = vehicle(scope, reader, &mut event, notes) {
                notes.short(short);
            }
        }
        0xFF if position(scope, *reader, &mut event, notes).is_some() => {}
        _ => event.readings.push(text_or_bytes("transparent data", whole)),
    }
    judge(&mut event);
    notes.out.event(event);
    None
}

/// Text where it is printable, bytes where not.
pub(super) fn text_or_bytes(name: &'static str, bytes: &[u8]) -> Reading {
    let bytes = bytes.get(..TEXT_BYTES_MAX).unwrap_or(bytes);
    let plain = bytes.strip_suffix(&[0]).unwrap_or(bytes).trim_ascii();
    match ascii(plain) {
        Some(text) if text.len() == plain.len() => Reading::Text(text),
        _ => Reading::Bytes { name: name.into(), value: bytes.into() },
    }
}

/// F0: time BCD, 1 when out of memory, vehicle type, list number, list, and a place behind it.
fn vehicle(
    scope: &Scope,
    reader: &mut Reader<'_>,
    event: &mut Event,
    notes: &mut Notes<'_>,
) -> Result<(), Short> {
    let at = reader.offset();
    event.occurred_at = scope.time(reader.array()?, at, notes);
    if reader.u8()? == 1 {
        event.delivery = Delivery::Buffered;
    }
    code(event, "vehicle type", reader.u8()?);
    let list = reader.u8()?;
    code(event, "list", list);
    match list {
        0x01 => numbers(reader, event)?,
        0x02 => faults(reader, event)?,
        0x03 => happenings(reader, event)?,
        0x0B => {
            if reader.u8()? > 0 {
                event.readings.extend(ascii(reader.take(17)?).map(Reading::BoundTo));
            }
        }
        _ => {
            event.readings.push(Reading::Bytes { name: "list".into(), value: reader.rest().into() });
            return Ok(());
        }
    }
    if reader.left() >= 12 {
        let (status, at) = (reader.u32()?, reader.offset());
        let (latitude, longitude) = (reader.u32()?, reader.u32()?);
        event.kind = EventKind::Position;
        event.position = location::place(status, latitude, longitude, at, notes);
        code(event, "status", status);
        if let Some(fixed) = reader.array().ok().and_then(local_time) {
            let utc = fixed.plus_secs(-60 * i64::from(scope.utc_offset_min));
            code(event, "time of the place, s since 1970", utc.as_millis() / 1000);
        }
    }
    Ok(())
}

fn code(event: &mut Event, name: &'static str, value: impl Into<i64>) {
    event.readings.push(Reading::Code { name: name.into(), value: value.into() });
}

/// List 1: vehicle data {number u16, length u8, value}.
fn numbers(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    for _ in 0..usize::from(reader.u8()?).min(ENTRIES_MAX) {
        let id = reader.u16()?;
        let length = usize::from(reader.u8()?);
        let bytes = reader.take(length)?;
        let value = bytes.iter().take(8).fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
        match id {
            // Mileage in 0.1 km.
            0x0102 | 0x0528 | 0x0546 => {
                event.readings.push(Reading::Odometer(Metres(value.saturating_mul(100))))
            }
            _ if length <= 4 => {
                event.readings.push(Reading::Code { name: format!("vehicle {id:04X}").into(), value });
            }
            _ => {
                let value = bytes.into();
                event.readings.push(Reading::Bytes { name: format!("vehicle {id:04X}").into(), value });
            }
        }
    }
    Ok(())
}

/// List 2: fault codes by system.
fn faults(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let mut left = ENTRIES_MAX;
    for _ in 0..reader.u16()? {
        reader.skip(4)?;
        for _ in 0..reader.u16()? {
            reader.skip(8)?;
            let length = usize::from(reader.u16()?);
            let text = reader.take(length)?;
            if left > 0 {
                left -= 1;
                event
                    .readings
                    .extend(ascii(text).map(|text| Reading::Text(format!("fault code {text}").into())));
            }
        }
    }
    Ok(())
}

/// List 3: events {number u8, length u8, value}.
fn happenings(reader: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    for _ in 0..usize::from(reader.u8()?).min(ENTRIES_MAX) {
        let id = reader.u8()?;
        let length = usize::from(reader.u8()?);
        reader.skip(length)?;
        code(event, "vehicle event", id);
        if let Some(signal) = alarm::of_transparent(id) {
            event.signals = event.signals.with(signal);
        }
    }
    Ok(())
}

/// FF of some trackers: time BCD, latitude and longitude signed in 1e-6 degree, course, speed in 0.1 km/h.
/// Believed only when all of it is possible.
fn position(scope: &Scope, mut reader: Reader<'_>, event: &mut Event, notes: &mut Notes<'_>) -> Option<()> {
    let time = local_time(reader.array().ok()?)?;
    let (latitude, longitude) = (reader.i32().ok()?, reader.i32().ok()?);
    let (course, speed) = (reader.u16().ok()?, reader.u16().ok()?);
    if latitude.unsigned_abs() > 90_000_000 || longitude.unsigned_abs() > 180_000_000 || course > 360 {
        return None;
    }
    // Status bits of a location report: 1 fixed, 2 south, 3 west.
    let status = 0b10 | u32::from(latitude < 0) << 2 | u32::from(longitude < 0) << 3;
    let mut place =
        location::place(status, latitude.unsigned_abs(), longitude.unsigned_abs(), reader.offset(), notes)?;
    place.course = Some(CentiDegrees::from_degrees(i32::from(course % 360)));
    place.speed = Some(Speed::from_tenths_kmh(u32::from(speed)));
    event.kind = EventKind::Position;
    event.occurred_at = Some(OccurredAt(time.plus_secs(-60 * i64::from(scope.utc_offset_min))));
    event.position = Some(place);
    Some(())
}
