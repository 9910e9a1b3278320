//! A record of position and state: of SD, of D, or one of a black box.

use plomb_model::{
    Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Millivolts, OccurredAt, Position, Reading,
    ReceivedAt, Signal, Timestamp,
};
use plomb_wire::minutes_to_e7;

use crate::Decoded;
use crate::web::{course, metres, scaled, speed, truth};

/// Fields up to the satellites, which every record has.
const FIELDS_MIN: usize = 10;
/// Parameters that are read of one record.
const PARAMETERS_MAX: usize = 256;
/// Minutes are read to this part of one.
const MINUTE_PARTS: u32 = 1_000_000;

/// The event of a record; none, with an issue, where it is no record.
pub(super) fn event(
    body: &str,
    offset: usize,
    now: ReceivedAt,
    lenient: bool,
    out: &mut Decoded,
) -> Option<Event> {
    let fields: Vec<&str> = body.splitn(17, ';').map(str::trim).collect();
    if fields.len() < FIELDS_MIN {
        out.issue(Issue::new(
            offset,
            "a record has at least 10 fields",
            format_args!("{} fields", fields.len()),
        ));
        return None;
    }
    // A field that is not known is `NA`, or empty.
    let field = |place: usize| {
        fields.get(place).copied().filter(|text| !text.is_empty() && !text.eq_ignore_ascii_case("NA"))
    };
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = match (field(0), field(1)) {
        (None, None) => Some(OccurredAt(now.0)),
        (date, time) => {
            let (date, time) = (date.unwrap_or_default(), time.unwrap_or_default());
            let read = instant(date, time);
            if read.is_none() {
                out.issue(Issue::new(offset, "no such time", format_args!("{date};{time}")));
            }
            read.map(OccurredAt)
        }
    };
    if let (Some(latitude), Some(longitude)) = (field(2), field(4)) {
        let north = angle(latitude, field(3), lenient).and_then(|e7| LatitudeE7::new(e7).ok());
        let east = angle(longitude, field(5), lenient).and_then(|e7| LongitudeE7::new(e7).ok());
        match north.zip(east) {
            Some((north, east)) => {
                let mut position = Position::new(north, east, Fix::Gnss);
                position.speed = field(6).and_then(|text| speed(text, 1000));
                position.course = field(7).and_then(course);
                position.altitude = field(8).and_then(metres);
                position.satellites =
                    field(9).and_then(|text| scaled(text, 0)).and_then(|count| u8::try_from(count).ok());
                event.position = Some(position);
                event.kind = EventKind::Position;
            }
            None => out.issue(Issue::new(offset, "no such place", format_args!("{latitude};{longitude}"))),
        }
    }
    let hdop = field(10).and_then(|text| scaled(text, 2)).and_then(|hdop| u16::try_from(hdop).ok());
    event.readings.extend(hdop.map(Reading::Hdop));
    bits(field(11), &mut event, |number, on| Reading::Input { number, on });
    bits(field(12), &mut event, |number, on| Reading::Output { number, on });
    for (number, value) in (1_u8..).zip(field(13).unwrap_or_default().split(',')) {
        let value = scaled(value, 3).and_then(|millivolts| u32::try_from(millivolts).ok());
        event.readings.extend(value.map(|value| Reading::Analog { number, value: Millivolts(value) }));
    }
    if let Some(key) = field(14) {
        event.readings.push(Reading::Card(plomb_model::CardNumber(key.into())));
    }
    for parameter in field(15).unwrap_or_default().split(',').take(PARAMETERS_MAX) {
        if let Some((name, rest)) = parameter.split_once(':') {
            let value = rest.split_once(':').map_or("", |(_, value)| value);
            word(name.trim(), value.trim(), &mut event);
        }
    }
    Some(event)
}

/// `DDMMYY` and `HHMMSS`, with a fraction in version 2.0.
fn instant(date: &str, time: &str) -> Option<Timestamp> {
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let digits = |text: &str| text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(date) || !digits(time) {
        return None;
    }
    let two = |text: &str, at: usize| text.get(at..at + 2)?.parse::<i8>().ok();
    let year = 2000 + i16::from(two(date, 4)?);
    let (hour, minute, second) = (two(time, 0)?, two(time, 2)?, two(time, 4)?);
    let whole = Timestamp::from_utc(year, two(date, 2)?, two(date, 0)?, hour, minute, second)?;
    let millis = scaled(&format!("0.{fraction}"), 3).unwrap_or_default();
    Some(whole.plus_millis(millis))
}

/// Degrees and minutes (`DDMM.MMMM`, `DDDMM.MMMM`) and the letter of the half; in units of 1e-7 degree.
/// Minutes above 59 are an error, but for captures whose digits were changed by hand.
fn angle(text: &str, half: Option<&str>, lenient: bool) -> Option<i64> {
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let (degrees, minutes) = whole.split_at_checked(whole.len().checked_sub(2)?)?;
    let degrees: u32 = if degrees.is_empty() { 0 } else { degrees.parse().ok()? };
    let parts = scaled(&format!("{minutes}.{fraction}"), 6).and_then(|parts| u32::try_from(parts).ok())?;
    if degrees > 180 || (parts >= 60 * MINUTE_PARTS && !lenient) {
        return None;
    }
    let south = matches!(half, Some("S" | "s" | "W" | "w"));
    let e7 = minutes_to_e7(degrees, parts, MINUTE_PARTS);
    Some(if south != negative { -e7 } else { e7 })
}

/// The bits of a number, those up to the highest that is set.
fn bits(text: Option<&str>, event: &mut Event, reading: impl Fn(u8, bool) -> Reading) {
    let Some(value) = text.and_then(|text| scaled(text, 0)).and_then(|value| u32::try_from(value).ok())
    else {
        return;
    };
    let used = 32 - value.leading_zeros();
    for place in 0..used {
        let number = u8::try_from(place + 1).unwrap_or(u8::MAX);
        event.readings.push(reading(number, value >> place & 1 == 1));
    }
}

/// A parameter with a word of ours; the others keep theirs.
fn word(name: &str, value: &str, event: &mut Event) {
    let lower = name.to_ascii_lowercase();
    let number = |places| scaled(value, places);
    match lower.as_str() {
        "sos" if truth(value) == Some(true) => event.signals = event.signals.with(Signal::Sos),
        "motion" => event.readings.extend(truth(value).map(Reading::Motion)),
        "ign" | "ignition" | "acc" if truth(value).is_some() => {
            event.readings.extend(truth(value).map(Reading::Ignition));
        }
        "pwr_ext" | "uext" | "board" => {
            let millivolts = number(3).and_then(|millivolts| u32::try_from(millivolts).ok());
            event.readings.extend(millivolts.map(|value| Reading::ExternalPower(Millivolts(value))));
        }
        "pwr_int" | "uacc" | "accum" => {
            let millivolts = number(3).and_then(|millivolts| u32::try_from(millivolts).ok());
            event.readings.extend(millivolts.map(|value| Reading::BatteryVoltage(Millivolts(value))));
        }
        _ => match number(0).filter(|_| !value.contains('.')) {
            Some(value) => event.readings.push(Reading::Code { name: name.to_owned().into(), value }),
            None => event.readings.push(Reading::Text(format!("{name} {value}").into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn angles_and_times() {
        assert_eq!(angle("5544.6025", Some("N"), false), Some(557_433_750));
        assert_eq!(angle("03739.6834", Some("W"), false), Some(-376_613_900));
        assert_eq!(angle("0060.0", Some("N"), false), None);
        assert_eq!(angle("0060.0", Some("N"), true), Some(10_000_000));
        assert_eq!(angle("5", None, false), None);
        assert_eq!(instant("270413", "205601").unwrap().to_string(), "2013-04-27T20:56:01.000Z");
        assert_eq!(instant("270413", "205601.25").unwrap().to_string(), "2013-04-27T20:56:01.250Z");
        assert_eq!(instant("320413", "205601"), None);
        assert_eq!(instant("27041é", "205601"), None);
    }
}
