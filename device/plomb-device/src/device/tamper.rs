//! What happens when the device itself is opened or attacked.

use super::Device;
use crate::hardware::{Now, Rng, Storage, Vault};
use crate::keys::Keys;
use crate::link::BODY_BYTES_MAX;
use crate::pack;
use crate::record::Record;
use crate::seal::Importance;
use plomb_constrained::Full;
use plomb_constrained::coap::{Kind, Writer, code, format, option};
use plomb_constrained::profile::REPORT_PATH;
use plomb_constrained::stack::burn_stack;

/// Wait after the first beacon, milliseconds; doubled with each.
const BEACON_MS: u64 = 5_000;
/// The longest.
const BEACON_MS_MAX: u64 = 3_600_000;

/// Drops them in place: each key is overwritten where it lies.
#[inline(never)]
fn forget(keys: &mut Option<Keys>) {
    *keys = None;
}

impl<S: Storage, V: Vault> Device<S, V> {
    /// Erases the keys, before anything else.
    pub(super) fn wipe(&mut self) {
        self.is_wipe_due = self.vault.wipe().is_err();
        // The `None` that takes their place may bring unused bytes of the stack with it.
        burn_stack();
        forget(&mut self.keys);
        burn_stack();
    }

    pub(super) fn tampered(&mut self, now: Now) {
        self.wipe();
        self.tell_tampering(now);
    }

    /// A frame of its own, on the stack that was burnt: what it builds brings no remains of keys into the device.
    #[inline(never)]
    fn tell_tampering(&mut self, now: Now) {
        self.link.reset();
        self.state.password = None;
        self.state.cards = [None; crate::state::CARDS_MAX];
        if let Some(turn) = self.state.seal.tamper() {
            let record = self.draft(now, turn.cause, turn.importance, &turn.seal);
            // Without keys it is for the workshop alone, so that its failure changes nothing.
            self.log.append(&mut self.storage, record, &self.state.id, None).ok();
            self.state.seal = turn.seal;
            self.timers.beacon_due_ms = now.up_ms;
            self.beacons = 0;
            // Tried again by `poll`; even without it the empty vault says what happened.
            self.save().ok();
        }
    }

    /// A beacon with signed events that were not delivered: in plain, as long as the battery lasts. No answer is believed.
    pub(super) fn beacon(
        &mut self,
        now: Now,
        rng: &mut impl Rng,
        out: &mut [u8],
    ) -> Result<Option<usize>, Full> {
        if now.up_ms < self.timers.beacon_due_ms {
            return Ok(None);
        }
        let wait = BEACON_MS.saturating_mul(1 << self.beacons.min(16)).min(BEACON_MS_MAX);
        self.timers.beacon_due_ms = now.up_ms.saturating_add(wait);
        let mut body = [0; BODY_BYTES_MAX];
        let token = self.state.token.as_bytes();
        let mut length = token.len();
        body.get_mut(..length).ok_or(Full)?.copy_from_slice(token);
        // Each beacon takes up where the last one ended, so that every event has its turn.
        let mut last = self.shown_last(self.beacons);
        let mut item = [0; pack::ITEM_BYTES_MAX];
        while let Ok(Some(pending)) = self.log.next_pending(&self.storage, last.as_ref(), Importance::Seal) {
            last = Some(pending.record);
            let Some(signature) = &pending.signature else { continue };
            let item = pack::write_item(&self.state.id, &pending.record, Some(signature), &mut item)?;
            let Some(place) = body.get_mut(length..length + item.len()) else { break };
            place.copy_from_slice(item);
            length += item.len();
        }
        self.beacons = self.beacons.saturating_add(1);
        let id = self.link.next_message_id(rng);
        let token = rng.next().to_be_bytes();
        let mut writer = Writer::new(out, Kind::NonConfirmable, code::POST, id, &token);
        writer.path(REPORT_PATH).uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
        let body = body.get(..length).unwrap_or_default();
        writer.payload(body).map(|datagram| Some(datagram.len()))
    }

    /// Behind which signed event the beacon of this number begins: two fit into one at least.
    fn shown_last(&self, beacons: u32) -> Option<Record> {
        let waiting = self.log.pending(&self.storage, Importance::Seal).ok().filter(|count| *count > 0)?;
        let skipped = usize::try_from(beacons).ok()? % waiting;
        let mut last = None;
        for _ in 0..skipped {
            last = self
                .log
                .next_pending(&self.storage, last.as_ref(), Importance::Seal)
                .ok()
                .flatten()
                .map(|pending| pending.record);
        }
        last
    }
}
