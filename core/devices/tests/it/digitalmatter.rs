//! Digital Matter: recorded frames and bodies, and what the others mean.

use plomb_devices::{Decoded, SessionConfig, digitalmatter};
use plomb_model::{EventKind, Protocol, Reading, Signal};
use plomb_wire::from_hex;

use crate::{vectors, vectors::now, web};

const PROTOCOL: Protocol = Protocol::Digitalmatter;
const HTTP: &str = "digitalmatter-http.jsonl";

#[test]
fn recorded_frames_decode_as_the_reference_does() {
    let lines = vectors::run("digitalmatter.jsonl", digitalmatter::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    web::recorded(HTTP, PROTOCOL);
}

#[test]
fn synthetic_frames_mean_what_the_layout_says() {
    web::synthetic("digitalmatter-synthetic.jsonl", PROTOCOL);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["digitalmatter.jsonl", HTTP, "digitalmatter-synthetic.jsonl"], PROTOCOL);
}

#[test]
fn a_device_says_who_it_is_and_is_told_the_time() {
    let mut hello = vec![0x02, 0x55, 0x00, 41, 0, 1, 0, 0, 0];
    hello.extend(b"352656106127312\089011702278483601922\0");
    let mut session = digitalmatter::session(SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(now(), &hello, &mut out);
    // 2026-09-01T12:00:00Z is 431,265,600 seconds after the start of 2013.
    let seconds = 431_265_600_u32.to_le_bytes();
    assert_eq!(out.all_replies(), [&[2, 0x55, 1, 8, 0], &seconds[..], &[0; 4]].concat());
    let report = out.reports().next().unwrap();
    assert_eq!(report.device.unwrap().to_string(), "tracker:352656106127312");
    assert!(report.events[0].readings.contains(&Reading::Iccid("89011702278483601922".into())));
    out.clear();
    session.receive(now(), &from_hex("0255050000").unwrap(), &mut out);
    assert_eq!(out.all_replies(), from_hex("025506010001").unwrap());
}

#[test]
fn garbage_before_a_frame_is_reported_and_the_frame_found() {
    let commit = from_hex("ffee0255050000").unwrap();
    let out = web::decode(PROTOCOL, SessionConfig::default(), &commit);
    assert_eq!(web::issues(&out), ["no Digital Matter frame begins here"]);
    assert_eq!(out.reports().last().unwrap().events[0].kind, EventKind::Heartbeat);
}

#[test]
fn an_older_place_is_an_event_of_its_own_time() {
    let line = vectors::read("digitalmatter-synthetic.jsonl")
        .into_iter()
        .find(|line| line["id"] == "digitalmatter-synthetic.tamper");
    let out = web::decode(PROTOCOL, SessionConfig::default(), &web::frame(&line.unwrap()));
    let report = out.reports().next().unwrap();
    let [place, alarm] = report.events else { panic!("{:?}", report.events) };
    assert!(place.occurred_at < alarm.occurred_at && place.signals.is_empty());
    assert!(alarm.signals.contains(Signal::CoverOpen) && alarm.position.is_none());
}
