//! OwnTracks: recorded messages, and what the others mean.

use plomb_devices::{SessionConfig, describe};
use plomb_model::Protocol;

use crate::web;

const PROTOCOL: Protocol = Protocol::Owntracks;

#[test]
fn recorded_messages_decode_as_the_reference_does() {
    web::recorded("owntracks.jsonl", PROTOCOL);
}

#[test]
fn synthetic_messages_mean_what_the_booklet_says() {
    web::synthetic("owntracks-synthetic.jsonl", PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["owntracks.jsonl", "owntracks-synthetic.jsonl"], PROTOCOL);
}

#[test]
fn the_application_in_http_mode_is_answered_and_mqtt_is_not() {
    let body = r#"{"_type":"location","tid":"aa","lat":1,"lon":2,"tst":3}"#;
    let reply = |head: &str| {
        let frame = format!("{head} HTTP/1.1\r\n\r\n{body}");
        web::decode(PROTOCOL, SessionConfig::default(), frame.as_bytes()).all_replies().to_vec()
    };
    assert_eq!(reply("POST /owntracks?u=jane&d=phone"), b"[]");
    assert_eq!(reply("PUBLISH owntracks/jane/phone"), b"");
}

#[test]
fn a_description_hides_the_password_of_a_configuration() {
    let frame = br#"{"_type":"configuration","tid":"aa","password":"hush","host":"example.org"}"#;
    let shown = format!("{:?}", describe(PROTOCOL, frame));
    assert!(shown.contains("example.org") && !shown.contains("hush"), "{shown}");
}
