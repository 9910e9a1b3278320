//! Tables, by version.

use rusqlite::Connection;

/// Versions of the tables, in order; each is applied once.
const VERSIONS: &[&str] = &["
    CREATE TABLE captures (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        by_whom TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        finished_ms INTEGER,
        success INTEGER NOT NULL,
        behaviour TEXT NOT NULL,
        errors TEXT NOT NULL,
        media TEXT NOT NULL,
        raw BLOB NOT NULL
    );
    CREATE TABLE contexts (id INTEGER PRIMARY KEY, json TEXT NOT NULL UNIQUE);
    CREATE TABLE events (
        id INTEGER PRIMARY KEY,
        event_key BLOB NOT NULL,
        hash BLOB NOT NULL,
        kind TEXT NOT NULL,
        record_ms INTEGER NOT NULL,
        event_ms INTEGER NOT NULL,
        capture INTEGER,
        context INTEGER NOT NULL,
        body TEXT NOT NULL
    );
    CREATE INDEX events_by_key ON events (event_key);
    CREATE INDEX events_by_time ON events (event_ms, id);
    CREATE INDEX events_by_record ON events (record_ms, id);
    CREATE TABLE terms (
        id INTEGER PRIMARY KEY,
        kind INTEGER NOT NULL,
        canonical TEXT NOT NULL,
        written TEXT NOT NULL,
        UNIQUE (kind, canonical)
    );
    CREATE INDEX terms_by_kind ON terms (kind, id);
    CREATE TABLE postings (
        term INTEGER NOT NULL,
        event INTEGER NOT NULL,
        PRIMARY KEY (term, event)
    ) WITHOUT ROWID;
    CREATE TABLE vocabulary (
        vocabulary TEXT NOT NULL,
        id TEXT NOT NULL,
        attributes TEXT NOT NULL,
        children TEXT NOT NULL,
        PRIMARY KEY (vocabulary, id)
    );
    CREATE TABLE prefixes (prefix TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE queries (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        by_whom TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        definition TEXT NOT NULL
    );
    CREATE TABLE subscriptions (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        query TEXT NOT NULL,
        by_whom TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        definition TEXT NOT NULL,
        position INTEGER NOT NULL,
        notified_ms INTEGER,
        failures INTEGER NOT NULL,
        last_error TEXT
    );
    CREATE TABLE positions (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"];

/// Brings the tables to the newest version.
pub(super) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    let version: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (number, statements) in (1_u32..).zip(VERSIONS).filter(|(number, _)| *number > version) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(statements)?;
        transaction.pragma_update(None, "user_version", number)?;
        transaction.commit()?;
    }
    Ok(())
}
