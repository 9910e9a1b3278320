//! EGTS: recorded packets, those built from the standard, damage, commands, and properties.

use plomb_devices::{Decoded, egts};
use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, Delivery, EventKind, Metres, Millivolts, Protocol,
    Reading, SealEvidence,
};
use plomb_wire::{from_hex, to_hex};
use serde_json::Value;

use crate::talks::{self, events, issues, reports, talk};
use crate::vectors::{self, now};

const OURS: Protocol = Protocol::Egts;

fn built(id: &str) -> Value {
    let wanted = format!("egts-synthetic.{id}");
    vectors::read("egts-synthetic.jsonl").into_iter().find(|line| line["id"] == wanted.as_str()).unwrap()
}

/// What stands before a built packet, and the packet.
fn conversation(line: &Value) -> (Vec<u8>, Vec<u8>) {
    let before = line["plomb"]["before"].as_str().map_or_else(Vec::new, |hex| from_hex(hex).unwrap());
    (before, vectors::bytes(line).unwrap())
}

fn event(id: &str) -> plomb_model::Event {
    let (before, packet) = conversation(&built(id));
    events(&talk(OURS, &[&before, &packet])).last().unwrap().clone()
}

#[test]
fn recorded_packets_decode_as_the_reference_does() {
    let lines = vectors::run("egts.jsonl", egts::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
    }
}

#[test]
fn an_answer_names_the_packet_and_each_of_its_records() {
    let packet = vectors::read("egts.jsonl")
        .into_iter()
        .find(|line| line["id"] == "EgtsProtocolDecoderTest.testDecodeWithAuth#4")
        .unwrap();
    let found = talk(OURS, &[&vectors::bytes(&packet).unwrap()]);
    // Number 4B88 in the packet's own order, result 0, and for the records 5120 and 5220 an answer each.
    assert_eq!(
        to_hex(&talks::replies(&found)[11..]),
        "4b88000600000000020200030051200006000100000202000300522000046c"
    );
}

#[test]
fn built_packets_become_the_events_they_state() {
    talks::check_synthetic(OURS, "egts-synthetic.jsonl");
}

#[test]
fn a_place_keeps_what_stands_beside_it() {
    let found = event("position");
    let position = found.position.unwrap();
    assert_eq!(position.speed.unwrap().0, 60_000);
    assert_eq!(position.course.unwrap().0, 27_000, "the ninth bit of the course is with the speed");
    assert_eq!((position.altitude, position.satellites), (Some(Metres(171)), Some(9)));
    assert_eq!(found.serial, Some(2));
    for reading in [
        Reading::Hdop(116),
        Reading::Odometer(Metres(12_500)),
        Reading::Motion(true),
        Reading::Input { number: 1, on: true },
        Reading::Input { number: 2, on: false },
        Reading::Code { name: "source".into(), value: 0 },
    ] {
        assert!(found.readings.contains(&reading), "{reading:?} {:?}", found.readings);
    }
    assert_eq!(event("south-west-below-the-sea").position.unwrap().altitude, Some(Metres(-12)));
    assert_eq!(event("black-box").delivery, Delivery::Buffered);
    assert_eq!(event("case-opened").trust.seal, SealEvidence::ValidTampered);
    let state = event("state-of-emergency");
    assert!(state.readings.contains(&Reading::ExternalPower(Millivolts(24_500))));
    assert!(state.readings.contains(&Reading::BatteryVoltage(Millivolts(3_800))));
}

#[test]
fn each_object_of_a_packet_has_a_report_of_its_own() {
    let (_, packet) = conversation(&built("two-objects"));
    let found = talk(OURS, &[&packet]);
    let devices: Vec<String> = found.iter().map(|report| report.device.unwrap().to_string()).collect();
    assert_eq!(devices, ["tracker:71", "tracker:72"]);
    assert!(found.iter().all(|report| report.events.len() == 1));
    assert!(found[0].replies.is_empty(), "what answers both stands with the last");
    assert_eq!(found.iter().flat_map(|report| report.frame.clone()).collect::<Vec<u8>>(), packet);
}

#[test]
fn a_packet_behind_garbage_and_one_behind_a_damaged_one_are_found() {
    let (before, good) = conversation(&built("position"));
    let (_, bad) = conversation(&built("damaged"));
    let bytes = [b"\x01\x00\x00\x0Bgarbage", before.as_slice(), &bad, &good].concat();
    let found = talk(OURS, &[&bytes]);
    assert_eq!((events(&found).len(), issues(&found).len()), (2, 2), "{found:?}");
    assert_eq!(found.last().unwrap().frame, good);
}

#[test]
fn commands_carry_a_number_that_their_confirmations_repeat() {
    let mut session = egts::session(plomb_devices::SessionConfig::default());
    let mut out = Decoded::default();
    let text = Command::Text("status".into());
    let unknown = session.command(now(), None, CommandTicket(1), &text, &mut out);
    assert_eq!(unknown, Err(CommandError::UnknownDevice));
    session.receive(now(), &conversation(&built("position")).0, &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(1), &text, &mut out).unwrap();
    let sent = to_hex(out.all_replies());
    // Service 4, subrecord 51 of 21 bytes: a command with number 1, code 0 and the text.
    assert!(
        sent.contains("040433150050010000000000000000000000000073746174757 3".replace(' ', "").as_str()),
        "{sent}"
    );
    assert!(session.command(now(), None, CommandTicket(2), &Command::Lock, &mut out).is_err());
    out.clear();
    let confirmed = "33 1300 10 01000000 00000000 00 0000 00 0000 4f4b21 00".replace(' ', "");
    let record = format!("1600 0900 00 04 04 {confirmed}").replace(' ', "");
    let bytes = packet(&from_hex(&record).unwrap());
    session.receive(now(), &bytes, &mut out);
    let found = reports(&out);
    assert_eq!(issues(&found), Vec::<String>::new());
    assert_eq!(found[0].events[0].kind, EventKind::CommandResult);
    let result = Reading::CommandResult { ticket: CommandTicket(1), outcome: CommandOutcome::Done };
    assert!(found[0].events[0].readings.contains(&result), "{found:?}");
}

/// A packet of records, its checksums computed bit by bit.
fn packet(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 11, 0, u8::try_from(data.len()).unwrap(), 0, 5, 0, 1];
    bytes.push(bytes.iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    }));
    bytes.extend_from_slice(data);
    let sum =
        data.iter().fold(0xFFFF, |crc, byte| {
            (0..8).fold(crc ^ u16::from(*byte) << 8, |crc: u16, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 }
            })
        });
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

#[test]
fn passwords_are_not_laid_open() {
    let secret = b"user\0s3cret\0";
    let mut record = vec![u8::try_from(secret.len() + 3).unwrap(), 0, 1, 0, 0, 1, 1, 7, 12, 0];
    record.extend_from_slice(secret);
    let bytes = packet(&record);
    let shown = format!("{:?}", egts::describe(&bytes));
    assert!(shown.contains("AUTH_INFO") && !shown.contains(&to_hex(b"s3cret")), "{shown}");
    let found = talk(OURS, &[&bytes]);
    assert_eq!(found[0].events[0].kind, EventKind::Login);
    assert!(!format!("{:?}", found[0].events).contains("s3cret"));
}

#[test]
fn properties() {
    let mut talks: Vec<Vec<u8>> = vectors::read("egts-synthetic.jsonl")
        .iter()
        .map(|line| {
            let (before, packet) = conversation(line);
            [before, packet].concat()
        })
        .collect();
    talks.extend(vectors::read("egts.jsonl").iter().filter_map(vectors::bytes));
    let pairs: Vec<Vec<u8>> = talks.windows(2).map(|pair| pair.concat()).collect();
    talks.extend(pairs);
    talks::check_properties(OURS, &talks);
}
