//! Ruuvi: the vectors of the maker, and the gateway's JSON.

use plomb_devices::{Decoded, SessionConfig, open};
use plomb_model::{Event, Millivolts, Protocol, Reading};

use crate::vectors::{bytes, now, read};
use crate::web;

fn decode(frame: &[u8]) -> (Option<String>, Vec<Event>, usize) {
    let mut session = open(Protocol::Ruuvi, SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(now(), frame, &mut out);
    session.finish(now(), &mut out);
    assert_eq!(out.frame_bytes(), frame.len());
    let device = out.reports().find_map(|report| report.device).map(|device| device.to_string());
    let issues = out.reports().map(|report| report.issues.len()).sum();
    (device, out.reports().flat_map(|report| report.events.to_vec()).collect(), issues)
}

#[test]
fn the_vectors_have_the_values_of_the_maker() {
    for vector in read("../semi-active/ruuvi.jsonl") {
        let (device, events, issues) = decode(&bytes(&vector).unwrap());
        let id = vector["id"].as_str().unwrap();
        if id == "ruuvi.damaged" {
            assert!(events.is_empty() && issues == 1);
            continue;
        }
        assert_eq!((events.len(), issues), (1, 0), "{id}");
        let decoded = &vector["decoded"];
        for reading in &events[0].readings {
            match reading {
                Reading::Pressure(pascal) if decoded["pressure"].is_u64() => {
                    assert_eq!(decoded["pressure"], *pascal, "{id}");
                }
                Reading::Temperature { value, .. } if decoded["temp"].is_f64() => {
                    assert!(
                        (f64::from(value.0) / 100.0 - decoded["temp"].as_f64().unwrap()).abs() < 0.011,
                        "{id}"
                    );
                }
                _ => {}
            }
        }
        match id {
            "ruuvi.df5#0" => {
                assert_eq!(device.as_deref(), Some("bluetooth:CBB8334C884F"));
                assert!(events[0].readings.contains(&Reading::BatteryVoltage(Millivolts(2977))));
                assert_eq!(events[0].serial, Some(205));
            }
            "ruuvi.df5#3" => assert!(events[0].readings.is_empty() && device.is_none()),
            "ruuvi.gateway-http" => {
                assert_eq!(device.as_deref(), Some("gateway:C8252D8E9C2C"));
                assert_eq!(events[0].peripheral.unwrap().to_string(), "bluetooth:C6A5B9E0AD06");
                assert!(events[0].readings.contains(&Reading::Rssi(-71)));
            }
            _ => {}
        }
    }
}

#[test]
fn messages_mean_what_the_source_says() {
    web::synthetic("../semi-active/ruuvi-synthetic.jsonl", Protocol::Ruuvi);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["../semi-active/ruuvi.jsonl", "../semi-active/ruuvi-synthetic.jsonl"], Protocol::Ruuvi);
}

#[test]
fn a_payload_is_laid_open_field_by_field() {
    let frame = plomb_wire::from_hex("0512fc5394c37c0004fffc040cac364200cdcbb8334c884f").unwrap();
    let description = plomb_devices::describe(Protocol::Ruuvi, &frame);
    assert_eq!(description.name, "Ruuvi data format 5");
    let shown = |name: &str| {
        let field = description.fields.iter().find(|field| field.name == name).unwrap();
        (field.offset, field.value.as_str())
    };
    assert_eq!(shown("temperature, 0.005 deg C"), (1, "4860"));
    assert_eq!(shown("acceleration y, mg"), (9, "-4"));
    assert_eq!(shown("sequence number"), (16, "205"));
    assert_eq!(shown("address"), (18, "cbb8334c884f"));
}
