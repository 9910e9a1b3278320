//! One movement as it stands, and all that was done to it.

use plomb_model::{DeviceClass, DeviceId, EntryId, MovementId, ReceivedAt, Timestamp};

use crate::declaration::Declaration;
use crate::form::Form;
use crate::link::Link;
use crate::opening::Opening;
use crate::state::MovementState;

/// Where the guarantee of a movement stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuaranteeState {
    /// Not reserved yet, or none is given.
    #[default]
    None,
    /// Reserved since acceptance.
    Reserved,
    /// Released: nothing is owed.
    Released,
    /// Claimed: duty or penalty is owed.
    Claimed,
}

impl GuaranteeState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::None, Self::Reserved, Self::Released, Self::Claimed];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reserved => "reserved",
            Self::Released => "released",
            Self::Claimed => "claimed",
        }
    }
}

/// How a seal's time on a unit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SealEnd {
    /// Taken off with authority.
    Removed,
    /// Replaced by the seal of this number.
    Replaced(Box<str>),
}

/// A seal or armed device on a unit. It stays on record for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Number of the unit.
    pub unit: Box<str>,
    /// What is printed on it, or the device's identifier.
    pub number: Box<str>,
    /// The device that watches it, where it has one.
    pub device: Option<DeviceId>,
    /// When it was set.
    pub set_at: ReceivedAt,
    /// By whom.
    pub set_by: Box<str>,
    /// Whether its number was declared.
    pub declared: bool,
    /// When and by whom it was taken off, and how.
    pub ended: Option<(ReceivedAt, Box<str>, SealEnd)>,
}

/// What the carrier declared to have happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// Code of CL019.
    pub code: u8,
    /// In words.
    pub text: Box<str>,
    /// Where.
    pub place: Box<str>,
    /// When it was declared.
    pub at: ReceivedAt,
    /// By whom.
    pub by: Box<str>,
    /// The authority that confirmed it, and when.
    pub endorsed: Option<(ReceivedAt, Box<str>)>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Journal entry.
    pub entry: EntryId,
    /// When.
    pub at: ReceivedAt,
    /// By whom.
    pub by: Box<str>,
    /// Which step.
    pub step: Box<str>,
    /// With which fields.
    pub form: Form,
    /// Where it led.
    pub state: MovementState,
}

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Its number.
    pub id: MovementId,
    /// What is declared.
    pub declaration: Declaration,
    /// Where it stands.
    pub state: MovementState,
    /// Since when.
    pub since: ReceivedAt,
    /// The guarantee.
    pub guarantee: GuaranteeState,
    /// Which class of device was decided.
    pub class: Option<DeviceClass>,
    /// The partner administration that is responsible for it; none: we are.
    pub partner: Option<Box<str>>,
    /// Every seal that was ever on it.
    pub seals: Vec<Seal>,
    /// What the carrier declared.
    pub incidents: Vec<Incident>,
    /// The openings that were asked for; they are numbered from 1.
    pub openings: Vec<Opening>,
    /// The links that were given to people without an account; they are numbered from 1.
    pub links: Vec<Link>,
    /// Since when it is overdue.
    pub overdue: Option<ReceivedAt>,
    /// When it left.
    pub departed_at: Option<ReceivedAt>,
    /// When it arrived.
    pub arrived_at: Option<ReceivedAt>,
    /// All that was done, oldest first.
    pub history: Vec<Done>,
}

impl Movement {
    /// The seals that are on it now.
    pub fn set_seals(&self) -> impl Iterator<Item = &Seal> {
        self.seals.iter().filter(|seal| seal.ended.is_none())
    }

    /// The devices that watch it now.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.set_seals().filter_map(|seal| seal.device)
    }

    /// Whether this seal number was declared for the unit; where none was declared for it, any is.
    #[must_use]
    pub fn declares(&self, unit: &str, number: &str) -> bool {
        let unit = self.declaration.units.iter().find(|known| &*known.number == unit);
        unit.is_none_or(|unit| {
            unit.seals.is_empty() || unit.seals.iter().any(|seal| bare_number(seal) == bare_number(number))
        })
    }

    /// Units that no seal is on.
    pub fn unsealed(&self) -> impl Iterator<Item = &str> {
        let units = self.declaration.units.iter().map(|unit| &*unit.number);
        units.filter(|unit| self.set_seals().all(|seal| &*seal.unit != *unit))
    }

    /// The link of this number, from 1.
    #[must_use]
    pub fn link(&self, number: u8) -> Option<&Link> {
        self.links.get(usize::from(number).checked_sub(1)?)
    }

    /// By when it must have arrived.
    #[must_use]
    pub const fn limit(&self) -> Option<Timestamp> {
        self.declaration.limit
    }
}

/// The number of a seal, a unit or a card without what people put between its characters, in capitals.
#[must_use]
pub fn bare_number(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}
