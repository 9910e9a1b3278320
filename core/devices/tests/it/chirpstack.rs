//! ChirpStack: the events of its documentation, and seals behind it.

use plomb_devices::SessionConfig;
use plomb_model::Protocol;

use crate::vectors::read;
use crate::web;

const PROTOCOL: Protocol = Protocol::Chirpstack;
const DOCUMENTED: &str = "../semi-active/chirpstack.jsonl";
const SYNTHETIC: &str = "../semi-active/chirpstack-synthetic.jsonl";

#[test]
fn the_documented_events_mean_what_their_kind_says() {
    for vector in read(DOCUMENTED) {
        let id = vector["id"].as_str().unwrap();
        let out = web::decode(PROTOCOL, SessionConfig::default(), &web::frame(&vector));
        assert_eq!(web::issues(&out), Vec::<String>::new(), "{id}");
        let events = web::events(&out);
        let event = &events[0];
        let sender = vector["devEui"].as_str().unwrap();
        assert_eq!(event["device"], format!("lorawan:{sender}"), "{id}");
        let kind = match id.rsplit('.').next().unwrap() {
            "join" => "login",
            "ack" => "command-result",
            "txack" | "log" => "message",
            "location" => "position",
            _ => "status",
        };
        assert_eq!(event["kind"], kind, "{id}");
        // The nanoseconds of the network server end as milliseconds.
        let time = vector["time"].as_str().unwrap();
        assert_eq!(event["time"].as_str().unwrap().get(..23), time.get(..23), "{id}");
    }
}

#[test]
fn messages_mean_what_the_source_says() {
    web::synthetic(SYNTHETIC, PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&[DOCUMENTED, SYNTHETIC], PROTOCOL);
}

#[test]
fn the_topic_the_query_and_the_members_tell_the_same_type() {
    for vector in read(DOCUMENTED) {
        let id = vector["id"].as_str().unwrap();
        let kind = id.rsplit('.').next().unwrap();
        let body = vector["text"].as_str().unwrap();
        let of = |head: &str| {
            let frame = format!("{head}{body}");
            web::events(&web::decode(PROTOCOL, SessionConfig::default(), frame.as_bytes()))
        };
        let alone = of("");
        assert_eq!(alone.as_array().unwrap().len(), 1, "{id}");
        assert_eq!(alone, of(&format!("POST /chirpstack?event={kind} HTTP/1.1\r\n\r\n")), "{id}");
        let topic = format!("application/1/device/0101010101010101/event/{kind}");
        assert_eq!(alone, of(&format!("PUBLISH {topic} HTTP/1.1\r\n\r\n")), "{id}");
    }
}
