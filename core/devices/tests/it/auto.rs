//! Recognising the protocol of a conversation.

use plomb_devices::recognise::LOOK_AHEAD_BYTES;
use plomb_devices::{Decoded, Recognised, SessionConfig, auto, gt06, open, recognise};
use plomb_model::Protocol;
use proptest::prelude::*;

use crate::vectors;

/// Vector files and the protocol of their frames.
const FILES: [(&str, Protocol); 2] =
    [("gt06.jsonl", Protocol::Gt06), ("gt06-synthetic.jsonl", Protocol::Gt06)];

#[test]
fn every_vector_is_recognised_by_its_first_bytes() {
    for (file, protocol) in FILES {
        for vector in vectors::read(file) {
            let Some(bytes) = vectors::bytes(&vector) else { continue };
            let first = &bytes[..bytes.len().min(LOOK_AHEAD_BYTES)];
            assert_eq!(recognise(first), Recognised::Is(protocol), "{}", vector["id"]);
        }
    }
}

#[test]
fn an_automatic_session_is_the_protocols_own() {
    for (file, protocol) in FILES {
        let direct = vectors::run(file, |config| open(protocol, config));
        let found = vectors::run(file, auto::session);
        for (direct, found) in direct.iter().zip(&found) {
            assert_eq!(direct.events, found.events, "{}", direct.id);
            assert_eq!(direct.issues, found.issues, "{}", direct.id);
            assert_eq!(direct.replies, found.replies, "{}", direct.id);
        }
    }
}

#[test]
fn bytes_of_no_protocol_are_reported_and_the_next_are_tried_again() {
    let mut session = auto::session(SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(vectors::now(), b"GET / HTTP/1.1\r\n", &mut out);
    let report = out.reports().next().unwrap();
    assert_eq!((report.frame, report.device), (&b"GET / HTTP/1.1\r\n"[..], None));
    let issue = report.issues[0].to_string();
    assert!(issue.contains("jointech, jt808, gt06, teltonika"), "{issue}");
    assert!(issue.contains("474554202f20"), "{issue}");
    out.clear();
    session.receive(vectors::now(), &[0x78], &mut out);
    assert!(out.is_empty());
    let login = plomb_wire::from_hex("780d01012345678901234500018cdd0d0a").unwrap();
    session.receive(vectors::now(), &login, &mut out);
    let report = out.reports().next().unwrap();
    assert_eq!(report.device.unwrap().to_string(), "imei:123456789012345");
    assert_eq!(report.frame.len(), 18);
}

#[test]
fn a_port_scanner_is_shown_out() {
    let mut session = auto::session(SessionConfig::default());
    let mut out = Decoded::default();
    for _ in 0..8 {
        assert_eq!(out.closing(), None);
        session.receive(vectors::now(), b"HELP\r\n", &mut out);
    }
    assert_eq!(out.closing(), Some("no known protocol"));
    assert_eq!(out.len(), 8);
}

#[test]
fn frames_are_described_by_their_protocol() {
    let login = plomb_wire::from_hex("78780d01012345678901234500018cdd0d0a").unwrap();
    let description = open::describe(Protocol::Gt06, &login);
    assert_eq!(description, gt06::describe(&login));
    assert_eq!(description.name, "0x01 login");
}

proptest! {
    #[test]
    fn the_verdict_comes_within_the_look_ahead_and_stays(bytes in proptest::collection::vec(any::<u8>(), LOOK_AHEAD_BYTES..80)) {
        let verdict = recognise(&bytes[..LOOK_AHEAD_BYTES]);
        prop_assert_ne!(verdict, Recognised::NeedMore);
        prop_assert_eq!(recognise(&bytes), verdict);
    }

    #[test]
    fn every_byte_is_in_one_report(bytes in proptest::collection::vec(any::<u8>(), 0..80), cut in 0..80_usize) {
        let (head, tail) = bytes.split_at(cut.min(bytes.len()));
        let mut session = auto::session(SessionConfig::default());
        let mut out = Decoded::default();
        session.receive(vectors::now(), head, &mut out);
        session.receive(vectors::now(), tail, &mut out);
        session.finish(vectors::now(), &mut out);
        let together: Vec<u8> = out.reports().flat_map(|report| report.frame.to_vec()).collect();
        prop_assert_eq!(together, bytes);
    }
}
