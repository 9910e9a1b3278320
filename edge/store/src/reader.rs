//! The reading side of a journal: a handle to be cloned to every thread that asks.

use std::sync::Arc;

use plomb_evidence::merkle::{Hash, leaf_hash};
use plomb_model::{EntryId, ReceivedAt, Timestamp};

use crate::query::{HistoryPage, HistoryQuery, history};
use crate::shared::Shared;
use crate::{JournalCounters, StoreError};

/// Reads a journal while it is written. Sees only what is durable.
#[derive(Clone)]
pub struct JournalReader {
    pub(crate) shared: Arc<Shared>,
}

/// How much a journal holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalStats {
    /// The oldest entry still held.
    pub oldest_entry: EntryId,
    /// The entry after the last durable one: the size of the tree.
    pub next_entry: EntryId,
    /// Root of the Merkle tree over all entries ever written.
    pub root: Hash,
    /// When the oldest entry still held was written.
    pub oldest_written_at: Option<ReceivedAt>,
    /// When the last entry was written.
    pub newest_written_at: Option<ReceivedAt>,
    /// Segments that are not sealed.
    pub unsealed_segments: usize,
    /// Bytes of batches in them.
    pub unsealed_bytes: u64,
    /// History files.
    pub history_files: usize,
    /// Their bytes.
    pub history_bytes: u64,
    /// Bytes of the entries in them, before compression.
    pub history_entry_bytes: u64,
    /// Snapshots kept, ascending.
    pub snapshots: Vec<EntryId>,
}

impl JournalReader {
    /// A page of a device's history.
    ///
    /// # Errors
    /// [`StoreError::Io`] and [`StoreError::Damaged`] where a file cannot be read.
    pub fn history(&self, query: &HistoryQuery) -> Result<HistoryPage, StoreError> {
        history(&self.shared, query)
    }

    /// The encoded entry of this number; `None` when it is not durable yet or was deleted by retention.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn entry(&self, id: EntryId) -> Result<Option<Vec<u8>>, StoreError> {
        let (segments, file) = {
            let state = self.shared.state();
            let place = state.history.partition_point(|file| file.first() <= id.0).checked_sub(1);
            let file = place.and_then(|place| state.history.get(place)).filter(|file| id.0 < file.end());
            (state.wal.clone(), file.cloned())
        };
        if let Some(file) = file {
            return match file.entry(&self.shared.files, id.0) {
                Err(_) if file.is_removed() => Ok(None),
                found => found.map(Some),
            };
        }
        for segment in segments.iter().rev().filter(|segment| segment.first() <= id.0) {
            if let Some(entry) = segment.entry(id.0)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The leaf of this entry in the Merkle tree, computed from its bytes.
    ///
    /// # Errors
    /// As [`Self::history`].
    pub fn leaf_hash(&self, id: EntryId) -> Result<Option<Hash>, StoreError> {
        Ok(self.entry(id)?.map(|entry| leaf_hash(&entry)))
    }

    /// How much the journal holds.
    #[must_use]
    pub fn stats(&self) -> JournalStats {
        let state = self.shared.state();
        let batches: Vec<_> = state.wal.iter().map(|segment| segment.batches()).collect();
        let mut written =
            batches.iter().flat_map(|batches| batches.iter()).map(|batch| batch.header.written_at);
        let files = &state.history;
        let first = files.first().map(|file| file.footer.written_first).or_else(|| written.clone().next());
        let last = written.next_back().or_else(|| files.last().map(|file| file.footer.written_last));
        let time = |millis| ReceivedAt(Timestamp::from_millis(millis));
        JournalStats {
            oldest_entry: EntryId(state.oldest()),
            next_entry: EntryId(state.next),
            root: state.root,
            oldest_written_at: first.map(time),
            newest_written_at: last.map(time),
            unsealed_segments: state.wal.len(),
            unsealed_bytes: batches
                .iter()
                .flat_map(|batches| batches.iter())
                .map(|b| b.header.disk_bytes())
                .sum(),
            history_files: files.len(),
            history_bytes: files.iter().map(|file| file.file_bytes).sum(),
            history_entry_bytes: files.iter().map(|file| file.footer.entry_bytes).sum(),
            snapshots: state.snapshots.iter().copied().map(EntryId).collect(),
        }
    }

    /// What has been counted since the journal was opened.
    #[must_use]
    pub fn counters(&self) -> &JournalCounters {
        &self.shared.counters
    }
}
