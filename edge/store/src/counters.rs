//! Plain counters that the edge turns into metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of [`JournalCounters::commit_latency`] in microseconds; one more bucket has the rest.
pub const COMMIT_BUCKETS_US: [u64; 12] =
    [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 51_200, 102_400, 1_000_000];

/// Counts since the journal was opened. Each only grows.
#[derive(Debug, Default)]
pub struct JournalCounters {
    /// Writes to the disk that became durable.
    pub commits: AtomicU64,
    /// Batches of callers that became durable.
    pub batches: AtomicU64,
    /// Entries that became durable.
    pub entries: AtomicU64,
    /// Bytes of entries that became durable, lengths included.
    pub entry_bytes: AtomicU64,
    /// Bytes written to segments, headers and padding included.
    pub written_bytes: AtomicU64,
    /// Batches that were refused or failed.
    pub failed_batches: AtomicU64,
    /// Commits by the time from the first batch's arrival at the writer to durability; see [`COMMIT_BUCKETS_US`].
    pub commit_latency: [AtomicU64; COMMIT_BUCKETS_US.len() + 1],
    /// Sum of those times in microseconds.
    pub commit_latency_us: AtomicU64,
    /// Segments zeroed and made ready.
    pub prepared_segments: AtomicU64,
    /// Segments used again.
    pub recycled_segments: AtomicU64,
    /// Segments sealed into history files.
    pub sealed_segments: AtomicU64,
    /// Bytes of the history files made.
    pub sealed_bytes: AtomicU64,
    /// Attempts to seal that failed and are repeated.
    pub seal_failures: AtomicU64,
    /// Entries whose keys could not be read: kept and found by number, but not by device.
    pub unindexed_entries: AtomicU64,
    /// History files deleted by retention.
    pub expired_files: AtomicU64,
}

impl JournalCounters {
    pub(crate) fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    pub(crate) fn committed(&self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        let bucket = COMMIT_BUCKETS_US.partition_point(|bound| *bound < micros);
        if let Some(bucket) = self.commit_latency.get(bucket) {
            Self::add(bucket, 1);
        }
        Self::add(&self.commit_latency_us, micros);
        Self::add(&self.commits, 1);
    }
}
