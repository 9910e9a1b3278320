//! GT06 and its kin: recorded frames, frames made for the alarms that no capture shows, damage, and properties.

use plomb_devices::{Decoded, Session, SessionConfig, gt06};
use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, Event, EventKind, Reading, Redacted, SealPart,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

/// One report, owned: device, frame, events, issues, replies.
type Report = (Option<String>, Vec<u8>, Vec<Event>, Vec<String>, Vec<u8>);

fn session(lenient: bool) -> Box<dyn Session> {
    gt06::session(SessionConfig { lenient, ..SessionConfig::default() })
}

fn reports(out: &Decoded) -> Vec<Report> {
    let report = |report: plomb_devices::ReportRef<'_>| {
        (
            report.device.map(|device| device.to_string()),
            report.frame.to_vec(),
            report.events.to_vec(),
            report.issues.iter().map(ToString::to_string).collect(),
            report.replies.to_vec(),
        )
    };
    out.reports().map(report).collect()
}

/// The reports of bytes that arrive in these parts.
fn decode<'a>(lenient: bool, parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Report> {
    let mut session = session(lenient);
    let mut out = Decoded::default();
    for part in parts {
        session.receive(vectors::now(), part, &mut out);
    }
    session.finish(vectors::now(), &mut out);
    reports(&out)
}

fn one(hex: &str) -> Report {
    let bytes = plomb_wire::from_hex(hex).unwrap();
    let mut all = decode(false, [bytes.as_slice()]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A frame with a right checksum.
fn frame(number: u8, content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x78, 0x78, u8::try_from(content.len() + 5).unwrap(), number];
    frame.extend_from_slice(content);
    frame.extend_from_slice(&[0x00, 0x2A]);
    let crc = plomb_wire::Crc16::X25.of(&frame[2..]);
    frame.extend_from_slice(&crc.to_be_bytes());
    frame.extend_from_slice(&[0x0D, 0x0A]);
    frame
}

fn intact_frames() -> Vec<Vec<u8>> {
    vectors::read("gt06.jsonl")
        .iter()
        .filter(|vector| vector["checksum_ok"] == Value::Bool(true) && vector["wire"] == "identical")
        .filter_map(vectors::bytes)
        .collect()
}

const LOGIN: &str = "78780d01012345678901234500018cdd0d0a";
const POSITION: &str = "787819100b031a0b1b31cc027ac7fd0c4657bf0115210001001cc6070d0a";

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let differences = vectors::compare(&vectors::run("gt06.jsonl", gt06::session));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn replies_are_those_of_the_reference() {
    for line in vectors::run("gt06.jsonl", gt06::session) {
        let Some(replies) = line.vector["replies"].as_array() else { continue };
        let expected: String =
            replies.iter().map(|r| r.as_str().unwrap().strip_prefix("hex:").unwrap()).collect();
        assert_eq!(plomb_wire::to_hex(&line.replies), expected, "{}", line.id);
    }
}

#[test]
fn intact_vectors_have_no_issues_and_damaged_ones_are_refused() {
    for vector in vectors::read("gt06.jsonl") {
        let Some(bytes) = vectors::bytes(&vector) else { continue };
        let all = decode(false, [bytes.as_slice()]);
        match vector["checksum_ok"].as_bool() {
            Some(true) => assert!(all.iter().all(|report| report.3.is_empty()), "{}: {all:?}", vector["id"]),
            Some(false) if vector["wire"] == "identical" => {
                assert!(
                    all.iter().all(|report| report.2.is_empty() && report.4.is_empty()),
                    "{}",
                    vector["id"]
                );
                assert!(all.iter().all(|report| !report.3.is_empty()), "{}", vector["id"]);
            }
            _ => {}
        }
    }
}

fn seal_of(event: &Event) -> Value {
    let parts = SealPart::ALL.into_iter().filter_map(|part| Some((part.name(), event.seal.part(part)?)));
    Value::Object(parts.map(|(name, whole)| (name.to_owned(), json!(whole))).collect())
}

#[test]
fn alarms_locks_and_tampering_are_read() {
    let mut session = session(false);
    for vector in vectors::read("gt06-synthetic.jsonl") {
        let mut out = Decoded::default();
        session.receive(vectors::now(), &vectors::bytes(&vector).unwrap(), &mut out);
        let id = &vector["id"];
        let all = reports(&out);
        assert_eq!(all.len(), 1, "{id}");
        let (device, _, events, issues, _) = &all[0];
        assert_eq!(device.as_deref(), Some("imei:866551030012345"), "{id}");
        assert!(issues.is_empty(), "{id}: {issues:?}");
        let expected = vector["plomb"]["events"].as_array().unwrap();
        assert_eq!(events.len(), expected.len(), "{id}");
        for (event, expected) in events.iter().zip(expected) {
            assert_eq!(json!(event.kind.name()), expected["kind"], "{id}");
            let signals: Vec<&str> = event.signals.iter().map(plomb_model::Signal::name).collect();
            assert_eq!(json!(signals), expected["signals"], "{id}");
            assert_eq!(seal_of(event), expected["seal"], "{id}");
            assert_eq!(json!(event.trust.seal.name()), expected["evidence"], "{id}");
            if let Some(text) = expected["text"].as_str() {
                assert!(event.readings.contains(&Reading::Text(text.into())), "{id}: {event:?}");
            }
            if let Some(secret) = expected["absent"].as_str() {
                assert!(!format!("{event:?}").contains(secret), "{id}");
                let description = gt06::describe(&vectors::bytes(&vector).unwrap());
                assert!(!format!("{description:?}").contains(secret), "{id}");
            }
        }
    }
}

#[test]
fn without_login_there_are_events_but_no_device() {
    let (device, _, events, issues, replies) = one(POSITION);
    assert_eq!((device, issues), (None, Vec::new()));
    assert_eq!(events[0].kind, EventKind::Position);
    assert!(events[0].position.is_some());
    assert_eq!(plomb_wire::to_hex(&replies), "78780510001ccdf10d0a");
}

#[test]
fn the_time_zone_of_the_login_moves_the_times_after_it() {
    // Model 0x100F, UTC-4 (400 x 16, bit 3 west).
    let mut login = plomb_wire::from_hex("0864717003664467").unwrap();
    login.extend_from_slice(&[0x10, 0x0F, 0x19, 0x08]);
    let bytes = [frame(0x01, &login), plomb_wire::from_hex(POSITION).unwrap()].concat();
    let all = decode(false, [bytes.as_slice()]);
    assert_eq!(all[1].2[0].occurred_at.unwrap().0.to_string(), "2011-03-26T15:27:49.000Z");
    // The first message fixes the zone: a later login does not move times.
    let again = [plomb_wire::from_hex(POSITION).unwrap(), bytes].concat();
    let all = decode(false, [again.as_slice()]);
    assert_eq!(all[2].2[0].occurred_at.unwrap().0.to_string(), "2011-03-26T11:27:49.000Z");
}

#[test]
fn impossible_fields_become_issues_and_the_rest_stays() {
    let good = plomb_wire::from_hex("0b031a0b1b31cc027ac7fd0c4657bf0115210001").unwrap();
    let mut month = good.clone();
    month[1] = 13;
    let all = decode(false, [frame(0x10, &month).as_slice()]);
    assert_eq!(all[0].3, ["at byte 4: no such date and time (found 11-13-26 11:27:49)"]);
    assert!(all[0].2[0].occurred_at.is_none() && all[0].2[0].position.is_some());
    let mut latitude = good.clone();
    latitude[7] = 0x0F;
    let all = decode(false, [frame(0x10, &latitude).as_slice()]);
    assert!(all[0].3[0].starts_with("at byte 11: latitude beyond 90 degrees"), "{:?}", all[0].3);
    assert!(all[0].2[0].occurred_at.is_some() && all[0].2[0].position.is_none());
    let all = decode(false, [frame(0x10, &good[..12]).as_slice()]);
    assert!(all[0].3[0].contains("message ends early"), "{:?}", all[0].3);
    assert!(all[0].2[0].occurred_at.is_some());
    let all = decode(false, [frame(0x01, &[0x01, 0x23, 0x45, 0x67, 0x89, 0x01, 0x23, 0x4F]).as_slice()]);
    assert_eq!((all[0].0.as_deref(), all[0].4.len()), (None, 0));
    assert!(all[0].3[0].contains("no equipment identity"));
}

#[test]
fn a_damaged_frame_is_an_issue_and_the_connection_lives_on() {
    let mut damaged = plomb_wire::from_hex(POSITION).unwrap();
    damaged[12] ^= 1;
    let good = plomb_wire::from_hex(POSITION).unwrap();
    let bytes = [damaged.as_slice(), &good].concat();
    let all = decode(false, [bytes.as_slice()]);
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].3, ["at byte 26: checksum differs (found 0xc607, computed 0xb8ed)"]);
    assert!(all[0].2.is_empty() && all[0].4.is_empty());
    assert!(all[1].3.is_empty() && all[1].2[0].position.is_some());
    let lenient = decode(true, [damaged.as_slice()]);
    assert!(!lenient[0].3.is_empty() && lenient[0].2[0].position.is_some() && !lenient[0].4.is_empty());
}

#[test]
fn a_false_start_does_not_hold_up_a_good_frame() {
    let good = plomb_wire::from_hex(POSITION).unwrap();
    for garbage in
        [&[0x79, 0x79, 0x0F, 0xF0][..], &[0x78, 0x78, 0xFF, 0x78], &[0x78, 0x78, 0x78], b"\r\nab\r\n"]
    {
        let mut session = session(false);
        let mut out = Decoded::default();
        session.receive(vectors::now(), &[garbage, &good].concat(), &mut out);
        let all = reports(&out);
        assert_eq!(all.len(), 2, "{garbage:02x?} {all:?}");
        assert_eq!((&all[0].1[..], &all[1].1), (garbage, &good));
        assert!(!all[0].3.is_empty() && all[1].3.is_empty());
    }
}

#[test]
fn captures_without_their_end_or_start_are_read_leniently() {
    let whole = plomb_wire::from_hex(POSITION).unwrap();
    for cut in [&whole[..whole.len() - 1], &whole[..whole.len() - 2], &whole[2..], &whole[2..whole.len() - 2]]
    {
        let all = decode(true, [cut]);
        assert_eq!(all.len(), 1);
        assert!(all[0].2[0].position.is_some() && !all[0].3.is_empty(), "{all:?}");
        assert!(decode(false, [cut])[0].2.is_empty());
    }
}

#[test]
fn long_noise_is_handed_out_in_bounded_pieces_however_it_is_cut() {
    // Marks and lengths in an order that has no pattern (a linear congruence), longer than any frame.
    let alphabet = [0x78, 0x78, 0x79, 0x79, 0x0D, 0x0A, 0x0F, 0x05, 0x00, 0xC3, 0x31];
    let mut state = 1_u32;
    let noise: Vec<u8> = (0..30_000)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            alphabet[usize::try_from(state >> 16).unwrap() % alphabet.len()]
        })
        .collect();
    let silence = vec![0xC3; 20_000];
    let open = [0x79, 0x79, 0x0F, 0xF0].repeat(5_000);
    for bytes in [noise, silence, open] {
        let good = plomb_wire::from_hex(POSITION).unwrap();
        let bytes = [bytes, good.clone()].concat();
        let all = decode(false, [bytes.as_slice()]);
        assert_eq!(all, decode(false, bytes.chunks(1)));
        assert_eq!(all, decode(false, bytes.chunks(1_000)));
        assert!(all.iter().all(|report| report.1.len() <= 4096));
        assert_eq!(all.last().unwrap().1, good);
        assert_eq!(all.iter().map(|report| report.1.len()).sum::<usize>(), bytes.len());
    }
}

#[test]
fn answers_find_their_commands() {
    let mut session = session(false);
    let mut out = Decoded::default();
    let text = Command::Text("Relay,1#".into());
    let refused = session.command(vectors::now(), None, CommandTicket(7), &text, &mut out);
    assert_eq!(refused, Err(CommandError::UnknownDevice));
    session.receive(vectors::now(), &plomb_wire::from_hex(LOGIN).unwrap(), &mut out);
    for (ticket, command) in [(7, text), (8, Command::Locate), (9, Command::Unlock { password: None })] {
        out.clear();
        session.command(vectors::now(), None, CommandTicket(ticket), &command, &mut out).unwrap();
    }
    let sent = plomb_wire::to_hex(out.all_replies());
    assert!(sent.starts_with("787811800b00000003") && sent.contains("554e4c4f434b23"), "{sent}");
    out.clear();
    let answer = [&[4 + 11, 0, 0, 0, 1][..], b"DYD=Success", &[0, 2]].concat();
    session.receive(vectors::now(), &frame(0x15, &answer), &mut out);
    let events = &reports(&out)[0].2;
    assert_eq!(events[0].kind, EventKind::CommandResult);
    let result = Reading::CommandResult { ticket: CommandTicket(7), outcome: CommandOutcome::Done };
    assert!(events[0].readings.contains(&result), "{events:?}");
    out.clear();
    let place = b"Current position!Lat:N23.111682,Lon:E114.409217,Course:0.00,Speed:0.00,DateTime:2017-09-28 11:27:41";
    let answer = [&[0, 0, 0, 2, 1][..], place].concat();
    session.receive(vectors::now(), &frame(0x21, &answer), &mut out);
    let events = &reports(&out)[0].2;
    assert_eq!(events[0].kind, EventKind::CommandResult);
    assert_eq!(events[0].position.unwrap().latitude.e7(), 231_116_820);
    assert_eq!(events[0].occurred_at.unwrap().0.to_string(), "2017-09-28T11:27:41.000Z");
    out.clear();
    // The same flag again: no command waits for it.
    session.receive(vectors::now(), &frame(0x21, &answer), &mut out);
    assert_eq!(reports(&out)[0].2[0].kind, EventKind::Message);
}

#[test]
fn commands_keep_their_limits_and_passwords() {
    let mut session = session(false);
    let mut out = Decoded::default();
    session.receive(vectors::now(), &plomb_wire::from_hex(LOGIN).unwrap(), &mut out);
    let mut send =
        |command: Command| session.command(vectors::now(), None, CommandTicket(1), &command, &mut out);
    assert_eq!(send(Command::Lock), Err(CommandError::Unsupported { protocol: "gt06" }));
    assert!(matches!(send(Command::Text("a\r\nb".into())), Err(CommandError::Value { .. })));
    assert!(matches!(send(Command::Text("x".repeat(246).into())), Err(CommandError::Value { .. })));
    assert!(send(Command::Text("x".repeat(245).into())).is_ok());
    assert!(matches!(
        send(Command::ReportingInterval { seconds: 1, wake_min: None }),
        Err(CommandError::Value { .. })
    ));
    assert!(send(Command::ReportingInterval { seconds: 30, wake_min: None }).is_ok());
    let change = Command::ChangePassword { old: Redacted::new("666666"), new: Redacted::new("975310") };
    assert!(send(change).is_ok());
    for _ in 3..32 {
        assert!(send(Command::Restart).is_ok());
    }
    assert_eq!(send(Command::Restart), Err(CommandError::TooMany { waiting: 32 }));
    let frames = decode(false, [out.all_replies()]);
    let change = frames.iter().find(|report| report.1.windows(6).any(|bytes| bytes == b"975310")).unwrap();
    assert!(!format!("{:?}", gt06::describe(&change.1)).contains("975310"));
    out.clear();
    // The answer to a change of password is not kept: it may repeat it in any words.
    let answer = [&[4 + 14, 0, 0, 0, 3][..], b"new key 975310", &[0, 2]].concat();
    session.receive(vectors::now(), &frame(0x15, &answer), &mut out);
    assert!(!format!("{:?}", reports(&out)[0].2).contains("975310"));
}

#[test]
fn the_time_is_told_and_pictures_are_fetched() {
    let all = decode(false, [frame(0x8A, &[]).as_slice()]);
    assert!(plomb_wire::to_hex(&all[0].4).starts_with("78780b8a1a09010c0000002a"), "{:02x?}", all[0].4);
    let mut session = session(false);
    let mut out = Decoded::default();
    let announced =
        plomb_wire::from_hex("78781f3511061a0b24330503107d06084889cb01000100000cfa20e3acd301333fcb0d0a");
    session.receive(vectors::now(), &announced.unwrap(), &mut out);
    for (offset, length, next) in
        [(0_u32, 1024_u16, Some(1024_u32)), (1024, 1024, Some(2048)), (2048, 1274, None)]
    {
        let mut content = vec![0x36, 0x20, 0xE3, 0xAC, 0xD3];
        content.extend_from_slice(&offset.to_be_bytes());
        content.extend_from_slice(&length.to_be_bytes());
        content.resize(content.len() + usize::from(length), 0xD8);
        content.extend_from_slice(&[0, 1]);
        let counted = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
        let mut part = [&[0x79, 0x79][..], &counted, &content].concat();
        let crc = plomb_wire::Crc16::X25.of(&part[2..]);
        part.extend_from_slice(&crc.to_be_bytes());
        part.extend_from_slice(&[0x0D, 0x0A]);
        out.clear();
        session.receive(vectors::now(), &part, &mut out);
        let all = reports(&out);
        assert_eq!(all[0].2[0].kind, EventKind::Media);
        assert_eq!(all[0].4.get(8..12), next.map(u32::to_be_bytes).as_ref().map(|bytes| &bytes[..]));
    }
}

#[test]
fn descriptions_cover_every_frame() {
    for vector in vectors::read("gt06.jsonl") {
        let Some(bytes) = vectors::bytes(&vector) else { continue };
        let description = gt06::describe(&bytes);
        assert!(description.fields.len() >= 3, "{}: {description:?}", vector["id"]);
        assert!(description.fields.iter().all(|field| field.offset + field.length <= bytes.len()));
    }
    let description = gt06::describe(&plomb_wire::from_hex(POSITION).unwrap());
    assert_eq!(description.name, "0x10 GPS");
    let latitude = description.fields.iter().find(|field| field.name == "latitude").unwrap();
    assert_eq!((latitude.offset, latitude.length, latitude.value.as_str()), (11, 4, "23.111678"));
}

/// Bytes as a stream may hold them: frames, marks, noise.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let frames = intact_frames();
    let piece = prop_oneof![
        4 => proptest::sample::select(frames),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => proptest::collection::vec(proptest::sample::select(vec![0x78, 0x79, 0x0D, 0x0A, 0x05, 0x00]), 0..12),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reads_may_be_cut_anywhere(bytes in stream(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8), lenient: bool) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(lenient, parts), decode(lenient, [bytes.as_slice()]));
        prop_assert_eq!(decode(lenient, bytes.chunks(1)), decode(lenient, [bytes.as_slice()]));
    }

    #[test]
    fn every_byte_is_in_one_report(bytes in prop_oneof![stream(), proptest::collection::vec(any::<u8>(), 0..600)], lenient: bool) {
        let all = decode(lenient, [bytes.as_slice()]);
        let together: Vec<u8> = all.iter().flat_map(|report| report.1.clone()).collect();
        prop_assert_eq!(together, bytes.clone());
        prop_assert!(!gt06::describe(&bytes).name.is_empty());
    }

    #[test]
    fn a_good_frame_after_garbage_is_found(garbage in proptest::collection::vec(any::<u8>(), 0..300), which: prop::sample::Index) {
        let frames = intact_frames();
        let good = which.get(&frames);
        let mut session = session(false);
        let mut out = Decoded::default();
        session.receive(vectors::now(), &[garbage.as_slice(), good].concat(), &mut out);
        prop_assert!(out.reports().any(|report| report.frame == good && report.issues.is_empty()));
    }

    #[test]
    fn contents_of_any_shape_do_no_harm(number: u8, extended: bool, content in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = frame(number, &content);
        if extended {
            bytes = [&[0x79, 0x79, 0x00][..], &bytes[2..bytes.len() - 4]].concat();
            let crc = plomb_wire::Crc16::X25.of(&bytes[2..]);
            bytes.extend_from_slice(&crc.to_be_bytes());
            bytes.extend_from_slice(&[0x0D, 0x0A]);
        }
        let all = decode(false, [bytes.as_slice()]);
        prop_assert!(all.iter().any(|report| !report.2.is_empty()));
        prop_assert!(gt06::describe(&bytes).fields.iter().all(|field| field.offset + field.length <= bytes.len()));
    }
}
