//! Splits a Teltonika byte stream into frames and finds the next frame after bytes that are none.
//!
//! Four things come over the wire: the login (`u16` length, IMEI in ASCII), data packets (four zero bytes, `u32`
//! length, body, `u32` CRC), datagrams of the UDP channel (`u16` length, packet id, 01, AVL packet id, IMEI, body)
//! and the single byte FF that keeps a connection open. What a step decides depends on the bytes alone, never
//! on how they were cut into segments: where more bytes could change the decision it asks for them.
//! It refuses to read a body. Source: Teltonika "Data sending protocols", sections TCP, UDP and CRC-16.

use plomb_wire::Crc16;

/// Longest frame that is waited for. The vendor names 1,280 bytes for a packet of records; camera parts and
/// serial data forwarded with codec 12 go to a few KiB.
pub(super) const FRAME_BYTES_MAX: usize = 16 * 1024;
/// Longest run of bytes outside any frame that goes into one report.
pub(super) const NOISE_BYTES_MAX: usize = 1024;
/// Digits of an IMEI (3GPP TS 23.003).
pub(super) const IMEI_DIGITS: usize = 15;
/// Longest login text that is still answered with a refusal; beyond it the bytes are no login.
const LOGIN_TEXT_BYTES_MAX: usize = 20;
/// Zero preamble and length of a data packet.
pub(super) const PACKET_HEADER_BYTES: usize = 8;
/// Header of a data packet, its checksum included.
const PACKET_AROUND_BYTES: usize = PACKET_HEADER_BYTES + 4;
/// Shortest body: codec, count, count.
const BODY_BYTES_MIN: usize = 3;
/// UDP channel header up to and with the IMEI: length 2, packet id 2, 01, AVL packet id, IMEI length 2, IMEI 15.
pub(super) const DATAGRAM_HEADER_BYTES: usize = 8 + IMEI_DIGITS;
/// Checksums computed in search of a good frame inside one damaged frame, so that crafted bytes stay cheap.
const RESCUE_CHECKSUMS_MAX: usize = 16;
/// The byte that keeps a connection open.
pub(super) const PING: u8 = 0xFF;

/// What the first bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The byte that keeps a connection open.
    Ping,
    /// A login; its text may still be malformed.
    Login { length: usize },
    /// A data packet with its checksum as it should be.
    Packet { length: usize },
    /// A data packet whose checksum differs, with no good frame inside.
    Damaged { length: usize },
    /// A datagram of the UDP channel.
    Datagram { length: usize },
    /// Bytes of no frame.
    Noise { length: usize },
    /// The stream ends inside a frame (only when it has ended).
    Cut { length: usize },
    /// Not decided before this many bytes are there.
    Wait { needed: usize },
}

/// What could begin here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    No,
    Unsure { needed: usize },
    Login { length: usize },
    Packet { length: usize },
    Datagram { length: usize },
}

/// Decides what `bytes` begin with; `ended` says that no more will come. `bytes` must not be empty.
pub(super) fn next(bytes: &[u8], ended: bool) -> Step {
    if bytes.first() == Some(&PING) {
        return Step::Ping;
    }
    match start(bytes) {
        Start::No => noise(bytes, ended),
        Start::Unsure { .. } if ended => Step::Cut { length: bytes.len() },
        Start::Unsure { needed } => Step::Wait { needed },
        Start::Login { length } => Step::Login { length },
        Start::Packet { length } | Start::Datagram { length } if bytes.len() < length && !ended => {
            Step::Wait { needed: length }
        }
        Start::Packet { length } if bytes.len() < length => match rescue(bytes, bytes.len(), ended) {
            Rescue::At(length) => Step::Noise { length },
            Rescue::Wait { .. } | Rescue::None => Step::Cut { length: bytes.len() },
        },
        // The header of a datagram holds what looks like a login: nothing is looked for inside.
        Start::Datagram { length } if bytes.len() < length => Step::Cut { length: bytes.len() },
        Start::Datagram { length } => Step::Datagram { length },
        Start::Packet { length } if checksum_holds(bytes, length) => Step::Packet { length },
        Start::Packet { length } => match rescue(bytes, length, ended) {
            Rescue::At(length) => Step::Noise { length },
            Rescue::Wait { needed } => Step::Wait { needed },
            Rescue::None => Step::Damaged { length },
        },
    }
}

/// The checksum in the last four bytes of a packet, and what it should be.
pub(super) fn checksums(packet: &[u8]) -> (u32, u32) {
    let end = packet.len().saturating_sub(4);
    let body = packet.get(PACKET_HEADER_BYTES..end).unwrap_or_default();
    let found = packet.get(end..).and_then(|crc| crc.try_into().ok()).map_or(0, u32::from_be_bytes);
    (found, u32::from(Crc16::ARC.of(body)))
}

fn checksum_holds(bytes: &[u8], length: usize) -> bool {
    let (found, computed) = checksums(bytes.get(..length).unwrap_or_default());
    found == computed
}

/// What begins at the first byte, where a frame is expected.
fn start(bytes: &[u8]) -> Start {
    let &[high, low, ref rest @ ..] = bytes else {
        return Start::Unsure { needed: 2 };
    };
    let declared = usize::from(u16::from_be_bytes([high, low]));
    match declared {
        0 => packet_start(bytes),
        1..=LOGIN_TEXT_BYTES_MAX => {
            let text = rest.get(..declared.min(rest.len())).unwrap_or_default();
            if !text.iter().all(|byte| (0x20..0x7F).contains(byte)) {
                Start::No
            } else if text.len() < declared {
                Start::Unsure { needed: 2 + declared }
            } else {
                Start::Login { length: 2 + declared }
            }
        }
        _ => datagram_start(bytes, declared + 2),
    }
}

fn packet_start(bytes: &[u8]) -> Start {
    if bytes.iter().take(4).any(|byte| *byte != 0) {
        return Start::No;
    }
    let Some(declared) = bytes.get(4..8).and_then(|field| field.try_into().ok()).map(u32::from_be_bytes)
    else {
        return Start::Unsure { needed: PACKET_HEADER_BYTES };
    };
    match usize::try_from(declared) {
        Ok(body) if (BODY_BYTES_MIN..=FRAME_BYTES_MAX - PACKET_AROUND_BYTES).contains(&body) => {
            Start::Packet { length: body + PACKET_AROUND_BYTES }
        }
        _ => Start::No,
    }
}

fn datagram_start(bytes: &[u8], length: usize) -> Start {
    let fits = |place: usize, want: u8| bytes.get(place).is_none_or(|byte| *byte == want);
    let digits = bytes.iter().take(DATAGRAM_HEADER_BYTES).skip(8).all(u8::is_ascii_digit);
    let long = (DATAGRAM_HEADER_BYTES + BODY_BYTES_MIN..=FRAME_BYTES_MAX).contains(&length);
    if !long || !fits(4, 1) || !fits(6, 0) || !fits(7, 15) || !digits {
        Start::No
    } else if bytes.len() < DATAGRAM_HEADER_BYTES {
        Start::Unsure { needed: DATAGRAM_HEADER_BYTES }
    } else {
        Start::Datagram { length }
    }
}

/// What begins here, amid bytes that are no frame: only what cannot well be chance.
fn strong_start(bytes: &[u8]) -> Start {
    match bytes {
        [] | [0] => Start::Unsure { needed: 2 },
        [0, 0, ..] => match (packet_start(bytes), bytes.get(PACKET_HEADER_BYTES)) {
            (Start::Packet { .. }, None) => Start::Unsure { needed: PACKET_HEADER_BYTES + 1 },
            (Start::Packet { .. }, Some(codec)) if super::message::Codec::from_byte(*codec).is_none() => {
                Start::No
            }
            (start, _) => start,
        },
        [0, 15, text @ ..] => {
            if !text.iter().take(IMEI_DIGITS).all(u8::is_ascii_digit) {
                Start::No
            } else if text.len() < IMEI_DIGITS {
                Start::Unsure { needed: 2 + IMEI_DIGITS }
            } else {
                Start::Login { length: 2 + IMEI_DIGITS }
            }
        }
        _ => Start::No,
    }
}

/// The run of bytes before the next strong start, cut at its limit.
fn noise(bytes: &[u8], ended: bool) -> Step {
    for place in 1..bytes.len().min(NOISE_BYTES_MAX) {
        match strong_start(bytes.get(place..).unwrap_or_default()) {
            Start::No => {}
            Start::Unsure { .. } if ended => {}
            Start::Unsure { needed } => return Step::Wait { needed: place + needed },
            Start::Login { .. } | Start::Packet { .. } | Start::Datagram { .. } => {
                return Step::Noise { length: place };
            }
        }
    }
    if bytes.len() >= NOISE_BYTES_MAX {
        Step::Noise { length: NOISE_BYTES_MAX }
    } else if ended {
        Step::Noise { length: bytes.len() }
    } else {
        Step::Wait { needed: bytes.len() + 1 }
    }
}

enum Rescue {
    At(usize),
    Wait { needed: usize },
    None,
}

/// Looks for a good frame that begins inside the first `length` bytes, which are none.
fn rescue(bytes: &[u8], length: usize, ended: bool) -> Rescue {
    let mut checksums = 0;
    for place in 1..length {
        let here = bytes.get(place..).unwrap_or_default();
        match strong_start(here) {
            Start::No | Start::Datagram { .. } => {}
            Start::Unsure { .. } if ended => {}
            Start::Unsure { needed } => return Rescue::Wait { needed: place + needed },
            Start::Login { .. } => return Rescue::At(place),
            Start::Packet { length } if here.len() < length && ended => {}
            Start::Packet { length } if here.len() < length => {
                return Rescue::Wait { needed: place + length };
            }
            Start::Packet { length } => {
                if checksum_holds(here, length) {
                    return Rescue::At(place);
                }
                checksums += 1;
                if checksums == RESCUE_CHECKSUMS_MAX {
                    return Rescue::None;
                }
            }
        }
    }
    Rescue::None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, 0];
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes.extend(u32::from(Crc16::ARC.of(body)).to_be_bytes());
        bytes
    }

    #[test]
    fn a_packet_waits_for_its_end() {
        let bytes = packet(&[8, 0, 0]);
        assert_eq!(next(&bytes[..1], false), Step::Wait { needed: 2 });
        assert_eq!(next(&bytes[..8], false), Step::Wait { needed: 15 });
        assert_eq!(next(&bytes, false), Step::Packet { length: 15 });
        assert_eq!(next(&bytes[..8], true), Step::Cut { length: 8 });
    }

    #[test]
    fn a_false_start_does_not_swallow_the_good_frame_behind_it() {
        let mut bytes = vec![0, 0, 0, 0, 0, 0, 0, 40, 8, 1, 7];
        let false_start = bytes.len();
        bytes.extend(packet(&[8, 0, 0]));
        bytes.extend([0xAA; 60]);
        assert_eq!(next(&bytes, false), Step::Noise { length: false_start });
        assert_eq!(next(&bytes[false_start..], false), Step::Packet { length: 15 });
    }

    #[test]
    fn a_zero_too_many_costs_one_byte() {
        let mut body = vec![8, 0];
        body.resize(0x38F, 0);
        let mut bytes = vec![0];
        bytes.extend(packet(&body));
        assert_eq!(next(&bytes, false), Step::Noise { length: 1 });
    }

    #[test]
    fn noise_ends_at_a_login_or_at_its_limit() {
        let mut bytes = b"hello".to_vec();
        bytes.extend(b"\x00\x0F123456789012345");
        assert_eq!(next(&bytes, false), Step::Noise { length: 5 });
        assert_eq!(next(&[0xAB; 2000], false), Step::Noise { length: NOISE_BYTES_MAX });
    }

    #[test]
    fn a_login_of_letters_is_still_a_login() {
        assert_eq!(next(b"\x00\x03abc", false), Step::Login { length: 5 });
        assert_eq!(next(b"\x00\x03a\x00c", true), Step::Noise { length: 5 });
    }
}
