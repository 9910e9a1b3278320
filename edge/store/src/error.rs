//! What can go wrong, by what the caller can do about it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plomb_model::EntryId;

/// An error of the journal.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Another process has the journal.
    #[error(
        "the journal in {} is in use by {}\nhint: stop that process, or give this one another directory",
        directory.display(),
        match pid { Some(pid) => format!("process {pid}"), None => "another process".to_owned() }
    )]
    InUse {
        /// The journal's directory.
        directory: PathBuf,
        /// The process, where the lock file names it.
        pid: Option<u32>,
    },
    /// A file does not hold what was once written.
    #[error("{} is damaged at byte {offset}: {what}\nhint: {hint}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// Entries between two files are not there.
    #[error(
        "entries {from} to {} are missing before {}\nhint: put the missing files back from a copy of the directory",
        to.0.saturating_sub(1),
        path.display()
    )]
    Missing {
        /// First that is missing.
        from: EntryId,
        /// First that is there again.
        to: EntryId,
        /// The file after the gap.
        path: PathBuf,
    },
    /// A file of a later version.
    #[error("{} has format version {found}, which is not known here\nhint: use the software that wrote it", path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its version.
        found: u16,
    },
    /// Too little space; nothing was written.
    #[error(
        "{} bytes are free in {}, {needed} are needed\nhint: free space or keep less history (retention); writing goes on by itself",
        free,
        directory.display()
    )]
    Full {
        /// The journal's directory.
        directory: PathBuf,
        /// Bytes free.
        free: u64,
        /// Bytes needed, the reserve included.
        needed: u64,
    },
    /// No segment was ready in time: the disk is too slow, or sealing cannot keep up.
    #[error("no empty segment became ready within {waited_ms} ms ({unsealed} wait to be sealed)")]
    Overloaded {
        /// How long was waited, milliseconds.
        waited_ms: u64,
        /// Full segments that are not sealed yet.
        unsealed: usize,
    },
    /// An earlier batch failed, so this one was not written either.
    #[error("not written, because writing failed before")]
    Refused(#[source] Arc<Self>),
    /// The batch does not continue the journal.
    #[error("the batch begins with entry {found}, but the next entry is {expected}")]
    Gap {
        /// The next entry of the journal.
        expected: EntryId,
        /// The first of the batch.
        found: EntryId,
    },
    /// More bytes than fit.
    #[error("{what} of {found} bytes, at most {limit} fit")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its bytes.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// The entry was deleted by retention.
    #[error("entry {asked} is no longer kept, the oldest is {oldest}")]
    Expired {
        /// What was asked for.
        asked: EntryId,
        /// What there is.
        oldest: EntryId,
    },
    /// A snapshot of a state that is not durable.
    #[error("a snapshot at entry {at} is ahead of the journal, which ends before {next}")]
    SnapshotAhead {
        /// Where the snapshot stands.
        at: EntryId,
        /// The next entry of the journal.
        next: EntryId,
    },
    /// A setting that cannot be.
    #[error("{what}")]
    Config {
        /// What is wrong.
        what: &'static str,
    },
    /// The journal is closed.
    #[error("the journal is closed")]
    Closed,
}

/// What to do about damage where a copy is the only help.
pub(crate) const RESTORE: &str =
    "restore the file from a copy; to give up what follows, move it and all later files away";

impl StoreError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn damaged(path: &Path, offset: u64, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), offset, what: what.into(), hint: RESTORE }
    }
}
