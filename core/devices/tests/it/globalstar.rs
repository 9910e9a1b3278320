//! Globalstar and SPOT: recorded messages, and what the others mean.

use plomb_devices::SessionConfig;
use plomb_model::Protocol;

use crate::web;

#[test]
fn recorded_messages_decode_as_the_reference_does() {
    web::recorded("globalstar.jsonl", Protocol::Globalstar);
    web::recorded("spot.jsonl", Protocol::Spot);
}

#[test]
fn synthetic_messages_mean_what_the_schemas_say() {
    web::synthetic("globalstar-synthetic.jsonl", Protocol::Globalstar);
    web::synthetic("spot-synthetic.jsonl", Protocol::Spot);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["globalstar.jsonl", "globalstar-synthetic.jsonl"], Protocol::Globalstar);
    web::properties(&["spot.jsonl", "spot-synthetic.jsonl"], Protocol::Spot);
}

#[test]
fn the_back_office_is_answered_with_its_own_number() {
    let body = b"<stuMessages messageID=\"ab12\"><stuMessage><esn>0-1</esn><unixTime>1700000000</unixTime>\
        <payload>0x00C583EACD37210A00</payload></stuMessage></stuMessages>";
    let out = web::decode(Protocol::Globalstar, SessionConfig::default(), body);
    let reply = String::from_utf8(out.all_replies().to_vec()).unwrap();
    assert!(reply.contains("correlationID=\"ab12\"") && reply.contains("<state>pass</state>"), "{reply}");
    assert!(reply.contains("deliveryTimeStamp=\"01/09/2026 12:00:00 UTC\""), "{reply}");
}
