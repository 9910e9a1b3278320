//! Teltonika: recorded frames, synthetic frames for what no capture shows, and what holds for any bytes.

use plomb_devices::{Decoded, Session, SessionConfig, teltonika};
use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Fix, Reading,
    ReceivedAt, Scheme, SealPart,
};
use plomb_wire::{Crc16, from_hex, to_hex};
use proptest::prelude::*;

use crate::vectors::{self, now};

const LOGIN: &[u8] = b"\x00\x0F123456789012345";

fn open() -> Box<dyn Session> {
    teltonika::session(SessionConfig::default())
}

fn lenient() -> Box<dyn Session> {
    teltonika::session(SessionConfig { lenient: true, ..SessionConfig::default() })
}

/// A data packet around a body.
fn packet(body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 4];
    bytes.extend((body.len() as u32).to_be_bytes());
    bytes.extend(body);
    bytes.extend(u32::from(Crc16::ARC.of(body)).to_be_bytes());
    bytes
}

/// A record of codec 8 at 25.25 E 54.75 N with eight satellites; `io` is event, total and the four groups.
fn record(io: &[u8]) -> Vec<u8> {
    let mut bytes = 1_700_000_000_000_u64.to_be_bytes().to_vec();
    bytes.push(0);
    bytes.extend(252_500_000_i32.to_be_bytes());
    bytes.extend(547_500_000_i32.to_be_bytes());
    bytes.extend([0, 100, 0, 90, 8, 0, 60]);
    bytes.extend(io);
    bytes
}

fn body(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = vec![8, records.len() as u8];
    bytes.extend(records.concat());
    bytes.push(records.len() as u8);
    bytes
}

fn answer(text: &str) -> Vec<u8> {
    let mut body = vec![0x0C, 1, 6];
    body.extend((text.len() as u32).to_be_bytes());
    body.extend(text.as_bytes());
    body.push(1);
    packet(&body)
}

/// What is compared of a report: frame, events, issues, replies, device.
type Seen = Vec<(Vec<u8>, Vec<Event>, Vec<String>, Vec<u8>, Option<DeviceId>)>;

fn seen(out: &Decoded) -> Seen {
    out.reports()
        .map(|report| {
            let issues = report.issues.iter().map(ToString::to_string).collect();
            (report.frame.to_vec(), report.events.to_vec(), issues, report.replies.to_vec(), report.device)
        })
        .collect()
}

/// All recorded frames whose checksum holds, one after another.
fn stream() -> Vec<u8> {
    let lines = vectors::read("teltonika.jsonl");
    let whole = lines.iter().filter(|line| line["wire"] == "identical" && line["checksum_ok"] != false);
    whole.filter_map(vectors::bytes).flatten().collect()
}

#[test]
fn recorded_frames_decode_as_the_reference_does() {
    let lines = vectors::run("teltonika.jsonl", teltonika::session);
    assert_eq!(lines.len(), 25);
    assert_eq!(vectors::compare(&lines), Vec::<String>::new());
}

#[test]
fn recorded_frames_are_answered_as_the_reference_does() {
    for line in vectors::run("teltonika.jsonl", teltonika::session) {
        let expected: String = line.vector["replies"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|r| r.as_str()?.strip_prefix("hex:"))
            .collect();
        assert_eq!(to_hex(&line.replies), expected, "{}", line.id);
    }
}

#[test]
fn recorded_frames_with_a_right_checksum_have_no_issue() {
    for line in vectors::run("teltonika.jsonl", teltonika::session) {
        if line.vector["checksum_ok"] != false && line.vector["wire"] == "identical" {
            assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
        }
    }
}

#[test]
fn commands_are_written_as_the_reference_does() {
    let vector =
        vectors::read("teltonika.jsonl").into_iter().find(|v| v["assertion"] == "verifyCommand").unwrap();
    let mut session = open();
    let mut out = Decoded::default();
    session.receive(now(), LOGIN, &mut out);
    out.clear();
    let command = Command::Text("setdigout 11".into());
    session.command(now(), None, CommandTicket(1), &command, &mut out).unwrap();
    assert_eq!(format!("hex:{}", to_hex(out.all_replies())), vector["expected"].as_str().unwrap());
}

#[test]
fn synthetic_frames_mean_what_their_layout_says() {
    for vector in vectors::read("teltonika-synthetic.jsonl") {
        let id = vector["id"].as_str().unwrap();
        let mut session = open();
        let mut out = Decoded::default();
        session.receive(now(), LOGIN, &mut out);
        out.clear();
        session.receive(now(), &vectors::bytes(&vector).unwrap(), &mut out);
        session.finish(now(), &mut out);
        let events: Vec<Event> = out.reports().flat_map(|report| report.events.to_vec()).collect();
        let expected = vector["plomb"]["events"].as_array().unwrap();
        assert_eq!(events.len(), expected.len(), "{id}");
        for (event, expected) in events.iter().zip(expected) {
            let signals: Vec<&str> = event.signals.iter().map(plomb_model::Signal::name).collect();
            assert_eq!(serde_json::json!(signals), expected["signals"], "{id}");
            let mut seal = serde_json::Map::new();
            for part in SealPart::ALL {
                seal.extend(event.seal.part(part).map(|whole| (part.name().to_owned(), whole.into())));
            }
            assert_eq!(serde_json::Value::Object(seal), expected["seal"], "{id}");
            let readings = format!("{:?}", event.readings);
            for reading in expected["readings"].as_array().unwrap() {
                assert!(readings.contains(reading.as_str().unwrap()), "{id}: no {reading} in {readings}");
            }
        }
        let issues: Vec<String> =
            out.reports().flat_map(|r| r.issues.to_vec()).map(|issue| issue.what.into_owned()).collect();
        assert_eq!(serde_json::json!(issues), vector["plomb"]["issues"], "{id}");
        assert_eq!(to_hex(out.all_replies()), vector["plomb"]["replies"].as_str().unwrap(), "{id}");
    }
}

/// The examples of the vendor's "Data sending protocols", with what the text around them says.
#[test]
fn the_vendors_examples_mean_what_the_vendor_says() {
    let decode = |hex: &str| {
        let mut out = Decoded::default();
        let mut session = open();
        session.receive(now(), &from_hex(hex).unwrap(), &mut out);
        session.finish(now(), &mut out);
        let (_, events, issues, replies, device) = seen(&out).remove(0);
        assert_eq!((out.len(), issues), (1, vec![]), "{hex}");
        (events, to_hex(&replies), device)
    };
    let (events, replies, _) = decode(concat!(
        "000000000000003608010000016B40D8EA30010000000000000000000000000000000105021503010101425E0F01F100",
        "00601A014E0000000000000000010000C7CF"
    ));
    assert_eq!(replies, "00000001");
    let event = &events[0];
    assert_eq!(event.occurred_at.unwrap().0, "2019-06-10T10:04:46Z".parse().unwrap());
    assert_eq!(event.position.unwrap().fix, Fix::Stale);
    for reading in [
        Reading::Input { number: 1, on: true },
        Reading::ExternalPower(plomb_model::Millivolts(24_079)),
        Reading::Code { name: "priority".into(), value: 1 },
        Reading::Code { name: "io.241".into(), value: 24_602 },
    ] {
        assert!(event.readings.contains(&reading), "{reading:?} in {:?}", event.readings);
    }
    let (events, replies, _) = decode(concat!(
        "000000000000004A8E010000016B412CEE000100000000000000000000000000000000010005000100010100010011001D0001",
        "0010015E2C880002000B000000003544C87A000E000000001DD7E06A00000100002994"
    ));
    assert_eq!((events.len(), replies.as_str()), (1, "00000001"));
    assert!(events[0].readings.contains(&Reading::Odometer(plomb_model::Metres(22_949_000))));
    let (events, replies, _) = decode(concat!(
        "000000000000005F10020000016BDBC7833000000000000000000000000000000000000B05040200010000030002000B0027",
        "0042563A00000000016BDBC7871800000000000000000000000000000000000B05040200010000030002000B002600",
        "42563A00000200005FB3"
    ));
    assert_eq!((events.len(), replies.as_str()), (2, "00000002"));
    assert!(events[0].readings.contains(&Reading::Code { name: "generation_type".into(), value: 5 }));
    let (events, replies, device) = decode(concat!(
        "003DCAFE0105000F33353230393330383634303336353508010000016B4F815B30010000000000000000000000000000000103",
        "021503010101425DBC000001"
    ));
    assert_eq!((events.len(), replies.as_str()), (1, "0005cafe010501"));
    assert_eq!(device, DeviceId::new(Scheme::Imei, "352093086403655").ok());
    let (events, replies, _) = decode(concat!(
        "00000000000000900C010600000088494E493A323031392F372F323220373A3232205254433A323031392F372F3232",
        "20373A3533205253543A32204552523A312053523A302042523A302043463A302046473A3020464C3A302054553A302F302055",
        "543A3020534D533A30204E4F4750533A303A3330204750533A31205341543A302052533A332052463A36352053463A31204D44",
        "3A30010000C78F"
    ));
    assert_eq!((events[0].kind, replies.as_str()), (EventKind::Message, ""));
}

#[test]
fn the_vendors_example_of_a_command_is_what_is_sent() {
    let mut session = open();
    let mut out = Decoded::default();
    session.receive(now(), LOGIN, &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(1), &Command::Text("getinfo".into()), &mut out).unwrap();
    assert_eq!(to_hex(out.all_replies()), "000000000000000f0c010500000007676574696e666f0100004312");
}

#[test]
fn bytes_that_keep_the_connection_open_are_signs_of_life() {
    let mut session = open();
    let mut out = Decoded::default();
    let mut bytes = vec![0xFF];
    bytes.extend(LOGIN);
    bytes.push(0xFF);
    session.receive(now(), &bytes, &mut out);
    let kinds: Vec<EventKind> = seen(&out).iter().map(|report| report.1[0].kind).collect();
    assert_eq!(kinds, [EventKind::Heartbeat, EventKind::Login, EventKind::Heartbeat]);
    assert_eq!(out.all_replies(), [1]);
}

#[test]
fn a_damaged_packet_is_kept_unanswered_and_the_connection_lives_on() {
    let mut session = open();
    let mut out = Decoded::default();
    let good = packet(&body(&[record(&[0; 6])]));
    let mut damaged = good.clone();
    damaged[20] ^= 0x40;
    session.receive(now(), LOGIN, &mut out);
    session.receive(now(), &damaged, &mut out);
    session.receive(now(), &good, &mut out);
    let reports = seen(&out);
    assert_eq!(reports.len(), 3);
    let (frame, events, issues, replies, _) = &reports[1];
    assert_eq!((frame, events.len(), replies.len()), (&damaged, 0, 0));
    assert!(issues[0].contains("checksum differs"), "{issues:?}");
    assert_eq!(reports[2].3, [0, 0, 0, 1]);
    assert_eq!(reports[2].4, DeviceId::new(Scheme::Imei, "123456789012345").ok());
}

#[test]
fn a_lenient_session_decodes_a_damaged_packet_and_keeps_the_issue() {
    let mut damaged = packet(&body(&[record(&[0; 6])]));
    *damaged.last_mut().unwrap() ^= 1;
    let mut out = Decoded::default();
    lenient().receive(now(), &damaged, &mut out);
    let reports = seen(&out);
    assert_eq!((reports[0].1.len(), reports[0].2.len()), (1, 1));
}

#[test]
fn a_lenient_session_reads_a_body_that_lost_its_frame() {
    let mut out = Decoded::default();
    let mut session = lenient();
    session.receive(now(), &body(&[record(&[0; 6])]), &mut out);
    session.finish(now(), &mut out);
    assert_eq!(seen(&out)[0].1.len(), 1);
}

#[test]
fn a_malformed_imei_is_refused_and_nothing_acknowledged_after_it() {
    let mut session = open();
    let mut out = Decoded::default();
    session.receive(now(), b"\x00\x0F12345678901234X", &mut out);
    session.receive(now(), &packet(&body(&[record(&[0; 6])])), &mut out);
    let reports = seen(&out);
    assert_eq!(reports[0].3, [0]);
    assert_eq!(reports[0].2.len(), 1);
    assert_eq!((reports[1].1.len(), reports[1].3.len(), reports[1].2.len()), (1, 0, 1));
}

#[test]
fn only_the_good_leading_records_are_acknowledged() {
    // The second record announces two one-byte elements and holds one and a half.
    let damaged = record(&[0, 2, 2, 239, 1, 240]);
    let mut out = Decoded::default();
    open().receive(now(), &packet(&body(&[record(&[0; 6]), damaged])), &mut out);
    let reports = seen(&out);
    assert_eq!(reports[0].3, [0, 0, 0, 1]);
    assert_eq!(reports[0].1.len(), 2);
    assert!(reports[0].2[0].contains("cut off"), "{:?}", reports[0].2);
}

#[test]
fn an_impossible_place_is_an_issue_and_the_rest_stays() {
    let mut far = record(&[0, 1, 1, 239, 1, 0, 0, 0]);
    far[13..17].copy_from_slice(&1_000_000_000_i32.to_be_bytes());
    let mut out = Decoded::default();
    open().receive(now(), &packet(&body(&[far])), &mut out);
    let reports = seen(&out);
    let event = &reports[0].1[0];
    assert_eq!(event.position, None);
    assert!(event.occurred_at.is_some() && event.readings.contains(&Reading::Ignition(true)));
    assert_eq!(reports[0].3, [0, 0, 0, 1]);
    assert!(reports[0].2[0].contains("at byte 19: place is not on earth"), "{:?}", reports[0].2);
}

#[test]
fn a_datagram_is_answered_with_its_own_numbers() {
    let mut frame = vec![0, 0, 0xCA, 0xFE, 1, 0x61, 0, 15];
    frame.extend(b"352093086403655");
    frame.extend(body(&[record(&[0; 6]), record(&[0; 6])]));
    let length = (frame.len() - 2) as u16;
    frame[..2].copy_from_slice(&length.to_be_bytes());
    for datagrams in [true, false] {
        let mut session = teltonika::session(SessionConfig { datagrams, ..SessionConfig::default() });
        let mut out = Decoded::default();
        session.receive(now(), &frame, &mut out);
        let reports = seen(&out);
        assert_eq!(reports[0].1.len(), 2);
        assert_eq!(reports[0].1[0].serial, Some(0x61));
        assert_eq!(reports[0].3, [0, 5, 0xCA, 0xFE, 1, 0x61, 2]);
        assert_eq!(reports[0].4, DeviceId::new(Scheme::Imei, "352093086403655").ok());
    }
}

#[test]
fn a_datagram_without_its_end_does_not_reach_into_the_next() {
    let mut session = teltonika::session(SessionConfig { datagrams: true, ..SessionConfig::default() });
    let mut out = Decoded::default();
    session.receive(now(), b"\x00\x60\xCA\xFE\x01\x61\x00\x0F352093086403655\x08\x01", &mut out);
    session.receive(now(), &[0xFF], &mut out);
    let reports = seen(&out);
    assert_eq!(reports.len(), 2);
    assert!(reports[0].2[0].contains("cut off"));
    assert_eq!(reports[1].1[0].kind, EventKind::Heartbeat);
}

#[test]
fn answers_find_their_commands_one_after_another() {
    let mut session = open();
    let mut out = Decoded::default();
    let early = session.command(now(), None, CommandTicket(7), &Command::Locate, &mut out);
    assert_eq!(early, Err(CommandError::UnknownDevice));
    session.receive(now(), LOGIN, &mut out);
    out.clear();
    session.command(now(), None, CommandTicket(7), &Command::Locate, &mut out).unwrap();
    session.command(now(), None, CommandTicket(8), &Command::Restart, &mut out).unwrap();
    let sent = out.all_replies().to_vec();
    assert!(
        String::from_utf8_lossy(&sent).contains("getgps")
            && !String::from_utf8_lossy(&sent).contains("cpureset")
    );
    out.clear();
    session.receive(now(), &answer("GPS:1 Sat:8"), &mut out);
    session.receive(now(), &answer("Unknown command or wrong syntax"), &mut out);
    session.receive(now(), &answer("nobody asked"), &mut out);
    let reports = seen(&out);
    assert!(String::from_utf8_lossy(&reports[0].3).contains("cpureset"));
    let result = |ticket, outcome| Reading::CommandResult { ticket: CommandTicket(ticket), outcome };
    assert!(reports[0].1[0].readings.contains(&result(7, CommandOutcome::Answered)));
    assert!(reports[1].1[0].readings.contains(&result(8, CommandOutcome::Unsupported)));
    assert_eq!(reports[2].1[0].kind, EventKind::Message);
}

#[test]
fn a_silent_device_does_not_hold_the_next_command_for_ever() {
    let mut session = open();
    let mut out = Decoded::default();
    session.receive(now(), LOGIN, &mut out);
    session.command(now(), None, CommandTicket(1), &Command::Locate, &mut out).unwrap();
    session.command(now(), None, CommandTicket(2), &Command::Restart, &mut out).unwrap();
    out.clear();
    let deadline = session.deadline().unwrap();
    session.tick(deadline, &mut out);
    assert!(String::from_utf8_lossy(out.all_replies()).contains("cpureset"));
}

#[test]
fn locking_is_left_to_those_who_know_the_wiring() {
    let mut session = open();
    let mut out = Decoded::default();
    session.receive(now(), LOGIN, &mut out);
    for command in [Command::Unlock { password: None }, Command::Lock] {
        let refused = session.command(now(), None, CommandTicket(1), &command, &mut out);
        assert_eq!(refused, Err(CommandError::Unsupported { protocol: "teltonika" }));
    }
}

#[test]
fn a_picture_is_fetched_part_by_part() {
    let camera = |content: &[u8]| {
        let mut body = vec![0x0C, 1, 0x0D];
        body.extend((content.len() as u32).to_be_bytes());
        body.extend(content);
        body.push(1);
        packet(&body)
    };
    let mut session = open();
    let mut out = Decoded::default();
    session.receive(now(), &camera(&[1, 0, 0, 0, 9, 0, 0, 8, 3]), &mut out);
    let mut part = vec![2, 0, 0, 0, 9, 0, 0, 0, 0, 8, 0];
    part.extend([0x55; 2048]);
    session.receive(now(), &camera(&part), &mut out);
    session.receive(now(), &camera(&[2, 0, 0, 0, 9, 0, 0, 8, 0, 0, 3, 1, 2, 3]), &mut out);
    let reports = seen(&out);
    // Without preamble, length and checksum.
    let asked: Vec<String> =
        reports.iter().map(|r| to_hex(r.3.get(8..r.3.len().max(12) - 4).unwrap_or_default())).collect();
    assert_eq!(asked[0], "0c010d0000000b020000000900000000080001");
    assert_eq!(asked[1], "0c010d0000000b020000000900000800000301");
    assert_eq!(asked[2], "");
    assert!(reports.iter().all(|report| report.1[0].kind == EventKind::Media));
}

#[test]
fn a_record_without_satellites_is_the_last_known_place() {
    let mut stale = record(&[0; 6]);
    stale[21] = 0;
    let mut out = Decoded::default();
    open().receive(now(), &packet(&body(&[stale])), &mut out);
    assert_eq!(seen(&out)[0].1[0].position.unwrap().fix, Fix::Stale);
}

#[test]
fn a_frame_that_does_not_go_on_is_given_up() {
    let mut session = open();
    let mut out = Decoded::default();
    // A false start that would wait for kilobytes, and a good packet behind it.
    let mut bytes = from_hex("00000000000030000801").unwrap();
    let good = packet(&body(&[record(&[0; 6])]));
    bytes.extend(&good);
    session.receive(now(), &bytes, &mut out);
    assert!(out.is_empty());
    let deadline = session.deadline().unwrap();
    session.tick(deadline, &mut out);
    let reports = seen(&out);
    assert_eq!(reports.len(), 2);
    assert_eq!((&reports[1].0, &reports[1].3), (&good, &vec![0, 0, 0, 1]));
    assert_eq!(session.deadline(), None);
}

#[test]
fn every_recorded_frame_is_described_without_gaps() {
    for line in vectors::read("teltonika.jsonl") {
        let Some(frame) = vectors::bytes(&line) else { continue };
        let description = teltonika::describe(&frame);
        assert!(!description.fields.is_empty(), "{}", line["id"]);
        if line["wire"] != "identical" {
            continue;
        }
        let leftover = description.fields.iter().find(|field| field.name == "bytes that do not fit");
        assert_eq!(leftover, None, "{}", line["id"]);
        for field in &description.fields {
            assert!(field.offset + field.length <= frame.len(), "{}: {field:?}", line["id"]);
        }
    }
}

#[test]
fn a_description_names_the_elements_where_they_are() {
    let frame = packet(&body(&[record(&[239, 1, 1, 239, 1, 0, 0, 0])]));
    let description = teltonika::describe(&frame);
    assert_eq!(description.name, "data packet, codec 8");
    let field = description.fields.iter().find(|field| field.name == "IO element").unwrap();
    assert_eq!((field.offset, field.length, field.value.as_str()), (38, 1, "io.239 ignition = 1"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn how_the_stream_is_cut_does_not_matter(cuts in prop::collection::vec(0_usize..5000, 0..40)) {
        let stream = stream();
        let mut whole = Decoded::default();
        let mut session = open();
        session.receive(now(), &stream, &mut whole);
        session.finish(now(), &mut whole);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % stream.len()).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut parts = Decoded::default();
        let mut session = open();
        for pair in cuts.windows(2) {
            session.receive(now(), &stream[pair[0]..pair[1]], &mut parts);
        }
        session.finish(now(), &mut parts);
        prop_assert_eq!(seen(&whole), seen(&parts));
    }

    #[test]
    fn damage_and_cuts_anywhere_give_the_same_reports_and_lose_no_byte(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        lenient in any::<bool>(),
    ) {
        let mut stream = stream();
        for (place, value) in flips {
            let length = stream.len();
            stream[place.index(length)] = value;
        }
        let config = SessionConfig { lenient, ..SessionConfig::default() };
        let mut whole = Decoded::default();
        let mut session = teltonika::session(config.clone());
        session.receive(now(), &stream, &mut whole);
        session.finish(now(), &mut whole);
        let all: Vec<u8> = whole.reports().flat_map(|report| report.frame.to_vec()).collect();
        prop_assert_eq!(&all, &stream);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.index(stream.len())).collect();
        cuts.extend([0, stream.len()]);
        cuts.sort_unstable();
        let mut parts = Decoded::default();
        let mut session = teltonika::session(config);
        for pair in cuts.windows(2) {
            session.receive(now(), &stream[pair[0]..pair[1]], &mut parts);
        }
        session.finish(now(), &mut parts);
        prop_assert_eq!(seen(&whole), seen(&parts));
    }

    #[test]
    fn any_bytes_are_accounted_for(bytes in prop::collection::vec(any::<u8>(), 0..3000), lenient in any::<bool>()) {
        let mut out = Decoded::default();
        let mut session = teltonika::session(SessionConfig { lenient, ..SessionConfig::default() });
        session.receive(now(), &bytes, &mut out);
        session.finish(now(), &mut out);
        let all: Vec<u8> = out.reports().flat_map(|report| report.frame.to_vec()).collect();
        prop_assert_eq!(&all, &bytes);
        for report in out.reports() {
            let quiet = report.frame == [0xFF] || !report.events.is_empty();
            prop_assert!(quiet || !report.issues.is_empty());
        }
        let description = teltonika::describe(&bytes);
        prop_assert!(description.fields.iter().all(|field| field.offset + field.length <= bytes.len()));
    }

    #[test]
    fn any_body_with_a_right_checksum_is_survived(
        codec in prop::sample::select(vec![0x07_u8, 0x08, 0x8E, 0x10, 0x0C, 0x0D, 0x0E, 0x0F, 0x55]),
        rest in prop::collection::vec(prop_oneof![Just(0_u8), Just(1), any::<u8>()], 2..400),
    ) {
        let mut body = vec![codec];
        body.extend(rest);
        let frame = packet(&body);
        let mut out = Decoded::default();
        open().receive(now(), &frame, &mut out);
        prop_assert_eq!(out.len(), 1);
        let description = teltonika::describe(&frame);
        prop_assert!(description.fields.iter().all(|field| field.offset + field.length <= frame.len()));
    }

    #[test]
    fn a_good_frame_after_garbage_is_found(garbage in prop::collection::vec(any::<u8>(), 0..600)) {
        let good = packet(&body(&[record(&[0; 6])]));
        let mut bytes = garbage;
        bytes.extend(&good);
        let mut out = Decoded::default();
        let mut session = open();
        session.receive(now(), &bytes, &mut out);
        session.finish(now(), &mut out);
        let found = out.reports().any(|report| report.frame == good && report.events.len() == 1);
        prop_assert!(found);
    }

    #[test]
    fn a_text_command_comes_back_as_it_went(text in "[ -~]{1,512}") {
        let mut session = open();
        let mut out = Decoded::default();
        session.receive(now(), LOGIN, &mut out);
        out.clear();
        session.command(now(), None, CommandTicket(1), &Command::Text(text.as_str().into()), &mut out).unwrap();
        let sent = out.all_replies().to_vec();
        let mut back = Decoded::default();
        open().receive(ReceivedAt::default(), &sent, &mut back);
        let events: Vec<Event> = back.reports().flat_map(|report| report.events.to_vec()).collect();
        let trimmed = text.trim();
        prop_assert!(events[0].readings.contains(&Reading::Text(trimmed.into())));
    }
}
