//! Fields that begin and end at any bit.

use super::EpcError;

/// Reads from the most significant bit on.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Bits<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    /// The next bits, up to 128, as a number.
    pub(super) fn take(&mut self, count: usize) -> Result<u128, EpcError> {
        let mut value = 0;
        for position in self.position..self.position + count {
            let byte = self.bytes.get(position / 8).ok_or(EpcError::Short)?;
            value = value << 1 | u128::from(byte >> (7 - position % 8) & 1);
        }
        self.position += count;
        Ok(value)
    }

    /// The next few bits, up to 8.
    pub(super) fn small(&mut self, count: usize) -> Result<u8, EpcError> {
        self.take(count).map(|value| u8::try_from(value).unwrap_or(u8::MAX))
    }

    /// Whether nothing but zeros is left.
    pub(super) fn is_blank(&mut self) -> bool {
        let left = (self.bytes.len() * 8).saturating_sub(self.position);
        (0..left).all(|_| self.take(1) == Ok(0))
    }
}

/// Writes from the most significant bit on.
#[derive(Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    length: usize,
}

impl BitWriter {
    /// The lower bits of a number.
    pub(super) fn put(&mut self, value: u128, count: usize) {
        for place in (0..count).rev() {
            if self.length.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(value >> place & 1 == 1) << (7 - self.length % 8);
            }
            self.length += 1;
        }
    }

    /// The bytes, the last filled with zeros.
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// The largest number of so many digits, plus one.
fn power(digits: usize) -> u128 {
    u32::try_from(digits).ok().and_then(|digits| 10_u128.checked_pow(digits)).unwrap_or(u128::MAX)
}

/// How many bits hold any number of so many digits (TDS table B).
pub(super) fn bits_of(digits: usize) -> usize {
    let zeros = (power(digits) - 1).leading_zeros();
    usize::try_from(u128::BITS - zeros).unwrap_or_default()
}

/// A number with leading noughts up to its length in digits; nothing where there are no digits.
pub(super) fn padded(value: u128, digits: usize) -> Result<String, EpcError> {
    if value >= power(digits) {
        return Err(EpcError::Form("a number has more digits than its field"));
    }
    Ok(if digits == 0 { String::new() } else { format!("{value:0>digits$}") })
}

/// The number that digits write; nothing is 0.
pub(super) fn number(digits: &str) -> Result<u128, EpcError> {
    if digits.is_empty() {
        return Ok(0);
    }
    digits.parse().map_err(|_| EpcError::Form("a number has other characters than digits"))
}
