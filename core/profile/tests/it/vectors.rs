//! The frames of `vectors/profile/plomb-*.jsonl`, which others wrote (`frames.py`), and what they must bring.
//!
//! `UPDATE_VECTORS=1` has them written anew by the implementations in `target/peers`; what is expected of each is then
//! what the decoder says, and must be read by a person.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use plomb_model::{Event, SealPart};
use plomb_profile::{plomb_coap, plomb_mqtt};
use plomb_session::{Decoded, Description, Request, SecretTable, Session, SessionConfig};
use serde_json::{Value, json};

use crate::device::at;

/// A protocol: its name, its session, its description.
type Kind = (&'static str, fn(SessionConfig) -> Box<dyn Session>, fn(&[u8]) -> Description);

const KINDS: [Kind; 2] = [
    ("plomb-coap", plomb_coap::session, plomb_coap::describe),
    ("plomb-mqtt", plomb_mqtt::session, plomb_mqtt::describe),
];

fn path(name: &str) -> String {
    format!("{}/../../vectors/profile/{name}.jsonl", env!("CARGO_MANIFEST_DIR"))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[expect(clippy::disallowed_methods, reason = "a test reads its vectors")]
fn read(name: &str) -> Vec<Value> {
    lines(&std::fs::read_to_string(path(name)).unwrap())
}

/// The frames as the peers write them now; `None` where they are not installed.
fn written_now(name: &str) -> Option<Vec<Value>> {
    let python = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/bin/python");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/frames.py");
    if !Path::new(python).exists() {
        return None;
    }
    let output = Command::new(python).args([script, name]).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success());
    Some(lines(&String::from_utf8(output.stdout).unwrap()))
}

fn frame(vector: &Value) -> Vec<u8> {
    let body = plomb_wire::from_hex(vector["hex"].as_str().unwrap()).unwrap();
    let (Some(method), Some(target)) = (vector["method"].as_str(), vector["uri"].as_str()) else {
        return body;
    };
    let mut frame = Vec::new();
    Request::write(method, target, &[], &body, &mut frame);
    frame
}

fn decode(open: fn(SessionConfig) -> Box<dyn Session>, vector: &Value, frame: &[u8]) -> Decoded {
    let keys: Vec<&str> =
        vector["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let secrets = Arc::new(SecretTable::parse(&keys.join("\n")).unwrap());
    let mut session = open(SessionConfig { secrets, ..SessionConfig::default() });
    let mut out = Decoded::default();
    session.receive(at(0), frame, &mut out);
    session.finish(at(0), &mut out);
    out
}

/// What a line brings, in the words of the API.
fn told(out: &Decoded) -> Value {
    let reports: Vec<_> = out.reports().collect();
    let events: Vec<Value> = reports.iter().flat_map(|report| report.events).map(event).collect();
    let issues: Vec<String> = reports
        .iter()
        .flat_map(|report| report.issues)
        .map(|issue| issue.what.clone().into_owned())
        .collect();
    let device = reports.iter().find_map(|report| report.device).map(|device| device.to_string());
    json!({ "device": device, "events": events, "issues": issues })
}

fn event(event: &Event) -> Value {
    let seal = SealPart::ALL.into_iter().filter_map(|part| {
        event.seal.part(part).map(|whole| format!("{}{}", if whole { "" } else { "not " }, part.name()))
    });
    json!({
        "kind": event.kind.name(),
        "time": event.occurred_at.map(|time| time.0.to_string()),
        "delivery": event.delivery.name(),
        "identity": event.trust.identity.name(),
        "evidence": event.trust.seal.name(),
        "position": event.position.map(|place| [place.latitude.degrees(), place.longitude.degrees()]),
        "seal": seal.collect::<Vec<_>>(),
        "signals": event.signals.iter().map(plomb_model::Signal::name).collect::<Vec<_>>(),
        "readings": event.readings.iter().map(|reading| format!("{reading:?}")).collect::<Vec<_>>(),
    })
}

#[test]
fn every_frame_brings_what_its_line_states() {
    for (name, open, describe) in KINDS {
        let vectors = read(name);
        assert!(vectors.len() >= 10, "{name}");
        for vector in &vectors {
            let frame = frame(vector);
            let out = decode(open, vector, &frame);
            let frames: Vec<&[u8]> = out.reports().map(|report| report.frame).collect();
            assert_eq!(frames, [&frame[..]], "{}", vector["id"]);
            assert_eq!(told(&out), vector["plomb"], "{}", vector["id"]);
            let fields = describe(&frame).fields;
            assert!(fields.iter().all(|field| field.offset + field.length <= frame.len()), "{fields:?}");
        }
        assert!(vectors.iter().any(|vector| vector["plomb"]["issues"] != json!([])), "{name}: none damaged");
    }
}

/// Signatures are random: the frames differ each time, and mean the same.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test reads and writes its vectors")]
fn what_the_peers_write_now_means_the_same() {
    for (name, open, _) in KINDS {
        let Some(mut fresh) = written_now(name) else { return };
        for vector in &mut fresh {
            let told = told(&decode(open, vector, &frame(vector)));
            vector["plomb"] = told;
        }
        if std::env::var_os("UPDATE_VECTORS").is_some() {
            let text: String = fresh.iter().map(|vector| format!("{vector}\n")).collect();
            std::fs::write(path(name), text).unwrap();
        }
        let kept = read(name);
        assert_eq!(fresh.len(), kept.len(), "{name}");
        for (fresh, kept) in fresh.iter().zip(&kept) {
            assert_eq!(fresh["plomb"], kept["plomb"], "{}", kept["id"]);
        }
    }
}
