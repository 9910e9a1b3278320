//! Snapshots of the state, so that a start replays little.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use plomb_model::EntryId;
use plomb_store::Journal;
use tokio::sync::{mpsc, oneshot};
use tracing::{info, warn};

use crate::engine::Work;

/// A snapshot is made when so many entries have come since the last one: a replay of a few seconds.
const ENTRIES_PER_SNAPSHOT: u64 = 5_000_000;
/// How often the need for one is looked at.
const ROUND: Duration = Duration::from_secs(60);
/// How long the entries before a snapshot may take to become durable.
const DURABLE_MAX: Duration = Duration::from_secs(10);

/// Makes snapshots as entries come, until it is stopped.
pub(crate) async fn snapshot_rounds(
    journal: Arc<Journal>,
    work: mpsc::Sender<Work>,
    durable: Arc<AtomicU64>,
) {
    let mut last = journal.reader().stats().snapshots.last().map_or(0, |at| at.0);
    loop {
        tokio::time::sleep(ROUND).await;
        if durable.load(Ordering::Acquire) >= last + ENTRIES_PER_SNAPSHOT {
            last = snapshot(&journal, &work, &durable).await.map_or(last, |at| at.0);
        }
    }
}

/// Makes one snapshot. A failure costs only time at the next start.
pub(crate) async fn snapshot(
    journal: &Arc<Journal>,
    work: &mpsc::Sender<Work>,
    durable: &AtomicU64,
) -> Option<EntryId> {
    let (reply, answer) = oneshot::channel();
    work.send(Work::Snapshot(reply)).await.ok()?;
    let (at, state) = answer.await.ok()?;
    let became_durable = tokio::time::timeout(DURABLE_MAX, async {
        while durable.load(Ordering::Acquire) < at.0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    if became_durable.await.is_err() {
        warn!(at = at.0, "No snapshot was made: the entries before it are not durable");
        return None;
    }
    let (journal, bytes) = (Arc::clone(journal), state.len());
    let written = tokio::task::spawn_blocking(move || journal.write_snapshot(at, &state)).await;
    match written {
        Ok(Ok(())) => {
            info!(at = at.0, bytes, "Snapshot made");
            Some(at)
        }
        Ok(Err(error)) => {
            warn!(at = at.0, %error, "No snapshot was made; the next start replays more");
            None
        }
        Err(_) => None,
    }
}
