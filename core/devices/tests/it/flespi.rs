//! Flespi: recorded messages, and what the others mean.

use plomb_model::Protocol;

use crate::web;

const PROTOCOL: Protocol = Protocol::Flespi;

#[test]
fn recorded_messages_decode_as_the_reference_does() {
    web::recorded("flespi.jsonl", PROTOCOL);
}

#[test]
fn synthetic_messages_mean_what_the_source_says() {
    web::synthetic("flespi-synthetic.jsonl", PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["flespi.jsonl", "flespi-synthetic.jsonl"], PROTOCOL);
}
