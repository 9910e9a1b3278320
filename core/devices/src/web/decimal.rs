//! Decimal numbers in text, read exactly: no float stands between what the device wrote and what is kept.

/// Longest number that is read; a double written out has at most 25 characters.
const DECIMAL_BYTES_MAX: usize = 64;

/// The number in `text` times ten to the power `places`, rounded half away from zero. `None` where it is no number or
/// does not fit.
#[must_use]
pub(crate) fn scaled(text: &str, places: i16) -> Option<i64> {
    let text = text.trim();
    if text.len() > DECIMAL_BYTES_MAX {
        return None;
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i16>().ok()?),
        None => (digits, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = || whole.bytes().chain(fraction.bytes());
    if all().next().is_none() || !all().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // How many of the digits stand before the point once it has moved.
    let point = i64::from(exponent) + i64::from(places) + i64::try_from(whole.len()).ok()?;
    let mut value = 0_i64;
    let mut count = 0_i64;
    for digit in all().map(|byte| i64::from(byte - b'0')) {
        if count >= point {
            if count == point && digit >= 5 {
                value = value.checked_add(1)?;
            }
            break;
        }
        value = value.checked_mul(10)?.checked_add(digit)?;
        count += 1;
    }
    while value != 0 && count < point {
        value = value.checked_mul(10)?;
        count += 1;
    }
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::scaled;

    #[test]
    fn numbers_are_read_exactly() {
        for (text, places, value) in [
            ("37.4219983", 7, 374_219_983),
            ("-122.084", 7, -1_220_840_000),
            ("1", 0, 1),
            (".5", 0, 1),
            ("-0.4", 0, 0),
            ("2.5E1", 2, 2_500),
            ("1e-7", 7, 1),
            ("0.00000005", 7, 1),
            ("12345.678", -2, 123),
            ("0e999", 7, 0),
            (" +7 ", 1, 70),
        ] {
            assert_eq!(scaled(text, places), Some(value), "{text}");
        }
        for text in ["", "-", ".", "1,5", "NaN", "1e", "0x10", "1e30", "9223372036854775808", "1.2.3"] {
            assert_eq!(scaled(text, 0), None, "{text}");
        }
    }
}
