//! Wialon IPS: recorded lines, versions, acknowledgements, and what must not be lost.

use plomb_devices::{Decoded, SessionConfig, wialon_ips};
use plomb_model::{Command, CommandTicket, Delivery, Event, Reading};
use plomb_wire::Crc16;
use proptest::prelude::*;

use crate::vectors::{self, now};

/// What a session makes of reads, one after another.
fn talk(reads: &[&[u8]], config: SessionConfig) -> Decoded {
    let mut session = wialon_ips::session(config);
    let mut out = Decoded::default();
    for read in reads {
        session.receive(now(), read, &mut out);
    }
    session.finish(now(), &mut out);
    out
}

fn said(lines: &str) -> Decoded {
    talk(&[lines.as_bytes()], SessionConfig::default())
}

fn events(out: &Decoded) -> Vec<Event> {
    out.reports().flat_map(|report| report.events.to_vec()).collect()
}

fn issues(out: &Decoded) -> Vec<String> {
    out.reports().flat_map(|report| report.issues.to_vec()).map(|issue| issue.to_string()).collect()
}

fn replies(out: &Decoded) -> String {
    String::from_utf8(out.all_replies().to_vec()).unwrap()
}

/// A line of version 2.0.
fn second(kind: &str, body: &str) -> String {
    format!("#{kind}#{body}{:04X}\r\n", Crc16::ARC.of(body.as_bytes()))
}

const PLACE: &str = "270413;205601;5544.6025;N;03739.6834;E;60;270;150;7";

#[test]
fn recorded_lines_decode_as_the_reference_does() {
    let lines = vectors::run("wialon-ips.jsonl", wialon_ips::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        let replied = String::from_utf8(line.replies.clone()).unwrap();
        let short = line.vector["text"].as_str().unwrap().contains("#SD#");
        let reference = line.vector["replies"][0].as_str().unwrap().trim_start_matches("text:");
        // The reference answers a short record with the word for a full one.
        let expected = if short { reference.replace("#AD#", "#ASD#") } else { reference.to_owned() };
        assert_eq!(replied, expected, "{}", line.id);
    }
}

#[test]
fn version_two_is_held_to_its_checksums() {
    let login = second("L", "2.0;860000000000001;secret;");
    let record = format!("{PLACE};1.5;5;1;12.5,NA;A1B2;motion:1:1,text:3:x y;");
    let out = said(&(login.clone() + &second("D", &record)));
    assert_eq!(issues(&out), Vec::<String>::new());
    assert_eq!(replies(&out), "#AL#1\r\n#AD#1\r\n");
    let events = events(&out);
    let position = events[1].position.unwrap();
    assert_eq!(position.satellites, Some(7));
    assert!((position.speed.unwrap().kmh() - 60.0).abs() < 1e-9);
    for reading in [
        Reading::Hdop(150),
        Reading::Input { number: 1, on: true },
        Reading::Input { number: 2, on: false },
        Reading::Input { number: 3, on: true },
        Reading::Output { number: 1, on: true },
        Reading::Motion(true),
        Reading::Text("text x y".into()),
    ] {
        assert!(events[1].readings.contains(&reading), "{reading:?} {:?}", events[1].readings);
    }
    let damaged = second("D", &record).replace("5544", "5545");
    let out = said(&(login + &damaged));
    assert_eq!(replies(&out), "#AL#1\r\n#AD#16\r\n");
    assert!(issues(&out)[0].contains("checksum"), "{:?}", issues(&out));
    assert_eq!(out.reports().last().unwrap().events.len(), 0);
    let wrong = said("#L#2.0;860000000000001;secret;0000\r\n");
    assert_eq!(replies(&wrong), "#AL#10\r\n");
    assert_eq!(wrong.reports().next().unwrap().device, None);
}

#[test]
fn a_black_box_is_counted_and_marked() {
    let out = said(&format!("#L#860000000000001;NA\r\n#B#{PLACE}|{PLACE}|short\r\n"));
    assert_eq!(replies(&out), "#AL#1\r\n#AB#2\r\n");
    let buffered = events(&out).into_iter().filter(|event| event.delivery == Delivery::Buffered).count();
    assert_eq!((buffered, issues(&out).len()), (2, 1));
}

#[test]
fn a_datagram_names_its_device_itself() {
    let out = said(&format!("860000000000001#SD#{PLACE}\r\n"));
    assert_eq!(out.reports().next().unwrap().device.unwrap().to_string(), "tracker:860000000000001");
    let line = second("SD", &format!("{PLACE};"));
    let out = said(&format!("2.0;860000000000002{line}"));
    assert_eq!(out.reports().next().unwrap().device.unwrap().value(), "860000000000002");
    assert_eq!((issues(&out), replies(&out).as_str()), (Vec::new(), "#ASD#1\r\n"));
}

#[test]
fn the_other_lines() {
    let out =
        said("#L#7;NA\r\n#P#\r\n#M#hello there\r\n#D#NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;NA;;NA;SOS:1:1\r\n");
    assert_eq!(replies(&out), "#AL#1\r\n#AP#\r\n#AM#1\r\n#AD#1\r\n");
    let events = events(&out);
    assert_eq!(events[2].readings, [Reading::Text("hello there".into())]);
    assert_eq!(events[3].occurred_at.unwrap().0, now().0, "a record without a time is of now");
    assert!(events[3].signals.contains(plomb_model::Signal::Sos));
    let image = said("#I#4;0;1;270413;205601;a.jpg\r\n\x01\x02#\n#P#\r\n");
    assert_eq!(replies(&image), "#AI#0;1\r\n#AP#\r\n");
    assert_eq!(issues(&image), Vec::<String>::new());
    let foreign = said("GET / HTTP/1.1\r\n");
    assert_eq!(foreign.reports().next().unwrap().events.len(), 0);
    assert_eq!(issues(&foreign).len(), 1);
}

#[test]
fn commands_are_texts() {
    let mut session = wialon_ips::session(SessionConfig::default());
    let mut out = Decoded::default();
    let text = Command::Text("reboot".into());
    assert!(session.command(now(), None, CommandTicket(1), &text, &mut out).is_err(), "nobody has logged in");
    session.receive(now(), b"#L#7;NA\r\n", &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(1), &text, &mut out).unwrap();
    assert_eq!(replies(&out), "#M#reboot\r\n");
    assert!(session.command(now(), None, CommandTicket(2), &Command::Lock, &mut out).is_err());
    let two = Command::Text("a\r\n#L#8;NA".into());
    assert!(session.command(now(), None, CommandTicket(3), &two, &mut out).is_err());
}

#[test]
fn a_password_is_not_laid_open() {
    let shown = format!("{:?}", wialon_ips::describe(second("L", "2.0;860000000000001;secret;").as_bytes()));
    assert!(!shown.contains("secret") && shown.contains("860000000000001"), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_is_in_a_report_and_cuts_change_nothing(
        mut bytes in proptest::sample::select(vec![
            format!("#L#7;NA\r\n#D#{PLACE};1;3;1;1,2;NA;a:1:1\r\n"),
            format!("#L#7;NA\r\n#B#{PLACE}|{PLACE}\r\n#I#5;0;1;1;1;x\r\n12345#P#\r\n"),
            second("L", "2.0;7;x;") + &second("SD", &format!("{PLACE};")),
        ]).prop_map(String::into_bytes),
        cut in any::<proptest::sample::Index>(),
        at in any::<proptest::sample::Index>(),
        byte in proptest::option::of(any::<u8>()),
    ) {
        let place = at.index(bytes.len());
        bytes[place] = byte.unwrap_or(bytes[place]);
        let (head, tail) = bytes.split_at(cut.index(bytes.len()));
        let whole = talk(&[&bytes], SessionConfig::default());
        let split = talk(&[head, tail], SessionConfig::default());
        let frames: Vec<u8> = whole.reports().flat_map(|report| report.frame.to_vec()).collect();
        prop_assert_eq!(&frames, &bytes);
        prop_assert_eq!(events(&whole), events(&split));
        prop_assert_eq!(issues(&whole), issues(&split));
    }

    #[test]
    fn any_bytes_are_kept(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let out = talk(&[&bytes], SessionConfig { lenient: true, ..SessionConfig::default() });
        prop_assert_eq!(out.frame_bytes(), bytes.len());
        let described = wialon_ips::describe(&bytes);
        prop_assert!(described.fields.iter().all(|field| field.offset + field.length <= bytes.len()));
    }
}
