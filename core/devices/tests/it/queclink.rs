//! Queclink @Track: recorded frames of the three forms, events by name, damage, and properties.

use plomb_devices::{Decoded, Session, SessionConfig, queclink};
use plomb_model::{Command, CommandOutcome, CommandTicket, Delivery, Event, EventKind, Fix, Reading, Signal};
use proptest::prelude::*;

use crate::vectors;

/// One report, owned: device, frame, events, issues, replies.
type Report = (Option<String>, Vec<u8>, Vec<Event>, Vec<String>, Vec<u8>);

fn session(lenient: bool) -> Box<dyn Session> {
    queclink::session(SessionConfig { lenient, ..SessionConfig::default() })
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
    let mut session = session(false);
    let mut out = Decoded::default();
    for part in parts {
        session.receive(vectors::now(), part, &mut out);
    }
    session.finish(vectors::now(), &mut out);
    reports(&out)
}

fn one(text: &str) -> Report {
    let mut all = decode([text.as_bytes()]);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// A synthetic report of the GL300 manual's layout.
fn event(name: &str, head: &str) -> Event {
    let text = format!(
        "+RESP:GT{name},1A0102,135790246811220,,{head},1,4.3,92,70.0,121.354335,31.222073,20090214013254,0460,0000,18d8,6141,00,2000.0,20090214093254,11F0$"
    );
    let (_, _, mut events, issues, _) = one(&text);
    assert!(issues.is_empty(), "{issues:?}");
    events.remove(0)
}

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let differences = vectors::compare(&vectors::run("queclink.jsonl", queclink::session));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_strict_session_reads_the_recorded_frames_too() {
    for vector in vectors::read("queclink.jsonl") {
        let Some(bytes) = vectors::bytes(&vector) else { continue };
        let all = decode([bytes.as_slice()]);
        assert!(all.iter().any(|report| !report.2.is_empty()), "{}: {all:?}", vector["id"]);
    }
}

#[test]
fn synthetic_frames_mean_what_they_say() {
    for vector in vectors::read("queclink-synthetic.jsonl") {
        let (_, _, events, issues, _) = one(vector["text"].as_str().unwrap());
        let expected = vector["plomb"]["events"].as_array().unwrap();
        assert_eq!(events.len(), expected.len(), "{}", vector["id"]);
        assert_eq!(issues.is_empty(), !expected.is_empty(), "{}", vector["id"]);
        for (event, expected) in events.iter().zip(expected) {
            assert_eq!(event.kind.name(), expected["kind"], "{}", vector["id"]);
            let signals: Vec<&str> = event.signals.iter().map(Signal::name).collect();
            assert_eq!(serde_json::json!(signals), expected["signals"], "{}", vector["id"]);
        }
    }
}

#[test]
fn events_are_told_by_their_names() {
    for (name, head, signal) in [
        ("SOS", "0,0,1", Some(Signal::Sos)),
        ("TOW", "0,0,1", Some(Signal::Displaced)),
        ("GEO", "2,1,1", Some(Signal::FenceEntered)),
        ("GEO", "2,0,1", Some(Signal::FenceLeft)),
        ("MPF", "", Some(Signal::PowerCut)),
        ("BPL", "3.55", Some(Signal::LowBattery)),
        ("TEM", "3,33.5", Some(Signal::TemperatureOut)),
        ("TEM", "2,20", None),
        ("JDS", "2", Some(Signal::NetworkJamming)),
        ("JDS", "1", None),
        ("IDA", ",D2C4FBC5,0", Some(Signal::UnknownCard)),
        ("RTL", "0,0,1", None),
    ] {
        let event = event(name, head);
        assert_eq!(event.kind, EventKind::Position, "{name}");
        assert_eq!(event.signals.iter().next(), signal, "{name} {head}");
    }
    assert!(event("GEO", "2,1,1").readings.contains(&Reading::Fence(2)));
    assert!(event("DIS", "21,1").readings.contains(&Reading::Input { number: 2, on: true }));
    assert!(event("NMR", "0,1,1").readings.contains(&Reading::Motion(true)));
}

#[test]
fn accuracy_0_is_the_last_known_place_and_stored_reports_are_marked() {
    let text = "+BUFF:GTRTL,1A0102,135790246811220,,0,0,1,0,4.3,92,70.0,121.354335,31.222073,20090214013254,,,,,,20090214093254,11F0$";
    let (_, _, events, _, replies) = one(text);
    assert_eq!(events[0].position.unwrap().fix, Fix::Stale);
    assert_eq!(events[0].delivery, Delivery::Buffered);
    assert_eq!(replies, b"+SACK:11F0$");
}

#[test]
fn a_heartbeat_is_answered() {
    let (device, _, events, _, replies) = one("+ACK:GTHBD,1A0401,135790246811220,,20100214093254,11F0$");
    assert_eq!(device.as_deref(), Some("imei:135790246811220"));
    assert_eq!(events[0].kind, EventKind::Heartbeat);
    assert_eq!(replies, b"+SACK:GTHBD,1A0401,11F0$");
}

#[test]
fn answers_find_their_commands_by_the_serial() {
    let mut session = session(false);
    let mut out = Decoded::default();
    session.receive(vectors::now(), b"+RESP:GTPNA,1A0102,135790246811220,,20100214093254,11F0$", &mut out);
    out.clear();
    session.command(vectors::now(), None, CommandTicket(7), &Command::Locate, &mut out).unwrap();
    assert_eq!(out.all_replies(), b"AT+GTRTO=gl300,1,,,,,,0001$");
    assert!(session.command(vectors::now(), None, CommandTicket(8), &Command::Lock, &mut out).is_err());
    let bad = Command::Text("AT+GTOUT=gl300,1$AT+GTX".into());
    assert!(session.command(vectors::now(), None, CommandTicket(8), &bad, &mut out).is_err());
    out.clear();
    session.receive(
        vectors::now(),
        b"+ACK:GTRTO,1A0102,135790246811220,,RTL,0001,20100310172830,11F0$",
        &mut out,
    );
    let expected = Reading::CommandResult { ticket: CommandTicket(7), outcome: CommandOutcome::Acknowledged };
    assert!(reports(&out)[0].2[0].readings.contains(&expected));
}

#[test]
fn a_wrong_checksum_is_an_issue_and_no_event() {
    for vector in vectors::read("queclink.jsonl") {
        if vector["protocol"] == "gl200text" {
            continue;
        }
        let mut bytes = vectors::bytes(&vector).unwrap();
        bytes[20] ^= 1;
        let all = decode([bytes.as_slice()]);
        assert!(all.iter().all(|report| report.2.is_empty() && report.4.is_empty()), "{}", vector["id"]);
        assert!(all[0].3[0].contains("checksum differs"), "{:?}", all[0].3);
    }
}

#[test]
fn a_text_without_its_tail_ends_where_the_next_begins() {
    let good = "+RESP:GTPNA,1A0102,135790246811220,,20100214093254,11F0$";
    let all = decode([format!("+RESP:GTFRI,1A0102,1357\r\n{good}").as_bytes()]);
    assert!(all[0].2.is_empty() && !all[0].3.is_empty());
    assert_eq!(all[1].1, good.as_bytes());
}

#[test]
fn descriptions_cover_every_frame_and_hide_passwords() {
    for vector in vectors::read("queclink.jsonl") {
        let Some(bytes) = vectors::bytes(&vector) else { continue };
        let description = queclink::describe(&bytes);
        assert!(description.fields.len() >= 3, "{}: {description:?}", vector["id"]);
        assert!(description.fields.iter().all(|field| field.offset + field.length <= bytes.len()));
    }
    let dump = b"+RESP:GTALL,1A0102,860599000000448,GL300,CFG,s3cret,GL300,20130123034509,02AE$";
    assert!(!format!("{:?}", queclink::describe(dump)).contains("s3cret"));
    assert!(decode([&dump[..]]).iter().all(|report| !format!("{:?}", report.2).contains("s3cret")));
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let frames: Vec<Vec<u8>> = vectors::read("queclink.jsonl").iter().filter_map(vectors::bytes).collect();
    let piece = prop_oneof![
        4 => proptest::sample::select(frames.clone()),
        1 => (proptest::sample::select(frames), any::<prop::sample::Index>()).prop_map(|(frame, cut)| frame[..cut.index(frame.len())].to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..40),
        2 => proptest::collection::vec(proptest::sample::select(b"+-RESPACKBUF:$,\0\r\n".to_vec()), 0..12),
    ];
    proptest::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn reads_may_be_cut_anywhere(bytes in stream(), cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let parts: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(decode(parts), decode([bytes.as_slice()]));
    }

    #[test]
    fn every_byte_is_in_one_report(bytes in prop_oneof![stream(), proptest::collection::vec(any::<u8>(), 0..600)], flip: prop::sample::Index) {
        let mut bytes = bytes;
        if !bytes.is_empty() {
            let at = flip.index(bytes.len());
            bytes[at] ^= 0x10;
        }
        let together: Vec<u8> = decode([bytes.as_slice()]).iter().flat_map(|report| report.1.clone()).collect();
        prop_assert_eq!(together, bytes.clone());
        prop_assert!(!queclink::describe(&bytes).name.is_empty());
    }
}
