//! Topflytech: recorded frames of the four families, security cases made from the layouts, damage, and properties.

use plomb_devices::{Decoded, Session, SessionConfig, topflytech};
use plomb_model::{
    CardNumber, Command, CommandOutcome, CommandTicket, Delivery, Event, EventKind, Reading, SealPart, Signal,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

/// One report, owned: device, frame, events, issues, replies.
type Report = (Option<String>, Vec<u8>, Vec<Event>, Vec<String>, Vec<u8>);

fn session() -> Box<dyn Session> {
    topflytech::session(SessionConfig::default())
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
    ["topflytech.jsonl", "topflytech-synthetic.jsonl"]
        .into_iter()
        .flat_map(vectors::read)
        .filter_map(|vector| vectors::bytes(&vector))
        .collect()
}

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let differences = vectors::compare(&vectors::run("topflytech.jsonl", topflytech::session));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_reference_replies_are_ours() {
    for line in vectors::run("topflytech.jsonl", topflytech::session) {
        for reply in line.vector["replies"].as_array().unwrap() {
            let expected = reply.as_str().unwrap().strip_prefix("hex:").unwrap();
            assert_eq!(plomb_wire::to_hex(&line.replies), expected, "{}", line.id);
        }
    }
}

#[test]
fn recorded_frames_have_no_issues() {
    for frame in frames() {
        let all = decode([frame.as_slice()]);
        assert!(all.iter().all(|report| report.3.is_empty() && !report.2.is_empty()), "{all:?}");
    }
}

#[test]
fn locks_doors_and_tampering_are_read() {
    for vector in vectors::read("topflytech-synthetic.jsonl") {
        let id = &vector["id"];
        let all = decode([vectors::bytes(&vector).unwrap().as_slice()]);
        assert_eq!(all[0].0.as_deref(), Some("imei:866425032880785"), "{id}");
        let (event, expected) = (&all[0].2[0], &vector["plomb"]["events"][0]);
        assert_eq!(json!(event.kind.name()), expected["kind"], "{id}");
        let signals: Vec<&str> = event.signals.iter().map(Signal::name).collect();
        assert_eq!(json!(signals), expected["signals"], "{id}");
        let parts = SealPart::ALL.into_iter().filter_map(|part| Some((part.name(), event.seal.part(part)?)));
        let seal = Value::Object(parts.map(|(name, whole)| (name.to_owned(), json!(whole))).collect());
        assert_eq!(seal, expected["seal"], "{id}");
        assert_eq!(json!(event.trust.seal.name()), expected["evidence"], "{id}");
        assert_eq!(event.delivery == Delivery::Buffered, expected["buffered"] == true, "{id}");
        assert_eq!(event.occurred_at.unwrap().0.to_string(), "2026-09-01T08:15:30.000Z", "{id}");
        if let Some(card) = expected["card"].as_str() {
            assert!(event.readings.contains(&Reading::Card(CardNumber(card.into()))), "{id}");
        }
    }
}

#[test]
fn an_alarm_is_answered_with_its_code() {
    let vector = &vectors::read("topflytech-synthetic.jsonl")[0];
    let all = decode([vectors::bytes(vector).unwrap().as_slice()]);
    assert_eq!(plomb_wire::to_hex(&all[0].4), "27270400100007086642503288078502");
}

#[test]
fn a_command_is_sent_and_its_answer_found() {
    let mut session = session();
    let mut out = Decoded::default();
    let text = Command::Text("RELAY,0000,On#".into());
    assert!(session.command(vectors::now(), None, CommandTicket(1), &text, &mut out).is_err());
    let heartbeat = plomb_wire::from_hex("232303000f00000123456789012345").unwrap();
    session.receive(vectors::now(), &heartbeat, &mut out);
    out.clear();
    session.command(vectors::now(), None, CommandTicket(1), &text, &mut out).unwrap();
    assert_eq!(
        plomb_wire::to_hex(out.all_replies()),
        "232381001e000101234567890123450152454c41592c303030302c4f6e23"
    );
    assert!(session.command(vectors::now(), None, CommandTicket(2), &Command::Lock, &mut out).is_err());
    out.clear();
    let answer = plomb_wire::from_hex("232381001400010123456789012345014f004b00").unwrap();
    session.receive(vectors::now(), &answer, &mut out);
    let all = reports(&out);
    assert_eq!(all[0].2[0].kind, EventKind::CommandResult);
    let expected = Reading::CommandResult { ticket: CommandTicket(1), outcome: CommandOutcome::Answered };
    assert!(all[0].2[0].readings.contains(&expected));
    assert!(all[0].2[0].readings.contains(&Reading::Text("OK".into())));
}

#[test]
fn a_damaged_head_is_an_issue_and_the_next_frame_is_read() {
    let good = frames().remove(0);
    let mut bad = good.clone();
    bad[8] = 0xFF;
    let all = decode([[bad, good.clone()].concat().as_slice()]);
    assert!(all[0].2.is_empty() && all[0].3[0].contains("outside any frame"));
    assert_eq!(all.last().unwrap().1, good);
    let all = decode([&good[..40]]);
    assert!(all[0].2.is_empty() && all[0].3[0].contains("incomplete"));
}

#[test]
fn descriptions_cover_every_frame() {
    for frame in frames() {
        let description = topflytech::describe(&frame);
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
        2 => proptest::collection::vec(proptest::sample::select(vec![0x23, 0x25, 0x27, 0x02, 0x00]), 0..12),
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
        prop_assert!(!topflytech::describe(&bytes).name.is_empty());
    }
}
