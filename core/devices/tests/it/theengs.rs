//! OpenMQTTGateway and Theengs: raw and decoded adverts, and seals whose key we hold.

use std::sync::Arc;

use plomb_devices::{SecretTable, SessionConfig};
use plomb_model::{Identity, Protocol, SealPart, Signal};

use crate::vectors::read;
use crate::web;

const PROTOCOL: Protocol = Protocol::Theengs;
const VECTORS: &str = "../semi-active/theengs-synthetic.jsonl";

#[test]
fn messages_mean_what_the_source_says() {
    web::synthetic(VECTORS, PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&[VECTORS], PROTOCOL);
}

#[test]
fn a_seal_whose_bind_key_we_hold_is_proven_through_the_gateway_too() {
    let vectors = read(VECTORS);
    let vector = vectors
        .iter()
        .find(|line| line["id"].as_str().unwrap().ends_with("encrypted-decoded-there"))
        .unwrap();
    let keys = "bthome-bind 5448e68f80a5 231d39c1d7cc1ab1aee224cd096db932";
    let secrets = Arc::new(SecretTable::parse(keys).unwrap());
    let config = SessionConfig { secrets, ..SessionConfig::default() };
    let out = web::decode(PROTOCOL, config, &web::frame(vector));
    assert_eq!(web::issues(&out), Vec::<String>::new());
    let report = out.reports().next().unwrap();
    let event = &report.events[0];
    assert_eq!(report.device.unwrap().to_string(), "gateway:Gate_North");
    assert_eq!(event.peripheral.unwrap().to_string(), "bluetooth:5448E68F80A5");
    assert_eq!(event.trust.identity, Identity::Mac);
    assert_eq!(event.seal.part(SealPart::DoorClosed), Some(false));
    assert_eq!(event.seal.part(SealPart::CoverClosed), Some(false));
    assert!(event.signals.contains(Signal::CoverOpen));
}

#[test]
fn what_a_gateway_decoded_is_not_believed_of_a_device_whose_key_we_hold() {
    let keys = "bthome-bind 5448e68f80a5 00000000000000000000000000000000";
    for vector in read(VECTORS).iter().take(3) {
        let secrets = Arc::new(SecretTable::parse(keys).unwrap());
        let config = SessionConfig { secrets, ..SessionConfig::default() };
        let out = web::decode(PROTOCOL, config, &web::frame(vector));
        assert!(!web::issues(&out).is_empty(), "{}", vector["id"]);
        for event in out.reports().flat_map(|report| report.events) {
            assert!(event.seal.is_empty() && event.signals.is_empty(), "{}", vector["id"]);
        }
    }
}
