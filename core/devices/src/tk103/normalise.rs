//! A message to an event: place, alarm, state, cells, supply.

use plomb_model::{
    CellTower, CentiCelsius, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts,
    OccurredAt, Percent, Position, Reading, SealPart, Signal, Timestamp,
};
use plomb_wire::minutes_to_e7;

use super::message::{Message, Place};
use crate::web::{course, metres, scaled, speed};

/// Cells that are read of one message.
const CELLS_MAX: usize = 16;
/// Minutes are read to this part of one.
const MINUTE_PARTS: u32 = 1_000_000;
/// A voltage that the device does not know.
const UNKNOWN_VOLTAGE: u32 = 65_535;

/// The event of a message.
pub(super) fn event(message: &Message<'_>, issues: &mut Vec<Issue>) -> Event {
    let mut event = Event::new(kind(message.word()));
    if let Some(place) = &message.place {
        placed(message, place, &mut event, issues);
        state(message.text(&place.state), &mut event);
        let run = i64::from_str_radix(message.text(&place.mileage), 16).ok();
        event.readings.extend(run.map(|run| Reading::Odometer(Metres(run))));
        temperature(message.text(&place.rest), &mut event);
    } else {
        placeless(message, &mut event, issues);
    }
    said(message, &mut event);
    event
}

fn kind(word: &str) -> EventKind {
    match word {
        "BP05" => EventKind::Login,
        "BP00" => EventKind::Heartbeat,
        _ => EventKind::Status,
    }
}

fn placed(message: &Message<'_>, place: &Place, event: &mut Event, issues: &mut Vec<Issue>) {
    let (date, clock) = (message.text(&place.date), message.text(&place.time));
    event.occurred_at = instant(date, clock, message.commas).map(OccurredAt);
    if event.occurred_at.is_none() {
        issues.push(Issue::new(place.date.start, "no such time", format_args!("{date} {clock}")));
    }
    let (latitude, longitude) = (message.text(&place.latitude), message.text(&place.longitude));
    let north = angle(latitude).and_then(|e7| LatitudeE7::new(e7).ok());
    let east = angle(longitude).and_then(|e7| LongitudeE7::new(e7).ok());
    let Some((north, east)) = north.zip(east) else {
        let found = format!("{latitude} {longitude}");
        return issues.push(Issue::new(place.latitude.start, "no such place", found));
    };
    let fix = if message.text(&place.mark) == "A" { Fix::Gnss } else { Fix::Stale };
    let mut position = Position::new(north, east, fix);
    position.speed = speed(message.text(&place.speed), 1000);
    position.course = course(message.text(&place.course));
    position.altitude = metres(message.text(&place.altitude));
    event.position = Some(position);
    if event.kind == EventKind::Status {
        event.kind = EventKind::Position;
    }
}

/// Messages of cells and of supply, and those that are kept as they are.
fn placeless(message: &Message<'_>, event: &mut Event, issues: &mut Vec<Issue>) {
    let ranges = message.fields();
    let fields: Vec<&str> = ranges.iter().map(|range| message.text(range)).collect();
    let word = message.word();
    match (word, fields.as_slice()) {
        ("BP00" | "BP05", _) => {}
        ("BZ00", [mcc, mnc, cells @ ..]) => {
            for cell in cells.chunks_exact(3).take(CELLS_MAX) {
                if let [area, cell, _] = cell {
                    event.readings.extend(tower(mcc, mnc, area, cell, 16).map(Reading::CellTower));
                }
            }
        }
        // Battery in steps or 255, battery in 10 mV, supply in 100 mV, whether it is installed.
        ("ZC20", [date, clock, level, battery, supply, ..]) => {
            timed(date, clock, message, event, issues);
            event.readings.extend(level.parse().ok().and_then(charge).map(Reading::Battery));
            let voltage = |text: &str, unit: u32| {
                let value = text.parse::<u32>().ok().filter(|value| *value != UNKNOWN_VOLTAGE)?;
                value.checked_mul(unit).map(Millivolts)
            };
            event.readings.extend(voltage(battery, 10).map(Reading::BatteryVoltage));
            event.readings.extend(voltage(supply, 100).map(Reading::ExternalPower));
        }
        // The cell, and wireless networks heard, in place of satellites.
        (_, [mcc, mnc, area, cell, _, .., date, clock]) if tower(mcc, mnc, area, cell, 10).is_some() => {
            timed(date, clock, message, event, issues);
            event.readings.extend(tower(mcc, mnc, area, cell, 10).map(Reading::CellTower));
        }
        (_, [date, clock, ..]) if instant(date, clock, true).is_some() && message.commas => {
            timed(date, clock, message, event, issues);
            event.kind = EventKind::Message;
            let rest = ranges.get(2).map_or("", |from| message.text(&(from.start..message.body.end)));
            event.readings.push(Reading::Text(format!("{word} {}", rest.trim_matches('$')).trim().into()));
        }
        _ => {
            event.kind = EventKind::Message;
            event
                .readings
                .push(Reading::Text(format!("{word} {}", message.text(&message.body)).trim().into()));
        }
    }
}

fn timed(date: &str, clock: &str, message: &Message<'_>, event: &mut Event, issues: &mut Vec<Issue>) {
    event.occurred_at = instant(date, clock, true).map(OccurredAt);
    if event.occurred_at.is_none() {
        issues.push(Issue::new(message.body.start, "no such time", format_args!("{date} {clock}")));
    }
}

fn tower(mcc: &str, mnc: &str, area: &str, cell: &str, radix: u32) -> Option<CellTower> {
    let mcc = mcc.parse().ok().filter(|mcc| (200..800).contains(mcc))?;
    Some(CellTower {
        mcc,
        mnc: mnc.parse().ok()?,
        area: u32::from_str_radix(area, radix).ok()?,
        cell: u64::from_str_radix(cell, radix).ok()?,
    })
}

/// What the command itself says. The commands of the newer layout come in three families with the same meanings.
fn said(message: &Message<'_>, event: &mut Event) {
    let first = message.text(&message.body).split(',').next().unwrap_or_default();
    let signal = match message.word() {
        "BO01" => match first.get(..1) {
            Some("0") => Some(Signal::PowerCut),
            Some("1") => Some(Signal::Collision),
            Some("2") => Some(Signal::Sos),
            Some("3") => Some(Signal::Shock),
            Some("5") => Some(Signal::Overspeed),
            Some("6") => Some(Signal::FenceLeft),
            _ => Some(Signal::General),
        },
        "BQ81" => match message.text(&message.body).split(',').nth(1) {
            Some("0") => Some(Signal::LowBattery),
            Some("1") => Some(Signal::Overspeed),
            Some("2") => Some(Signal::OverStay),
            Some("5") => Some(Signal::TemperatureOut),
            _ => Some(Signal::General),
        },
        "ZC11" | "DW31" | "DW51" => Some(Signal::Motion),
        "ZC12" | "DW32" | "DW52" => Some(Signal::LowBattery),
        "ZC13" | "DW33" | "DW53" => Some(Signal::PowerCut),
        "ZC17" | "DW37" | "DW57" => {
            event.seal = event.seal.with(SealPart::Attached, false);
            Some(Signal::Removed)
        }
        "ZC25" | "DW3E" | "DW5E" => Some(Signal::Sos),
        "ZC26" | "DW3F" | "DW5F" => {
            event.seal = event.seal.with(SealPart::CoverClosed, false);
            Some(Signal::CoverOpen)
        }
        "ZC27" | "DW40" | "DW60" => Some(Signal::PowerLow),
        "ZC15" | "DW35" | "DW55" | "ZC29" | "DW42" | "DW62" => {
            event.readings.push(Reading::Ignition(true));
            None
        }
        "ZC16" | "DW36" | "DW56" => {
            event.readings.push(Reading::Ignition(false));
            None
        }
        _ => None,
    };
    event.signals = event.signals.with_if(signal.is_some(), signal.unwrap_or(Signal::General));
}

/// Eight digits: supply (0 is there), ignition, three hex digits of switches, three of fuel.
fn state(text: &str, event: &mut Event) {
    let digit = |at: usize| text.get(at..=at).and_then(|digit| u8::from_str_radix(digit, 16).ok());
    let (Some(supply), Some(ignition), Some(first), Some(second)) = (digit(0), digit(1), digit(2), digit(3))
    else {
        return;
    };
    event.readings.push(Reading::ExternalPowerPresent(supply == 0));
    event.readings.push(Reading::Ignition(ignition == 1));
    event.readings.push(Reading::Input { number: 2, on: first & 1 != 0 });
    event.readings.push(Reading::Output { number: 2, on: first & 4 != 0 });
    if first & 8 != 0 {
        event.readings.push(Reading::Text("blocked".into()));
    }
    event.signals = event.signals.with_if(first & 2 != 0, Signal::Sos);
    // Most devices have no door switch, and none say "closed".
    if second & 8 != 0 {
        event.signals = event.signals.with(Signal::DoorOpen);
        event.seal = event.seal.with(SealPart::DoorClosed, false);
    }
    if let Some(fuel) =
        text.get(5..8).and_then(|fuel| i64::from_str_radix(fuel, 16).ok()).filter(|fuel| *fuel > 0)
    {
        event.readings.push(Reading::Code { name: "fuel".into(), value: fuel });
    }
}

/// `+017.7` behind the mileage.
fn temperature(text: &str, event: &mut Event) {
    if text.starts_with(['+', '-']) && text.contains('.') {
        let value = scaled(text, 2).and_then(|centi| i32::try_from(centi).ok());
        event
            .readings
            .extend(value.map(|value| Reading::Temperature { sensor: 1, value: CentiCelsius(value) }));
    }
}

/// Steps of the battery.
fn charge(step: u8) -> Option<Percent> {
    let percent = match step {
        1..=3 => (step - 1) * 10,
        4..=6 => (step - 1) * 20,
        _ => return None,
    };
    Percent::new(percent).ok()
}

/// Degrees and minutes with the letter behind (`4154.51607N`, `45.78950E`), perhaps filled with blanks; 1e-7 degree.
fn angle(text: &str) -> Option<i64> {
    let (number, letter) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let number = number.trim();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let (degrees, minutes) = whole.split_at_checked(whole.len().saturating_sub(2))?;
    let degrees: u32 = if degrees.is_empty() { 0 } else { degrees.parse().ok()? };
    let parts = scaled(&format!("{minutes}.{fraction}"), 6).and_then(|parts| u32::try_from(parts).ok())?;
    if degrees > 180 || parts >= 60 * MINUTE_PARTS {
        return None;
    }
    let e7 = minutes_to_e7(degrees, parts, MINUTE_PARTS);
    Some(if matches!(letter, "S" | "W") { -e7 } else { e7 })
}

/// The older layout writes its date `YYMMDD`, the newer one `DDMMYY`; both in UTC.
fn instant(date: &str, clock: &str, day_first: bool) -> Option<Timestamp> {
    let six = |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !six(date) || !six(clock) {
        return None;
    }
    let two = |text: &str, at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let (year, day) = if day_first { (two(date, 4)?, two(date, 0)?) } else { (two(date, 0)?, two(date, 4)?) };
    let (hour, minute, second) = (two(clock, 0)?, two(clock, 2)?, two(clock, 4)?);
    Timestamp::from_utc(2000 + i16::from(year), two(date, 2)?, day, hour, minute, second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_and_times() {
        assert_eq!(angle("4154.51607N"), Some(419_086_012));
        assert_eq!(angle("45.78950E"), Some(7_631_583));
        assert_eq!(angle(" 8415.4076W"), Some(-842_567_933));
        assert_eq!(angle("4160.0N"), None);
        assert_eq!(angle(""), None);
        assert_eq!(instant("160727", "140832", false).unwrap().to_string(), "2016-07-27T14:08:32.000Z");
        assert_eq!(instant("150421", "103142", true).unwrap().to_string(), "2021-04-15T10:31:42.000Z");
        assert_eq!(instant("151321", "103142", true), None);
    }
}
