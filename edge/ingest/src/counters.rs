//! What the listeners count, for the metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts since the start; `connections`, `readers` and `readers_connected` are levels.
#[derive(Debug, Default)]
pub struct IngestCounters {
    /// Conversations open now.
    pub connections: AtomicU64,
    /// Conversations opened.
    pub opened: AtomicU64,
    /// Conversations refused because the listener was full.
    pub refused: AtomicU64,
    /// Bytes received.
    pub bytes_received: AtomicU64,
    /// Bytes sent.
    pub bytes_sent: AtomicU64,
    /// Decoders that stopped by a fault of ours; their bytes were kept.
    pub decoder_faults: AtomicU64,
    /// Readers that we call.
    pub readers: AtomicU64,
    /// Readers that we talk with now.
    pub readers_connected: AtomicU64,
    /// Calls of readers that were tried.
    pub reader_calls: AtomicU64,
    /// Calls of readers that failed, and conversations with them that were lost.
    pub reader_losses: AtomicU64,
}

impl IngestCounters {
    pub(crate) fn add(counter: &AtomicU64, amount: usize) {
        counter.fetch_add(amount as u64, Ordering::Relaxed);
    }

    pub(crate) fn subtract_one(counter: &AtomicU64) {
        counter.fetch_sub(1, Ordering::Relaxed);
    }
}
