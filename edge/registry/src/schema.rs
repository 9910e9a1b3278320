//! The database: its file, its tables, and how it is brought up to date.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::RegistryError;

/// How long a call waits for another process (an import, a backup) to let go.
const BUSY_MS_MAX: u64 = 5_000;

/// Each step of the schema, in order; `user_version` counts those that were done. Never change one.
const MIGRATIONS: [&str; 2] = [
    "
    CREATE TABLE master (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        sealed BLOB NOT NULL
    ) STRICT;
    CREATE TABLE models (
        name TEXT PRIMARY KEY NOT NULL,
        manufacturer TEXT NOT NULL,
        class TEXT NOT NULL,
        protocols TEXT NOT NULL,
        sensors TEXT NOT NULL,
        bands TEXT NOT NULL,
        battery_chemistry TEXT NOT NULL,
        battery_mah INTEGER,
        approval TEXT NOT NULL
    ) STRICT;
    CREATE TABLE devices (
        id TEXT PRIMARY KEY NOT NULL,
        model TEXT NOT NULL REFERENCES models (name),
        standing TEXT NOT NULL,
        label TEXT NOT NULL,
        note TEXT NOT NULL,
        registered_at_ms INTEGER NOT NULL,
        registered_by TEXT NOT NULL
    ) STRICT;
    CREATE TABLE keys (
        device TEXT NOT NULL,
        purpose TEXT NOT NULL,
        key_id BLOB NOT NULL,
        sealed BLOB NOT NULL,
        salt BLOB NOT NULL,
        fingerprint TEXT NOT NULL,
        set_at_ms INTEGER NOT NULL,
        set_by TEXT NOT NULL,
        PRIMARY KEY (device, purpose, key_id)
    ) STRICT;
    CREATE TABLE credentials (
        name TEXT PRIMARY KEY NOT NULL,
        protocol TEXT NOT NULL,
        digest BLOB NOT NULL CHECK (length(digest) = 32)
    ) STRICT;
    CREATE TABLE readers (
        name TEXT PRIMARY KEY NOT NULL,
        record TEXT NOT NULL
    ) STRICT;
    CREATE TABLE aliases (
        alias TEXT PRIMARY KEY NOT NULL,
        device TEXT NOT NULL REFERENCES devices (id),
        written TEXT NOT NULL
    ) STRICT;
    CREATE INDEX aliases_by_device ON aliases (device);
    CREATE TABLE custody (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        device TEXT NOT NULL REFERENCES devices (id),
        holder TEXT NOT NULL,
        since_ms INTEGER NOT NULL,
        note TEXT NOT NULL,
        recorded_by TEXT NOT NULL,
        recorded_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX custody_by_device ON custody (device, number);
    CREATE TABLE refusals (
        device TEXT PRIMARY KEY NOT NULL,
        reason TEXT NOT NULL,
        by TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        by TEXT NOT NULL,
        what TEXT NOT NULL,
        about TEXT NOT NULL,
        detail TEXT NOT NULL
    ) STRICT;
    CREATE INDEX audit_by_about ON audit (about, number);
    CREATE TRIGGER custody_is_not_changed BEFORE UPDATE ON custody
        BEGIN SELECT RAISE(ABORT, 'custody is only added to'); END;
    CREATE TRIGGER custody_is_not_deleted BEFORE DELETE ON custody
        BEGIN SELECT RAISE(ABORT, 'custody is only added to'); END;
    CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
    CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
",
    "
    ALTER TABLE custody ADD COLUMN status TEXT NOT NULL DEFAULT 'held';
    ALTER TABLE custody ADD COLUMN place TEXT NOT NULL DEFAULT '';
    ALTER TABLE custody ADD COLUMN due_ms INTEGER;
",
];

/// Opens or makes the database.
pub(crate) fn open(path: &Path) -> Result<Connection, RegistryError> {
    keep_to_owner(path)?;
    prepare(Connection::open(path)?)
}

/// A database that is gone when it is dropped.
pub(crate) fn in_memory() -> Result<Connection, RegistryError> {
    prepare(Connection::open_in_memory()?)
}

fn prepare(mut connection: Connection) -> Result<Connection, RegistryError> {
    connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS_MAX))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // A key that was taken back must stay taken back after a power cut.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Makes the file before SQLite does, so that nobody else can read it; SQLite gives its side files the same
/// permissions.
fn keep_to_owner(path: &Path) -> Result<(), RegistryError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(RegistryError::Store(format!("{}: {error}", path.display()))),
    }
}

fn migrate(connection: &mut Connection) -> Result<(), RegistryError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(done).ok().and_then(|done| MIGRATIONS.get(done..));
    let Some(steps) = steps else {
        return Err(RegistryError::Store(format!("its schema {done} is newer than this program's")));
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    Ok(transaction.commit()?)
}
