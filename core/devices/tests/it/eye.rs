//! Teltonika EYE: the maker's example.

use plomb_devices::{Decoded, SessionConfig, open};
use plomb_model::{CentiCelsius, Event, Millivolts, Protocol, Reading, SealPart, Signal};

use crate::vectors::{bytes, now, read};
use crate::web;

#[test]
fn the_example_has_its_values_and_a_cut_one_is_an_issue() {
    let decoded: Vec<(Vec<Event>, usize)> = read("../semi-active/eye.jsonl")
        .iter()
        .map(|vector| {
            let mut out = Decoded::default();
            let mut session = open(Protocol::Eye, SessionConfig::default());
            session.receive(now(), &bytes(vector).unwrap(), &mut out);
            session.finish(now(), &mut out);
            let issues = out.reports().map(|report| report.issues.len()).sum();
            (out.reports().flat_map(|report| report.events.to_vec()).collect(), issues)
        })
        .collect();
    let sensor = &decoded[0].0[0];
    assert_eq!(sensor.seal.part(SealPart::DoorClosed), Some(false));
    assert!(sensor.readings.contains(&Reading::Temperature { sensor: 0, value: CentiCelsius(2228) }));
    assert!(sensor.readings.contains(&Reading::BatteryVoltage(Millivolts(3030))));
    assert!(decoded[1].0[0].signals.contains(Signal::LowBattery));
    assert!(decoded[2].0.is_empty() && decoded[2].1 == 1);
}

#[test]
fn messages_mean_what_the_source_says() {
    web::synthetic("../semi-active/eye-synthetic.jsonl", Protocol::Eye);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["../semi-active/eye.jsonl", "../semi-active/eye-synthetic.jsonl"], Protocol::Eye);
}

#[test]
fn a_payload_is_laid_open_field_by_field() {
    let frame = plomb_wire::from_hex("0201060eff9a0801b708b4120ccb0bffc767").unwrap();
    let description = plomb_devices::describe(Protocol::Eye, &frame);
    let shown: Vec<(usize, &str, &str)> =
        description.fields.iter().map(|field| (field.offset, field.name, field.value.as_str())).collect();
    let expected = [
        (7, "version", "1"),
        (8, "flags", "0b10110111"),
        (9, "temperature, 0.01 deg C", "2228"),
        (11, "humidity, %", "18"),
        (12, "moving and movement count", "3275"),
        (14, "pitch, deg", "11"),
        (15, "roll, deg", "-57"),
        (17, "battery, 10 mV above 2000", "103"),
    ];
    assert_eq!(shown, expected);
}
