//! Suntech: recorded frames of every form, alerts by number, damage, commands.

use plomb_devices::{Decoded, SessionConfig, suntech};
use plomb_model::{
    CellTower, Command, CommandTicket, Delivery, Event, EventKind, Fix, Metres, Millivolts, Protocol,
    Reading, Signal, Speed,
};

use crate::talk::{self, Report};
use crate::vectors;

const FILES: [&str; 2] = ["suntech.jsonl", "suntech-synthetic.jsonl"];

fn synthetic(id: &str) -> Report {
    let lines = vectors::read(FILES[1]);
    let line = lines.iter().find(|line| line["id"] == format!("suntech-synthetic.{id}")).unwrap();
    talk::one(Protocol::Suntech, &vectors::bytes(line).unwrap())
}

fn event(id: &str) -> Event {
    let report = synthetic(id);
    assert!(report.issues.is_empty(), "{id}: {:?}", report.issues);
    assert_eq!(report.events.len(), 1, "{id}");
    report.events[0].clone()
}

fn recorded(id: &str) -> Report {
    let lines = vectors::read(FILES[0]);
    let line = lines.iter().find(|line| line["id"] == format!("SuntechProtocolDecoderTest.{id}")).unwrap();
    let mut bytes = vectors::bytes(line).unwrap();
    if bytes[0] < 0x80 && !bytes.ends_with(b"\r") {
        bytes.push(b'\r');
    }
    talk::one(Protocol::Suntech, &bytes)
}

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let differences = vectors::compare(&vectors::run(FILES[0], suntech::session));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_strict_session_reads_the_recorded_frames_whose_end_was_stripped() {
    for vector in vectors::read(FILES[0]) {
        let Some(bytes) = vectors::bytes(&vector) else { continue };
        let all = talk::decode(Protocol::Suntech, false, [bytes.as_slice()]);
        let expected = vector["decoded"].as_array().map_or(0, Vec::len);
        let events = all.iter().flat_map(|report| &report.events).count();
        assert!(events >= expected, "{}: {all:?}", vector["id"]);
    }
}

#[test]
fn alerts_and_emergencies_are_told_by_their_numbers() {
    for (id, signal) in [
        ("alert-door", Signal::DoorOpen),
        ("alert-shock", Signal::Shock),
        ("alert-power-cut", Signal::PowerCut),
        ("alert-jamming", Signal::NetworkJamming),
        ("emergency-panic", Signal::Sos),
        ("emergency-door", Signal::DoorOpen),
        ("emergency-parking", Signal::Displaced),
        ("universal-alert", Signal::PowerCut),
        ("zip-emergency", Signal::Sos),
        ("zip-alert", Signal::DoorOpen),
        ("binary-alert", Signal::DoorOpen),
    ] {
        let event = event(id);
        assert_eq!(event.kind, EventKind::Position, "{id}");
        assert_eq!(event.signals.iter().collect::<Vec<_>>(), [signal], "{id}");
    }
    assert!(event("event").signals.is_empty());
}

#[test]
fn every_form_tells_the_same_place_and_condition() {
    for (id, longitude) in
        [("event", 1_268_868_190), ("zip-status", 1_268_868_190), ("binary-alert", -1_268_868_190)]
    {
        let event = event(id);
        let position = event.position.unwrap();
        assert_eq!(position.latitude.e7(), 371_266_160, "{id}");
        assert_eq!(position.longitude.e7(), longitude, "{id}");
        assert_eq!(position.fix, Fix::Gnss, "{id}");
        assert_eq!(position.speed, Some(Speed(32_500)), "{id}");
        assert_eq!(position.course.unwrap().0, 9025, "{id}");
        assert_eq!(position.satellites, Some(9), "{id}");
        assert_eq!(event.occurred_at.unwrap().0.to_string(), "2020-08-01T10:20:30.000Z", "{id}");
        assert!(event.readings.contains(&Reading::Ignition(true)), "{id}");
    }
    for id in ["event", "zip-status"] {
        let readings = event(id).readings;
        assert!(readings.contains(&Reading::Odometer(Metres(500))), "{id}");
        assert!(readings.contains(&Reading::ExternalPower(Millivolts(12_300))), "{id}");
        assert!(readings.contains(&Reading::BatteryVoltage(Millivolts(4_100))), "{id}");
        assert!(readings.contains(&Reading::Input { number: 2, on: true }), "{id}: {readings:?}");
    }
    assert_eq!(event("zip-status").serial, Some(34));
}

#[test]
fn kept_reports_are_buffered_and_signs_of_life_are_heartbeats() {
    for id in ["stored", "universal-stored"] {
        assert_eq!(event(id).delivery, Delivery::Buffered, "{id}");
    }
    assert_eq!(event("alert-door").delivery, Delivery::Live);
    assert_eq!(event("alive").kind, EventKind::Heartbeat);
}

#[test]
fn cells_beacons_cards_and_sensors_of_recorded_lines_are_read() {
    let cells = recorded("testDecode#3").events.remove(0);
    let tower = |area, cell| Reading::CellTower(CellTower { mcc: 724, mnc: 10, area, cell });
    assert!(cells.position.is_none() && cells.delivery == Delivery::Buffered);
    assert!(cells.readings.contains(&tower(6011, 16_531)) && cells.readings.contains(&tower(7511, 16_273)));
    let beacons = recorded("testDecode#9").events.remove(0);
    let heard =
        beacons.readings.iter().filter(|reading| matches!(reading, Reading::Peripheral { .. })).count();
    assert_eq!(heard, 2);
    let sensors = recorded("testDecodeTemperature#3").events.remove(0);
    let warm = Reading::Temperature { sensor: 2, value: plomb_model::CentiCelsius(250) };
    assert!(sensors.readings.contains(&warm), "{:?}", sensors.readings);
    let journey = recorded("testDecodeDriver#1").events.remove(0);
    assert!(journey.position.is_none());
    let card = Reading::Card(plomb_model::CardNumber("01E04D44160000".into()));
    assert!(journey.readings.contains(&card));
    let binary = recorded("testDecode#20").events.remove(0);
    assert_eq!(binary.delivery, Delivery::Buffered);
    assert!(binary.readings.contains(&Reading::Firmware("1.0.3".into())));
}

#[test]
fn data_with_carriage_returns_are_one_line_and_their_sum_is_verified() {
    let whole = event("external-with-carriage-return");
    let data = Reading::Bytes { name: "external data".into(), value: (*b"a\rb;c").into() };
    assert!(whole.readings.contains(&data), "{:?}", whole.readings);
    let wrong = synthetic("external-sum-differs");
    assert!(wrong.issues[0].contains("sum of the external data differs"));
    assert!(!wrong.events[0].readings.iter().any(|reading| matches!(reading, Reading::Bytes { .. })));
    let crash = recorded("testDecodeCrash (disabled)#0");
    assert!(crash.issues.is_empty(), "{:?}", crash.issues);
    assert!(crash.events[0].signals.contains(Signal::Collision));
    let mut bytes = crash.frame;
    bytes[40] ^= 1;
    let damaged = talk::one(Protocol::Suntech, &bytes);
    assert!(damaged.events.is_empty() && damaged.issues[0].contains("checksum differs"));
}

#[test]
fn damage_is_an_issue_and_a_cut_place_is_no_place() {
    let time = synthetic("damaged-time");
    assert!(time.issues[0].contains("no such time"));
    assert!(time.events.iter().all(|event| event.position.is_none()));
    let cut = synthetic("cut-place");
    assert!(cut.events.is_empty() && cut.issues[0].contains("no line end"), "{cut:?}");
    let behind = synthetic("cut-behind-the-fix");
    assert!(behind.events[0].position.is_some() && behind.issues[0].contains("no line end"));
    let all = talk::decode(Protocol::Suntech, false, [&b"\x00noise;ST300ALV;100850000\rST3"[..]]);
    let frames: Vec<&[u8]> = all.iter().map(|report| report.frame.as_slice()).collect();
    assert_eq!(frames, [&b"\x00noise;"[..], b"ST300ALV;100850000\r", b"ST3"]);
}

#[test]
fn commands_take_the_form_of_the_family_and_answers_find_them() {
    let mut session = suntech::session(SessionConfig::default());
    let mut out = Decoded::default();
    let locate = Command::Locate;
    assert!(session.command(vectors::now(), None, CommandTicket(1), &locate, &mut out).is_err());
    session.receive(vectors::now(), b"ST300ALV;100850000\r", &mut out);
    out.clear();
    session.command(vectors::now(), None, CommandTicket(1), &locate, &mut out).unwrap();
    session.command(vectors::now(), None, CommandTicket(2), &Command::Restart, &mut out).unwrap();
    assert_eq!(out.all_replies(), b"ST300CMD;100850000;02;StatusReq\rST300CMD;100850000;02;Reboot\r");
    out.clear();
    session.receive(vectors::now(), b"ST300CMD;Res;100850000;010;Reboot\r", &mut out);
    let status = "ST300STT;100850000;04;248;20200801;10:20:30;2F100;+37.126616;+126.886819;032.500;090.25;9;1;500;12.30;101000;2;0034\r";
    session.receive(vectors::now(), status.as_bytes(), &mut out);
    let tickets: Vec<u64> = talk::reports(&out)
        .iter()
        .flat_map(|report| report.events[0].readings.clone())
        .filter_map(|reading| match reading {
            Reading::CommandResult { ticket, .. } => Some(ticket.0),
            _ => None,
        })
        .collect();
    assert_eq!(tickets, [2, 1]);

    session.receive(vectors::now(), b"RES;100850000;09;09;\r", &mut out);
    out.clear();
    let text = Command::Text("04;01".into());
    session.command(vectors::now(), None, CommandTicket(3), &text, &mut out).unwrap();
    assert_eq!(out.all_replies(), b"CMD;100850000;04;01\r");
    out.clear();
    session.receive(vectors::now(), b"RES;100850000;04;01;OK\r", &mut out);
    assert_eq!(talk::reports(&out)[0].events[0].kind, EventKind::CommandResult);
    for command in [Command::Lock, Command::Text("a\rCMD;1;03;03".into()), Command::Text("".into())] {
        assert!(session.command(vectors::now(), None, CommandTicket(4), &command, &mut out).is_err());
    }
}

#[test]
fn passwords_of_parameters_are_not_kept_or_shown() {
    let line = b"ST300CMD;Res;511848119;315;PresetA;NTW;0;internet;user;s3cret;\r";
    let report = talk::one(Protocol::Suntech, line);
    assert!(!format!("{:?}", report.events).contains("s3cret"));
    let description = suntech::describe(line);
    assert!(!format!("{description:?}").contains("s3cret"), "{description:?}");
}

#[test]
fn any_stream_is_taken() {
    talk::holds_for_any_stream(Protocol::Suntech, &FILES, b"ST30ALUEX;CR\r\x02\x03\x81\x00");
}
