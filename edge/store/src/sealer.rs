//! The thread that turns full segments into history, one after the other, and deletes what retention gives up.
//!
//! It yields to everything else: lower priority, one segment at a time. A segment's file is used again only after its
//! history file is durable and the last reader has let go of it.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use plomb_evidence::merkle::Frontier;

use crate::directory;
use crate::history::{HistoryFile, Scratch, build};
use crate::pool::{check_space, stopping};
use crate::segment::Segment;
use crate::shared::{Shared, now_millis};
use crate::{JournalCounters, StoreError};

/// How often the sealer looks for something to do when nobody wakes it.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long the memory of one sealing is kept for the next: longer than a segment takes to fill under load.
const SCRATCH_KEPT: Duration = Duration::from_secs(2);
/// Politeness towards the threads that serve devices: half of the range of setpriority(2).
const NICENESS: i32 = 10;

/// Works until the journal is closed.
pub(crate) fn run(shared: &Shared) {
    // Without it sealing only competes harder, so a refusal is no reason to stop.
    rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS).unwrap_or(());
    let mut retiring: Vec<Arc<Segment>> = Vec::new();
    let mut scratch = Scratch::default();
    let mut idle_since = Instant::now();
    while !stopping(shared) {
        let worked = match work(shared, &mut retiring, &mut scratch) {
            Ok(worked) => {
                shared.state().sealing_failed = None;
                if worked {
                    idle_since = Instant::now();
                }
                worked
            }
            Err(error) => {
                JournalCounters::add(&shared.counters.seal_failures, 1);
                shared.state().sealing_failed = Some(Arc::new(error));
                false
            }
        };
        if !worked {
            // Some 100 MB that the next segment needs again, but not before it is full.
            if idle_since.elapsed() >= SCRATCH_KEPT {
                scratch = Scratch::default();
            }
            let state = shared.state();
            if !stopping(shared) {
                let waited = shared.sealer_wake.wait_timeout(state, INTERVAL);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
            }
        }
    }
}

fn work(
    shared: &Shared,
    retiring: &mut Vec<Arc<Segment>>,
    scratch: &mut Scratch,
) -> Result<bool, StoreError> {
    retire(shared, retiring)?;
    let sealed = seal_next(shared, retiring, scratch)?;
    retire(shared, retiring)?;
    apply_retention(shared)?;
    Ok(sealed)
}

/// Seals the oldest segment if nothing more is written to it.
fn seal_next(
    shared: &Shared,
    retiring: &mut Vec<Arc<Segment>>,
    scratch: &mut Scratch,
) -> Result<bool, StoreError> {
    let (segment, end) = {
        let state = shared.state();
        let Some([segment, next, ..]) = state.wal.get(..2) else { return Ok(false) };
        (Arc::clone(segment), next.header.start.clone())
    };
    if !segment.is_finished() {
        return Ok(false);
    }
    let file =
        if segment.end() == segment.first() { None } else { Some(seal(shared, &segment, &end, scratch)?) };
    let mut state = shared.state();
    state.wal.remove(0);
    state.history.extend(file.map(Arc::new));
    let unsealed = state.wal.len().saturating_sub(1);
    drop(state);
    shared.pool.set_unsealed(unsealed);
    segment.forget_rows(shared);
    retiring.push(segment);
    Ok(true)
}

fn seal(
    shared: &Shared,
    segment: &Segment,
    end: &Frontier,
    scratch: &mut Scratch,
) -> Result<HistoryFile, StoreError> {
    check_space(shared, 0)?;
    let file = build(shared, segment, end, scratch)?;
    if file.end() != end.size() {
        let what =
            format!("it ends before entry {}, but the next segment begins with {}", file.end(), end.size());
        return Err(StoreError::damaged(&segment.path, 0, what));
    }
    JournalCounters::add(&shared.counters.sealed_segments, 1);
    JournalCounters::add(&shared.counters.sealed_bytes, file.file_bytes);
    Ok(file)
}

/// Gives the files of sealed segments back to the pool, once nobody reads them any more.
fn retire(shared: &Shared, retiring: &mut Vec<Arc<Segment>>) -> Result<(), StoreError> {
    let mut waiting = Vec::new();
    let mut result = Ok(());
    for segment in retiring.drain(..) {
        match Arc::try_unwrap(segment) {
            Ok(segment) => {
                // A reader may have built rows between the sealing and now.
                segment.forget_rows(shared);
                let recycled = shared.pool.recycle(shared, &segment.path);
                result = result.and(recycled);
            }
            Err(segment) => waiting.push(segment),
        }
    }
    *retiring = waiting;
    result
}

/// Deletes history that is too old or too much, but nothing that the older snapshot needs.
fn apply_retention(shared: &Shared) -> Result<(), StoreError> {
    let config = &shared.config;
    let age = config.retention_age.map(|age| i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
    loop {
        let file = {
            let mut state = shared.state();
            let bytes: u64 = state.history.iter().map(|file| file.file_bytes).sum();
            let Some(file) = state.history.first() else { return Ok(()) };
            let needed = state.snapshots.first().is_none_or(|at| file.end() > *at);
            let too_old = age.is_some_and(|age| file.footer.written_last < now_millis().saturating_sub(age));
            let too_much = config.retention_bytes.is_some_and(|limit| bytes > limit);
            if needed || !(too_old || too_much) {
                return Ok(());
            }
            state.history.remove(0)
        };
        file.removed.store(true, std::sync::atomic::Ordering::Release);
        directory::remove(&file.path)?;
        directory::sync(&config.directory)?;
        shared.files.forget(file.first());
        JournalCounters::add(&shared.counters.expired_files, 1);
    }
}
