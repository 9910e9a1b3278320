//! OsmAnd: recorded requests, and what the forms of the protocol mean.

use plomb_devices::{SessionConfig, describe};
use plomb_model::Protocol;

use crate::web;

const PROTOCOL: Protocol = Protocol::Osmand;

#[test]
fn recorded_requests_decode_as_the_reference_does() {
    web::recorded("osmand.jsonl", PROTOCOL);
}

#[test]
fn synthetic_requests_mean_what_the_protocol_says() {
    web::synthetic("osmand-synthetic.jsonl", PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["osmand.jsonl", "osmand-synthetic.jsonl"], PROTOCOL);
}

#[test]
fn query_form_and_request_say_the_same() {
    let parameters = "id=7&lat=50.5&lon=10.25&timestamp=1700000000&speed=10&batt=80";
    let of = |frame: String| web::events(&web::decode(PROTOCOL, SessionConfig::default(), frame.as_bytes()));
    let expected = of(parameters.to_owned());
    assert_eq!(expected[0]["speed_kmh"], 18.52);
    assert_eq!(of(format!("?{parameters}")), expected);
    assert_eq!(of(format!("/osmand?{parameters}")), expected);
    assert_eq!(of(format!("GET /?{parameters} HTTP/1.1\r\nHost: a\r\n\r\n")), expected);
    assert_eq!(of(format!("POST / HTTP/1.1\r\nHost: a\r\n\r\n{parameters}")), expected);
}

#[test]
fn each_element_of_an_array_is_a_report_of_its_own_device() {
    let body = br#"[{"id":"a","lat":1,"lon":2},{"id":"b","lat":3,"lon":4}]"#;
    let out = web::decode(PROTOCOL, SessionConfig::default(), body);
    let devices: Vec<String> = out.reports().map(|report| report.device.unwrap().to_string()).collect();
    assert_eq!(devices, ["tracker:a", "tracker:b"]);
}

#[test]
fn a_description_hides_secrets() {
    let shown = describe(PROTOCOL, b"/?id=7&lat=1&lon=2&auth_token=hush");
    assert!(shown.fields.iter().any(|field| field.value == "lat = 1"));
    assert!(!format!("{shown:?}").contains("hush"));
}
