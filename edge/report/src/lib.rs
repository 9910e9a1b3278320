//! What we hand to people who do not have to believe us: a trip report, or the proof of one entry.
//!
//! In reading order: the document (`document`), the text of it that is signed (`canonical`), fields that may be withheld
//! (`commitment`), what an entry says for people (`facts`), how a document is checked (`verify`), and what its holder may
//! take out of it (`redact`). docs/evidence.md describes the format for those who write a checker of their own.

mod canonical;
mod command;
mod commitment;
mod document;
mod facts;
mod redact;
mod verify;

pub use canonical::{NotCanonical, canonical};
pub use command::{check, take_out};
pub use commitment::Disclosed;
pub use document::{
    DOCUMENT_BYTES_MAX, Document, DocumentError, ENTRIES_MAX, Evidence, PROOF_FORMAT, Part, TRIP_FORMAT,
};
pub use facts::facts;
pub use redact::{RedactError, redact};
pub use verify::{Finding, Verdict, verify};
