//! Amounts with their currency.

use std::fmt;
use std::str::FromStr;

/// An amount in hundredths of its currency's unit. Never a float.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money {
    /// Hundredths.
    pub cents: i64,
    /// Three letters (ISO 4217).
    pub currency: [u8; 3],
}

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an amount is a number with at most two decimals, and three letters: 1250.50 USD")]
pub struct MoneyError;

impl FromStr for Money {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let (number, currency) = text.trim().rsplit_once(' ').ok_or(MoneyError)?;
        let currency: [u8; 3] = currency.as_bytes().try_into().map_err(|_| MoneyError)?;
        if !currency.iter().all(u8::is_ascii_uppercase) {
            return Err(MoneyError);
        }
        let (whole, cents) = number.trim().split_once('.').unwrap_or_else(|| (number.trim(), ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 15 || cents.len() > 2 || !digits(whole) || !digits(cents) {
            return Err(MoneyError);
        }
        let whole: i64 = whole.parse().map_err(|_| MoneyError)?;
        let cents: i64 = format!("{cents:0<2}").parse().map_err(|_| MoneyError)?;
        Ok(Self { cents: whole * 100 + cents, currency })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let currency = std::str::from_utf8(&self.currency).unwrap_or("???");
        write!(f, "{}.{:02} {currency}", self.cents / 100, self.cents % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written() {
        for (text, written) in
            [("1250.5 USD", "1250.50 USD"), ("0 KES", "0.00 KES"), ("7.05 EUR", "7.05 EUR")]
        {
            assert_eq!(text.parse::<Money>().unwrap().to_string(), written);
        }
        for text in ["1250", "1250.555 USD", "-1 USD", "1 usd", "1,5 EUR", ". EUR", "1234567890123456 USD"] {
            assert_eq!(text.parse::<Money>(), Err(MoneyError), "{text}");
        }
    }
}
