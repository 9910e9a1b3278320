//! Fields of a text frame with their places, and how such frames write times.

use plomb_model::Timestamp;

/// Fields between separators; a field that is not there reads as empty.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    parts: Vec<(usize, &'a str)>,
}

impl<'a> Fields<'a> {
    /// Splits `text`, which begins at byte `base` of the frame.
    pub(crate) fn new(text: &'a str, separator: char, base: usize) -> Self {
        let mut offset = base;
        let parts = text.split(separator).map(|part| {
            let at = offset;
            offset += part.len() + separator.len_utf8();
            (at, part)
        });
        Self { parts: parts.collect() }
    }

    /// The field at `index`, without blanks around it.
    pub(crate) fn at(&self, index: usize) -> &'a str {
        self.parts.get(index).map_or("", |(_, part)| part.trim())
    }

    /// Where the field at `index` begins in the frame.
    pub(crate) fn offset(&self, index: usize) -> usize {
        self.parts.get(index).or_else(|| self.parts.last()).map_or(0, |(offset, _)| *offset)
    }

    /// The fields with their offsets, as they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, &'a str)> {
        self.parts.iter().copied()
    }
}

/// The instant of digits `ddmmyy` or `yymmdd` (as `day_first` says; a year of four digits is taken too) and `hhmmss`,
/// in UTC. Characters between the digits (`-`, `/`, `:`) are passed over.
pub(crate) fn date_time(date: &str, time: &str, day_first: bool) -> Option<Timestamp> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (date, time) = (digits(date), digits(time));
    let number = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let year = date.len().checked_sub(4)?;
    let (day, month, year) = match (day_first, date.len()) {
        (true, 6 | 8) => (number(&date, 0, 2)?, number(&date, 2, 4)?, number(&date, 4, date.len())?),
        (false, 6 | 8) => {
            (number(&date, year + 2, year + 4)?, number(&date, year, year + 2)?, number(&date, 0, year)?)
        }
        _ => return None,
    };
    let year = if date.len() == 6 { year + 2000 } else { year };
    if time.len() < 6 {
        return None;
    }
    let part = |value: i16| i8::try_from(value).ok();
    Timestamp::from_utc(
        year,
        part(month)?,
        part(day)?,
        part(number(&time, 0, 2)?)?,
        part(number(&time, 2, 4)?)?,
        part(number(&time, 4, 6)?)?,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_either_order() {
        let expected = Timestamp::from_utc(2021, 4, 15, 10, 31, 42);
        assert_eq!(date_time("150421", "103142", true), expected);
        assert_eq!(date_time("210415", "103142.00", false), expected);
        assert_eq!(date_time("2021-04-15", "10:31:42", false), expected);
        for (date, time) in [("", ""), ("1504", "103142"), ("150421", "1031"), ("154421", "103142")] {
            assert_eq!(date_time(date, time, true), None);
        }
    }
}
