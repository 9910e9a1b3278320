//! Times of a seal: to the minute as the standard's model has them, or as JSON usually has them.

use plomb_model::Timestamp;

use crate::web;

/// `CCYYMMDDHHMM`, `CCYYMMDDHHMMSS` (both UTC), ISO 8601, or seconds or milliseconds since 1970.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if matches!(text.len(), 12 | 14) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<i8>().ok();
        let second = if text.len() == 14 { part(12..14)? } else { 0 };
        let year = text.get(..4)?.parse().ok()?;
        return Timestamp::from_utc(year, part(4..6)?, part(6..8)?, part(8..10)?, part(10..12)?, second);
    }
    web::instant(text)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, expected) in [
            ("202611200805", Some("2026-11-20T08:05:00.000Z")),
            ("20261120080559", Some("2026-11-20T08:05:59.000Z")),
            ("2026-11-20T08:05:00Z", Some("2026-11-20T08:05:00.000Z")),
            ("1795161900", Some("2026-11-20T08:05:00.000Z")),
            ("202613200805", None),
            ("soon", None),
        ] {
            assert_eq!(read(text).map(|time| time.to_string()).as_deref(), expected, "{text}");
        }
    }
}
