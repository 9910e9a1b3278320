//! Splits a stream into JT/T 808 frames: finds the flags, takes the escapes back, checks length and checksum.
//!
//! Knows no message. Refuses to guess: a span between two flags is a frame when its checksum holds; a false
//! start costs its own bytes only, because the flag that ends it may begin the next frame. What is decided from
//! a prefix of the stream stays decided, so that the pieces in which a stream arrives make no difference.
//! Source: JT/T 808-2013 and -2019, §4.4 (message structure); the E7 dialect of some vendors as other platforms
//! read it [one source, no capture].

use plomb_wire::{Reader, xor8};

use super::header::{self, Header};

/// Longest frame on the wire: 17 bytes of header with 4 of package item, a body of 1,023 and the checksum, all
/// escaped, take 2,092; vendors that ignore the 10 bits of the length get four times the room.
pub(super) const FRAME_BYTES_MAX: usize = 8 * 1024;
/// Longest text frame `( … )`: the longest known is below 300 bytes.
pub(super) const TEXT_BYTES_MAX: usize = 1024;
/// Fewest bytes between the flags: the shortest header (11 bytes, Jointech) and the checksum.
const CONTENT_BYTES_MIN: usize = 12;

/// The byte that begins and ends a frame, with the escapes that go with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Flag {
    /// `7E`; in between `7D 02` is 7E and `7D 01` is 7D.
    #[default]
    Standard,
    /// `E7`; in between `E6 02` is E7, `E6 01` is E6, `3E 02` is 3D and `3E 01` is 3E.
    Alternative,
}

impl Flag {
    /// The byte itself.
    pub(super) const fn byte(self) -> u8 {
        match self {
            Self::Standard => 0x7E,
            Self::Alternative => 0xE7,
        }
    }

    /// The flag that this byte is.
    const fn of(byte: u8) -> Option<Self> {
        match byte {
            0x7E => Some(Self::Standard),
            0xE7 => Some(Self::Alternative),
            _ => None,
        }
    }

    /// What an escape sequence stands for.
    const fn unescape(self, first: u8, second: u8) -> Option<u8> {
        match (self, first, second) {
            (Self::Standard, 0x7D, 0x01) => Some(0x7D),
            (Self::Standard, 0x7D, 0x02) => Some(0x7E),
            (Self::Alternative, 0xE6, 0x01) => Some(0xE6),
            (Self::Alternative, 0xE6, 0x02) => Some(0xE7),
            (Self::Alternative, 0x3E, 0x01) => Some(0x3E),
            (Self::Alternative, 0x3E, 0x02) => Some(0x3D),
            _ => None,
        }
    }

    /// The escape sequence for a byte that must not stand for itself.
    pub(super) const fn escape(self, byte: u8) -> Option<[u8; 2]> {
        match (self, byte) {
            (Self::Standard, 0x7D) => Some([0x7D, 0x01]),
            (Self::Standard, 0x7E) => Some([0x7D, 0x02]),
            (Self::Alternative, 0xE6) => Some([0xE6, 0x01]),
            (Self::Alternative, 0xE7) => Some([0xE6, 0x02]),
            (Self::Alternative, 0x3E) => Some([0x3E, 0x01]),
            (Self::Alternative, 0x3D) => Some([0x3E, 0x02]),
            _ => None,
        }
    }

    /// Whether the byte begins an escape sequence.
    const fn is_escape(self, byte: u8) -> bool {
        match self {
            Self::Standard => byte == 0x7D,
            Self::Alternative => byte == 0xE6 || byte == 0x3E,
        }
    }

    /// How many bytes from the start are neither flag nor escape.
    fn plain(self, bytes: &[u8]) -> usize {
        match self {
            Self::Standard => plain_standard(bytes),
            Self::Alternative => {
                bytes.iter().position(|b| matches!(b, 0xE7 | 0xE6 | 0x3E)).unwrap_or(bytes.len())
            }
        }
    }
}

/// Eight bytes a step: 7C to 7F share their upper six bits, so one zero-byte test finds all four; 7C and 7F are
/// rare enough to be looked at twice.
fn plain_standard(bytes: &[u8]) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (chunks, _) = bytes.as_chunks::<8>();
    let mut clear = 0;
    for chunk in chunks {
        let folded = (u64::from_le_bytes(*chunk) ^ (0x7C * ONES)) & (0xFC * ONES);
        if folded.wrapping_sub(ONES) & !folded & (0x80 * ONES) != 0 {
            break;
        }
        clear += 8;
    }
    let rest = bytes.get(clear..).unwrap_or_default();
    clear + rest.iter().position(|b| matches!(b, 0x7D | 0x7E)).unwrap_or(rest.len())
}

/// What stands at the beginning of the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More bytes are needed to tell.
    Wait,
    /// So many bytes belong to no frame.
    Skip(usize),
    /// A frame of so many bytes; its content is in the buffer.
    Frame(Frame),
    /// A frame of so many bytes that does not hold what it promises.
    Damaged { length: usize, damage: Damage },
    /// A text `( … )` of so many bytes.
    Text(usize),
}

/// A frame that was found; its content (header, body and checksum without escapes) is in the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Bytes on the wire.
    pub(super) length: usize,
    /// The flag around it.
    pub(super) flag: Flag,
    /// What the header says.
    pub(super) header: Header,
    /// Whether the bytes came without escapes, so that content and wire are the same.
    pub(super) raw: bool,
    /// What is wrong with it although it is read.
    pub(super) damage: Option<Damage>,
}

/// Why a frame is not as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Damage {
    /// The exclusive or does not hold.
    Checksum { found: u8, computed: u8 },
    /// The header promises another length of the body; the checksum holds.
    Length { promised: usize, found: usize },
    /// Flag or escape bytes stand unescaped; length and checksum hold.
    Unescaped,
    /// The stream ended before the closing flag.
    Cut,
    /// No flags around it (lenient only).
    Bare,
}

/// Looks at the beginning of `bytes`, which is either a start of a frame or something to skip.
/// `content` is filled when a frame is found.
pub(super) fn next(bytes: &[u8], lenient: bool, content: &mut Vec<u8>) -> Step {
    let Some(&first) = bytes.first() else { return Step::Wait };
    if first == b'(' {
        return text(bytes);
    }
    let Some(flag) = Flag::of(first) else {
        let starts = |byte: &u8| matches!(byte, 0x7E | 0xE7 | b'(');
        return Step::Skip(bytes.iter().position(starts).unwrap_or(bytes.len()));
    };
    let inner = bytes.get(1..).unwrap_or_default();
    if flag == Flag::Alternative {
        match header::plausible_start(inner) {
            None => return Step::Wait,
            Some(false) => return Step::Skip(1),
            Some(true) => {}
        }
    }
    if lenient && let Some(frame) = raw(bytes, flag, content) {
        return Step::Frame(frame);
    }
    let closed = unescape(inner, flag, content);
    // A false E7 must not swallow standard frames until the next one: it may not outgrow its own promise.
    if flag == Flag::Alternative && header::overdue(content) {
        return Step::Skip(1);
    }
    match closed {
        Some(inner) => span(bytes, flag, inner, lenient, content),
        None if bytes.len() > FRAME_BYTES_MAX => Step::Skip(1),
        None => Step::Wait,
    }
}

/// A span that `inner` bytes between two flags make; its content is in the buffer.
fn span(bytes: &[u8], flag: Flag, inner: usize, lenient: bool, content: &mut Vec<u8>) -> Step {
    let length = inner + 2;
    if content.len() < CONTENT_BYTES_MIN || length > FRAME_BYTES_MAX {
        return Step::Skip(inner + 1);
    }
    let header = header::read(content);
    let known = header.as_ref().is_some_and(|header| super::message::is_known(header.message));
    if xor8(content) == 0
        && let Some(header) = &header
    {
        let damage = header.length_damage(content);
        // A chance of 1 in 256 makes garbage pass the checksum: without the right length only a message that
        // the protocol knows is believed.
        if damage.is_none() || known {
            return Step::Frame(Frame { length, flag, header: *header, raw: false, damage });
        }
    }
    if content.len() != inner
        && let Some(raw) = bytes.get(1..=inner).and_then(|raw| unescaped(raw, length, flag))
    {
        content.clear();
        content.extend_from_slice(bytes.get(1..=inner).unwrap_or_default());
        return Step::Frame(raw);
    }
    let damage = checksum_damage(content);
    let whole = header.as_ref().is_some_and(|header| header.length_damage(content).is_none());
    match header {
        Some(header) if lenient && (known || whole) => {
            Step::Frame(Frame { length, flag, header, raw: false, damage: Some(damage) })
        }
        // Length and message hold: the closing flag is its own. Otherwise it may begin the next frame.
        Some(_) if known && whole => Step::Damaged { length, damage },
        Some(_) if known => Step::Damaged { length: inner + 1, damage },
        _ => Step::Skip(inner + 1),
    }
}

/// A frame whose sender (or capture tool) did not escape, when length and checksum prove it.
fn unescaped(raw: &[u8], length: usize, flag: Flag) -> Option<Frame> {
    let header = header::read(raw)?;
    (xor8(raw) == 0 && header.length_damage(raw).is_none()).then_some(Frame {
        length,
        flag,
        header,
        raw: true,
        damage: Some(Damage::Unescaped),
    })
}

/// Lenient: a frame that a capture tool has un-escaped, flags inside included, when its length leads to a flag
/// and its checksum holds.
fn raw(bytes: &[u8], flag: Flag, content: &mut Vec<u8>) -> Option<Frame> {
    let inner = bytes.get(1..)?;
    let length = header::read(inner)?.content_length();
    let body = inner.get(..length)?;
    if inner.get(length) != Some(&flag.byte()) || xor8(body) != 0 || flag.plain(body) == body.len() {
        return None;
    }
    content.clear();
    content.extend_from_slice(body);
    unescaped(body, length + 2, flag)
}

/// What is left when the stream ends, read as a frame without its closing flag or without flags (lenient only).
pub(super) fn leftover(bytes: &[u8], content: &mut Vec<u8>) -> Option<Frame> {
    let flag = bytes.first().and_then(|byte| Flag::of(*byte));
    let (flag, inner, damage) = match flag {
        Some(flag) => (flag, bytes.get(1..)?, Damage::Cut),
        None => (Flag::Standard, bytes, Damage::Bare),
    };
    let inner = match inner.split_last() {
        Some((last, body)) if *last == flag.byte() && damage == Damage::Bare => body,
        _ => inner,
    };
    for raw in [true, false] {
        content.clear();
        if raw {
            content.extend_from_slice(inner);
        } else {
            unescape(inner, flag, content);
        }
        let Some(mut header) = header::read(content) else { continue };
        if !super::message::is_known(header.message) || content.len() < CONTENT_BYTES_MIN {
            continue;
        }
        let without_checksum = content.len() + 1 == header.content_length();
        if without_checksum {
            content.push(xor8(content));
        }
        let whole = header.length_damage(content).is_none() && xor8(content) == 0;
        if !whole && (raw || damage == Damage::Bare) {
            continue;
        }
        header.cut_to(content);
        return Some(Frame { length: bytes.len(), flag, header, raw, damage: Some(damage) });
    }
    None
}

/// A text frame, or a bracket that begins none: text is printable ASCII and begins with the terminal's digits.
fn text(bytes: &[u8]) -> Step {
    let body = bytes.get(1..).unwrap_or_default();
    if body.first().is_some_and(|byte| !byte.is_ascii_digit()) {
        return Step::Skip(1);
    }
    match body.iter().position(|byte| !(b' '..=b'}').contains(byte) || matches!(byte, b'(' | b')')) {
        Some(end) if body.get(end) == Some(&b')') && end + 2 <= TEXT_BYTES_MAX => Step::Text(end + 2),
        Some(_) => Step::Skip(1),
        None if bytes.len() > TEXT_BYTES_MAX => Step::Skip(1),
        None => Step::Wait,
    }
}

/// Fills `content` up to the next flag and says how many bytes stand before it.
/// An escape that stands for nothing is taken as it is; the checksum will tell.
fn unescape(bytes: &[u8], flag: Flag, content: &mut Vec<u8>) -> Option<usize> {
    content.clear();
    let bytes = bytes.get(..FRAME_BYTES_MAX).unwrap_or(bytes);
    let mut at = 0;
    loop {
        let rest = bytes.get(at..)?;
        let plain = flag.plain(rest);
        content.extend_from_slice(rest.get(..plain)?);
        at += plain;
        let (&special, after) = rest.get(plain..)?.split_first()?;
        if special == flag.byte() {
            return Some(at);
        }
        let byte = after.first().and_then(|second| flag.unescape(special, *second));
        content.push(byte.unwrap_or(special));
        at += if byte.is_some() { 2 } else { 1 };
    }
}

/// Where byte `offset` of the content stands on the wire.
pub(super) fn wire_offset(wire: &[u8], offset: usize) -> usize {
    let Some(flag) = wire.first().and_then(|first| Flag::of(*first)) else { return offset };
    let mut at = 1;
    for _ in 0..offset {
        let pair = (wire.get(at).copied(), wire.get(at + 1).copied());
        at += match pair {
            (Some(first), Some(second))
                if flag.is_escape(first) && flag.unescape(first, second).is_some() =>
            {
                2
            }
            _ => 1,
        };
    }
    at
}

/// How the checksum differs.
fn checksum_damage(content: &[u8]) -> Damage {
    let (found, body) = content.split_last().map_or((0, content), |(last, body)| (*last, body));
    Damage::Checksum { found, computed: xor8(body) }
}

/// Writes frames: escapes while it computes the checksum.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    flag: Flag,
    checksum: u8,
    bytes: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// Begins a frame at the end of `bytes`.
    pub(super) fn begin(flag: Flag, bytes: &'a mut Vec<u8>) -> Self {
        bytes.push(flag.byte());
        Self { flag, checksum: 0, bytes }
    }

    /// Adds bytes of header or body.
    pub(super) fn put(&mut self, bytes: &[u8]) {
        if self.flag == Flag::Standard && plain_standard(bytes) == bytes.len() {
            self.checksum ^= xor8(bytes);
            return self.bytes.extend_from_slice(bytes);
        }
        for byte in bytes {
            self.checksum ^= byte;
            self.escaped(*byte);
        }
    }

    /// Ends the frame.
    pub(super) fn end(mut self) {
        self.escaped(self.checksum);
        self.bytes.push(self.flag.byte());
    }

    fn escaped(&mut self, byte: u8) {
        match self.flag.escape(byte) {
            Some(pair) => self.bytes.extend_from_slice(&pair),
            None => self.bytes.push(byte),
        }
    }
}

/// The body of a frame's content, with offsets that count from the start of the content.
pub(super) fn body<'a>(content: &'a [u8], header: &Header) -> Reader<'a> {
    let end = content.len().saturating_sub(1).max(header.body_at);
    Reader::at(content.get(header.body_at..end).unwrap_or_default(), header.body_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_bytes_are_counted_at_every_alignment() {
        for special in [0x7D_u8, 0x7E] {
            for length in 0..40 {
                let mut bytes = vec![0x7C_u8; 40];
                bytes[length] = special;
                assert_eq!(plain_standard(&bytes), length);
                bytes.fill(0x7F);
                bytes[length] = special;
                assert_eq!(plain_standard(&bytes), length);
            }
        }
        assert_eq!(plain_standard(&[0; 33]), 33);
    }

    #[test]
    fn what_is_written_is_read_back_in_both_dialects() {
        for flag in [Flag::Standard, Flag::Alternative] {
            let all: Vec<u8> = (0..=255).collect();
            let mut wire = Vec::new();
            let mut writer = Writer::begin(flag, &mut wire);
            writer.put(&all);
            writer.end();
            let mut content = Vec::new();
            assert_eq!(unescape(&wire[1..], flag, &mut content), Some(wire.len() - 2));
            assert_eq!(content[..256], all);
            assert_eq!(xor8(&content), 0);
            for offset in 0..256 {
                let at = wire_offset(&wire, offset);
                let byte = u8::try_from(offset).unwrap();
                assert!(wire[at] == byte || flag.escape(byte).is_some_and(|pair| wire[at..at + 2] == pair));
            }
        }
    }
}
