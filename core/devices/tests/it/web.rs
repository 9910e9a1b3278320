//! What holds for every protocol whose messages are web requests, and how their vectors are run.

use plomb_devices::{Decoded, Request, SessionConfig, open};
use plomb_model::{Event, Protocol, SealPart};
use plomb_wire::to_hex;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::vectors::{self, Line, now};

/// The frame of a vector line: the whole request where the line has one, else its bytes.
pub(crate) fn frame(vector: &Value) -> Vec<u8> {
    let body = vectors::bytes(vector).unwrap_or_default();
    let (Some(method), Some(target)) = (vector["method"].as_str(), vector["uri"].as_str()) else {
        return body;
    };
    let empty = serde_json::Map::new();
    let headers = vector["headers"].as_object().unwrap_or(&empty);
    let headers: Vec<(&str, &[u8])> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap().as_bytes())).collect();
    let mut frame = Vec::new();
    Request::write(method, target, &headers, &body, &mut frame);
    frame
}

/// Everything that comes of one frame.
pub(crate) fn decode(protocol: Protocol, config: SessionConfig, frame: &[u8]) -> Decoded {
    let mut session = open(protocol, config);
    let mut out = Decoded::default();
    session.receive(now(), frame, &mut out);
    session.finish(now(), &mut out);
    out
}

/// Events of a frame, with their devices, as vector files write them.
pub(crate) fn events(out: &Decoded) -> Value {
    out.reports()
        .flat_map(|report| {
            let device = report.device.map(|device| device.to_string());
            report.events.iter().map(move |event| event_json(event, device.as_deref()))
        })
        .collect()
}

pub(crate) fn issues(out: &Decoded) -> Vec<String> {
    out.reports().flat_map(|report| report.issues.to_vec()).map(|issue| issue.what.into_owned()).collect()
}

fn event_json(event: &Event, device: Option<&str>) -> Value {
    let mut object = json!({ "device": device, "kind": event.kind.name() });
    let mut put = |name: &str, value: Value| object[name] = value;
    if let Some(time) = event.occurred_at {
        put("time", json!(time.0.to_string()));
    }
    if let Some(position) = event.position {
        put("latitude", json!(position.latitude.degrees()));
        put("longitude", json!(position.longitude.degrees()));
        put("fix", json!(position.fix.name()));
        for (name, value) in [
            ("speed_kmh", position.speed.map(|speed| json!(speed.kmh()))),
            ("course", position.course.map(|course| json!(course.degrees()))),
            ("altitude", position.altitude.map(|altitude| json!(altitude.0))),
            ("satellites", position.satellites.map(|satellites| json!(satellites))),
        ] {
            if let Some(value) = value {
                put(name, value);
            }
        }
    }
    if event.delivery.name() != "live" {
        put("delivery", json!(event.delivery.name()));
    }
    if event.trust != plomb_model::Trust::default() {
        put("trust", json!(event.trust.identity.name()));
    }
    if let Some(serial) = event.serial {
        put("serial", json!(serial));
    }
    if let Some(peripheral) = event.peripheral {
        put("peripheral", json!(peripheral.to_string()));
    }
    let signals: Vec<&str> = event.signals.iter().map(plomb_model::Signal::name).collect();
    if !signals.is_empty() {
        put("signals", json!(signals));
    }
    let mut seal = serde_json::Map::new();
    for part in SealPart::ALL {
        seal.extend(event.seal.part(part).map(|whole| (part.name().to_owned(), whole.into())));
    }
    if !seal.is_empty() {
        put("seal", Value::Object(seal));
    }
    let readings: Vec<String> = event.readings.iter().map(|reading| format!("{reading:?}")).collect();
    put("readings", json!(readings));
    object
}

/// The recorded frames of `<protocol>.jsonl`: positions, times and identities are the reference's.
pub(crate) fn recorded(file: &str, protocol: Protocol) {
    let lines: Vec<Line> = vectors::read(file)
        .into_iter()
        .map(|vector| {
            let out = decode(protocol, SessionConfig::default(), &frame(&vector));
            Line {
                id: vector["id"].as_str().unwrap().to_owned(),
                device: out.reports().find_map(|report| report.device),
                events: out.reports().flat_map(|report| report.events.to_vec()).collect(),
                issues: out
                    .reports()
                    .flat_map(|report| report.issues.to_vec())
                    .map(|i| i.to_string())
                    .collect(),
                replies: out.all_replies().to_vec(),
                vector,
            }
        })
        .collect();
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
        assert!(line.device.is_some(), "{}: no device", line.id);
    }
}

/// The frames of `<protocol>-synthetic.jsonl`: events, issues and replies are those that the line states.
pub(crate) fn synthetic(file: &str, protocol: Protocol) {
    let lines = vectors::read(file);
    for vector in &lines {
        let id = vector["id"].as_str().unwrap();
        let out = decode(protocol, SessionConfig::default(), &frame(vector));
        let expected = &vector["plomb"];
        assert_eq!(&events(&out), &expected["events"], "{id}");
        assert_eq!(json!(issues(&out)), expected["issues"], "{id}");
        let replies =
            String::from_utf8(out.all_replies().to_vec()).unwrap_or_else(|_| to_hex(out.all_replies()));
        assert_eq!(json!(replies), expected["replies"], "{id}");
    }
    assert!(lines.iter().any(|line| line["plomb"]["issues"] != json!([])), "{file}: no damaged frame");
}

/// What holds for any bytes: nothing is lost, nothing panics, and the cuts of the network change nothing.
pub(crate) fn properties(files: &[&str], protocol: Protocol) {
    let frames: Vec<Vec<u8>> =
        files.iter().flat_map(|file| vectors::read(file)).map(|line| frame(&line)).collect();
    let mut runner = TestRunner::new(Config { cases: 256, failure_persistence: None, ..Config::default() });
    let places =
        (0..frames.len(), any::<proptest::sample::Index>(), any::<proptest::sample::Index>(), any::<u8>());
    runner
        .run(&places, |(index, cut, changed, byte)| {
            let mut frame = frames[index].clone();
            if frame.is_empty() {
                return Ok(());
            }
            assert_split(protocol, &frame, cut.index(frame.len()));
            assert_whole(protocol, frame.get(..cut.index(frame.len())).unwrap());
            let at = changed.index(frame.len());
            frame[at] = byte;
            assert_whole(protocol, &frame);
            Ok(())
        })
        .unwrap();
    runner
        .run(&proptest::collection::vec(any::<u8>(), 0..300), |bytes| {
            assert_whole(protocol, &bytes);
            Ok(())
        })
        .unwrap();
}

fn assert_whole(protocol: Protocol, bytes: &[u8]) {
    let out = decode(protocol, SessionConfig::default(), bytes);
    let reported: Vec<u8> = out.reports().flat_map(|report| report.frame.to_vec()).collect();
    assert_eq!(to_hex(&reported), to_hex(bytes));
    for report in out.reports() {
        assert!(
            !report.events.is_empty() || !report.issues.is_empty(),
            "silently dropped: {}",
            to_hex(bytes)
        );
    }
    assert!(!plomb_devices::describe(protocol, bytes).name.is_empty());
}

fn assert_split(protocol: Protocol, bytes: &[u8], cut: usize) {
    let whole = decode(protocol, SessionConfig::default(), bytes);
    let mut session = open(protocol, SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(now(), &bytes[..cut], &mut out);
    session.receive(now(), &bytes[cut..], &mut out);
    session.finish(now(), &mut out);
    assert_eq!(events(&whole), events(&out));
    assert_eq!(issues(&whole), issues(&out));
    assert_eq!(whole.all_replies(), out.all_replies());
}
