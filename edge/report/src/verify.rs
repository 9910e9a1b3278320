//! Checks a document with nothing but itself and the keys that one trusts.

use std::collections::BTreeSet;
use std::fmt;

use plomb_evidence::log::{Checkpoint, Note, Signed, VerifyingKey};
use plomb_evidence::merkle::{Hash, root_of_many};
use plomb_model::{EntryId, Timestamp};
use serde_json::Value;

use crate::document::{Document, ENTRIES_MAX, TRIP_FORMAT, fact, hash, signed_text};

/// Who takes a step that follows from time or from what a device reported.
const RULES: &str = "clock";

/// What was found about one side of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which side.
    pub about: &'static str,
    /// Whether it is as it should be.
    pub holds: bool,
    /// In a sentence.
    pub what: String,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// In the order in which it was looked at.
    pub findings: Vec<Finding>,
}

impl Verdict {
    /// Whether everything is as it should be.
    #[must_use]
    pub fn holds(&self) -> bool {
        !self.findings.is_empty() && self.findings.iter().all(|finding| finding.holds)
    }

    fn add(&mut self, about: &'static str, found: Result<String, String>) {
        let (holds, what) = found.map_or_else(|what| (false, what), |what| (true, what));
        self.findings.push(Finding { about, holds, what });
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Finding { about, holds, what } in &self.findings {
            writeln!(f, "{:<6} {about:<11} {what}", if *holds { "ok" } else { "FAILED" })?;
        }
        f.write_str(if self.holds() { "Everything holds.\n" } else { "It does not hold: see what FAILED.\n" })
    }
}

/// Checks a document against the keys of the log and of its witnesses, at least one of which must have signed.
#[must_use]
pub fn verify(document: &Document, keys: &[VerifyingKey]) -> Verdict {
    let mut verdict = Verdict::default();
    let checkpoint = checkpoint(document, keys);
    verdict.add("checkpoint", checkpoint.as_ref().map(|(_, what)| what.clone()).map_err(Clone::clone));
    if let Ok((checkpoint, _)) = &checkpoint {
        verdict.add("entries", entries(document, checkpoint));
    }
    verdict.add("record", record(document));
    if document.format == TRIP_FORMAT {
        verdict.add("signature", signature(document, keys));
        verdict.add("fields", fields(document));
        verdict.add("statement", statement(document));
    }
    verdict
}

fn names(signed: &[Signed]) -> String {
    let name = |signed: &Signed| match signed.seen_at_s.and_then(|seconds| i64::try_from(seconds).ok()) {
        Some(seconds) => format!("{} (seen {})", signed.by, Timestamp::from_secs(seconds)),
        None => signed.by.to_string(),
    };
    signed.iter().map(name).collect::<Vec<_>>().join(", ")
}

fn checkpoint(document: &Document, keys: &[VerifyingKey]) -> Result<(Checkpoint, String), String> {
    let note: Note = document.checkpoint.parse().map_err(|error| format!("{error}"))?;
    let head: Checkpoint = note.text().parse().map_err(|error| format!("{error}"))?;
    if keys.is_empty() {
        return Err("no key was given, so nobody vouches for it: give the log's with --key".to_owned());
    }
    let signed = note.verify(keys).map_err(|error| error.to_string())?;
    let what = format!("{} entries of {}, signed by {}", head.size, head.origin, names(&signed));
    Ok((head, what))
}

fn entries(document: &Document, head: &Checkpoint) -> Result<String, String> {
    if document.entries.len() > ENTRIES_MAX {
        return Err(format!("there are more than {ENTRIES_MAX}"));
    }
    let mut leaves: Vec<(u64, Hash)> = Vec::new();
    for part in &document.entries {
        let leaf =
            part.leaf().ok_or_else(|| format!("entry {} has no bytes and no hash that read", part.entry))?;
        leaves.push((part.entry, leaf));
    }
    let proof: Option<Vec<Hash>> = document.proof.iter().map(|text| hash(text)).collect();
    let proof = proof.ok_or("the proof is not made of hashes in base64")?;
    let root = root_of_many(&leaves, head.size, &proof).map_err(|error| error.to_string())?;
    if root != head.root {
        return Err(
            "they are not those of the checkpoint: an entry was changed, added or taken out".to_owned()
        );
    }
    let withheld = document.entries.iter().filter(|part| part.bytes.is_none()).count();
    let shown = document.entries.len() - withheld;
    Ok(match withheld {
        0 => format!("{shown} proved to be in the log"),
        _ => format!("{shown} proved to be in the log, {withheld} withheld"),
    })
}

/// What is said about the entries follows from their bytes.
fn record(document: &Document) -> Result<String, String> {
    let mut said = document.record.iter();
    for part in document.entries.iter().filter(|part| part.bytes.is_some()) {
        let bytes = part.bytes().ok_or_else(|| format!("entry {} is not base64", part.entry))?;
        let follows = fact(EntryId(part.entry), &bytes).map_err(|error| error.to_string())?;
        if said.next() != Some(&follows) {
            return Err(format!("it says of entry {} what its bytes do not say", part.entry));
        }
    }
    if said.next().is_some() {
        return Err("it says more than the entries do".to_owned());
    }
    Ok(format!("what is said of {} entries follows from their bytes", document.record.len()))
}

fn signature(document: &Document, keys: &[VerifyingKey]) -> Result<String, String> {
    let note: Note = document.signature.parse().map_err(|error| format!("{error}"))?;
    let text = signed_text(&document.statement).map_err(|error| error.to_string())?;
    if note.text() != text {
        return Err("the statement is not the one that was signed: it was changed".to_owned());
    }
    if keys.is_empty() {
        return Err("no key was given, so nobody vouches for it: give the log's with --key".to_owned());
    }
    let signed = note.verify(keys).map_err(|error| error.to_string())?;
    Ok(format!("of the statement, by {}", names(&signed)))
}

fn strings(value: &Value) -> BTreeSet<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn fields(document: &Document) -> Result<String, String> {
    let committed = document.statement.get("commitments").unwrap_or(&Value::Null);
    let committed = strings(committed);
    for field in &document.disclosed {
        let commitment = field.commitment().map_err(|error| error.to_string())?;
        if !committed.contains(&*commitment) {
            return Err(format!("{} is not what was signed", field.name()));
        }
    }
    let withheld = committed.len().saturating_sub(document.disclosed.len());
    Ok(format!("{} shown are as signed, {withheld} withheld", document.disclosed.len()))
}

/// What the statement says of entries agrees with these.
fn statement(document: &Document) -> Result<String, String> {
    let said: Vec<u64> = document
        .statement
        .get("entries")
        .and_then(Value::as_array)
        .map_or_else(Vec::new, |all| all.iter().filter_map(Value::as_u64).collect());
    if !said.iter().eq(document.entries.iter().map(|part| &part.entry)) {
        return Err("the entries are not those it names".to_owned());
    }
    let movement = document.statement.get("movement").unwrap_or(&Value::Null);
    let here: BTreeSet<u64> =
        document.entries.iter().filter(|part| part.bytes.is_some()).map(|part| part.entry).collect();
    // Only a report that says of itself that entries are missing may say more than its entries.
    let complete = document.statement.get("complete") == Some(&Value::Bool(true));
    let (mut compared, mut unproved) = (0, 0);
    for step in movement["history"].as_array().into_iter().flatten() {
        let entry = step["entry"].as_u64().ok_or("a step names no entry")?;
        if said.binary_search(&entry).is_err() {
            if !complete {
                unproved += 1;
                continue;
            }
            return Err(format!("the step of entry {entry} has no entry"));
        }
        // A step that the rules took at an entry follows from them, not from a person's word in it.
        if step["by"] == RULES || !here.contains(&entry) {
            continue;
        }
        let fact = document.record.iter().find(|fact| fact["entry"].as_u64() == Some(entry));
        let fact = fact.unwrap_or(&Value::Null);
        for name in ["step", "by", "at"] {
            if fact[name] != step[name] {
                return Err(format!("entry {entry} says {name} {}, it says {}", fact[name], step[name]));
            }
        }
        compared += 1;
    }
    for alarm in document.statement.get("alarms").and_then(Value::as_array).into_iter().flatten() {
        let id = alarm["id"].as_u64().ok_or("an alarm has no number")?;
        let mut decisions = document.record.iter().flat_map(|fact| fact["alarms"].as_array()).flatten();
        let Some(decision) = decisions.find(|decision| decision["alarm"].as_u64() == Some(id)) else {
            // It may be in an entry that is withheld; where all are here, it must be in one.
            if here.len() == said.len() && complete {
                return Err(format!("alarm {id} is in no entry"));
            }
            continue;
        };
        for name in ["kind", "device", "raised_at"] {
            if decision[name] != alarm[name] {
                return Err(format!(
                    "alarm {id}: an entry says {name} {}, it says {}",
                    decision[name], alarm[name]
                ));
            }
        }
        compared += 1;
    }
    Ok(match unproved {
        0 => format!("{compared} steps and alarms are those of the entries"),
        _ => format!(
            "{compared} steps and alarms are those of the entries; {unproved} steps are said and NOT proved: their entries are missing"
        ),
    })
}
