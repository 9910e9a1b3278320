//! Adverts against independent implementations: bthome-ble and theengsdecoder (`make peers` installs them).
//!
//! Without them this says nothing; `make unit` installs them first.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use plomb_devices::{SecretTable, SessionConfig};
use plomb_model::{Event, Identity, Protocol, Reading, SealPart, Signal};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::vectors::read;
use crate::web;

const MAC: &str = "54:48:E6:8F:80:A5";
/// Adverts that are generated of each kind.
const GENERATED: usize = 400;
/// Objects of fixed length: id and bytes of the value.
const OBJECTS: &[(u8, usize)] = &[
    (0x00, 1),
    (0x01, 1),
    (0x02, 2),
    (0x03, 2),
    (0x04, 3),
    (0x05, 3),
    (0x06, 2),
    (0x08, 2),
    (0x09, 1),
    (0x0A, 3),
    (0x0B, 3),
    (0x0C, 2),
    (0x0D, 2),
    (0x0E, 2),
    (0x11, 1),
    (0x12, 2),
    (0x13, 2),
    (0x14, 2),
    (0x1A, 1),
    (0x1B, 1),
    (0x1E, 1),
    (0x1F, 1),
    (0x21, 1),
    (0x22, 1),
    (0x2B, 1),
    (0x2C, 1),
    (0x2D, 1),
    (0x3F, 2),
    (0x40, 2),
    (0x42, 3),
    (0x43, 2),
    (0x44, 2),
    (0x46, 1),
    (0x47, 2),
    (0x49, 2),
    (0x4F, 4),
    (0x51, 2),
    (0x52, 2),
    (0x55, 4),
    (0x56, 2),
    (0x5E, 2),
    (0x5F, 2),
];
/// The objects from here to there in the list say yes or no.
const YES_OR_NO: &[u8] = &[0x11, 0x1A, 0x1B, 0x1E, 0x1F, 0x21, 0x22, 0x2B, 0x2C, 0x2D];

/// What the peers make of each advert.
#[expect(clippy::disallowed_methods, reason = "a test runs its peer")]
fn ask(adverts: &[Value]) -> Vec<Value> {
    let python = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/peers/bin/python"));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/peers.py");
    assert!(python.exists(), "the peers are not installed: run make peers");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines: String = adverts.iter().map(|advert| format!("{advert}\n")).collect();
    let mut input = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), adverts.len());
    answers
}

fn decode(protocol: Protocol, data: &str, mac: &str, key: Option<&str>) -> Vec<Event> {
    let keys = key.map(|key| format!("bthome-bind {} {key}", mac.replace(':', ""))).unwrap_or_default();
    let secrets = Arc::new(SecretTable::parse(&keys).unwrap());
    let frame = json!({ "mac": mac, "data": data }).to_string();
    let out = web::decode(protocol, SessionConfig { secrets, ..SessionConfig::default() }, frame.as_bytes());
    out.reports().flat_map(|report| report.events.to_vec()).collect()
}

/// Compares what both say; how many values that were.
fn compare(event: &Event, peer: &Value, about: &str) -> usize {
    let mut compared = 0;
    let mut same = |name: &str, ours: f64, tolerance: f64| {
        let value = &peer[name];
        let theirs = value.as_f64().or_else(|| value.as_bool().map(|yes| f64::from(u8::from(yes))));
        if let Some(theirs) = theirs {
            assert!((ours - theirs).abs() <= tolerance, "{about}: {name} {ours}, peer {theirs}");
            compared += 1;
        }
    };
    let yes = |yes: bool| f64::from(u8::from(yes));
    for reading in &event.readings {
        match reading {
            Reading::Battery(charge) => same("battery", charge.get().into(), 0.0),
            Reading::Temperature { value, .. } => same("temperature", f64::from(value.0) / 100.0, 0.005),
            Reading::Humidity { value, .. } => same("humidity", f64::from(value.0) / 100.0, 0.005),
            Reading::Pressure(pascal) => same("pressure", f64::from(*pascal) / 100.0, 0.005),
            Reading::Illuminance(lux) => same("illuminance", (*lux).into(), 1.0),
            Reading::BatteryVoltage(milli) => same("voltage", f64::from(milli.0) / 1000.0, 0.000_5),
            Reading::Motion(on) => same("moving", yes(*on), 0.0),
            Reading::Code { name, value } => {
                // The name tells the unit of one step: "power, 0.01 W".
                let (name, unit) = name.split_once(", ").unwrap_or((name, ""));
                let step = unit.split(' ').next().and_then(|step| step.parse::<f64>().ok()).unwrap_or(1.0);
                let value: f64 = value.to_string().parse().unwrap();
                same(&name.replace(' ', "_"), value * step, step * 0.5 + value.abs() * 1e-9);
            }
            _ => {}
        }
    }
    if let Some(serial) = event.serial {
        same("packet_id", serial.into(), 0.0);
    }
    same("light", yes(event.signals.contains(Signal::LightDetected)), 0.0);
    same("vibration", yes(event.signals.contains(Signal::Shock)), 0.0);
    // The peer's "tamper" and "lock" are the open states.
    if let Some(closed) = event.seal.part(SealPart::CoverClosed) {
        same("tamper", yes(!closed), 0.0);
    }
    if let Some(locked) = event.seal.part(SealPart::MotorLocked) {
        same("lock", yes(!locked), 0.0);
    }
    let leaves: Vec<bool> = ["door", "window", "opening", "garage_door"]
        .iter()
        .filter_map(|name| peer[*name].as_bool())
        .collect();
    let open = (!leaves.is_empty()).then(|| leaves.contains(&true));
    assert_eq!(event.seal.part(SealPart::DoorClosed), open.map(|open| !open), "{about}: {peer}");
    compared + leaves.len()
}

#[test]
fn generated_bthome_adverts_mean_what_bthome_ble_says() {
    let mut runner = TestRunner::deterministic();
    let objects = proptest::sample::subsequence(OBJECTS, 1..7);
    let strategy = (objects, vec(any::<u8>(), 32));
    let adverts: Vec<Value> = (0..GENERATED)
        .map(|_| {
            let (objects, bytes) = strategy.new_tree(&mut runner).unwrap().current();
            let mut bytes = bytes.into_iter();
            let mut service = vec![0x40];
            for (id, length) in objects {
                service.push(id);
                let values: Vec<u8> = bytes.by_ref().take(length).collect();
                match id {
                    0x01 => service.push(values[0] % 101),
                    id if YES_OR_NO.contains(&id) => service.push(values[0] & 1),
                    _ => service.extend(values),
                }
            }
            json!({ "mac": MAC, "service": plomb_wire::to_hex(&service), "key": null })
        })
        .collect();
    let answers = ask(&adverts);
    let mut compared = 0;
    for (advert, answer) in adverts.iter().zip(&answers) {
        let service = advert["service"].as_str().unwrap();
        let events = decode(Protocol::Bthome, service, MAC, None);
        assert_eq!(events.len(), 1, "{service}");
        compared += compare(&events[0], &answer["bthome"], service);
    }
    assert!(compared > 2 * GENERATED, "{compared}");
}

#[test]
fn bthome_vectors_mean_what_bthome_ble_says_now_and_are_proven_where_it_proves_them() {
    let vectors: Vec<Value> = ["bthome.jsonl", "bthome-synthetic.jsonl"]
        .iter()
        .flat_map(|file| read(&format!("../semi-active/{file}")))
        // What goes through the UUID, or is damaged on purpose, is not the peer's.
        .filter(|vector| vector["hex"].as_str().is_some_and(|hex| hex.starts_with('4')))
        .collect();
    let adverts: Vec<Value> = vectors
        .iter()
        .map(|vector| {
            let mac = vector["mac"].as_str().unwrap_or(MAC);
            json!({ "mac": mac, "service": vector["hex"], "key": vector["bindkey"] })
        })
        .collect();
    let answers = ask(&adverts);
    let mut proven = 0;
    for ((vector, advert), answer) in vectors.iter().zip(&adverts).zip(&answers) {
        let (service, mac) = (advert["service"].as_str().unwrap(), advert["mac"].as_str().unwrap());
        let events = decode(Protocol::Bthome, service, mac, vector["bindkey"].as_str());
        let verified = answer["verified"] == true && events.iter().any(|event| !event.readings.is_empty());
        let mac_of = events.iter().any(|event| event.trust.identity == Identity::Mac);
        assert_eq!(mac_of, verified, "{}", vector["id"]);
        proven += usize::from(verified);
        // Several of a kind have numbers in the peer's names.
        let several = answer["bthome"].as_object().unwrap().keys().any(|name| name.ends_with("_1"));
        if let (Some(event), false) = (events.first(), several) {
            compare(event, &answer["bthome"], vector["id"].as_str().unwrap());
        }
    }
    assert!(proven >= 3, "{proven}");
}

#[test]
fn generated_ruuvi_adverts_mean_what_theengs_says() {
    let mut runner = TestRunner::deterministic();
    let adverts: Vec<Value> = (0..GENERATED)
        .map(|_| {
            let bytes = vec(any::<u8>(), 23).new_tree(&mut runner).unwrap().current();
            json!({ "mac": MAC, "manufacturer": format!("990405{}", plomb_wire::to_hex(&bytes)) })
        })
        .collect();
    let answers = ask(&adverts);
    let mut compared = 0;
    for (advert, answer) in adverts.iter().zip(&answers) {
        let data = advert["manufacturer"].as_str().unwrap();
        let frame = data.as_bytes();
        let out = web::decode(Protocol::Ruuvi, SessionConfig::default(), frame);
        let peer = &answer["theengs"];
        let events: Vec<&Event> = out.reports().flat_map(|report| report.events).collect();
        let mut same = |name: &str, ours: f64, tolerance: f64| {
            if let Some(theirs) = peer[name].as_f64() {
                assert!((ours - theirs).abs() <= tolerance, "{data}: {name} {ours}, peer {theirs}");
                compared += 1;
            }
        };
        for reading in &events[0].readings {
            match reading {
                Reading::Temperature { value, .. } => same("tempc", f64::from(value.0) / 100.0, 0.011),
                Reading::Humidity { value, .. } => same("hum", f64::from(value.0) / 100.0, 0.011),
                Reading::Pressure(pascal) => same("pres", f64::from(*pascal) / 100.0, 0.011),
                Reading::BatteryVoltage(milli) => same("volt", f64::from(milli.0) / 1000.0, 0.001),
                Reading::Acceleration { x, y, z } => {
                    // The peer says a tenth of the metres per second squared (the maker's own vector: 1.036 g).
                    for (name, milli_g) in [("accx", x), ("accy", y), ("accz", z)] {
                        same(name, f64::from(*milli_g) * 0.000_980_665, 0.001);
                    }
                }
                Reading::Code { name, value } if name == "movement counter" => {
                    same("mov", f64::from(i32::try_from(*value).unwrap()), 0.0);
                }
                _ => {}
            }
        }
        same("seq", f64::from(events[0].serial.unwrap_or(0xFFFF)), 0.0);
    }
    assert!(compared > 5 * GENERATED, "{compared}");
}
