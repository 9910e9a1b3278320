//! The formats of constrained devices against the vectors of their standards.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first thing that is not so"
)]

mod cbor;
mod coap;
mod cose;
mod edhoc;
mod oscore;
mod profile;
mod senml;

use serde_json::Value;

/// A vector file of the folder `vectors/profile`.
fn vectors(file: &str) -> Value {
    let path = format!("{}/../../vectors/profile/{file}", env!("CARGO_MANIFEST_DIR"));
    #[expect(clippy::disallowed_methods, reason = "a test reads its vectors")]
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn hex(text: &str) -> Vec<u8> {
    plomb_wire::from_hex(text).unwrap()
}

/// The hex of a member; a missing one is empty.
fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex(value[key].as_str().unwrap_or_default())
}
