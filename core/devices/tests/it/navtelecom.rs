//! Navtelecom: recorded frames of NTCB and FLEX, those built from the manual, damage, commands, and properties.

use plomb_devices::{Decoded, SessionConfig, navtelecom};
use plomb_model::{
    CentiCelsius, Command, CommandError, CommandOutcome, CommandTicket, EventKind, Metres, Millivolts,
    Percent, Protocol, Reading,
};
use plomb_wire::{from_hex, to_hex};
use serde_json::Value;

use crate::talks::{self, events, issues, reports, talk};
use crate::vectors::{self, now};

const OURS: Protocol = Protocol::Navtelecom;

fn built(id: &str) -> Value {
    let wanted = format!("navtelecom-synthetic.{id}");
    vectors::read("navtelecom-synthetic.jsonl")
        .into_iter()
        .find(|line| line["id"] == wanted.as_str())
        .unwrap()
}

/// What stands before a built frame, and the frame.
fn conversation(line: &Value) -> (Vec<u8>, Vec<u8>) {
    let before = line["plomb"]["before"].as_str().map_or_else(Vec::new, |hex| from_hex(hex).unwrap());
    (before, vectors::bytes(line).unwrap())
}

#[test]
fn recorded_frames_decode_and_are_answered_as_the_reference_does() {
    let lines = vectors::run("navtelecom.jsonl", navtelecom::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        // Frames that the source marks incomplete stand here without the announcement of their fields.
        let alone = line.vector["wire"] == "incomplete";
        assert_eq!(line.issues.len(), usize::from(alone), "{}: {:?}", line.id, line.issues);
        let answer = line.vector["replies"][0].as_str().unwrap_or("hex:").trim_start_matches("hex:");
        assert_eq!(to_hex(&line.replies), answer, "{}", line.id);
    }
}

#[test]
fn built_frames_become_the_events_they_state() {
    talks::check_synthetic(OURS, "navtelecom-synthetic.jsonl");
}

#[test]
fn readings_of_a_record() {
    let (before, frame) = conversation(&built("current-state"));
    let found = events(&talk(OURS, &[&before, &frame]));
    let event = found.last().unwrap();
    let position = event.position.unwrap();
    assert_eq!(position.speed.unwrap().0, 60_000);
    assert_eq!(position.course.unwrap().0, 9_000);
    assert_eq!((position.altitude, position.satellites), (Some(Metres(171)), Some(9)));
    assert_eq!(event.serial, Some(7));
    for reading in [
        Reading::ExternalPower(Millivolts(27_000)),
        Reading::BatteryVoltage(Millivolts(4_100)),
        Reading::Analog { number: 1, value: Millivolts(3_300) },
        Reading::Input { number: 1, on: true },
        Reading::Input { number: 2, on: false },
        Reading::Output { number: 2, on: true },
        Reading::Temperature { sensor: 1, value: CentiCelsius(-1_200) },
        Reading::Odometer(Metres(12_500)),
        Reading::NetworkSignal(Percent::share(20, 31)),
        Reading::Code { name: "event".into(), value: 4_385 },
    ] {
        assert!(event.readings.contains(&reading), "{reading:?} {:?}", event.readings);
    }
}

#[test]
fn a_tracker_that_was_never_guarded_says_nothing_of_a_seal() {
    let (before, frame) = conversation(&built("current-state"));
    assert!(events(&talk(OURS, &[&before, &frame])).iter().all(|event| event.seal.is_empty()));
}

#[test]
fn fields_of_flex_3_are_passed_over_by_their_lengths() {
    let (before, announcement) = conversation(&built("flex-3"));
    // The fields of FLEX 1.0, then 70 (8 bytes), 122 (1 byte) and 255 (8 bytes).
    let (_, state) = conversation(&built("current-state"));
    let mut frame = state[..state.len() - 1].to_vec();
    frame.extend_from_slice(&[1; 17]);
    frame.push(crc8(&frame));
    let found = talk(OURS, &[&before, &announcement, &frame]);
    assert_eq!(issues(&found), Vec::<String>::new());
    assert!(events(&found).last().unwrap().position.is_some());
}

fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc: u8, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    })
}

#[test]
fn records_of_flex_without_their_announcement_are_read_only_alone_and_with_common_fields() {
    let (_, uncommon) = conversation(&built("current-state"));
    let found = talk(OURS, &[&uncommon]);
    assert!(events(&found).is_empty());
    assert_eq!(issues(&found).len(), 1);
    let recorded = vectors::read("navtelecom.jsonl");
    let common = recorded.iter().find(|line| line["id"] == "NavisProtocolDecoderTest.testDecodeFlex10#2");
    let common = vectors::bytes(common.unwrap()).unwrap();
    let found = talk(OURS, &[&common]);
    assert_eq!((events(&found).len(), issues(&found).len()), (1, 1));
    assert!(issues(&found)[0].contains("not announced"));
    let mut damaged = common;
    damaged[20] ^= 1;
    assert!(events(&talk(OURS, &[&damaged])).is_empty());
}

#[test]
fn a_frame_behind_garbage_and_one_behind_a_damaged_one_are_found() {
    let (before, good) = conversation(&built("archive"));
    let (_, bad) = conversation(&built("damaged-flex"));
    let bytes = [&before[..], b"\x01garbage", &bad, &good].concat();
    let found = talk(OURS, &[&bytes]);
    let positions = events(&found).iter().filter(|event| event.position.is_some()).count();
    assert_eq!((positions, issues(&found).len()), (2, 2), "{found:?}");
    assert_eq!(found.last().unwrap().frame, good);
}

#[test]
fn a_lenient_session_reads_a_damaged_record() {
    let (before, bad) = conversation(&built("damaged-flex"));
    let lenient = SessionConfig { lenient: true, ..SessionConfig::default() };
    let found = talks::talk_with(OURS, &[&before, &bad], lenient);
    assert_eq!(issues(&found).len(), 1);
    assert!(found.last().unwrap().events[0].position.is_some());
}

#[test]
fn commands_are_texts_and_answers_find_the_oldest() {
    let mut session = navtelecom::session(SessionConfig::default());
    let mut out = Decoded::default();
    let text = Command::Text("*!SETOUT 1Y".into());
    let unknown = session.command(now(), None, CommandTicket(1), &text, &mut out);
    assert_eq!(unknown, Err(CommandError::UnknownDevice));
    let login = "404e5443010000000000000013004e452a3e533a383636373935303331343130363839";
    session.receive(now(), &from_hex(login).unwrap(), &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(1), &text, &mut out).unwrap();
    // The reference's encoder makes the same.
    assert_eq!(to_hex(out.all_replies()), "404e544300000000010000000b004f5c2a215345544f5554203159");
    assert!(session.command(now(), None, CommandTicket(2), &Command::Lock, &mut out).is_err());
    let other = Command::Text("SETOUT 1Y".into());
    assert!(session.command(now(), None, CommandTicket(2), &other, &mut out).is_err());
    out.clear();
    let answer = "404e544301000000000000000d005e4b2a40434e43545f445243204f4b";
    session.receive(now(), &from_hex(answer).unwrap(), &mut out);
    let found = &reports(&out)[0].events[0];
    assert_eq!(found.kind, EventKind::CommandResult);
    let result = Reading::CommandResult { ticket: CommandTicket(1), outcome: CommandOutcome::Answered };
    assert!(found.readings.contains(&result));
    assert!(found.readings.contains(&Reading::Text("*@CNCT_DRC OK".into())));
}

#[test]
fn descriptions_name_what_is_there() {
    let names = |id: &str| -> Vec<&'static str> {
        navtelecom::describe(&conversation(&built(id)).1).fields.iter().map(|field| field.name).collect()
    };
    assert_eq!(names("archive"), ["type", "records", "fields", "CRC-8"]);
    assert_eq!(names("evacuation"), ["type", "event index", "fields", "CRC-8"]);
    assert_eq!(names("login"), ["preamble", "receiver", "sender", "length", "checksums", "data"]);
    assert_eq!(names("ping"), ["ping"]);
}

#[test]
fn properties() {
    let mut talks: Vec<Vec<u8>> = vectors::read("navtelecom-synthetic.jsonl")
        .iter()
        .map(|line| {
            let (before, frame) = conversation(line);
            [before, frame].concat()
        })
        .collect();
    let recorded: Vec<Vec<u8>> =
        vectors::read("navtelecom.jsonl").iter().filter_map(vectors::bytes).collect();
    talks.push(recorded.concat());
    talks.extend(recorded);
    let pairs: Vec<Vec<u8>> = talks.windows(2).map(|pair| pair.concat()).collect();
    talks.extend(pairs);
    talks::check_properties(OURS, &talks);
}
