//! The one thread that writes: it gathers what waits, hashes, writes, makes durable, then tells everybody in order.
//!
//! When the disk is free it writes at once, so that a lone batch waits for one write only; what arrives meanwhile rides
//! together in the next. Only when that is not enough company, and more keeps arriving, does it wait a little.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError};
use std::time::{Duration, Instant};

use plomb_evidence::merkle::{Frontier, Hash, leaf_hash};
use plomb_model::EntryId;

use crate::batch::{Batch, entries};
use crate::layout::{BATCH_HEADER_BYTES, BatchHeader, disk_bytes};
use crate::pool::check_space;
use crate::segment::BatchRef;
use crate::shared::{Shared, now_millis};
use crate::wal_file::{Active, begin_segment};
use crate::{JournalCounters, StoreError};

/// Batches that may wait for the writer; a caller beyond that waits too.
pub(crate) const QUEUE_BATCHES_MAX: usize = 256;
/// Longest entry. The longest frame of any protocol spoken has 64 KiB; its events and readings add a few times that.
const ENTRY_BYTES_MAX: usize = 4 << 20;
/// A write of this size shows that the journal is busy and waiting for company pays: a larger one costs hardly more.
const BUSY_BYTES: usize = 32 << 10;
/// So long nothing came: nothing will come soon.
const LULL: Duration = Duration::from_micros(300);
/// How often free space is measured.
const SPACE_CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// How long the writer waits for an empty segment before it refuses.
const SEGMENT_WAIT_MAX: Duration = Duration::from_secs(10);
/// How often writing is tried again after a failure.
const RETRY_INTERVAL: Duration = Duration::from_millis(200);
/// How often a quiet journal looks whether its segment has become old.
const AGE_CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// What the writer is asked to do.
pub(crate) enum Command {
    Append(Batch),
    /// Go on in a new segment, so that the present one can be sealed.
    Rotate,
    Close,
}

/// Hands batches to the writer. Cheap to clone, but batches must come in the order of their entries.
#[derive(Clone)]
pub struct JournalWriter {
    pub(crate) sender: SyncSender<Command>,
}

impl JournalWriter {
    /// Queues a batch; waits while the queue is full. The outcome comes to the batch's `when_durable`.
    pub fn append(&self, batch: Batch) {
        // Without a writer the batch comes back and, dropped here, answers that the journal is closed.
        drop(self.sender.send(Command::Append(batch)));
    }

    /// As [`Self::append`], but gives the batch back when the queue is full.
    ///
    /// # Errors
    /// The batch, to be tried again.
    pub fn try_append(&self, batch: Batch) -> Result<(), Batch> {
        match self.sender.try_send(Command::Append(batch)) {
            Err(TrySendError::Full(Command::Append(batch))) => Err(batch),
            // Without a writer the batch comes back and, dropped here, answers that the journal is closed.
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// The writer's own state.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    commands: Receiver<Command>,
    frontier: Frontier,
    active: Option<Active>,
    next_batch: u64,
    next_sequence: u64,
    /// Payload of the last write.
    last_bytes: usize,
    space_checked: Option<Instant>,
    retried: Option<Instant>,
}

/// Marks the journal as closed when the writer ends, be it by a panic.
struct Closing(Arc<Shared>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.state().refusing = Some(Arc::new(StoreError::Closed));
    }
}

/// What the writer begins with.
pub(crate) struct Start {
    pub(crate) frontier: Frontier,
    /// The segment to go on with; `None` begins a new one at the first batch.
    pub(crate) active: Option<Active>,
    pub(crate) next_batch: u64,
    pub(crate) next_sequence: u64,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>, commands: Receiver<Command>, start: Start) -> Self {
        Self {
            shared,
            commands,
            frontier: start.frontier,
            active: start.active,
            next_batch: start.next_batch,
            next_sequence: start.next_sequence,
            last_bytes: 0,
            space_checked: None,
            retried: None,
        }
    }

    /// Works until told to close. However it ends, the journal then says that it is closed.
    pub(crate) fn run(mut self) {
        let _closing = Closing(Arc::clone(&self.shared));
        loop {
            match self.commands.recv_timeout(AGE_CHECK_INTERVAL) {
                Ok(Command::Append(batch)) => {
                    let mut next = Some(batch);
                    let mut then = None;
                    while let Some(batch) = next.take() {
                        let arrived = Instant::now();
                        let (group, command) = self.gather(batch);
                        self.commit(group, arrived);
                        match command {
                            Some(Command::Append(batch)) => next = Some(batch),
                            other => then = other,
                        }
                    }
                    match then {
                        Some(Command::Close) => break,
                        Some(_) => self.rotate_if_used(SEGMENT_WAIT_MAX),
                        None => {}
                    }
                }
                Ok(Command::Rotate) => self.rotate_if_used(SEGMENT_WAIT_MAX),
                Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if self.active.as_ref().is_some_and(|active| active.is_older_than(self.shared.config.seal_after))
            {
                self.rotate_if_used(Duration::ZERO);
            }
        }
    }

    /// What is written together with `batch`, and the command that ended the gathering.
    fn gather(&self, batch: Batch) -> (Vec<Batch>, Option<Command>) {
        let config = &self.shared.config;
        let limit = config.group_commit_bytes_max.min(config.payload_bytes_max());
        let deadline = Instant::now() + config.group_commit_wait_max;
        let mut bytes = batch.bytes.len();
        let mut group = vec![batch];
        while bytes < limit {
            let command = match self.commands.try_recv() {
                Ok(command) => command,
                Err(TryRecvError::Disconnected) => break,
                Err(TryRecvError::Empty) => {
                    let busy = bytes.max(self.last_bytes) >= BUSY_BYTES;
                    let left = deadline.saturating_duration_since(Instant::now());
                    if !busy || left.is_zero() {
                        break;
                    }
                    match self.commands.recv_timeout(left.min(LULL)) {
                        Ok(command) => command,
                        Err(_) => break,
                    }
                }
            };
            match command {
                Command::Append(next) if bytes + next.bytes.len() <= limit => {
                    bytes += next.bytes.len();
                    group.push(next);
                }
                other => return (group, Some(other)),
            }
        }
        (group, None)
    }

    /// Writes a group, and answers each of its batches.
    fn commit(&mut self, group: Vec<Batch>, arrived: Instant) {
        let mut expected = self.frontier.size();
        // Why each batch is not written, where it is not.
        let faults: Vec<Option<StoreError>> = group
            .iter()
            .map(|batch| {
                let fault = self.fault(batch, expected);
                if fault.is_none() {
                    expected += u64::from(batch.count);
                }
                fault
            })
            .collect();
        let good = group.iter().zip(&faults).filter(|(_, fault)| fault.is_none()).map(|(batch, _)| batch);
        let outcome = self.write(&good.collect::<Vec<_>>());
        match &outcome {
            Ok(_) => self.shared.counters.committed(arrived.elapsed()),
            Err(error) => self.refuse(error),
        }
        for (batch, fault) in group.into_iter().zip(faults) {
            let counters = &self.shared.counters;
            let result = match (&outcome, fault) {
                (Ok(durable), None) => {
                    JournalCounters::add(&counters.batches, 1);
                    JournalCounters::add(&counters.entries, batch.count.into());
                    JournalCounters::add(&counters.entry_bytes, batch.bytes.len() as u64);
                    Ok(*durable)
                }
                (Err(error), None) => Err(Arc::clone(error)),
                (_, Some(fault)) => Err(Arc::new(fault)),
            };
            if result.is_err() {
                JournalCounters::add(&counters.failed_batches, 1);
            }
            batch.finish(result);
        }
    }

    fn fault(&self, batch: &Batch, expected: u64) -> Option<StoreError> {
        if batch.longest > ENTRY_BYTES_MAX {
            return Some(StoreError::TooLarge {
                what: "an entry",
                found: batch.longest,
                limit: ENTRY_BYTES_MAX,
            });
        }
        let limit = self.shared.config.payload_bytes_max();
        if batch.bytes.len() > limit {
            return Some(StoreError::TooLarge { what: "a batch", found: batch.bytes.len(), limit });
        }
        if batch.first.0 == expected {
            return None;
        }
        let refusing = self.shared.state().refusing.clone();
        Some(match refusing {
            Some(reason) => StoreError::Refused(reason),
            None => StoreError::Gap { expected: EntryId(expected), found: batch.first },
        })
    }

    fn refuse(&mut self, error: &Arc<StoreError>) {
        // One that was refused for an earlier reason was no attempt.
        if !matches!(**error, StoreError::Refused(_)) {
            self.retried = Some(Instant::now());
            self.shared.state().refusing = Some(Arc::clone(error));
        }
    }

    /// Makes the batches durable; answers size and root of the tree.
    fn write(&mut self, group: &[&Batch]) -> Result<(u64, Hash), Arc<StoreError>> {
        let payload_bytes: usize = group.iter().map(|batch| batch.bytes.len()).sum();
        if payload_bytes == 0 {
            return Ok((self.frontier.size(), self.frontier.root()));
        }
        self.may_write()?;
        let payload_bytes_u32 = u32::try_from(payload_bytes).unwrap_or(u32::MAX);
        let Some(mut active) = self.active_with_room(disk_bytes(payload_bytes_u32))? else {
            return Err(Arc::new(StoreError::Closed));
        };
        let mut frontier = self.frontier.clone();
        let mut crc = crc32fast::Hasher::new();
        let mut count = 0_u32;
        active.begin(BATCH_HEADER_BYTES);
        for batch in group {
            frontier.extend(entries(&batch.bytes).flatten().map(leaf_hash));
            crc.update(&batch.bytes);
            active.extend(&batch.bytes);
            count = count.saturating_add(batch.count);
        }
        let header = BatchHeader {
            nonce: active.segment.header.nonce,
            number: self.next_batch,
            first: self.frontier.size(),
            count,
            payload_bytes: payload_bytes_u32,
            written_at: now_millis(),
            tree_size: frontier.size(),
            root: frontier.root(),
            payload_crc: crc.finalize(),
        };
        let offset = active.offset();
        if let Err(error) = active.write(&self.shared, &header.encode()) {
            // What the file holds at this place is unknown now: it ends at its last durable batch.
            active.segment.finish();
            return Err(Arc::new(error));
        }
        active.segment.add(BatchRef { header, offset });
        self.active = Some(active);
        self.frontier = frontier;
        self.next_batch += 1;
        self.last_bytes = payload_bytes;
        let mut state = self.shared.state();
        state.next = header.tree_size;
        state.root = header.root;
        state.refusing = None;
        drop(state);
        JournalCounters::add(&self.shared.counters.written_bytes, header.disk_bytes());
        Ok((header.tree_size, header.root))
    }

    /// Refuses while the disk is full, and for a moment after a failure.
    fn may_write(&mut self) -> Result<(), Arc<StoreError>> {
        let refusing = self.shared.state().refusing.clone();
        if let Some(reason) = &refusing
            && self.retried.is_some_and(|retried| retried.elapsed() < RETRY_INTERVAL)
        {
            return Err(Arc::new(StoreError::Refused(Arc::clone(reason))));
        }
        let due = self.space_checked.is_none_or(|checked| checked.elapsed() >= SPACE_CHECK_INTERVAL);
        if due || refusing.is_some() {
            check_space(&self.shared, 0)?;
            self.space_checked = Some(Instant::now());
        }
        if refusing.is_some() {
            self.shared.pool.retry();
        }
        Ok(())
    }

    /// The segment to write `bytes` to: the present one, or a new one where it has no room or may not be used.
    fn active_with_room(&mut self, bytes: u64) -> Result<Option<Active>, Arc<StoreError>> {
        let roomy = self.active.as_ref().is_some_and(|active| active.has_room(bytes));
        if !roomy {
            self.begin_segment(SEGMENT_WAIT_MAX)?;
        }
        Ok(self.active.take())
    }

    fn begin_segment(&mut self, wait: Duration) -> Result<(), Arc<StoreError>> {
        let path = self.shared.pool.take(wait)?;
        let begun =
            begin_segment(&self.shared, &path, self.next_sequence, self.next_batch, self.frontier.clone());
        let active = match begun {
            Ok(active) => active,
            Err(error) => {
                if path.exists() {
                    self.shared.pool.give_back(path);
                }
                return Err(Arc::new(error));
            }
        };
        self.next_sequence += 1;
        let mut state = self.shared.state();
        if let Some(last) = state.wal.last() {
            last.finish();
        }
        state.wal.push(Arc::clone(&active.segment));
        let unsealed = state.wal.len().saturating_sub(1);
        drop(state);
        self.shared.pool.set_unsealed(unsealed);
        self.shared.sealer_wake.notify_all();
        self.active = Some(active);
        Ok(())
    }

    /// Goes on in a new segment unless the present one is empty.
    fn rotate_if_used(&mut self, wait: Duration) {
        let used = self.active.as_ref().is_some_and(|active| !active.is_empty());
        // If no segment is ready the present one stays, and its age has it tried again.
        if used {
            self.begin_segment(wait).unwrap_or(());
        }
    }
}

#[cfg(test)]
mod tests;
