//! A stream cut into frames and what is none.
//!
//! A frame is what begins with a start mark, ends where its length says with `0D0A`, and carries a good checksum;
//! of two that overlap, the one that ends first. So a false start mark in garbage never swallows or delays a good
//! frame that follows, and the pieces do not depend on how the stream was cut into reads. What was found to be no
//! frame is a piece too; nothing is dropped.

use std::ops::Range;

use super::frame::{END_MARK, FRAME_BYTES_MAX, checksums, claimed_bytes, equal};

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
