//! Terms: the identifiers and words by which events are found.

use rusqlite::{Connection, OptionalExtension, params};
use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::document::Event;
use crate::id::canonical;
use crate::query::{TermKind, canonical_texts};

/// Numbers of terms that are kept in memory.
const CACHE_MAX: usize = 200_000;

/// Numbers of terms, by kind and canonical text.
#[derive(Default)]
pub(super) struct TermCache(FxHashMap<(TermKind, String), i64>);

impl TermCache {
    /// The number of a term, which is written if it is new.
    pub(super) fn number(
        &mut self,
        connection: &Connection,
        kind: TermKind,
        canonical: &str,
        written: &str,
    ) -> rusqlite::Result<i64> {
        let key = (kind, canonical.to_owned());
        if let Some(number) = self.0.get(&key) {
            return Ok(*number);
        }
        let found = connection
            .prepare_cached("SELECT id FROM terms WHERE kind = ?1 AND canonical = ?2")?
            .query_row(params![kind.number(), key.1], |row| row.get(0))
            .optional()?;
        let number = match found {
            Some(number) => number,
            None => {
                connection
                    .prepare_cached("INSERT INTO terms (kind, canonical, written) VALUES (?1, ?2, ?3)")?
                    .execute(params![kind.number(), key.1, written])?;
                connection.last_insert_rowid()
            }
        };
        if self.0.len() >= CACHE_MAX {
            self.0.clear();
        }
        self.0.insert(key, number);
        Ok(number)
    }

    /// Forgets everything, as when a transaction was taken back.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

/// The form in which a text of a kind is compared.
pub(super) fn canonical_of(kind: TermKind, text: &str) -> String {
    match kind.vocabulary() {
        Some(vocabulary) => vocabulary.bare(text).map_or_else(|| text.to_owned(), str::to_owned),
        None => canonical(text),
    }
}

/// The terms of an event: kind, canonical form, and as written.
pub(super) fn terms_of(event: &Event) -> Vec<(TermKind, String, String)> {
    let mut terms = Vec::new();
    let epcs = canonical_texts(event, &["epcList", "childEPCs", "inputEPCList", "outputEPCList"]);
    for (written, canonical) in epcs {
        terms.push((TermKind::Epc, canonical, written.to_owned()));
    }
    let mut put = |kind: TermKind, text: Option<&str>| {
        if let Some(text) = text {
            terms.push((kind, canonical_of(kind, text), text.to_owned()));
        }
    };
    put(TermKind::Epc, event.text("parentID"));
    for list in ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"] {
        for quantity in event.objects(list) {
            put(TermKind::Class, quantity.get("epcClass").and_then(Value::as_str));
        }
    }
    put(TermKind::ReadPoint, event.id_of("readPoint"));
    put(TermKind::BizLocation, event.id_of("bizLocation"));
    put(TermKind::BizStep, event.text("bizStep"));
    put(TermKind::Disposition, event.text("disposition"));
    put(TermKind::EventType, Some(event.kind()));
    terms
}
