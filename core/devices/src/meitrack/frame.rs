//! `$$ | flag | length | , | IMEI | , | command | , | content | * | checksum | CR LF`: the length counts from the first
//! comma to the line's end, the checksum is the sum of all bytes from `$$` to `*`, in two hex digits.

use plomb_model::{DeviceId, Scheme};
use plomb_wire::sum8;

/// Longest content: the length has at most four digits.
const LENGTH_DIGITS_MAX: usize = 4;
/// Bytes of no frame that are kept together in one report.
const NOISE_BYTES_MAX: usize = 1024;

/// One frame.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) wire: &'a [u8],
    /// Names the frame; an answer carries that of the command.
    pub(super) flag: u8,
    pub(super) imei: &'a str,
    pub(super) command: &'a str,
    /// Where the content begins.
    pub(super) content_at: usize,
    /// Between the command's comma and the asterisk.
    pub(super) content: &'a [u8],
    /// Checksum as sent and as computed.
    pub(super) checksum: (u8, u8),
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

fn start(data: &[u8]) -> Start {
    let shape = |at: usize, good: fn(&u8) -> bool| data.get(at).is_none_or(good);
    if !(shape(0, |byte| *byte == b'$') && shape(1, |byte| *byte == b'$') && shape(2, u8::is_ascii_graphic)) {
        return Start::Nothing;
    }
    let after = data.get(3..).unwrap_or_default();
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > LENGTH_DIGITS_MAX {
        return Start::Nothing;
    }
    let Some(comma) = after.get(digits) else { return Start::NeedMore };
    if *comma != b',' || digits < 2 {
        return Start::Nothing;
    }
    let length = after.iter().take(digits).fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    let imei = after.get(digits + 1..).unwrap_or_default();
    if !imei.iter().take(15).all(u8::is_ascii_digit) || imei.get(15).is_some_and(|byte| *byte != b',') {
        return Start::Nothing;
    }
    let bytes = 3 + digits + length;
    if data.len() < bytes {
        return Start::NeedMore;
    }
    let whole = data.get(..bytes).is_some_and(|frame| {
        frame.ends_with(b"\r\n") && bytes.checked_sub(5).and_then(|at| frame.get(at)) == Some(&b'*')
    });
    if whole { Start::Frame(bytes) } else { Start::Nothing }
}

/// Whether the bytes end as a frame does whose line end was lost.
fn ends_as_frame(data: &[u8]) -> bool {
    let hex = |byte: &u8| byte.is_ascii_hexdigit();
    matches!(data, [.., b'*', high, low] if hex(high) && hex(low))
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
                let bytes = inside.unwrap_or(rest.len());
                let lineless =
                    rest.get(..bytes).is_some_and(|rest| ends_as_frame(rest) && Frame::of(rest).is_some());
                return Some(if lineless { Piece::Frame(bytes) } else { Piece::Cut(bytes) });
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
        let body = wire.strip_suffix(b"\r\n").unwrap_or(wire);
        let star = body.len().checked_sub(3).filter(|star| body.get(*star) == Some(&b'*'))?;
        let sent = std::str::from_utf8(body.get(star + 1..)?).ok()?;
        let sent = u8::from_str_radix(sent, 16).ok()?;
        let inside = body.get(..star)?;
        let comma = |from: usize| Some(from + inside.get(from..)?.iter().position(|byte| *byte == b',')?);
        let first = comma(3)?;
        let second = comma(first + 1)?;
        let end = comma(second + 1).unwrap_or(star);
        Some(Self {
            wire,
            flag: *wire.get(2)?,
            imei: std::str::from_utf8(inside.get(first + 1..second)?).ok()?,
            command: std::str::from_utf8(inside.get(second + 1..end)?).ok()?,
            content_at: (end + 1).min(star),
            content: inside.get(end + 1..).unwrap_or_default(),
            checksum: (sent, sum8(body.get(..=star)?)),
        })
    }

    /// Who sent it.
    pub(super) fn device(&self) -> Option<DeviceId> {
        DeviceId::new(Scheme::Imei, self.imei).ok()
    }

    /// A frame of the platform.
    pub(super) fn write(flag: u8, imei: &str, content: &str) -> Vec<u8> {
        // Commas, IMEI, content, asterisk, checksum and line end.
        let length = imei.len() + content.len() + 7;
        let mut bytes = b"@@".to_vec();
        bytes.push(flag);
        bytes.extend_from_slice(format!("{length},{imei},{content}*").as_bytes());
        let sum = sum8(&bytes);
        bytes.extend_from_slice(format!("{sum:02X}\r\n").as_bytes());
        bytes
    }
}
