//! Passive seals against published vectors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first thing that is not so"
)]

mod crypto;
mod identity;
mod llrp;
mod llrp_host;
mod llrp_write;
mod ntag424;
mod tam;

/// A vector file of the folder `vectors/passive`.
#[expect(clippy::disallowed_methods, reason = "a test reads its vectors")]
fn vectors(file: &str) -> serde_json::Value {
    let path = format!("{}/../../vectors/passive/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

fn bytes(value: &serde_json::Value) -> Vec<u8> {
    plomb_wire::from_hex(value.as_str().unwrap()).unwrap()
}
