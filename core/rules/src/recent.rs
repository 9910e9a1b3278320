//! Fingerprints of a device's last events, by which a retransmission is known.

use std::hash::{Hash, Hasher};

use plomb_model::Event;
use rustc_hash::FxHasher;

/// Events kept for a device that reports one at a time: it retransmits only what waits for an answer.
const FEW: usize = 6;
/// Events kept for a device that sends batches: the largest batch (Teltonika: 255 records) fits.
const MANY: usize = 256;

/// The last fingerprints, oldest overwritten first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recent {
    /// For single reports.
    Few([u64; FEW], u8),
    /// For batches.
    Many(Box<[u64; MANY]>, u8),
}

impl Default for Recent {
    fn default() -> Self {
        Self::Few([0; FEW], 0)
    }
}

impl Recent {
    /// Makes room for batches.
    pub(crate) fn grow(&mut self) {
        if let Self::Few(few, next) = self {
            let mut many = Box::new([0; MANY]);
            for (slot, print) in many.iter_mut().zip(few.iter()) {
                *slot = *print;
            }
            *self = Self::Many(many, *next);
        }
    }

    /// Whether this fingerprint is among the last.
    #[must_use]
    pub(crate) fn contains(&self, print: u64) -> bool {
        self.prints().contains(&print)
    }

    /// Adds a fingerprint.
    pub(crate) fn insert(&mut self, print: u64) {
        let (prints, next): (&mut [u64], _) = match self {
            Self::Few(few, next) => (few.as_mut_slice(), next),
            Self::Many(many, next) => (many.as_mut_slice(), next),
        };
        if let Some(slot) = prints.get_mut(usize::from(*next)) {
            *slot = print;
        }
        *next = if usize::from(*next) + 1 >= prints.len() { 0 } else { *next + 1 };
    }

    /// The fingerprints and the next place, for a snapshot.
    #[must_use]
    pub fn prints(&self) -> &[u64] {
        match self {
            Self::Few(few, _) => few.as_slice(),
            Self::Many(many, _) => many.as_slice(),
        }
    }

    /// The next place to be overwritten, for a snapshot.
    #[must_use]
    pub const fn next(&self) -> u8 {
        match self {
            Self::Few(_, next) | Self::Many(_, next) => *next,
        }
    }

    /// From a snapshot; `None` when the count fits neither form.
    #[must_use]
    pub fn restored(prints: &[u64], next: u8) -> Option<Self> {
        match prints.len() {
            FEW => Some(Self::Few(prints.try_into().ok()?, next % 6)),
            MANY => Some(Self::Many(Box::new(prints.try_into().ok()?), next)),
            _ => None,
        }
    }
}

/// What makes an event the same event when it comes again: kind, serial, time, place, and what it says of the seal and
/// shouts: some devices tell time in minutes, and a cut in the same minute is another event.
/// `None` for events without a time: a heartbeat may come as often as it likes.
pub(crate) fn fingerprint(event: &Event) -> Option<u64> {
    let occurred_at = event.occurred_at?;
    let mut hasher = FxHasher::default();
    (event.kind as u8, event.serial, occurred_at, event.seal, event.signals).hash(&mut hasher);
    event.position.map(|position| (position.latitude, position.longitude)).hash(&mut hasher);
    // Zero marks an empty slot.
    Some(hasher.finish() | 1)
}
