//! What can go wrong with bytes that are read or written.

use core::fmt;

/// Something in bytes that is not as the format has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub offset: usize,
    /// What is wrong.
    pub what: &'static str,
}

impl Fault {
    /// A fault at `offset`.
    #[must_use]
    pub const fn new(offset: usize, what: &'static str) -> Self {
        Self { offset, what }
    }

    /// The same fault, seen from a message in which these bytes begin at `base`.
    #[must_use]
    pub const fn within(self, base: usize) -> Self {
        Self { offset: self.offset.saturating_add(base), what: self.what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at byte {}: {}", self.offset, self.what)
    }
}

impl core::error::Error for Fault {}

/// The memory that was given is too small for what is to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the memory for the message is too small")
    }
}

impl core::error::Error for Full {}
