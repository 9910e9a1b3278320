//! Rules about seal, lock and case.

use std::num::NonZeroU32;

use plomb_model::{AlarmKind, SealPart, SealReading, Signal, UnlockVerdict};

use super::{follow_signal, holds, opening};
use crate::{Change, State, Transition};

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    seal_cut(state, transition, changes);
    unauthorised_open(state, transition, changes);
    case_open(state, transition, changes);
    unlock_refused(state, transition, changes);
    let signals = transition.signals;
    let long = signals.contains(Signal::LongUnlocked) || signals.contains(Signal::SealTimeout);
    follow_signal(
        state,
        transition,
        long,
        AlarmKind::LongUnlocked,
        "The lock has been left unlocked",
        changes,
    );
    let stuck = signals.contains(Signal::MotorFault);
    follow_signal(state, transition, stuck, AlarmKind::MotorFault, "The lock motor is stuck", changes);
    shock(state, transition, changes);
}

fn seal_cut(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let intact = transition.seal.part(SealPart::RopeIntact);
    if transition.signals.contains(Signal::RopeCut) || intact == Some(false) {
        let detail = "The lock rope, shackle or bolt was cut";
        state.raise(transition, AlarmKind::SealCut, detail, [Some(transition.event), None], changes);
    } else if transition.newest && intact == Some(true) {
        state.clear(transition, AlarmKind::SealCut, changes);
    }
}

/// A sealed device has opened although it reported no unlocking that it had allowed, or nobody had authorised it.
fn unauthorised_open(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let kind = AlarmKind::UnauthorisedOpen;
    let opened = opening_of(transition);
    if opened.is_some() || opening::unlocking(transition).is_some() {
        if opening::is_covered(state, transition, changes) {
            return;
        }
        if let Some(detail) = opening::without_authority(state, transition) {
            state.raise(transition, kind, detail, [Some(transition.event), None], changes);
            return;
        }
    }
    if transition.unlock.is_some_and(|(_, verdict)| verdict == UnlockVerdict::Allowed)
        && holds(state, transition, kind)
        && authorised(state, transition, open_since(state, transition))
    {
        // The permission was reported after the opening.
        state.clear(transition, kind, changes);
        return;
    }
    if let Some(detail) = opened {
        if !authorised(state, transition, Some(transition.occurred_at.0)) {
            let sealed_by =
                transition.previous_fix.map(|(_, _, event)| event).filter(|event| *event != transition.event);
            state.raise(transition, kind, detail, [sealed_by, Some(transition.event)], changes);
        }
    } else if transition.newest && closed_again(transition) {
        state.clear(transition, kind, changes);
    }
}

fn opening_of(transition: &Transition) -> Option<&'static str> {
    let signals = transition.signals;
    if signals.contains(Signal::UnauthorisedOpen) {
        return Some("The device reports an opening without authority");
    }
    let (before, now) = (transition.seal_before, transition.seal);
    let locked =
        before.part(SealPart::MotorLocked) == Some(true) || before.part(SealPart::Sealed) == Some(true);
    let opened = |part| before.part(part) == Some(true) && now.part(part) == Some(false);
    if !transition.newest {
        return None;
    }
    if opened(SealPart::RopeInserted) {
        Some("The lock rope was pulled out")
    } else if opened(SealPart::ShackleClosed) {
        Some("The shackle was opened")
    } else if opened(SealPart::MotorLocked) {
        Some("The lock was unlocked")
    } else if locked && (opened(SealPart::DoorClosed) || signals.contains(Signal::DoorOpen)) {
        Some("The door was opened under lock")
    } else if is_lockless(before) && opened(SealPart::DoorClosed) {
        Some("The door was opened")
    } else if locked && signals.contains(Signal::LightDetected) {
        Some("Light was seen inside under lock")
    } else {
        None
    }
}

/// A device that watches a door and has no lock of its own guards by its door sensor alone.
fn is_lockless(seal: SealReading) -> bool {
    [SealPart::MotorLocked, SealPart::Sealed, SealPart::RopeInserted]
        .into_iter()
        .all(|part| seal.part(part).is_none())
}

fn closed_again(transition: &Transition) -> bool {
    let closed = |part| transition.seal.part(part);
    let parts =
        [SealPart::RopeInserted, SealPart::MotorLocked, SealPart::ShackleClosed, SealPart::DoorClosed];
    parts.into_iter().any(|part| closed(part) == Some(true))
        && !parts.into_iter().any(|part| closed(part) == Some(false))
}

/// Whether the device has allowed an unlocking within the window around the opening.
fn authorised(state: &State, transition: &Transition, opened_at: Option<plomb_model::Timestamp>) -> bool {
    let allowed_s =
        state.devices.row(transition.device).and_then(|device| device.unlock_allowed_s).map(NonZeroU32::get);
    let (Some(allowed_s), Some(opened_at)) = (allowed_s, opened_at) else { return false };
    let allowed_at = plomb_model::Timestamp::from_secs(i64::from(allowed_s));
    opened_at.since(allowed_at).abs() <= state.settings().unlock_window_s * 1000
}

fn open_since(state: &State, transition: &Transition) -> Option<plomb_model::Timestamp> {
    state.alarms.current(transition.device, AlarmKind::UnauthorisedOpen).map(|alarm| alarm.occurred_at.0)
}

fn case_open(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let parts = [SealPart::CoverClosed, SealPart::Attached];
    let opened = |part| {
        transition.newest
            && transition.seal_before.part(part) == Some(true)
            && transition.seal.part(part) == Some(false)
    };
    let signals = transition.signals;
    if signals.contains(Signal::CoverOpen) || opened(SealPart::CoverClosed) {
        let detail = "The back cover of the device was opened";
        state.raise(transition, AlarmKind::CaseOpen, detail, [Some(transition.event), None], changes);
    } else if signals.contains(Signal::Removed) || opened(SealPart::Attached) {
        let detail = "The device was taken off";
        state.raise(transition, AlarmKind::CaseOpen, detail, [Some(transition.event), None], changes);
    } else if signals.contains(Signal::SimChanged) {
        let detail = "The SIM card was taken out or changed";
        state.raise(transition, AlarmKind::CaseOpen, detail, [Some(transition.event), None], changes);
    } else if transition.newest && transition.has_status && transition.kind != plomb_model::EventKind::Seal {
        let still_open = parts.into_iter().any(|part| transition.seal.part(part) == Some(false));
        let says_closed = parts.into_iter().any(|part| transition.seal.part(part) == Some(true));
        if says_closed && !still_open {
            state.clear(transition, AlarmKind::CaseOpen, changes);
        }
    }
}

fn unlock_refused(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let signals = transition.signals;
    let verdict = transition.unlock.map(|(_, verdict)| verdict);
    let detail = if signals.contains(Signal::WrongPassword) {
        "Wrong passwords were entered"
    } else if signals.contains(Signal::UnknownCard) {
        "An unknown card was shown"
    } else if signals.contains(Signal::UnlockOutsideZone)
        || verdict == Some(UnlockVerdict::RefusedOutsideZone)
    {
        "An unlocking outside its zone was refused"
    } else if verdict == Some(UnlockVerdict::Refused) {
        "The device refused to unlock"
    } else {
        return;
    };
    state.raise(transition, AlarmKind::UnlockRefused, detail, [Some(transition.event), None], changes);
}

fn shock(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let signals = transition.signals;
    let detail = if signals.contains(Signal::Collision) || signals.contains(Signal::Rollover) {
        "A crash or rollover"
    } else if signals.contains(Signal::Drop) {
        "The device fell"
    } else if signals.contains(Signal::Shock) {
        "A shock or vibration"
    } else {
        return;
    };
    state.raise(transition, AlarmKind::Shock, detail, [Some(transition.event), None], changes);
}
