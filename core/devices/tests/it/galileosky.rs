//! Galileosky: recorded packets, those built from the manual, damage, commands, and properties.

use plomb_devices::{Decoded, SessionConfig, galileosky};
use plomb_model::{
    CardNumber, CentiCelsius, Command, CommandError, CommandOutcome, CommandTicket, EventKind, Metres,
    Millivolts, Protocol, Reading,
};
use plomb_wire::{Crc16, from_hex};

use crate::talks::{self, events, issues, reports, talk};
use crate::vectors::{self, now};

const OURS: Protocol = Protocol::Galileosky;

/// A packet of tags with its checksum.
fn packet(content: &[u8]) -> Vec<u8> {
    let mut packet = vec![1];
    packet.extend_from_slice(&u16::try_from(content.len()).unwrap().to_le_bytes());
    packet.extend_from_slice(content);
    packet.extend_from_slice(&Crc16::MODBUS.of(&packet).to_le_bytes());
    packet
}

fn head() -> Vec<u8> {
    let mut content = vec![1, 0x11, 2, 5, 3];
    content.extend_from_slice(b"860000000000017");
    content.extend_from_slice(&[4, 50, 0]);
    packet(&content)
}

#[test]
fn recorded_packets_decode_and_are_answered_as_the_reference_does() {
    let lines = vectors::run("galileosky.jsonl", galileosky::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
        let answer = line.vector["replies"][0].as_str().unwrap().trim_start_matches("hex:");
        assert_eq!(plomb_wire::to_hex(&line.replies), answer, "{}", line.id);
    }
}

#[test]
fn built_packets_become_the_events_they_state() {
    talks::check_synthetic(OURS, "galileosky-synthetic.jsonl");
}

#[test]
fn readings_of_a_record() {
    let mut content = vec![0x10, 7, 0, 0x20, 0, 0, 0, 0x60, 0x30, 0x09];
    content.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0]);
    content.extend_from_slice(&[0x33, 0x5C, 0, 0x48, 8, 0x34, 0xF6, 0xFF, 0x35, 12, 0x41, 0xE0, 0x2E]);
    content.extend_from_slice(&[0x42, 0x10, 0x0F, 0x43, 0xF0, 0x45, 1, 0, 0x46, 0x20, 0, 0x52, 0x10, 0x27]);
    content.extend_from_slice(&[0x71, 1, 0x10, 0x70, 127, 0x80, 0x80, 1, 0x10, 0x20, 0x90, 1, 2, 0, 0]);
    content.extend_from_slice(&[0xD4, 1, 0, 1, 0, 0x44, 0xAF, 0x21, 0x98, 0x15]);
    let events = events(&talk(OURS, &[&packet(&content)]));
    let [event] = &events[..] else { panic!("{events:?}") };
    let position = event.position.unwrap();
    assert_eq!(position.speed.unwrap().0, 9_200);
    assert_eq!(position.course.unwrap().0, 21_200);
    assert_eq!((position.altitude, position.satellites), (Some(Metres(-10)), Some(9)));
    assert_eq!(event.serial, Some(7));
    for reading in [
        Reading::Hdop(120),
        Reading::ExternalPower(Millivolts(12_000)),
        Reading::BatteryVoltage(Millivolts(3_856)),
        Reading::Temperature { sensor: 0, value: CentiCelsius(-1600) },
        Reading::Temperature { sensor: 2, value: CentiCelsius(1600) },
        Reading::Temperature { sensor: 9, value: CentiCelsius(1600) },
        Reading::Humidity { sensor: 9, value: plomb_model::CentiPercent(1254) },
        Reading::Output { number: 1, on: true },
        Reading::Output { number: 4, on: false },
        Reading::Input { number: 6, on: true },
        Reading::Input { number: 1, on: false },
        Reading::Analog { number: 3, value: Millivolts(10_000) },
        Reading::Card(CardNumber("513".into())),
        Reading::Odometer(Metres(65_537)),
        Reading::Acceleration { x: -435, y: 43, z: -897 },
    ] {
        assert!(event.readings.contains(&reading), "{reading:?} {:?}", event.readings);
    }
    let thermometers = event.readings.iter().filter(|reading| matches!(reading, Reading::Temperature { .. }));
    assert_eq!(thermometers.count(), 3, "the one that is not connected says nothing");
}

#[test]
fn a_packet_behind_garbage_and_one_inside_a_wrong_length_are_found() {
    let mut bytes = b"\x00\xFFgarbage".to_vec();
    let noise = bytes.len();
    bytes.extend(head());
    let found = talk(OURS, &[&bytes]);
    assert_eq!(found.iter().map(|report| report.frame.len()).collect::<Vec<_>>(), [noise, head().len()]);
    assert_eq!(found[1].events[0].kind, EventKind::Login);
    // A head that promises more than comes: the packet after it is not lost.
    let mut bytes = vec![1, 0x40, 0, 3, b'8'];
    bytes.extend(head());
    bytes.extend(head());
    let found = talk(OURS, &[&bytes]);
    assert_eq!(events(&found).len(), 2, "{found:?}");
    assert_eq!(issues(&found).len(), 1);
}

#[test]
fn commands_carry_a_number_that_their_answers_repeat() {
    let mut session = galileosky::session(SessionConfig::default());
    let mut out = Decoded::default();
    let text = Command::Text("status".into());
    let unknown = session.command(now(), None, CommandTicket(1), &text, &mut out);
    assert_eq!(unknown, Err(CommandError::UnknownDevice));
    session.receive(now(), &head(), &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(1), &text, &mut out).unwrap();
    session.command(now(), None, CommandTicket(2), &Command::Restart, &mut out).unwrap();
    let sent = reports(&out);
    let expected = "0120000338363030303030303030303030313704 3200 e001000000 e106 737461747573";
    let expected = from_hex(expected).unwrap();
    assert_eq!(&sent[0].replies[..expected.len()], expected);
    let sum = Crc16::MODBUS.of(&expected).to_le_bytes();
    assert_eq!(&sent[0].replies[expected.len()..], sum);
    out.clear();
    session.receive(now(), &packet(&[0xE0, 2, 0, 0, 0, 0xE1, 2, b'O', b'K']), &mut out);
    let answer = &reports(&out)[0].events[0];
    assert_eq!(answer.kind, EventKind::CommandResult);
    let result = Reading::CommandResult { ticket: CommandTicket(2), outcome: CommandOutcome::Answered };
    assert!(answer.readings.contains(&result), "{answer:?}");
    assert!(answer.readings.contains(&Reading::Text("OK".into())));
    assert!(session.command(now(), None, CommandTicket(3), &Command::Lock, &mut out).is_err());
    let long = Command::Text("x".repeat(256).into());
    assert!(session.command(now(), None, CommandTicket(3), &long, &mut out).is_err());
}

#[test]
fn the_encoded_command_of_the_reference() {
    let line = vectors::read("galileosky.jsonl").into_iter().next().unwrap();
    assert!(line["hex"].is_string());
    // Its number is 0 and the terminal's too; the layout is what is compared.
    let expected = "01200003313233343536373839303132333435040000e000000000e1067374617475731f64";
    let bytes = from_hex(expected).unwrap();
    let shown = galileosky::describe(&bytes);
    let names: Vec<&str> = shown.fields.iter().map(|field| field.name).collect();
    let tags = ["IMEI", "device number", "command number", "command or answer"];
    assert_eq!(names[2..6], tags);
    assert!(shown.fields.last().unwrap().value.ends_with("holds"));
}

#[test]
fn a_packet_that_does_not_go_on_is_let_go() {
    let mut session = galileosky::session(SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(now(), &head()[..10], &mut out);
    assert!(out.is_empty());
    let due = session.deadline().unwrap();
    session.tick(due, &mut out);
    assert_eq!(reports(&out)[0].issues.len(), 1);
    assert_eq!(session.deadline(), None);
}

#[test]
fn properties() {
    let of = |file: &str| vectors::read(file).iter().filter_map(vectors::bytes).collect::<Vec<_>>();
    let mut talks = of("galileosky-synthetic.jsonl");
    talks.extend(of("galileosky.jsonl"));
    let pairs: Vec<Vec<u8>> = talks.windows(2).map(|pair| pair.concat()).collect();
    talks.extend(pairs);
    talks::check_properties(OURS, &talks);
}
