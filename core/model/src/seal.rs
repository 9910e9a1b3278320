//! The parts of a seal or lock and what the device says of each.

/// A part whose state a device may report. "True" is always the state under seal.
/// The discriminants are bit numbers and part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SealPart {
    /// The lock rope (or bolt) is inserted.
    RopeInserted = 0,
    /// The rope, bolt or tamper loop is whole; false while the device reports it cut.
    RopeIntact = 1,
    /// The motor holds the lock.
    MotorLocked = 2,
    /// The back cover or case is closed.
    CoverClosed = 3,
    /// The cargo door is closed (door sensor).
    DoorClosed = 4,
    /// The shackle is closed.
    ShackleClosed = 5,
    /// The device counts itself as sealed or armed.
    Sealed = 6,
    /// The device is attached to what it guards (removal sensor).
    Attached = 7,
    /// The tamper memory is clear: never opened since it was armed. False for ever once it has latched, even if
    /// [`Self::RopeIntact`] says that the loop is whole now.
    NeverOpened = 8,
}

impl SealPart {
    /// Every part, by bit number.
    pub const ALL: [Self; 9] = [
        Self::RopeInserted,
        Self::RopeIntact,
        Self::MotorLocked,
        Self::CoverClosed,
        Self::DoorClosed,
        Self::ShackleClosed,
        Self::Sealed,
        Self::Attached,
        Self::NeverOpened,
    ];

    /// The word for it, as in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RopeInserted => "rope_inserted",
            Self::RopeIntact => "rope_intact",
            Self::MotorLocked => "motor_locked",
            Self::CoverClosed => "cover_closed",
            Self::DoorClosed => "door_closed",
            Self::ShackleClosed => "shackle_closed",
            Self::Sealed => "sealed",
            Self::Attached => "attached",
            Self::NeverOpened => "never_opened",
        }
    }
}

/// What a report says of the seal: each part true, false or not mentioned.
///
/// ```
/// use plomb_model::{SealPart, SealReading};
/// let seal = SealReading::default().with(SealPart::MotorLocked, true);
/// assert_eq!(seal.part(SealPart::MotorLocked), Some(true));
/// assert_eq!(seal.part(SealPart::DoorClosed), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SealReading {
    known: u16,
    whole: u16,
}

impl SealReading {
    /// From the two bit sets of the journal; bits of unknown parts are dropped from the second.
    #[must_use]
    pub const fn from_bits(known: u16, whole: u16) -> Self {
        Self { known, whole: whole & known }
    }

    /// The bit sets (mentioned, true).
    #[must_use]
    pub const fn bits(self) -> (u16, u16) {
        (self.known, self.whole)
    }

    /// This reading with one more part.
    #[must_use]
    pub const fn with(mut self, part: SealPart, whole: bool) -> Self {
        let bit = 1_u16 << part as u8;
        self.known |= bit;
        if whole {
            self.whole |= bit;
        } else {
            self.whole &= !bit;
        }
        self
    }

    /// What is said of a part.
    #[must_use]
    pub const fn part(self, part: SealPart) -> Option<bool> {
        let bit = 1_u16 << part as u8;
        if self.known & bit == 0 { None } else { Some(self.whole & bit != 0) }
    }

    /// Whether nothing is said at all.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.known == 0
    }

    /// The state after `newer`: what it mentions replaces what was known.
    #[must_use]
    pub const fn updated_by(self, newer: Self) -> Self {
        Self { known: self.known | newer.known, whole: (self.whole & !newer.known) | newer.whole }
    }
}
