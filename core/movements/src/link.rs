//! Links for people without an account: the shipper who wants to know where it is, the driver who reports a breakdown.

use plomb_model::{ReceivedAt, Timestamp};

/// Most links of one movement.
pub const LINKS_MAX: usize = 20;
/// Longest that a link is good, hours: thirty days.
pub const LINK_H_MAX: i64 = 720;

/// Whom a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Sees where it is, in what condition, and when it must arrive.
    Shipper,
    /// Sees the same, and declares incidents.
    Driver,
}

impl Audience {
    /// Everybody.
    pub const ALL: [Self; 2] = [Self::Shipper, Self::Driver];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shipper => "shipper",
            Self::Driver => "driver",
        }
    }
}

/// A link that somebody gave away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whom it is for.
    pub audience: Audience,
    /// Not after.
    pub until: Timestamp,
    /// When and by whom it was given.
    pub given: (ReceivedAt, Box<str>),
    /// When and by whom it was taken back.
    pub withdrawn: Option<(ReceivedAt, Box<str>)>,
}

impl Link {
    /// Whether it is good at this time.
    #[must_use]
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.withdrawn.is_none() && now <= self.until
    }
}

/// Who takes the steps that a link allows, in the record: `link:1`. No account can have a colon in its name.
#[must_use]
pub fn holder_of(link: u8) -> String {
    format!("link:{link}")
}
