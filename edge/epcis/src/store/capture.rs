//! Capturing: the bytes first, then what they say.

use std::sync::PoisonError;

use lz4_flex::{compress_prepend_size, decompress_size_prepended};
use rusqlite::{OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::repository::{Repository, RepositoryError, Writer};
use super::terms::{TermCache, terms_of};
use crate::document::{Document, Event};
use crate::fault::{FAULTS_MAX, Fault};
use crate::hash::event_hash;
use crate::query::TermKind;

/// Bytes of a key: enough that two never meet.
const KEY_BYTES: usize = 16;

/// What becomes of a document when one of its events cannot be taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Nothing of it is kept.
    #[default]
    Rollback,
    /// The others are kept.
    Proceed,
}

impl Behaviour {
    /// The word of the header `GS1-Capture-Error-Behaviour`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rollback => "rollback",
            Self::Proceed => "proceed",
        }
    }

    /// The behaviour of this word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Rollback, Self::Proceed].into_iter().find(|one| one.word() == word)
    }
}

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureFault {
    /// It is not as EPCIS has it.
    #[error("{0}")]
    Invalid(Fault),
    /// Another event has its identifier.
    #[error("{0}")]
    Known(Fault),
}

impl CaptureFault {
    /// The name of the exception.
    #[must_use]
    pub const fn exception(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "ValidationException",
            Self::Known(_) => "ResourceAlreadyExistsException",
        }
    }
}

/// A capture job.
#[derive(Clone, Debug, PartialEq)]
pub struct CaptureJob {
    /// Its number, by which jobs are listed.
    pub number: i64,
    /// Its identifier.
    pub id: String,
    /// Whose it is.
    pub by: String,
    /// When it came, milliseconds since 1970.
    pub created_ms: i64,
    /// When it was done.
    pub finished_ms: Option<i64>,
    /// Whether everything was taken.
    pub success: bool,
    /// What becomes of it when something cannot be taken.
    pub behaviour: Behaviour,
    /// What was not taken, as problems of RFC 7807.
    pub errors: Vec<Value>,
}

/// What was captured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Captured {
    /// Events that were stored; those that were known already are not among them.
    pub stored: usize,
    /// What was not taken.
    pub faults: Vec<CaptureFault>,
}

/// Why an event was not captured.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The event.
    #[error(transparent)]
    Fault(#[from] CaptureFault),
    /// The repository.
    #[error(transparent)]
    Repository(#[from] RepositoryError),
}

impl From<rusqlite::Error> for CaptureError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Repository(error.into())
    }
}

impl Repository {
    /// Keeps the bytes of a document before they are read, under the identifier of its job.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn begin_capture(
        &self,
        id: &str,
        by: &str,
        media: &str,
        raw: &[u8],
        behaviour: Behaviour,
        now_ms: i64,
    ) -> Result<(), RepositoryError> {
        self.writer()
            .connection
            .prepare_cached(
                "INSERT INTO captures (id, by_whom, created_ms, success, behaviour, errors, media, raw)
             VALUES (?1, ?2, ?3, 1, ?4, '[]', ?5, ?6)",
            )?
            .execute(params![id, by, now_ms, behaviour.word(), media, compress_prepend_size(raw)])?;
        Ok(())
    }

    /// Ends a job whose document could not be read.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn refuse_capture(&self, id: &str, faults: &[Fault], now_ms: i64) -> Result<(), RepositoryError> {
        let faults: Vec<CaptureFault> = faults.iter().cloned().map(CaptureFault::Invalid).collect();
        end(&self.writer().connection, id, &faults, now_ms)?;
        Ok(())
    }

    /// Takes in what a job's document says, all of it or, by its behaviour, what can be taken.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn capture(
        &self,
        id: &str,
        document: Document,
        behaviour: Behaviour,
        now_ms: i64,
    ) -> Result<Captured, RepositoryError> {
        let mut captured = Captured::default();
        let mut events = Vec::with_capacity(document.events.len());
        for event in document.events {
            match event {
                Ok(event) => events.push(Prepared::of(event, &document.ignored)),
                Err(faults) => captured.faults.extend(faults.into_iter().map(CaptureFault::Invalid)),
            }
        }
        let mut writer = self.writer();
        let Writer { connection, terms } = &mut *writer;
        let number = number_of(connection, id)?;
        let transaction = connection.transaction()?;
        for event in &events {
            match store(&transaction, terms, event, number, now_ms) {
                Ok(is_new) => captured.stored += usize::from(is_new),
                Err(CaptureError::Fault(fault)) => captured.faults.push(fault),
                Err(CaptureError::Repository(error)) => {
                    terms.clear();
                    return Err(error);
                }
            }
        }
        captured.faults.truncate(FAULTS_MAX);
        if behaviour == Behaviour::Rollback && !captured.faults.is_empty() {
            captured.stored = 0;
            transaction.rollback()?;
            terms.clear();
            end(connection, id, &captured.faults, now_ms)?;
            return Ok(captured);
        }
        for element in &document.vocabulary {
            transaction
                .prepare_cached(
                    "INSERT INTO vocabulary (vocabulary, id, attributes, children) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (vocabulary, id) DO UPDATE SET attributes = ?3, children = ?4",
                )?
                .execute(params![
                    element.vocabulary,
                    element.id,
                    json!(element.attributes).to_string(),
                    json!(element.children).to_string()
                ])?;
        }
        self.learn_prefixes(&transaction, &events)?;
        end(&transaction, id, &captured.faults, now_ms)?;
        transaction.commit()?;
        self.committed(connection)?;
        let mut master = self.master.write().unwrap_or_else(PoisonError::into_inner);
        document.vocabulary.iter().for_each(|element| master.add(element));
        Ok(captured)
    }

    /// Takes in the one event of a job, and gives its identifier.
    ///
    /// # Errors
    /// [`CaptureError::Fault`] when an event of this identifier is known.
    pub fn capture_event(&self, job: &str, event: Event, now_ms: i64) -> Result<String, CaptureError> {
        let event = Prepared::of(event, &[]);
        let mut writer = self.writer();
        let Writer { connection, terms } = &mut *writer;
        let number = number_of(connection, job)?;
        let transaction = connection.transaction()?;
        let known = match store(&transaction, terms, &event, number, now_ms) {
            Ok(true) => None,
            Ok(false) => {
                let why = format!("the event {} is known already", event.id);
                Some(CaptureFault::Known(Fault::new("eventID", why)))
            }
            Err(CaptureError::Fault(fault)) => Some(fault),
            Err(error) => {
                terms.clear();
                return Err(error);
            }
        };
        if let Some(fault) = known {
            transaction.rollback()?;
            terms.clear();
            end(connection, job, std::slice::from_ref(&fault), now_ms)?;
            return Err(fault.into());
        }
        self.learn_prefixes(&transaction, std::slice::from_ref(&event))?;
        end(&transaction, job, &[], now_ms)?;
        transaction.commit()?;
        self.committed(connection)?;
        Ok(event.id)
    }

    /// EPC URNs show where company prefixes end.
    fn learn_prefixes(&self, transaction: &Transaction<'_>, events: &[Prepared]) -> rusqlite::Result<()> {
        let mut prefixes = self.prefixes.write().unwrap_or_else(PoisonError::into_inner);
        for (_, _, written) in events.iter().flat_map(|event| &event.terms) {
            if written.starts_with("urn:epc:")
                && prefixes.learn_from(written)
                && let Some((company, _)) =
                    written.splitn(5, ':').nth(4).and_then(|parts| parts.split_once('.'))
            {
                transaction.execute("INSERT OR IGNORE INTO prefixes (prefix) VALUES (?1)", [company])?;
            }
        }
        Ok(())
    }

    /// The bytes of a job's document, as they came.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn captured_bytes(&self, id: &str) -> Result<Option<Vec<u8>>, RepositoryError> {
        self.read(|connection| {
            let sql = "SELECT raw FROM captures WHERE id = ?1";
            let packed: Option<Vec<u8>> =
                connection.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
            Ok(packed.map(|packed| decompress_size_prepended(&packed).unwrap_or_default()))
        })
    }

    /// A capture job.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn capture_job(&self, id: &str) -> Result<Option<CaptureJob>, RepositoryError> {
        self.read(|connection| {
            let sql = format!("{JOB} WHERE id = ?1");
            Ok(connection.prepare_cached(&sql)?.query_row([id], job).optional()?)
        })
    }

    /// Capture jobs after the one with this number, by number.
    ///
    /// # Errors
    /// [`RepositoryError`].
    pub fn capture_jobs(&self, after: i64, limit: usize) -> Result<Vec<CaptureJob>, RepositoryError> {
        self.read(|connection| {
            let sql = format!("{JOB} WHERE number > ?1 ORDER BY number LIMIT ?2");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params![after, i64::try_from(limit).unwrap_or(i64::MAX)], job)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

const JOB: &str =
    "SELECT number, id, by_whom, created_ms, finished_ms, success, behaviour, errors FROM captures";

fn job(row: &rusqlite::Row<'_>) -> rusqlite::Result<CaptureJob> {
    let (behaviour, errors): (String, String) = (row.get(6)?, row.get(7)?);
    Ok(CaptureJob {
        number: row.get(0)?,
        id: row.get(1)?,
        by: row.get(2)?,
        created_ms: row.get(3)?,
        finished_ms: row.get(4)?,
        success: row.get(5)?,
        behaviour: Behaviour::of(&behaviour).unwrap_or_default(),
        errors: serde_json::from_str(&errors).unwrap_or_default(),
    })
}

fn end(
    connection: &rusqlite::Connection,
    id: &str,
    faults: &[CaptureFault],
    now_ms: i64,
) -> rusqlite::Result<()> {
    let problem = |fault: &CaptureFault| {
        json!({
            "type": format!("epcisException:{}", fault.exception()),
            "title": "An event was not taken",
            "detail": fault.to_string(),
        })
    };
    let errors: Vec<Value> = faults.iter().map(problem).collect();
    connection
        .prepare_cached("UPDATE captures SET finished_ms = ?2, success = ?3, errors = ?4 WHERE id = ?1")?
        .execute(params![id, now_ms, faults.is_empty(), json!(errors).to_string()])?;
    Ok(())
}

/// The number of a job.
fn number_of(connection: &rusqlite::Connection, id: &str) -> rusqlite::Result<i64> {
    connection.prepare_cached("SELECT number FROM captures WHERE id = ?1")?.query_row([id], |row| row.get(0))
}

/// Everything about an event that can be worked out before the writer is needed.
struct Prepared {
    id: String,
    key: Vec<u8>,
    hash: Vec<u8>,
    kind: String,
    event_ms: i64,
    context: String,
    body: String,
    terms: Vec<(TermKind, String, String)>,
}

impl Prepared {
    fn of(mut event: Event, ignored: &[String]) -> Self {
        let hash_uri = event_hash(&event, ignored);
        let hash = digest(&hash_uri);
        // When it was recorded is ours to say.
        event.fields.remove("recordTime");
        let declared = event.fields.contains_key("errorDeclaration");
        let id = match event.text("eventID") {
            Some(id) => id.to_owned(),
            None => {
                event.fields.insert("eventID".to_owned(), json!(hash_uri));
                hash_uri
            }
        };
        // A declaration of an error repeats the event and its identifier (EPCIS 2.0, section 7.4.1.4).
        let key = digest(&format!("{id}{}", if declared { "#error" } else { "" }));
        let namespaces: serde_json::Map<String, Value> =
            event.namespaces.iter().map(|(prefix, uri)| (prefix.to_owned(), json!(uri))).collect();
        Self {
            id,
            key,
            hash,
            kind: event.kind().to_owned(),
            event_ms: event.time_ms("eventTime").unwrap_or_default(),
            context: Value::Object(namespaces).to_string(),
            terms: terms_of(&event),
            body: Value::Object(event.fields).to_string(),
        }
    }
}

/// Stores an event; says whether it is new.
fn store(
    transaction: &Transaction<'_>,
    terms: &mut TermCache,
    event: &Prepared,
    capture: i64,
    now_ms: i64,
) -> Result<bool, CaptureError> {
    let known: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT hash FROM events WHERE event_key = ?1")?
        .query_row([event.key.as_slice()], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        if known == event.hash {
            return Ok(false);
        }
        let why = format!("another event has the identifier {}", event.id);
        return Err(CaptureFault::Known(Fault::new("eventID", why)).into());
    }
    let context = context(transaction, &event.context)?;
    transaction
        .prepare_cached(
            "INSERT INTO events (event_key, hash, kind, record_ms, event_ms, capture, context, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            event.key,
            event.hash,
            event.kind,
            now_ms,
            event.event_ms,
            capture,
            context,
            event.body
        ])?;
    let number = transaction.last_insert_rowid();
    for (kind, canonical, written) in &event.terms {
        let term = terms.number(transaction, *kind, canonical, written)?;
        if *kind != TermKind::EventType {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO postings (term, event) VALUES (?1, ?2)")?
                .execute(params![term, number])?;
        }
    }
    Ok(true)
}

pub(super) fn digest(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).iter().take(KEY_BYTES).copied().collect()
}

/// The number of a context, which is written if it is new.
fn context(transaction: &Transaction<'_>, json: &str) -> rusqlite::Result<i64> {
    let found = transaction
        .prepare_cached("SELECT id FROM contexts WHERE json = ?1")?
        .query_row([json], |row| row.get(0))
        .optional()?;
    if let Some(number) = found {
        return Ok(number);
    }
    transaction.prepare_cached("INSERT INTO contexts (json) VALUES (?1)")?.execute([json])?;
    Ok(transaction.last_insert_rowid())
}
