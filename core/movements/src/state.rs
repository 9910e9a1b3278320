//! Where a movement stands.

/// The state of a movement. That it is overdue, has incidents or open alarms are facts beside it, not states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MovementState {
    /// Being written.
    Draft,
    /// Handed in; customs has not decided.
    Submitted,
    /// Accepted by customs; the guarantee is reserved.
    Accepted,
    /// The class of device is decided.
    Booked,
    /// Sealed and watched, not under way yet.
    Armed,
    /// Under way.
    InTransit,
    /// Stopped by a response unit.
    Intercepted,
    /// Handed to a partner administration that has not accepted it yet.
    AtBorder,
    /// At its destination.
    Arrived,
    /// Seals and trip report agree.
    Verified,
    /// They do not: examination.
    Discrepancy,
    /// Verified, and every seal taken off.
    Disarmed,
    /// Over; the guarantee is released.
    Discharged,
    /// Over; duty or penalty is claimed.
    Recovery,
    /// Given up before it was armed.
    Cancelled,
}

impl MovementState {
    /// Every state.
    pub const ALL: [Self; 15] = [
        Self::Draft,
        Self::Submitted,
        Self::Accepted,
        Self::Booked,
        Self::Armed,
        Self::InTransit,
        Self::Intercepted,
        Self::AtBorder,
        Self::Arrived,
        Self::Verified,
        Self::Discrepancy,
        Self::Disarmed,
        Self::Discharged,
        Self::Recovery,
        Self::Cancelled,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Accepted => "accepted",
            Self::Booked => "booked",
            Self::Armed => "armed",
            Self::InTransit => "in-transit",
            Self::Intercepted => "intercepted",
            Self::AtBorder => "at-border",
            Self::Arrived => "arrived",
            Self::Verified => "verified",
            Self::Discrepancy => "discrepancy",
            Self::Disarmed => "disarmed",
            Self::Discharged => "discharged",
            Self::Recovery => "recovery",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing can happen to it any more.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Discharged | Self::Recovery | Self::Cancelled)
    }

    /// Whether its seals are watched.
    #[must_use]
    pub const fn is_under_seal(self) -> bool {
        matches!(
            self,
            Self::Armed
                | Self::InTransit
                | Self::Intercepted
                | Self::AtBorder
                | Self::Arrived
                | Self::Verified
                | Self::Discrepancy
        )
    }

    /// Whether a limit that passes makes it overdue.
    #[must_use]
    pub const fn can_be_late(self) -> bool {
        matches!(self, Self::Armed | Self::InTransit | Self::Intercepted | Self::AtBorder)
    }
}
