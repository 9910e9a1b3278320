//! Entries on their way into the journal, and the receipt for them.

use std::sync::Arc;

use plomb_evidence::merkle::Hash;
use plomb_model::EntryId;

use crate::StoreError;

/// Bytes of the length before each entry.
pub(crate) const LENGTH_BYTES: usize = 4;

type OnDurable = Box<dyn FnOnce(Result<Durable, Arc<StoreError>>) + Send>;

/// Consecutive entries that become durable together.
///
/// ```
/// use plomb_model::EntryId;
/// use plomb_store::Batch;
/// let mut batch = Batch::new(EntryId(7));
/// assert_eq!(batch.push(|out| out.extend_from_slice(b"an encoded entry")), EntryId(7));
/// assert_eq!(batch.next_entry(), EntryId(8));
/// ```
pub struct Batch {
    pub(crate) first: EntryId,
    pub(crate) count: u32,
    pub(crate) bytes: Vec<u8>,
    /// Length of the longest entry; `usize::MAX` when one does not fit its length field.
    pub(crate) longest: usize,
    pub(crate) on_durable: Option<OnDurable>,
}

/// Receipt: these entries are on the disk.
#[derive(Debug)]
pub struct Durable {
    /// First entry of the batch.
    pub first: EntryId,
    /// The entry after the last of the batch.
    pub end: EntryId,
    /// Size of the Merkle tree after the write that brought them.
    pub tree_size: u64,
    /// Root of that tree.
    pub root: Hash,
    /// The batch's memory, empty, for [`Batch::with_buffer`].
    pub buffer: Vec<u8>,
}

impl Batch {
    /// An empty batch whose first entry will have this number.
    #[must_use]
    pub const fn new(first: EntryId) -> Self {
        Self::with_buffer(first, Vec::new())
    }

    /// As [`Self::new`], in memory that was used before.
    #[must_use]
    pub const fn with_buffer(first: EntryId, bytes: Vec<u8>) -> Self {
        Self { first, count: 0, bytes, longest: 0, on_durable: None }
    }

    /// Adds the entry that `write` appends, and answers its number.
    pub fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> EntryId {
        let id = self.next_entry();
        if self.count == 0 {
            self.bytes.clear();
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; LENGTH_BYTES]);
        write(&mut self.bytes);
        let length = self.bytes.len().saturating_sub(start + LENGTH_BYTES);
        match (u32::try_from(length), self.bytes.get_mut(start..start + LENGTH_BYTES)) {
            (Ok(length), Some(place)) => place.copy_from_slice(&length.to_le_bytes()),
            _ => self.longest = usize::MAX,
        }
        self.longest = self.longest.max(length);
        self.count = self.count.saturating_add(1);
        id
    }

    /// Has `call` called once, on the writer's thread and in the order of the batches: keep it short. A batch that is
    /// dropped without being written answers with [`StoreError::Closed`].
    #[must_use]
    pub fn when_durable(
        mut self,
        call: impl FnOnce(Result<Durable, Arc<StoreError>>) + Send + 'static,
    ) -> Self {
        self.on_durable = Some(Box::new(call));
        self
    }

    /// Number of the entry that would be added next.
    #[must_use]
    pub const fn next_entry(&self) -> EntryId {
        EntryId(self.first.0 + self.count as u64)
    }

    /// How many entries.
    #[must_use]
    pub const fn len(&self) -> u32 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes so far, lengths included.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn finish(mut self, result: Result<(u64, Hash), Arc<StoreError>>) {
        let Some(call) = self.on_durable.take() else { return };
        let (first, end) = (self.first, self.next_entry());
        let mut buffer = std::mem::take(&mut self.bytes);
        buffer.clear();
        call(result.map(|(tree_size, root)| Durable { first, end, tree_size, root, buffer }));
    }
}

impl Drop for Batch {
    /// Whoever waits is answered in any case, also when the writer ended with batches in its queue.
    fn drop(&mut self) {
        if let Some(call) = self.on_durable.take() {
            call(Err(Arc::new(StoreError::Closed)));
        }
    }
}

/// The entries of a payload, in order; `None` in place of one whose length does not hold.
pub(crate) fn entries(payload: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some((length, after)) = rest.split_first_chunk::<LENGTH_BYTES>() else {
            rest = &[];
            return Some(None);
        };
        let length = usize::try_from(u32::from_le_bytes(*length)).ok();
        let Some((entry, after)) = length.and_then(|length| after.split_at_checked(length)) else {
            rest = &[];
            return Some(None);
        };
        rest = after;
        Some(Some(entry))
    })
}
