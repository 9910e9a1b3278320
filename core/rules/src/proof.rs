//! Whether a message's proof counts: it must hold, and its counter must not have been used.
//!
//! A seal that was out of reach tells the cut first and the routine of the days before it later, so that counters of an
//! active device may come out of order, as far as [`OUT_OF_ORDER_MAX`]. Its messages must then bear their own time: an old
//! one that was held back shows as old. Counters of all others rise.

use std::num::NonZeroU32;

use plomb_model::{DeviceClass, Event, Identity, Protocol, Reading, ReceivedAt, SealEvidence};

use crate::DeviceState;

/// A passive seal's link that is opened again within so long is the same reading (a page that was reloaded); later it
/// is an old proof. Seconds.
const SAME_READING_S_MAX: i64 = 300;

/// So far below the highest counter a proof may come late: a word of bits, and more than the events that a seal keeps of
/// one arming.
const OUT_OF_ORDER_MAX: u32 = u64::BITS;

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
    pub(crate) fn of(device: &DeviceState, protocol: Protocol, at: ReceivedAt, event: &Event) -> Self {
        if event.trust.seal == SealEvidence::Invalid {
            return Self::Invalid;
        }
        let Some(counter) = counter(event).filter(|_| event.trust.identity >= Identity::Mac) else {
            return Self::None;
        };
        let since_s = at.0.since(device.last_received_at.0) / 1000;
        let class = protocol.class();
        match device.proof_counter {
            Some(known) if counter < known => {
                let in_window = class == DeviceClass::Active && event.occurred_at.is_some();
                match seen_bit(known, counter).filter(|_| in_window) {
                    Some(bit) if device.proof_seen & bit == 0 => Self::Holds(counter),
                    Some(_) => Self::Again,
                    None => Self::Replayed,
                }
            }
            Some(known) if counter == known => {
                let passive = class == DeviceClass::Passive;
                if passive && since_s > SAME_READING_S_MAX { Self::Replayed } else { Self::Again }
            }
            _ => Self::Holds(counter),
        }
    }

    /// Remembers that a counter was used.
    pub(crate) fn remember(device: &mut DeviceState, counter: NonZeroU32) {
        match device.proof_counter {
            Some(known) if counter < known => device.proof_seen |= seen_bit(known, counter).unwrap_or(0),
            Some(known) => {
                let steps = counter.get() - known.get();
                let shifted = device.proof_seen.checked_shl(steps).unwrap_or(0);
                device.proof_seen = shifted | seen_bit(counter, known).unwrap_or(0);
                device.proof_counter = Some(counter);
            }
            None => device.proof_counter = Some(counter),
        }
    }

    /// Whether the message must change nothing but raise its alarm.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Self::Invalid | Self::Replayed | Self::OtherChip)
    }
}

/// The bit of a counter among those below the highest known; none when it is too far below.
fn seen_bit(known: NonZeroU32, counter: NonZeroU32) -> Option<u64> {
    let below = known.get().checked_sub(counter.get())?.checked_sub(1)?;
    (below < OUT_OF_ORDER_MAX).then(|| 1 << below)
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
