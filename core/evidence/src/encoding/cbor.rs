//! Writes CBOR (RFC 8949) items, always in their shortest form and with definite lengths (section 4.2.1).
//!
//! Appending to a `Vec` cannot fail, so nothing here returns an error. Reading is done with `minicbor`, which thereby
//! checks this writer in every round-trip test.

/// Major types, RFC 8949 section 3.1.
const UNSIGNED: u8 = 0 << 5;
const NEGATIVE: u8 = 1 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;
const MAP: u8 = 5 << 5;
/// Simple values, RFC 8949 section 3.3.
const FALSE: u8 = 0xf4;
const TRUE: u8 = 0xf5;
const NULL: u8 = 0xf6;

/// Appends CBOR to a byte vector.
pub(crate) struct Writer<'a>(pub(crate) &'a mut Vec<u8>);

impl Writer<'_> {
    #[inline]
    fn head(&mut self, major: u8, argument: u64) {
        match argument {
            0..=23 => self.0.push(major | low_byte(argument)),
            24..=0xff => self.0.extend_from_slice(&[major | 24, low_byte(argument)]),
            _ => self.long_head(major, argument),
        }
    }

    fn long_head(&mut self, major: u8, argument: u64) {
        let [a, b, c, d, e, f, g, h] = argument.to_be_bytes();
        match argument {
            0..=0xffff => self.0.extend_from_slice(&[major | 25, g, h]),
            0x1_0000..=0xffff_ffff => self.0.extend_from_slice(&[major | 26, e, f, g, h]),
            _ => self.0.extend_from_slice(&[major | 27, a, b, c, d, e, f, g, h]),
        }
    }

    #[inline]
    pub(crate) fn unsigned(&mut self, value: impl Into<u64>) {
        self.head(UNSIGNED, value.into());
    }

    #[inline]
    pub(crate) fn signed(&mut self, value: impl Into<i64>) {
        let value = value.into();
        // -1 - n is written as n: the bitwise complement of a negative two's complement number.
        match u64::try_from(value) {
            Ok(value) => self.head(UNSIGNED, value),
            Err(_) => self.head(NEGATIVE, (!value).cast_unsigned()),
        }
    }

    #[inline]
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.head(BYTES, length(value.len()));
        self.0.extend_from_slice(value);
    }

    #[inline]
    pub(crate) fn text(&mut self, value: &str) {
        self.head(TEXT, length(value.len()));
        self.0.extend_from_slice(value.as_bytes());
    }

    #[inline]
    pub(crate) fn boolean(&mut self, value: bool) {
        self.0.push(if value { TRUE } else { FALSE });
    }

    #[inline]
    pub(crate) fn null(&mut self) {
        self.0.push(NULL);
    }

    /// `items` items follow.
    #[inline]
    pub(crate) fn array(&mut self, items: usize) {
        self.head(ARRAY, length(items));
    }

    /// `pairs` pairs of key and value follow.
    #[inline]
    pub(crate) fn map(&mut self, pairs: usize) {
        self.head(MAP, length(pairs));
    }
}

/// How many of these are there: the pairs of a map whose absent fields are left out.
#[inline]
pub(crate) fn present<const N: usize>(fields: [bool; N]) -> usize {
    fields.into_iter().map(usize::from).sum()
}

#[inline]
fn length(value: usize) -> u64 {
    // `usize` has at most 64 bits on every target of Rust.
    value as u64
}

#[inline]
fn low_byte(value: u64) -> u8 {
    value.to_le_bytes()[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8949 appendix A.
    #[test]
    fn integers_of_the_standard() {
        for (value, expected) in [
            (0_i64, &[0x00_u8][..]),
            (23, &[0x17]),
            (24, &[0x18, 0x18]),
            (1000, &[0x19, 0x03, 0xe8]),
            (1_000_000, &[0x1a, 0x00, 0x0f, 0x42, 0x40]),
            (1_000_000_000_000, &[0x1b, 0, 0, 0, 0xe8, 0xd4, 0xa5, 0x10, 0]),
            (-1, &[0x20]),
            (-100, &[0x38, 0x63]),
            (-1000, &[0x39, 0x03, 0xe7]),
            (i64::MIN, &[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        ] {
            let mut out = Vec::new();
            Writer(&mut out).signed(value);
            assert_eq!(out, expected, "{value}");
        }
    }

    #[test]
    fn strings_and_containers_of_the_standard() {
        let mut out = Vec::new();
        let mut writer = Writer(&mut out);
        writer.text("IETF");
        writer.bytes(&[1, 2, 3, 4]);
        writer.array(25);
        writer.map(2);
        writer.boolean(false);
        writer.boolean(true);
        writer.null();
        assert_eq!(out, [0x64, 0x49, 0x45, 0x54, 0x46, 0x44, 1, 2, 3, 4, 0x98, 0x19, 0xa2, 0xf4, 0xf5, 0xf6]);
    }
}
