//! `AAA`: one position in words between commas. Source: Meitrack GPRS Protocol, "AAA".

use plomb_model::{
    CellTower, CentiDegrees, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts,
    OccurredAt, Percent, Position, Reading, Speed, Timestamp,
};

use super::frame::Frame;
use super::words;

/// A decimal number times `10^places`, further digits dropped.
pub(super) fn decimal(text: &str, places: u32) -> Option<i64> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty()
        || whole.len() > 10
        || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    let mut value: i64 = whole.parse().ok()?;
    let mut part = part.bytes();
    for _ in 0..places.min(8) {
        value = value * 10 + i64::from(part.next().map_or(0, |digit| digit - b'0'));
    }
    Some(if negative { -value } else { value })
}

fn date(text: &str) -> Option<Timestamp> {
    if text.len() != 12 {
        return None;
    }
    let two = |at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    Timestamp::from_utc(2000 + i16::from(two(0)?), two(2)?, two(4)?, two(6)?, two(8)?, two(10)?)
}

/// CSQ 0 to 31 as a share; 99 is unknown.
pub(super) fn strength(csq: u8) -> Option<Reading> {
    (csq <= 31).then(|| Reading::NetworkSignal(Percent::share(u32::from(csq), 31)))
}

/// Eight bits of inputs or outputs.
pub(super) fn ports(inputs: u8, outputs: u8, readings: &mut Vec<Reading>) {
    for number in 1..=8_u8 {
        let on = |bits: u8| bits >> (number - 1) & 1 == 1;
        readings.push(Reading::Input { number, on: on(inputs) });
        if on(outputs) {
            readings.push(Reading::Output { number, on: true });
        }
    }
}

fn cell(text: &str) -> Option<CellTower> {
    let mut parts = text.split('|');
    let (mcc, mnc) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let area = u32::from_str_radix(parts.next()?, 16).ok()?;
    let cell = u64::from_str_radix(parts.next()?, 16).ok()?;
    (mcc != 0).then_some(CellTower { mcc, mnc, area, cell })
}

/// Volts with a point, else hundredths of a volt in hex. Some models send raw counts there, which only the model
/// could tell: what no battery can have stays a number.
fn voltages(text: &str, readings: &mut Vec<Reading>) {
    let parts: Vec<&str> = text.split('|').collect();
    let millivolts = |part: &str| {
        if part.contains('.') {
            decimal(part, 3)
        } else {
            i64::from_str_radix(part, 16).ok().filter(|value| *value <= 0xFFFF).map(|value| value * 10)
        }
    };
    let battery = parts.get(3).copied().and_then(millivolts);
    let plausible = battery.is_some_and(|battery| (2_500..=5_000).contains(&battery));
    for (number, part) in (1_u8..).zip(parts) {
        let Some(value) = millivolts(part).and_then(|value| u32::try_from(value).ok()) else { continue };
        readings.push(match number {
            4 if plausible => Reading::BatteryVoltage(Millivolts(value)),
            5 if plausible => Reading::ExternalPower(Millivolts(value)),
            4 => Reading::Code { name: "battery".into(), value: i64::from(value / 10) },
            5 => Reading::Code { name: "external power".into(), value: i64::from(value / 10) },
            number => Reading::Analog { number, value: Millivolts(value) },
        });
    }
}

/// The event of an `AAA` frame.
pub(super) fn event(frame: &Frame<'_>, issues: &mut Vec<Issue>) -> Option<Event> {
    let at = frame.content_at;
    let Ok(content) = std::str::from_utf8(frame.content) else {
        issues.push(Issue::new(at, "AAA is no text", plomb_wire::to_hex(frame.content)));
        return None;
    };
    let fields: Vec<&str> = content.split(',').collect();
    let field = |index: usize| fields.get(index).copied().unwrap_or_default();
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = date(field(3)).map(OccurredAt);
    if event.occurred_at.is_none() {
        issues.push(Issue::new(at, "no date where AAA has one", field(3)));
    }
    let latitude = decimal(field(1), 7).and_then(|e7| LatitudeE7::new(e7).ok());
    let longitude = decimal(field(2), 7).and_then(|e7| LongitudeE7::new(e7).ok());
    if let (Some(latitude), Some(longitude)) = (latitude, longitude) {
        let fix = if field(4) == "A" { Fix::Gnss } else { Fix::Stale };
        let mut position = Position::new(latitude, longitude, fix);
        position.satellites = field(5).parse().ok();
        position.speed = decimal(field(7), 3).and_then(|speed| u32::try_from(speed).ok()).map(Speed);
        let course = decimal(field(8), 2).and_then(|course| i32::try_from(course).ok());
        position.course =
            course.filter(|course| (0..=36_000).contains(course)).map(|course| CentiDegrees(course % 36_000));
        position.altitude = decimal(field(10), 0).map(Metres);
        event.position = Some(position);
    } else {
        event.kind = EventKind::Status;
        issues.push(Issue::new(at, "no place where AAA has one", format_args!("{},{}", field(1), field(2))));
    }
    if let Some(code) = decimal(field(0), 0) {
        event.signals = words::signals(code);
        event.readings.push(Reading::Code { name: "event".into(), value: code });
    }
    event.readings.extend(field(6).parse().ok().and_then(strength));
    event.readings.extend(decimal(field(9), 2).and_then(|hdop| u16::try_from(hdop).ok()).map(Reading::Hdop));
    event.readings.extend(decimal(field(11), 0).map(|metres| Reading::Odometer(Metres(metres))));
    event
        .readings
        .extend(decimal(field(12), 0).map(|value| Reading::Code { name: "runtime s".into(), value }));
    event.readings.extend(cell(field(13)).map(Reading::CellTower));
    if let Ok(state) = u16::from_str_radix(field(14), 16)
        && field(14).len() == 4
    {
        let [inputs, outputs] = state.to_be_bytes();
        ports(inputs, outputs, &mut event.readings);
    }
    voltages(field(15), &mut event.readings);
    if !field(16).is_empty() {
        event.readings.push(Reading::Text(field(16).into()));
    }
    Some(event)
}
