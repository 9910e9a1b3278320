//! Meitrack: recorded frames, locks and alarms made from the layouts, damage, commands, and properties.

use plomb_devices::{Decoded, Session, SessionConfig, meitrack};
use plomb_model::{Command, CommandOutcome, CommandTicket, Event, EventKind, Reading, SealPart, Signal};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

/// One report, owned: device, frame, events, issues, replies.
type Report = (Option<String>, Vec<u8>, Vec<Event>, Vec<String>, Vec<u8>);

fn session() -> Box<dyn Session> {
    meitrack::session(SessionConfig::default())
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

fn decode<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<Report> {
    let mut session = session();
    let mut out = Decoded::default();
    for part in parts {
        session.receive(vectors::now(), part, &mut out);
    }
    session.finish(vectors::now(), &mut out);
    reports(&out)
}

fn frames() -> Vec<Vec<u8>> {
    ["meitrack.jsonl", "meitrack-synthetic.jsonl"]
        .into_iter()
        .flat_map(vectors::read)
        .filter_map(|vector| vectors::bytes(&vector))
        .collect()
}

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let differences = vectors::compare(&vectors::run("meitrack.jsonl", meitrack::session));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn records_are_answered_with_their_number() {
    let mut answered = 0;
    for line in vectors::run("meitrack.jsonl", meitrack::session) {
        for reply in line.vector["replies"].as_array().unwrap() {
            let expected = reply.as_str().unwrap().strip_prefix("text:").unwrap();
            assert_eq!(String::from_utf8_lossy(&line.replies), expected, "{}", line.id);
            answered += 1;
        }
    }
    assert!(answered >= 2);
}

#[test]
fn locks_and_alarms_are_read_and_damage_is_not() {
    for vector in vectors::read("meitrack-synthetic.jsonl") {
        let id = &vector["id"];
        let all = decode([vectors::bytes(&vector).unwrap().as_slice()]);
        let expected = vector["plomb"]["events"].as_array().unwrap();
        assert_eq!(all[0].2.len(), expected.len(), "{id}");
        let Some(expected) = expected.first() else {
            assert!(all[0].3[0].contains("checksum differs"), "{id}");
            continue;
        };
        assert_eq!(all[0].0.as_deref(), Some("imei:861234567890123"), "{id}");
        assert!(all[0].3.is_empty(), "{id}");
        let event = &all[0].2[0];
        assert_eq!(json!(event.kind.name()), expected["kind"], "{id}");
        let signals: Vec<&str> = event.signals.iter().map(Signal::name).collect();
        assert_eq!(json!(signals), expected["signals"], "{id}");
        let parts = SealPart::ALL.into_iter().filter_map(|part| Some((part.name(), event.seal.part(part)?)));
        let seal = Value::Object(parts.map(|(name, whole)| (name.to_owned(), json!(whole))).collect());
        assert_eq!(seal, expected["seal"], "{id}");
        assert_eq!(event.position.unwrap().latitude.e7(), 543_227_180, "{id}");
    }
}

#[test]
fn a_command_is_sent_and_its_answer_found() {
    let mut session = session();
    let mut out = Decoded::default();
    assert!(session.command(vectors::now(), None, CommandTicket(1), &Command::Locate, &mut out).is_err());
    let hello = vectors::bytes(&vectors::read("meitrack-synthetic.jsonl")[0]).unwrap();
    session.receive(vectors::now(), &hello, &mut out);
    out.clear();
    session.command(vectors::now(), None, CommandTicket(1), &Command::Locate, &mut out).unwrap();
    let sent = String::from_utf8_lossy(out.all_replies()).into_owned();
    assert!(sent.starts_with("@@A25,861234567890123,A10*") && sent.ends_with("\r\n"), "{sent}");
    assert_eq!(sent.len(), "@@A25".len() + 25);
    let every = Command::ReportingInterval { seconds: 60, wake_min: None };
    session.command(vectors::now(), None, CommandTicket(2), &every, &mut out).unwrap();
    assert!(session.command(vectors::now(), None, CommandTicket(3), &Command::Lock, &mut out).is_err());
    out.clear();
    let mut answer = b"$$B28,861234567890123,A12,OK*".to_vec();
    let sum = plomb_wire::sum8(&answer);
    answer.extend_from_slice(format!("{sum:02X}\r\n").as_bytes());
    session.receive(vectors::now(), &answer, &mut out);
    let all = reports(&out);
    assert_eq!(all[0].2[0].kind, EventKind::CommandResult);
    let expected = Reading::CommandResult { ticket: CommandTicket(2), outcome: CommandOutcome::Done };
    assert!(all[0].2[0].readings.contains(&expected));
}

#[test]
fn a_cut_frame_is_an_issue_and_the_next_is_read() {
    let good = vectors::bytes(&vectors::read("meitrack-synthetic.jsonl")[0]).unwrap();
    let all = decode([[b"$$junk".as_slice(), good.as_slice()].concat().as_slice()]);
    assert!(all[0].2.is_empty() && all[0].3[0].contains("outside any frame"));
    assert_eq!(all[1].1, good);
    let all = decode([&good[..40]]);
    assert!(all[0].2.is_empty() && all[0].3[0].contains("incomplete"));
}

#[test]
fn descriptions_cover_every_frame() {
    for frame in frames() {
        let description = meitrack::describe(&frame);
        assert!(description.fields.iter().all(|field| field.offset + field.length <= frame.len()));
        assert!(!description.name.is_empty());
    }
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let frames = frames();
    let piece = prop_oneof![
        4 => proptest::sample::select(frames.clone()),
        1 => (proptest::sample::select(frames), any::<prop::sample::Index>()).prop_map(|(frame, cut)| frame[..cut.index(frame.len())].to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => proptest::collection::vec(proptest::sample::select(b"$$A30,*\r\n".to_vec()), 0..12),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn reads_may_be_cut_anywhere(bytes in stream(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(parts), decode([bytes.as_slice()]));
    }

    #[test]
    fn every_byte_is_in_one_report(bytes in prop_oneof![stream(), proptest::collection::vec(any::<u8>(), 0..600)], flip: prop::sample::Index, bit in 0..8_u32) {
        let mut bytes = bytes;
        if !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        let together: Vec<u8> = decode([bytes.as_slice()]).iter().flat_map(|report| report.1.clone()).collect();
        prop_assert_eq!(together, bytes.clone());
        prop_assert!(!meitrack::describe(&bytes).name.is_empty());
    }
}
