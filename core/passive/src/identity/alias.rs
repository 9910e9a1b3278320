//! Which identifiers name the same seal: a mark, a code and a chip become one seal when it is set.

use std::collections::BTreeMap;

use plomb_model::{DeviceId, Scheme};

use super::container::ContainerNumber;
use super::epc::{Coding, Epc, Gs1, Key, OtherScheme, Tag};
use super::mark::SealMark;
use super::tid::Tid;

/// The one spelling of an identifier in which all that name the same thing alike are equal. An EPC has several binary
/// forms and eight filter values: its name is the form of TDS 2 with filter 0, which any other form of it leads to.
#[must_use]
pub fn canonical(id: DeviceId) -> DeviceId {
    let bytes = || plomb_wire::from_hex(id.value()).ok();
    let found = match id.scheme() {
        Scheme::Epc => bytes().and_then(|bytes| Tag::decode(&bytes).ok()).and_then(|tag| tag.epc.device_id()),
        Scheme::Tag => bytes().and_then(|bytes| {
            let uhf = Tid::new(&bytes).and_then(|tid| tid.device_id());
            uhf.or_else(|| DeviceId::new(Scheme::Tag, &plomb_wire::to_hex(&bytes)).ok())
        }),
        Scheme::Seal => SealMark::parse(id.value()).and_then(|mark| mark.device_id()),
        Scheme::Container => ContainerNumber::parse(id.value()).ok().and_then(|number| number.device_id()),
        _ => None,
    };
    found.unwrap_or(id)
}

/// The NFC chip as the platform names it.
pub(super) fn nfc(uid: [u8; 7]) -> Option<DeviceId> {
    DeviceId::new(Scheme::Tag, &plomb_wire::to_hex(&uid)).ok()
}

impl Epc {
    /// The thing as the platform names it: see [`canonical`]. `None` of classes of things, of keys without binary form,
    /// and of the few serial numbers whose bits are longer than a name may be.
    #[must_use]
    pub fn device_id(&self) -> Option<DeviceId> {
        let coding = match self {
            Self::Container(container) => return container.device_id(),
            Self::Gs1(gs1) => match gs1.key() {
                Key::Sgtin => Coding::SgtinPlus,
                Key::Sscc => Coding::SsccPlus,
                Key::Sgln => Coding::SglnPlus,
                Key::Grai => Coding::GraiPlus,
                Key::Giai => Coding::GiaiPlus,
                Key::Gsrn => Coding::GsrnPlus,
                Key::Gsrnp => Coding::GsrnpPlus,
                Key::Gdti => Coding::GdtiPlus,
                Key::Sgcn => Coding::SgcnPlus,
                Key::Itip => Coding::ItipPlus,
                Key::Cpi => Coding::CpiPlus,
                Key::Lgtin | Key::Upui | Key::Pgln | Key::Ginc | Key::Gsin => return None,
            },
            Self::Other(other) => match other.scheme() {
                OtherScheme::Gid => Coding::Gid96,
                OtherScheme::Usdod => Coding::Usdod96,
                OtherScheme::Adi => Coding::AdiVar,
                OtherScheme::Imovn => return None,
            },
        };
        let bytes = Tag::new(coding, 0, self.clone()).encode().ok()?;
        DeviceId::new(Scheme::Epc, &plomb_wire::to_hex(&bytes)).ok()
    }

    /// The key, where this is one of GS1.
    #[must_use]
    pub const fn gs1(&self) -> Option<&Gs1> {
        match self {
            Self::Gs1(gs1) => Some(gs1),
            _ => None,
        }
    }
}

/// How much two printed marks are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// The same mark.
    Same,
    /// They differ in characters that are mistaken for one another: a person decides.
    Likely,
    /// Two seals.
    Different,
}

/// Compares a mark that was declared with one that was read.
#[must_use]
pub fn likeness(one: &SealMark, another: &SealMark) -> Likeness {
    if one == another {
        Likeness::Same
    } else if one.shape() == another.shape() {
        Likeness::Likely
    } else {
        Likeness::Different
    }
}

/// Why two identifiers are not joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JoinError {
    /// A seal has one chip of a kind, one code, one mark: another is a copy, or the seal was replaced.
    #[error("the seal is {known} already, and cannot be {other} too")]
    Taken {
        /// What the seal was known by.
        known: DeviceId,
        /// What it should be known by too.
        other: DeviceId,
    },
    /// A container, reader or gateway.
    #[error("{0} names no seal")]
    NoSeal(DeviceId),
}

/// What there is one of on a seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// NFC chip: its number has 7 bytes.
    Nfc,
    /// UHF chip.
    Uhf,
    /// Anything else.
    Other(Scheme),
}

fn kind(id: &DeviceId) -> Kind {
    match id.scheme() {
        Scheme::Tag if id.value().len() == 14 => Kind::Nfc,
        Scheme::Tag => Kind::Uhf,
        scheme => Kind::Other(scheme),
    }
}

/// The identifiers of seals, joined when a seal is set and they are read together.
///
/// Invariant: an identifier is in one group, and a group has one identifier of each kind.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    groups: BTreeMap<usize, BTreeMap<Kind, DeviceId>>,
    places: BTreeMap<DeviceId, usize>,
    next: usize,
}

impl Aliases {
    /// States that both name one seal, and with them all that was joined to either.
    ///
    /// # Errors
    /// [`JoinError`] when the seal would have two of a kind: nothing is joined then.
    pub fn join(&mut self, one: DeviceId, another: DeviceId) -> Result<(), JoinError> {
        let (one, another) = (canonical(one), canonical(another));
        for id in [one, another] {
            if matches!(id.scheme(), Scheme::Container | Scheme::Reader | Scheme::Gateway) {
                return Err(JoinError::NoSeal(id));
            }
        }
        let mut joined = self.group(one);
        for (kind, other) in self.group(another) {
            let known = *joined.entry(kind).or_insert(other);
            if known != other {
                return Err(JoinError::Taken { known, other });
            }
        }
        for id in [one, another] {
            if let Some(place) = self.places.get(&id) {
                self.groups.remove(place);
            }
        }
        for id in joined.values() {
            self.places.insert(*id, self.next);
        }
        self.groups.insert(self.next, joined);
        self.next += 1;
        Ok(())
    }

    /// All that names the same seal, the identifier itself among it.
    #[must_use]
    pub fn names(&self, id: DeviceId) -> Vec<DeviceId> {
        self.group(canonical(id)).into_values().collect()
    }

    /// Whether both were said to name one seal, or are one identifier in two spellings.
    #[must_use]
    pub fn same(&self, one: DeviceId, another: DeviceId) -> bool {
        self.names(one).contains(&canonical(another))
    }

    fn group(&self, id: DeviceId) -> BTreeMap<Kind, DeviceId> {
        let known = self.places.get(&id).and_then(|place| self.groups.get(place));
        known.cloned().unwrap_or_else(|| BTreeMap::from([(kind(&id), id)]))
    }
}
