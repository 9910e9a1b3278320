//! `head twice | type | length u16 | serial u16 | IMEI 8 BCD | content`; the length counts everything, and there is no
//! checksum: a frame is believed if its type is known, its length fits and its IMEI is decimal behind one nibble.

use plomb_model::{DeviceId, Scheme};
use plomb_wire::bcd_digits;

/// Longest frame: Bluetooth lists take a few hundred bytes, answers in UTF-16 up to 2 KiB.
const FRAME_BYTES_MAX: usize = 4 * 1024;
/// Head to IMEI.
pub(super) const HEADER_BYTES: usize = 15;
/// Bytes of no frame that are kept together in one report.
const NOISE_BYTES_MAX: usize = 1024;
/// First bytes of the families: 880x, 880x+, OBD, personal and asset trackers.
const HEADS: [u8; 4] = [0x23, 0x25, 0x26, 0x27];

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) wire: &'a [u8],
    pub(super) head: u8,
    pub(super) kind: u8,
    pub(super) serial: u16,
}

/// A piece at the front of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Frame(usize),
    Noise(usize),
    Cut(usize),
}

enum Start {
    Nothing,
    NeedMore,
    Frame(usize),
}

const fn is_kind(kind: u8) -> bool {
    matches!(kind, 0x01..=0x20 | 0x81 | 0x82)
}

fn start(data: &[u8]) -> Start {
    let head = match data {
        [first, second, ..] if first == second && HEADS.contains(first) => data,
        [first] if HEADS.contains(first) => return Start::NeedMore,
        _ => return Start::Nothing,
    };
    if head.get(2).is_some_and(|kind| !is_kind(*kind)) {
        return Start::Nothing;
    }
    let decimal = |byte: &u8| byte >> 4 <= 9 && byte & 0x0F <= 9;
    let imei = head.get(7..HEADER_BYTES.min(head.len())).unwrap_or_default();
    if !imei.iter().all(decimal) {
        return Start::Nothing;
    }
    let (Some(high), Some(low)) = (head.get(3), head.get(4)) else { return Start::NeedMore };
    let bytes = usize::from(u16::from_be_bytes([*high, *low]));
    if !(HEADER_BYTES..=FRAME_BYTES_MAX).contains(&bytes) {
        return Start::Nothing;
    }
    if data.len() < bytes { Start::NeedMore } else { Start::Frame(bytes) }
}

/// The piece at the front of `data`; `None` when more bytes are needed. With `finished` there is always one.
pub(super) fn next(data: &[u8], finished: bool) -> Option<Piece> {
    let mut noise = 0;
    while let Some(rest) = data.get(noise..).filter(|rest| !rest.is_empty()) {
        match start(rest) {
            Start::Frame(bytes) if noise == 0 => return Some(Piece::Frame(bytes)),
            Start::Frame(_) => return Some(Piece::Noise(noise)),
            Start::NeedMore if !finished => return None,
            Start::NeedMore if noise == 0 && rest.len() > 5 => {
                let inside = (1..rest.len())
                    .find(|at| matches!(start(rest.get(*at..).unwrap_or_default()), Start::Frame(_)));
                return Some(Piece::Cut(inside.unwrap_or(rest.len())));
            }
            Start::NeedMore if rest.len() > 5 => return Some(Piece::Noise(noise)),
            Start::NeedMore | Start::Nothing => noise += 1,
        }
        if noise >= NOISE_BYTES_MAX {
            return Some(Piece::Noise(noise));
        }
    }
    (finished && noise > 0).then_some(Piece::Noise(noise))
}

impl<'a> Frame<'a> {
    /// Takes a whole frame apart.
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let [head, _, kind, _, _, high, low, ..] = *wire else { return None };
        Some(Self { wire, head, kind, serial: u16::from_be_bytes([high, low]) })
    }

    /// The IMEI: the first nibble is not part of it.
    pub(super) fn device(&self) -> Option<DeviceId> {
        let digits = bcd_digits(self.wire.get(7..HEADER_BYTES)?);
        DeviceId::new(Scheme::Imei, digits.get(1..)?).ok()
    }

    pub(super) fn u8(&self, at: usize) -> Option<u8> {
        self.wire.get(at).copied()
    }

    pub(super) fn u16(&self, at: usize) -> Option<u16> {
        self.wire.get(at..at + 2).map(|bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u16::from(*byte)))
    }

    pub(super) fn u32(&self, at: usize) -> Option<u32> {
        self.wire.get(at..at + 4).map(|bytes| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
    }
}
