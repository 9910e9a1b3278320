//! Where.

use crate::{CentiDegrees, LatitudeE7, LongitudeE7, Metres, Speed};

/// What stands behind a position. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Fix {
    /// A current satellite fix.
    Gnss = 1,
    /// The device has no current fix: the last known place, or none at all.
    Stale = 2,
    /// Computed from cell towers or other radio, hundreds of metres to kilometres wide.
    Network = 3,
    /// The known place of the reader or gate that read the tag.
    Reader = 4,
}

impl Fix {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gnss => "gnss",
            Self::Stale => "stale",
            Self::Network => "network",
            Self::Reader => "reader",
        }
    }
}

/// A position as the device reported it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// North positive, WGS 84.
    pub latitude: LatitudeE7,
    /// East positive, WGS 84.
    pub longitude: LongitudeE7,
    /// What stands behind it.
    pub fix: Fix,
    /// Above mean sea level.
    pub altitude: Option<Metres>,
    /// Over ground.
    pub speed: Option<Speed>,
    /// Clockwise from north, 0 to below 360°.
    pub course: Option<CentiDegrees>,
    /// Satellites used (some devices: in view).
    pub satellites: Option<u8>,
}

impl Position {
    /// A position that says only where.
    #[must_use]
    pub const fn new(latitude: LatitudeE7, longitude: LongitudeE7, fix: Fix) -> Self {
        Self { latitude, longitude, fix, altitude: None, speed: None, course: None, satellites: None }
    }

    /// Whether the device vouches for a current satellite fix.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        matches!(self.fix, Fix::Gnss)
    }
}
