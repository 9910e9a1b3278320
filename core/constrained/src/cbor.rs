//! CBOR (RFC 8949), read in place and written in its shortest form.
//!
//! Strings in parts (indefinite length) are not taken: nobody who signs or counts bytes sends them. Arrays and maps
//! of indefinite length are.

use crate::{Fault, Full};

/// How deep items may stand in one another: COSE needs 4, a credential 3.
pub const DEPTH_MAX: usize = 16;

/// One head with its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Item<'a> {
    /// 0 to 2^64 - 1.
    Unsigned(u64),
    /// -1 - n.
    Negative(u64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// An array of so many items, or of as many as come before a [`Item::Break`].
    Array(Option<u64>),
    /// A map of so many pairs.
    Map(Option<u64>),
    /// A tag before an item.
    Tag(u64),
    /// true, false.
    Bool(bool),
    /// null.
    Null,
    /// Another simple value.
    Simple(u8),
    /// A half, single or double.
    Float(f64),
    /// The end of an array or map of indefinite length.
    Break,
}

impl Item<'_> {
    /// An integer that fits.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match *self {
            Item::Unsigned(n) => i64::try_from(n).ok(),
            Item::Negative(n) => i64::try_from(n).ok().map(|n| -1 - n),
            _ => None,
        }
    }
}

/// Reads items one after another.
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Decoder<'a> {
    /// From the first byte.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the next item begins.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// What is left.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// That nothing is left.
    ///
    /// # Errors
    /// Where it goes on.
    pub fn end(&self) -> Result<(), Fault> {
        if self.is_empty() { Ok(()) } else { Err(self.fault("bytes after the end")) }
    }

    const fn fault(&self, what: &'static str) -> Fault {
        Fault::new(self.at, what)
    }

    fn take(&mut self, count: u64, what: &'static str) -> Result<&'a [u8], Fault> {
        let end = usize::try_from(count).ok().and_then(|count| self.at.checked_add(count));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| Fault::new(self.at, what))?;
        self.at += taken.len();
        Ok(taken)
    }

    /// Major type, additional information and argument (none: indefinite length).
    fn head(&mut self) -> Result<(u8, u8, Option<u64>), Fault> {
        let start = self.at;
        let first = *self.bytes.get(self.at).ok_or_else(|| self.fault("CBOR item cut off"))?;
        self.at += 1;
        let (major, info) = (first >> 5, first & 0x1F);
        let argument = match info {
            0..=23 => Some(u64::from(info)),
            24..=27 => {
                let bytes = self.take(1 << (info - 24), "CBOR head cut off")?;
                Some(bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
            }
            31 => None,
            _ => return Err(Fault::new(start, "no CBOR: reserved additional information")),
        };
        Ok((major, info, argument))
    }

    /// The next item; of an array, map or tag only its head.
    ///
    /// # Errors
    /// Where it is cut off or no CBOR.
    pub fn item(&mut self) -> Result<Item<'a>, Fault> {
        let start = self.at;
        let (major, info, argument) = self.head()?;
        let indefinite = Fault::new(start, "no CBOR that is taken: indefinite length");
        Ok(match major {
            0 => Item::Unsigned(argument.ok_or(indefinite)?),
            1 => Item::Negative(argument.ok_or(indefinite)?),
            2 => Item::Bytes(self.take(argument.ok_or(indefinite)?, "byte string cut off")?),
            3 => {
                let text = self.take(argument.ok_or(indefinite)?, "text cut off")?;
                let text = core::str::from_utf8(text);
                Item::Text(text.map_err(|_| Fault::new(start, "a text that is no UTF-8"))?)
            }
            4 => Item::Array(argument),
            5 => Item::Map(argument),
            6 => Item::Tag(argument.ok_or(indefinite)?),
            _ => simple(info, argument).ok_or_else(|| Fault::new(start, "no CBOR: unknown simple value"))?,
        })
    }

    /// The next item, without taking it.
    ///
    /// # Errors
    /// As [`Decoder::item`].
    pub fn peek(&self) -> Result<Item<'a>, Fault> {
        self.clone().item()
    }

    /// Passes over the next item with all that stands in it; gives its bytes.
    ///
    /// # Errors
    /// Where it is no CBOR, or deeper than [`DEPTH_MAX`].
    pub fn skip(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        self.pass(0)?;
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }

    fn pass(&mut self, depth: usize) -> Result<(), Fault> {
        if depth >= DEPTH_MAX {
            return Err(self.fault("CBOR items too deep in one another"));
        }
        let start = self.at;
        let (count, step) = match self.item()? {
            Item::Array(count) => (count, 1),
            Item::Map(count) => (count, 2),
            Item::Tag(_) => (Some(1), 1),
            Item::Break => return Err(Fault::new(start, "a break outside of an array or map")),
            _ => return Ok(()),
        };
        let mut left = count;
        while left != Some(0) {
            if left.is_none() && self.take_break()? {
                break;
            }
            for _ in 0..step {
                self.pass(depth + 1)?;
            }
            left = left.map(|left| left - 1);
        }
        Ok(())
    }

    /// Takes a break if one comes next.
    ///
    /// # Errors
    /// At the end of the bytes.
    pub fn take_break(&mut self) -> Result<bool, Fault> {
        match self.bytes.get(self.at) {
            Some(0xFF) => {
                self.at += 1;
                Ok(true)
            }
            Some(_) => Ok(false),
            None => Err(self.fault("the end of the array or map is missing")),
        }
    }

    /// A byte string.
    ///
    /// # Errors
    /// When it is another item.
    pub fn bytes(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        match self.item()? {
            Item::Bytes(bytes) => Ok(bytes),
            _ => Err(Fault::new(start, "a byte string should stand here")),
        }
    }

    /// An integer.
    ///
    /// # Errors
    /// When it is another item or does not fit.
    pub fn integer(&mut self) -> Result<i64, Fault> {
        let start = self.at;
        self.item()?.integer().ok_or_else(|| Fault::new(start, "an integer should stand here"))
    }

    /// The head of an array of known length.
    ///
    /// # Errors
    /// When it is another item.
    pub fn array(&mut self) -> Result<u64, Fault> {
        let start = self.at;
        match self.item()? {
            Item::Array(Some(count)) => Ok(count),
            _ => Err(Fault::new(start, "an array should stand here")),
        }
    }

    /// The head of a map of known length.
    ///
    /// # Errors
    /// When it is another item.
    pub fn map(&mut self) -> Result<u64, Fault> {
        let start = self.at;
        match self.item()? {
            Item::Map(Some(count)) => Ok(count),
            _ => Err(Fault::new(start, "a map should stand here")),
        }
    }
}

fn simple(info: u8, argument: Option<u64>) -> Option<Item<'static>> {
    let Some(argument) = argument else { return Some(Item::Break) };
    Some(match info {
        20 => Item::Bool(false),
        21 => Item::Bool(true),
        22 => Item::Null,
        24 => Item::Simple(u8::try_from(argument).ok().filter(|value| *value >= 32)?),
        25 => Item::Float(half(u16::try_from(argument).ok()?)),
        26 => Item::Float(f64::from(f32::from_bits(u32::try_from(argument).ok()?))),
        27 => Item::Float(f64::from_bits(argument)),
        _ => Item::Simple(info),
    })
}

/// A half-precision number (RFC 8949, appendix D).
fn half(bits: u16) -> f64 {
    let (exponent, mantissa) = (bits >> 10 & 0x1F, f64::from(bits & 0x3FF));
    // 2^-24 and 2^-10 are exact.
    let value = match exponent {
        0 => mantissa / 16_777_216.0,
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => {
            let power = f64::from(1_u32 << exponent) / 32_768.0;
            (1.0 + mantissa / 1024.0) * power
        }
    };
    if bits & 0x8000 == 0 { value } else { -value }
}

/// Where written bytes go: memory, or a hash.
pub trait Sink {
    /// Takes bytes.
    fn put(&mut self, bytes: &[u8]);
}

impl<D: sha2::digest::Update> Sink for D {
    fn put(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// Counts instead of keeping.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count(pub usize);

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) {
        self.0 += bytes.len();
    }
}

/// Memory of the caller that is written from the front.
#[derive(Debug)]
pub struct Buffer<'a> {
    out: &'a mut [u8],
    at: usize,
    full: bool,
}

impl<'a> Buffer<'a> {
    /// An empty one.
    #[must_use]
    pub const fn new(out: &'a mut [u8]) -> Self {
        Self { out, at: 0, full: false }
    }

    /// How many bytes are written.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.at
    }

    /// Whether nothing is written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.at == 0
    }

    /// What is written.
    ///
    /// # Errors
    /// [`Full`] when not all of it found room.
    pub fn finish(self) -> Result<&'a mut [u8], Full> {
        if self.full { Err(Full) } else { self.out.get_mut(..self.at).ok_or(Full) }
    }

    /// How many bytes are written.
    ///
    /// # Errors
    /// [`Full`] when not all of them found room.
    pub const fn written(&self) -> Result<usize, Full> {
        if self.full { Err(Full) } else { Ok(self.at) }
    }

    /// What is written so far.
    #[must_use]
    pub fn so_far(&self) -> &[u8] {
        self.out.get(..self.at).unwrap_or_default()
    }
}

impl Sink for Buffer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        match self.out.get_mut(self.at..).and_then(|rest| rest.get_mut(..bytes.len())) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.at += bytes.len();
            }
            None => self.full = true,
        }
    }
}

/// Writes items, each in its shortest form.
#[derive(Debug)]
pub struct Encoder<S>(pub S);

impl<S: Sink> Encoder<S> {
    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let bytes = argument.to_be_bytes();
        let (info, count) = match argument {
            0..=23 => (bytes.last().copied().unwrap_or_default(), 0),
            24..=0xFF => (24, 1),
            0x100..=0xFFFF => (25, 2),
            0x1_0000..=0xFFFF_FFFF => (26, 4),
            _ => (27, 8),
        };
        self.0.put(&[major << 5 | info]);
        self.0.put(bytes.get(8 - count..).unwrap_or_default());
        self
    }

    /// An integer.
    pub fn integer(&mut self, value: i64) -> &mut Self {
        match u64::try_from(value) {
            Ok(value) => self.head(0, value),
            // -1 - value is not negative.
            Err(_) => self.head(1, (-1 - value).unsigned_abs()),
        }
    }

    /// An integer that has no sign.
    pub fn unsigned(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    /// A byte string.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.bytes_head(bytes.len());
        self.raw(bytes)
    }

    /// The head of a byte string whose bytes follow by [`Encoder::raw`].
    pub fn bytes_head(&mut self, length: usize) -> &mut Self {
        self.head(2, length as u64)
    }

    /// A text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.head(3, text.len() as u64);
        self.raw(text.as_bytes())
    }

    /// The head of an array.
    pub fn array(&mut self, count: usize) -> &mut Self {
        self.head(4, count as u64)
    }

    /// The head of an array whose end is written by [`Encoder::end`].
    pub fn array_begin(&mut self) -> &mut Self {
        self.raw(&[0x9F])
    }

    /// The end of an array of indefinite length.
    pub fn end(&mut self) -> &mut Self {
        self.raw(&[0xFF])
    }

    /// The head of a map.
    pub fn map(&mut self, count: usize) -> &mut Self {
        self.head(5, count as u64)
    }

    /// A tag.
    pub fn tag(&mut self, tag: u64) -> &mut Self {
        self.head(6, tag)
    }

    /// true or false.
    pub fn bool(&mut self, value: bool) -> &mut Self {
        self.raw(&[if value { 0xF5 } else { 0xF4 }])
    }

    /// null.
    pub fn null(&mut self) -> &mut Self {
        self.raw(&[0xF6])
    }

    /// A double.
    pub fn double(&mut self, value: f64) -> &mut Self {
        self.raw(&[0xFB]);
        self.raw(&value.to_bits().to_be_bytes())
    }

    /// mantissa × 10^exponent: an integer, or a decimal fraction (tag 4).
    pub fn decimal(&mut self, mantissa: i64, exponent: i8) -> &mut Self {
        if exponent == 0 {
            return self.integer(mantissa);
        }
        self.tag(4).array(2).integer(i64::from(exponent)).integer(mantissa)
    }

    /// Bytes that are CBOR already.
    pub fn raw(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.put(bytes);
        self
    }
}
