//! A trip report or a proof, as the file that people hand on.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use plomb_evidence::decode;
use plomb_evidence::log::{Note, SigningKey};
use plomb_evidence::merkle::{Hash, leaf_hash};
use plomb_model::EntryId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::canonical::{NotCanonical, canonical};
use crate::commitment::Disclosed;
use crate::facts::facts;

/// Format of a trip report.
pub const TRIP_FORMAT: &str = "plomb-trip-report/1";
/// Format of a proof that some entries are in a log, with no statement about them.
pub const PROOF_FORMAT: &str = "plomb-proof/1";
/// Most entries of one document.
pub const ENTRIES_MAX: usize = 20_000;
/// Longest file.
pub const DOCUMENT_BYTES_MAX: u64 = 256 << 20;

/// Entries of a journal and what proves them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The bytes of the entries by number, which rise.
    pub entries: Vec<(EntryId, Vec<u8>)>,
    /// The rest of the tree, as [`plomb_evidence::merkle::many_proof`] gives it.
    pub proof: Vec<Hash>,
    /// The checkpoint in which they are, with its signatures.
    pub checkpoint: String,
}

/// The whole.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// [`TRIP_FORMAT`] or [`PROOF_FORMAT`].
    pub format: String,
    /// What the issuer says, signed. Empty in a proof.
    #[serde(default)]
    pub statement: Map<String, Value>,
    /// The fields of which the statement has a hash, as far as they are shown.
    #[serde(default)]
    pub disclosed: Vec<Disclosed>,
    /// What the entries say, for people: it follows from them and is checked against them.
    pub record: Vec<Value>,
    /// The entries.
    pub entries: Vec<Part>,
    /// The hashes beside them in the tree, base64.
    pub proof: Vec<String>,
    /// The signed head of the tree.
    pub checkpoint: String,
    /// Signed note over the hash of the statement. Empty in a proof.
    #[serde(default)]
    pub signature: String,
}

/// An entry: its bytes, or only its hash where it is withheld.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its number.
    pub entry: u64,
    /// Its bytes, base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Its leaf hash, base64, where the bytes are withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf: Option<String>,
}

/// Why there is no document.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// Not our JSON.
    #[error("it is no trip report and no proof: {0}")]
    Json(#[from] serde_json::Error),
    /// Of a later version, or of something else.
    #[error("the format {0:?} is not known here")]
    Format(String),
    /// A number that cannot be signed.
    #[error(transparent)]
    Canonical(#[from] NotCanonical),
    /// An entry that cannot be read.
    #[error("entry {0} cannot be read: {1}")]
    Entry(EntryId, String),
    /// The text to be signed is none of a note.
    #[error(transparent)]
    Note(#[from] plomb_evidence::log::NoteError),
}

impl Document {
    /// The proof of some entries.
    ///
    /// # Errors
    /// [`DocumentError::Entry`].
    pub fn proof(evidence: &Evidence) -> Result<Self, DocumentError> {
        let record: Result<Vec<Value>, DocumentError> =
            evidence.entries.iter().map(|(id, bytes)| fact(*id, bytes)).collect();
        let parts = evidence.entries.iter().map(|(id, bytes)| Part::of(*id, bytes));
        Ok(Self {
            format: PROOF_FORMAT.to_owned(),
            statement: Map::new(),
            disclosed: Vec::new(),
            record: record?,
            entries: parts.collect(),
            proof: evidence.proof.iter().map(|hash| Base64::encode_string(&hash.0)).collect(),
            checkpoint: evidence.checkpoint.clone(),
            signature: String::new(),
        })
    }

    /// A trip report: a statement with fields that may be withheld, and the entries on which it rests.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn trip(
        mut statement: Map<String, Value>,
        disclosed: Vec<Disclosed>,
        evidence: &Evidence,
        key: &SigningKey,
    ) -> Result<Self, DocumentError> {
        let mut commitments = disclosed.iter().map(Disclosed::commitment).collect::<Result<Vec<_>, _>>()?;
        // In the order of the hashes, so that their order says nothing.
        commitments.sort_unstable();
        let numbers: Vec<u64> = evidence.entries.iter().map(|(id, _)| id.0).collect();
        statement.insert("format".to_owned(), json!(TRIP_FORMAT));
        statement.insert("log".to_owned(), json!(key.public().name()));
        statement.insert("entries".to_owned(), json!(numbers));
        statement.insert("commitments".to_owned(), json!(commitments));
        let mut note = Note::new(&signed_text(&statement)?)?;
        note.sign(key);
        let proof = Self::proof(evidence)?;
        let signature = note.to_string();
        Ok(Self { format: TRIP_FORMAT.to_owned(), statement, disclosed, signature, ..proof })
    }
}

/// What is signed of a statement: the format, and SHA-256 of its canonical text.
pub(crate) fn signed_text(statement: &Map<String, Value>) -> Result<String, NotCanonical> {
    let text = canonical(&Value::Object(statement.clone()))?;
    Ok(format!("{TRIP_FORMAT}\n{}\n", Base64::encode_string(&Sha256::digest(text))))
}

/// What an entry says, from its bytes.
pub(crate) fn fact(id: EntryId, bytes: &[u8]) -> Result<Value, DocumentError> {
    let entry = decode(bytes).map_err(|error| DocumentError::Entry(id, error.to_string()))?;
    Ok(facts(id, &entry))
}

impl Part {
    pub(crate) fn of(id: EntryId, bytes: &[u8]) -> Self {
        Self { entry: id.0, bytes: Some(Base64::encode_string(bytes)), leaf: None }
    }

    /// The same without its bytes.
    pub(crate) fn withheld(&self) -> Option<Self> {
        let leaf = Base64::encode_string(&leaf_hash(&self.bytes()?).0);
        Some(Self { entry: self.entry, bytes: None, leaf: Some(leaf) })
    }

    /// Its bytes, where they are here and are base64.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        Base64::decode_vec(self.bytes.as_deref()?).ok()
    }

    /// Its leaf of the tree.
    #[must_use]
    pub fn leaf(&self) -> Option<Hash> {
        match (&self.bytes, &self.leaf) {
            (Some(_), None) => Some(leaf_hash(&self.bytes()?)),
            (None, Some(leaf)) => hash(leaf),
            _ => None,
        }
    }
}

/// A hash in base64.
pub(crate) fn hash(text: &str) -> Option<Hash> {
    Base64::decode_vec(text).ok()?.try_into().ok().map(Hash)
}

impl FromStr for Document {
    type Err = DocumentError;

    fn from_str(text: &str) -> Result<Self, DocumentError> {
        let document: Self = serde_json::from_str(text)?;
        if matches!(&*document.format, TRIP_FORMAT | PROOF_FORMAT) {
            Ok(document)
        } else {
            Err(DocumentError::Format(document.format))
        }
    }
}

impl fmt::Display for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}
