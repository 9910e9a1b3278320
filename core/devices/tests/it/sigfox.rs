//! Sigfox: recorded messages, and what the others mean.

use plomb_model::Protocol;

use crate::web;

const PROTOCOL: Protocol = Protocol::Sigfox;

#[test]
fn recorded_messages_decode_as_the_reference_does() {
    web::recorded("sigfox.jsonl", PROTOCOL);
}

#[test]
fn synthetic_messages_mean_what_the_source_says() {
    web::synthetic("sigfox-synthetic.jsonl", PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["sigfox.jsonl", "sigfox-synthetic.jsonl"], PROTOCOL);
}

#[test]
fn a_downlink_is_answered_only_where_it_is_asked_for() {
    let reply = |ack: bool| {
        let body = format!("{{\"device\":\"1ABC\",\"time\":1700000000,\"data\":\"00\",\"ack\":{ack}}}");
        web::decode(PROTOCOL, plomb_devices::SessionConfig::default(), body.as_bytes()).all_replies().to_vec()
    };
    assert_eq!(reply(true), br#"{"1ABC":{"noData":true}}"#);
    assert_eq!(reply(false), b"");
}
