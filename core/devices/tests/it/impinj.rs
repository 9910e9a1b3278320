//! Impinj readers: what each message means.

use plomb_model::Protocol;

use crate::web;

const PROTOCOL: Protocol = Protocol::Impinj;
const VECTORS: &str = "../passive/impinj-synthetic.jsonl";

#[test]
fn messages_mean_what_the_source_says() {
    web::synthetic(VECTORS, PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&[VECTORS], PROTOCOL);
}

#[test]
fn no_read_without_cryptography_is_more_than_a_claim() {
    for vector in crate::vectors::read(VECTORS) {
        let out = web::decode(PROTOCOL, plomb_devices::SessionConfig::default(), &web::frame(&vector));
        for event in out.reports().flat_map(|report| report.events) {
            assert_eq!(event.trust, plomb_model::Trust::default(), "{}", vector["id"]);
        }
    }
}
