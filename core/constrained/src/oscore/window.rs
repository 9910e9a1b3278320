//! The replay window (RFC 8613, section 7.4): which numbers of the other side were taken.

/// How many numbers behind the greatest are still told apart; the standard's default is 32.
pub const WINDOW: u64 = 32;

/// What the window says of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It was not taken before.
    New,
    /// It was, or it is too old to tell.
    Before,
}

/// Numbers that were taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The greatest, and a bit for each below it: bit 0 is the greatest.
    state: Option<(u64, u32)>,
}

impl Window {
    /// A window in which every number up to `sequence` counts as taken.
    #[must_use]
    pub const fn after(sequence: u64) -> Self {
        Self { state: Some((sequence, u32::MAX)) }
    }

    /// A window as it was kept: the greatest number, and a bit for each from it downwards.
    #[must_use]
    pub const fn of(greatest: u64, taken: u32) -> Self {
        Self { state: Some((greatest, taken)) }
    }

    /// What is to be kept of it.
    #[must_use]
    pub const fn parts(&self) -> Option<(u64, u32)> {
        self.state
    }

    /// Whether nothing was taken.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.state.is_none()
    }

    /// What is known of a number.
    #[must_use]
    pub const fn look(&self, sequence: u64) -> Seen {
        let Some((greatest, taken)) = self.state else { return Seen::New };
        if sequence > greatest {
            return Seen::New;
        }
        let back = greatest - sequence;
        if back >= WINDOW || taken >> back & 1 == 1 { Seen::Before } else { Seen::New }
    }

    /// Takes a number: only after the message that carries it was found genuine.
    pub const fn take(&mut self, sequence: u64) {
        self.state = match self.state {
            None => Some((sequence, 1)),
            Some((greatest, taken)) if sequence > greatest => {
                let forward = sequence - greatest;
                let kept = if forward >= WINDOW { 0 } else { taken << forward };
                Some((sequence, kept | 1))
            }
            Some((greatest, taken)) => {
                let back = greatest - sequence;
                let bit = if back >= WINDOW { 0 } else { 1 << back };
                Some((greatest, taken | bit))
            }
        };
    }
}
