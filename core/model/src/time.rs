//! Instants, and the two clocks that must never be mixed.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// An instant in milliseconds since 1970-01-01T00:00:00Z. Finer is never claimed by a device,
/// and customs practice asks for 1 ms (EAEU Decision 138).
///
/// ```
/// use plomb_model::Timestamp;
/// let t = Timestamp::from_utc(2024, 11, 5, 20, 40, 46).unwrap();
/// assert_eq!(t.to_string(), "2024-11-05T20:40:46.000Z");
/// assert_eq!("2024-11-05T20:40:46Z".parse(), Ok(t));
/// assert_eq!(Timestamp::from_utc(2024, 13, 5, 0, 0, 0), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since 1970; saturates.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// From calendar fields in UTC, `None` when there is no such time (a leap second counts as :59).
    #[must_use]
    pub fn from_utc(year: i16, month: i8, day: i8, hour: i8, minute: i8, second: i8) -> Option<Self> {
        let civil = DateTime::new(year, month, day, hour, minute, second.min(59), 0).ok()?;
        let instant = Offset::UTC.to_timestamp(civil).ok()?;
        (second <= 60).then_some(Self(instant.as_millisecond()))
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// `self - earlier` in milliseconds; saturates.
    #[must_use]
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This instant moved by `millis`; saturates.
    #[must_use]
    pub const fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// This instant moved by `seconds`; saturates.
    #[must_use]
    pub const fn plus_secs(self, seconds: i64) -> Self {
        self.plus_millis(seconds.saturating_mul(1000))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(instant) => write!(f, "{instant:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// The text is not an RFC 3339 time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time such as 2026-11-24T08:15:30Z")]
pub struct NotATime;

impl FromStr for Timestamp {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| NotATime)?;
        Ok(Self(instant.as_millisecond()))
    }
}

/// When it happened, by the device's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OccurredAt(pub Timestamp);

/// When it reached us, by our clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReceivedAt(pub Timestamp);
