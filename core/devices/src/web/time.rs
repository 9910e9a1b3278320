//! Times in text: seconds or milliseconds since 1970, or a date.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use plomb_model::Timestamp;

use super::decimal::scaled;

/// Seconds since 1970 are below this until the year 5138, milliseconds above it since 1973.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The instant in `text`: a number of seconds (with a fraction) or of milliseconds since 1970, or a date and time
/// (ISO 8601, or with a space; without an offset it is UTC).
#[must_use]
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Some(whole) = scaled(text, 0) {
        return if whole.unsigned_abs() < SECONDS_MAX.unsigned_abs() {
            scaled(text, 3).map(Timestamp::from_millis)
        } else {
            Some(Timestamp::from_millis(whole))
        };
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(Timestamp::from_millis(instant.as_millisecond()));
    }
    let text = text.trim_end_matches("UTC").trim_end_matches("GMT").trim_end_matches('Z').trim_end();
    let civil: DateTime = text.parse().ok()?;
    // A date alone is no time.
    if !text.contains(':') {
        return None;
    }
    Some(Timestamp::from_millis(Offset::UTC.to_timestamp(civil).ok()?.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::instant;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, expected) in [
            ("1442068686579", "2015-09-12T14:38:06.579Z"),
            ("1377177267", "2013-08-22T13:14:27.000Z"),
            ("1508508510.013227", "2017-10-20T14:08:30.013Z"),
            ("2025-06-15T13:45:12.862Z", "2025-06-15T13:45:12.862Z"),
            ("2025-06-15T15:45:12+02:00", "2025-06-15T13:45:12.000Z"),
            ("2013-06-25T10:02:53+0000", "2013-06-25T10:02:53.000Z"),
            ("2017-05-11 05:58:44", "2017-05-11T05:58:44.000Z"),
            ("2017-05-11T05:58:44", "2017-05-11T05:58:44.000Z"),
            ("2021-04-20T11:10:03.702659861Z", "2021-04-20T11:10:03.702Z"),
            ("2017-05-11 05:58:44 UTC", "2017-05-11T05:58:44.000Z"),
        ] {
            assert_eq!(instant(text).map(|time| time.to_string()).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "now", "2017-05-11", "12:00"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}
