//! BTHome v2: the vectors against the values of bthome-ble, seals, downgrade, and hostile bytes.

use std::sync::Arc;

use plomb_devices::{Decoded, SecretTable, SessionConfig, open};
use plomb_model::{Event, Identity, Protocol, Reading, SealEvidence, SealPart, Signal};
use proptest::prelude::*;
use serde_json::Value;

use crate::vectors::{bytes, now, read};

struct Outcome {
    device: Option<String>,
    events: Vec<Event>,
    issues: Vec<String>,
    frames: Vec<u8>,
}

fn decode(pieces: &[&[u8]], keys: &str) -> Outcome {
    let secrets = Arc::new(SecretTable::parse(keys).unwrap());
    let mut session = open(Protocol::Bthome, SessionConfig { secrets, ..SessionConfig::default() });
    let mut out = Decoded::default();
    for piece in pieces {
        session.receive(now(), piece, &mut out);
    }
    session.finish(now(), &mut out);
    Outcome {
        device: out.reports().find_map(|report| report.device).map(|device| device.to_string()),
        events: out.reports().flat_map(|report| report.events.to_vec()).collect(),
        issues: out.reports().flat_map(|report| report.issues.to_vec()).map(|i| i.to_string()).collect(),
        frames: out.reports().flat_map(|report| report.frame.to_vec()).collect(),
    }
}

fn run(vector: &Value) -> Outcome {
    let hex = plomb_wire::to_hex(&bytes(vector).unwrap());
    let mac = vector["mac"].as_str().unwrap_or("01:02:03:04:05:06");
    let key = vector["bindkey"]
        .as_str()
        .map_or(String::new(), |key| format!("bthome-bind {} {key}", mac.replace(':', "").to_lowercase()));
    decode(&[format!("{{\"mac\":\"{mac}\",\"data\":\"{hex}\"}}").as_bytes()], &key)
}

fn vectors() -> Vec<Value> {
    ["bthome.jsonl", "bthome-synthetic.jsonl"]
        .iter()
        .flat_map(|file| read(&format!("../semi-active/{file}")))
        .collect()
}

fn near(found: f64, expected: &Value) -> bool {
    expected.as_f64().is_none_or(|expected| (found - expected).abs() < 0.011)
}

#[test]
fn the_vectors_have_the_values_of_the_reference() {
    let mut compared = 0;
    for vector in vectors() {
        let (id, outcome, decoded) = (&vector["id"], run(&vector), &vector["decoded"]);
        if decoded["downgrade"] == true {
            assert!(outcome.events.is_empty() && outcome.issues[0].contains("downgrade"), "{id}");
            continue;
        }
        let verified = decoded["bindkey_verified"] == true;
        let mac = outcome.events.iter().any(|event| event.trust.identity == Identity::Mac);
        assert_eq!(mac, verified && !outcome.events.is_empty(), "{id}: {:?}", outcome.issues);
        assert!(!verified || !outcome.events.is_empty(), "{id}: {:?}", outcome.issues);
        let values = &decoded["values"];
        if values.as_object().is_some_and(|values| !values.is_empty()) {
            assert_eq!(outcome.events.len(), 1, "{id}: {:?}", outcome.issues);
        }
        let several = values.get("temperature_1").is_some();
        for reading in outcome.events.iter().flat_map(|event| &event.readings) {
            compared += 1;
            let fits = match reading {
                Reading::Temperature { value, .. } if !several => {
                    near(f64::from(value.0) / 100.0, &values["temperature"])
                }
                Reading::Humidity { value, .. } => near(f64::from(value.0) / 100.0, &values["humidity"]),
                Reading::Battery(charge) => near(f64::from(charge.get()), &values["battery"]),
                Reading::Pressure(pascal) => near(f64::from(*pascal) / 100.0, &values["pressure"]),
                _ => true,
            };
            assert!(fits, "{id}: {reading:?}, reference {values}");
        }
    }
    assert!(compared > 100, "{compared}");
}

#[test]
fn an_opened_seal_is_told_with_its_proof_and_counter() {
    let sealed = run(&read("../semi-active/bthome-synthetic.jsonl")[0]);
    let event = &sealed.events[0];
    assert_eq!(event.seal.part(SealPart::DoorClosed), Some(true));
    assert_eq!(event.seal.part(SealPart::MotorLocked), Some(true));
    assert_eq!((event.trust.identity, event.trust.seal), (Identity::Mac, SealEvidence::ValidIntact));
    assert_eq!(sealed.device.as_deref(), Some("bluetooth:5448E68F80A5"));

    let opened = run(&read("../semi-active/bthome-synthetic.jsonl")[1]);
    let event = &opened.events[0];
    assert_eq!(event.seal.part(SealPart::DoorClosed), Some(false));
    assert_eq!(event.seal.part(SealPart::CoverClosed), Some(false));
    assert!(event.signals.contains(Signal::DoorOpen) && event.signals.contains(Signal::CoverOpen));
    assert_eq!(event.trust.seal, SealEvidence::ValidTampered);
    assert!(event.readings.contains(&Reading::Counter(1001)));
}

#[test]
fn a_flipped_bit_of_an_encrypted_frame_is_an_issue_and_no_event() {
    let mut vector = read("../semi-active/bthome-synthetic.jsonl")[1].clone();
    let mut frame = bytes(&vector).unwrap();
    frame[3] ^= 1;
    vector["hex"] = plomb_wire::to_hex(&frame).into();
    let outcome = run(&vector);
    assert!(outcome.events.is_empty());
    assert!(outcome.issues[0].contains("message integrity code differs"), "{:?}", outcome.issues);
}

#[test]
fn bare_service_data_and_whole_adverts_are_read_without_an_address() {
    for hex in ["401a01", "d2fc401a01", "0201060616d2fc401a01"] {
        for frame in [plomb_wire::from_hex(hex).unwrap(), hex.as_bytes().to_vec()] {
            let outcome = decode(&[&frame], "");
            assert_eq!(outcome.device, None, "{hex}");
            assert_eq!(outcome.events[0].seal.part(SealPart::DoorClosed), Some(false), "{hex}");
        }
    }
    let outcome = decode(&[&plomb_wire::from_hex("42a5808fe648541a00").unwrap()], "");
    assert_eq!(outcome.device.as_deref(), Some("bluetooth:5448E68F80A5"));
}

#[test]
fn a_message_may_come_in_pieces() {
    let frame = br#"{"mac":"54:48:E6:8F:80:A5","data":"401a01","rssi":-61,"gateway":"gw-1"}"#;
    let whole = decode(&[frame], "").events;
    assert!(whole[0].readings.contains(&Reading::Rssi(-61)));
    for cut in 0..frame.len() {
        assert_eq!(decode(&[&frame[..cut], &frame[cut..]], "").events, whole);
    }
}

proptest! {
    #[test]
    fn every_byte_is_accounted_for(frame in proptest::collection::vec(any::<u8>(), 0..80), info in 0x40_u8..0x48) {
        prop_assert_eq!(decode(&[&frame], "").frames, frame.clone());
        let frame = [&[info], frame.as_slice()].concat();
        let outcome = decode(&[&frame], "");
        prop_assert_eq!(outcome.frames, frame);
        prop_assert!(!outcome.events.is_empty() || !outcome.issues.is_empty());
    }
}
