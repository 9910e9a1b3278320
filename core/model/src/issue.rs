//! What is wrong with bytes that a device sent.

use std::borrow::Cow;
use std::fmt;

/// Longest `found` that an issue keeps, so that a hostile frame cannot fill the journal with its own echo.
const FOUND_BYTES_MAX: usize = 120;

/// Something in a frame that is not as the protocol has it: where, what, and what was found instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Byte offset in the frame (for bytes outside any frame: in the run of bytes that was skipped).
    pub offset: u32,
    /// What is wrong, e.g. "checksum differs".
    pub what: Cow<'static, str>,
    /// What was found, e.g. "0x1234, computed 0x5678".
    pub found: String,
}

impl Issue {
    /// An issue at `offset`; `found` is cut at a named limit.
    #[must_use]
    pub fn new(offset: usize, what: impl Into<Cow<'static, str>>, found: impl fmt::Display) -> Self {
        let mut found = found.to_string();
        if found.len() > FOUND_BYTES_MAX {
            let mut end = FOUND_BYTES_MAX;
            while !found.is_char_boundary(end) {
                end -= 1;
            }
            found.truncate(end);
            found.push('…');
        }
        Self { offset: u32::try_from(offset).unwrap_or(u32::MAX), what: what.into(), found }
    }
}

impl fmt::Display for Issue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {} (found {})", self.offset, self.what, self.found)
    }
}
