//! A report in our words and units.

use std::borrow::Cow;

use plomb_model::{
    Event, EventKind, Fix, Issue, OccurredAt, Percent, Position, Reading, SealEvidence, SealPart, Signal,
    UnlockMethod, UnlockReport, UnlockVerdict,
};

use super::message::Message;
use crate::stream::date_time;
use crate::web::{course, in_place, millivolts, scaled, speed};

/// Places behind the index.
const DATE: usize = 0;
const TIME: usize = 1;
const INTERVAL: usize = 2;
const VALIDITY: usize = 3;
const PLACE: usize = 4;
const COURSE: usize = 5;
const SPEED: usize = 6;
const DOOR: usize = 7;
const ACCELERATION: usize = 8;
const BATTERY: usize = 10;
const RSSI: usize = 11;
/// Received strength of a GSM modem that is 0 on the scale of 31 steps of 2 dB, dBm.
const DBM_MIN: i64 = -113;
/// dBm between the ends of that scale.
const DBM_SPAN: u32 = 62;

/// The event of a report; none where it has no time.
pub(super) fn event(message: &Message<'_>, issues: &mut Vec<Issue>) -> Option<Event> {
    let at = date_time(message.report(DATE), message.report(TIME), false);
    if at.is_none() {
        let found = format!("{} {}", message.report(DATE), message.report(TIME));
        issues.push(Issue::new(message.report_offset(DATE), "no such time", found));
        return None;
    }
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = at.map(OccurredAt);
    event.serial = message.index().parse().ok();
    event.position = position(message, issues);
    if event.position.is_none() {
        event.kind = EventKind::Status;
    }
    door(message, &mut event, issues);
    named(message, &mut event);
    event.readings.extend(readings(message));
    event.trust.seal = evidence(&event);
    Some(event)
}

/// What the message's name says.
fn named(message: &Message<'_>, event: &mut Event) {
    let (signal, seal) = match message.name() {
        "Normal" | "Button-Normal" => return,
        "Startup" => {
            event.kind = EventKind::Login;
            event.readings.push(Reading::Text("start-up".into()));
            return;
        }
        // The seal's journey ends, by its button or its platform.
        "Termination" => {
            event.kind = EventKind::Seal;
            event.readings.push(Reading::Text("termination".into()));
            return;
        }
        // The event is the device's alarm even if the door is closed again by now: the seal part tells the state.
        "Event-Door" => (Signal::DoorOpen, None),
        "Event-Shock" => (Signal::Shock, None),
        "Event-Drop" => (Signal::Drop, None),
        "Event-Lock" => (Signal::Locked, Some(true)),
        "Event-RC-Unlock" | "Event-Unlock" => (Signal::Unlocked, Some(false)),
        "Event-Battery" | "Event-Low-Battery" | "Event-LowBattery" => (Signal::LowBattery, None),
        name => {
            if name.starts_with("Event") {
                event.signals = event.signals.with(Signal::General);
            }
            event.readings.push(Reading::Text(name.into()));
            return;
        }
    };
    event.signals = event.signals.with(signal);
    if matches!(signal, Signal::DoorOpen | Signal::Locked | Signal::Unlocked) {
        event.kind = EventKind::Seal;
    }
    if let Some(locked) = seal {
        event.seal = event.seal.with(SealPart::Sealed, locked).with(SealPart::MotorLocked, locked);
    }
    if message.name() == "Event-RC-Unlock" {
        event.readings.push(Reading::Unlock(UnlockReport {
            method: UnlockMethod::Remote,
            verdict: UnlockVerdict::Allowed,
            password_right: None,
            wrong_passwords: None,
            card: None,
            fence: None,
        }));
    }
}

fn position(message: &Message<'_>, issues: &mut Vec<Issue>) -> Option<Position> {
    let (place, offset) = (message.report(PLACE), message.report_offset(PLACE));
    if place.is_empty() {
        return None;
    }
    let fix = match message.report(VALIDITY) {
        "A" => Fix::Gnss,
        "V" => Fix::Stale,
        other => {
            issues.push(Issue::new(message.report_offset(VALIDITY), "neither A nor V", other));
            Fix::Stale
        }
    };
    let (north, east) = place.split_once(' ').unwrap_or((place, ""));
    match in_place(&signed(north), &signed(east), fix, offset) {
        Ok(mut position) => {
            position.course = course(message.report(COURSE));
            position.speed = speed(message.report(SPEED), 1000);
            Some(position)
        }
        Err(issue) => {
            issues.push(issue);
            None
        }
    }
}

/// `100.372870W` as `-100.372870`.
fn signed(degrees: &str) -> Cow<'_, str> {
    let degrees = degrees.trim();
    match degrees.strip_suffix(['S', 'W']) {
        Some(number) => Cow::Owned(format!("-{number}")),
        None => Cow::Borrowed(degrees.strip_suffix(['N', 'E']).unwrap_or(degrees)),
    }
}

fn door(message: &Message<'_>, event: &mut Event, issues: &mut Vec<Issue>) {
    match message.report(DOOR) {
        "Close" => event.seal = event.seal.with(SealPart::DoorClosed, true),
        "Open" => event.seal = event.seal.with(SealPart::DoorClosed, false),
        "" => {}
        other => issues.push(Issue::new(message.report_offset(DOOR), "neither Open nor Close", other)),
    }
}

fn readings(message: &Message<'_>) -> Vec<Reading> {
    let code = |name, text, places| {
        scaled(text, places).map(|value| Reading::Code { name: Cow::Borrowed(name), value })
    };
    let found = [
        millivolts(message.report(BATTERY), 3).map(Reading::BatteryVoltage),
        scaled(message.report(RSSI), 0).filter(|dbm| *dbm < 0).map(|dbm| {
            let level = u32::try_from(dbm.saturating_sub(DBM_MIN)).unwrap_or(0);
            Reading::NetworkSignal(Percent::share(level, DBM_SPAN))
        }),
        code("acceleration, mg", message.report(ACCELERATION), 3),
        code("interval", message.report(INTERVAL), 0),
        (!message.firmware().is_empty()).then(|| Reading::Firmware(message.firmware().into())),
    ];
    found.into_iter().flatten().collect()
}

/// What the event is as evidence of the seal. An open door alone is no tampering: it may have been unlocked.
fn evidence(event: &Event) -> SealEvidence {
    let closed = event.seal.part(SealPart::DoorClosed) == Some(true);
    if closed && event.seal.part(SealPart::Sealed) != Some(false) && !event.signals.contains(Signal::DoorOpen)
    {
        SealEvidence::ValidIntact
    } else {
        SealEvidence::None
    }
}
