//! Bytes to frames: `7878 | length u8 | number | content | serial u16 | crc u16 | 0D0A`, or `7979` with a length of
//! two bytes. The length counts the protocol number to the checksum; the checksum (CRC-16/X-25) covers the length
//! to the serial. Source: Concox "GPS Tracker Communication Protocol" V1.1, section 4.
//!
//! A frame is what begins with a start mark, ends where its length says with `0D0A`, and carries a good checksum;
//! of two that overlap, the one that ends first. So a false start mark in garbage never swallows or delays a good
//! frame that follows, and the pieces do not depend on how the stream was cut into reads. It never believes a
//! frame without a good checksum: [`Frame::recover`] does that for captures, on demand.

use std::ops::Range;

use plomb_wire::Crc16;

/// Longest frame that is waited for: picture parts carry 1 KiB and the longest known texts 2 KiB.
pub(super) const FRAME_BYTES_MAX: usize = 4096;
/// Protocol number, serial and checksum: what the length counts beside the content.
const OVERHEAD_BYTES: usize = 5;
/// How much of a damaged piece an issue shows: enough for a header and an identity.
const SHOWN_BYTES_MAX: usize = 24;
/// The mark at the end of each frame.
pub(super) const END_MARK: [u8; 2] = [0x0D, 0x0A];

/// Cuts a stream into pieces. The caller keeps the bytes (`data`, always from the same origin) until
/// [`Splitter::origin`] has passed them.
#[derive(Debug, Default)]
pub(super) struct Splitter {
    /// Where the bytes begin that belong to no piece yet.
    origin: usize,
    /// How far the marks have been looked for.
    scanned: usize,
    /// The first start mark since the origin.
    first_start: Option<usize>,
    /// Start marks whose end has not come yet, in the order of their starts.
    claims: Vec<Range<usize>>,
    /// Whether some start mark since the origin proved false or damaged.
    refuted: bool,
    /// Pieces found and not handed out yet, last first.
    ready: Vec<Piece>,
}

/// A run of bytes that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Whether it is a frame with a good checksum.
    pub(super) intact: bool,
    /// Where.
    pub(super) range: Range<usize>,
}

impl Splitter {
    /// Where the bytes begin that the caller must still keep.
    pub(super) const fn origin(&self) -> usize {
        self.origin
    }

    /// The caller has dropped the bytes before the origin: positions count from there now.
    pub(super) fn rebase(&mut self) {
        let origin = self.origin;
        self.scanned -= origin;
        self.first_start = self.first_start.map(|start| start - origin);
        for claim in &mut self.claims {
            *claim = claim.start - origin..claim.end - origin;
        }
        self.origin = 0;
    }

    /// The next piece of `data`, `None` while it takes more bytes to tell.
    pub(super) fn next(&mut self, data: &[u8]) -> Option<Piece> {
        if let Some(piece) = self.ready.pop() {
            return Some(piece);
        }
        if self.scanned == self.origin
            && let Some(end) = frame_at_once(data, self.origin)
        {
            let range = self.origin..end;
            self.restart_at(end);
            return Some(Piece { intact: true, range });
        }
        while let Some(byte) = data.get(self.scanned) {
            let at = self.scanned;
            self.scanned += 1;
            self.note_start(data, at);
            if *byte == END_MARK[1] && at > self.origin && data.get(at - 1) == Some(&END_MARK[0]) {
                self.resolve(data, at + 1);
            }
            if self.ready.is_empty() && self.scanned - self.origin == FRAME_BYTES_MAX {
                self.cut(data);
            }
            if let Some(piece) = self.ready.pop() {
                return Some(piece);
            }
        }
        None
    }

    /// No more bytes will come: the next piece of what is left.
    pub(super) fn finish(&mut self, data: &[u8]) -> Option<Piece> {
        if let Some(piece) = self.next(data) {
            return Some(piece);
        }
        if self.origin >= data.len() {
            return None;
        }
        self.damaged_until(data.len());
        self.restart_at(data.len());
        self.ready.pop()
    }

    /// Notes a start mark whose length is complete with the byte at `at`.
    fn note_start(&mut self, data: &[u8], at: usize) {
        let (start, header) = match data.get(self.origin..=at) {
            Some([.., 0x79, 0x79, _, _]) => (at - 3, 4),
            Some([.., 0x78, 0x78, _]) => (at - 2, 3),
            _ => return,
        };
        self.first_start.get_or_insert(start);
        match claimed_bytes(data.get(start..start + header).unwrap_or_default()) {
            Some(total) => self.claims.push(start..start + total),
            None => self.refuted = true,
        }
    }

    /// An end mark ends at `end`: a good frame, the end of a damaged one, or part of a content.
    fn resolve(&mut self, data: &[u8], end: usize) {
        let good = self
            .claims
            .iter()
            .find(|claim| claim.end == end && checksums(data.get((*claim).clone())).is_some_and(equal))
            .cloned();
        if let Some(frame) = good {
            self.ready.push(Piece { intact: true, range: frame.clone() });
            self.damaged_until(frame.start);
            self.restart_at(end);
            return;
        }
        let open = self.claims.len();
        self.claims.retain(|claim| claim.end > end);
        self.refuted |= self.claims.len() < open;
        if self.claims.is_empty() && self.refuted {
            self.damaged_until(end);
            self.restart_at(end);
        }
    }

    /// Hands out the oldest bytes because as many are kept as the longest frame has.
    fn cut(&mut self, data: &[u8]) {
        let now = self.scanned;
        self.claims.retain(|claim| claim.end > now);
        let unfinished = match data.get(self.origin..now) {
            Some([.., 0x79, 0x79, _]) => 3,
            Some([.., 0x78, 0x78] | [.., 0x79, 0x79]) => 2,
            Some([.., 0x78 | 0x79]) => 1,
            _ => 0,
        };
        let open = self.claims.first().map(|claim| claim.start);
        let until = open.unwrap_or(now - unfinished);
        self.damaged_until(until);
        self.origin = until;
        self.first_start = open;
        self.refuted = false;
    }

    /// What lies before `until` is no good frame: what precedes its first start mark apart from the rest.
    fn damaged_until(&mut self, until: usize) {
        let start = self.first_start.filter(|start| *start < until).unwrap_or(until);
        for range in [start..until, self.origin..start] {
            if !range.is_empty() {
                self.ready.push(Piece { intact: false, range });
            }
        }
    }

    fn restart_at(&mut self, origin: usize) {
        self.origin = origin;
        self.scanned = origin;
        self.first_start = None;
        self.claims.clear();
        self.refuted = false;
    }
}

/// The end of the frame that begins at `origin`, when it is whole, good, and holds no line feed that could end another.
fn frame_at_once(data: &[u8], origin: usize) -> Option<usize> {
    let data = data.get(origin..)?;
    let total = claimed_bytes(data)?;
    let frame = data.get(..total)?;
    let inside = frame.get(..total - END_MARK.len())?;
    let alone = frame.ends_with(&END_MARK) && !inside.contains(&END_MARK[1]);
    (alone && checksums(Some(frame)).is_some_and(equal)).then_some(origin + total)
}

/// How long the frame that begins here says it is, end mark included; `None` if it cannot be one.
fn claimed_bytes(data: &[u8]) -> Option<usize> {
    let (header, length) = match data {
        [0x78, 0x78, length, ..] => (3, usize::from(*length)),
        [0x79, 0x79, high, low, ..] => (4, usize::from(u16::from_be_bytes([*high, *low]))),
        _ => return None,
    };
    let total = header + length + END_MARK.len();
    (length >= OVERHEAD_BYTES && total <= FRAME_BYTES_MAX).then_some(total)
}

/// The checksum of a frame as it says and as it is.
fn checksums(frame: Option<&[u8]>) -> Option<(u16, u16)> {
    let (_, covered) = frame?.split_at_checked(2)?;
    let (covered, tail) = covered.split_at_checked(covered.len().checked_sub(4)?)?;
    let [high, low, _, _] = *tail else { return None };
    Some((u16::from_be_bytes([high, low]), Crc16::X25.of(covered)))
}

const fn equal((said, computed): (u16, u16)) -> bool {
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
        if claimed_bytes(wire).is_some_and(|total| total == end + END_MARK.len()) {
            return Self::between(wire, end);
        }
        let claimed = Self::between(wire, end)?;
        // Some devices leave serial and checksum out: then a fixed content needs the last four bytes too.
        let whole = wire.get(claimed.content_at..end)?;
        let count = wire.get(2).copied().unwrap_or_default();
        let needs = super::message::content_bytes_min(claimed.number);
        let cut_short = claimed.content.len() < needs && whole.len() >= needs;
        if cut_short || super::radio::is_bare_wifi(claimed.number, count, whole) {
            return Some(Self { content: whole, has_trailer: false, ..claimed });
        }
        Some(claimed)
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
    claimed_bytes(wire) == Some(wire.len()) && wire.ends_with(&END_MARK) && checksums(Some(wire)).is_some_and(equal)
}
