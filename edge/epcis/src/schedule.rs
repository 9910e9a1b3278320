//! When a standing query runs (EPCIS 2.0, section 8.2.5.3): the times that match every field, in UTC.

use serde_json::Value;

/// A schedule: for each field the values that match, all of them where nothing is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    seconds: u64,
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// Names and bounds of the fields.
const FIELDS: [(&str, u32, u32); 6] = [
    ("second", 0, 59),
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("dayOfMonth", 1, 31),
    ("month", 1, 12),
    ("dayOfWeek", 1, 7),
];

impl Schedule {
    /// The schedule of fields by name, each numbers and ranges such as `0,[15-20]`.
    ///
    /// A field that is not given matches every value, but below the lowest that is given: these match their first
    /// value, so that `{"hour": "1"}` is once a day.
    ///
    /// # Errors
    /// Which field is wrong, and how.
    pub fn parse(field: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let mut sets = [0_u64; 6];
        let mut given = false;
        for ((name, low, high), set) in FIELDS.iter().zip(&mut sets) {
            *set = match field(name) {
                Some(text) => {
                    given = true;
                    values(&text, *low, *high).ok_or_else(|| {
                        format!("{name}: `{text}` is no list of numbers and ranges from {low} to {high}, such as 1,[5-7]")
                    })?
                }
                // What is finer than the first field that is given happens once.
                None if !given && finer_is_given(&field, name) => 1 << low,
                None => u64::MAX,
            };
        }
        if !given {
            return Err("schedule: it needs at least one field".to_owned());
        }
        let [seconds, minutes, hours, days, months, weekdays] = sets;
        Ok(Self { seconds, minutes, hours, days, months, weekdays })
    }

    /// The schedule of a JSON object.
    ///
    /// # Errors
    /// As [`Self::parse`], or a field that there is none of.
    pub fn of_json(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or("schedule: it must be an object")?;
        if let Some(unknown) = fields.keys().find(|name| !FIELDS.iter().any(|(known, ..)| known == name)) {
            return Err(format!("schedule: there is no field `{unknown}`"));
        }
        Self::parse(|name| match fields.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })
    }

    /// Whether a second matches, in seconds since 1970.
    #[must_use]
    pub fn matches(&self, second: i64) -> bool {
        let Ok(at) = jiff::Timestamp::from_second(second) else { return false };
        let at = jiff::tz::Offset::UTC.to_datetime(at);
        let has = |set: u64, value: i8| u32::try_from(value).is_ok_and(|value| set & (1 << value) != 0);
        has(self.seconds, at.second())
            && has(self.minutes, at.minute())
            && has(self.hours, at.hour())
            && has(self.days, at.day())
            && has(self.months, at.month())
            && has(self.weekdays, at.weekday().to_monday_one_offset())
    }
}

/// Whether a coarser field than this one is given.
fn finer_is_given(field: &impl Fn(&str) -> Option<String>, name: &str) -> bool {
    let after = FIELDS.iter().skip_while(|(known, ..)| *known != name).skip(1);
    after.into_iter().any(|(coarser, ..)| field(coarser).is_some())
}

/// Numbers and ranges as a set of bits.
fn values(text: &str, low: u32, high: u32) -> Option<u64> {
    let mut set = 0_u64;
    for part in text.split(',') {
        let range = part.strip_prefix('[').and_then(|part| part.strip_suffix(']'));
        let (from, to) = match range {
            Some(range) => {
                let (from, to) = range.split_once('-')?;
                (from.parse::<u32>().ok()?, to.parse::<u32>().ok()?)
            }
            None => {
                let one = part.parse::<u32>().ok()?;
                (one, one)
            }
        };
        if from < low || to > high || from > to {
            return None;
        }
        (from..=to).for_each(|value| set |= 1 << value);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(fields: &[(&str, &str)]) -> Result<Schedule, String> {
        Schedule::parse(|name| {
            fields.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        })
    }

    fn second(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_second()
    }

    #[test]
    fn times_match_every_field() {
        let nightly = schedule(&[("hour", "1"), ("minute", "5")]).unwrap();
        assert!(nightly.matches(second("2026-11-28T01:05:00Z")));
        assert!(!nightly.matches(second("2026-11-28T01:05:01Z")));
        let office = schedule(&[("hour", "[8-17]"), ("dayOfWeek", "[1-5]")]).unwrap();
        assert!(office.matches(second("2026-11-27T08:00:00Z")), "a Friday");
        assert!(!office.matches(second("2026-11-28T08:00:00Z")), "a Saturday");
        let often = schedule(&[("second", "0,[15-16],30")]).unwrap();
        assert!(often.matches(second("2026-11-28T03:17:16Z")));
        for wrong in [&[("hour", "24")][..], &[("minute", "[5-1]")], &[("second", "x")], &[]] {
            assert!(schedule(wrong).is_err(), "{wrong:?}");
        }
    }
}
