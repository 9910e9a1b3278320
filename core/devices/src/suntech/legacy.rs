//! Lines of the ST200 to ST900 families: `ST300STT;...`.

use plomb_model::{
    CardNumber, CentiCelsius, Delivery, Event, EventKind, Fix, Issue, OccurredAt, Position, Reading, Signal,
};

use super::line::Line;
use super::words::{alert, code, emergency, in_and_out, level, tower};
use crate::web::{course, in_place, metres, millivolts, scaled, speed};

/// Digits of an i-Button's number.
const BUTTON_DIGITS: usize = 14;
/// Digits of a temperature sensor's number (1-Wire).
const SENSOR_DIGITS: usize = 16;
/// The first cell of the ST400 family, and how many fields each of its seven has.
const CELLS: usize = 4;
const CELL_FIELDS: usize = 6;
const CELL_COUNT: usize = 7;

/// The events of a line.
pub(super) fn events(line: &Line, wire: &[u8], issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut event = Event::new(EventKind::Status);
    match line.kind() {
        "ALV" => {
            event.kind = EventKind::Heartbeat;
            return vec![event];
        }
        "HTE" => travel(line, &mut event),
        _ if line.is_asset() => asset(line, &mut event, issues),
        _ if line.head().starts_with("ST4") => cells(line, &mut event, issues),
        "STT" | "EMG" | "EVT" | "ALT" | "UEX" => vehicle(line, wire, &mut event, issues),
        _ => {
            event.kind = EventKind::Message;
            event.readings.push(Reading::Text(line.join(0).into()));
        }
    }
    vec![event]
}

/// Time and place; the field behind the course.
fn place(line: &Line, fix_behind: usize, event: &mut Event, issues: &mut Vec<Issue>) -> Option<usize> {
    let date = line.date()?;
    match line.time(date) {
        Some(time) => event.occurred_at = Some(OccurredAt(time)),
        None => {
            let found = format!("{} {}", line.at(date), line.at(date + 1));
            issues.push(Issue::new(line.offset(date), "no such time", found));
            return None;
        }
    }
    let Some(place) = line.place(date) else {
        issues.push(Issue::new(line.offset(date + 2), "no place", line.at(date + 2)));
        return None;
    };
    if place == date + 7 {
        event.readings.extend(tower(
            line.number(date + 3),
            line.number(date + 4),
            line.hex(date + 5),
            line.hex(date + 2),
        ));
        event.readings.extend(level(line.number(date + 6)));
    }
    let fixed = line.at(place + fix_behind) == "1";
    let fix = if fixed { Fix::Gnss } else { Fix::Stale };
    match in_place(line.at(place), line.at(place + 1), fix, line.offset(place)) {
        Ok(position) => {
            event.position = Some(Position {
                speed: speed(line.at(place + 2), 1000),
                course: course(line.at(place + 3)),
                satellites: if fix_behind == 5 { line.number(place + 4) } else { None },
                ..position
            });
            event.kind = EventKind::Position;
        }
        Err(issue) => issues.push(issue),
    }
    event.readings.extend(version(line, date));
    Some(place + fix_behind + 1)
}

/// The firmware stands before the date.
fn version(line: &Line, date: usize) -> Option<Reading> {
    let version = line.at(date.checked_sub(1)?);
    (!version.is_empty()).then(|| Reading::Firmware(version.into()))
}

/// ST200, 300, 500, 600: distance, supply, inputs and outputs, and what the kind says.
fn vehicle(line: &Line, wire: &[u8], event: &mut Event, issues: &mut Vec<Issue>) {
    let Some(at) = place(line, 5, event, issues) else { return };
    event.readings.extend(metres(line.at(at)).map(Reading::Odometer));
    event.readings.extend(millivolts(line.at(at + 1), 3).map(Reading::ExternalPower));
    event.readings.extend(in_and_out(line.at(at + 2)));
    let behind = match line.kind() {
        "STT" => {
            event.readings.extend(code("mode", line.number(at + 3)));
            event.serial = line.number(at + 4);
            at + 5
        }
        "ALT" => {
            if let Some(number) = line.number(at + 3) {
                alert(number, event);
            }
            at + 4
        }
        "EMG" => {
            emergency(line.number(at + 3).unwrap_or_default(), event);
            at + 4
        }
        "EVT" => {
            event.readings.extend(code("event", line.number(at + 3)));
            at + 4
        }
        _ => external(line, wire, event, issues).unwrap_or(at + 4),
    };
    meters(line, behind, event);
}

/// Data of equipment behind a serial port, with a sum of its bytes; the field behind the sum.
fn external(line: &Line, wire: &[u8], event: &mut Event, issues: &mut Vec<Issue>) -> Option<usize> {
    let (start, length) = line.external()?;
    // Some firmwares count characters and not bytes: then the field ends at its separator.
    let counted = wire.get(start..start + length).filter(|_| wire.get(start + length) == Some(&b';'));
    let data = counted.or_else(|| wire.get(start..)?.split(|byte| *byte == b';').next())?;
    let end = start + data.len() + 1;
    let sum = (0..line.len()).find(|index| line.offset(*index) == end)?;
    let computed = plomb_wire::sum8(data);
    if line.hex(sum) != Some(u32::from(computed)) {
        let found = format!("{}, computed {computed:02X}", line.at(sum));
        issues.push(Issue::new(end, "sum of the external data differs", found));
        return Some(sum + 1);
    }
    // A driver's card reader: GTSL|6|1|0|card|...
    let text = String::from_utf8_lossy(data);
    if let Some(card) = text.strip_prefix("GTSL|").and_then(|rest| rest.split('|').nth(3)) {
        event.readings.push(Reading::Card(CardNumber(card.into())));
    }
    event.readings.push(Reading::Bytes { name: "external data".into(), value: data.into() });
    Some(sum + 1)
}

/// Hour meter, backup battery and whether the report is fresh, where the device is set to tell them; then its sensors.
fn meters(line: &Line, from: usize, event: &mut Event) {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let volts = |text: &str| {
        text.split_once('.').is_some_and(|(whole, part)| whole.len() <= 2 && digits(whole) && digits(part))
    };
    let found = (from..line.len())
        .find(|at| digits(line.at(*at)) && volts(line.at(at + 1)) && matches!(line.at(at + 2), "0" | "1"));
    if let Some(at) = found {
        event.readings.extend(millivolts(line.at(at + 1), 3).map(Reading::BatteryVoltage));
        if line.at(at + 2) == "0" {
            event.delivery = Delivery::Buffered;
        }
    }
    let mut sensor = 0;
    for index in from..line.len() {
        let text = line.at(index);
        if let Some((number, value)) = text.split_once(':')
            && number.len() == SENSOR_DIGITS
            && let Some(value) = scaled(value, 2).and_then(|value| i32::try_from(value).ok())
        {
            sensor += 1;
            event.readings.push(Reading::Temperature { sensor, value: CentiCelsius(value) });
        } else if text.len() == BUTTON_DIGITS
            && text.bytes().all(|byte| byte.is_ascii_hexdigit())
            && text.bytes().any(|byte| byte != b'0')
        {
            event.readings.push(Reading::Card(CardNumber(text.into())));
        }
    }
}

/// ST400: seven cells, battery, whether fresh, number, mode or alert, and a place where there is one.
fn cells(line: &Line, event: &mut Event, issues: &mut Vec<Issue>) {
    for cell in 0..CELL_COUNT {
        let at = CELLS + cell * CELL_FIELDS;
        // The serving cell tells its strength before its area.
        let area = if cell == 0 { at + 4 } else { at + 3 };
        event.readings.extend(tower(
            line.number(at + 1),
            line.number(at + 2),
            line.number(area),
            line.number(at),
        ));
    }
    let at = CELLS + CELL_COUNT * CELL_FIELDS;
    event.readings.extend(millivolts(line.at(at), 3).map(Reading::BatteryVoltage));
    if line.at(at + 1) == "0" {
        event.delivery = Delivery::Buffered;
    }
    event.serial = line.number(at + 2);
    match line.number(at + 3) {
        Some(number) if line.kind() == "ALT" => alert(number, event),
        Some(number) if line.kind() == "EMG" => emergency(number, event),
        number => event.readings.extend(code("mode", number)),
    }
    if line.date().is_some() {
        place(line, 5, event, issues);
    }
    let version = line.at(2);
    event.readings.retain(|reading| !matches!(reading, Reading::Firmware(_)));
    event.readings.push(Reading::Firmware(version.into()));
}

/// ST900: the kind is a word, there are no satellites.
fn asset(line: &Line, event: &mut Event, issues: &mut Vec<Issue>) {
    let Some(at) = place(line, 4, event, issues) else { return };
    let with_cell = line.date().and_then(|date| Some(line.place(date)? > date + 2)) == Some(true);
    if with_cell {
        event.readings.extend(metres(line.at(at)).map(Reading::Odometer));
    } else if line.at(at).contains('.') {
        event.readings.extend(millivolts(line.at(at), 3).map(Reading::BatteryVoltage));
    }
    match line.at(1) {
        "Location" => {}
        "Emergency" | "Alert" => {
            event.signals = event.signals.with(Signal::General);
            event.readings.push(Reading::Text(line.at(1).into()));
        }
        other => event.readings.push(Reading::Text(other.into())),
    }
}

/// A journey that has ended: its driver; its two places are those of its start and end.
fn travel(line: &Line, event: &mut Event) {
    let Some(date) = line.date() else { return };
    event.occurred_at = line.time(date).map(OccurredAt);
    event.readings.extend(metres(line.at(date + 2)).map(Reading::Odometer));
    event.readings.extend(millivolts(line.at(date + 3), 3).map(Reading::ExternalPower));
    event.readings.extend(version(line, date));
    meters(line, date + 4, event);
}
