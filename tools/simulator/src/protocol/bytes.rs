//! Writing fields as trackers do: binary coded decimal, calendar times, degrees and minutes.
//! Shares nothing with the platform's decoders, so that a mistake of theirs does not cancel out here.

use plomb_model::Timestamp;

use crate::number::low_u8;

/// Milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// A calendar time; the year in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub(crate) year: u32,
    pub(crate) month: u8,
    pub(crate) day: u8,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) second: u8,
}

impl Civil {
    /// The calendar time of an instant at an offset to UTC.
    ///
    /// Days to date by the 400-year cycle of the Gregorian calendar, counted from 0000-03-01.
    pub(crate) fn of(at: Timestamp, offset_min: i64) -> Self {
        let millis = at.as_millis() + offset_min * 60_000;
        let (days, rest) = (millis.div_euclid(DAY_MS), millis.rem_euclid(DAY_MS) / 1000);
        let shifted = days + 719_468;
        let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let small = |value: i64| u8::try_from(value).unwrap_or_default();
        Self {
            year: u32::try_from(year).unwrap_or_default(),
            month: small(month),
            day: small(day),
            hour: small(rest / 3600),
            minute: small(rest / 60 % 60),
            second: small(rest % 60),
        }
    }

    /// The last two digits of the year.
    pub(crate) const fn short_year(&self) -> u8 {
        low_u8(self.year % 100)
    }

    /// YY MM DD hh mm ss, one number a byte.
    pub(crate) const fn year_first(&self) -> [u8; 6] {
        [self.short_year(), self.month, self.day, self.hour, self.minute, self.second]
    }

    /// DD MM YY hh mm ss, one number a byte.
    pub(crate) const fn day_first(&self) -> [u8; 6] {
        [self.day, self.month, self.short_year(), self.hour, self.minute, self.second]
    }
}

/// CRC-8, polynomial 31, initial FF: of EGTS and FLEX.
pub(crate) fn crc8(bytes: &[u8]) -> u8 {
    let shift = |crc: u8| (crc << 1) ^ if crc & 0x80 == 0 { 0 } else { 0x31 };
    bytes.iter().fold(0xFF, |crc, byte| (0..8).fold(crc ^ byte, |crc, _| shift(crc)))
}

/// A number below 100 as two digits; more loses its hundreds.
pub(crate) const fn bcd(number: u8) -> u8 {
    let number = number % 100;
    ((number / 10) << 4) | (number % 10)
}

/// Appends digits two a byte; an odd number of digits is led by a 0.
pub(crate) fn put_digits(out: &mut Vec<u8>, digits: &str) {
    let mut high = if digits.len().is_multiple_of(2) { None } else { Some(0) };
    for digit in digits.bytes().map(|byte| byte.wrapping_sub(b'0') & 0x0F) {
        match high.take() {
            None => high = Some(digit),
            Some(first) => out.push(first << 4 | digit),
        }
    }
}

/// 1e-7 degree, without its sign, to whole degrees and 1e-4 minute.
pub(crate) const fn degrees_minutes(e7: i32) -> (u32, u32) {
    // 1e-7 degree is 0.06 of 1e-4 minute; half is added so that it rounds to nearest.
    let minutes_e4 = (e7.unsigned_abs() as u64 * 6 + 50) / 100;
    let degrees = minutes_e4 / 600_000;
    let minutes = minutes_e4 % 600_000;
    (low_u32(degrees), low_u32(minutes))
}

const fn low_u32(value: u64) -> u32 {
    let [.., a, b, c, d] = value.to_be_bytes();
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar() {
        for text in
            ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2021-10-06T07:54:43Z", "2100-03-01T00:00:00Z"]
        {
            let at: Timestamp = text.parse().unwrap();
            let c = Civil::of(at, 0);
            let again = format!(
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                c.year, c.month, c.day, c.hour, c.minute, c.second
            );
            assert_eq!(again, text);
        }
        let beijing = Civil::of("2024-12-31T16:00:01Z".parse().unwrap(), 480);
        assert_eq!(beijing.year_first(), [25, 1, 1, 0, 0, 1]);
    }

    #[test]
    fn digits() {
        let mut out = Vec::new();
        put_digits(&mut out, "8041300978");
        put_digits(&mut out, "123");
        assert_eq!(out, [0x80, 0x41, 0x30, 0x09, 0x78, 0x01, 0x23]);
        assert_eq!(bcd(59), 0x59);
        assert_eq!(degrees_minutes(543_227_183), (54, 193_631));
        assert_eq!(degrees_minutes(-63_557_050), (6, 213_423));
        assert_eq!(degrees_minutes(599_999_999), (60, 0));
    }
}
