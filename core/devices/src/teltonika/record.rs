//! Records of codecs 7, 8, 8 Extended and 16 in the manual's raw units.
//!
//! Nothing is collected: a record's head is read, then its IO elements are handed over one after another.
//! Source: Teltonika "Data sending protocols", sections Codec 8, Codec 8 Extended, Codec 16, and the GH3000
//! protocol for codec 7. Some firmwares of codec 8 append a fifth group of 16-byte values; a packet says so
//! only by its length.

use plomb_wire::{Reader, Short};

use super::message::Codec;

/// How the records of a packet are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    codec: Codec,
    tail: Tail,
}

/// What follows the groups of 1, 2, 4 and 8 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tail {
    Nothing,
    Sixteen,
    AnyLength,
}

/// Bytes of a head without event and total: time 8, priority 1, longitude 4, latitude 4, altitude 2, angle 2,
/// satellites 1, speed 2.
const HEAD_BYTES: usize = 24;

/// The fixed part of a record of codecs 8, 8 Extended and 16.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    /// Place of the record in the frame.
    pub(super) offset: usize,
    /// Milliseconds since 1970.
    pub(super) time_ms: u64,
    /// 0 low, 1 high, 2 panic.
    pub(super) priority: u8,
    /// 1e-7 degree.
    pub(super) longitude: i32,
    /// 1e-7 degree.
    pub(super) latitude: i32,
    /// Metres.
    pub(super) altitude: i16,
    /// Degrees.
    pub(super) angle: u16,
    /// Satellites in use; 0 without a fix.
    pub(super) satellites: u8,
    /// km/h.
    pub(super) speed: u16,
    /// IO element that made the record; 0 for none.
    pub(super) event: u16,
    /// Codec 16: what the element did to make the record.
    pub(super) generation: Option<u8>,
    /// IO elements of the record, by its own word.
    pub(super) total: u16,
}

/// The head of a record of codec 7: only what its masks announce.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MaskedHead {
    /// Place of the record in the frame.
    pub(super) offset: usize,
    /// Two bits of priority, then 30 bits of seconds since 2007-01-01.
    pub(super) time: u32,
    /// Which parts there are: bit 0 place, bits 1 to 3 elements of 1, 2 and 4 bytes.
    pub(super) mask: u8,
    /// Degrees.
    pub(super) place: Option<(f32, f32)>,
    /// Place of the latitude in the frame.
    pub(super) place_offset: usize,
    /// Metres.
    pub(super) altitude: Option<u16>,
    /// 360/256 degree.
    pub(super) angle: Option<u8>,
    /// km/h.
    pub(super) speed: Option<u8>,
    /// Satellites in use.
    pub(super) satellites: Option<u8>,
    /// Location area and cell.
    pub(super) cell: Option<(u16, u16)>,
    /// GSM signal.
    pub(super) signal: Option<u8>,
    /// Operator as a decimal number, country first.
    pub(super) operator: Option<u32>,
}

/// One IO element.
#[derive(Clone, Copy, Debug)]
pub(super) struct Element<'a> {
    /// AVL id.
    pub(super) id: u16,
    /// Place of the value in the frame.
    pub(super) offset: usize,
    /// The value.
    pub(super) value: &'a [u8],
}

impl Element<'_> {
    /// The value as an unsigned number, `None` beyond eight bytes and for none.
    #[inline]
    pub(super) fn unsigned(&self) -> Option<u64> {
        match *self.value {
            [a] => Some(u64::from(a)),
            [a, b] => Some(u64::from(u16::from_be_bytes([a, b]))),
            [a, b, c, d] => Some(u64::from(u32::from_be_bytes([a, b, c, d]))),
            [_, ..] if self.value.len() <= 8 => {
                Some(self.value.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
            }
            _ => None,
        }
    }

    /// The value as a signed number of its own width, `None` as for [`Element::unsigned`].
    pub(super) fn signed(&self) -> Option<i64> {
        match *self.value {
            [a] => Some(i64::from(i8::from_be_bytes([a]))),
            [a, b] => Some(i64::from(i16::from_be_bytes([a, b]))),
            [a, b, c, d] => Some(i64::from(i32::from_be_bytes([a, b, c, d]))),
            _ => self.unsigned().map(u64::cast_signed),
        }
    }
}

impl Layout {
    /// The layout of the records in `records` (all of them, without the counts around them).
    pub(super) fn of(codec: Codec, count: u8, records: &[u8]) -> Self {
        let plain = |tail| Self { codec, tail };
        match codec {
            Codec::EightExtended => plain(Tail::AnyLength),
            // The reference of a fifth group is the length: it counts only where the plain layout does not fit.
            Codec::Eight if !plain(Tail::Nothing).fits(count, records) => {
                let long = plain(Tail::Sixteen);
                if long.fits(count, records) { long } else { plain(Tail::Nothing) }
            }
            _ => plain(Tail::Nothing),
        }
    }

    /// Reads the head of a record of codecs 8, 8 Extended and 16.
    #[inline]
    pub(super) fn head(self, reader: &mut Reader<'_>) -> Result<Head, Short> {
        let offset = reader.offset();
        let mut fixed = reader.part(HEAD_BYTES)?;
        Ok(Head {
            offset,
            time_ms: fixed.u64()?,
            priority: fixed.u8()?,
            longitude: fixed.i32()?,
            latitude: fixed.i32()?,
            altitude: fixed.i16()?,
            angle: fixed.u16()?,
            satellites: fixed.u8()?,
            speed: fixed.u16()?,
            event: self.id(reader)?,
            generation: if self.codec == Codec::Sixteen { Some(reader.u8()?) } else { None },
            total: self.count(reader)?,
        })
    }

    /// Hands over the IO elements of a record whose head has been read; `mask` as in codec 7 (0x0F: all groups).
    ///
    /// # Errors
    /// [`Short`] where the record is cut off; the elements before it have been handed over.
    #[inline]
    pub(super) fn elements<'a>(
        self,
        reader: &mut Reader<'a>,
        mask: u8,
        mut each: impl FnMut(Element<'a>),
    ) -> Result<(), Short> {
        for (bit, width) in [(1, 1), (2, 2), (3, 4), (4, 8)] {
            let there = if self.codec == Codec::Seven { mask >> bit & 1 == 1 && bit < 4 } else { true };
            let count = if there { self.count(reader)? } else { 0 };
            for _ in 0..count {
                let id = self.id(reader)?;
                each(Element { id, offset: reader.offset(), value: reader.take(width)? });
            }
        }
        let count = if self.tail == Tail::Nothing { 0 } else { self.count(reader)? };
        for _ in 0..count {
            let id = self.id(reader)?;
            let width = if self.tail == Tail::Sixteen { 16 } else { usize::from(reader.u16()?) };
            each(Element { id, offset: reader.offset(), value: reader.take(width)? });
        }
        Ok(())
    }

    /// Bytes of an id and of a count.
    pub(super) const fn widths(self) -> (usize, usize) {
        match self.codec {
            Codec::EightExtended => (2, 2),
            Codec::Sixteen => (2, 1),
            _ => (1, 1),
        }
    }

    /// Whether `count` records of this layout fill `records` exactly.
    fn fits(self, count: u8, records: &[u8]) -> bool {
        let mut reader = Reader::new(records);
        let all = (0..count).try_for_each(|_| self.skip(&mut reader));
        all.is_ok() && reader.is_empty()
    }

    fn skip(self, reader: &mut Reader<'_>) -> Result<(), Short> {
        reader.skip(HEAD_BYTES)?;
        self.id(reader)?;
        self.count(reader)?;
        for width in [1, 2, 4, 8] {
            let count = usize::from(self.count(reader)?);
            reader.skip(count * (1 + width))?;
        }
        if self.tail == Tail::Sixteen {
            let count = usize::from(self.count(reader)?);
            reader.skip(count * 17)?;
        }
        Ok(())
    }

    #[inline]
    fn id(self, reader: &mut Reader<'_>) -> Result<u16, Short> {
        match self.codec {
            Codec::EightExtended | Codec::Sixteen => reader.u16(),
            _ => reader.u8().map(u16::from),
        }
    }

    #[inline]
    fn count(self, reader: &mut Reader<'_>) -> Result<u16, Short> {
        match self.codec {
            Codec::EightExtended => reader.u16(),
            _ => reader.u8().map(u16::from),
        }
    }
}

impl MaskedHead {
    /// Reads the head of a record of codec 7.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Short> {
        let mut head =
            Self { offset: reader.offset(), time: reader.u32()?, mask: reader.u8()?, ..Self::default() };
        if head.mask & 1 == 0 {
            return Ok(head);
        }
        let mask = reader.u8()?;
        let there = |bit: u8| mask >> bit & 1 == 1;
        head.place_offset = reader.offset();
        if there(0) {
            let (latitude, longitude) = (reader.u32()?, reader.u32()?);
            head.place = Some((f32::from_bits(latitude), f32::from_bits(longitude)));
        }
        if there(1) {
            head.altitude = Some(reader.u16()?);
        }
        if there(2) {
            head.angle = Some(reader.u8()?);
        }
        if there(3) {
            head.speed = Some(reader.u8()?);
        }
        if there(4) {
            head.satellites = Some(reader.u8()?);
        }
        if there(5) {
            head.cell = Some((reader.u16()?, reader.u16()?));
        }
        if there(6) {
            head.signal = Some(reader.u8()?);
        }
        if there(7) {
            head.operator = Some(reader.u32()?);
        }
        Ok(head)
    }
}
