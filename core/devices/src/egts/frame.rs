//! The transport layer: a header with its CRC-8, and what it carries with its CRC-16. Numbers have the low byte first.

use crate::pieces::Start;

/// Version of the protocol.
const VERSION: u8 = 1;
/// Header without and with the addresses of routing.
const HEADER_BYTES: u8 = 11;
const ROUTED_HEADER_BYTES: u8 = 16;
/// The longest data that the standard has.
const DATA_BYTES_MAX: usize = 65_517;
/// Flags: addresses of routing are there, encryption, compression.
const ROUTED: u8 = 0x20;
const ENCRYPTED: u8 = 0x18;
const COMPRESSED: u8 = 0x04;

/// Types of packets.
pub(super) const RESPONSE: u8 = 0;
pub(super) const APPDATA: u8 = 1;
pub(super) const SIGNED: u8 = 2;

/// A whole packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet<'a> {
    pub(super) flags: u8,
    pub(super) number: u16,
    pub(super) kind: u8,
    /// Where the data begins.
    pub(super) header_bytes: usize,
    pub(super) data: &'a [u8],
    /// The checksum as it came and as it should be; nothing where there is no data.
    pub(super) sum: Option<(u16, u16)>,
}

impl<'a> Packet<'a> {
    pub(super) fn of(wire: &'a [u8]) -> Option<Self> {
        let [_, _, flags, header_bytes, _, _, _, low, high, kind, ..] = *wire else { return None };
        let header_bytes = usize::from(header_bytes);
        let rest = wire.get(header_bytes..)?;
        let (data, sum) = match rest.split_last_chunk::<2>() {
            Some((data, sum)) => (data, Some((u16::from_le_bytes(*sum), crc16(data)))),
            None => (rest, None),
        };
        let number = u16::from_le_bytes([low, high]);
        Some(Self { flags, number, kind, header_bytes, data, sum })
    }

    /// Whether the checksum of the data holds.
    pub(super) fn is_sound(&self) -> bool {
        self.sum.is_none_or(|(found, computed)| found == computed)
    }

    /// Whether the data cannot be read as it is.
    pub(super) const fn is_closed(&self) -> bool {
        self.flags & (ENCRYPTED | COMPRESSED) != 0
    }
}

/// CRC-8 of a header: polynomial 31, initial FF.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    })
}

/// CRC-16/CCITT-FALSE of the data: polynomial 1021, initial FFFF.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc, byte| {
        (0..8).fold(
            crc ^ u16::from(*byte) << 8,
            |crc: u16, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            },
        )
    })
}

/// What begins at the front of `data`: a packet is believed if its header's checksum holds.
pub(super) fn start(data: &[u8]) -> Start {
    if data.first() != Some(&VERSION) {
        return Start::Nothing;
    }
    if data.get(2).is_some_and(|flags| flags & 0xC0 != 0) {
        return Start::Nothing;
    }
    let Some(length) = data.get(3) else { return Start::NeedMore };
    let routed = data.get(2).is_some_and(|flags| flags & ROUTED != 0);
    if *length != if routed { ROUTED_HEADER_BYTES } else { HEADER_BYTES } {
        return Start::Nothing;
    }
    let Some(header) = data.get(..usize::from(*length)) else { return Start::NeedMore };
    let [_, _, _, _, _, low, high, ..] = *header else { return Start::NeedMore };
    if header.split_last().is_none_or(|(sum, covered)| crc8(covered) != *sum) {
        return Start::Nothing;
    }
    let content = usize::from(u16::from_le_bytes([low, high]));
    if content > DATA_BYTES_MAX {
        return Start::Nothing;
    }
    let bytes = header.len() + if content == 0 { 0 } else { content + 2 };
    match data.get(..bytes).and_then(Packet::of) {
        Some(packet) => Start::Frame { bytes, sound: packet.is_sound() },
        None => Start::NeedMore,
    }
}

/// Writes a packet.
pub(super) fn write(number: u16, kind: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![VERSION, 0, 0, HEADER_BYTES, 0];
    bytes.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend_from_slice(&number.to_le_bytes());
    bytes.push(kind);
    bytes.push(crc8(&bytes));
    bytes.extend_from_slice(data);
    if !data.is_empty() {
        bytes.extend_from_slice(&crc16(data).to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_values_of_the_catalogue() {
        assert_eq!(crc8(b"123456789"), 0xF7);
        assert_eq!(crc16(b"123456789"), 0x29B1);
        let packet = write(7, APPDATA, &[1, 2, 3]);
        assert_eq!(start(&packet), Start::Frame { bytes: packet.len(), sound: true });
        let empty = write(7, APPDATA, &[]);
        assert_eq!((empty.len(), start(&empty)), (11, Start::Frame { bytes: 11, sound: true }));
    }
}
