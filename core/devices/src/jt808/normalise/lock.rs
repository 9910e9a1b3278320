//! Items of locks and padlocks: records of lock events, sub-locks, ropes.
//!
//! Passwords in these items are looked at for their length only. Which verdict codes mean what is taken from
//! Jointech's P45 list where the numbers agree; the raw codes are kept beside. Source: device captures and
//! notes on vendor pages (0B with a password, 67, DA and ED: no capture): 0B Jointech; 60, 63 and 67 padlocks of the G-300 family; D5 sub-lock masters; DA rope locks;
//! 33 text status; E8 lock status or camera alarm.

use plomb_model::{CardNumber, DeviceId, Event, EventKind, Percent, Reading, Scheme, SealPart};
use plomb_model::{Millivolts, Signal, UnlockMethod, UnlockReport, UnlockVerdict};
use plomb_wire::{Reader, Short, to_hex};

use super::super::message;
use super::location::Draft;
use super::{Notes, Scope, alarm, ascii};

/// Reads a lock item; false when it is none.
pub(super) fn read(
    scope: &Scope,
    id: u8,
    mut value: Reader<'_>,
    draft: &mut Draft,
    notes: &mut Notes<'_>,
) -> bool {
    let reader = &mut value;
    let read = match (id, reader.left()) {
        (0x0B, 1..) => record(reader, draft),
        (0x33, 5..) if reader.rest().starts_with(b"*M00") => status_text(reader, draft),
        (0x60, 2..) => padlock_event(scope, reader, draft),
        (0x63, 11..) => padlock_sub_locks(scope, reader, draft),
        (0x67, length @ 4..) => {
            let length = u8::try_from(length).unwrap_or(u8::MAX);
            draft.code("withheld.67", length);
            Ok(())
        }
        (0xD5, 14..) => master_sub_locks(scope, reader, draft),
        (0xDA, 3) => rope(reader, draft),
        (0xE8, 2 | 3) => lock_status(reader, draft),
        (0xE8, 18..) => camera_alarm(reader, draft),
        (0xED, 4..) => card(reader, draft),
        _ => return false,
    };
    if let Err(short) = read {
        notes.short(short);
    }
    true
}

/// 0B: event, then by its length a card (5 or 6 bytes) or a password of 6 characters (7 or more), and in even
/// lengths the verdict at the end.
fn record(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let length = reader.left();
    let verdict = reader.rest().last().copied().filter(|_| length.is_multiple_of(2));
    let event = reader.u8()?;
    draft.event.kind = EventKind::Seal;
    draft.code("event.0B", event);
    let mut shown = None;
    match length {
        5 | 6 => shown = Some(CardNumber(reader.u32()?.to_string().into())),
        7.. => {
            reader.skip(6)?;
            draft.code("withheld.0B", 6);
        }
        _ => {}
    }
    if let Some(code) = verdict {
        draft.code("result.0B", code);
    }
    let no_card = shown.as_ref().is_none_or(|card| &*card.0 == "0");
    let method = if length >= 7 { UnlockMethod::Password } else { UnlockMethod::Card };
    if let Some((verdict, fence)) = verdict.and_then(verdict_of)
        && (length >= 7 || !no_card)
    {
        refused(verdict, method, draft);
        draft.push(Reading::Unlock(UnlockReport {
            method,
            verdict,
            password_right: None,
            wrong_passwords: None,
            card: shown,
            fence,
        }));
    } else if let Some(card) = shown.filter(|_| !no_card) {
        draft.push(Reading::Card(card));
    }
    Ok(())
}

/// Verdict codes as in Jointech's P45: 0 refused, 1 to 10 allowed inside that fence, 98 allowed, 99 refused
/// outside the fence. Others say nothing that we know.
const fn verdict_of(code: u8) -> Option<(UnlockVerdict, Option<u32>)> {
    match code {
        0 => Some((UnlockVerdict::Refused, None)),
        1..=10 => Some((UnlockVerdict::Allowed, Some(code as u32))),
        98 => Some((UnlockVerdict::Allowed, None)),
        99 => Some((UnlockVerdict::RefusedOutsideZone, None)),
        _ => None,
    }
}

/// The signal that goes with a verdict.
fn refused(verdict: UnlockVerdict, method: UnlockMethod, draft: &mut Draft) {
    let signal = match (verdict, method) {
        (UnlockVerdict::RefusedOutsideZone, _) => Signal::UnlockOutsideZone,
        (UnlockVerdict::Refused, UnlockMethod::Card) => Signal::UnknownCard,
        (UnlockVerdict::Refused, UnlockMethod::Password) => Signal::WrongPassword,
        (UnlockVerdict::Allowed, _) => Signal::Unlocked,
        _ => return,
    };
    draft.event.signals = draft.event.signals.with(signal);
}

/// 33: `*M00,<nn>,<7 status digits>…`; what follows the status holds keys and is left out. Digits 3 to 5 are
/// hundredths of a volt.
fn status_text(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let bytes = reader.take(reader.left())?;
    let status = bytes.get(8..15).and_then(ascii);
    if let Some(status) = status {
        if let Some(volts) = status.get(2..5).and_then(|digits| digits.parse::<u16>().ok()) {
            draft.push(Reading::BatteryVoltage(super::item::centivolts(volts)));
        }
        draft.push(Reading::Text(format!("*M00 status {status}").into()));
    }
    Ok(())
}

/// What the events of item 60 mean: code, signal, part with its state, and how it was done with which verdict.
type PadlockRow = (u16, Option<Signal>, Option<(SealPart, bool)>, Option<(UnlockMethod, UnlockVerdict)>);

/// Events of the padlocks G-300, G-316 and G-666 [one source: the vendor's list as another platform shows it].
static PADLOCK_EVENTS: &[PadlockRow] = &[
    (0x00, None, Some((SealPart::ShackleClosed, true)), None),
    (0x01, None, Some((SealPart::ShackleClosed, false)), None),
    (0x02, Some(Signal::Locked), Some((SealPart::Sealed, true)), None),
    (0x03, Some(Signal::Locked), Some((SealPart::Sealed, true)), None),
    (
        0x04,
        Some(Signal::Unlocked),
        Some((SealPart::Sealed, false)),
        Some((UnlockMethod::Card, UnlockVerdict::Allowed)),
    ),
    (0x05, Some(Signal::Locked), Some((SealPart::Sealed, true)), None),
    (
        0x06,
        Some(Signal::Unlocked),
        Some((SealPart::Sealed, false)),
        Some((UnlockMethod::Bluetooth, UnlockVerdict::Allowed)),
    ),
    (0x07, Some(Signal::Locked), Some((SealPart::Sealed, true)), None),
    (
        0x08,
        Some(Signal::Unlocked),
        Some((SealPart::Sealed, false)),
        Some((UnlockMethod::Remote, UnlockVerdict::Allowed)),
    ),
    (0x09, Some(Signal::Locked), Some((SealPart::Sealed, true)), None),
    (
        0x0A,
        Some(Signal::Unlocked),
        Some((SealPart::Sealed, false)),
        Some((UnlockMethod::Sms, UnlockVerdict::Allowed)),
    ),
    (0x0B, Some(Signal::UnknownCard), None, None),
    (0x0C, Some(Signal::UnknownCard), None, Some((UnlockMethod::Card, UnlockVerdict::Refused))),
    (0x0D, Some(Signal::UnlockOutsideZone), None, None),
    (
        0x0E,
        Some(Signal::UnlockOutsideZone),
        None,
        Some((UnlockMethod::Card, UnlockVerdict::RefusedOutsideZone)),
    ),
    (0x0F, Some(Signal::UnauthorisedOpen), Some((SealPart::ShackleClosed, false)), None),
    (0x10, Some(Signal::CoverOpen), Some((SealPart::CoverClosed, false)), None),
    (0x11, Some(Signal::RopeCut), Some((SealPart::RopeIntact, false)), None),
    (0x12, Some(Signal::PowerOff), None, None),
    (0x13, Some(Signal::WrongPassword), None, None),
    (0x14, Some(Signal::SealTimeout), None, None),
    (0x17, Some(Signal::LowBattery), None, None),
    (0x18, Some(Signal::MotorFault), None, None),
];
/// Events of item 60 that are about a sub-lock and carry its number and a card.
const SUB_LOCK_EVENTS: std::ops::RangeInclusive<u16> = 0x61..=0x66;

/// 60: event; for 0x61 to 0x66 the sub-lock (6 bytes, after one more byte where there is room) and the card.
fn padlock_event(scope: &Scope, reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let code = reader.u16()?;
    if SUB_LOCK_EVENTS.contains(&code) && reader.left() >= 14 {
        reader.skip(reader.left() - 14)?;
        let lock = reader.take(6)?;
        let card = ascii(reader.take(8)?);
        let mut event = sub_lock(scope, EventKind::Seal, lock, draft);
        event.readings.push(Reading::Code { name: "event.60".into(), value: code.into() });
        event.readings.extend(card.map(|card| Reading::Card(CardNumber(card))));
        draft.others.push(event);
        return Ok(());
    }
    draft.code("event.60", code);
    if let Some((_, signal, part, unlock)) = PADLOCK_EVENTS.iter().find(|row| row.0 == code) {
        draft.event.kind = EventKind::Seal;
        if let Some(signal) = signal {
            draft.event.signals = draft.event.signals.with(*signal);
        }
        if let Some((part, whole)) = part {
            draft.event.seal = draft.event.seal.with(*part, *whole);
        }
        if let Some((method, verdict)) = *unlock {
            draft.push(Reading::Unlock(UnlockReport {
                method,
                verdict,
                password_right: None,
                wrong_passwords: None,
                card: None,
                fence: None,
            }));
        }
    }
    if !reader.is_empty() {
        draft.push(Reading::Bytes { name: "rest.60".into(), value: reader.rest().into() });
    }
    Ok(())
}

/// An event about a sub-lock heard by the terminal.
fn sub_lock(scope: &Scope, kind: EventKind, id: &[u8], draft: &Draft) -> Event {
    let mut event = scope.event(kind);
    event.occurred_at = draft.event.occurred_at;
    event.peripheral = DeviceId::new(Scheme::SubLock, &to_hex(id)).ok();
    event
}

/// 63: sub-locks of 11 bytes {number 6, mV u16, '1' when sealed, physical state, received strength}.
fn padlock_sub_locks(scope: &Scope, reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    while reader.left() >= 11 {
        let id = reader.take(6)?;
        let voltage = Millivolts(u32::from(reader.u16()?));
        let (sealed, physical, strength) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let mut event = sub_lock(scope, EventKind::Status, id, draft);
        event.seal = event.seal.with(SealPart::Sealed, sealed == b'1');
        event.readings = vec![
            Reading::BatteryVoltage(voltage),
            Reading::Code { name: "physical.63".into(), value: physical.into() },
            Reading::Code { name: "strength.63".into(), value: strength.into() },
        ];
        draft.others.push(event);
    }
    Ok(())
}

/// D5: count, then sub-locks of 13 bytes {number 5, card 5, battery %, status u16 with bit 5 = unlocked}.
fn master_sub_locks(scope: &Scope, reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let count = reader.u8()?;
    for _ in 0..count {
        let id = reader.take(5)?;
        let card = to_hex(reader.take(5)?);
        let (battery, status) = (reader.u8()?, reader.u16()?);
        let mut event = sub_lock(scope, EventKind::Status, id, draft);
        event.seal = event.seal.with(SealPart::MotorLocked, status & 1 << 5 == 0);
        event.readings.extend(Percent::new(battery).ok().map(Reading::Battery));
        event.readings.push(Reading::Code { name: "status.D5".into(), value: status.into() });
        if card.bytes().any(|digit| digit != b'0') {
            event.readings.push(Reading::Card(CardNumber(card.into())));
        }
        draft.others.push(event);
    }
    Ok(())
}

/// DA: how often the rope was cut, and states: bit 0 rope, bit 2 motion, bit 3 cover.
fn rope(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (cuts, state) = (reader.u16()?, reader.u8()?);
    draft.push(Reading::CutCount(u32::from(cuts)));
    draft.push(Reading::Motion(state & 1 << 2 != 0));
    draft.code("state.DA", state);
    let seal = draft.event.seal.with(SealPart::RopeInserted, state & 1 != 0);
    draft.event.seal = seal.with(SealPart::CoverClosed, state & 1 << 3 != 0);
    Ok(())
}

/// E8 with two or three bytes: a lock status whose bits are not published.
fn lock_status(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let value = if reader.left() == 3 { reader.u24()? } else { u32::from(reader.u16()?) };
    draft.code("status.E8", value);
    Ok(())
}

/// E8 with eighteen bytes and more: a camera's alarm {class, type, terminal and time of its attachments}.
fn camera_alarm(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let (class, kind) = (reader.u8()?, reader.u8()?);
    draft.event.signals = draft.event.signals.with(alarm::of_camera(class, kind));
    draft.code("camera.E8", u16::from_be_bytes([class, kind]));
    draft.push(Reading::Bytes { name: "attachments.E8".into(), value: reader.rest().into() });
    Ok(())
}

/// ED: a card in ASCII.
fn card(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let bytes = reader.take(reader.left())?;
    match ascii(bytes) {
        Some(card) => draft.push(Reading::Card(CardNumber(card))),
        None => draft.push(Reading::Bytes { name: "card.ED".into(), value: bytes.into() }),
    }
    Ok(())
}

/// Whether an item may hold a lock password, so that nobody shows its bytes.
pub(in super::super) fn is_secret(item: &message::Item<'_>) -> bool {
    match item.id {
        0x0B => item.value.left() >= 7,
        0x33 => item.value.left() >= 5,
        0x67 => true,
        _ => false,
    }
}
