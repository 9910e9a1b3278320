//! April Brother gateways: each form of their messages, and the seals that they hear.

use std::sync::Arc;

use plomb_devices::{SecretTable, SessionConfig};
use plomb_model::{Identity, Protocol, SealPart, Signal};

use crate::vectors::read;
use crate::web;

const PROTOCOL: Protocol = Protocol::Aprilbrother;
const VECTORS: &str = "../semi-active/aprilbrother-synthetic.jsonl";

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
    let keys = "bthome-bind 5448e68f80a5 231d39c1d7cc1ab1aee224cd096db932";
    let secrets = Arc::new(SecretTable::parse(keys).unwrap());
    let config = SessionConfig { secrets, ..SessionConfig::default() };
    let line = b"$GPRP,5448E68F80A5,A4CF12000001,-58,1416D2FC45DA203D32645728C1E903000039B88124";
    let out = web::decode(PROTOCOL, config, line);
    assert_eq!(web::issues(&out), Vec::<String>::new());
    let report = out.reports().next().unwrap();
    let event = &report.events[0];
    assert_eq!(report.device.unwrap().to_string(), "gateway:A4CF12000001");
    assert_eq!(event.peripheral.unwrap().to_string(), "bluetooth:5448E68F80A5");
    assert_eq!(event.trust.identity, Identity::Mac);
    assert_eq!(event.seal.part(SealPart::DoorClosed), Some(false));
    assert!(event.signals.contains(Signal::DoorOpen));
}

#[test]
fn every_form_of_one_advert_tells_the_same_of_the_seal() {
    let vectors = read(VECTORS);
    for (id, place) in [("msgpack", 2), ("msgpack-text-strings", 1), ("json-hex", 1), ("lines", 0)] {
        let vector =
            vectors.iter().find(|line| line["id"] == format!("aprilbrother-synthetic.{id}")).unwrap();
        let out = web::decode(PROTOCOL, SessionConfig::default(), &web::frame(vector));
        let event = &out.reports().next().unwrap().events[place];
        assert_eq!(event.peripheral.unwrap().to_string(), "bluetooth:5448E68F80A5", "{id}");
        assert_eq!(event.seal.part(SealPart::DoorClosed), Some(false), "{id}");
        assert!(event.signals.contains(Signal::DoorOpen), "{id}");
    }
}
