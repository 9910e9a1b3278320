//! Bytes to frames: lines that end in a carriage return, binary frames, and "zip" frames.
//!
//! The data of a line of external equipment (`UEX`) and of a crash report may hold carriage returns: their length
//! says where the line goes on.

use super::line::Line;
use super::zip;
use crate::stream::Start;

/// Longest line that is waited for: a parameter dump takes 600 bytes, external data up to 1,024.
const LINE_BYTES_MAX: usize = 4096;
/// Longest binary frame that is waited for.
const BINARY_BYTES_MAX: usize = 1024;
/// Shortest binary frame: type, length, identity, mask.
const BINARY_BYTES_MIN: usize = 11;
/// Heads of universal lines.
const HEADS: [&[u8]; 15] = [
    b"STT", b"ALT", b"EMG", b"EVT", b"ALV", b"HTE", b"UEX", b"RES", b"CMD", b"BLE", b"BSA", b"BDA", b"SNB",
    b"CRR", b"DEX",
];
/// Most characters of a head: `ST300` and three letters; the ST900 has none.
const HEAD_BYTES_MAX: usize = 9;

pub(super) fn start(data: &[u8], finished: bool) -> Start {
    let start = match data {
        [0x80..=0xFF, ..] => binary(data, finished),
        [zip::STX, ..] => zipped(data, finished),
        _ => text(data, finished),
    };
    if finished && start == Start::NeedMore { Start::Nothing } else { start }
}

/// Type, length u16, identity in BCD.
fn binary(data: &[u8], finished: bool) -> Start {
    let identity = data.get(3..8.min(data.len())).unwrap_or_default();
    if !identity.iter().all(|byte| byte >> 4 <= 9 && byte & 0x0F <= 9) {
        return Start::Nothing;
    }
    let Some(length) = data.get(1..3).and_then(<[u8]>::first_chunk) else { return Start::NeedMore };
    let bytes = 3 + usize::from(u16::from_be_bytes(*length));
    match bytes {
        BINARY_BYTES_MIN..=BINARY_BYTES_MAX if data.len() >= bytes => Start::Whole(bytes),
        BINARY_BYTES_MIN..=BINARY_BYTES_MAX if finished && data.len() >= 8 => Start::Cut(data.len()),
        BINARY_BYTES_MIN..=BINARY_BYTES_MAX => Start::NeedMore,
        _ => Start::Nothing,
    }
}

/// STX, length u16, kind 0x10 to 0x1F, ..., ETX.
fn zipped(data: &[u8], finished: bool) -> Start {
    match data {
        [_, 0, _, 0x10..=0x1F, ..] => {}
        [_] | [_, 0] | [_, 0, _] => return Start::NeedMore,
        _ => return Start::Nothing,
    }
    let bytes = 4 + usize::from(data.get(2).copied().unwrap_or_default());
    match data.get(bytes - 1) {
        Some(&zip::ETX) => Start::Whole(bytes),
        Some(_) => Start::Nothing,
        None if finished => Start::Cut(data.len()),
        None => Start::NeedMore,
    }
}

fn text(data: &[u8], finished: bool) -> Start {
    match is_head(data) {
        None if finished => return Start::Nothing,
        None => return Start::NeedMore,
        Some(false) => return Start::Nothing,
        Some(true) => {}
    }
    let window = data.get(..LINE_BYTES_MAX).unwrap_or(data);
    let mut from = 0;
    while let Some(end) = window.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b'\r')) {
        let end = from + end;
        let held = data_end(window.get(..end).unwrap_or_default());
        if held <= end {
            return Start::Whole(end + 1);
        }
        from = held;
    }
    if finished || data.len() >= LINE_BYTES_MAX {
        // The end of the stream is taken as the end of its last line; the line says how far it is believed.
        Start::Whole(window.len())
    } else {
        Start::NeedMore
    }
}

/// Whether a line begins; none while it is not clear.
pub(super) fn is_head(data: &[u8]) -> Option<bool> {
    let end = data.iter().take(HEAD_BYTES_MAX).position(|byte| *byte == b';');
    let head = data.get(..end.unwrap_or_else(|| data.len().min(HEAD_BYTES_MAX))).unwrap_or_default();
    let legacy = |head: &[u8]| match head {
        [b'S', b'T' | b'A', digits @ ..] => {
            let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let letters = digits.get(count..).unwrap_or_default();
            let letters_fit = letters.len() <= 4 && letters.iter().all(u8::is_ascii_uppercase);
            (count, letters_fit && count <= 4)
        }
        _ => (0, false),
    };
    match end {
        Some(_) => {
            let (digits, fits) = legacy(head);
            Some(HEADS.contains(&head) || fits && digits >= 3)
        }
        None if data.len() >= HEAD_BYTES_MAX => Some(false),
        None => {
            let begun = HEADS.iter().any(|known| known.starts_with(head));
            let begun = begun || matches!(head, b"S") || legacy(head).1;
            (!begun).then_some(false)
        }
    }
}

/// Where the data of a line of external equipment or of a crash end that the bytes before a carriage return announce;
/// 0 where none are.
fn data_end(line: &[u8]) -> usize {
    if line.starts_with(b"CRR;") {
        return crash_data(line).map_or(0, |(start, length)| start + length);
    }
    let head = line.get(..HEAD_BYTES_MAX.min(line.len())).unwrap_or_default();
    if !head.windows(4).any(|part| part == b"UEX;") {
        return 0;
    }
    Line::of(line).external().map_or(0, |(start, length)| start + length)
}

/// Where the data of a crash report begin, and how many they are: `CRR;id;part;parts;length;`.
pub(super) fn crash_data(line: &[u8]) -> Option<(usize, usize)> {
    let mut separators = line.iter().enumerate().filter(|(_, byte)| **byte == b';').map(|(at, _)| at);
    let before = separators.nth(3)?;
    let behind = separators.next()?;
    let length = std::str::from_utf8(line.get(before + 1..behind)?).ok()?.parse::<usize>().ok()?;
    (length <= LINE_BYTES_MAX).then_some((behind + 1, length))
}
