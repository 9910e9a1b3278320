//! The journal as a whole: opened, written, replayed, snapshotted, verified, closed.

use std::fs::File;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{Builder, JoinHandle};

use plomb_model::EntryId;

use crate::pool::{Pool, keep_filled};
use crate::recover::recover;
use crate::shared::{Shared, State};
use crate::verify::verify;
use crate::wal_file::Active;
use crate::writer::{Command, QUEUE_BATCHES_MAX, Start, Writer};
use crate::{
    JournalConfig, JournalCounters, JournalReader, JournalWriter, Recovered, StoreError, VerifyReport,
    directory, replay, sealer, snapshot,
};

/// An open journal. Closed when dropped.
pub struct Journal {
    shared: Arc<Shared>,
    sender: SyncSender<Command>,
    writer: Option<JoinHandle<()>>,
    helpers: Vec<JoinHandle<()>>,
    /// Held as long as the journal is open.
    lock: File,
}

/// Whether the journal accepts entries.
#[derive(Clone, Debug)]
pub enum Health {
    /// All is well.
    Writing,
    /// Entries are accepted, but sealing waits: disk use grows.
    SealingFails(Arc<StoreError>),
    /// Nothing is accepted; tried again by itself when the next batch comes.
    Refusing(Arc<StoreError>),
}

impl Journal {
    /// Opens the journal, or begins one, and says what was found.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it, [`StoreError::Damaged`] and [`StoreError::Missing`] when
    /// something acknowledged is not there any more, [`StoreError::Io`] when the directory cannot be used.
    pub fn open(config: JournalConfig) -> Result<(Self, Recovered), StoreError> {
        config.check()?;
        let path = config.directory.clone();
        std::fs::create_dir_all(&path).map_err(StoreError::io("create", &path))?;
        let lock = directory::lock(&path)?;
        let found = recover(&path, config.segment_bytes)?;
        found.wal.iter().rev().skip(1).for_each(|segment| segment.finish());
        let shared = Arc::new(Shared {
            config,
            counters: JournalCounters::default(),
            state: Mutex::new(State {
                wal: found.wal,
                history: found.history,
                next: found.recovered.next_entry.0,
                root: found.recovered.root,
                refusing: None,
                sealing_failed: None,
                snapshots: found.snapshots,
            }),
            pool: Pool::new(found.spares, found.next_spare),
            files: crate::history::FileCache::default(),
            sealer_wake: Condvar::new(),
            stopping: false.into(),
            indexed_rows: 0.into(),
            #[cfg(test)]
            failing_write: 0.into(),
        });
        let last = shared.state().wal.last().cloned();
        let start = Start {
            frontier: found.recovered.frontier.clone(),
            active: last.map(|segment| Active::resume(&shared, segment, found.end)).transpose()?,
            next_batch: found.next_batch,
            next_sequence: found.next_sequence,
        };
        let (sender, commands) = sync_channel(QUEUE_BATCHES_MAX);
        let mut journal =
            Self { shared: Arc::clone(&shared), sender, writer: None, helpers: Vec::new(), lock };
        let writer = Writer::new(Arc::clone(&shared), commands, start);
        journal.writer = Some(journal.spawn("journal-write", move || writer.run())?);
        let filling = Arc::clone(&shared);
        journal.helpers.push(journal.spawn("journal-prepare", move || keep_filled(&filling))?);
        journal.helpers.push(journal.spawn("journal-seal", move || sealer::run(&shared))?);
        Ok((journal, found.recovered))
    }

    fn spawn(&self, name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
        let spawned = Builder::new().name(name.to_owned()).spawn(work);
        spawned.map_err(StoreError::io("start a thread for", &self.shared.config.directory))
    }

    #[cfg(test)]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Where batches go.
    #[must_use]
    pub fn writer(&self) -> JournalWriter {
        JournalWriter { sender: self.sender.clone() }
    }

    /// Where questions go.
    #[must_use]
    pub fn reader(&self) -> JournalReader {
        JournalReader { shared: Arc::clone(&self.shared) }
    }

    /// Calls `each` for every durable entry from `from` on, in order, until it breaks.
    ///
    /// # Errors
    /// [`StoreError::Expired`] when retention has deleted `from`; else as [`JournalReader::history`].
    pub fn replay(
        &self,
        from: EntryId,
        each: &mut dyn FnMut(EntryId, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        replay::replay(&self.shared, from, each)
    }

    /// Keeps the state before entry `at`; the two newest snapshots are kept.
    ///
    /// # Errors
    /// [`StoreError::SnapshotAhead`] when entries before `at` are not durable yet, [`StoreError::Full`],
    /// [`StoreError::Io`]; the snapshots before stay.
    pub fn write_snapshot(&self, at: EntryId, state: &[u8]) -> Result<(), StoreError> {
        snapshot::write(&self.shared, at, state)
    }

    /// Goes on in a new segment, so that what has been written so far is sealed. Answers before that is done.
    pub fn rotate(&self) {
        // A writer that is gone has nothing to rotate.
        drop(self.sender.send(Command::Rotate));
    }

    /// Whether entries are accepted, and if not why.
    #[must_use]
    pub fn health(&self) -> Health {
        let state = self.shared.state();
        match (&state.refusing, &state.sealing_failed) {
            (Some(reason), _) => Health::Refusing(Arc::clone(reason)),
            (None, Some(reason)) => Health::SealingFails(Arc::clone(reason)),
            (None, None) => Health::Writing,
        }
    }

    /// What has been counted since the journal was opened.
    #[must_use]
    pub fn counters(&self) -> &JournalCounters {
        &self.shared.counters
    }

    /// Reads everything and recomputes the Merkle tree; takes about a second for each million entries.
    #[must_use]
    pub fn verify(&self) -> VerifyReport {
        verify(&self.shared)
    }

    /// Writes what is queued and stops. Batches appended later fail with [`StoreError::Closed`].
    pub fn close(self) {
        drop(self);
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Ends the writer after what is queued before it; an error says that it has ended.
        drop(self.sender.send(Command::Close));
        if let Some(writer) = self.writer.take() {
            // A panic there has been reported by its thread.
            drop(writer.join());
        }
        self.shared.stopping.store(true, Ordering::Release);
        self.shared.pool.stop();
        {
            // So that the sealer is either before its check or waiting.
            let state = self.shared.state();
            self.shared.sealer_wake.notify_all();
            drop(state);
        }
        for helper in self.helpers.drain(..) {
            drop(helper.join());
        }
        // Closing the file is not enough while a process that is just being started still has a copy of it.
        self.lock.unlock().unwrap_or(());
    }
}
