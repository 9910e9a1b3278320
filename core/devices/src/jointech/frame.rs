//! Bytes to frames: where a frame begins, where it ends, and which bytes belong to none.
//!
//! Two kinds share the stream. `$` begins a binary frame that carries its length but neither checksum nor end
//! mark; `(` begins a text frame that ends at `)`. So a beginning is believed by what follows it: the terminal
//! number's ten BCD digits and a length the layout allows, or digits and a comma. After bytes that belong to no
//! frame the place must be BCD digits too. Whether bytes are a frame never depends on how they were cut into
//! packets. Source: `docs/protocols/jointech.md`, "Framing".

use super::wlnet;

/// Bytes of a record of the older trackers: 17 of place and 10 that depend on the type.
pub(super) const SHORT_RECORD_BYTES: usize = 27;
/// Bytes before the first record: `$`, terminal number, type, length.
pub(super) const SHORT_HEADER_BYTES: usize = 9;
/// Bytes before the record of a lock: as above, with the protocol version.
pub(super) const LONG_HEADER_BYTES: usize = 10;
/// Most records of one frame; 15 is the most seen.
const SHORT_RECORDS_MAX: usize = 64;
/// Least payload of a lock's frame: place and serial number.
const LONG_PAYLOAD_BYTES_MIN: usize = 18;
/// Longest text frame: a bind command of 32 sub-locks has about 400 bytes, twice that for what is not known.
pub(super) const TEXT_BYTES_MAX: usize = 1_024;
/// Most bytes outside any frame that go into one report.
const SKIPPED_BYTES_MAX: usize = 1_024;
/// Digits of the terminal number in text: ten, and some for other numberings.
const ID_DIGITS: std::ops::RangeInclusive<usize> = 5..=20;
/// Bytes of a second frame's beginning at the end of a frame that prove the first one cut short.
const OVERLAP_BYTES_MIN: usize = 3;

/// What sort of frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `$` binary of the JT701 family.
    Long,
    /// `$` binary of the older trackers.
    Short,
    /// `( … )`.
    Text,
}

/// Why bytes belong to no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skipped {
    /// Nothing a frame could begin with.
    Garbage,
    /// The beginning of a frame whose end never came.
    Incomplete,
}

/// What the front of the bytes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A frame; `whole` is false where its end is missing (only when asked for).
    Frame { kind: Kind, length: usize, whole: bool },
    /// Bytes of no frame.
    Skip { length: usize, why: Skipped },
    /// It cannot be said before more bytes come.
    More,
}

/// What a place in the bytes could be.
enum Candidate {
    No,
    Whole(Kind, usize),
    /// A beginning whose frame is damaged: something else begins before it ends.
    Broken,
    /// A frame so far, of a kind that may not show yet.
    Partial(Option<Kind>),
}

/// Says what the front of `bytes` is. `in_sync`: the byte before belonged to a frame; `ending`: no more bytes
/// will come; `lenient`: a frame without its end counts at the end.
pub(super) fn next(bytes: &[u8], in_sync: bool, ending: bool, lenient: bool) -> Step {
    let mut why = Skipped::Garbage;
    let mut cut = None;
    for (at, first) in bytes.iter().enumerate() {
        if !matches!(first, b'$' | b'(') {
            continue;
        }
        let rest = bytes.get(at..).unwrap_or_default();
        match candidate(rest, !(in_sync && at == 0), ending) {
            Candidate::No => {}
            Candidate::Whole(kind, length) if at == 0 => return Step::Frame { kind, length, whole: true },
            Candidate::Whole(..) => return Step::Skip { length: at.min(SKIPPED_BYTES_MAX), why },
            Candidate::Partial(_) if !ending && at >= SKIPPED_BYTES_MAX => break,
            Candidate::Partial(_) if !ending => return Step::More,
            Candidate::Partial(kind) if at == 0 => {
                why = Skipped::Incomplete;
                cut = kind;
            }
            Candidate::Broken if at == 0 => why = Skipped::Incomplete,
            Candidate::Broken | Candidate::Partial(_) => {}
        }
    }
    match cut {
        Some(kind) if lenient => Step::Frame { kind, length: bytes.len(), whole: false },
        _ if ending || bytes.len() >= SKIPPED_BYTES_MAX => {
            Step::Skip { length: bytes.len().min(SKIPPED_BYTES_MAX), why }
        }
        _ => Step::More,
    }
}

fn candidate(bytes: &[u8], doubtful: bool, ending: bool) -> Candidate {
    match bytes.first() {
        Some(b'$') => binary(bytes, doubtful),
        Some(b'(') => text(bytes, ending),
        _ => Candidate::No,
    }
}

/// A `$` frame, judged by its header; if `doubtful`, by the digits of its first place as well.
fn binary(bytes: &[u8], doubtful: bool) -> Candidate {
    if !bytes.iter().skip(1).take(5).all(|byte| is_bcd(*byte)) {
        return Candidate::No;
    }
    let Some(&[.., short_type, data, high, low]) = bytes.first_chunk::<LONG_HEADER_BYTES>() else {
        return Candidate::Partial(None);
    };
    // The high byte of a lock's length is always 0; a tracker's length has no zero low byte.
    let (kind, payload) = if high == 0 {
        (Kind::Long, usize::from(low))
    } else {
        (Kind::Short, usize::from(u16::from_be_bytes([data, high])))
    };
    let (place, plausible) = match kind {
        Kind::Long => {
            (LONG_HEADER_BYTES, payload >= LONG_PAYLOAD_BYTES_MIN && (!doubtful || data & 0x0F <= 8))
        }
        _ => (
            SHORT_HEADER_BYTES,
            payload.is_multiple_of(SHORT_RECORD_BYTES)
                && payload <= SHORT_RECORDS_MAX * SHORT_RECORD_BYTES
                && (!doubtful || matches!(short_type >> 4, 1..=3)),
        ),
    };
    // Time, latitude and all of the longitude but its last digit, which shares a byte with the flags.
    if !plausible || doubtful && !bytes.iter().skip(place).take(14).all(|byte| is_bcd(*byte)) {
        return Candidate::No;
    }
    match bytes.get(..payload + LONG_HEADER_BYTES) {
        None => Candidate::Partial(Some(kind)),
        Some(frame) if holds_another(frame) => Candidate::Broken,
        Some(frame) => Candidate::Whole(kind, frame.len()),
    }
}

/// Whether a frame's bytes hold the beginning of another frame of the same terminal: the first was cut short.
fn holds_another(frame: &[u8]) -> bool {
    let head = frame.get(..6).unwrap_or_default();
    frame.iter().enumerate().skip(6).any(|(at, byte)| {
        let rest = frame.get(at..).unwrap_or_default();
        match byte {
            b'$' => rest.starts_with(head) || rest.len() >= OVERLAP_BYTES_MIN && head.starts_with(rest),
            b'(' => begins_text(rest),
            _ => false,
        }
    })
}

/// Whether `(`, the terminal number and a comma are there.
fn begins_text(bytes: &[u8]) -> bool {
    let digits = id_digits(bytes);
    ID_DIGITS.contains(&digits) && bytes.get(1 + digits) == Some(&b',')
}

fn id_digits(bytes: &[u8]) -> usize {
    bytes.iter().skip(1).take(ID_DIGITS.end() + 1).take_while(|byte| byte.is_ascii_digit()).count()
}

/// A `( … )` frame. Its content is printable, except the payload of a sub-device's report.
fn text(bytes: &[u8], ending: bool) -> Candidate {
    let digits = id_digits(bytes);
    match bytes.get(1 + digits) {
        _ if digits > *ID_DIGITS.end() => return Candidate::No,
        None => return Candidate::Partial(Some(Kind::Text)),
        Some(b',') if ID_DIGITS.contains(&digits) => {}
        Some(_) => return Candidate::No,
    }
    if let Some(header) = wlnet::report_header(bytes) {
        return report(bytes, header, digits, ending);
    }
    for (at, byte) in bytes.iter().enumerate().skip(1).take(TEXT_BYTES_MAX - 1) {
        match byte {
            b')' => return Candidate::Whole(Kind::Text, at + 1),
            b'(' | 0..=0x1F | 0x7F => return Candidate::Broken,
            _ => {}
        }
    }
    if bytes.len() >= TEXT_BYTES_MAX { Candidate::Broken } else { Candidate::Partial(Some(Kind::Text)) }
}

/// A sub-device's report: text of `header` bytes and a binary payload up to `)`.
fn report(bytes: &[u8], header: usize, digits: usize, ending: bool) -> Candidate {
    let raw = bytes.get(header..).unwrap_or_default();
    let end = wlnet::end(raw, ending);
    let payload = raw.get(..end.unwrap_or(raw.len())).unwrap_or_default();
    let packed = packed_id(bytes.get(1..=digits).unwrap_or_default());
    let again = payload.iter().enumerate().any(|(at, byte)| {
        let rest = payload.get(at..).unwrap_or_default();
        match byte {
            b'(' => begins_text(rest),
            b'$' => packed.is_some_and(|packed| rest.get(1..6) == Some(&packed)),
            _ => false,
        }
    });
    match end {
        _ if again => Candidate::Broken,
        Some(end) => Candidate::Whole(Kind::Text, header + end + 1),
        None if raw.len() > wlnet::RAW_BYTES_MAX => Candidate::Broken,
        None => Candidate::Partial(Some(Kind::Text)),
    }
}

/// Ten digits as the five bytes of a binary frame.
fn packed_id(digits: &[u8]) -> Option<[u8; 5]> {
    let mut packed = [0; 5];
    for (byte, pair) in packed.iter_mut().zip(digits.as_chunks::<2>().0) {
        *byte = (pair[0] & 0x0F) << 4 | pair[1] & 0x0F;
    }
    (digits.len() == 10).then_some(packed)
}

const fn is_bcd(byte: u8) -> bool {
    plomb_wire::bcd_u8(byte).is_some()
}
