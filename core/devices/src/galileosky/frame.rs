//! `head u8 | length u16 | content | CRC-16/MODBUS`, low bytes first; the highest bit of the length says that the
//! archive holds more. Through Iridium the gateway's message comes instead: `01 | length u16 (high byte first) | elements`.

use plomb_wire::Crc16;

use super::message;
use crate::pieces::Start;

/// Head and length.
pub(super) const HEADER_BYTES: usize = 3;
/// The checksum.
const SUM_BYTES: usize = 2;
/// The length without the mark of an archive.
const LENGTH_MASK: u16 = 0x7FFF;
/// Shortest content of a compressed packet: one record without tags.
const COMPRESSED_BYTES_MIN: usize = 11;
/// Longest message of an Iridium gateway: header, location and a payload of 1,960 bytes, with room.
const IRIDIUM_BYTES_MAX: usize = 2048;

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 01: tags.
    Main,
    /// 07: a part of a photo.
    Photo,
    /// 08: records of a minimum data set and tags.
    Compressed,
    /// 01 with the header of an Iridium gateway.
    Iridium,
}

/// A whole packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) kind: Kind,
    /// Whether the device says that its archive holds more.
    pub(super) more: bool,
    /// Between the length and the checksum.
    pub(super) content: &'a [u8],
    /// The checksum as it came; none through Iridium.
    pub(super) sum: Option<u16>,
    /// What the checksum should be.
    pub(super) expected: u16,
}

/// The checksum of a packet up to it.
pub(super) fn sum(bytes: &[u8]) -> u16 {
    Crc16::MODBUS.of(bytes)
}

/// What begins at `data`.
pub(super) fn start(data: &[u8]) -> Start {
    let (low, high) = match *data {
        [1 | 7 | 8, low, high, ..] => (low, high),
        [1 | 7 | 8] | [1 | 7 | 8, _] => return Start::NeedMore,
        _ => return Start::Nothing,
    };
    let length = usize::from(u16::from_le_bytes([low, high]) & LENGTH_MASK);
    let bytes = match data {
        [1, _, _, 1, 0, 28, ..] => {
            let length = usize::from(u16::from_be_bytes([low, high]));
            if length > IRIDIUM_BYTES_MAX {
                return Start::Nothing;
            }
            let bytes = HEADER_BYTES + length;
            let whole = data.len() >= bytes;
            return if whole { Start::Frame { bytes, sound: true } } else { Start::NeedMore };
        }
        [1, _, _] | [1, _, _, 1] | [1, _, _, 1, 0] if length > 0 => return Start::NeedMore,
        [1, _, _, tag, ..] if length > 0 && message::is_tag(*tag) => HEADER_BYTES + length + SUM_BYTES,
        [7, ..] if length > 0 => HEADER_BYTES + length + SUM_BYTES,
        [8, ..] if length >= COMPRESSED_BYTES_MIN => HEADER_BYTES + length + SUM_BYTES,
        _ => return Start::Nothing,
    };
    match data.get(..bytes).and_then(Frame::of) {
        Some(frame) => Start::Frame { bytes, sound: frame.is_sound() },
        None => Start::NeedMore,
    }
}

impl<'a> Frame<'a> {
    /// Takes a whole packet apart.
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let (head, rest) = wire.split_first()?;
        if let [1, _, _, 1, 0, 28, ..] = wire {
            let content = wire.get(HEADER_BYTES..)?;
            return Some(Self { kind: Kind::Iridium, more: false, content, sum: None, expected: 0 });
        }
        let kind = match head {
            1 => Kind::Main,
            7 => Kind::Photo,
            8 => Kind::Compressed,
            _ => return None,
        };
        let length = u16::from_le_bytes(rest.get(..2)?.try_into().ok()?);
        let (summed, found) = wire.split_at_checked(wire.len().checked_sub(SUM_BYTES)?)?;
        let content = summed.get(HEADER_BYTES..)?;
        if content.len() != usize::from(length & LENGTH_MASK) {
            return None;
        }
        let found = u16::from_le_bytes(found.try_into().ok()?);
        let more = length & !LENGTH_MASK != 0;
        Some(Self { kind, more, content, sum: Some(found), expected: sum(summed) })
    }

    /// Whether the checksum holds.
    pub(super) fn is_sound(&self) -> bool {
        self.sum.is_none_or(|found| found == self.expected)
    }
}
