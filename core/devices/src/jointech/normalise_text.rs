//! Text messages to events: the second part of `normalise.rs`.
//!
//! Passwords never come here; what is kept of an unlocking is its verdict. Source:
//! `docs/protocols/jointech.md`, "Lock events"; the text forms of the older trackers follow their captures.

use plomb_model::{
    CardNumber, CellTower, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Position, Reading,
    SealPart, Signal, Signals, UnlockMethod, UnlockReport, UnlockVerdict,
};

use super::form::{Form, SpeedUnit, degrees, degrees_minutes};
use super::normalise::{battery, code, evidence, network, odometer};
use super::text::{Field, Fields, checksum};
use crate::Decoded;

/// Fields of a `U01` after its word and type, the checksum aside.
const U_FIELDS: usize = 17;
/// Digits of the status that fit a number.
const STATUS_BITS_MAX: usize = 62;
/// Fields of a `P45` after its word, up to the serial number.
const P45_FIELDS: usize = 15;
/// Wrong passwords in a row that the lock counts as an attack.
const WRONG_PASSWORDS_ALARM: u16 = 5;
/// Verdict of a lock: outside the fence. Of the others 0 is a refusal, 98 the normal way, 1 to 10 may name a fence.
const VERIFIED_OUTSIDE: u64 = 99;
/// Verdicts from here to 10 are fences; 1 is also just "allowed".
const FENCES: std::ops::RangeInclusive<u64> = 2..=10;
/// Card number of "none".
const NO_CARD: &[u8] = b"0000000000";

fn position(
    latitude: Option<LatitudeE7>,
    longitude: Option<LongitudeE7>,
    fix: Option<Fix>,
) -> Option<Position> {
    Some(Position::new(latitude?, longitude?, fix.unwrap_or(Fix::Stale)))
}

/// The oldest form of a position.
pub(super) fn w01(fields: Fields<'_>, out: &mut Decoded) -> Event {
    let mut form = Form { fields, out, cut: false };
    let mut event = Event::new(EventKind::Position);
    let longitude = form.longitude(degrees_minutes);
    let latitude = form.latitude(degrees_minutes);
    let fix = form.fix();
    event.occurred_at = form.when();
    event.position = position(latitude, longitude, fix);
    form.motion(&mut event.position, SpeedUnit::Kmh);
    let power = form.read("no such battery", |field| u8::try_from(field.number()?).ok());
    let offset = form.fields.rest().offset;
    event.readings.extend(power.and_then(|power| battery(power, offset, form.out)));
    event.readings.extend(form.number("no such reception").map(|level| code("gps_signal", level)));
    event.readings.extend(form.number("no such signal").map(network));
    event.readings.extend(form.number("no such alert").map(|alert| code("alert_type", alert)));
    let rest = form.fields.rest();
    if !rest.value.is_empty() {
        event.readings.push(Reading::Text(rest.text().into()));
    }
    event
}

/// Whether the checksum of a `U01` to `U03` is right; a frame without one passes.
pub(super) fn u_is_whole(word: &Field<'_>, fields: &Fields<'_>, frame: &[u8], out: &mut Decoded) -> bool {
    let with_checksum = U_FIELDS + usize::from(has_type(fields)) + 1;
    if word.value == b"U06" || fields.clone().count() != with_checksum {
        return true;
    }
    let Some(field) = fields.clone().last() else { return true };
    let Some(claimed) = hex_byte(field.value) else { return true };
    let computed = checksum(frame, field.offset);
    if claimed != computed {
        let found = format_args!("0x{claimed:02X}, computed 0x{computed:02X}").to_string();
        out.issue(Issue::new(field.offset, "checksum differs", found));
    }
    claimed == computed
}

/// Whether a number stands before the date (six digits).
fn has_type(fields: &Fields<'_>) -> bool {
    fields.clone().next().is_some_and(|field| field.value.len() != 6)
}

fn hex_byte(text: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(text).ok().filter(|text| text.len() == 2)?;
    u8::from_str_radix(text, 16).ok()
}

/// A position of an older tracker, and whether all is there that it must hold.
pub(super) fn u(word: &Field<'_>, fields: Fields<'_>, out: &mut Decoded) -> (Event, bool) {
    let typed = has_type(&fields);
    let mut form = Form { fields, out, cut: false };
    let mut event = Event::new(EventKind::Position);
    if typed {
        event.readings.extend(form.number("no such type").map(|value| code("type", value)));
    }
    event.occurred_at = form.when();
    let fix = form.fix();
    let latitude = form.latitude(degrees);
    let longitude = form.longitude(degrees);
    event.position = position(latitude, longitude, fix);
    form.motion(&mut event.position, SpeedUnit::MilesPerHour);
    let satellites = form.number("no such number of satellites").and_then(|count| u8::try_from(count).ok());
    if let Some(position) = &mut event.position {
        position.satellites = satellites;
    }
    let offset = form.fields.rest().offset;
    let charge = form.read("no such battery", |field| {
        let digits = field.value.strip_suffix(b"%").unwrap_or(field.value);
        u8::try_from(Field { offset: field.offset, value: digits }.number()?).ok()
    });
    event.readings.extend(charge.and_then(|charge| battery(charge, offset, form.out)));
    event.readings.extend(form.read("no such status", |field| bits(field.value)).map(|b| code("status", b)));
    let (cell, area) = (form.number("no such cell"), form.number("no such area"));
    if let (Some(cell), Some(Ok(area))) = (cell, area.map(u32::try_from))
        && (cell != 0 || area != 0)
    {
        event.readings.push(Reading::CellTower(CellTower { mcc: 0, mnc: 0, area, cell }));
    }
    event.readings.extend(form.number("no such signal").map(network));
    event.readings.extend(form.number("no such mileage").map(odometer));
    event.serial = form.number("no such serial number").and_then(|serial| u32::try_from(serial).ok());
    let (rest, whole) = (form.fields.rest(), !form.cut);
    // The one field that may follow in the others is the checksum.
    if !rest.value.is_empty() && (word.value == b"U06" || rest.value.len() != 2) {
        event.readings.push(Reading::Text(rest.text().into()));
    }
    (event, whole)
}

/// Digits 0 and 1, first digit first.
fn bits(text: &[u8]) -> Option<i64> {
    let fits =
        !text.is_empty() && text.len() <= STATUS_BITS_MAX && text.iter().all(|b| matches!(b, b'0' | b'1'));
    fits.then(|| text.iter().fold(0, |sum, bit| sum << 1 | i64::from(bit - b'0')))
}

/// What a lock event asks of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LockEvent {
    /// Number to acknowledge, where it could be read.
    pub(super) serial: Option<u64>,
    /// The message ended before the number: the older form, which has none.
    pub(super) old_form: bool,
    /// Whether an unlocking by the platform was allowed, if this is one.
    pub(super) remote: Option<bool>,
}

/// A lock event.
pub(super) fn p45(fields: Fields<'_>, out: &mut Decoded) -> (Event, LockEvent) {
    let without_serial = fields.clone().count() == P45_FIELDS - 1;
    let mut form = Form { fields, out, cut: false };
    let mut event = Event::new(EventKind::Seal);
    event.occurred_at = form.when();
    let latitude = form.latitude(degrees);
    let longitude = form.longitude(degrees);
    let fix = form.fix();
    event.position = position(latitude, longitude, fix);
    form.motion(&mut event.position, SpeedUnit::Kmh);
    let source = form.number("no such source");
    let verify = form.number("no such verdict");
    let card = form.field("card").filter(|card| !card.value.is_empty() && card.value != NO_CARD);
    let card = card.map(|card| CardNumber(card.text().into()));
    let right = form.number("no such password verdict").map(|right| right == 1);
    let wrong = form.number("no such count of passwords").and_then(|count| u16::try_from(count).ok());
    let serial = if without_serial { None } else { form.number("no such serial number") };
    event.serial = serial.and_then(|serial| u32::try_from(serial).ok());
    let attempt = Attempt { source, verify, card, right, wrong };
    let remote = attempt.tell(&mut event);
    if form.fields.rest().value.is_empty() {
        return (event, LockEvent { serial, old_form: without_serial, remote });
    }
    event.readings.extend(form.number("no such mileage").map(odometer));
    let rest = form.fields.rest();
    if !rest.value.is_empty() {
        event.readings.push(Reading::Text(rest.text().into()));
    }
    (event, LockEvent { serial, old_form: false, remote })
}

/// What a lock event says of a try to unlock.
struct Attempt {
    source: Option<u64>,
    verify: Option<u64>,
    card: Option<CardNumber>,
    right: Option<bool>,
    wrong: Option<u16>,
}

impl Attempt {
    /// Puts the try into the event; says how it ended if the platform asked for it.
    fn tell(self, event: &mut Event) -> Option<bool> {
        let source = self.source?;
        let method = method(source);
        let verdict = self.verdict(source);
        let opened = verdict == Some(UnlockVerdict::Allowed);
        event.seal = match source {
            5 => event.seal.with(SealPart::MotorLocked, true),
            8 => event.seal.with(SealPart::RopeInserted, false),
            _ if opened => event.seal.with(SealPart::MotorLocked, false),
            _ => event.seal,
        };
        event.trust.seal = evidence(event, false);
        event.signals = Signals::NONE
            .with_if(source == 5, Signal::Locked)
            .with_if(opened, Signal::Unlocked)
            .with_if(source == 2, Signal::UnknownCard)
            .with_if(verdict == Some(UnlockVerdict::RefusedOutsideZone), Signal::UnlockOutsideZone)
            .with_if(self.wrong.is_some_and(|count| count >= WRONG_PASSWORDS_ALARM), Signal::WrongPassword);
        if let Some(card) = &self.card {
            event.readings.push(Reading::Card(card.clone()));
        }
        if source == 3
            && let Some(card) = &self.card
        {
            event.readings.push(Reading::BoundTo(card.0.clone()));
        }
        event.readings.push(code("source", source));
        event.readings.extend(self.verify.map(|verify| code("verify", verify)));
        event.readings.extend(verdict.map(|verdict| {
            Reading::Unlock(UnlockReport {
                method,
                verdict,
                password_right: self.right.filter(|_| matches!(source, 4 | 6)),
                wrong_passwords: self.wrong,
                card: self.card,
                fence: self
                    .verify
                    .filter(|verify| FENCES.contains(verify))
                    .and_then(|verify| u32::try_from(verify).ok()),
            })
        }));
        verdict.filter(|_| source == 4).map(|_| opened)
    }

    /// What the lock decided; `None` where the message ends before it says.
    fn verdict(&self, source: u64) -> Option<UnlockVerdict> {
        let verified = self.verify.map(|verify| verify != 0);
        let allowed = match source {
            5 | 8 => return Some(UnlockVerdict::NotApplicable),
            _ if self.verify == Some(VERIFIED_OUTSIDE) => return Some(UnlockVerdict::RefusedOutsideZone),
            // Shown to name the vehicle, not to open the lock.
            3 if verified == Some(false) => return Some(UnlockVerdict::NotApplicable),
            2 => false,
            4 => self.right?,
            6 | 7 => self.right? || verified?,
            _ => verified?,
        };
        Some(if allowed { UnlockVerdict::Allowed } else { UnlockVerdict::Refused })
    }
}

const fn method(source: u64) -> UnlockMethod {
    match source {
        1 | 2 => UnlockMethod::Card,
        3 => UnlockMethod::VehicleCard,
        4 => UnlockMethod::Remote,
        5 => UnlockMethod::AutomaticLock,
        6 => UnlockMethod::DynamicPassword,
        7 => UnlockMethod::Bluetooth,
        8 => UnlockMethod::RopePulledOut,
        _ => UnlockMethod::Other,
    }
}
