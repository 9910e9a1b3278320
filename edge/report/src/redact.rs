//! Taking fields out of a report before it is handed on: what is left can still be checked.

use serde_json::Value;

use crate::document::Document;

/// Shortest text that is looked for in entries: shorter ones are anywhere.
const TEXT_BYTES_MIN: usize = 3;

/// Why nothing was taken out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactError {
    /// There is no such field.
    #[error("there is no field {asked:?} to take out; there are {known}")]
    Unknown {
        /// What was asked for.
        asked: String,
        /// What there is.
        known: String,
    },
}

/// The document without the fields of these names, and without the bytes of every entry in which one of their texts
/// stands: of those, only the hash is left.
///
/// # Errors
/// [`RedactError::Unknown`].
pub fn redact(mut document: Document, names: &[String]) -> Result<Document, RedactError> {
    let mut texts = Vec::new();
    for name in names {
        let Some(place) = document.disclosed.iter().position(|field| field.name() == name) else {
            let known: Vec<&str> = document.disclosed.iter().map(crate::Disclosed::name).collect();
            return Err(RedactError::Unknown { asked: name.clone(), known: known.join(", ") });
        };
        let field = document.disclosed.remove(place);
        collect(&field.2, &mut texts);
    }
    let tells = |bytes: &[u8]| {
        texts.iter().any(|text| bytes.windows(text.len()).any(|window| window == text.as_bytes()))
    };
    for part in &mut document.entries {
        if part.bytes().is_some_and(|bytes| tells(&bytes))
            && let Some(withheld) = part.withheld()
        {
            document.record.retain(|fact| fact["entry"].as_u64() != Some(part.entry));
            *part = withheld;
        }
    }
    Ok(document)
}

/// The texts in a value.
fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() >= TEXT_BYTES_MIN => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(members) => members.values().for_each(|item| collect(item, texts)),
        _ => {}
    }
}
