//! The repository itself: one writer, readers beside it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering as AtomicOrdering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::schema::migrate;
use super::terms::TermCache;
use crate::document::VocabularyElement;
use crate::id::CompanyPrefixes;
use crate::query::{MasterData, TermKind};

/// How long a statement waits for another process.
const BUSY: Duration = Duration::from_secs(5);
/// Memory for pages of the writer, KiB; it grows with what is captured.
const CACHE_KIB: i64 = 128 * 1_024;
/// Pages of the write-ahead log before they are put into the database: 64 MiB. Pages that change again and again, as those
/// of indexes do, are then put there once.
const LOG_PAGES: i64 = 16_384;
/// Connections that are kept for reading.
const READERS_MAX: usize = 4;

/// The repository could not do it. A sentence for the operator.
#[derive(Debug, thiserror::Error)]
#[error("the EPCIS repository: {0}")]
pub struct RepositoryError(#[from] rusqlite::Error);

/// Events that were captured, in a SQLite database.
pub struct Repository {
    path: PathBuf,
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    pub(super) master: RwLock<MasterData>,
    pub(super) prefixes: RwLock<CompanyPrefixes>,
    /// The number of the newest event, for who waits for it.
    newest: AtomicI64,
}

pub(super) struct Writer {
    pub(super) connection: Connection,
    pub(super) terms: TermCache,
}

impl Repository {
    /// The repository in this file, which is made if it is not there.
    ///
    /// # Errors
    /// [`RepositoryError`] when it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, RepositoryError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        connection.pragma_update(None, "wal_autocheckpoint", LOG_PAGES)?;
        migrate(&mut connection)?;
        let newest = connection.query_row("SELECT coalesce(max(id), 0) FROM events", [], |row| row.get(0))?;
        let (master, prefixes) = (load_master(&connection)?, load_prefixes(&connection)?);
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(Writer { connection, terms: TermCache::default() }),
            readers: Mutex::default(),
            master: RwLock::new(master),
            prefixes: RwLock::new(prefixes),
            newest: AtomicI64::new(newest),
        })
    }

    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a reading over a connection of its own.
    pub(super) fn read<T, E: From<RepositoryError>>(
        &self,
        reading: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => self.reader().map_err(|error| E::from(RepositoryError(error)))?,
        };
        let done = reading(&connection);
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < READERS_MAX {
            readers.push(connection);
        }
        done
    }

    fn reader(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "cache_size", -16 * 1_024)?;
        Ok(connection)
    }

    /// The number of the newest event; 0 before the first. Cheap: it is asked again and again.
    #[must_use]
    pub fn newest(&self) -> i64 {
        self.newest.load(AtomicOrdering::Acquire)
    }

    /// Takes note of what was committed.
    pub(super) fn committed(&self, connection: &Connection) -> rusqlite::Result<()> {
        let newest = connection
            .prepare_cached("SELECT coalesce(max(id), 0) FROM events")?
            .query_row([], |row| row.get(0))?;
        self.newest.store(newest, AtomicOrdering::Release);
        Ok(())
    }

    /// What is known of one kind, after the one with this number, by number: number and text as first written.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn resources(
        &self,
        kind: TermKind,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, RepositoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, written FROM terms WHERE kind = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement
                .query_map(params![kind.number(), after, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Whether something of this kind was ever captured.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn knows(&self, kind: TermKind, text: &str) -> Result<bool, RepositoryError> {
        let canonical = super::terms::canonical_of(kind, text);
        self.read(|connection| {
            let found: Option<i64> = connection
                .prepare_cached("SELECT id FROM terms WHERE kind = ?1 AND canonical = ?2")?
                .query_row(params![kind.number(), canonical], |row| row.get(0))
                .optional()?;
            Ok(found.is_some())
        })
    }

    /// Runs something over the company prefixes that are known.
    pub fn with_prefixes<T>(&self, reading: impl FnOnce(&CompanyPrefixes) -> T) -> T {
        reading(&self.prefixes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes note of a company prefix that was configured.
    pub fn learn_prefix(&self, prefix: &str) {
        self.prefixes.write().unwrap_or_else(PoisonError::into_inner).learn(prefix);
    }

    /// A number that was put under a name; 0 when there is none.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn position(&self, name: &str) -> Result<i64, RepositoryError> {
        self.read(|connection| {
            let found = connection
                .prepare_cached("SELECT value FROM positions WHERE name = ?1")?
                .query_row([name], |row| row.get(0))
                .optional()?;
            Ok(found.unwrap_or(0))
        })
    }

    /// Puts a number under a name.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn set_position(&self, name: &str, value: i64) -> Result<(), RepositoryError> {
        self.writer().connection.execute(
            "INSERT INTO positions (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
            params![name, value],
        )?;
        Ok(())
    }
}

fn load_master(connection: &Connection) -> rusqlite::Result<MasterData> {
    let mut master = MasterData::default();
    let mut statement = connection.prepare("SELECT vocabulary, id, attributes, children FROM vocabulary")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (attributes, children): (String, String) = (row.get(2)?, row.get(3)?);
        master.add(&VocabularyElement {
            vocabulary: row.get(0)?,
            id: row.get(1)?,
            attributes: serde_json::from_str(&attributes).unwrap_or_default(),
            children: serde_json::from_str(&children).unwrap_or_default(),
        });
    }
    Ok(master)
}

fn load_prefixes(connection: &Connection) -> rusqlite::Result<CompanyPrefixes> {
    let mut prefixes = CompanyPrefixes::default();
    let mut statement = connection.prepare("SELECT prefix FROM prefixes")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        prefixes.learn(&row.get::<_, String>(0)?);
    }
    Ok(prefixes)
}
