//! H02: recorded frames, both forms, answers, and what must not be lost.

use plomb_devices::{Decoded, SessionConfig, h02};
use plomb_model::{Command, CommandTicket, Event, Reading, Signal};
use proptest::prelude::*;

use crate::vectors::{self, now};

fn talk(reads: &[&[u8]]) -> Decoded {
    let mut session = h02::session(SessionConfig::default());
    let mut out = Decoded::default();
    for read in reads {
        session.receive(now(), read, &mut out);
    }
    session.finish(now(), &mut out);
    out
}

fn events(out: &Decoded) -> Vec<Event> {
    out.reports().flat_map(|report| report.events.to_vec()).collect()
}

fn issues(out: &Decoded) -> Vec<String> {
    out.reports().flat_map(|report| report.issues.to_vec()).map(|issue| issue.to_string()).collect()
}

/// A binary frame of 45 bytes.
fn binary() -> Vec<u8> {
    plomb_wire::from_hex(
        "2491802711800850240512192350143206090249758e000001ffffbbff00bdf0900000000001d60161cc4b9a35",
    )
    .unwrap()
}

const TEXT: &str =
    "*HQ,4210209006,V1,201812,A,2608.9437,N,08016.2521,W,000.80,000,150317,EFE7F9FF,310,260,0,0,6#";

#[test]
fn recorded_frames_decode_as_the_reference_does() {
    let lines = vectors::run("h02.jsonl", h02::session);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
    for line in &lines {
        assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
        let replied = String::from_utf8(line.replies.clone()).unwrap();
        let reference = line.vector["replies"][0].as_str().unwrap_or_default().trim_start_matches("text:");
        // The reference's clock is another.
        let cut =
            |text: &str| text.rsplit_once(',').map_or_else(|| text.to_owned(), |(head, _)| head.to_owned());
        assert_eq!(cut(&replied), cut(reference), "{}", line.id);
    }
}

#[test]
fn alarms_of_the_status_word() {
    let out = talk(&[TEXT.replace("EFE7F9FF", "FFF7FBFD").as_bytes()]);
    let event = &events(&out)[0];
    assert!(event.signals.contains(Signal::Sos) && event.signals.contains(Signal::PowerCut));
    assert!(!event.signals.contains(Signal::Shock));
    assert!(event.readings.contains(&Reading::Ignition(false)));
    assert_eq!(event.position.unwrap().speed.unwrap().0, 1482, "0.8 knots in metres an hour");
}

#[test]
fn binary_frames_of_every_length_are_told_apart_on_a_stream() {
    let (usual, short) = (binary(), binary()[..32].to_vec());
    let stream =
        [&short[..], &usual, &short, TEXT.as_bytes(), &usual, b"\r\n*HQ,9180271180,HTBT,77#"].concat();
    let out = talk(&[&stream]);
    assert_eq!(issues(&out), Vec::<String>::new());
    assert_eq!(events(&out).len(), 6);
    assert_eq!(out.reports().next().unwrap().frame.len(), 32);
}

#[test]
fn a_lone_binary_frame_does_not_wait_for_the_next() {
    let mut session = h02::session(SessionConfig::default());
    let mut out = Decoded::default();
    session.receive(now(), &binary(), &mut out);
    assert_eq!(out.len(), 0);
    let due = session.deadline().unwrap();
    session.tick(due, &mut out);
    assert_eq!((events(&out).len(), issues(&out).len()), (1, 0));
    assert_eq!(session.deadline(), None);
}

#[test]
fn damaged_frames_are_issues() {
    for damaged in [
        &b"*HQ,42102"[..],
        b"*HQ#",
        b"hello there",
        &binary()[..20],
        TEXT.replace("2608.9437", "2668.9437").as_bytes(),
        TEXT.replace("150317", "153317").as_bytes(),
    ] {
        let out = talk(&[damaged]);
        assert!(!issues(&out).is_empty(), "{}", String::from_utf8_lossy(damaged));
        assert!(events(&out).iter().all(|event| event.position.is_none() || event.occurred_at.is_none()));
    }
}

/// The one event of a message, and its time.
fn one(text: &str) -> (Event, Option<String>) {
    let out = talk(&[text.as_bytes()]);
    assert_eq!(issues(&out), Vec::<String>::new(), "{text}");
    let event = events(&out).remove(0);
    let time = event.occurred_at.map(|time| time.0.to_string());
    (event, time)
}

#[test]
fn times_that_are_told_in_part() {
    let place = "A,2702.7215,S,15251.9309,E,0.62,0.0000";
    let (event, time) = one(&format!("*hq,356327081001239,VP1,{place},050917#"));
    assert!((event.position.unwrap().latitude.degrees() + 27.045_358).abs() < 1e-6);
    assert_eq!(time.as_deref(), Some("2017-09-05T00:00:00.000Z"), "of the day alone its beginning");
    // Our clock says 12:00:00 of 2026-09-01.
    for (clock, expected) in [
        ("115500", "2026-09-01T11:55:00.000Z"),
        ("235900", "2026-09-01T23:59:00.000Z"),
        ("000100", "2026-09-01T00:01:00.000Z"),
    ] {
        let (_, time) = one(&format!("*HQ,7,V1,{clock},{place},,FFFFFBFF#"));
        assert_eq!(time.as_deref(), Some(expected));
    }
    let (_, time) = one(&format!("*HQ,7,V1,093000,{place},80,010219,FFFFFBFF#"));
    assert_eq!(time.as_deref(), Some("2019-02-01T09:30:00.000Z"), "the battery stands before the date");
}

#[test]
fn places_of_cells_and_fields_behind_the_status() {
    let (event, _) = one("*HQ,7,V1,093000,B,2234.0297,N,11405.9101,E,0,0,010219,FFFFFBFF#");
    assert_eq!(event.position.unwrap().fix.name(), "network");
    let (event, _) = one("*hq,356327081001239,VP1,V,470,002,92,3565,0Y92,19433,30Y1#");
    let cells = |event: &Event| {
        event.readings.iter().filter(|reading| matches!(reading, Reading::CellTower(_))).count()
    };
    assert_eq!(cells(&event), 2, "{event:?}");
    let place = "093000,A,2234.0297,N,11405.9101,E,0,0,010219";
    let (event, _) = one(&format!("*HQ,7,V19,{place},+8613800000000,1,89860010000000000017,FFFFFBFD#"));
    assert!(event.signals.contains(Signal::Sos));
    assert!(event.readings.contains(&Reading::Iccid("89860010000000000017".into())));
    let (event, _) = one(&format!("*HQ,7,V1,{place},FFFFFBFF,12345,25,10.5,100,1a2b,3c4d#"));
    assert_eq!((event.position.unwrap().altitude.unwrap().0, cells(&event)), (100, 0));
    let temperature = Reading::Temperature { sensor: 1, value: plomb_model::CentiCelsius(2_500) };
    assert!(event.readings.contains(&temperature));
    let (event, _) = one(&format!("*HQ,7,V1,{place},FFFBFFFF,106,14, 201,2173#"));
    assert_eq!(cells(&event), 0, "no country has the code 106: these are hex");
}

#[test]
fn a_text_without_its_end_does_not_take_the_next_with_it() {
    let out = talk(&[format!("*HQ,4210209006,V1,2018\r\n{TEXT}").as_bytes()]);
    assert_eq!((events(&out).len(), issues(&out).len()), (1, 1));
    assert_eq!(out.reports().last().unwrap().frame, TEXT.as_bytes());
}

#[test]
fn commands_and_their_answers() {
    let mut session = h02::session(SessionConfig::default());
    let mut out = Decoded::default();
    let interval = Command::ReportingInterval { seconds: 30, wake_min: None };
    assert!(
        session.command(now(), None, CommandTicket(7), &interval, &mut out).is_err(),
        "nobody is known yet"
    );
    session.receive(now(), TEXT.as_bytes(), &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(7), &interval, &mut out).unwrap();
    assert_eq!(out.all_replies(), b"*HQ,4210209006,D1,120000,30,1#");
    out.clear();
    let answer = "*HQ,4210209006,V4,D1,30,1,120000,201812,A,2608.9437,N,08016.2521,W,0,0,150317,FFFFFBFF#";
    session.receive(now(), answer.as_bytes(), &mut out);
    let answered = events(&out)[0].readings.iter().any(
        |reading| matches!(reading, Reading::CommandResult { ticket, .. } if *ticket == CommandTicket(7)),
    );
    assert!(answered, "{:?}", events(&out));
    let two = Command::Text("R1#*HQ,1,R1".into());
    assert!(session.command(now(), None, CommandTicket(8), &two, &mut out).is_err());
}

#[test]
fn a_password_in_an_answer_is_shown_nowhere() {
    let frame = b"*TH,2020916012,V4,S1,OK,pass_word,130305,050316,A,2212.8745,N,11346.6574,E,14.28,028,220902,FFFFFBFD#";
    for frame in [&frame[..], b"*TH,2020916012,V4,S1,OK,pass_word,130305#"] {
        let shown = format!("{:?} {:?}", h02::describe(frame), events(&talk(&[frame])));
        assert!(!shown.contains("pass_word"), "{shown}");
    }
}

#[test]
fn a_signal_too_large_for_any_scale_is_left_out() {
    let frame = b"*HQ,1600068860,LINK,112138,202091621300068860,60,0,5,030817,FFFFFBFF#";
    let out = talk(&[frame]);
    let event = events(&out).remove(0);
    assert!(!event.readings.iter().any(|reading| matches!(reading, Reading::NetworkSignal(_))), "{event:?}");
    assert_eq!(out.frame_bytes(), frame.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_is_in_a_report_and_cuts_change_nothing(
        parts in proptest::collection::vec(0_usize..4, 1..5),
        cut in any::<proptest::sample::Index>(),
        at in any::<proptest::sample::Index>(),
        byte in proptest::option::of(any::<u8>()),
    ) {
        let kinds = [binary(), binary()[..32].to_vec(), TEXT.as_bytes().to_vec(), b"*HQ,1,V3,044855,28403,01,1,2,158,-62,0292,0,X,030817,FFFFFBFF#\r\n".to_vec()];
        let mut bytes: Vec<u8> = parts.iter().flat_map(|part| kinds[*part].clone()).collect();
        let place = at.index(bytes.len());
        bytes[place] = byte.unwrap_or(bytes[place]);
        let (head, tail) = bytes.split_at(cut.index(bytes.len()));
        let (whole, split) = (talk(&[&bytes]), talk(&[head, tail]));
        let frames: Vec<u8> = whole.reports().flat_map(|report| report.frame.to_vec()).collect();
        prop_assert_eq!(&frames, &bytes);
        prop_assert_eq!(events(&whole), events(&split));
    }

    #[test]
    fn any_bytes_are_kept(bytes in proptest::collection::vec(any::<u8>(), 0..300), first in prop::sample::select(vec![b'*', b'$', b'x'])) {
        let bytes = [&[first][..], &bytes].concat();
        let out = talk(&[&bytes]);
        prop_assert_eq!(out.frame_bytes(), bytes.len());
        let described = h02::describe(&bytes);
        prop_assert!(described.fields.iter().all(|field| field.offset + field.length <= bytes.len()));
    }
}
