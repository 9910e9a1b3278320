//! What the operator may choose about a journal, with the defaults and where they come from.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use crate::StoreError;
use crate::layout::{BATCH_HEADER_BYTES, PAGE_BYTES};

/// 64 MiB hold some 300,000 reports: a few hundred MB of memory and a second of work to seal.
const SEGMENT_BYTES_DEFAULT: u64 = 64 << 20;
/// Smallest segment: a header page and room for one batch of some size.
const SEGMENT_BYTES_MIN: u64 = 64 << 10;
/// Largest segment: offsets in it are kept in 32 bits while it is sealed.
const SEGMENT_BYTES_MAX: u64 = 1 << 30;
/// Past 1 MB a larger write costs as much for each byte, and only makes those waiting wait longer.
const GROUP_COMMIT_BYTES_DEFAULT: usize = 1_000_000;
/// How long a report may wait for company when others are certain to come.
const GROUP_COMMIT_WAIT_DEFAULT: Duration = Duration::from_millis(5);
/// A quiet journal becomes compact history once an hour.
const SEAL_AFTER_DEFAULT: Duration = Duration::from_secs(3600);
/// Space left alone: sealing a segment, a snapshot, and an operator's room to move. 1 GiB.
const FREE_BYTES_MIN_DEFAULT: u64 = 1 << 30;

/// Answers how many bytes are free in the file system of a directory.
pub type SpaceProbe = Arc<dyn Fn(&Path) -> io::Result<u64> + Send + Sync>;

/// Whether to go round the page cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DirectIo {
    /// `O_DIRECT` and `O_DSYNC` where the file system has them, else as `Off`.
    #[default]
    Auto,
    /// Through the page cache, with `fdatasync` after each batch.
    Off,
}

/// How a journal is kept.
#[derive(Clone)]
pub struct JournalConfig {
    /// Where. Made if it is not there; one process at a time.
    pub directory: PathBuf,
    /// Size of one write-ahead segment, a multiple of 4096.
    pub segment_bytes: u64,
    /// Most bytes written at once.
    pub group_commit_bytes_max: usize,
    /// Longest wait for more to write at once, when busy. When not busy there is no wait.
    pub group_commit_wait_max: Duration,
    /// Age at which a segment that is not full is sealed.
    pub seal_after: Duration,
    /// Age beyond which history is deleted; `None` keeps it.
    pub retention_age: Option<Duration>,
    /// Bytes of history beyond which the oldest is deleted; `None` keeps it.
    pub retention_bytes: Option<u64>,
    /// Below this many free bytes nothing more is accepted.
    pub free_bytes_min: u64,
    /// Whether to go round the page cache.
    pub direct_io: DirectIo,
    /// How free space is measured.
    pub space: SpaceProbe,
}

impl JournalConfig {
    /// The defaults in `directory`.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            group_commit_bytes_max: GROUP_COMMIT_BYTES_DEFAULT,
            group_commit_wait_max: GROUP_COMMIT_WAIT_DEFAULT,
            seal_after: SEAL_AFTER_DEFAULT,
            retention_age: None,
            retention_bytes: None,
            free_bytes_min: FREE_BYTES_MIN_DEFAULT,
            direct_io: DirectIo::Auto,
            space: Arc::new(free_bytes),
        }
    }

    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let allowed = SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX;
        if !allowed.contains(&self.segment_bytes) || !self.segment_bytes.is_multiple_of(PAGE_BYTES as u64) {
            return Err(StoreError::Config {
                what: "segment_bytes must be a multiple of 4096 between 64 KiB and 1 GiB",
            });
        }
        if self.group_commit_bytes_max == 0 {
            return Err(StoreError::Config { what: "group_commit_bytes_max must not be 0" });
        }
        Ok(())
    }

    /// Most bytes of entries that one batch can take: all of a segment but its header page and the batch's header.
    pub(crate) fn payload_bytes_max(&self) -> usize {
        let payload = self.segment_bytes.saturating_sub((PAGE_BYTES + BATCH_HEADER_BYTES) as u64);
        usize::try_from(payload).unwrap_or(usize::MAX)
    }
}

impl fmt::Debug for JournalConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalConfig")
            .field("directory", &self.directory)
            .field("segment_bytes", &self.segment_bytes)
            .field("group_commit_bytes_max", &self.group_commit_bytes_max)
            .field("group_commit_wait_max", &self.group_commit_wait_max)
            .field("seal_after", &self.seal_after)
            .field("retention_age", &self.retention_age)
            .field("retention_bytes", &self.retention_bytes)
            .field("free_bytes_min", &self.free_bytes_min)
            .field("direct_io", &self.direct_io)
            .finish_non_exhaustive()
    }
}

/// What the file system says is free for an ordinary user.
fn free_bytes(directory: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(directory)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}
