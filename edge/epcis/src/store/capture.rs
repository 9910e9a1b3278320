//! Capturing: the bytes first, then what they say.

use std::sync::PoisonError;

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
            .execute(params![id, by, now_ms, behaviour.word(), media, raw])?;
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
        let mut writer = self.writer();
        let Writer { connection, terms } = &mut *writer;
        let number: i64 = connection
            .prepare_cached("SELECT number FROM captures WHERE id = ?1")?
            .query_row([id], |row| row.get(0))?;
        let transaction = connection.transaction()?;
        let mut captured = Captured::default();
        let mut prefixes = Vec::new();
        for event in document.events {
            let taken = match event {
                Ok(event) => {
                    let company = |urn: &str| prefixes.push(urn.to_owned());
                    learn(&event, company);
                    store(&transaction, terms, event, &document.ignored, Some(number), now_ms)
                }
                Err(faults) => {
                    captured.faults.extend(faults.into_iter().map(CaptureFault::Invalid));
                    continue;
                }
            };
            match taken {
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
        self.learn_prefixes(&transaction, &prefixes)?;
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
        let mut writer = self.writer();
        let Writer { connection, terms } = &mut *writer;
        let id = event.text("eventID").map_or_else(|| event_hash(&event, &[]), str::to_owned);
        let number: i64 = connection
            .prepare_cached("SELECT number FROM captures WHERE id = ?1")?
            .query_row([job], |row| row.get(0))?;
        let transaction = connection.transaction()?;
        let mut prefixes = Vec::new();
        learn(&event, |urn| prefixes.push(urn.to_owned()));
        let known = match store(&transaction, terms, event, &[], Some(number), now_ms) {
            Ok(true) => None,
            Ok(false) => {
                let why = format!("the event {id} is known already");
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
        self.learn_prefixes(&transaction, &prefixes)?;
        end(&transaction, job, &[], now_ms)?;
        transaction.commit()?;
        self.committed(connection)?;
        Ok(id)
    }

    fn learn_prefixes(&self, transaction: &Transaction<'_>, urns: &[String]) -> rusqlite::Result<()> {
        let mut prefixes = self.prefixes.write().unwrap_or_else(PoisonError::into_inner);
        for urn in urns {
            if prefixes.learn_from(urn)
                && let Some((company, _)) = urn.splitn(5, ':').nth(4).and_then(|parts| parts.split_once('.'))
            {
                transaction.execute("INSERT OR IGNORE INTO prefixes (prefix) VALUES (?1)", [company])?;
            }
        }
        Ok(())
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

/// EPC URNs of an event, which show where company prefixes end.
fn learn(event: &Event, mut company: impl FnMut(&str)) {
    for (kind, _, written) in terms_of(event) {
        if !matches!(kind, TermKind::BizStep | TermKind::Disposition | TermKind::EventType)
            && written.starts_with("urn:epc:")
        {
            company(&written);
        }
    }
}

/// Stores an event; says whether it is new.
fn store(
    transaction: &Transaction<'_>,
    terms: &mut TermCache,
    mut event: Event,
    ignored: &[String],
    capture: Option<i64>,
    now_ms: i64,
) -> Result<bool, CaptureError> {
    let hash_uri = event_hash(&event, ignored);
    // When it was recorded is ours to say.
    event.fields.remove("recordTime");
    let declared = event.fields.contains_key("errorDeclaration");
    let id = match event.text("eventID") {
        Some(id) => id.to_owned(),
        None => {
            event.fields.insert("eventID".to_owned(), json!(hash_uri));
            hash_uri.clone()
        }
    };
    // A declaration of an error repeats the event and its identifier (EPCIS 2.0, section 7.4.1.4).
    let key = digest(&format!("{id}{}", if declared { "#error" } else { "" }));
    let hash = digest(&hash_uri);
    let known: Option<Vec<u8>> = transaction
        .prepare_cached("SELECT hash FROM events WHERE event_key = ?1")?
        .query_row([key.as_slice()], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        if known == hash {
            return Ok(false);
        }
        let why = format!("another event has the identifier {id}");
        return Err(CaptureFault::Known(Fault::new("eventID", why)).into());
    }
    let namespaces: serde_json::Map<String, Value> =
        event.namespaces.iter().map(|(prefix, uri)| (prefix.to_owned(), json!(uri))).collect();
    let context = context(transaction, &Value::Object(namespaces).to_string())?;
    let all = terms_of(&event);
    let event_ms = event.time_ms("eventTime").unwrap_or_default();
    let kind = event.kind().to_owned();
    let body = Value::Object(event.fields).to_string();
    transaction
        .prepare_cached(
            "INSERT INTO events (event_key, hash, kind, record_ms, event_ms, capture, context, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![key.as_slice(), hash.as_slice(), kind, now_ms, event_ms, capture, context, body])?;
    let number = transaction.last_insert_rowid();
    for (kind, canonical, written) in all {
        let term = terms.number(transaction, kind, canonical, &written)?;
        if kind != TermKind::EventType {
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
