//! EPCIS against what its makers published.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it fails")]

mod examples;
mod hash;
mod identifiers;
mod repository;

use std::path::PathBuf;

use plomb_epcis::{Document, Fault, read_json, read_xml};

/// The folder of vectors.
fn vectors(folder: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../vectors").join(folder)
}

/// Every file in a folder with one of these endings, by name.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![vectors(folder)];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_owned();
            if path.is_dir() {
                open.push(path);
            } else if endings.contains(&ending.as_str()) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Reads a document of whichever sort its name says.
fn read(path: &std::path::Path) -> Result<Document, Vec<Fault>> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|ending| ending == "xml") { read_xml(&bytes) } else { read_json(&bytes) }
}
