//! Named queries, and who is told of what they find.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value;

use super::repository::{Repository, RepositoryError};

/// The query that every repository has (EPCIS 2.0, section 8.2.7.1).
pub const SIMPLE_EVENT_QUERY: &str = "SimpleEventQuery";

/// A query with a name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedQuery {
    /// Its number, by which queries are listed.
    pub number: i64,
    /// Its name.
    pub name: String,
    /// Who made it.
    pub by: String,
    /// When, milliseconds since 1970.
    pub created_ms: i64,
    /// Its parameters.
    pub query: Value,
}

/// Somebody who is told of what a query finds.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its number, by which subscriptions are listed.
    pub number: i64,
    /// Its identifier.
    pub id: String,
    /// The name of the query.
    pub query: String,
    /// Who made it.
    pub by: String,
    /// When, milliseconds since 1970.
    pub created_ms: i64,
    /// What was asked for: `dest`, `signatureToken`, `stream` or `schedule` and so on.
    pub definition: Value,
    /// How it stands.
    pub state: SubscriptionState,
}

/// How a subscription stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SubscriptionState {
    /// The number of the last event that was looked at and told.
    pub position: i64,
    /// When it was told last, milliseconds since 1970.
    pub notified_ms: Option<i64>,
    /// Attempts that failed since then.
    pub failures: u32,
    /// Why the last one failed.
    pub last_error: Option<String>,
}

impl Repository {
    /// Keeps a query under a name; says whether the name was free.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn add_query(
        &self,
        name: &str,
        by: &str,
        query: &Value,
        now_ms: i64,
    ) -> Result<bool, RepositoryError> {
        let added = self.writer().connection.execute(
            "INSERT OR IGNORE INTO queries (name, by_whom, created_ms, definition) VALUES (?1, ?2, ?3, ?4)",
            params![name, by, now_ms, query.to_string()],
        )?;
        Ok(added > 0)
    }

    /// The query of a name; that of the standard is always there and finds everything.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn query(&self, name: &str) -> Result<Option<NamedQuery>, RepositoryError> {
        if name == SIMPLE_EVENT_QUERY {
            let (by, query) = (String::new(), Value::Object(serde_json::Map::new()));
            return Ok(Some(NamedQuery { number: 0, name: name.to_owned(), by, created_ms: 0, query }));
        }
        self.read(|connection| {
            let sql = "SELECT number, name, by_whom, created_ms, definition FROM queries WHERE name = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([name], named).optional()?)
        })
    }

    /// Queries after the one with this number, by number.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn queries(&self, after: i64, limit: usize) -> Result<Vec<NamedQuery>, RepositoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, name, by_whom, created_ms, definition FROM queries
                 WHERE number > ?1 ORDER BY number LIMIT ?2",
            )?;
            let rows =
                statement.query_map(params![after, i64::try_from(limit).unwrap_or(i64::MAX)], named)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// Drops a query and its subscriptions; says whether there was one.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn drop_query(&self, name: &str) -> Result<bool, RepositoryError> {
        let mut writer = self.writer();
        let transaction = writer.connection.transaction()?;
        let dropped = transaction.execute("DELETE FROM queries WHERE name = ?1", [name])?;
        transaction.execute("DELETE FROM subscriptions WHERE query = ?1", [name])?;
        transaction.commit()?;
        Ok(dropped > 0)
    }

    /// Keeps a subscription.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn add_subscription(&self, subscription: &Subscription) -> Result<(), RepositoryError> {
        self.writer().connection.execute(
            "INSERT INTO subscriptions (id, query, by_whom, created_ms, definition, position, failures)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0)",
            params![
                subscription.id,
                subscription.query,
                subscription.by,
                subscription.created_ms,
                subscription.definition.to_string(),
                subscription.state.position
            ],
        )?;
        Ok(())
    }

    /// Subscriptions after the one with this number, by number; of one query where it is named.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn subscriptions(
        &self,
        query: Option<&str>,
        after: i64,
        limit: usize,
    ) -> Result<Vec<Subscription>, RepositoryError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, id, query, by_whom, created_ms, definition, position, notified_ms, failures, last_error
                 FROM subscriptions WHERE number > ?1 AND (?2 IS NULL OR query = ?2) ORDER BY number LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            let rows = statement.query_map(params![after, query, limit], subscription)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// A subscription.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn subscription(&self, id: &str) -> Result<Option<Subscription>, RepositoryError> {
        self.read(|connection| {
            let sql =
                "SELECT number, id, query, by_whom, created_ms, definition, position, notified_ms, failures,
                       last_error FROM subscriptions WHERE id = ?1";
            Ok(connection.prepare_cached(sql)?.query_row([id], subscription).optional()?)
        })
    }

    /// Notes how a subscription stands.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn set_subscription_state(&self, id: &str, state: &SubscriptionState) -> Result<(), RepositoryError> {
        self.writer().connection.execute(
            "UPDATE subscriptions SET position = ?2, notified_ms = ?3, failures = ?4, last_error = ?5 WHERE id = ?1",
            params![id, state.position, state.notified_ms, state.failures, state.last_error],
        )?;
        Ok(())
    }

    /// Drops a subscription; says whether there was one.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn drop_subscription(&self, query: &str, id: &str) -> Result<bool, RepositoryError> {
        let dropped = self
            .writer()
            .connection
            .execute("DELETE FROM subscriptions WHERE id = ?1 AND query = ?2", params![id, query])?;
        Ok(dropped > 0)
    }
}

fn named(row: &Row<'_>) -> rusqlite::Result<NamedQuery> {
    let definition: String = row.get(4)?;
    Ok(NamedQuery {
        number: row.get(0)?,
        name: row.get(1)?,
        by: row.get(2)?,
        created_ms: row.get(3)?,
        query: serde_json::from_str(&definition).unwrap_or_default(),
    })
}

fn subscription(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    let definition: String = row.get(5)?;
    Ok(Subscription {
        number: row.get(0)?,
        id: row.get(1)?,
        query: row.get(2)?,
        by: row.get(3)?,
        created_ms: row.get(4)?,
        definition: serde_json::from_str(&definition).unwrap_or_default(),
        state: SubscriptionState {
            position: row.get(6)?,
            notified_ms: row.get(7)?,
            failures: row.get(8)?,
            last_error: row.get(9)?,
        },
    })
}
