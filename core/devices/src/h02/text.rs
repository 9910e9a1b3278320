//! The text form: `*` maker, identity, kind, fields, `#`.

use plomb_model::{
    CellTower, CentiCelsius, DeviceId, Event, EventKind, Fix, IdError, Issue, LatitudeE7, LongitudeE7,
    Metres, OccurredAt, Percent, Position, Reading, ReceivedAt, Scheme, Signal, Timestamp,
};
use plomb_wire::minutes_to_e7;

use super::binary::civil;
use crate::web::{course, scaled, speed};
use crate::{Decoded, Description};

/// Fields that are read of one message.
const FIELDS_MAX: usize = 256;
/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;
/// Minutes are read to this part of one.
const MINUTE_PARTS: u32 = 1_000_000;

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Message<'a> {
    /// Two letters of the maker.
    pub(super) maker: [u8; 2],
    /// All fields, the maker's letters first, and where each begins.
    fields: Vec<(usize, &'a str)>,
}

impl<'a> Message<'a> {
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(wire).ok()?.strip_prefix('*')?.strip_suffix('#')?;
        let mut offset = 1;
        let mut fields = Vec::new();
        for field in text.split(',').take(FIELDS_MAX) {
            fields.push((offset, field.trim()));
            offset += field.len() + 1;
        }
        let maker = fields.first()?.1.as_bytes().try_into().ok()?;
        (fields.len() >= 3).then_some(Self { maker, fields })
    }

    pub(super) fn field(&self, place: usize) -> Option<&'a str> {
        self.fields.get(place).map(|(_, field)| *field)
    }

    /// The identity; none where it is empty.
    pub(super) fn name(&self) -> Option<&'a str> {
        self.field(1).filter(|name| !name.is_empty())
    }

    pub(super) fn kind(&self) -> &'a str {
        self.field(2).unwrap_or_default()
    }

    fn offset(&self, place: usize) -> usize {
        self.fields.get(place).map_or(0, |(offset, _)| *offset)
    }
}

/// The tracker of this name.
pub(super) fn tracker(name: &str) -> Result<DeviceId, IdError> {
    DeviceId::new(Scheme::Tracker, name)
}

/// What a message says.
pub(super) fn event(message: &Message<'_>, now: ReceivedAt, out: &mut Decoded) -> Event {
    let digits = |place: usize| {
        message.field(place).filter(|text| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let number = |place: usize| digits(place).and_then(|text| text.parse::<u32>().ok());
    let hemisphere = |place: usize, letters: &str| {
        message.field(place).is_some_and(|text| text.len() == 1 && letters.contains(text))
    };
    let count = message.fields.len();
    if message.kind() == "HTBT" {
        let mut event = Event::new(EventKind::Heartbeat);
        event.readings.extend(message.field(3).and_then(percent).map(Reading::Battery));
        return event;
    }
    // The place stands where the letters of both halves stand around the longitude.
    let place = (4..count).find(|at| hemisphere(at + 1, "NS") && hemisphere(at + 3, "EW"));
    let Some(at) = place else { return without_place(message, now) };
    let mut event = Event::new(EventKind::Position);
    // Speed, course, date and status follow; the time stands before the mark of validity. Some write the battery
    // before the date.
    let after = if number(at + 6).is_none() && number(at + 7).is_some() { at + 7 } else { at + 6 };
    let (time, date) = (number(at - 2), number(after));
    event.occurred_at = instant(date, time, now).map(OccurredAt);
    if event.occurred_at.is_none() && time.or(date).is_some() {
        let found = format!("{:?} {:?}", message.field(at - 2), message.field(after));
        out.issue(Issue::new(message.offset(after), "no such time", found));
    }
    let half = |place: usize| message.field(place).unwrap_or_default();
    let north = angle(half(at), half(at + 1)).and_then(|e7| LatitudeE7::new(e7).ok());
    let east = angle(half(at + 2), half(at + 3)).and_then(|e7| LongitudeE7::new(e7).ok());
    if let Some((north, east)) = north.zip(east) {
        let fix = match half(at - 1) {
            "" | "V" => Fix::Stale,
            "B" => Fix::Network,
            _ => Fix::Gnss,
        };
        let mut position = Position::new(north, east, fix);
        position.speed = message.field(at + 4).and_then(|text| speed(text, 1852));
        position.course = message.field(at + 5).and_then(course);
        event.position = Some(position);
    } else {
        let found = format!("{} {}", half(at), half(at + 2));
        out.issue(Issue::new(message.offset(at), "no such place", found));
        event.kind = EventKind::Status;
    }
    // V19 has three fields of the SIM card before the status.
    let status = if message.kind() == "V19" { after + 4 } else { after + 1 };
    status_field(message, status, &mut event);
    if !vehicle(message, status + 1, &mut event)
        && let Some(cell) = cell(message, status + 1)
    {
        event.readings.push(Reading::CellTower(cell));
    }
    match message.kind() {
        "V6" | "V19" => {
            let card = (after + 1..count)
                .rev()
                .filter_map(|place| message.field(place))
                .find(|text| text.len() >= 18);
            event.readings.extend(card.map(|card| Reading::Iccid(card.into())));
        }
        "V4" => answer(message, at, &mut event),
        _ => {}
    }
    event
}

/// A moment of a date `DDMMYY` and a time `HHMMSS`. Of a message with the date alone only the day is known, and its
/// beginning is taken; one with the time alone is of the day before or after our clock at which it is nearest.
fn instant(date: Option<u32>, time: Option<u32>, now: ReceivedAt) -> Option<Timestamp> {
    if let Some(date) = date {
        return civil(date, time.unwrap_or(0));
    }
    let time = time?;
    let midnight = now.0.plus_millis(-now.0.as_millis().rem_euclid(DAY_MS));
    let (hours, minutes, seconds) = (time / 10_000, time / 100 % 100, time % 100);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let today = midnight.plus_secs(i64::from(hours * 3_600 + minutes * 60 + seconds));
    let ahead = today.since(now.0);
    Some(match ahead {
        ..=-43_200_001 => today.plus_millis(DAY_MS),
        43_200_001.. => today.plus_millis(-DAY_MS),
        _ => today,
    })
}

/// Odometer, temperature, fuel (the only one with a point) and altitude, as some devices write them behind the status,
/// then area and cell in hex. Whether they are there.
fn vehicle(message: &Message<'_>, place: usize, event: &mut Event) -> bool {
    let field = |after: usize| message.field(place + after).unwrap_or_default();
    let number = |after: usize| scaled(field(after), 0);
    let (Some(odometer), Some(temperature), Some(altitude)) = (number(0), number(1), number(3)) else {
        return false;
    };
    if !field(2).contains('.') || scaled(field(2), 2).is_none() {
        return false;
    }
    event.readings.push(Reading::Code { name: "odometer".into(), value: odometer });
    let centi = temperature.checked_mul(100).and_then(|centi| i32::try_from(centi).ok());
    event.readings.extend(centi.map(|value| Reading::Temperature { sensor: 1, value: CentiCelsius(value) }));
    if let Some(position) = &mut event.position {
        position.altitude = Some(Metres(altitude));
    }
    true
}

/// What the device answered, before the place.
fn answer(message: &Message<'_>, at: usize, event: &mut Event) {
    let word = message.field(3).unwrap_or_default();
    // The second field of S1 is a password.
    let rest: Vec<&str> = if word == "S1" {
        message.field(4).into_iter().collect()
    } else {
        (4..at.saturating_sub(3)).filter_map(|place| message.field(place)).collect()
    };
    event.readings.push(Reading::Text(format!("answer {word} {}", rest.join(" ")).trim().into()));
}

/// V3, NBR, LINK and what has no place.
fn without_place(message: &Message<'_>, now: ReceivedAt) -> Event {
    let count = message.fields.len();
    let kind = message.kind();
    // Some devices say no more than who they are, so that the connection stays.
    if kind.is_empty() && count == 3 {
        return Event::new(EventKind::Heartbeat);
    }
    let mut event = Event::new(EventKind::Status);
    // Date and status stand at the end, behind it at most the battery.
    let six = |place: usize| {
        let text = message.field(place).filter(|text| text.len() == 6);
        text.and_then(|text| text.parse::<u32>().ok())
    };
    let word = |place: usize| {
        let text = message.field(place).filter(|text| text.len() == 8);
        text.and_then(|text| u32::from_str_radix(text, 16).ok())
    };
    let end = (4..count).rev().find(|place| word(*place).is_some() && six(place - 1).is_some());
    if let Some(end) = end {
        event.occurred_at = six(3).and_then(|time| instant(six(end - 1), Some(time), now)).map(OccurredAt);
        status_field(message, end, &mut event);
    }
    match kind {
        "LINK" => {
            let number = |place: usize| message.field(place).and_then(|text| scaled(text, 0));
            let signal = number(4).and_then(|csq| u8::try_from(csq.checked_mul(100)? / 31).ok());
            event.readings.extend(
                signal.and_then(|percent| Percent::new(percent.min(100)).ok()).map(Reading::NetworkSignal),
            );
            event.readings.extend(message.field(6).and_then(percent).map(Reading::Battery));
            event.readings.extend(number(7).map(|value| Reading::Code { name: "steps".into(), value }));
        }
        "NBR" => {
            let network = (message.field(4), message.field(5));
            let cells = message.field(7).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
            for place in (8..).step_by(3).take(cells.min(16)) {
                event.readings.extend(tower(network.0, network.1, message, place).map(Reading::CellTower));
            }
        }
        // The first cell, and more behind a `Y` each: `V,mcc,mnc,area,cell,level Y area,cell,level Y ...`.
        "VP1" => {
            let rest: Vec<&str> = (6..count).filter_map(|place| message.field(place)).collect();
            for cell in rest.join(",").split('Y').take(16) {
                let mut parts = cell.split(',');
                let (area, cell) = (parts.next(), parts.next());
                let network = (message.field(4), message.field(5));
                event.readings.extend(of_network(network.0, network.1, area, cell).map(Reading::CellTower));
            }
        }
        "V4" => {
            event.kind = EventKind::Message;
            answer(message, count + 3, &mut event);
        }
        "V3" => {
            let network = message.field(4).and_then(|text| text.split_at_checked(3));
            let cells = message.field(5).and_then(|text| text.parse::<usize>().ok()).unwrap_or(0);
            for place in (6..).step_by(4).take(cells.min(16)) {
                let (mcc, mnc) = network.unzip();
                event.readings.extend(tower(mcc, mnc, message, place).map(Reading::CellTower));
            }
        }
        _ => {
            let rest: Vec<&str> = (2..count).filter_map(|place| message.field(place)).collect();
            event.kind = EventKind::Message;
            event.readings.push(Reading::Text(rest.join(" ").into()));
        }
    }
    event
}

fn tower(mcc: Option<&str>, mnc: Option<&str>, message: &Message<'_>, place: usize) -> Option<CellTower> {
    of_network(mcc, mnc, message.field(place), message.field(place + 1))
}

fn of_network(
    mcc: Option<&str>,
    mnc: Option<&str>,
    area: Option<&str>,
    cell: Option<&str>,
) -> Option<CellTower> {
    // Some makers write other numbers, or the same in hex, in this place.
    let mcc = mcc?.parse().ok().filter(|mcc| (200..800).contains(mcc))?;
    let (mnc, area, cell) = (mnc?.parse().ok()?, area?.parse().ok()?, cell?.parse().ok()?);
    Some(CellTower { mcc, mnc, area, cell })
}

/// Network, area and cell behind the status.
fn cell(message: &Message<'_>, place: usize) -> Option<CellTower> {
    tower(message.field(place), message.field(place + 1), message, place + 2)
}

fn status_field(message: &Message<'_>, place: usize, event: &mut Event) {
    let word = message.field(place).filter(|text| text.len() == 8);
    if let Some(word) = word.and_then(|text| u32::from_str_radix(text, 16).ok()) {
        status(word, event);
    }
}

/// The status word, whose alarms hold where the bit is not set.
pub(super) fn status(word: u32, event: &mut Event) {
    let off = |bit: u32| word >> bit & 1 == 0;
    for (bit, signal) in [
        (0, Signal::Shock),
        (1, Signal::Sos),
        (2, Signal::Overspeed),
        (18, Signal::Sos),
        (19, Signal::PowerCut),
    ] {
        if off(bit) {
            event.signals = event.signals.with(signal);
        }
    }
    event.readings.push(Reading::Ignition(!off(10)));
}

/// The charge: steps of one to six in the old devices, percent in the new ones.
pub(super) fn battery(value: u8) -> Option<Percent> {
    let percent = match value {
        1..=3 => (value - 1) * 10,
        4..=6 => (value - 1) * 20,
        10..=100 => value,
        _ => return None,
    };
    Percent::new(percent).ok()
}

fn percent(text: &str) -> Option<Percent> {
    text.parse::<u8>().ok().and_then(|value| Percent::new(value).ok())
}

/// Degrees and minutes, also with a sign before each (`-23-29.0095`); the letter says the half. 1e-7 degree.
fn angle(text: &str, half: &str) -> Option<i64> {
    let text = text.trim_start_matches('-').replace('-', "");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (degrees, minutes) = whole.split_at_checked(whole.len().checked_sub(2)?)?;
    let degrees: u32 = if degrees.is_empty() { 0 } else { degrees.parse().ok()? };
    let parts = scaled(&format!("{minutes}.{fraction}"), 6).and_then(|parts| u32::try_from(parts).ok())?;
    if degrees > 180 || parts >= 60 * MINUTE_PARTS {
        return None;
    }
    let e7 = minutes_to_e7(degrees, parts, MINUTE_PARTS);
    Some(if matches!(half, "S" | "W") { -e7 } else { e7 })
}

/// Digits of our clock as answers have them: `YYYYMMDDHHMMSS`.
pub(super) fn stamp(now: ReceivedAt) -> String {
    digits(now.0, 14)
}

/// `HHMMSS`, as commands have it.
pub(super) fn clock(now: ReceivedAt) -> String {
    digits(now.0, 14).split_off(8)
}

fn digits(time: Timestamp, count: usize) -> String {
    time.to_string().bytes().filter(u8::is_ascii_digit).take(count).map(char::from).collect()
}

/// A frame laid open for a person; passwords are not shown.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let Some(message) = Message::of(frame) else {
        let mut description = Description::new("H02 binary frame");
        if frame.first() == Some(&b'$') && frame.len() >= super::split::BINARY_BYTES_MIN {
            let fields = [
                (1, 5, "identity"),
                (6, 3, "time"),
                (9, 3, "date"),
                (12, 4, "latitude"),
                (16, 1, "battery"),
                (17, 5, "longitude and flags"),
                (22, 3, "speed and course"),
                (25, 4, "status"),
            ];
            for (offset, length, name) in fields {
                let shown = plomb_wire::to_hex(frame.get(offset..offset + length).unwrap_or_default());
                description.field(offset, length, name, shown);
            }
            return description;
        }
        return Description::new("bytes of no message of H02");
    };
    let mut description = Description::new(format!("H02 {}", message.kind()));
    let secret = message.kind() == "V4" && message.field(3) == Some("S1");
    for (place, (offset, field)) in message.fields.iter().enumerate() {
        let name = match place {
            0 => "maker",
            1 => "identity",
            2 => "kind",
            _ => "field",
        };
        let shown = if secret && place == 5 { "[redacted]" } else { field };
        description.field(*offset, field.len(), name, shown);
    }
    description
}
