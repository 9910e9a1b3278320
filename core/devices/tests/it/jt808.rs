//! JT/T 808: recorded and synthetic frames, and what holds for any stream. Conversations are in `jt808_talk.rs`.

use plomb_devices::{Decoded, Session, SessionConfig, jt808};
use plomb_model::{DeviceId, Event, Issue, Reading, SealPart};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::vectors;

/// A message between two flags, escaped, with its checksum.
pub(crate) fn wire(content: &[u8]) -> Vec<u8> {
    let checksum = content.iter().fold(0, |sum, byte| sum ^ byte);
    let mut wire = vec![0x7E];
    for byte in content.iter().chain([&checksum]) {
        match byte {
            0x7D => wire.extend([0x7D, 0x01]),
            0x7E => wire.extend([0x7D, 0x02]),
            _ => wire.push(*byte),
        }
    }
    wire.push(0x7E);
    wire
}

/// Takes the escapes back: header, body and checksum.
pub(crate) fn content(wire: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    let mut bytes = wire[1..wire.len() - 1].iter();
    while let Some(byte) = bytes.next() {
        content.push(match byte {
            0x7D => 0x7C + bytes.next().unwrap(),
            _ => *byte,
        });
    }
    content
}

/// What was made of a stream: every report with all that it holds.
type Reports = Vec<(Option<DeviceId>, Vec<u8>, Vec<Event>, Vec<Issue>, Vec<u8>)>;

fn reports(out: &Decoded) -> Reports {
    let whole = |r: plomb_devices::ReportRef<'_>| {
        (r.device, r.frame.to_vec(), r.events.to_vec(), r.issues.to_vec(), r.replies.to_vec())
    };
    out.reports().map(whole).collect()
}

fn strict() -> Box<dyn Session> {
    jt808::session(SessionConfig::default())
}

fn lenient() -> Box<dyn Session> {
    jt808::session(SessionConfig { lenient: true, ..SessionConfig::default() })
}

fn run<'a>(mut session: Box<dyn Session>, pieces: impl IntoIterator<Item = &'a [u8]>) -> Reports {
    let mut out = Decoded::default();
    for piece in pieces {
        session.receive(vectors::now(), piece, &mut out);
    }
    session.finish(vectors::now(), &mut out);
    reports(&out)
}

/// Every whole frame of the vectors, one after another.
fn stream() -> Vec<u8> {
    let good = |vector: &Value| vector["wire"] == "identical" && vector["checksum_ok"] != false;
    let recorded = vectors::read("jt808.jsonl").into_iter().filter(good);
    let all = recorded.chain(vectors::read("jt808-synthetic.jsonl"));
    all.filter_map(|vector| vectors::bytes(&vector)).flatten().collect()
}

#[test]
fn recorded_frames_decode_as_the_reference_has_them() {
    let lines = vectors::run("jt808.jsonl", jt808::session);
    let differences = vectors::compare(&lines);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    for line in lines.iter().filter(|line| line.vector["wire"] == "identical") {
        let damaged = line.vector["checksum_ok"] == false;
        let refused = line.vector["plomb"]["differs"].as_str().is_some_and(|why| why.contains("refusal"));
        assert_eq!(line.issues.is_empty(), !damaged && !refused, "{}: {:?}", line.id, line.issues);
    }
}

/// The reference gives every answer the serial number 0, and its answers are noted before they are escaped.
#[test]
fn answers_are_those_of_the_reference_but_for_our_serial_number() {
    let without_serial = |mut content: Vec<u8>| {
        content.pop();
        if content[..2] == [0x80, 0x01] {
            content[10..12].fill(0);
        }
        content
    };
    for line in vectors::run("jt808.jsonl", jt808::session) {
        if line.vector["plomb"]["differs"].as_str().is_some_and(|why| why.contains("code")) {
            continue;
        }
        let expected = line.vector["replies"][0].as_str().and_then(|reply| reply.strip_prefix("hex:"));
        let expected = expected.map(|hex| {
            let noted = plomb_wire::from_hex(hex).unwrap();
            without_serial(noted[1..noted.len() - 1].to_vec())
        });
        let found = (!line.replies.is_empty()).then(|| without_serial(content(&line.replies)));
        assert_eq!(found, expected, "{}", line.id);
    }
}

/// A word of each part of an event, as the synthetic vectors write them.
fn told(event: &Event) -> Value {
    let seal: serde_json::Map<String, Value> = SealPart::ALL
        .into_iter()
        .filter_map(|part| Some((part.name().to_owned(), json!(event.seal.part(part)?))))
        .collect();
    let mut signals: Vec<&str> = event.signals.iter().map(|signal| signal.name()).collect();
    signals.sort_unstable();
    let mut told = json!({
        "kind": event.kind.name(),
        "signals": signals,
        "seal": seal,
        "evidence": event.trust.seal.name(),
        "occurred_at": event.occurred_at.map(|at| at.0.to_string()),
        "position": event.position.is_some(),
        "delivery": event.delivery.name(),
        "peripheral": event.peripheral.map(|device| device.to_string()),
    });
    for reading in &event.readings {
        match reading {
            Reading::Unlock(unlock) => {
                let card = unlock.card.as_ref().map(|card| &*card.0);
                let (method, verdict) = (format!("{:?}", unlock.method), format!("{:?}", unlock.verdict));
                told["unlock"] = json!([method, verdict, card]);
            }
            Reading::Card(card) => told["card"] = json!(&*card.0),
            Reading::CutCount(cuts) => told["cuts"] = json!(cuts),
            _ => {}
        }
    }
    told
}

#[test]
fn security_cases_that_no_capture_shows() {
    let mut session = strict();
    for vector in vectors::read("jt808-synthetic.jsonl") {
        let why = &vector["why"];
        let frame = vectors::bytes(&vector).unwrap();
        let mut out = Decoded::default();
        session.receive(vectors::now(), &frame, &mut out);
        assert_eq!(out.len(), 1, "{why}");
        let report = out.reports().next().unwrap();
        assert_eq!(
            Some(report.issues.len()),
            vector["plomb"]["issues"].as_u64().map(|n| n as usize),
            "{why}"
        );
        let expected = vector["plomb"]["events"].as_array().unwrap();
        assert_eq!(report.events.len(), expected.len(), "{why}");
        for (event, expected) in report.events.iter().zip(expected) {
            let mut expected = expected.clone();
            let secret = expected.as_object_mut().unwrap().remove("secret");
            let told = told(event);
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(told[name], *value, "{why}: {name}");
            }
            if expected["unlock"].is_null() {
                assert!(told["unlock"].is_null(), "{why}");
            }
            if let Some(secret) = secret {
                assert_hidden(secret.as_str().unwrap(), &frame, event, &out);
            }
        }
    }
}

/// The secret is in the frame and nowhere else: not as text, hex or list of bytes.
fn assert_hidden(secret: &str, frame: &[u8], event: &Event, out: &Decoded) {
    assert!(frame.windows(secret.len()).any(|window| window == secret.as_bytes()));
    let issues: Vec<_> = out.reports().flat_map(|report| report.issues.to_vec()).collect();
    let shown = format!("{event:?} {issues:?} {:?}", jt808::describe(frame));
    let list = format!("{:?}", secret.as_bytes());
    for hidden in [secret, &plomb_wire::to_hex(secret.as_bytes()), list.trim_matches(['[', ']'])] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}

#[test]
fn every_frame_can_be_laid_open() {
    for vector in vectors::read("jt808.jsonl").iter().chain(&vectors::read("jt808-synthetic.jsonl")) {
        let Some(frame) = vectors::bytes(vector) else { continue };
        let description = jt808::describe(&frame);
        for field in &description.fields {
            assert!(field.offset + field.length <= frame.len(), "{}: {field:?}", vector["id"]);
        }
        if vector["assertion"] != "verifyFrame" {
            assert!(description.fields.len() >= 5, "{}: {description:?}", vector["id"]);
        }
    }
}

#[test]
fn fields_are_laid_open_where_they_stand_on_the_wire() {
    let mut body = vec![0; 28];
    body[3] = 0x7E;
    let frame = wire(&[&[2, 0, 0, 28, 1, 2, 3, 4, 5, 6, 0, 1][..], &body].concat());
    let fields = jt808::describe(&frame).fields;
    let status = fields.iter().find(|field| field.name == "status").unwrap();
    assert_eq!((status.offset, status.length), (18, 4), "one byte later for the escape before it");
    let alarm = fields.iter().find(|field| field.name == "alarm flags").unwrap();
    assert_eq!((alarm.offset, alarm.length, alarm.value.as_str()), (13, 5, "0x0000007e"));
}

#[test]
fn a_damaged_frame_is_an_issue_and_the_connection_lives_on() {
    let good = stream();
    let first = good[1..].iter().position(|byte| *byte == 0x7E).unwrap() + 2;
    let frame = &good[..first];
    for place in 1..first - 1 {
        let mut damaged = frame.to_vec();
        damaged[place] ^= 0x01;
        if damaged[place] == 0x7E {
            continue;
        }
        let reports = run(strict(), [&damaged[..], frame]);
        let (bad, last) = (&reports[..reports.len() - 1], reports.last().unwrap());
        assert!(
            !bad.is_empty() && bad.iter().all(|r| !r.3.is_empty() && r.2.is_empty() && r.4.is_empty()),
            "{place}"
        );
        assert_eq!((last.1.as_slice(), last.3.len()), (frame, 0), "{place}");
        assert!(!last.2.is_empty());
    }
    let tolerated = run(lenient(), [&[frame, &[]].concat()[..]]);
    assert_eq!(tolerated[0].2.len(), 1);
}

#[test]
fn a_lenient_session_reads_what_capture_tools_leave() {
    let body =
        [&[0; 8][..], &[1, 0x58, 0x7D, 1, 6, 0xCB, 0xFF, 0x66, 0, 0, 0, 0, 0, 0], &[0x26, 1, 1, 0x12, 0, 0]];
    let content = [&[2, 0, 0, 28, 1, 2, 3, 4, 5, 6, 0, 9][..], &body.concat()].concat();
    let checksum = content.iter().fold(0, |sum, byte| sum ^ byte);
    let bare = [&content[..], &[checksum]].concat();
    let unescaped = [&[0x7E][..], &bare, &[0x7E]].concat();
    let mut wrong = wire(&content);
    let last = wrong.len() - 2;
    wrong[last] ^= 1;
    let cut = wire(&content)[..last].to_vec();
    for (what, bytes) in [("bare", bare), ("unescaped", unescaped), ("wrong", wrong), ("cut", cut)] {
        let reports = run(lenient(), [&bytes[..]]);
        assert_eq!(reports.len(), 1, "{what}");
        let (device, frame, events, issues, _) = &reports[0];
        assert_eq!(device.unwrap().value(), "010203040506", "{what}");
        assert_eq!((frame, events.len(), issues.len()), (&bytes, 1, 1), "{what}");
        assert!((events[0].position.unwrap().longitude.degrees() - 114.032_486).abs() < 1e-9, "{what}");
    }
}

#[test]
fn the_other_dialect_is_read_and_answered_in_kind() {
    let mut content = vec![0x02, 0, 0, 28, 1, 2, 3, 4, 5, 6, 0, 9];
    content.extend([0, 0, 0, 0, 0, 0, 0, 2, 1, 0x58, 0xE7, 0x3E, 6, 0xCB, 0xE6, 0x3D, 0, 0, 0, 0, 0, 0]);
    content.extend([0x26, 1, 1, 0x12, 0, 0]);
    content.push(content.iter().fold(0, |sum, byte| sum ^ byte));
    let mut wire = vec![0xE7];
    for byte in &content {
        match byte {
            0xE7 => wire.extend([0xE6, 2]),
            0xE6 => wire.extend([0xE6, 1]),
            0x3E => wire.extend([0x3E, 1]),
            0x3D => wire.extend([0x3E, 2]),
            _ => wire.push(*byte),
        }
    }
    wire.push(0xE7);
    let garbage = [0xE7, 1, 2, 3];
    let reports = run(strict(), [&garbage[..], &wire]);
    assert_eq!((reports.len(), &reports[1].1), (2, &wire));
    let position = reports[1].2[0].position.unwrap();
    assert_eq!(position.latitude.e7(), 0x0158_E73E * 10);
    let answer = &reports[1].4;
    assert_eq!((answer.first(), answer.last()), (Some(&0xE7), Some(&0xE7)));
    assert_eq!(answer[1..3], [0x80, 0x01]);
}

#[test]
fn packages_are_put_together_in_any_order() {
    let lines = vectors::read("jt808-synthetic.jsonl");
    let packages: Vec<Vec<u8>> = lines
        .iter()
        .filter(|line| line["why"].as_str().unwrap().contains("of two packages"))
        .map(|line| vectors::bytes(line).unwrap())
        .collect();
    let reports = run(strict(), [&packages[1][..], &packages[1], &packages[0]]);
    let events: Vec<usize> = reports.iter().map(|report| report.2.len()).collect();
    assert_eq!(events, [0, 0, 2]);
    assert!(reports.iter().all(|report| report.3.is_empty() && !report.4.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn where_a_stream_is_cut_makes_no_difference(
        noise in prop::collection::vec(any::<u8>(), 0..40),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let bytes = [&noise[..], &stream(), &noise].concat();
        let whole = run(strict(), [&bytes[..]]);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&whole, &run(strict(), pieces));
    }

    #[test]
    fn random_bytes_are_all_accounted_for(
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(vec![0x7E_u8, 0x7D, 0xE7, 0x28, 0x02, 0x00, 0x01])],
            0..600,
        ),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(bytes.len() + 1);
        for open in [strict, lenient] {
            let reports = run(open(), [&bytes[..cut], &bytes[cut..]]);
            let seen: Vec<u8> = reports.iter().flat_map(|report| report.1.clone()).collect();
            prop_assert_eq!(&seen, &bytes);
        }
        let _ = jt808::describe(&bytes);
    }

    #[test]
    fn random_bodies_never_panic_and_always_report(
        message in prop::sample::select(vec![
            0x0001_u16, 0x0002, 0x0100, 0x0102, 0x0104, 0x0107, 0x0200, 0x0201, 0x0210, 0x0500, 0x0702, 0x0704,
            0x0800, 0x0801, 0x0900, 0x1300, 0x2070, 0x5501, 0x5502, 0x6006, 0x1234,
        ]),
        bits in prop::sample::select(vec![0_u8, 0x20, 0x40, 0x60, 0x80]),
        body in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let [a, b] = message.to_be_bytes();
        let [c, d] = (body.len() as u16).to_be_bytes();
        let frame = wire(&[&[a, b, c | bits, d, 1, 2, 3, 4, 5, 6, 0, 1][..], &body].concat());
        for open in [strict, lenient] {
            let reports = run(open(), [&frame[..]]);
            prop_assert!(!reports.is_empty());
        }
        let _ = jt808::describe(&frame);
    }

    #[test]
    fn a_good_frame_after_garbage_is_found(garbage in prop::collection::vec(any::<u8>(), 0..200)) {
        let frame = wire(&[&[0, 2, 0, 0, 1, 2, 3, 4, 5, 6, 0, 1][..], &[]].concat());
        let reports = run(strict(), [&garbage[..], &frame]);
        prop_assert!(reports.iter().any(|report| report.1 == frame && report.2.len() == 1));
    }
}
