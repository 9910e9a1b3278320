//! Jointech's own location reports 0x5501 (live) and 0x5502 (out of memory).
//!
//! Their clock is UTC and their coordinates are minutes, unlike 0x0200. Source: device captures and the notes of
//! other platforms on the vendor's protocol [one source]; the lock bit of product 3 and the battery codes AA and
//! AB from there.

use plomb_model::{CentiDegrees, EventKind, Fix, LatitudeE7, LongitudeE7, Metres, OccurredAt, Percent};
use plomb_model::{Position, Reading, SealPart, Speed};
use plomb_wire::{Reader, Short, bcd_number, bcd_u8, minutes_to_e7};

use super::super::message;
use super::location::Draft;
use super::{Notes, Scope, alarm, judge, local_time, lock, names, radio};

/// Product number of the locks.
const PRODUCT_LOCK: u8 = 3;
/// Status bit of the locks: the motor holds the lock.
const STATUS_LOCKED: u16 = 1 << 5;
/// Battery codes of a charging device.
const CHARGING: [u8; 2] = [0xAA, 0xAB];
/// Most additional items of one report; captures show up to five.
const ITEMS_MAX: usize = 32;

/// Reads a report and hands its event over.
pub(in super::super) fn report(scope: &Scope, reader: &mut Reader<'_>, notes: &mut Notes<'_>) {
    let mut draft = Draft::new(scope.event(EventKind::Position));
    if let Err(short) = fixed(reader, &mut draft, notes).and_then(|()| state(reader, &mut draft)) {
        notes.short(short);
    } else {
        items(scope, reader, &mut draft, notes);
    }
    judge(&mut draft.event);
    notes.out.event(draft.event);
    for event in draft.others {
        notes.out.event(event);
    }
}

/// Time, place, and how the device moves.
fn fixed(reader: &mut Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) -> Result<(), Short> {
    let at = reader.offset();
    let [day, month, year, hour, minute, second] = reader.array()?;
    draft.event.occurred_at = local_time([year, month, day, hour, minute, second]).map(OccurredAt);
    if draft.event.occurred_at.is_none() {
        let found = plomb_wire::to_hex(&[day, month, year, hour, minute, second]);
        notes.issue(at, "no such time", format_args!("0x{found}"));
    }
    let place: [u8; 9] = reader.array()?;
    draft.event.position = position(place, at + 6, notes);
    let speed = reader.u8()?;
    let course = reader.u8()?;
    let signal = reader.u8()?;
    let satellites = reader.u8()?;
    if let Some(position) = &mut draft.event.position {
        position.speed = Some(Speed::from_knots(u32::from(speed)));
        position.course = Some(CentiDegrees::from_degrees(i32::from(course) * 2 % 360));
        position.satellites = Some(satellites);
    }
    draft.push(Reading::NetworkSignal(Percent::share(u32::from(signal), 31)));
    Ok(())
}

/// Four bytes `DDMMmmmm`, nine digits `DDDMMmmmm`, and the flags: bit 0 fixed, 1 north, 2 east.
fn position(bytes: [u8; 9], offset: usize, notes: &mut Notes<'_>) -> Option<Position> {
    let [a, b, c, d, e, f, g, h, last] = bytes;
    let flags = last & 0x0F;
    let digits = || {
        let latitude = bcd_number(&[a, b, c, d])?;
        let longitude = bcd_number(&[e, f, g, h])? * 10 + u64::from(bcd_u8(last & 0xF0)? / 10);
        Some((u32::try_from(latitude).ok()?, u32::try_from(longitude).ok()?))
    };
    let Some((latitude, longitude)) = digits() else {
        notes.issue(offset, "coordinates are no digits", format_args!("0x{}", plomb_wire::to_hex(&bytes)));
        return None;
    };
    let fixed = flags & 1 != 0;
    if latitude == 0 && longitude == 0 && !fixed {
        return None;
    }
    let e7 = |value: u32, positive: bool| {
        let magnitude = minutes_to_e7(value / 1_000_000, value % 1_000_000, 10_000);
        if positive { magnitude } else { -magnitude }
    };
    let north = LatitudeE7::new(e7(latitude, flags & 2 != 0));
    let east = LongitudeE7::new(e7(longitude, flags & 4 != 0));
    if latitude % 1_000_000 >= 600_000 || north.is_err() {
        notes.issue(offset, "no such latitude", format_args!("{latitude:08}"));
        return None;
    }
    if longitude % 1_000_000 >= 600_000 || east.is_err() {
        notes.issue(offset + 4, "no such longitude", format_args!("{longitude:09}"));
        return None;
    }
    Some(Position::new(north.ok()?, east.ok()?, if fixed { Fix::Gnss } else { Fix::Stale }))
}

/// Mileage, battery, cell, product and its states.
fn state(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let kilometres = reader.u32()?;
    draft.push(Reading::Odometer(Metres(i64::from(kilometres) * 1000)));
    let battery = reader.u8()?;
    if CHARGING.contains(&battery) {
        draft.push(Reading::Charging(true));
        draft.code("battery_code", battery);
    } else {
        super::item::battery(battery, 0, draft);
    }
    let (cell, area) = (reader.u32()?, reader.u16()?);
    draft.push(radio::jointech_cell(cell, area));
    let (product, status, alarms) = (reader.u8()?, reader.u16()?, reader.u16()?);
    draft.code("product", product);
    draft.code("status", status);
    draft.event.signals = alarm::of_jointech(alarms);
    if alarms != 0 {
        draft.code("alarms", alarms);
    }
    if product == PRODUCT_LOCK {
        draft.event.seal = draft.event.seal.with(SealPart::MotorLocked, status & STATUS_LOCKED != 0);
    }
    Ok(())
}

/// Additional items of the dialect.
fn items(scope: &Scope, reader: &mut Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) {
    for _ in 0..ITEMS_MAX {
        if reader.is_empty() {
            return;
        }
        let at = reader.offset();
        let Some(item) = message::item(reader) else {
            return notes.issue(at, "an item runs past the end", format_args!("{} bytes", reader.left()));
        };
        match (item.id, item.value.rest()) {
            (0x02, &[a, b]) => {
                if let Some(position) = &mut draft.event.position {
                    position.altitude = Some(Metres(i64::from(i16::from_be_bytes([a, b]))));
                }
            }
            (0x0B, _) => {
                lock::read(scope, item.id, item.value, draft, notes);
            }
            (0x0C, &[a, b, c, d, e, f]) => {
                let axis = |high, low| CentiDegrees::from_degrees(i32::from(i16::from_be_bytes([high, low])));
                draft.push(Reading::Tilt { x: axis(a, b), y: axis(c, d), z: axis(e, f) });
            }
            (0x10, &[source]) => draft.push(Reading::WakeSource(source)),
            (0xFC, bytes @ &[_, ..]) if bytes.len() <= 4 => {
                let fence = bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
                draft.push(Reading::Fence(fence));
            }
            (_, bytes @ &[_, ..]) if bytes.len() <= 4 => {
                let value = bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
                draft.push(Reading::Code { name: names::item(item.id).into(), value });
            }
            (_, bytes) => {
                let value = bytes.into();
                draft.push(Reading::Bytes { name: names::item(item.id).into(), value });
            }
        }
    }
    draft.code("left_over", i64::try_from(reader.left()).unwrap_or(i64::MAX));
}
