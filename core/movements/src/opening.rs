//! Authorised openings: who may open which seal, where, until when, and how; once.

use plomb_model::{CardNumber, EntryId, ReceivedAt, Timestamp, UnlockMethod};

use crate::movement::{Movement, bare_number};
use crate::state::MovementState as S;

/// Most openings of one movement.
pub const OPENINGS_MAX: usize = 50;
/// Longest time for which an opening may be authorised, hours.
pub const OPENING_H_MAX: i64 = 24;

/// How a lock is to be opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// In any way.
    #[default]
    Any,
    /// By a command of the platform, or a text message.
    Remote,
    /// With a card.
    Card,
    /// Over Bluetooth or another short radio.
    Bluetooth,
    /// With a password or a one-time code typed at the lock.
    Code,
}

impl Way {
    /// Every way.
    pub const ALL: [Self; 5] = [Self::Any, Self::Remote, Self::Card, Self::Bluetooth, Self::Code];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Remote => "remote",
            Self::Card => "card",
            Self::Bluetooth => "bluetooth",
            Self::Code => "code",
        }
    }

    /// Whether a lock that was opened by this method was opened in this way. A lock that cannot say how was opened in
    /// any.
    #[must_use]
    pub const fn takes(self, method: UnlockMethod) -> bool {
        use UnlockMethod as M;
        match self {
            Self::Any => true,
            Self::Remote => matches!(method, M::Remote | M::Sms | M::Other),
            Self::Card => matches!(method, M::Card | M::VehicleCard | M::Other),
            Self::Bluetooth => matches!(method, M::Bluetooth | M::SubLockRadio | M::Other),
            Self::Code => matches!(method, M::DynamicPassword | M::Password | M::Other),
        }
    }
}

/// How an authorisation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpeningEnd {
    /// The device opened: when, and the entry of its report.
    Used {
        /// When it happened.
        at: Timestamp,
        /// The report that says so.
        entry: EntryId,
    },
    /// Its time passed first.
    Missed,
    /// Somebody took it back, or the seal was taken off.
    Withdrawn,
}

/// An opening that somebody asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Number of the seal.
    pub seal: Box<str>,
    /// Not before.
    pub from: Timestamp,
    /// Not after.
    pub until: Timestamp,
    /// Identifier of the place where it may be opened; empty: anywhere.
    pub place: Box<str>,
    /// How.
    pub way: Way,
    /// With which card; empty: any.
    pub card: Box<str>,
    /// Why.
    pub reason: Box<str>,
    /// When and by whom it was asked for.
    pub asked: (ReceivedAt, Box<str>),
    /// Whether a second person must agree: it is early, or bound to no place.
    pub two_persons: bool,
    /// When and by whom it was agreed to.
    pub confirmed: Option<(ReceivedAt, Box<str>)>,
    /// How it ended.
    pub end: Option<OpeningEnd>,
}

impl Opening {
    /// Whether it is in force.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        !self.two_persons || self.confirmed.is_some()
    }

    /// The word for where it stands.
    #[must_use]
    pub const fn standing(&self) -> &'static str {
        match &self.end {
            Some(OpeningEnd::Used { .. }) => "used",
            Some(OpeningEnd::Missed) => "missed",
            Some(OpeningEnd::Withdrawn) => "withdrawn",
            None if self.is_granted() => "granted",
            None => "asked",
        }
    }

    /// Whether it allows what was done at this time, in this way, with this card. The place is for the caller to judge.
    /// An opening within `window_ms` of one that used it is the same one: unlocking and pulling the rope are two reports.
    #[must_use]
    pub fn allows(&self, at: Timestamp, done: Option<(UnlockMethod, u64)>, window_ms: i64) -> bool {
        let once = match &self.end {
            None | Some(OpeningEnd::Missed) => (self.from..=self.until).contains(&at),
            Some(OpeningEnd::Used { at: used, .. }) => at.since(*used).abs() <= window_ms,
            Some(OpeningEnd::Withdrawn) => false,
        };
        let right = done.is_none_or(|(method, card)| {
            let other = !self.card.is_empty() && card != 0 && card != card_print(&self.card);
            self.way.takes(method) && !other
        });
        once && right && self.is_granted()
    }
}

/// A card's number as a mark that letters, case, signs and zeros in front do not change; 0: no card.
#[must_use]
pub fn card_print(number: &str) -> u64 {
    let bare = bare_number(number);
    let digits = bare.trim_start_matches('0');
    if digits.is_empty() {
        return 0;
    }
    // FNV-1a: it tells cards apart; the lock is what checks them.
    digits.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The mark of a card that a lock names.
#[must_use]
pub fn print_of(card: Option<&CardNumber>) -> u64 {
    card.map_or(0, |card| card_print(&card.0))
}

impl Movement {
    /// Whether whoever opens a seal of it now must have been authorised: customs has not yet found it in order.
    #[must_use]
    pub const fn is_under_seal(&self) -> bool {
        matches!(self.state, S::Armed | S::InTransit | S::AtBorder | S::Intercepted | S::Arrived)
    }

    /// Whether an opening now would be early: it has not arrived.
    pub(crate) const fn is_early(&self) -> bool {
        !matches!(self.state, S::Arrived | S::Verified | S::Discrepancy)
    }

    /// Openings that are neither used nor over, with their numbers from 1.
    pub fn open_openings(&self) -> impl Iterator<Item = (u8, &Opening)> {
        (1..).zip(&self.openings).filter(|(_, opening)| opening.end.is_none())
    }

    /// The opening of this number, from 1.
    #[must_use]
    pub fn opening(&self, number: u8) -> Option<&Opening> {
        self.openings.get(usize::from(number).checked_sub(1)?)
    }
}
