//! What the journal's threads and readers share: the lists of segments and files, and how far all is durable.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{SystemTime, UNIX_EPOCH};

use plomb_evidence::merkle::Hash;

use crate::history::{FileCache, HistoryFile};
use crate::pool::Pool;
use crate::segment::Segment;
use crate::{JournalConfig, JournalCounters, StoreError};

/// One journal.
pub(crate) struct Shared {
    pub(crate) config: JournalConfig,
    pub(crate) counters: JournalCounters,
    pub(crate) state: Mutex<State>,
    pub(crate) pool: Pool,
    /// History files that are open.
    pub(crate) files: FileCache,
    /// Something is there to be sealed, or the journal is closing.
    pub(crate) sealer_wake: Condvar,
    pub(crate) stopping: AtomicBool,
    /// Rows in memory over all unsealed segments.
    pub(crate) indexed_rows: AtomicUsize,
    /// For tests: if not 0 the next write fails after so many halves of it.
    #[cfg(test)]
    pub(crate) failing_write: AtomicUsize,
}

/// What changes. Locked for a moment only, never during I/O.
pub(crate) struct State {
    /// By first entry; the last one is being written.
    pub(crate) wal: Vec<Arc<Segment>>,
    /// By first entry, without gaps.
    pub(crate) history: Vec<Arc<HistoryFile>>,
    /// The entry after the last durable one, which is the size of the tree.
    pub(crate) next: u64,
    pub(crate) root: Hash,
    /// Why writing is refused.
    pub(crate) refusing: Option<Arc<StoreError>>,
    /// Why sealing waits.
    pub(crate) sealing_failed: Option<Arc<StoreError>>,
    /// Snapshots kept, ascending.
    pub(crate) snapshots: Vec<u64>,
}

impl State {
    /// First entry still held.
    pub(crate) fn oldest(&self) -> u64 {
        let history = self.history.first().map(|file| file.first());
        history.or_else(|| self.wal.first().map(|segment| segment.first())).unwrap_or(self.next)
    }
}

impl Shared {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// Locks, also after a panic elsewhere: every holder leaves the value whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn read_lock<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn write_lock<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

/// Milliseconds since 1970 by this machine's clock.
pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
