//! Accounts and sessions in SQLite: one file, readable by its owner alone.

use std::path::Path;

use plomb_model::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

use super::{AccountStore, Deletion, StoreError, StoredAccount, StoredKey, StoredSession, TokenHash};
use crate::access::{Right, Role};

/// How long a call waits for another process (a backup, a shell) to let go.
const BUSY_MS_MAX: u64 = 5_000;

/// Each step of the schema, in order; `user_version` counts those that were done. Never change one.
const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
        password_hash TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sessions (
        token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
        account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        used_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_by_account ON sessions (account, created_at_ms);
",
    "
    -- A table cannot be given another CHECK: it is written anew, and everybody logs in again.
    DROP TABLE sessions;
    ALTER TABLE accounts RENAME TO accounts_before;
    CREATE TABLE accounts (
        name TEXT PRIMARY KEY NOT NULL,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'device-operator', 'admin')),
        password_hash TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL
    ) STRICT;
    INSERT INTO accounts SELECT name, role, password_hash, created_at_ms FROM accounts_before;
    DROP TABLE accounts_before;
    CREATE TABLE sessions (
        token_hash BLOB PRIMARY KEY NOT NULL CHECK (length(token_hash) = 32),
        account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        used_at_ms INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX sessions_by_account ON sessions (account, created_at_ms);
",
    "
    CREATE TABLE keys (
        id TEXT PRIMARY KEY NOT NULL,
        token_hash BLOB UNIQUE NOT NULL CHECK (length(token_hash) = 32),
        account TEXT NOT NULL REFERENCES accounts (name) ON DELETE CASCADE,
        label TEXT NOT NULL,
        rights TEXT NOT NULL,
        created_at_ms INTEGER NOT NULL,
        expires_at_ms INTEGER NOT NULL,
        used_at_ms INTEGER
    ) STRICT;
    CREATE INDEX keys_by_account ON keys (account, created_at_ms);
",
];

/// The store in one SQLite database.
#[derive(Debug)]
pub struct SqliteAccounts {
    connection: Connection,
}

impl SqliteAccounts {
    /// Opens or makes the database at `path`.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened, or was made by a newer version.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        keep_to_owner(path)?;
        Self::prepare(Connection::open(path)?)
    }

    /// A database that is gone when it is dropped.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory()?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS_MAX))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // A log-out or a changed password must survive a power cut.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        migrate(&mut connection)?;
        Ok(Self { connection })
    }
}

/// Makes the file before SQLite does, so that nobody else can read the hashes; SQLite gives its side files the
/// same permissions.
fn keep_to_owner(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) => Err(StoreError(format!("{}: {error}", path.display()))),
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let steps = usize::try_from(done).ok().and_then(|done| MIGRATIONS.get(done..));
    let Some(steps) = steps else {
        return Err(StoreError(format!("its schema {done} is newer than this program's")));
    };
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX))?;
    Ok(transaction.commit()?)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

impl AccountStore for SqliteAccounts {
    fn account(&mut self, name: &str) -> Result<Option<StoredAccount>, StoreError> {
        let sql = "SELECT name, role, password_hash, created_at_ms FROM accounts WHERE name = ?1";
        Ok(self.connection.prepare(sql)?.query_row([name], account).optional()?)
    }

    fn accounts(&mut self) -> Result<Vec<StoredAccount>, StoreError> {
        let sql = "SELECT name, role, password_hash, created_at_ms FROM accounts ORDER BY name";
        let mut statement = self.connection.prepare(sql)?;
        let accounts = statement.query_map([], account)?.collect::<Result<_, _>>()?;
        Ok(accounts)
    }

    fn insert(&mut self, account: &StoredAccount) -> Result<bool, StoreError> {
        let sql = "INSERT INTO accounts (name, role, password_hash, created_at_ms) VALUES (?1, ?2, ?3, ?4)
                   ON CONFLICT (name) DO NOTHING";
        let StoredAccount { name, role, password_hash, created_at } = account;
        let row = params![name, role.name(), password_hash, created_at.as_millis()];
        Ok(self.connection.execute(sql, row)? == 1)
    }

    fn delete(&mut self, name: &str) -> Result<Deletion, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "SELECT role FROM accounts WHERE name = ?1";
        let role: Option<String> = transaction.query_row(sql, [name], |row| row.get(0)).optional()?;
        let Some(role) = role else { return Ok(Deletion::Unknown) };
        let sql = "SELECT count(*) FROM accounts WHERE role = 'admin'";
        let admins: i64 = transaction.query_row(sql, [], |row| row.get(0))?;
        if role == Role::Admin.name() && admins <= 1 {
            return Ok(Deletion::LastAdmin);
        }
        transaction.execute("DELETE FROM accounts WHERE name = ?1", [name])?;
        transaction.commit()?;
        Ok(Deletion::Done)
    }

    fn set_password(
        &mut self,
        name: &str,
        password_hash: &str,
        keep: Option<&TokenHash>,
    ) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let sql = "UPDATE accounts SET password_hash = ?2 WHERE name = ?1";
        let changed = transaction.execute(sql, params![name, password_hash])? == 1;
        let kept: &[u8] = keep.map_or(&[], |token| &token.0);
        let sql = "DELETE FROM sessions WHERE account = ?1 AND token_hash <> ?2";
        transaction.execute(sql, params![name, kept])?;
        transaction.commit()?;
        Ok(changed)
    }

    fn insert_session(&mut self, session: &StoredSession, per_account_max: u32) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "INSERT INTO sessions (token_hash, account, created_at_ms, expires_at_ms, used_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                session.token.0,
                session.account,
                session.created_at.as_millis(),
                session.expires_at.as_millis(),
                session.used_at.as_millis(),
            ],
        )?;
        transaction.execute(
            "DELETE FROM sessions WHERE account = ?1 AND token_hash NOT IN (
                 SELECT token_hash FROM sessions WHERE account = ?1 ORDER BY created_at_ms DESC LIMIT ?2)",
            params![session.account, per_account_max],
        )?;
        Ok(transaction.commit()?)
    }

    fn session(&mut self, token: &TokenHash) -> Result<Option<(StoredSession, Role)>, StoreError> {
        let sql = "SELECT sessions.account, sessions.created_at_ms, expires_at_ms, used_at_ms, role
                   FROM sessions JOIN accounts ON accounts.name = sessions.account WHERE token_hash = ?1";
        let session = |row: &Row<'_>| {
            let session = StoredSession {
                token: *token,
                account: row.get(0)?,
                created_at: Timestamp::from_millis(row.get(1)?),
                expires_at: Timestamp::from_millis(row.get(2)?),
                used_at: Timestamp::from_millis(row.get(3)?),
            };
            Ok((session, role(row, 4)?))
        };
        Ok(self.connection.prepare(sql)?.query_row([token.0], session).optional()?)
    }

    fn touch_session(&mut self, token: &TokenHash, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET used_at_ms = ?2 WHERE token_hash = ?1";
        self.connection.execute(sql, params![token.0, at.as_millis()])?;
        Ok(())
    }

    fn delete_session(&mut self, token: &TokenHash) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM sessions WHERE token_hash = ?1", [token.0])?;
        Ok(())
    }

    fn insert_key(&mut self, key: &StoredKey, per_account_max: u32) -> Result<bool, StoreError> {
        let sql = "INSERT INTO keys (id, token_hash, account, label, rights, created_at_ms, expires_at_ms)
                   SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7
                   WHERE (SELECT count(*) FROM keys WHERE account = ?3) < ?8";
        let rights: Vec<&str> = key.rights.iter().map(|right| right.word()).collect();
        let row = params![
            key.id,
            key.token.0,
            key.account,
            key.label,
            rights.join(" "),
            key.created_at.as_millis(),
            key.expires_at.as_millis(),
            per_account_max,
        ];
        Ok(self.connection.execute(sql, row)? == 1)
    }

    fn keys(&mut self, account: &str) -> Result<Vec<StoredKey>, StoreError> {
        let sql = format!("{KEY} WHERE keys.account = ?1 ORDER BY keys.created_at_ms, keys.id");
        let mut statement = self.connection.prepare(&sql)?;
        let keys = statement.query_map([account], |row| Ok(key(row)?.0))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }

    fn key(&mut self, token: &TokenHash) -> Result<Option<(StoredKey, Role)>, StoreError> {
        let sql = format!("{KEY} WHERE token_hash = ?1");
        Ok(self.connection.prepare(&sql)?.query_row([token.0], key).optional()?)
    }

    fn touch_key(&mut self, token: &TokenHash, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE keys SET used_at_ms = ?2 WHERE token_hash = ?1";
        self.connection.execute(sql, params![token.0, at.as_millis()])?;
        Ok(())
    }

    fn delete_key(&mut self, account: &str, id: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM keys WHERE account = ?1 AND id = ?2";
        Ok(self.connection.execute(sql, params![account, id])? == 1)
    }

    fn forget_ended(&mut self, now: Timestamp, used_before: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM sessions WHERE expires_at_ms <= ?1 OR used_at_ms < ?2";
        self.connection.execute(sql, params![now.as_millis(), used_before.as_millis()])?;
        Ok(())
    }
}

const KEY: &str =
    "SELECT id, token_hash, keys.account, label, rights, keys.created_at_ms, expires_at_ms, used_at_ms, role
                   FROM keys JOIN accounts ON accounts.name = keys.account";

/// A key, and the role of its account. A right that this program does not know is none.
fn key(row: &Row<'_>) -> rusqlite::Result<(StoredKey, Role)> {
    let rights: String = row.get(4)?;
    let used_at: Option<i64> = row.get(7)?;
    let key = StoredKey {
        id: row.get(0)?,
        token: TokenHash(row.get(1)?),
        account: row.get(2)?,
        label: row.get(3)?,
        rights: rights.split(' ').filter_map(Right::from_word).collect(),
        created_at: Timestamp::from_millis(row.get(5)?),
        expires_at: Timestamp::from_millis(row.get(6)?),
        used_at: used_at.map(Timestamp::from_millis),
    };
    Ok((key, role(row, 8)?))
}

fn account(row: &Row<'_>) -> rusqlite::Result<StoredAccount> {
    Ok(StoredAccount {
        name: row.get(0)?,
        role: role(row, 1)?,
        password_hash: row.get(2)?,
        created_at: Timestamp::from_millis(row.get(3)?),
    })
}

fn role(row: &Row<'_>, column: usize) -> rusqlite::Result<Role> {
    let name: String = row.get(column)?;
    Role::from_name(&name).ok_or(rusqlite::Error::InvalidQuery)
}
