//! How a device stands with those who are responsible for it.

/// Whether a device may be used, by the word of its owner. The discriminants are part of the journal's format.
///
/// What a device sends is kept whatever its standing; the standing says what it is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Standing {
    /// Nobody has said that it is theirs: it is in quarantine. It is heard and shown, and nothing rests on it.
    Unregistered = 1,
    /// In use: its reports count, and its silence is an alarm. So is a device of which nothing else is known.
    #[default]
    InService = 2,
    /// Known, and taken out of use for a time: in store, in repair, or under suspicion. Its silence is no alarm.
    Suspended = 3,
    /// The seal was removed and destroyed, as its record says: nobody can read it again. A read of it is an alarm.
    Destroyed = 4,
    /// Out of use for good, and still there. Its silence is no alarm.
    Retired = 5,
}

impl Standing {
    /// Every standing, in the order of a device's life.
    pub const ALL: [Self; 5] =
        [Self::Unregistered, Self::InService, Self::Suspended, Self::Destroyed, Self::Retired];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unregistered => "unregistered",
            Self::InService => "in-service",
            Self::Suspended => "suspended",
            Self::Destroyed => "destroyed",
            Self::Retired => "retired",
        }
    }

    /// The standing of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| standing.name() == name)
    }

    /// The standing with this journal code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|standing| *standing as u8 == code)
    }

    /// Whether somebody waits for the device's reports, so that its silence is an alarm.
    #[must_use]
    pub const fn is_awaited(self) -> bool {
        matches!(self, Self::Unregistered | Self::InService)
    }

    /// Whether the device is told what to do.
    #[must_use]
    pub const fn takes_commands(self) -> bool {
        matches!(self, Self::InService)
    }
}
