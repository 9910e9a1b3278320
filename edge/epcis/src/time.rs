//! Timestamps of EPCIS: `xsd:dateTimeStamp`, with any number of decimals.

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Milliseconds since 1970-01-01T00:00:00Z of a timestamp, rounded at the fourth decimal; `None` when it is none.
///
/// The form is `YYYY-MM-DDThh:mm:ss[.decimals](Z|±hh:mm)` (EPCglobal-epcis-2_0.xsd, `DateTimeStamp`).
#[must_use]
pub fn parse_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = text.split_at_checked(19)?;
    if date.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let civil: DateTime = date.parse().ok()?;
    let (decimals, zone) = match rest.strip_prefix('.') {
        Some(after) => {
            let end = after.find(|character: char| !character.is_ascii_digit())?;
            after.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?
        }
        None => ("", rest),
    };
    let offset = match zone {
        "Z" => Offset::UTC,
        _ => Offset::from_seconds(60 * offset_min(zone)?).ok()?,
    };
    let seconds = offset.to_timestamp(civil).ok()?.as_second();
    let mut ms = 0_i64;
    for place in 0..3 {
        ms = ms * 10 + digit(decimals, place);
    }
    let up = i64::from(digit(decimals, 3) >= 5);
    Some(seconds * 1_000 + ms + up)
}

/// Minutes east of Greenwich of `±hh:mm`, from -14:00 to +14:00.
#[must_use]
pub fn offset_min(zone: &str) -> Option<i32> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    if hours.len() != 2
        || minutes.len() != 2
        || !zone.bytes().skip(1).all(|b| b.is_ascii_digit() || b == b':')
    {
        return None;
    }
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 14 * 60).then_some(sign * total)
}

/// The timestamp in UTC with milliseconds: `2022-02-15T07:33:31.116Z`.
#[must_use]
pub fn format_ms(ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(at) => format!("{at:.3}"),
        Err(_) => String::new(),
    }
}

fn digit(decimals: &str, place: usize) -> i64 {
    decimals.as_bytes().get(place).map_or(0, |byte| i64::from(byte - b'0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_and_written_in_milliseconds() {
        let read = |text| parse_ms(text).map(format_ms);
        assert_eq!(read("2020-04-01T15:00:00+01:00").as_deref(), Some("2020-04-01T14:00:00.000Z"));
        assert_eq!(read("2023-01-18T11:04:03.1415Z").as_deref(), Some("2023-01-18T11:04:03.142Z"));
        assert_eq!(read("1969-12-31T23:59:59.9995Z").as_deref(), Some("1970-01-01T00:00:00.000Z"));
        for wrong in
            ["2020-04-01", "2020-04-01T15:00:00", "2020-04-01 15:00:00Z", "2020-13-01T15:00:00Z", "x"]
        {
            assert_eq!(parse_ms(wrong), None, "{wrong}");
        }
        assert_eq!(offset_min("-06:30"), Some(-390));
        assert_eq!(offset_min("+14:30"), None);
    }
}
