//! A cursor over bytes that cannot run past their end.

/// Fewer bytes are there than the field needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{needed} bytes needed at byte {offset}, {left} left")]
pub struct Short {
    /// Where the field begins.
    pub offset: usize,
    /// How many bytes it needs.
    pub needed: usize,
    /// How many are left.
    pub left: usize,
}

/// Reads fields one after another; big-endian unless the name says `_le`.
///
/// ```
/// use plomb_wire::Reader;
/// let mut reader = Reader::new(&[0x12, 0x34, 0x56]);
/// assert_eq!(reader.u16(), Ok(0x1234));
/// assert_eq!(reader.offset(), 2);
/// assert!(reader.u16().is_err());
/// assert_eq!(reader.u8(), Ok(0x56));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
    base: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from their start.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, base: 0 }
    }

    /// Reads `bytes`, which begin at `base` in the frame: offsets are those of the frame.
    #[must_use]
    pub const fn at(bytes: &'a [u8], base: usize) -> Self {
        Self { bytes, position: 0, base }
    }

    /// Offset of the next byte.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.base + self.position
    }

    /// How many bytes are left.
    #[must_use]
    pub const fn left(&self) -> usize {
        self.bytes.len() - self.position
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left() == 0
    }

    /// What is left, without taking it.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    /// The next byte, without taking it.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Short`] when fewer are left; nothing is taken then.
    #[inline]
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Short> {
        match self.bytes.get(self.position..self.position.saturating_add(count)) {
            Some(field) => {
                self.position += count;
                Ok(field)
            }
            None => Err(Short { offset: self.offset(), needed: count, left: self.left() }),
        }
    }

    /// The next `count` bytes as a reader of their own, with the frame's offsets.
    ///
    /// # Errors
    /// [`Short`] as for [`Reader::take`].
    pub fn part(&mut self, count: usize) -> Result<Self, Short> {
        let base = self.offset();
        Ok(Self::at(self.take(count)?, base))
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// [`Short`] as for [`Reader::take`].
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Short> {
        let short = Short { offset: self.offset(), needed: N, left: self.left() };
        self.take(N)?.try_into().map_err(|_| short)
    }

    /// Leaves out `count` bytes.
    ///
    /// # Errors
    /// [`Short`] as for [`Reader::take`].
    pub fn skip(&mut self, count: usize) -> Result<(), Short> {
        self.take(count).map(|_| ())
    }

    /// Three bytes as an unsigned number.
    ///
    /// # Errors
    /// [`Short`] as for [`Reader::take`].
    pub fn u24(&mut self) -> Result<u32, Short> {
        let [a, b, c] = self.array()?;
        Ok(u32::from_be_bytes([0, a, b, c]))
    }
}

macro_rules! numbers {
    ($($name:ident $name_le:ident $type:ty;)*) => {
        impl Reader<'_> {
            $(
                /// A big-endian number.
                ///
                /// # Errors
                /// [`Short`] when too few bytes are left; nothing is taken then.
                #[inline]
                pub fn $name(&mut self) -> Result<$type, Short> {
                    Ok(<$type>::from_be_bytes(self.array()?))
                }

                /// A little-endian number.
                ///
                /// # Errors
                /// [`Short`] when too few bytes are left; nothing is taken then.
                #[inline]
                pub fn $name_le(&mut self) -> Result<$type, Short> {
                    Ok(<$type>::from_le_bytes(self.array()?))
                }
            )*
        }
    };
}
numbers! {
    u8 u8_le u8; u16 u16_le u16; u32 u32_le u32; u64 u64_le u64;
    i8 i8_le i8; i16 i16_le i16; i32 i32_le i32; i64 i64_le i64;
}
