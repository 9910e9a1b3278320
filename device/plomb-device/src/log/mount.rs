//! Finding the log again after a start, whatever the power failed in.

use super::{At, Digest, HEADER_BYTES, Log, Mark, SLOT_BYTES, Slot, slot};
use crate::bytes::is_erased;
use crate::hardware::{Storage, StorageFault};
use crate::{DeviceId, pack};

impl Log {
    /// Finds the log in the pages from `first` on, and mends what the power failed in.
    pub(crate) fn mount<S: Storage>(
        storage: &mut S,
        first: usize,
        id: &DeviceId,
    ) -> Result<Self, StorageFault> {
        let pages = storage.pages().checked_sub(first).filter(|pages| *pages >= 3).ok_or(StorageFault)?;
        let slots = storage.page_bytes().saturating_sub(HEADER_BYTES) / SLOT_BYTES;
        if slots < 2 {
            return Err(StorageFault);
        }
        let mut log = Self {
            first,
            pages,
            slots,
            active: first,
            next_slot: 0,
            page_number: 0,
            next_sequence: 1,
            chain: Digest::default(),
            lost: 0,
            last: None,
        };
        for page in first..first + pages {
            if slot::read_header(storage, page)?.is_none() && !is_whole_page_erased(storage, page)? {
                storage.erase(page)?;
            }
        }
        log.end_copying(storage)?;
        let Some((active, number)) = log.newest(storage)? else {
            let header = slot::Header { number: 1, next_sequence: 1, lost: 0, chain: log.chain };
            slot::write_header(storage, first, &header)?;
            log.page_number = 1;
            return Ok(log);
        };
        (log.active, log.page_number) = (active, number);
        log.look_through(storage, id)?;
        Ok(log)
    }

    /// The page that was begun last, and its number.
    fn newest<S: Storage>(&self, storage: &S) -> Result<Option<(usize, u32)>, StorageFault> {
        let mut newest: Option<(usize, u32)> = None;
        for page in self.first..self.first + self.pages {
            if let Some(header) = slot::read_header(storage, page)?
                && newest.is_none_or(|(_, number)| header.number > number)
            {
                newest = Some((page, header.number));
            }
        }
        Ok(newest)
    }

    /// Ends a copying in which the power failed: begins it anew where it was not complete, else erases what was copied.
    fn end_copying<S: Storage>(&self, storage: &mut S) -> Result<(), StorageFault> {
        let Some((newest, _)) = self.newest(&*storage)? else { return Ok(()) };
        let mut erased = false;
        for page in self.first..self.first + self.pages {
            erased |= slot::is_page_erased(storage, page)?;
        }
        match slot::read_copied(storage, newest)? {
            // Its erasure may have been cut short, which cannot be seen: once more.
            Some(victim) if (self.first..self.first + self.pages).contains(&victim) && victim != newest => {
                storage.erase(victim)?;
            }
            _ if !erased => storage.erase(newest)?,
            _ => {}
        }
        Ok(())
    }

    /// Finds the end of the active page, the numbers that are next, and slots in which the power failed.
    fn look_through<S: Storage>(&mut self, storage: &mut S, id: &DeviceId) -> Result<(), StorageFault> {
        for page in self.first..self.first + self.pages {
            let Some(header) = slot::read_header(storage, page)? else { continue };
            self.lost = self.lost.max(header.lost);
            if header.next_sequence > self.next_sequence {
                (self.next_sequence, self.chain) = (header.next_sequence, header.chain);
            }
            for slot in 0..self.slots {
                let at = At { page, slot };
                match slot::read(storage, at)? {
                    Slot::Free => continue,
                    Slot::Torn => slot::mark(storage, at, Mark::Torn)?,
                    Slot::Done(Some(Mark::Dropped(lost))) => self.lost = self.lost.max(lost),
                    Slot::Done(_) | Slot::Pending(_) => {}
                }
                if page == self.active {
                    self.next_slot = slot + 1;
                }
                let Some(record) = slot::read_record(storage, at)? else { continue };
                self.lost = self.lost.max(record.lost);
                if record.sequence >= self.next_sequence {
                    self.next_sequence = record.sequence.saturating_add(1);
                    self.chain = pack::digest(id, &record);
                    self.last = Some(record);
                }
            }
        }
        Ok(())
    }
}

fn is_whole_page_erased<S: Storage>(storage: &S, page: usize) -> Result<bool, StorageFault> {
    let mut piece = [0; 64];
    let bytes = storage.page_bytes();
    for offset in (0..bytes).step_by(piece.len()) {
        let piece = piece.get_mut(..(bytes - offset).min(64)).unwrap_or_default();
        storage.read(page, offset, piece)?;
        if !is_erased(piece) {
            return Ok(false);
        }
    }
    Ok(true)
}
