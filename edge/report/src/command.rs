//! What the command lines do, on files.

use std::path::Path;

use plomb_evidence::log::VerifyingKey;

use crate::{DOCUMENT_BYTES_MAX, Document, RedactError, Verdict, redact, verify};

fn read(file: &Path) -> Result<Document, String> {
    let said = |error: std::io::Error| format!("cannot read {}: {error}", file.display());
    if std::fs::metadata(file).map_err(said)?.len() > DOCUMENT_BYTES_MAX {
        return Err(format!("{} is larger than any report", file.display()));
    }
    let text = std::fs::read_to_string(file).map_err(said)?;
    text.parse().map_err(|error| format!("{}: {error}", file.display()))
}

/// Checks the document in a file against keys in their text form.
///
/// # Errors
/// A sentence, when the file or a key does not read.
pub fn check(file: &Path, keys: &[String]) -> Result<Verdict, String> {
    let keys: Result<Vec<VerifyingKey>, _> = keys.iter().map(|key| key.trim().parse()).collect();
    Ok(verify(&read(file)?, &keys.map_err(|error| error.to_string())?))
}

/// The document in a file without some of its fields.
///
/// # Errors
/// A sentence, when the file does not read or has no such field.
pub fn take_out(file: &Path, names: &[String]) -> Result<String, String> {
    let redacted = redact(read(file)?, names);
    redacted.map(|document| document.to_string()).map_err(|error: RedactError| error.to_string())
}
