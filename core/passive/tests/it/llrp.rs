//! LLRP: recorded messages, streams split anywhere, damaged messages, the tamper bit.

use plomb_model::{Reading, ReceivedAt, SealPart, Signal};
use plomb_passive::llrp;
use plomb_session::{Decoded, SessionConfig};

pub(crate) fn frames() -> Vec<(String, Vec<u8>)> {
    include_str!("../../../../vectors/passive/llrp.jsonl")
        .lines()
        .map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
            let hex = value["hex"].as_str().expect("hex");
            (value["id"].as_str().expect("id").to_owned(), bytes(hex))
        })
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).expect("hex")).collect()
}

fn decode(parts: &[&[u8]]) -> Decoded {
    let mut session = llrp::session(SessionConfig::default());
    let mut out = Decoded::default();
    parts.iter().for_each(|part| session.receive(ReceivedAt::default(), part, &mut out));
    session.finish(ReceivedAt::default(), &mut out);
    out
}

#[test]
fn every_recorded_message_is_read_without_an_issue() {
    for (id, frame) in frames() {
        let out = decode(&[&frame]);
        let report = out.reports().next().expect("a report");
        assert_eq!((out.len(), report.frame), (1, frame.as_slice()), "{id}");
        assert_eq!(report.issues, [], "{id}");
    }
}

#[test]
fn a_report_of_a_real_reader_becomes_an_event_of_its_tag() {
    let (_, frame) = frames().into_iter().find(|(id, _)| id == "edgex-ROAccessReport-009").expect("there");
    let out = decode(&[&frame]);
    let event = out.reports().next().expect("a report").events[0].clone();
    assert_eq!(event.peripheral.map(|id| id.to_string()).as_deref(), Some("epc:3000ABCDEF00000000000004"));
    assert_eq!(event.readings, [Reading::Antenna(1), Reading::Rssi(-50)]);
    assert_eq!(event.occurred_at.map(|at| at.0.as_millis()), Some(1_594_174_805_166));
}

#[test]
fn the_tamper_bit_is_read_where_the_host_asked_for_its_word() {
    let ask = bytes("0428000000190000000101550 00f000700000000400020 0001".replace(' ', "").as_str());
    for (word, whole) in [("4040", true), ("c040", false)] {
        let report = bytes(
            &format!("043d0000002600000002 00f0001c 8d300000000000000000000001 015d000b 00 0007 0001 {word}")
                .replace(' ', ""),
        );
        let out = decode(&[&ask, &report]);
        let last = out.reports().last().expect("a report");
        assert_eq!(last.issues, []);
        assert_eq!(last.events[0].seal.part(SealPart::RopeIntact), Some(whole));
        assert_eq!(last.events[0].signals.contains(Signal::RopeCut), !whole);
    }
}

#[test]
fn a_keepalive_is_acknowledged_with_its_version_and_number() {
    let out = decode(&[&bytes("083e0000000a00000105")]);
    assert_eq!(out.all_replies(), bytes("08480000000a00000105"));
}

#[test]
fn damaged_and_split_streams_account_for_every_byte() {
    for (id, frame) in frames() {
        for cut in (0..frame.len()).step_by(1 + frame.len() / 40) {
            let (a, b) = frame.split_at(cut);
            let out = decode(&[a, b]);
            assert_eq!((out.len(), out.frame_bytes()), (1, frame.len()), "{id} at {cut}");
            let mut damaged = frame.clone();
            damaged[cut] ^= 0xFF;
            assert_eq!(decode(&[&damaged]).frame_bytes(), frame.len(), "{id} damaged at {cut}");
            assert!(!llrp::describe(&damaged).name.is_empty(), "{id}");
            assert!(cut == 0 || decode(&[a]).reports().any(|report| !report.issues.is_empty()), "{id}");
        }
    }
}
