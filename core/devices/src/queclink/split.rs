//! Bytes to pieces: texts that end in `$`, HEX frames (`+RSP` ...), record frames of the GL601, and what is between.
//!
//! A text has no checksum: its head and its tail character bound it. A text whose tail is lost ends where the next
//! one begins. A binary frame is believed if its length leads to its end mark; whether its checksum is good is said
//! with the piece. What comes of a stream does not depend on how it is cut into reads.

use super::check::{crc8, crc16};

/// Longest text that is waited for: fifteen points take 2 KiB, a dump of the configuration (`GTALL`) 4 to 6 KiB.
const TEXT_BYTES_MAX: usize = 8 * 1024;
/// Longest HEX frame that is waited for: a minute of compressed points takes 1.5 KiB, crash data 2 KiB.
const HEX_BYTES_MAX: usize = 4 * 1024;
/// Shortest HEX frame: head, mask, length, checksum and end mark.
const HEX_BYTES_MIN: usize = 10;
/// Longest record frame that is waited for; the manual says at most 1,440 bytes.
const RECORD_BYTES_MAX: usize = 2 * 1024;
/// Shortest record frame: head of 18 bytes, reserved length, count number, checksum and tail.
const RECORD_BYTES_MIN: usize = 23;
/// Bytes of no frame that are kept together in one report.
const NOISE_BYTES_MAX: usize = 1024;

/// How texts begin.
const TEXT_HEADS: [&[u8]; 7] = [b"+RESP:", b"+BUFF:", b"+ACK:", b"+NACK:", b"+NAK:", b"+QRY:", b"+SACK:"];
/// How HEX frames begin.
const HEX_HEADS: [&[u8; 4]; 11] =
    [b"+RSP", b"+EVT", b"+INF", b"+BSP", b"+BVT", b"+BNF", b"+HBD", b"+ACK", b"+CRD", b"+BRD", b"+LGN"];

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A text with its tail character.
    Text,
    /// A text without it.
    OpenText,
    /// A HEX frame with a good checksum.
    Hex,
    /// A HEX frame with another one.
    BadHex,
    /// A record frame with a good checksum.
    Record,
    /// A record frame with another one.
    BadRecord,
    /// The beginning of a binary frame whose rest never came.
    Cut,
    /// Line ends between frames.
    Blank,
    /// Bytes of no frame.
    Noise,
}

/// A piece at the front of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) kind: Kind,
    pub(super) bytes: usize,
}

/// What begins at a place.
enum Start {
    Nothing,
    NeedMore,
    Frame(Piece),
}

/// The piece at the front of `data`; `None` when more bytes are needed. With `finished` there is always one.
pub(super) fn next(data: &[u8], finished: bool) -> Option<Piece> {
    let mut noise = 0;
    while let Some(rest) = data.get(noise..).filter(|rest| !rest.is_empty()) {
        match start(rest, finished) {
            Start::Frame(piece) if noise == 0 => return Some(piece),
            Start::Frame(_) => return Some(no_frame(data, noise)),
            // Nothing that follows may be decided before this is.
            Start::NeedMore => return None,
            Start::Nothing => noise += 1,
        }
        if noise >= NOISE_BYTES_MAX {
            return Some(no_frame(data, noise));
        }
    }
    (finished && noise > 0).then(|| no_frame(data, noise))
}

fn no_frame(data: &[u8], bytes: usize) -> Piece {
    let blank = data.get(..bytes).unwrap_or_default().iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0));
    Piece { kind: if blank { Kind::Blank } else { Kind::Noise }, bytes }
}

fn start(data: &[u8], finished: bool) -> Start {
    match data {
        [b'+' | b'-', 0, ..] => record(data, finished),
        [b'+' | b'-'] if !finished => Start::NeedMore,
        [b'+', ..] => match head(data) {
            Head::Text => text(data, finished),
            Head::Hex => hex(data, finished),
            Head::Unclear if !finished => Start::NeedMore,
            Head::Unclear | Head::None => Start::Nothing,
        },
        _ => Start::Nothing,
    }
}

enum Head {
    Text,
    Hex,
    Unclear,
    None,
}

fn head(data: &[u8]) -> Head {
    if TEXT_HEADS.iter().any(|head| data.starts_with(head)) {
        return Head::Text;
    }
    // `+ACK` begins texts and HEX frames: the byte behind it tells.
    if data == b"+ACK" {
        return Head::Unclear;
    }
    if HEX_HEADS.iter().any(|head| data.starts_with(*head)) {
        return Head::Hex;
    }
    let begun = TEXT_HEADS.iter().any(|head| head.starts_with(data))
        || HEX_HEADS.iter().any(|head| head.starts_with(data));
    if begun { Head::Unclear } else { Head::None }
}

fn text(data: &[u8], finished: bool) -> Start {
    let window = data.get(..TEXT_BYTES_MAX).unwrap_or(data);
    let mut end = 1;
    while let Some(byte) = window.get(end) {
        match byte {
            b'$' | 0 => return Start::Frame(Piece { kind: Kind::Text, bytes: end + 1 }),
            b'+' => match head(window.get(end..).unwrap_or_default()) {
                Head::Text | Head::Hex => {
                    return Start::Frame(Piece { kind: Kind::OpenText, bytes: end });
                }
                Head::Unclear if !finished && data.len() < TEXT_BYTES_MAX => return Start::NeedMore,
                Head::Unclear | Head::None => {}
            },
            _ => {}
        }
        end += 1;
    }
    if finished || data.len() >= TEXT_BYTES_MAX {
        Start::Frame(Piece { kind: Kind::OpenText, bytes: window.len() })
    } else {
        Start::NeedMore
    }
}

/// How long a HEX frame says it is; `None` while that is not there.
fn hex_bytes(data: &[u8]) -> Option<usize> {
    let byte = |at: usize| data.get(at).map(|byte| usize::from(*byte));
    let word = |at: usize| Some(byte(at)? << 8 | byte(at + 1)?);
    match data.get(1..4)? {
        b"INF" | b"BNF" => word(7),
        b"HBD" => byte(5),
        b"ACK" => byte(6),
        b"CRD" | b"BRD" => word(6),
        _ => word(9),
    }
}

fn hex(data: &[u8], finished: bool) -> Start {
    let Some(bytes) = hex_bytes(data) else {
        return short(data, finished);
    };
    if !(HEX_BYTES_MIN..=HEX_BYTES_MAX).contains(&bytes) {
        return Start::Nothing;
    }
    match data.get(..bytes) {
        None => short(data, finished),
        Some([_, _, _, _, covered @ .., high, low, 0x0D, 0x0A]) => {
            let good = crc16(covered) == u16::from_be_bytes([*high, *low]);
            Start::Frame(Piece { kind: if good { Kind::Hex } else { Kind::BadHex }, bytes })
        }
        Some(_) => Start::Nothing,
    }
}

fn record(data: &[u8], finished: bool) -> Start {
    let [_, _, high, low, ..] = *data else {
        return short(data, finished);
    };
    let bytes = usize::from(u16::from_be_bytes([high, low]));
    if !(RECORD_BYTES_MIN..=RECORD_BYTES_MAX).contains(&bytes) {
        return Start::Nothing;
    }
    match data.get(..bytes) {
        None => short(data, finished),
        Some([covered @ .., crc, b'$']) => {
            let good = crc8(covered) == *crc;
            Start::Frame(Piece { kind: if good { Kind::Record } else { Kind::BadRecord }, bytes })
        }
        Some(_) => Start::Nothing,
    }
}

/// More bytes are needed; if none will come, what is there is cut off, unless a frame begins inside.
fn short(data: &[u8], finished: bool) -> Start {
    if !finished {
        return Start::NeedMore;
    }
    let inside = (1..data.len()).any(|at| matches!(head(data.get(at..).unwrap_or_default()), Head::Text));
    if inside { Start::Nothing } else { Start::Frame(Piece { kind: Kind::Cut, bytes: data.len() }) }
}
