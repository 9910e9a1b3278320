//! Which rows of which device an unsealed segment holds: built when somebody asks, and only as far as is durable.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use plomb_evidence::keys;

use crate::StoreError;
use crate::batch::{LENGTH_BYTES, entries};
use crate::device_key::DeviceKey;
use crate::layout::BATCH_HEADER_BYTES;
use crate::query::Window;
use crate::segment::{BatchRef, Segment};
use crate::shared::{Shared, lock};

/// Rows kept in memory over all unsealed segments: at some 50 bytes each 200 MB. Beyond it segments are searched.
const INDEXED_ROWS_MAX: usize = 4_000_000;

/// Rows by device, as far as it has been built.
#[derive(Default)]
pub(crate) struct RowIndex {
    batches: usize,
    rows: HashMap<DeviceKey, Vec<WalRow>>,
    count: usize,
}

/// A row of an unsealed segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WalRow {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) entry: u64,
    offset: u64,
    length: u32,
    checksum: u32,
}

impl Segment {
    /// The rows of a device in the window, in no order.
    pub(crate) fn rows(
        &self,
        shared: &Shared,
        device: &DeviceKey,
        window: &Window,
    ) -> Result<Vec<WalRow>, StoreError> {
        let batches = self.batches();
        let mut index = lock(&self.index);
        while let Some(batch) = batches.get(index.batches) {
            if shared.indexed_rows.load(Ordering::Relaxed) >= INDEXED_ROWS_MAX {
                break;
            }
            let before = index.count;
            let RowIndex { rows, count, .. } = &mut *index;
            self.each_row(batch, |device, row| {
                rows.entry(device).or_default().push(row);
                *count += 1;
            })?;
            index.batches += 1;
            shared.indexed_rows.fetch_add(index.count - before, Ordering::Relaxed);
        }
        let wanted = |row: &WalRow| window.contains(row.first, row.last, row.entry);
        let mut found: Vec<_> =
            index.rows.get(device).into_iter().flatten().copied().filter(wanted).collect();
        let indexed = index.batches;
        drop(index);
        for batch in batches.iter().skip(indexed) {
            self.each_row(batch, |owner, row| {
                if owner == *device && wanted(&row) {
                    found.push(row);
                }
            })?;
        }
        Ok(found)
    }

    /// Gives the memory of the rows back.
    pub(crate) fn forget_rows(&self, shared: &Shared) {
        let index = std::mem::take(&mut *lock(&self.index));
        shared.indexed_rows.fetch_sub(index.count, Ordering::Relaxed);
    }

    fn each_row(&self, batch: &BatchRef, mut row: impl FnMut(DeviceKey, WalRow)) -> Result<(), StoreError> {
        let payload = self.read(batch)?;
        let mut offset = batch.offset + BATCH_HEADER_BYTES as u64;
        for (entry, bytes) in (batch.header.first..).zip(entries(&payload).flatten()) {
            offset += LENGTH_BYTES as u64;
            if let Ok(keys) = keys(bytes)
                && let Some((first, last)) = keys.times
            {
                let found = WalRow {
                    first: first.as_millis(),
                    last: last.as_millis(),
                    entry,
                    offset,
                    length: u32::try_from(bytes.len()).unwrap_or(u32::MAX),
                    checksum: crc32fast::hash(bytes),
                };
                keys.device.iter().chain(&keys.peripherals).for_each(|device| row(device.into(), found));
            }
            offset += bytes.len() as u64;
        }
        Ok(())
    }

    /// The bytes of a row.
    pub(crate) fn row_bytes(&self, row: &WalRow) -> Result<Vec<u8>, StoreError> {
        let bytes = self.read_at(row.offset, usize::try_from(row.length).unwrap_or(usize::MAX))?;
        if crc32fast::hash(&bytes) == row.checksum {
            Ok(bytes)
        } else {
            Err(StoreError::damaged(&self.path, row.offset, format!("entry {} has changed", row.entry)))
        }
    }

    /// The bytes of an entry of this segment; `None` when it is not durable.
    pub(crate) fn entry(&self, entry: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let batches = self.batches();
        let place = batches.partition_point(|batch| batch.header.first <= entry).checked_sub(1);
        let Some(batch) = place.and_then(|place| batches.get(place)).filter(|batch| entry < batch.end())
        else {
            return Ok(None);
        };
        let payload = self.read(batch)?;
        let number = usize::try_from(entry - batch.header.first).unwrap_or(usize::MAX);
        Ok(entries(&payload).flatten().nth(number).map(<[u8]>::to_vec))
    }
}
