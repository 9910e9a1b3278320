//! Writes and reads CBOR (RFC 8949) items in their one deterministic form: shortest heads, definite lengths
//! (section 4.2.1). Whatever has another form is refused.
//!
//! Appending to a `Vec` cannot fail, so the writer returns no errors. The tests have another
//! implementation read what is written here.

/// Major types, RFC 8949 section 3.1.
const UNSIGNED: u8 = 0 << 5;
const NEGATIVE: u8 = 1 << 5;
const BYTES: u8 = 2 << 5;
const TEXT: u8 = 3 << 5;
const ARRAY: u8 = 4 << 5;
const MAP: u8 = 5 << 5;
const TAG: u8 = 6 << 5;
const SIMPLE: u8 = 7 << 5;
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

/// Reads CBOR from a slice. `None`: not what was asked for, not whole, or not in its deterministic form.
pub(crate) struct Cursor<'b> {
    bytes: &'b [u8],
    position: usize,
}

impl<'b> Cursor<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(crate) const fn position(&self) -> usize {
        self.position
    }

    pub(crate) const fn left(&self) -> usize {
        self.bytes.len().saturating_sub(self.position)
    }

    /// Major type (in place) and argument of the item that begins here.
    #[inline(always)]
    fn head(&mut self) -> Option<(u8, u64)> {
        let first = *self.bytes.get(self.position)?;
        self.position += 1;
        let (major, short) = (first & SIMPLE, first & !SIMPLE);
        match short {
            0..=23 => Some((major, short.into())),
            // By far the most common of the longer ones, so it is worth its own way.
            24 => {
                let value = *self.bytes.get(self.position)?;
                self.position += 1;
                (value >= 24 || major == SIMPLE).then_some((major, value.into()))
            }
            _ => self.long_head(major, short),
        }
    }

    fn long_head(&mut self, major: u8, width: u8) -> Option<(u8, u64)> {
        let (value, shortest): (u64, bool) = match width {
            25 => {
                let value = u16::from_be_bytes(self.fixed()?);
                (value.into(), value > 0xff)
            }
            26 => {
                let value = u32::from_be_bytes(self.fixed()?);
                (value.into(), value > 0xffff)
            }
            27 => {
                let value = u64::from_be_bytes(self.fixed()?);
                (value, value > 0xffff_ffff)
            }
            _ => return None,
        };
        // Major type 7 holds floating-point numbers there, whose width is no question of size.
        (shortest || major == SIMPLE).then_some((major, value))
    }

    #[inline]
    fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = *self.bytes.get(self.position..)?.first_chunk()?;
        self.position += N;
        Some(bytes)
    }

    #[inline]
    fn argument(&mut self, wanted: u8) -> Option<u64> {
        let before = self.position;
        match self.head() {
            Some((major, argument)) if major == wanted => Some(argument),
            _ => {
                self.position = before;
                None
            }
        }
    }

    pub(crate) fn unsigned(&mut self) -> Option<u64> {
        self.argument(UNSIGNED)
    }

    pub(crate) fn signed(&mut self) -> Option<i64> {
        let before = self.position;
        let value = match self.head() {
            Some((UNSIGNED, argument)) => i64::try_from(argument).ok(),
            Some((NEGATIVE, argument)) => i64::try_from(argument).ok().map(|argument| !argument),
            _ => None,
        };
        if value.is_none() {
            self.position = before;
        }
        value
    }

    pub(crate) fn bytes(&mut self) -> Option<&'b [u8]> {
        self.string(BYTES)
    }

    pub(crate) fn text(&mut self) -> Option<&'b str> {
        let before = self.position;
        let text = self.string(TEXT).and_then(|bytes| std::str::from_utf8(bytes).ok());
        if text.is_none() {
            self.position = before;
        }
        text
    }

    fn string(&mut self, major: u8) -> Option<&'b [u8]> {
        let length = usize::try_from(self.argument(major)?).ok()?;
        let bytes = self.bytes.get(self.position..)?.get(..length)?;
        self.position += length;
        Some(bytes)
    }

    pub(crate) fn boolean(&mut self) -> Option<bool> {
        let value = match self.bytes.get(self.position) {
            Some(&TRUE) => true,
            Some(&FALSE) => false,
            _ => return None,
        };
        self.position += 1;
        Some(value)
    }

    /// Whether null was here; it is passed over.
    pub(crate) fn null(&mut self) -> bool {
        let null = self.bytes.get(self.position) == Some(&NULL);
        self.position += usize::from(null);
        null
    }

    /// Number of items of the array that begins here.
    pub(crate) fn array(&mut self) -> Option<u64> {
        self.argument(ARRAY)
    }

    /// Number of pairs of the map that begins here.
    pub(crate) fn map(&mut self) -> Option<u64> {
        self.argument(MAP)
    }

    /// Passes over items with all that is in them, without recursion.
    pub(crate) fn skip(&mut self, items: u64) -> Option<()> {
        let mut items = items;
        while items > 0 {
            items -= 1;
            let (major, argument) = self.head()?;
            match major {
                BYTES | TEXT => {
                    let length = usize::try_from(argument).ok().filter(|length| *length <= self.left())?;
                    self.position += length;
                }
                ARRAY => items = items.checked_add(argument)?,
                MAP => items = argument.checked_mul(2).and_then(|more| items.checked_add(more))?,
                TAG => items = items.checked_add(1)?,
                _ => {}
            }
        }
        Some(())
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
    fn longer_heads_than_need_be_are_refused() {
        for bytes in [
            &[0x18, 23][..],
            &[0x19, 0, 255],
            &[0x1a, 0, 0, 255, 255],
            &[0x1b, 0, 0, 0, 0, 255, 255, 255, 255],
        ] {
            assert_eq!(Cursor::new(bytes).unsigned(), None, "{bytes:x?}");
            assert_eq!(Cursor::new(bytes).skip(1), None, "{bytes:x?}");
        }
        assert_eq!(Cursor::new(&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0]).unsigned(), Some(1 << 32));
        assert_eq!(Cursor::new(&[0x3b, 0x7f, 255, 255, 255, 255, 255, 255, 255]).signed(), Some(i64::MIN));
        assert_eq!(Cursor::new(&[0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0]).signed(), None);
    }

    #[test]
    fn skipping_passes_over_everything_definite() {
        // [1.5, {1: h'0102', "a": [null]}, 0("x")] and then 7
        let bytes =
            [0x83, 0xf9, 0x3e, 0x00, 0xa2, 1, 0x42, 1, 2, 0x61, b'a', 0x81, 0xf6, 0xc0, 0x61, b'x', 7];
        let mut cursor = Cursor::new(&bytes);
        assert_eq!(cursor.skip(1), Some(()));
        assert_eq!(cursor.unsigned(), Some(7));
        assert_eq!(Cursor::new(&[0x9f, 1, 0xff]).skip(1), None);
        assert_eq!(Cursor::new(&[0x9b, 255, 255, 255, 255, 255, 255, 255, 255]).skip(1), None);
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
