//! Electronic seals after the model of ISO 18185: their state, their log, and logs that were changed.

use plomb_devices::SessionConfig;
use plomb_model::{Protocol, SealEvidence, SealPart, Signal};

use crate::web;

const PROTOCOL: Protocol = Protocol::ESealJson;
const VECTORS: &str = "../semi-active/e-seal-json-synthetic.jsonl";

#[test]
fn messages_mean_what_the_page_says() {
    web::synthetic(VECTORS, PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&[VECTORS], PROTOCOL);
}

fn issues_of_log(numbers: &[u32]) -> Vec<String> {
    let entries: Vec<String> = numbers
        .iter()
        .enumerate()
        .map(|(minute, number)| {
            format!(r#"{{"sequence":{number},"type":"interrogated","time":"2026112008{minute:02}"}}"#)
        })
        .collect();
    let body = format!(r#"{{"manufacturer":"0A1B","serial":7,"log":[{}]}}"#, entries.join(","));
    web::issues(&web::decode(PROTOCOL, SessionConfig::default(), body.as_bytes()))
}

#[test]
fn a_log_that_was_changed_is_told() {
    assert_eq!(issues_of_log(&[1, 2, 3]), Vec::<String>::new());
    assert_eq!(issues_of_log(&[8, 9]), Vec::<String>::new(), "the tail of a log is one too");
    assert_eq!(issues_of_log(&[1, 3]), ["entries of the log are missing"]);
    assert_eq!(issues_of_log(&[2, 1]), ["the log goes back"]);
    assert_eq!(issues_of_log(&[1, 1]), ["two entries of the log with one number"]);
}

#[test]
fn an_opened_seal_stays_opened_whatever_its_status_says() {
    let body = br#"{"manufacturer":"0A1B","serial":7,"status":"sealed","sealed_at":"202611200800","opened_at":"202611201200"}"#;
    let out = web::decode(PROTOCOL, SessionConfig::default(), body);
    assert_eq!(web::issues(&out), ["sealed, and yet it has been opened"]);
    let report = out.reports().next().unwrap();
    let event = &report.events[0];
    assert_eq!(report.device.unwrap().to_string(), "e-seal:0A1B-7");
    assert_eq!(event.seal.part(SealPart::NeverOpened), Some(false));
    assert_eq!(event.trust.seal, SealEvidence::ValidTampered);
    assert!(event.signals.contains(Signal::RopeCut));
}
