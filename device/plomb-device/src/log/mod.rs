//! The log of events: a ring of flash pages that is only ever appended to.
//!
//! An event stays until the platform has acknowledged it. Each record holds the digest of the report before it, so
//! that no report can be left out or exchanged unseen. One page is always erased: what a full page still holds of use is
//! copied there before it is erased. When everything is of use, the least important event is marked as dropped, and every
//! later report says how many were; an event of the seal is never dropped.

mod mount;
mod slot;

use crate::hardware::{Storage, StorageFault};
use crate::pack;
use crate::record::Record;
use crate::seal::Importance;
use crate::{DeviceId, keys::Keys};
use slot::{HEADER_BYTES, Header, Mark, SLOT_BYTES, Slot};

/// The digest of a report, as the next one holds it.
pub type Digest = [u8; 16];

/// Why an event was not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFault {
    /// The memory failed.
    Storage(StorageFault),
    /// Everything in the log matters more; the event is counted as lost.
    Full,
}

impl From<StorageFault> for LogFault {
    fn from(fault: StorageFault) -> Self {
        Self::Storage(fault)
    }
}

/// Where an event lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct At {
    page: usize,
    slot: usize,
}

/// An event that waits for its acknowledgement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pending {
    pub(crate) at: At,
    pub(crate) record: Record,
    pub(crate) signature: Option<[u8; 64]>,
}

/// The log of one storage. Its content is in the storage; this is where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Log {
    /// The first page of the log; those before it are the state's.
    first: usize,
    pages: usize,
    slots: usize,
    active: usize,
    next_slot: usize,
    page_number: u32,
    next_sequence: u32,
    chain: Digest,
    lost: u32,
    /// The event of the greatest number that was found at the start.
    last: Option<Record>,
}

impl Log {
    /// Records an event: gives it number, chain and the count of what was lost; signs it where it must survive.
    /// Durable once it has returned.
    pub(crate) fn append<S: Storage>(
        &mut self,
        storage: &mut S,
        mut record: Record,
        id: &DeviceId,
        keys: Option<&Keys>,
    ) -> Result<Record, LogFault> {
        if self.next_slot >= self.slots {
            self.make_room(storage, record.importance)?;
        }
        record.sequence = self.next_sequence;
        record.previous = self.chain;
        record.lost = self.lost;
        let report = pack::digest(id, &record);
        let must_survive = record.importance == Importance::Seal;
        let signature = keys.filter(|_| must_survive).and_then(|keys| keys.sign(id, &record));
        let at = At { page: self.active, slot: self.next_slot };
        // Whatever becomes of it, the place is used.
        self.next_slot += 1;
        slot::write(storage, at, &record, signature.as_ref())?;
        self.next_sequence = self.next_sequence.saturating_add(1);
        self.chain = report;
        Ok(record)
    }

    /// The next event that waits, after `last` in the order of sending: what matters most first, then the oldest.
    pub(crate) fn next_pending<S: Storage>(
        &self,
        storage: &S,
        last: Option<&Record>,
        importance_min: Importance,
    ) -> Result<Option<Pending>, StorageFault> {
        let mut best: Option<Pending> = None;
        let order = |record: &Record| (core::cmp::Reverse(record.importance), record.sequence);
        self.each_pending(storage, |pending| {
            let here = order(&pending.record);
            let is_after = last.is_none_or(|last| here > order(last));
            let is_better = best.as_ref().is_none_or(|best| here < order(&best.record));
            if pending.record.importance >= importance_min && is_after && is_better {
                best = Some(pending);
            }
        })?;
        Ok(best)
    }

    /// Counts the events that wait, of at least this importance.
    pub(crate) fn pending<S: Storage>(
        &self,
        storage: &S,
        importance_min: Importance,
    ) -> Result<usize, StorageFault> {
        let mut count = 0;
        self.each_pending(storage, |pending| {
            count += usize::from(pending.record.importance >= importance_min);
        })?;
        Ok(count)
    }

    /// The platform has an event. Durable once it has returned.
    pub(crate) fn acknowledge<S: Storage>(&self, storage: &mut S, sequence: u32) -> Result<(), StorageFault> {
        let mut found = None;
        self.each_pending(&*storage, |pending| {
            if pending.record.sequence == sequence {
                found = Some(pending.at);
            }
        })?;
        match found {
            Some(at) => slot::mark(storage, at, Mark::Acknowledged),
            None => Ok(()),
        }
    }

    /// The platform will never take an event: counts it as lost.
    pub(crate) fn give_up<S: Storage>(&mut self, storage: &mut S, sequence: u32) -> Result<(), StorageFault> {
        let mut found = None;
        self.each_pending(&*storage, |pending| {
            if pending.record.sequence == sequence && pending.record.importance < Importance::Seal {
                found = Some(pending.at);
            }
        })?;
        match found {
            Some(at) => self.drop_event(storage, at),
            None => Ok(()),
        }
    }

    /// For how many more events of the seal there is room.
    pub(crate) fn room<S: Storage>(&self, storage: &S) -> Result<usize, StorageFault> {
        Ok(self.capacity().saturating_sub(self.pending(storage, Importance::Seal)?))
    }

    /// How many events can wait at once.
    pub(crate) const fn capacity(&self) -> usize {
        self.slots * (self.pages - 1)
    }

    /// The number of the next event.
    pub(crate) const fn next_sequence(&self) -> u32 {
        self.next_sequence
    }

    /// The event of the greatest number that was found at the start.
    pub(crate) const fn last(&self) -> Option<&Record> {
        self.last.as_ref()
    }

    /// How many events were dropped, ever.
    pub(crate) const fn lost(&self) -> u32 {
        self.lost
    }

    fn drop_event<S: Storage>(&mut self, storage: &mut S, at: At) -> Result<(), StorageFault> {
        self.lost = self.lost.saturating_add(1);
        slot::mark(storage, at, Mark::Dropped(self.lost))
    }

    /// Sees to a free slot in the active page.
    fn make_room<S: Storage>(&mut self, storage: &mut S, importance: Importance) -> Result<(), LogFault> {
        if self.pending(&*storage, Importance::Routine)? >= self.capacity() {
            let mut least: Option<Pending> = None;
            self.each_pending(&*storage, |pending| {
                let order = |pending: &Pending| (pending.record.importance, pending.record.sequence);
                if least.as_ref().is_none_or(|least| order(&pending) < order(least)) {
                    least = Some(pending);
                }
            })?;
            let victim = least.filter(|least| {
                least.record.importance < Importance::Seal && least.record.importance <= importance
            });
            let Some(victim) = victim else {
                self.lost = self.lost.saturating_add(1);
                return Err(LogFault::Full);
            };
            self.drop_event(storage, victim.at)?;
        }
        self.turn_page(storage)?;
        Ok(())
    }

    /// Begins the next erased page, and erases another for it where it was the last.
    fn turn_page<S: Storage>(&mut self, storage: &mut S) -> Result<(), StorageFault> {
        let mut erased = 0;
        let mut next = None;
        for step in 1..=self.pages {
            let page = self.first + (self.active - self.first + step) % self.pages;
            if slot::is_page_erased(storage, page)? {
                erased += 1;
                next = next.or(Some(page));
            }
        }
        let next = next.ok_or(StorageFault)?;
        let victim = if erased == 1 { self.victim(&*storage)? } else { None };
        let number = self.page_number.saturating_add(1);
        let header = Header { number, next_sequence: self.next_sequence, lost: self.lost, chain: self.chain };
        slot::write_header(storage, next, &header)?;
        let mut used = 0;
        if let Some(victim) = victim {
            for slot in 0..self.slots {
                let from = At { page: victim, slot };
                if matches!(slot::read(storage, from)?, Slot::Pending(_)) {
                    slot::copy(storage, from, At { page: next, slot: used })?;
                    used += 1;
                }
            }
            // From here on the copies count, and the page that was copied does not.
            slot::write_copied(storage, next, victim)?;
            storage.erase(victim)?;
        }
        (self.active, self.next_slot, self.page_number) = (next, used, number);
        Ok(())
    }

    /// The page that holds least of use, the oldest of several.
    fn victim<S: Storage>(&self, storage: &S) -> Result<Option<usize>, StorageFault> {
        let mut best: Option<(usize, u32, usize)> = None;
        for page in self.first..self.first + self.pages {
            let Some(header) = slot::read_header(storage, page)? else { continue };
            let mut live = 0;
            for slot in 0..self.slots {
                live += usize::from(matches!(slot::read(storage, At { page, slot })?, Slot::Pending(_)));
            }
            let here = (live, header.number, page);
            if best.is_none_or(|best| here < best) {
                best = Some(here);
            }
        }
        Ok(best.map(|(_, _, page)| page))
    }

    fn each_pending<S: Storage>(
        &self,
        storage: &S,
        mut with: impl FnMut(Pending),
    ) -> Result<(), StorageFault> {
        for page in self.first..self.first + self.pages {
            if slot::read_header(storage, page)?.is_none() {
                continue;
            }
            for slot in 0..self.slots {
                let at = At { page, slot };
                if let Slot::Pending((record, signature)) = slot::read(storage, at)? {
                    with(Pending { at, record, signature });
                }
            }
        }
        Ok(())
    }
}

impl Log {
    /// Empties the log; numbers and chain go on.
    pub(crate) fn empty<S: Storage>(mut self, storage: &mut S) -> Result<(), StorageFault> {
        // The header of the next page is there before the others go, so that the numbers are never lost.
        self.turn_page(storage)?;
        for page in (self.first..self.first + self.pages).filter(|page| *page != self.active) {
            storage.erase(page)?;
        }
        for slot in 0..self.next_slot {
            slot::mark(storage, At { page: self.active, slot }, Mark::Torn)?;
        }
        Ok(())
    }
}
