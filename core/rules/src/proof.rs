//! Whether a message's proof counts: it must hold, and its counter must rise.

use std::num::NonZeroU32;

use plomb_model::{DeviceClass, Event, Identity, Reading, SealEvidence};

use crate::{DeviceState, Reported};

/// A passive seal's link that is opened again within so long is the same reading (a page that was reloaded); later it
/// is an old proof. Seconds.
const SAME_READING_S_MAX: i64 = 300;

/// What a message's proof is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It carries none, or none with a counter.
    None,
    /// It holds; one more than its counter.
    Holds(NonZeroU32),
    /// The same message came again, as radio and several gateways bring it.
    Again,
    /// It does not hold.
    Invalid,
    /// It held once: its counter was used before.
    Replayed,
    /// The code belongs to another chip.
    OtherChip,
}

impl Proof {
    /// The proof of a message, measured by what the device has proved before.
    pub(crate) fn of(device: &DeviceState, reported: &Reported<'_>) -> Self {
        let event = reported.event;
        if event.trust.seal == SealEvidence::Invalid {
            return Self::Invalid;
        }
        let Some(counter) = counter(event).filter(|_| event.trust.identity >= Identity::Mac) else {
            return Self::None;
        };
        let since_s = reported.at.0.since(device.last_received_at.0) / 1000;
        match device.proof_counter {
            Some(known) if counter < known => Self::Replayed,
            Some(known) if counter == known => {
                let passive = reported.protocol.class() == DeviceClass::Passive;
                if passive && since_s > SAME_READING_S_MAX { Self::Replayed } else { Self::Again }
            }
            _ => Self::Holds(counter),
        }
    }

    /// Whether the message must change nothing but raise its alarm.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Invalid | Self::Replayed | Self::OtherChip)
    }
}

/// One more than the counter of a message; those beyond any device's life are cut to the greatest.
fn counter(event: &Event) -> Option<NonZeroU32> {
    event.readings.iter().find_map(|reading| match reading {
        Reading::Counter(counter) => {
            NonZeroU32::MIN.checked_add(u32::try_from(*counter).ok()?).or(Some(NonZeroU32::MAX))
        }
        _ => None,
    })
}
