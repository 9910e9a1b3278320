//! Finding: an index narrows, the query decides.

use std::cmp::Ordering;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Row, params, params_from_iter};
use serde_json::{Map, Value};

use super::capture::digest;
use super::repository::{Repository, RepositoryError};
use crate::context::Namespaces;
use crate::document::Event;
use crate::id::Pattern;
use crate::query::{Indexed, MasterData, Order, Query, QueryFault};

/// Terms that one pattern may stand for.
const TERMS_MAX: usize = 10_000;
/// Results that can be sorted by a field that has no index.
const SORTED_MAX: usize = 100_000;
/// How long one page may take to find.
const TIME_MAX: Duration = Duration::from_secs(20);
/// Rows between two looks at the clock.
const ROWS_PER_LOOK: usize = 1_024;

/// An event that was captured.
#[derive(Clone, Debug, PartialEq)]
pub struct Stored {
    /// Its number, by the order of capture.
    pub number: i64,
    /// When it was recorded, milliseconds since 1970.
    pub record_ms: i64,
    /// The event, without its time of record.
    pub event: Event,
}

/// A page of results.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The events.
    pub events: Vec<Stored>,
    /// What the next page is asked for with; `None` when there is none.
    pub next: Option<String>,
}

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// A parameter.
    #[error(transparent)]
    Query(#[from] QueryFault),
    /// There are more results than the query allows.
    #[error("there are more than {0} results")]
    TooLarge(usize),
    /// It would take too long. A sentence that says what to do.
    #[error("{0}")]
    TooComplex(String),
    /// The repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl From<rusqlite::Error> for FindError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Repository(error.into())
    }
}

/// Where a page begins: after which result, in which state of the repository, after how many results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cursor {
    newest: i64,
    key: i64,
    number: i64,
    given: usize,
}

impl Cursor {
    fn text(self) -> String {
        format!("{}.{}.{}.{}", self.newest, self.key, self.number, self.given)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let mut number = || parts.next()?.parse::<i64>().ok();
        let (newest, key, place) = (number()?, number()?, number()?);
        let given = usize::try_from(number()?).ok()?;
        (newest >= 0 && place >= 0 && text.split('.').count() == 4).then_some(Self {
            newest,
            key,
            number: place,
            given,
        })
    }
}

impl Repository {
    /// A page of the events that meet a query, `per_page` of them at most.
    ///
    /// # Errors
    /// [`FindError`].
    pub fn find(&self, query: &Query, per_page: usize) -> Result<Page, FindError> {
        let master = self.master.read().unwrap_or_else(PoisonError::into_inner);
        self.read(|connection| {
            let newest =
                connection.query_row("SELECT coalesce(max(id), 0) FROM events", [], |row| row.get(0))?;
            let cursor = match &query.next_page {
                None => None,
                Some(text) => Some(Cursor::parse(text).ok_or_else(|| QueryFault {
                    parameter: "nextPageToken".to_owned(),
                    why: "it is no token that was given here".to_owned(),
                })?),
            };
            let search =
                Search { connection, query, master: &master, newest, until: Instant::now() + TIME_MAX };
            if let (Some(most), None) = (query.count_max, cursor) {
                search.count_up_to(most)?;
            }
            search.page(cursor, per_page)
        })
    }

    /// Events with a number above `after` that meet a query, as many as `limit`, by number; and the number up to which
    /// all were looked at.
    ///
    /// # Errors
    /// [`FindError`].
    pub fn find_after(
        &self,
        query: &Query,
        after: i64,
        limit: usize,
    ) -> Result<(Vec<Stored>, i64), FindError> {
        let master = self.master.read().unwrap_or_else(PoisonError::into_inner);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT e.id, e.record_ms, e.event_ms, e.body, c.json FROM events e JOIN contexts c ON c.id = e.context
                 WHERE e.id > ?1 ORDER BY e.id LIMIT 10000",
            )?;
            let mut rows = statement.query(params![after])?;
            let (mut found, mut looked) = (Vec::new(), after);
            while let Some(row) = rows.next()? {
                let (stored, _) = stored(row)?;
                looked = stored.number;
                if query.matches(&stored.event, stored.record_ms, &master) {
                    found.push(stored);
                    if found.len() >= limit {
                        break;
                    }
                }
            }
            Ok((found, looked))
        })
    }
}

struct Search<'a> {
    connection: &'a Connection,
    query: &'a Query,
    master: &'a MasterData,
    newest: i64,
    until: Instant,
}

impl Search<'_> {
    fn count_up_to(&self, most: usize) -> Result<(), FindError> {
        let mut count = 0_usize;
        self.each(None, |_, _| {
            count += 1;
            count <= most
        })?;
        if count > most { Err(FindError::TooLarge(most)) } else { Ok(()) }
    }

    fn page(&self, cursor: Option<Cursor>, per_page: usize) -> Result<Page, FindError> {
        let given = cursor.map_or(0, |cursor| cursor.given);
        let left = self.query.count_limit.map_or(usize::MAX, |limit| limit.saturating_sub(given));
        let wanted = per_page.min(left);
        if let Order::Field(field) = &self.query.order {
            return self.sorted(field, given, wanted, left);
        }
        let (mut events, mut keys, mut more) = (Vec::new(), Vec::new(), false);
        self.each(cursor, |stored, key| {
            if events.len() == wanted {
                more = true;
                return false;
            }
            keys.push((key, stored.number));
            events.push(stored);
            true
        })?;
        let newest = cursor.map_or(self.newest, |cursor| cursor.newest);
        let next = keys.last().filter(|_| more && left > wanted).map(|(key, number)| {
            Cursor { newest, key: *key, number: *number, given: given + events.len() }.text()
        });
        Ok(Page { events, next })
    }

    /// A page of results sorted by a field.
    fn sorted(&self, field: &str, given: usize, wanted: usize, left: usize) -> Result<Page, FindError> {
        let mut all = Vec::new();
        let mut too_many = false;
        self.each(None, |stored, _| {
            too_many = all.len() >= SORTED_MAX;
            all.push((sort_key(&stored.event, field), stored));
            !too_many
        })?;
        if too_many {
            let why =
                format!("more than {SORTED_MAX} events would have to be sorted by {field}: ask for fewer");
            return Err(FindError::TooComplex(why));
        }
        all.sort_by(|(one, _), (other, _)| {
            let order = compare(one, other);
            if self.query.descending() { order.reverse() } else { order }
        });
        let count = all.len();
        let events: Vec<Stored> =
            all.into_iter().skip(given).take(wanted).map(|(_, stored)| stored).collect();
        let after = given + events.len();
        let more = count > after && left > wanted;
        let next = more.then(|| Cursor { newest: self.newest, key: 0, number: 0, given: after }.text());
        Ok(Page { events, next })
    }

    /// Gives every event that meets the query, in order, until it is told to stop.
    fn each(
        &self,
        cursor: Option<Cursor>,
        mut give: impl FnMut(Stored, i64) -> bool,
    ) -> Result<(), FindError> {
        let Some((sql, values)) = self.statement(cursor)? else { return Ok(()) };
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut count = 0_usize;
        while let Some(row) = rows.next()? {
            count += 1;
            if count.is_multiple_of(ROWS_PER_LOOK) && Instant::now() > self.until {
                let why = "it took too long: narrow it down by an EPC, a place, a business step or a time";
                return Err(FindError::TooComplex(why.to_owned()));
            }
            let (stored, event_ms) = stored(row)?;
            if self.query.matches(&stored.event, stored.record_ms, self.master) {
                let key = if self.query.order == Order::EventTime { event_ms } else { stored.number };
                if !give(stored, key) {
                    break;
                }
            }
        }
        Ok(())
    }

    /// The statement that lists the events that may meet the query; `None` when none can.
    fn statement(&self, cursor: Option<Cursor>) -> Result<Option<(String, Vec<Sql>)>, FindError> {
        let mut values: Vec<Sql> = Vec::new();
        let mut wheres = Vec::new();
        let mut from = "events e";
        let bind = |values: &mut Vec<Sql>, value: Sql| {
            values.push(value);
            format!("?{}", values.len())
        };
        let newest = bind(&mut values, Sql::Integer(cursor.map_or(self.newest, |cursor| cursor.newest)));
        wheres.push(format!("e.id <= {newest}"));
        if let Some(ids) = self.query.event_ids() {
            let mut keys = Vec::new();
            for id in ids {
                keys.push(bind(&mut values, Sql::Blob(digest(id))));
                keys.push(bind(&mut values, Sql::Blob(digest(&format!("{id}#error")))));
            }
            wheres.push(format!("e.event_key IN ({})", keys.join(", ")));
        } else if let Some(indexed) = self.query.indexed() {
            match self.terms(&indexed)?.as_slice() {
                [] => return Ok(None),
                [one] => {
                    from = "postings p JOIN events e ON e.id = p.event";
                    let term = bind(&mut values, Sql::Integer(*one));
                    wheres.push(format!("p.term = {term}"));
                }
                several => {
                    let list: Vec<String> = several.iter().map(i64::to_string).collect();
                    wheres.push(format!(
                        "e.id IN (SELECT event FROM postings WHERE term IN ({}))",
                        list.join(", ")
                    ));
                }
            }
        }
        for ((after, before), column) in self.query.times().into_iter().zip(["e.record_ms", "e.event_ms"]) {
            for (bound, sign) in [(after, ">="), (before, "<")] {
                if let Some(ms) = bound {
                    let value = bind(&mut values, Sql::Integer(ms));
                    wheres.push(format!("{column} {sign} {value}"));
                }
            }
        }
        let down = self.query.descending();
        let (sign, direction) = if down { ("<", "DESC") } else { (">", "ASC") };
        let id = if from.starts_with("postings") { "p.event" } else { "e.id" };
        let order = match self.query.order {
            Order::EventTime => {
                if let Some(cursor) = cursor {
                    let key = bind(&mut values, Sql::Integer(cursor.key));
                    let number = bind(&mut values, Sql::Integer(cursor.number));
                    wheres.push(format!("(e.event_ms, e.id) {sign} ({key}, {number})"));
                }
                format!("e.event_ms {direction}, e.id {direction}")
            }
            _ => {
                if let (Some(cursor), Order::Record) = (cursor, &self.query.order) {
                    let number = bind(&mut values, Sql::Integer(cursor.number));
                    wheres.push(format!("{id} {sign} {number}"));
                }
                format!("{id} {direction}")
            }
        };
        let sql = format!(
            "SELECT e.id, e.record_ms, e.event_ms, e.body, c.json FROM {from} JOIN contexts c ON c.id = e.context
             WHERE {} ORDER BY {order}",
            wheres.join(" AND ")
        );
        Ok(Some((sql, values)))
    }

    /// Numbers of the terms of a condition.
    fn terms(&self, indexed: &Indexed<'_>) -> Result<Vec<i64>, FindError> {
        let mut found = Vec::new();
        let mut exactly = |kind: i64, text: &str| -> Result<(), FindError> {
            let mut statement =
                self.connection.prepare_cached("SELECT id FROM terms WHERE kind = ?1 AND canonical = ?2")?;
            let mut rows = statement.query(params![kind, text])?;
            while let Some(row) = rows.next()? {
                found.push(row.get(0)?);
            }
            Ok(())
        };
        let mut heads = Vec::new();
        match indexed {
            Indexed::Texts(kind, texts) => {
                for text in *texts {
                    exactly(kind.number(), text)?;
                }
            }
            Indexed::Things(kind, patterns) => {
                for pattern in *patterns {
                    match pattern {
                        Pattern::Exactly(one) => exactly(kind.number(), one)?,
                        Pattern::Begins(head) | Pattern::OfScheme(head) => heads.push((kind.number(), head)),
                    }
                }
            }
        }
        for (kind, head) in heads {
            let mut statement = self.connection.prepare_cached(
                "SELECT id FROM terms WHERE kind = ?1 AND canonical >= ?2 AND canonical < ?3 LIMIT ?4",
            )?;
            let limit = i64::try_from(TERMS_MAX).unwrap_or(i64::MAX);
            let mut rows = statement.query(params![kind, head, format!("{head}\u{10ffff}"), limit])?;
            while let Some(row) = rows.next()? {
                found.push(row.get(0)?);
            }
            if found.len() >= TERMS_MAX {
                let why = format!("a pattern stands for more than {TERMS_MAX} things: ask for fewer");
                return Err(FindError::TooComplex(why));
            }
        }
        Ok(found)
    }
}

/// The event of a row, and when it happened.
fn stored(row: &Row<'_>) -> rusqlite::Result<(Stored, i64)> {
    let (body, context) = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_str()?);
    let fields: Map<String, Value> = serde_json::from_str(body).unwrap_or_default();
    let mut namespaces = Namespaces::default();
    if context != "{}" {
        namespaces.add_context(&serde_json::from_str(context).unwrap_or_default());
    }
    let stored = Stored { number: row.get(0)?, record_ms: row.get(1)?, event: Event { fields, namespaces } };
    Ok((stored, row.get(2)?))
}

/// What an event is sorted by.
fn sort_key(event: &Event, field: &str) -> Option<Value> {
    if field == "quantity" {
        let lists = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];
        return lists
            .iter()
            .find_map(|list| event.objects(list).find_map(|item| item.get("quantity").cloned()));
    }
    event.fields.get(field).cloned()
}

/// Numbers before texts, nothing first.
fn compare(one: &Option<Value>, other: &Option<Value>) -> Ordering {
    let number = |value: &Option<Value>| {
        let value = value.as_ref()?;
        value.as_f64().or_else(|| value.as_str()?.parse().ok())
    };
    match (number(one), number(other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => {
            let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
            text(one).cmp(&text(other))
        }
    }
}
