//! Eddystone: ephemeral identifiers by their key and time, and the open frames.

use std::sync::Arc;

use plomb_devices::{Decoded, SecretTable, SessionConfig, open};
use plomb_model::{Identity, Millivolts, Protocol, Reading, ReceivedAt, Timestamp};

use crate::vectors::read;
use crate::web;

const PROTOCOL: Protocol = Protocol::EddystoneEid;
const VECTORS: &str = "../semi-active/eddystone-eid.jsonl";
const SYNTHETIC: &str = "../semi-active/eddystone-eid-synthetic.jsonl";

fn heard(frame: &[u8], keys: &str, at: i64) -> Decoded {
    let secrets = Arc::new(SecretTable::parse(keys).unwrap());
    let mut session = open(PROTOCOL, SessionConfig { secrets, ..SessionConfig::default() });
    let mut out = Decoded::default();
    let now = ReceivedAt(Timestamp::from_secs(at));
    session.receive(now, frame, &mut out);
    session.finish(now, &mut out);
    out
}

fn key_line(vector: &serde_json::Value) -> String {
    let key = vector["identity_key"].as_str().unwrap();
    format!("eddystone-identity ee01 {key} {:02x}\n", vector["k"].as_u64().unwrap())
}

#[test]
fn an_identifier_is_resolved_by_its_key_within_its_time_and_not_outside() {
    for vector in read(VECTORS) {
        let frame = web::frame(&vector);
        let at = vector["time"].as_i64().unwrap();
        let period = 1_i64 << vector["k"].as_u64().unwrap();
        // Among other keys, too.
        let keys = format!("eddystone-identity 01 {} 0a\n{}", "5a".repeat(16), key_line(&vector));
        for passed in [0, 200, -200] {
            let out = heard(&frame, &keys, at + passed);
            let report = out.reports().next().unwrap();
            assert_eq!(report.issues, [], "{}", vector["id"]);
            assert_eq!(report.device.unwrap().to_string(), "beacon:ee01");
            assert_eq!(report.events[0].trust.identity, Identity::Network);
        }
        for passed in [3 * period + 1000, -3 * period - 1000] {
            let out = heard(&frame, &keys, at + passed);
            assert_eq!(web::issues(&out), ["no identity key gives this identifier now"]);
            let report = out.reports().next().unwrap();
            assert_eq!((report.device, report.events[0].trust.identity), (None, Identity::Claimed));
        }
    }
}

#[test]
fn a_beacon_that_counts_from_its_start_is_resolved_by_when_its_clock_was_noted() {
    let vector = &read(VECTORS)[2];
    let (noted, showed, now) = (1_790_000_000_i64, 60_000_i64, 1_790_000_000 + 6_000);
    assert_eq!(vector["time"], 66_000);
    let key = vector["identity_key"].as_str().unwrap();
    let keys = format!("eddystone-identity 02 {key} 0a{noted:08x}{showed:08x} beacon:gate-7\n");
    let out = heard(&web::frame(vector), &keys, now);
    assert_eq!(out.reports().next().unwrap().device.unwrap().to_string(), "beacon:gate-7");
    // Two periods late: the clock is known to be behind, and by how much at least.
    let out = heard(&web::frame(vector), &keys, now + 1024);
    let behind = Reading::Code { name: "clock differs, s".into(), value: 66_559 - (66_000 + 1024) };
    assert!(out.reports().next().unwrap().events[0].readings.contains(&behind));
}

#[test]
fn without_a_key_or_with_a_flipped_bit_it_is_nobodys_beacon() {
    let vector = &read(VECTORS)[1];
    let mut frame = web::frame(vector);
    assert_eq!(
        web::issues(&heard(&frame, "", 65_280)),
        ["an ephemeral identifier, and no identity key is known"]
    );
    let last = frame.len() - 1;
    frame[last] ^= 1;
    let issues = web::issues(&heard(&frame, &key_line(vector), 65_280));
    assert_eq!(issues, ["no identity key gives this identifier now"]);
}

#[test]
fn telemetry_has_the_voltage() {
    let out = heard(&plomb_wire::from_hex("20000bb8158000000064000003e8").unwrap(), "", 0);
    let events: Vec<_> = out.reports().flat_map(|report| report.events).collect();
    assert!(events[0].readings.contains(&Reading::BatteryVoltage(Millivolts(3000))));
}

#[test]
fn open_frames_mean_what_the_source_says() {
    web::synthetic(SYNTHETIC, PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&[VECTORS, SYNTHETIC], PROTOCOL);
}
