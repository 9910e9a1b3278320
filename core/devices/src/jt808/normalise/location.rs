//! Location reports: the fixed part of 0x0200, its additional items, and batches of them.
//!
//! Source: JT/T 808-2013 §8.18 and §8.49; the 18-byte tail of older terminals from a capture;
//! the 0x0210 batch as another platform reads it [no capture].

use plomb_model::{CentiDegrees, Delivery, Event, EventKind, Fix, LatitudeE7, LongitudeE7, Metres};
use plomb_model::{Millivolts, Percent, Position, Reading, SealPart, Speed};
use plomb_wire::{Reader, Short, e6_to_e7};

use super::super::message::{self, Location};
use super::super::terminals::Known;
use super::{Notes, Scope, alarm, item, judge};

/// Status bits, JT/T 808-2013 table 25.
mod status {
    pub(super) const IGNITION: u32 = 1 << 0;
    pub(super) const FIXED: u32 = 1 << 1;
    pub(super) const SOUTH: u32 = 1 << 2;
    pub(super) const WEST: u32 = 1 << 3;
    /// Coordinates are encrypted by the security plug-in.
    pub(super) const ENCRYPTED: u32 = 1 << 5;
    pub(super) const DOORS_LOCKED: u32 = 1 << 12;
    /// Doors 1 to 5, open when set.
    pub(super) const DOORS_OPEN: u32 = 0b1_1111 << 13;
}

/// Most additional items of one record: a body of 1,023 bytes holds at most 497 empty ones; real reports stay
/// below 30. What comes after is counted only.
const ITEMS_MAX: usize = 128;
/// Room for the readings of a usual report, so that they are allocated once.
const READINGS_USUAL: usize = 10;
/// Length of the tail that older terminals write in place of items.
const OLD_TAIL_BYTES: usize = 18;

/// A record on its way to becoming an event.
#[derive(Debug)]
pub(in super::super) struct Draft {
    /// The event of the record itself.
    pub(in super::super) event: Event,
    /// Events of sub-locks that the record mentions.
    pub(in super::super) others: Vec<Event>,
    /// What the record teaches about its terminal.
    pub(in super::super) learned: Option<Known>,
    /// Satellites, which come as an item.
    pub(super) satellites: Option<u8>,
    /// The status word.
    pub(in super::super) status: u32,
}

impl Draft {
    pub(super) const fn new(event: Event) -> Self {
        Self { event, others: Vec::new(), learned: None, satellites: None, status: 0 }
    }

    /// Adds a reading.
    pub(super) fn push(&mut self, reading: Reading) {
        self.event.readings.push(reading);
    }

    /// Adds a number of the vendor.
    pub(super) fn code(&mut self, name: &'static str, value: impl Into<i64>) {
        self.push(Reading::Code { name: name.into(), value: value.into() });
    }

    /// Hands the events over, the record's own first.
    pub(in super::super) fn finish(mut self, notes: &mut Notes<'_>) -> Option<Known> {
        judge(&mut self.event);
        notes.out.event(self.event);
        for mut event in self.others {
            judge(&mut event);
            notes.out.event(event);
        }
        self.learned
    }
}

/// Reads one location report (body of 0x0200) into a draft.
pub(in super::super) fn draft(scope: &Scope, reader: &mut Reader<'_>, notes: &mut Notes<'_>) -> Draft {
    let at = reader.offset();
    let mut draft = Draft::new(scope.event(EventKind::Position));
    draft.event.readings.reserve(READINGS_USUAL);
    let (location, end) = Location::read(reader);
    draft.status = location.status;
    fixed(scope, &location, at, &mut draft, notes);
    match end {
        Ok(()) => tail(scope, reader, &mut draft, notes),
        Err(short) => notes.short(short),
    }
    if let (Some(position), Some(satellites)) = (&mut draft.event.position, draft.satellites) {
        position.satellites = Some(satellites);
    }
    doors(scope, &mut draft);
    draft
}

/// The fixed part: flags, place, time.
fn fixed(scope: &Scope, location: &Location, at: usize, draft: &mut Draft, notes: &mut Notes<'_>) {
    let padlock = scope.known.has(Known::PADLOCK);
    draft.event.signals = alarm::of_location(location.alarm, scope.edition_2019, padlock);
    draft.push(Reading::Ignition(location.status & status::IGNITION != 0));
    draft.code("status", location.status);
    if location.alarm != 0 {
        draft.code("alarms", location.alarm);
    }
    if let Some((latitude, longitude)) = location.place {
        draft.event.position = place(location.status, latitude, longitude, at + 8, notes);
    }
    if let Some(position) = &mut draft.event.position {
        position.altitude = location.altitude.map(|metres| Metres(i64::from(metres)));
        position.speed = location.speed.map(|tenths| Speed::from_tenths_kmh(u32::from(tenths)));
        position.course = location.course.and_then(|degrees| course(degrees, at + 20, notes));
    }
    draft.event.occurred_at = location.time.and_then(|time| scope.time(time, at + 22, notes));
}

/// Degrees from north; 360 is north too.
fn course(degrees: u16, offset: usize, notes: &mut Notes<'_>) -> Option<CentiDegrees> {
    if degrees > 360 {
        notes.issue(offset, "course beyond 360 degrees", degrees);
        return None;
    }
    Some(CentiDegrees::from_degrees(i32::from(degrees % 360)))
}

/// Latitude and longitude in 1e-6 degree with the hemispheres of the status. Zero and zero without a fix means
/// that there never was one: no place.
pub(super) fn place(
    status: u32,
    latitude: u32,
    longitude: u32,
    offset: usize,
    notes: &mut Notes<'_>,
) -> Option<Position> {
    let fixed = status & status::FIXED != 0;
    if status & status::ENCRYPTED != 0 && (latitude > 90_000_000 || longitude > 180_000_000) {
        notes.issue(offset, "coordinates are encrypted", format_args!("status 0x{status:08x}"));
        return None;
    }
    if latitude == 0 && longitude == 0 && !fixed {
        return None;
    }
    let signed = |value: u32, negative: u32| {
        let value = e6_to_e7(i64::from(value));
        if status & negative == 0 { value } else { -value }
    };
    let north = LatitudeE7::new(signed(latitude, status::SOUTH));
    let east = LongitudeE7::new(signed(longitude, status::WEST));
    if north.is_err() {
        notes.issue(offset, "latitude beyond 90 degrees", latitude);
    }
    if east.is_err() {
        notes.issue(offset + 4, "longitude beyond 180 degrees", longitude);
    }
    let fix = if fixed { Fix::Gnss } else { Fix::Stale };
    Some(Position::new(north.ok()?, east.ok()?, fix))
}

/// What follows the fixed part: items, or the fixed tail of older terminals.
fn tail(scope: &Scope, reader: &mut Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) {
    if reader.left() == OLD_TAIL_BYTES && !is_items(*reader) {
        return old_tail(reader, draft, notes);
    }
    let mut count = 0;
    while !reader.is_empty() && count < ITEMS_MAX {
        let at = reader.offset();
        let Some(found) = message::item(reader) else {
            notes.issue(at, "an item runs past the end", format_args!("{} bytes", reader.left()));
            break;
        };
        item::read(scope, found, draft, notes);
        count += 1;
    }
    // The rest may hold a password that lost its item: only its size is told.
    if !reader.is_empty() {
        draft.code("left_over", i64::try_from(reader.left()).unwrap_or(i64::MAX));
    }
}

/// Whether the rest is items to its last byte.
fn is_items(mut reader: Reader<'_>) -> bool {
    while message::item(&mut reader).is_some() {}
    reader.is_empty()
}

/// The tail of older terminals [captures]: fuel and mileage of what is left, mileage in km, supply in 0.1 V,
/// area, signal, and three reserved bytes.
fn old_tail(reader: &mut Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) {
    let mut read = || -> Result<_, Short> {
        let remaining = reader.u32()?;
        let kilometres = reader.u32()?;
        let tenths = reader.u16()?;
        let area = reader.u32()?;
        let signal = reader.u8()?;
        reader.skip(3)?;
        Ok((remaining, kilometres, tenths, area, signal))
    };
    match read() {
        Ok((remaining, kilometres, tenths, area, signal)) => {
            draft.code("remaining mileage", remaining);
            draft.push(Reading::Odometer(Metres(i64::from(kilometres) * 1000)));
            draft.push(Reading::ExternalPower(Millivolts(u32::from(tenths) * 100)));
            draft.code("area", area);
            draft.push(Reading::NetworkSignal(Percent::share(u32::from(signal), 31)));
        }
        Err(short) => notes.short(short),
    }
}

/// Doors and their lock. "Unlocked" and "closed" are zeros that a terminal without such sensors sends as well:
/// they count only for terminals that have shown the other state on this connection.
fn doors(scope: &Scope, draft: &mut Draft) {
    let locked = draft.status & status::DOORS_LOCKED != 0;
    let open = draft.status & status::DOORS_OPEN != 0;
    if locked || scope.known.has(Known::LOCK) {
        draft.event.seal = draft.event.seal.with(SealPart::MotorLocked, locked);
    }
    if open || scope.known.has(Known::DOORS) {
        draft.event.seal = draft.event.seal.with(SealPart::DoorClosed, !open);
    }
    let mut learned = Known::default();
    if locked && !scope.known.has(Known::LOCK) {
        learned = learned.with(Known::LOCK);
    }
    if open && !scope.known.has(Known::DOORS) {
        learned = learned.with(Known::DOORS);
    }
    draft.learned = (learned != Known::default()).then_some(learned);
}

/// Whether the doors are reported locked, for the answer to a vehicle control.
pub(in super::super) const fn is_locked(status: u32) -> bool {
    status & status::DOORS_LOCKED != 0
}

/// A batch 0x0704: count, type (1 = out of the memory of a blind area), and records with their lengths.
/// What the count says is not relied upon: the records are read to the end of the body.
pub(in super::super) fn batch(
    scope: &Scope,
    reader: &mut Reader<'_>,
    notes: &mut Notes<'_>,
) -> Option<Known> {
    let mut head = || -> Result<_, Short> { Ok((reader.u16()?, reader.u8()?)) };
    let (count, kind) = match head() {
        Ok(head) => head,
        Err(short) => {
            notes.short(short);
            return None;
        }
    };
    let delivery = if kind == 1 { Delivery::Buffered } else { scope.delivery };
    let scope = Scope { delivery, ..*scope };
    records(&scope, reader, usize::from(count), true, notes)
}

/// A batch 0x0210 [vendor]: records with one byte of length; some terminals put a count before them.
pub(in super::super) fn short_batch(
    scope: &Scope,
    reader: &mut Reader<'_>,
    notes: &mut Notes<'_>,
) -> Option<Known> {
    for counted in [0, 1, 2] {
        let mut ahead = *reader;
        if ahead.skip(counted).is_ok() && records_fit(ahead) {
            *reader = ahead;
            break;
        }
    }
    records(scope, reader, usize::MAX, false, notes)
}

/// Whether records with one byte of length fill the rest exactly.
fn records_fit(mut reader: Reader<'_>) -> bool {
    while let Ok(length) = reader.u8() {
        if usize::from(length) < Location::BYTES || reader.skip(usize::from(length)).is_err() {
            return false;
        }
    }
    true
}

/// Reads records to the end of the body; `expected` is the count that the batch promised.
fn records(
    scope: &Scope,
    reader: &mut Reader<'_>,
    expected: usize,
    wide: bool,
    notes: &mut Notes<'_>,
) -> Option<Known> {
    let mut scope = *scope;
    let mut learned = None;
    let mut count = 0;
    while !reader.is_empty() {
        let length = if wide { reader.u16().map(usize::from) } else { reader.u8().map(usize::from) };
        let length = match length {
            Ok(length) => length,
            Err(short) => {
                notes.short(short);
                break;
            }
        };
        let at = reader.offset();
        if length > reader.left() {
            notes.issue(
                at,
                "a record runs past the end",
                format_args!("{length} bytes, {} left", reader.left()),
            );
        }
        let Ok(mut record) = reader.part(length.min(reader.left())) else { break };
        if record.left() < Location::BYTES / 2 {
            notes.issue(at, "a record is too short for a place", format_args!("{} bytes", record.left()));
            continue;
        }
        if let Some(known) = draft(&scope, &mut record, notes).finish(notes) {
            scope.known = scope.known.with(known);
            learned = Some(scope.known);
        }
        count += 1;
    }
    if expected != usize::MAX && expected != count {
        notes.issue(
            reader.offset(),
            "another number of records",
            format_args!("{count}, promised {expected}"),
        );
    }
    learned
}
