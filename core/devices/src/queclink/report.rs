//! A text to events: points, cells, supply, inputs, and what the message's name says.

use plomb_model::{
    CardNumber, CellTower, CentiCelsius, CentiDegrees, Delivery, Event, EventKind, Fix, Issue, LatitudeE7,
    LongitudeE7, Metres, Millivolts, OccurredAt, Percent, Position, Reading, Signal, Speed,
};

use super::text::{Text, decimal, time};

/// Cells that are kept of one message.
const CELLS_MAX: usize = 8;

/// The events of a report, the last of them with the facts of the whole message.
pub(super) fn events(text: &Text<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
    let points = text.points();
    let mut events: Vec<Event> = points.iter().map(|at| point(text, *at, issues)).collect();
    if events.is_empty() {
        let mut event = Event::new(EventKind::Status);
        event.occurred_at = text.sent_at().map(OccurredAt);
        if event.occurred_at.is_none() {
            issues.push(Issue::new(
                text.offset(text.fields.len().saturating_sub(2)),
                "no send time",
                text.back(1),
            ));
        }
        events.push(event);
    }
    let anchor = points.last().copied().or_else(|| text.empty_point());
    for event in &mut events {
        event.serial = text.count();
        if text.head == "BUFF" {
            event.delivery = Delivery::Buffered;
        }
    }
    if let Some(event) = events.last_mut() {
        facts(text, anchor, event);
        supply(text, anchor, event);
        cells(text, &mut event.readings);
    }
    events
}

fn point(text: &Text<'_>, at: usize, issues: &mut Vec<Issue>) -> Event {
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = time(text.at(at + 2)).map(OccurredAt);
    let accuracy = at.checked_sub(4).map_or("", |at| text.at(at));
    let accuracy = if accuracy.len() <= 4 { decimal(accuracy, 2) } else { None };
    // 0 means no fix: the last known place (manual, "GPS accuracy").
    let fix = if accuracy == Some(0) { Fix::Stale } else { Fix::Gnss };
    let latitude = decimal(text.at(at + 1), 7).and_then(|e7| LatitudeE7::new(e7).ok());
    let longitude = decimal(text.at(at), 7).and_then(|e7| LongitudeE7::new(e7).ok());
    if let Some((latitude, longitude)) = latitude.zip(longitude) {
        let mut position = Position::new(latitude, longitude, fix);
        let field = |back: usize| at.checked_sub(back).map_or("", |at| text.at(at));
        position.speed = decimal(field(3), 3).and_then(|speed| u32::try_from(speed).ok()).map(Speed);
        position.course = decimal(field(2), 2)
            .filter(|course| (0..36_000).contains(course))
            .and_then(|course| i32::try_from(course).ok())
            .map(CentiDegrees);
        position.altitude = decimal(field(1), 0).map(Metres);
        // Newer devices tell behind the cell what else follows: bit 0 are the satellites.
        if matches!(text.at(at + 7), "01" | "03") {
            position.satellites = text.at(at + 8).parse().ok();
        }
        event.position = Some(position);
    } else {
        issues.push(Issue::new(text.offset(at), "no place", text.at(at)));
    }
    if let Some(hdop) = accuracy.filter(|hdop| *hdop > 0).and_then(|hdop| u16::try_from(hdop).ok()) {
        event.readings.push(Reading::Hdop(hdop));
    }
    event
}

/// Report id and type: one field of two hex digits, or two fields.
fn id_and_type(text: &Text<'_>, anchor: Option<usize>) -> Option<(u32, u32)> {
    let at = anchor?.checked_sub(6)?;
    let field = text.at(at);
    let hex = |text: &str| u32::from_str_radix(text, 16).ok();
    if field.len() == 2 {
        Some((hex(field.get(..1)?)?, hex(field.get(1..)?)?))
    } else {
        Some((hex(text.at(at.checked_sub(1)?))?, hex(field)?))
    }
}

/// What the name of the message says.
fn facts(text: &Text<'_>, anchor: Option<usize>, event: &mut Event) {
    let first = text.payload();
    let (field, second) = (text.at(first), text.at(first + 1));
    let kind = id_and_type(text, anchor);
    told(text, kind, event);
    let signal = match text.name {
        "MPF" | "EPF" => {
            event.readings.push(Reading::ExternalPowerPresent(false));
            Some(Signal::PowerCut)
        }
        "MPN" | "EPN" => {
            event.readings.push(Reading::ExternalPowerPresent(true));
            Some(Signal::ExternalPowerRestored)
        }
        "BPL" => {
            let volts = decimal(field, 3).and_then(|volts| u32::try_from(volts).ok());
            event.readings.extend(volts.map(|volts| Reading::BatteryVoltage(Millivolts(volts))));
            Some(Signal::LowBattery)
        }
        "STT" => state(field, event),
        "GEO" => kind.map(|(id, kind)| {
            event.readings.push(Reading::Fence(id));
            if kind == 1 { Signal::FenceEntered } else { Signal::FenceLeft }
        }),
        "DIS" => {
            let input = kind.and_then(|(id, kind)| Some((u8::try_from(id).ok()?, kind == 1)));
            event.readings.extend(input.map(|(number, on)| Reading::Input { number, on }));
            None
        }
        // The switches of the external battery kit of the GL300W.
        "LSW" | "TSW" => {
            let number = if text.name == "LSW" { 1 } else { 2 };
            event.readings.push(Reading::Input { number, on: second == "1" });
            None
        }
        "TEM" => {
            let value = decimal(second, 2).and_then(|value| i32::try_from(value).ok());
            event
                .readings
                .extend(value.map(|value| Reading::Temperature { sensor: 0, value: CentiCelsius(value) }));
            // 2 is within the limits.
            matches!(field, "1" | "3").then_some(Signal::TemperatureOut)
        }
        "IDA" => {
            if !second.is_empty() {
                event.readings.push(Reading::Card(CardNumber(second.into())));
            }
            (text.at(first + 2) == "0").then_some(Signal::UnknownCard)
        }
        name => plain(name, field),
    };
    event.signals = event.signals.with_if(signal.is_some(), signal.unwrap_or(Signal::General));
}

/// Signals that need no more than the name and perhaps the first field.
fn plain(name: &str, field: &str) -> Option<Signal> {
    match name {
        "PFA" => Some(Signal::PowerOff),
        "TOW" => Some(Signal::Displaced),
        "SOS" => Some(Signal::Sos),
        "SPD" => Some(Signal::Overspeed),
        "CRA" => Some(Signal::Collision),
        "LSP" => Some(Signal::OverStay),
        "FLA" => Some(Signal::FuelFault),
        "JDR" => Some(Signal::NetworkJamming),
        "JDS" => (field == "2").then_some(Signal::NetworkJamming),
        "GPJ" => matches!(field, "2" | "3").then_some(Signal::GnssJamming),
        "ANT" => matches!(field, "1" | "2").then_some(Signal::GnssAntennaFault),
        "GSS" => (field == "0").then_some(Signal::GnssFault),
        "GIN" => Some(Signal::FenceEntered),
        "GOT" => Some(Signal::FenceLeft),
        "TMP" => Some(Signal::TemperatureOut),
        _ => None,
    }
}

/// What messages tell that are no alarm.
fn told(text: &Text<'_>, kind: Option<(u32, u32)>, event: &mut Event) {
    let first = text.payload();
    let (field, second) = (text.at(first), text.at(first + 1));
    match text.name {
        "IGN" | "VGN" => {
            event.readings.push(Reading::Ignition(true));
        }
        "IGF" | "VGF" => {
            event.readings.push(Reading::Ignition(false));
        }
        "IGL" => {
            event.readings.extend(kind.map(|(_, kind)| Reading::Ignition(kind == 0)));
        }
        "NMR" => {
            event.readings.extend(kind.map(|(_, kind)| Reading::Motion(kind == 1)));
        }
        "BTC" => {
            event.readings.push(Reading::Charging(true));
        }
        "STC" => {
            event.readings.push(Reading::Charging(false));
        }
        "INF" => {
            information(text, event);
        }
        "CID" => {
            event.readings.push(Reading::Iccid(field.into()));
        }
        "VER" => {
            event.readings.push(Reading::Model(field.into()));
            event.readings.push(Reading::Firmware(second.into()));
        }
        "HBD" => {
            event.kind = EventKind::Heartbeat;
        }
        _ => {}
    }
}

/// The state of motion: ignition in the first digit, motion in the second; 16 is a tow.
fn state(field: &str, event: &mut Event) -> Option<Signal> {
    let (ignition, motion) = match field {
        "11" => (Some(false), Some(false)),
        "12" => (Some(false), Some(true)),
        "21" => (Some(true), Some(false)),
        "22" => (Some(true), Some(true)),
        "41" => (None, Some(false)),
        "42" => (None, Some(true)),
        "16" | "1A" => (Some(false), Some(true)),
        _ => (None, None),
    };
    event.readings.extend(ignition.map(Reading::Ignition));
    event.readings.extend(motion.map(Reading::Motion));
    (field == "16").then_some(Signal::Displaced)
}

/// `GTINF`: state, SIM, signal, supply.
fn information(text: &Text<'_>, event: &mut Event) {
    let first = text.payload();
    // A state is no alarm here.
    state(text.at(first), event);
    let iccid = text.at(first + 1);
    if iccid.len() >= 18 {
        event.readings.push(Reading::Iccid(iccid.into()));
    }
    if let Some(level) = text.at(first + 2).parse::<u32>().ok().filter(|level| *level <= 31) {
        event.readings.push(Reading::NetworkSignal(Percent::share(level, 31)));
    }
    match text.at(first + 4) {
        "0" => event.readings.push(Reading::ExternalPowerPresent(false)),
        "1" => event.readings.push(Reading::ExternalPowerPresent(true)),
        _ => {}
    }
    let volts = (first + 5..first + 10).find(|at| {
        let field = text.at(*at);
        field.contains('.') && decimal(field, 3).is_some_and(|volts| (2_000..5_000).contains(&volts))
    });
    if let Some(at) = volts {
        let value = decimal(text.at(at), 3).and_then(|volts| u32::try_from(volts).ok());
        event.readings.extend(value.map(|value| Reading::BatteryVoltage(Millivolts(value))));
    }
}

/// Mileage, battery, state and inputs behind the point, external supply before it.
fn supply(text: &Text<'_>, anchor: Option<usize>, event: &mut Event) {
    let Some(anchor) = anchor else { return };
    let end = text.fields.len().saturating_sub(2);
    let mileage = (anchor + 7..(anchor + 10).min(end))
        .find(|at| text.at(*at).split_once('.').is_some_and(|(_, part)| part.len() == 1));
    if let Some(metres) = mileage.and_then(|at| decimal(text.at(at), 3)) {
        event.readings.push(Reading::Odometer(Metres(metres)));
    }
    if matches!(text.name, "FRI" | "ERI") {
        let volts =
            anchor.checked_sub(7).map(|at| text.at(at)).filter(|field| field.len() >= 4 && field.len() <= 5);
        let volts = volts.and_then(|field| field.parse::<u32>().ok());
        event.readings.extend(volts.map(|volts| Reading::ExternalPower(Millivolts(volts))));
    }
    let status = (anchor + 8..end).find(|at| {
        let field = text.at(*at);
        field.len() == 6
            && field.bytes().all(|byte| byte.is_ascii_hexdigit())
            && matches!(field.get(..2), Some("11" | "12" | "16" | "1A" | "21" | "22" | "41" | "42"))
    });
    let battery = if let Some(at) = status {
        let field = text.at(at);
        state(field.get(..2).unwrap_or_default(), event);
        bits(field.get(2..4), |number, on| event.readings.push(Reading::Input { number, on }));
        bits(field.get(4..6), |number, on| event.readings.push(Reading::Output { number, on }));
        text.at(at - 1)
    } else if id_and_type(text, Some(anchor)).is_some() && text.at(anchor - 6).len() == 1 {
        text.back(2)
    } else {
        ""
    };
    let percent = (battery.len() <= 3).then(|| battery.parse::<u8>().ok()).flatten();
    event.readings.extend(percent.and_then(|value| Percent::new(value).ok()).map(Reading::Battery));
}

fn bits(field: Option<&str>, mut put: impl FnMut(u8, bool)) {
    let Some(byte) = field.and_then(|field| u8::from_str_radix(field, 16).ok()) else { return };
    for number in 1..=4_u8 {
        put(number, byte >> (number - 1) & 1 == 1);
    }
}

fn cells(text: &Text<'_>, readings: &mut Vec<Reading>) {
    let mut at = text.payload();
    let mut found = 0;
    while at < text.fields.len() && found < CELLS_MAX {
        if let Some((mcc, mnc, area, cell)) = text.cell(at) {
            readings.push(Reading::CellTower(CellTower { mcc, mnc, area, cell }));
            found += 1;
            at += 4;
        } else {
            at += 1;
        }
    }
}
