//! A frame taken apart: `7878 | length u8 | number | content | serial u16 | crc u16 | 0D0A`, or `7979` with a
//! length of two bytes. The length counts the protocol number to the checksum; the checksum (CRC-16/X-25) covers
//! the length to the serial. Source: common knowledge of the protocol and recorded frames, no vendor manual; see
//! `docs/protocols/gt06.md`.
//!
//! A frame without a good checksum is never believed here but by [`Frame::recover`], which is for captures.

use plomb_wire::Crc16;

/// Longest frame that is waited for: picture parts carry 1 KiB and the longest known texts 2 KiB.
pub(super) const FRAME_BYTES_MAX: usize = 4096;
/// Protocol number, serial and checksum: what the length counts beside the content.
const OVERHEAD_BYTES: usize = 5;
/// How much of a damaged piece an issue shows: enough for a header and an identity, not for a text.
const SHOWN_BYTES_MAX: usize = 12;
/// The mark at the end of each frame.
pub(super) const END_MARK: [u8; 2] = [0x0D, 0x0A];

/// How long the frame that begins here says it is, end mark included; `None` if it cannot be one.
pub(super) fn claimed_bytes(data: &[u8]) -> Option<usize> {
    let (header, length) = match data {
        [0x78, 0x78, length, ..] => (3, usize::from(*length)),
        [0x79, 0x79, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    let total = header + length + END_MARK.len();
    (length >= OVERHEAD_BYTES && total <= FRAME_BYTES_MAX).then_some(total)
}

/// The checksum of a frame as it says and as it is.
pub(super) fn checksums(frame: Option<&[u8]>) -> Option<(u16, u16)> {
    let (_, covered) = frame?.split_at_checked(2)?;
    let (covered, tail) = covered.split_at_checked(covered.len().checked_sub(4)?)?;
    let [high, low, _, _] = *tail else { return None };
    Some((u16::from_be_bytes([high, low]), Crc16::X25.of(covered)))
}

/// Whether the checksum is good.
pub(super) const fn equal((said, computed): (u16, u16)) -> bool {
    said == computed
}

/// One frame, taken apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    /// The bytes as they came.
    pub(super) wire: &'a [u8],
    /// Whether it has the long form (`7979`).
    pub(super) extended: bool,
    /// Protocol number: what sort of message.
    pub(super) number: u8,
    /// What is between the protocol number and the serial.
    pub(super) content: &'a [u8],
    /// Where the content begins in `wire`.
    pub(super) content_at: usize,
    /// Serial of the message.
    pub(super) serial: u16,
    /// Whether serial and checksum are where the length says; false in some recovered frames.
    pub(super) has_trailer: bool,
}

impl<'a> Frame<'a> {
    /// Takes apart an intact piece.
    pub(super) fn intact(wire: &'a [u8]) -> Option<Self> {
        let total = claimed_bytes(wire)?;
        Self::between(wire, total.checked_sub(END_MARK.len())?)
    }

    /// Takes apart what cannot be trusted: a wrong checksum, a missing end, a length that does not fit, or start
    /// marks that a capture tool has stripped (then the checksum must be good).
    pub(super) fn recover(wire: &'a [u8]) -> Option<Self> {
        let end = match wire {
            [head @ .., 0x0D, 0x0A] | [head @ .., 0x0D] => head.len(),
            _ => wire.len(),
        };
        if !is_start(wire) {
            return Self::without_start(wire, end);
        }
        let total = claimed_bytes(wire);
        if total.is_some_and(|total| total == end + END_MARK.len()) {
            return Self::between(wire, end);
        }
        let claimed = Self::between(wire, end)?;
        if total.is_some_and(|total| total > wire.len()) && end == wire.len() {
            // Cut off: no trailer, or a part of one.
            let content_end = total.unwrap_or(end).saturating_sub(6).min(end);
            let content = wire.get(claimed.content_at..content_end.max(claimed.content_at))?;
            return Some(Self { content, has_trailer: false, ..claimed });
        }
        // Some devices leave serial and checksum out: then a fixed content needs the last four bytes too.
        let whole = wire.get(claimed.content_at..end)?;
        let count = wire.get(2).copied().unwrap_or_default();
        let needs = super::message::content_bytes_min(claimed.number);
        if super::radio::is_bare_wifi(claimed.number, count, whole) {
            return Some(Self { content: whole, has_trailer: false, ..claimed });
        }
        match whole.get(..needs) {
            Some(content) if claimed.content.len() < needs => {
                Some(Self { content, has_trailer: false, ..claimed })
            }
            _ => Some(claimed),
        }
    }

    /// A frame whose checksum ends at `end`; content and serial may be missing in a recovered one.
    fn between(wire: &'a [u8], end: usize) -> Option<Self> {
        let extended = wire.first() == Some(&0x79);
        let number_at = if extended { 4 } else { 3 };
        Self::with_number_at(wire, number_at, end, extended)
    }

    fn with_number_at(wire: &'a [u8], number_at: usize, end: usize, extended: bool) -> Option<Self> {
        let number = *wire.get(number_at)?;
        let content_at = number_at + 1;
        let serial_at = end.saturating_sub(4);
        // Where the end is missing, the serial is still read where an answer would look for it.
        let serial = match wire.get(serial_at..serial_at + 2) {
            Some([high, low]) => u16::from_be_bytes([*high, *low]),
            _ => 0,
        };
        let has_trailer = serial_at >= content_at;
        let content_end = if has_trailer { serial_at } else { end.max(content_at) };
        let content = wire.get(content_at..content_end)?;
        Some(Self { wire, extended, number, content, content_at, serial, has_trailer })
    }

    fn without_start(wire: &'a [u8], end: usize) -> Option<Self> {
        let covered = wire.get(..end.checked_sub(2)?)?;
        let [high, low] = *wire.get(covered.len()..end)? else { return None };
        let good = Crc16::X25.of(covered) == u16::from_be_bytes([high, low]);
        let (short, long) = match wire {
            [high, low, ..] => (usize::from(*high), usize::from(u16::from_be_bytes([*high, *low]))),
            _ => return None,
        };
        if good && short + 1 == end && short >= OVERHEAD_BYTES {
            Self::with_number_at(wire, 1, end, false)
        } else if good && long + 2 == end && long >= OVERHEAD_BYTES {
            Self::with_number_at(wire, 2, end, true)
        } else {
            None
        }
    }
}

/// Whether the bytes begin with a start mark.
pub(super) const fn is_start(bytes: &[u8]) -> bool {
    matches!(bytes, [0x78, 0x78, ..] | [0x79, 0x79, ..])
}

/// What is wrong with a piece that is not intact: offset, what, found.
pub(super) fn fault(wire: &[u8]) -> plomb_model::Issue {
    use plomb_model::Issue;
    let shown = wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire);
    if !is_start(wire) {
        return Issue::new(0, "bytes outside any frame", plomb_wire::to_hex(shown));
    }
    let length_at = 2;
    match claimed_bytes(wire) {
        None => Issue::new(length_at, "length of no frame", plomb_wire::to_hex(shown)),
        Some(total) if total > wire.len() => {
            Issue::new(wire.len(), "frame is incomplete", format_args!("{} of {total} bytes", wire.len()))
        }
        Some(total) if total == wire.len() && wire.ends_with(&END_MARK) => {
            let (said, computed) = checksums(Some(wire)).unwrap_or_default();
            let found = format_args!("0x{said:04x}, computed 0x{computed:04x}");
            Issue::new(total - 4, "checksum differs", found)
        }
        Some(total) => Issue::new(
            length_at,
            "length does not lead to the end mark",
            format_args!("end mark expected at byte {}, {} bytes in all", total - 2, wire.len()),
        ),
    }
}

/// Whether the bytes are one frame with a good checksum.
pub(super) fn is_good(wire: &[u8]) -> bool {
    claimed_bytes(wire) == Some(wire.len())
        && wire.ends_with(&END_MARK)
        && checksums(Some(wire)).is_some_and(equal)
}
