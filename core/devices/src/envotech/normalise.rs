//! A text to events. The place is `DDMMYYhhmmss fix DDddddd N DDDddddd E speed course` without spaces: degrees in
//! hundred-thousandths, speed in knots.

use plomb_model::{
    CellTower, CentiDegrees, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Millivolts, OccurredAt,
    Percent, Position, Reading, SealEvidence, SealPart, Signal, Speed, Timestamp,
};

use super::text::Text;

/// Event: the lock has closed.
const LOCKED: u32 = 0x60;
/// Event: the lock has opened.
const UNLOCKED: u32 = 0x61;
/// Greatest level of the network signal (CSQ).
const SIGNAL_MAX: u32 = 31;
/// Digits of a date and time.
const TIME_DIGITS: usize = 12;
/// A fix is of the moment of the event if it is no older or newer than this.
const SAME_MS_MAX: i64 = 1000;

/// The event of the text; where its place is of another moment, that comes first as an event of its own.
pub(super) fn events(text: &Text<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut event = Event::new(EventKind::Status);
    let (time_at, time) = text.at(4);
    event.occurred_at = instant(time).map(OccurredAt);
    if event.occurred_at.is_none() {
        issues.push(Issue::new(time_at, "no such time", time));
    }
    lock(text, &mut event);
    readings(text, &mut event);
    let Some((place_at, place)) = text.place else { return vec![event] };
    let Some((fixed_at, position)) = read_place(place) else {
        issues.push(Issue::new(place_at, "no place", place));
        return vec![event];
    };
    if event.occurred_at.is_some_and(|at| at.0.since(fixed_at).abs() > SAME_MS_MAX) {
        let mut older = Event::new(EventKind::Position);
        older.occurred_at = Some(OccurredAt(fixed_at));
        older.position = Some(position);
        return vec![older, event];
    }
    if event.kind == EventKind::Status {
        event.kind = EventKind::Position;
    }
    event.occurred_at = Some(OccurredAt(fixed_at));
    event.position = Some(position);
    vec![event]
}

fn lock(text: &Text<'_>, event: &mut Event) {
    let (locked, unlocked) = (text.event == LOCKED, text.event == UNLOCKED);
    if locked || unlocked {
        event.kind = EventKind::Seal;
        event.seal = event.seal.with(SealPart::MotorLocked, locked);
        event.trust.seal = SealEvidence::ValidIntact;
    }
    event.signals = event.signals.with_if(locked, Signal::Locked).with_if(unlocked, Signal::Unlocked);
}

fn code(name: &'static str, value: i64) -> Reading {
    Reading::Code { name: name.into(), value }
}

fn readings(text: &Text<'_>, event: &mut Event) {
    let readings = &mut event.readings;
    readings.push(Reading::Model(text.hardware().into()));
    readings.push(code("event", i64::from(text.event)));
    network(text.at(5).1, readings);
    let supply = text.at(6).1;
    // Hundredths of a volt.
    let volts =
        |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok()).map(|v| Millivolts(v * 10));
    readings.extend(volts(supply.get(..3)).map(Reading::ExternalPower));
    readings.extend(volts(supply.get(3..6)).map(Reading::BatteryVoltage));
    let lines = text.at(7).1;
    let byte = |part: Option<&str>| part.and_then(|part| u8::from_str_radix(part, 16).ok());
    let (inputs, outputs) = (byte(lines.get(..2)), byte(lines.get(2..4)));
    for (number, place) in (1_u8..).zip(0..8) {
        readings.extend(inputs.map(|bits| Reading::Input { number, on: bits >> place & 1 == 1 }));
        readings.extend(outputs.map(|bits| Reading::Output { number, on: bits >> place & 1 == 1 }));
    }
    let load = text.at(8).1;
    let hex = |part: Option<&str>| part.and_then(|part| i64::from_str_radix(part, 16).ok());
    readings.extend(hex(load.get(..3)).map(|value| code("fuel", value)));
    readings.extend(hex(load.get(3..6)).map(|value| code("weight", value)));
    readings.extend(hex(Some(text.at(9).1)).map(|value| code("status", value)));
    if let Some((_, other)) = text.other {
        readings.push(Reading::Text(format!("@{other}").into()));
    }
}

/// State in two hex digits, signal in two digits, country and network in five.
fn network(text: &str, readings: &mut Vec<Reading>) {
    let part = |from: usize, to: usize| text.get(from..to).and_then(|part| part.parse::<u16>().ok());
    let level = part(2, 4).map(u32::from).filter(|level| *level <= SIGNAL_MAX);
    readings.extend(level.map(|level| Reading::NetworkSignal(Percent::share(level, SIGNAL_MAX))));
    if let (Some(mcc), Some(mnc)) = (part(4, 7).filter(|mcc| *mcc != 0), part(7, 9)) {
        readings.push(Reading::CellTower(CellTower { mcc, mnc, area: 0, cell: 0 }));
    }
}

/// `DDMMYYhhmmss` in UTC.
fn instant(text: &str) -> Option<Timestamp> {
    if text.len() != TIME_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| text.get(at..at + 2).and_then(|part| part.parse::<i8>().ok());
    Timestamp::from_utc(2000 + i16::from(two(4)?), two(2)?, two(0)?, two(6)?, two(8)?, two(10)?)
}

fn read_place(text: &str) -> Option<(Timestamp, Position)> {
    let time = instant(text.get(..TIME_DIGITS)?)?;
    let rest = text.get(TIME_DIGITS..)?;
    let fixed = rest.get(..1)?.parse::<u8>().ok()? > 0;
    let (north, rest) = half(rest.get(1..)?, "N", "S")?;
    let (east, rest) = half(rest, "E", "W")?;
    let fix = if fixed { Fix::Gnss } else { Fix::Stale };
    let mut position = Position::new(LatitudeE7::new(north).ok()?, LongitudeE7::new(east).ok()?, fix);
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u16>().ok());
    position.speed = number(rest.get(..3)).map(|speed| Speed::from_knots(u32::from(speed)));
    let course = number(rest.get(3..6)).filter(|course| *course <= 360);
    position.course = course.map(|course| CentiDegrees::from_degrees(i32::from(course % 360)));
    Some((time, position))
}

/// Digits in hundred-thousandths of a degree and the letter of the half.
fn half<'a>(text: &'a str, plus: &str, minus: &str) -> Option<(i64, &'a str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, rest) = text.split_at_checked(end)?;
    let e7 = Some(digits).filter(|digits| (6..=8).contains(&digits.len()))?.parse::<i64>().ok()? * 100;
    let (letter, rest) = rest.split_at_checked(1)?;
    if letter == plus { Some((e7, rest)) } else { (letter == minus).then_some((-e7, rest)) }
}
