//! What must hold for each protocol over a stream, and a runner for frames that were built from the manuals.

use plomb_devices::{Decoded, SessionConfig, describe, open};
use plomb_model::{DeviceId, Event, Protocol};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::vectors::{bytes, now, read};

/// One report, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) device: Option<DeviceId>,
    pub(crate) frame: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) issues: Vec<String>,
    pub(crate) replies: Vec<u8>,
}

pub(crate) fn reports(out: &Decoded) -> Vec<Report> {
    out.reports()
        .map(|report| Report {
            device: report.device,
            frame: report.frame.to_vec(),
            events: report.events.to_vec(),
            issues: report.issues.iter().map(ToString::to_string).collect(),
            replies: report.replies.to_vec(),
        })
        .collect()
}

/// What a fresh session makes of reads, one after another, and of their end.
pub(crate) fn talk(protocol: Protocol, reads: &[&[u8]]) -> Vec<Report> {
    talk_with(protocol, reads, SessionConfig::default())
}

pub(crate) fn talk_with(protocol: Protocol, reads: &[&[u8]], config: SessionConfig) -> Vec<Report> {
    let mut session = open(protocol, config);
    let mut out = Decoded::default();
    for read in reads {
        session.receive(now(), read, &mut out);
    }
    session.finish(now(), &mut out);
    reports(&out)
}

pub(crate) fn events(reports: &[Report]) -> Vec<Event> {
    reports.iter().flat_map(|report| report.events.clone()).collect()
}

pub(crate) fn issues(reports: &[Report]) -> Vec<String> {
    reports.iter().flat_map(|report| report.issues.clone()).collect()
}

pub(crate) fn replies(reports: &[Report]) -> Vec<u8> {
    reports.iter().flat_map(|report| report.replies.clone()).collect()
}

/// An event as vectors write it.
fn shown(event: &Event) -> Value {
    let seal: serde_json::Map<String, Value> = plomb_model::SealPart::ALL
        .into_iter()
        .filter_map(|part| Some((part.name().to_owned(), json!(event.seal.part(part)?))))
        .collect();
    let signals: Vec<&str> = event.signals.iter().map(plomb_model::Signal::name).collect();
    let mut shown = json!({"kind": event.kind.name(), "signals": signals, "seal": seal});
    if let Some(at) = event.occurred_at {
        shown["at"] = json!(at.0.to_string());
    }
    if let Some(position) = event.position {
        shown["latitude_e7"] = json!(position.latitude.e7());
        shown["longitude_e7"] = json!(position.longitude.e7());
        shown["fix"] = json!(position.fix.name());
    }
    shown
}

/// Runs the synthetic frames of a file, each with its reads before it, and compares all that a line states.
pub(crate) fn check_synthetic(protocol: Protocol, file: &str) {
    let mut differences = Vec::new();
    for line in read(file) {
        let before = line["plomb"]["before"].as_str().map(|hex| plomb_wire::from_hex(hex).unwrap());
        let mut session = open(protocol, SessionConfig::default());
        let mut out = Decoded::default();
        session.receive(now(), &before.unwrap_or_default(), &mut out);
        out.clear();
        session.receive(now(), &bytes(&line).unwrap(), &mut out);
        session.finish(now(), &mut out);
        let found = reports(&out);
        let expected = &line["plomb"];
        let mut states = |what: &str, found: Value| {
            if !expected[what].is_null() && expected[what] != found {
                differences.push(format!("{}: {what} {found}, expected {}", line["id"], expected[what]));
            }
        };
        states("events", events(&found).iter().map(shown).collect());
        states("device", json!(found.last().unwrap().device.map(|device| device.to_string())));
        states("replies", json!(plomb_wire::to_hex(&replies(&found))));
        let problems = issues(&found);
        states("issues", json!(problems.len()));
        if expected["issues"].is_null() {
            assert_eq!(problems, Vec::<String>::new(), "{}", line["id"]);
        }
    }
    assert_eq!(differences, Vec::<String>::new());
}

fn config() -> Config {
    Config { failure_persistence: None, cases: 200, ..Config::default() }
}

/// Every byte is in exactly one report and a cut anywhere changes nothing, whole or with a byte changed; random bytes
/// are kept; what is described lies within the frame. `talks` are whole conversations.
pub(crate) fn check_properties(protocol: Protocol, talks: &[Vec<u8>]) {
    let mut runner = TestRunner::new(config());
    let cases = (
        proptest::sample::select(talks.to_vec()),
        any::<proptest::sample::Index>(),
        any::<proptest::sample::Index>(),
        proptest::option::of(any::<u8>()),
    );
    runner
        .run(&cases, |(mut bytes, cut, at, byte)| {
            let place = at.index(bytes.len());
            bytes[place] = byte.unwrap_or(bytes[place]);
            let (head, tail) = bytes.split_at(cut.index(bytes.len()));
            let whole = talk(protocol, &[&bytes]);
            let split = talk(protocol, &[head, tail]);
            let frames: Vec<u8> = whole.iter().flat_map(|report| report.frame.clone()).collect();
            prop_assert_eq!(&frames, &bytes);
            let frames: Vec<u8> = split.iter().flat_map(|report| report.frame.clone()).collect();
            prop_assert_eq!(&frames, &bytes);
            prop_assert_eq!(events(&whole), events(&split));
            prop_assert_eq!(replies(&whole), replies(&split));
            for report in whole {
                let described = describe(protocol, &report.frame);
                let within = |field: &plomb_devices::Field| field.offset + field.length <= report.frame.len();
                prop_assert!(described.fields.iter().all(within), "{:?}", described);
            }
            Ok(())
        })
        .unwrap();
    let mut runner = TestRunner::new(config());
    // A frame's own first bytes before the random ones lead deeper than random ones alone.
    let heads = proptest::sample::select(talks.to_vec());
    let random = (heads, 0..8_usize, proptest::collection::vec(any::<u8>(), 0..300));
    runner
        .run(&random, |(head, count, tail)| {
            let mut bytes = head[..count.min(head.len())].to_vec();
            bytes.extend(tail);
            let lenient = SessionConfig { lenient: true, ..SessionConfig::default() };
            let found = talk_with(protocol, &[&bytes], lenient);
            let frames: Vec<u8> = found.iter().flat_map(|report| report.frame.clone()).collect();
            prop_assert_eq!(&frames, &bytes);
            let described = describe(protocol, &bytes);
            let within = |field: &plomb_devices::Field| field.offset + field.length <= bytes.len();
            prop_assert!(described.fields.iter().all(within), "{:?}", described);
            Ok(())
        })
        .unwrap();
}
