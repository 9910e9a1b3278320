//! Frames of NTCB (`@NTC | receiver u32 | sender u32 | length u16 | XOR of the data | XOR of the header | data`), of
//! FLEX (`~` and a letter, records, CRC-8), and the ping 7F. Numbers have the low byte first.

use plomb_wire::xor8;

use super::flex::Fields;
use crate::pieces::Start;

/// Header of NTCB.
pub(super) const HEADER_BYTES: usize = 16;
/// What it begins with.
const PREAMBLE: &[u8; 4] = b"@NTC";
/// Longest data of NTCB that is waited for: an array of 255 records of F6 takes 28 KB.
const DATA_BYTES_MAX: usize = 32 * 1024;
/// Longest frame of FLEX that is waited for: 255 records with every field.
const FLEX_BYTES_MAX: usize = 256 * 1024;
/// Longest record of an extra packet of FLEX 2.0.
const EXTRA_BYTES_MAX: usize = 1024;
/// Longest frame of FLEX that is read alone.
const ALONE_BYTES_MAX: usize = 4096;
/// The ping of FLEX.
pub(super) const PING: u8 = 0x7F;

/// A whole frame.
#[derive(Clone, Copy, Debug)]
pub(super) enum Frame<'a> {
    Ping,
    Ntcb {
        receiver: u32,
        sender: u32,
        data: &'a [u8],
    },
    /// The letter, and what stands between it and the checksum.
    Flex {
        letter: u8,
        content: &'a [u8],
    },
}

impl<'a> Frame<'a> {
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        match *wire {
            [PING] => Some(Self::Ping),
            [b'~', letter, ref content @ .., _] => Some(Self::Flex { letter, content }),
            [b'@', _, _, _, a, b, c, d, e, f, g, h, ..] => Some(Self::Ntcb {
                receiver: u32::from_le_bytes([a, b, c, d]),
                sender: u32::from_le_bytes([e, f, g, h]),
                data: wire.get(HEADER_BYTES..)?,
            }),
            _ => None,
        }
    }
}

/// CRC-8 of FLEX: polynomial 31, initial FF.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    })
}

/// What begins at the front of `data`; frames of FLEX are known by the `fields` that the device announced.
pub(super) fn start(data: &[u8], fields: Option<&Fields>, ended: bool) -> Start {
    match (data.first(), fields) {
        (Some(b'@'), _) => ntcb(data),
        (Some(b'~'), Some(fields)) => flex(data, fields),
        (Some(b'~'), None) => alone(data, ended),
        (Some(&PING), Some(_)) => Start::Frame { bytes: 1, sound: true },
        _ => Start::Nothing,
    }
}

/// A frame of FLEX without the announcement of its fields: one that is alone, as captures have it, shows what they
/// are. So it is waited for whether anything else comes.
fn alone(data: &[u8], ended: bool) -> Start {
    let typed = data.get(1).is_none_or(|letter| b"ATCEX".contains(letter));
    let more = data.windows(PREAMBLE.len()).any(|window| window == PREAMBLE);
    if !typed || more || data.len() > ALONE_BYTES_MAX {
        return Start::Nothing;
    }
    match guess(data) {
        _ if !ended => Start::NeedMore,
        Some(_) => Start::Frame { bytes: data.len(), sound: true },
        None => Start::Nothing,
    }
}

/// The fields of a frame of FLEX that fills `data` to its end, if they are common ones.
pub(super) fn guess(data: &[u8]) -> Option<Fields> {
    let whole = Start::Frame { bytes: data.len(), sound: true };
    Fields::common(|fields| data.first() == Some(&b'~') && flex(data, fields) == whole)
}

fn ntcb(data: &[u8]) -> Start {
    if !data.iter().zip(PREAMBLE).all(|(byte, expected)| byte == expected) {
        return Start::Nothing;
    }
    let Some(header) = data.first_chunk::<HEADER_BYTES>() else { return Start::NeedMore };
    let [covered @ .., low, high, data_sum, header_sum] = header;
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    let sum = xor8(covered) ^ low ^ high ^ data_sum;
    if sum != *header_sum || length > DATA_BYTES_MAX {
        return Start::Nothing;
    }
    match data.get(HEADER_BYTES..HEADER_BYTES + length) {
        Some(content) => Start::Frame { bytes: HEADER_BYTES + length, sound: xor8(content) == *data_sum },
        None => Start::NeedMore,
    }
}

fn flex(data: &[u8], fields: &Fields) -> Start {
    let bytes = match (data.get(1), data.get(2)) {
        (Some(b'A'), Some(count)) => 3 + usize::from(*count) * fields.bytes(),
        (Some(b'T'), _) => 6 + fields.bytes(),
        (Some(b'C'), _) => 2 + fields.bytes(),
        (Some(b'E'), Some(count)) => match extra(data, 3, usize::from(*count)) {
            Ok(end) => end,
            Err(start) => return start,
        },
        (Some(b'X'), _) => match extra(data, 6, 1) {
            Ok(end) => end,
            Err(start) => return start,
        },
        (None | Some(b'A' | b'E'), _) => return Start::NeedMore,
        _ => return Start::Nothing,
    };
    if bytes > FLEX_BYTES_MAX {
        return Start::Nothing;
    }
    match (data.get(..bytes), data.get(bytes)) {
        (Some(covered), Some(sum)) => Start::Frame { bytes: bytes + 1, sound: crc8(covered) == *sum },
        _ => Start::NeedMore,
    }
}

/// Where so many extra records end that begin at an offset.
fn extra(data: &[u8], from: usize, count: usize) -> Result<usize, Start> {
    let mut at = from;
    for _ in 0..count {
        let length = data.get(at..).and_then(extra_bytes).ok_or(Start::NeedMore)?;
        if length > EXTRA_BYTES_MAX {
            return Err(Start::Nothing);
        }
        at += 2 + length;
    }
    Ok(at)
}

/// How long an extra record is behind its length.
pub(super) fn extra_bytes(data: &[u8]) -> Option<usize> {
    data.first_chunk::<2>().map(|length| usize::from(u16::from_le_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_of_known_answers() {
        assert_eq!(crc8(b"~A\x01"), 0xDF);
        assert_eq!(crc8(&[b'~', b'T', 4, 0, 0, 0]), 0x17);
        assert_eq!(crc8(b"123456789"), 0xF7);
    }
}
