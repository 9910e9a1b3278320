//! Empty segments, kept ready so that the writer never waits for zeroing.
//!
//! A new segment is zeroed and made durable once; from then on the file is used again and again, which costs the file
//! system nothing. A recycled file still holds old batches: the new header's nonce makes them meaningless.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::directory::{self, Name};
use crate::shared::{Shared, lock};
use crate::{JournalCounters, StoreError};

/// Spare segments kept ready: one for the next switch and one for the switch after it.
const READY_MIN: usize = 2;
/// Spare segments kept at most; more are deleted.
const READY_MAX: usize = 4;
/// Full segments that may wait to be sealed before the writer is held up: 64 of 64 MiB take 4 GiB.
pub(crate) const UNSEALED_MAX: usize = 64;
/// Pause before making a segment is tried again after a failure.
const RETRY_AFTER: Duration = Duration::from_millis(500);
/// Piece by which a segment is zeroed.
const ZERO_BYTES: usize = 1 << 20;

#[derive(Default)]
pub(crate) struct Pool {
    inner: Mutex<Inner>,
    /// A segment became ready, was taken, or making one failed.
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    ready: Vec<PathBuf>,
    next_number: u64,
    /// Full segments that are not sealed yet.
    unsealed: usize,
    failure: Option<Arc<StoreError>>,
    stopped: bool,
}

impl Pool {
    /// With the spare files found at the start.
    pub(crate) fn new(spares: Vec<PathBuf>, next_number: u64) -> Self {
        let inner = Inner { ready: spares, next_number, ..Inner::default() };
        Self { inner: Mutex::new(inner), changed: Condvar::new() }
    }

    /// An empty segment; waits up to `wait` for one.
    pub(crate) fn take(&self, wait: Duration) -> Result<PathBuf, Arc<StoreError>> {
        let deadline = Instant::now() + wait;
        let mut inner = lock(&self.inner);
        loop {
            if let Some(path) = inner.ready.pop() {
                self.changed.notify_all();
                return Ok(path);
            }
            if let Some(failure) = &inner.failure {
                return Err(Arc::clone(failure));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let waited_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                return Err(Arc::new(StoreError::Overloaded { waited_ms, unsealed: inner.unsealed }));
            }
            inner = self.changed.wait_timeout(inner, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Gives a taken segment back unused.
    pub(crate) fn give_back(&self, path: PathBuf) {
        lock(&self.inner).ready.push(path);
        self.changed.notify_all();
    }

    pub(crate) fn set_unsealed(&self, unsealed: usize) {
        lock(&self.inner).unsealed = unsealed;
        self.changed.notify_all();
    }

    /// Forgets a failure, so that making a segment is tried at once.
    pub(crate) fn retry(&self) {
        lock(&self.inner).failure = None;
        self.changed.notify_all();
    }

    pub(crate) fn stop(&self) {
        lock(&self.inner).stopped = true;
        self.changed.notify_all();
    }

    /// Makes a sealed segment's file a spare one, or deletes it where there are enough.
    pub(crate) fn recycle(&self, shared: &Shared, path: &Path) -> Result<(), StoreError> {
        let number = {
            let mut inner = lock(&self.inner);
            inner.next_number += 1;
            (inner.ready.len() < READY_MAX).then_some(inner.next_number)
        };
        let Some(number) = number else { return directory::remove(path) };
        let spare = Name::Spare(number).path(&shared.config.directory);
        directory::rename(path, &spare)?;
        lock(&self.inner).ready.push(spare);
        self.changed.notify_all();
        JournalCounters::add(&shared.counters.recycled_segments, 1);
        Ok(())
    }
}

/// The thread that keeps the pool filled, until the pool is stopped.
pub(crate) fn keep_filled(shared: &Shared) {
    let pool = &shared.pool;
    loop {
        let number = {
            let mut inner = lock(&pool.inner);
            loop {
                if inner.stopped {
                    return;
                }
                if inner.ready.len() < READY_MIN && inner.unsealed < UNSEALED_MAX {
                    break;
                }
                inner = pool.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            }
            inner.next_number += 1;
            inner.next_number
        };
        match prepare(shared, number) {
            Ok(path) => {
                let mut inner = lock(&pool.inner);
                inner.ready.insert(0, path);
                inner.failure = None;
                pool.changed.notify_all();
                JournalCounters::add(&shared.counters.prepared_segments, 1);
            }
            Err(error) => {
                let mut inner = lock(&pool.inner);
                inner.failure = Some(Arc::new(error));
                pool.changed.notify_all();
                let waited = pool.changed.wait_timeout_while(inner, RETRY_AFTER, |inner| {
                    !inner.stopped && inner.failure.is_some()
                });
                drop(waited);
            }
        }
    }
}

fn prepare(shared: &Shared, number: u64) -> Result<PathBuf, StoreError> {
    let config = &shared.config;
    check_space(shared, config.segment_bytes)?;
    let name = Name::Spare(number);
    let unfinished = name.unfinished(&config.directory);
    let zeroes = vec![0; ZERO_BYTES];
    let write = || {
        let mut file = File::create(&unfinished)?;
        let mut left = config.segment_bytes;
        while left > 0 {
            let piece = usize::try_from(left).unwrap_or(usize::MAX).min(ZERO_BYTES);
            file.write_all(zeroes.get(..piece).unwrap_or_default())?;
            left = left.saturating_sub(piece as u64);
        }
        file.sync_all()
    };
    if let Err(error) = write() {
        // Deleted at the next start if not now.
        drop(std::fs::remove_file(&unfinished));
        return Err(StoreError::io("prepare", &unfinished)(error));
    }
    let path = name.path(&config.directory);
    directory::rename(&unfinished, &path)?;
    Ok(path)
}

/// Refuses when `needed` bytes would eat into the reserve.
pub(crate) fn check_space(shared: &Shared, needed: u64) -> Result<(), StoreError> {
    let config = &shared.config;
    let free = (config.space)(&config.directory)
        .map_err(StoreError::io("measure free space of", &config.directory))?;
    let needed = config.free_bytes_min.saturating_add(needed);
    if free < needed {
        return Err(StoreError::Full { directory: config.directory.clone(), free, needed });
    }
    Ok(())
}

/// Whether the journal is being closed.
pub(crate) fn stopping(shared: &Shared) -> bool {
    shared.stopping.load(Ordering::Acquire)
}
