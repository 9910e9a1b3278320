//! JT/T 808 conversations: registration and authentication, commands and their answers, split messages.

use plomb_devices::{Decoded, Session, SessionConfig, SessionKey, jt808};
use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Identity, OccurredAt,
    Reading, ReceivedAt, Scheme, SealPart,
};

use crate::jt808::{content, wire};
use crate::vectors::now;

const ONE: [u8; 6] = [0x01, 0x39, 0, 0, 0, 1];
const TWO: [u8; 6] = [0x01, 0x39, 0, 0, 0, 2];
const LONG: [u8; 10] = [0, 0, 0, 0, 0x01, 0x39, 0, 0, 0, 1];

/// A message of a terminal; ten bytes of number make a header of 2019.
fn frame(message: u16, terminal: &[u8], serial: u16, body: &[u8]) -> Vec<u8> {
    let [a, b] = message.to_be_bytes();
    let [c, d] = (body.len() as u16).to_be_bytes();
    let head: &[u8] = if terminal.len() == 10 { &[a, b, c | 0x40, d, 1] } else { &[a, b, c, d] };
    wire(&[head, terminal, &serial.to_be_bytes(), body].concat())
}

/// One package of a split message.
fn package(terminal: &[u8; 6], serial: u16, total: u16, index: u16, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u16 | 1 << 13).to_be_bytes();
    let item = [total.to_be_bytes(), index.to_be_bytes()].concat();
    wire(&[&[0x07, 0x04], &length[..], terminal, &serial.to_be_bytes(), &item, body].concat())
}

fn location(status: u32) -> Vec<u8> {
    let mut body = vec![0; 4];
    body.extend(status.to_be_bytes());
    body.extend([1, 0x58, 0x7D, 1, 6, 0xCB, 0xFF, 0x66, 0, 0, 0, 0, 0, 0, 0x26, 0x09, 1, 0x20, 0, 0]);
    body
}

fn config() -> SessionConfig {
    SessionConfig { key: SessionKey::new([7; 32]), ..SessionConfig::default() }
}

fn demanding() -> SessionConfig {
    SessionConfig { require_authentication: true, ..config() }
}

fn device(terminal: &[u8]) -> DeviceId {
    DeviceId::new(Scheme::Jt808, &plomb_wire::to_hex(terminal)).unwrap()
}

fn receive(session: &mut Box<dyn Session>, frame: &[u8]) -> Decoded {
    let mut out = Decoded::default();
    session.receive(now(), frame, &mut out);
    assert_eq!(out.len(), 1);
    out
}

/// The result byte of the general answer.
fn result(out: &Decoded) -> u8 {
    let content = content(out.all_replies());
    assert_eq!(content[..2], [0x80, 0x01]);
    content[content.len() - 2]
}

fn event(out: &Decoded) -> Event {
    out.reports().next().unwrap().events[0].clone()
}

fn command(session: &mut Box<dyn Session>, to: Option<DeviceId>, ticket: u64, command: &Command) -> Vec<u8> {
    let mut out = Decoded::default();
    session.command(now(), to, CommandTicket(ticket), command, &mut out).unwrap();
    content(out.all_replies())
}

fn outcome(out: &Decoded) -> Option<(u64, CommandOutcome)> {
    event(out).readings.iter().find_map(|reading| match reading {
        Reading::CommandResult { ticket, outcome } => Some((ticket.0, *outcome)),
        _ => None,
    })
}

#[test]
fn a_registered_terminal_authenticates_with_the_code_it_was_given() {
    let mut session = jt808::session(demanding());
    let refused = receive(&mut session, &frame(0x0200, &ONE, 1, &location(3)));
    let report = refused.reports().next().unwrap();
    assert!(report.events.is_empty() && report.issues[0].what.contains("authenticated"));
    assert_eq!((result(&refused), report.device), (1, Some(device(&ONE))));

    let registration = [&[0; 4][..], b"MAKER", &[0; 20], b"0000001", &[0]].concat();
    let registered = receive(&mut session, &frame(0x0100, &ONE, 2, &registration));
    let answer = content(registered.all_replies());
    assert_eq!(answer[..2], [0x81, 0x00]);
    assert_eq!(answer[12..15], [0, 2, 0]);
    let code = answer[15..answer.len() - 1].to_vec();
    assert_eq!(code, config().key.code("jt808", "013900000001").into_bytes());

    let wrong = receive(&mut session, &frame(0x0102, &ONE, 3, b"0000000000000000"));
    assert_eq!((result(&wrong), wrong.reports().next().unwrap().issues.len()), (1, 1));
    let right = receive(&mut session, &frame(0x0102, &ONE, 4, &code));
    assert_eq!((result(&right), event(&right).trust.identity), (0, Identity::Network));
    assert!(!format!("{:?}", event(&right)).contains(std::str::from_utf8(&code).unwrap()));

    let reported = receive(&mut session, &frame(0x0200, &ONE, 5, &location(3)));
    assert_eq!((result(&reported), event(&reported).trust.identity), (0, Identity::Network));
    let other = receive(&mut session, &frame(0x0200, &TWO, 1, &location(3)));
    assert_eq!(result(&other), 1, "another terminal of the same gateway has not");

    receive(&mut session, &frame(0x0003, &ONE, 6, &[]));
    let after = receive(&mut session, &frame(0x0200, &ONE, 7, &location(3)));
    assert_eq!(result(&after), 1, "logged out");
}

#[test]
fn a_terminal_of_2019_shows_imei_and_firmware_with_its_code() {
    let mut session = jt808::session(demanding());
    let code = config().key.code("jt808", &plomb_wire::to_hex(&LONG));
    let mut body = vec![16];
    body.extend(code.bytes());
    body.extend(b"865478070102068V1.2.3\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    let out = receive(&mut session, &frame(0x0102, &LONG, 1, &body));
    let answer = content(out.all_replies());
    assert_eq!(answer[2..5], [0x40, 5, 1], "the answer has the header of 2019");
    assert_eq!(answer[5..15], LONG);
    assert_eq!(answer[answer.len() - 2], 0);
    let event = event(&out);
    assert_eq!(event.readings.len(), 2);
    assert!(matches!(&event.readings[1], Reading::Firmware(text) if &**text == "V1.2.3"));
}

#[test]
fn all_editions_of_the_registration_are_read() {
    let edition = |terminal: &[u8], body: Vec<u8>| {
        let out = receive(&mut jt808::session(config()), &frame(0x0100, terminal, 1, &body));
        assert!(out.reports().next().unwrap().issues.is_empty());
        event(&out).readings.iter().find_map(|reading| match reading {
            Reading::Code { name, value } if name == "edition" => Some(*value),
            _ => None,
        })
    };
    let plate = "粤B12345";
    let (plate, _, _) = encoding_rs::GBK.encode(plate);
    let body = |maker: usize, model: usize, number: usize| {
        [&[0; 4][..], &vec![b'A'; maker + model + number], &[1], &plate].concat()
    };
    assert_eq!(edition(&ONE, body(5, 8, 7)), Some(2011));
    assert_eq!(edition(&ONE, body(5, 20, 7)), Some(2013));
    assert_eq!(edition(&LONG, body(11, 30, 30)), Some(2019));
}

#[test]
fn time_is_told_in_utc() {
    let mut session = jt808::session(config());
    let binary = receive(&mut session, &frame(0x0109, &ONE, 1, &[]));
    let answer = content(binary.all_replies());
    assert_eq!(answer[..2], [0x81, 0x09]);
    assert_eq!(answer[12..19], [0x07, 0xEA, 9, 1, 12, 0, 0]);
    let decimal = receive(&mut session, &frame(0x0004, &ONE, 2, &[]));
    let answer = content(decimal.all_replies());
    assert_eq!(answer[..2], [0x80, 0x04]);
    assert_eq!(answer[12..18], [0x26, 0x09, 0x01, 0x12, 0, 0]);
}

#[test]
fn the_clock_of_the_device_is_what_the_configuration_says() {
    let mut session = jt808::session(SessionConfig { utc_offset_min: 0, ..config() });
    let out = receive(&mut session, &frame(0x0200, &ONE, 1, &location(3)));
    assert_eq!(event(&out).occurred_at.unwrap().0.to_string(), "2026-09-01T20:00:00.000Z");
    let mut session = jt808::session(config());
    let out = receive(&mut session, &frame(0x0200, &ONE, 1, &location(3)));
    assert_eq!(event(&out).occurred_at, Some(OccurredAt(now().0)));
}

#[test]
fn an_unlock_is_taken_and_then_done() {
    let mut session = jt808::session(config());
    receive(&mut session, &frame(0x0002, &ONE, 1, &[]));
    let sent = command(&mut session, None, 41, &Command::Unlock { password: None });
    assert_eq!(sent[..2], [0x85, 0x00]);
    assert_eq!(sent[12..sent.len() - 1], [0], "2013: flag 0 unlocks");
    let serial = [sent[10], sent[11]];

    let foreign = receive(&mut session, &frame(0x0001, &TWO, 1, &[serial[0], serial[1], 0x85, 0, 0]));
    assert_eq!(outcome(&foreign), None, "another terminal cannot answer");
    let taken = receive(&mut session, &frame(0x0001, &ONE, 2, &[serial[0], serial[1], 0x85, 0, 0]));
    assert_eq!(outcome(&taken), Some((41, CommandOutcome::Acknowledged)));
    assert!(taken.all_replies().is_empty());
    let done = receive(&mut session, &frame(0x0500, &ONE, 3, &[&serial[..], &location(3)].concat()));
    assert_eq!(outcome(&done), Some((41, CommandOutcome::Done)));
    let done = event(&done);
    assert_eq!((done.kind, done.seal.part(SealPart::MotorLocked)), (EventKind::CommandResult, Some(false)));
    let again = receive(&mut session, &frame(0x0500, &ONE, 4, &[&serial[..], &location(3)].concat()));
    assert_eq!(outcome(&again), None, "answered once");
}

#[test]
fn an_unlock_that_leaves_the_doors_locked_has_failed() {
    let mut session = jt808::session(config());
    let sent = command(&mut session, Some(device(&LONG)), 42, &Command::Unlock { password: None });
    assert_eq!(sent[2..5], [0x40, 5, 1]);
    assert_eq!(sent[17..sent.len() - 1], [0, 1, 0, 1, 1], "2019: control 1, opened");
    let answer = [&sent[15..17], &location(3 | 1 << 12)].concat();
    let failed = receive(&mut session, &frame(0x0500, &LONG, 1, &answer));
    assert_eq!(outcome(&failed), Some((42, CommandOutcome::Failed)));
}

#[test]
fn answers_find_their_commands() {
    let mut session = jt808::session(config());
    let to = Some(device(&ONE));
    let locate = command(&mut session, to, 1, &Command::Locate);
    let track = command(&mut session, to, 2, &Command::Track { seconds: 10, validity_s: 600 });
    let text = command(&mut session, to, 3, &Command::Text("STATUS#".into()));
    let restart = command(&mut session, to, 4, &Command::Restart);
    assert_eq!(track[12..18], [0, 10, 0, 0, 2, 0x58]);
    assert_eq!(text[12..20], *b"\x01STATUS#");
    assert_eq!((restart[12], [restart[10], restart[11]]), (4, [0, 3]));

    let located = receive(&mut session, &frame(0x0201, &ONE, 1, &[&locate[10..12], &location(3)].concat()));
    assert_eq!(outcome(&located), Some((1, CommandOutcome::Done)));
    assert!(event(&located).position.is_some());
    let answered = |sent: &[u8], result| [sent[10], sent[11], sent[0], sent[1], result];
    let tracked = receive(&mut session, &frame(0x0001, &ONE, 2, &answered(&track, 0)));
    assert_eq!(outcome(&tracked), Some((2, CommandOutcome::Done)));
    let unknown = receive(&mut session, &frame(0x0001, &ONE, 3, &answered(&restart, 3)));
    assert_eq!(outcome(&unknown), Some((4, CommandOutcome::Unsupported)));
    let body = [&text[10..12], &[0, b'O', 0, b'K']].concat();
    let told = receive(&mut session, &frame(0x1300, &ONE, 4, &body));
    assert_eq!(outcome(&told), Some((3, CommandOutcome::Answered)));
    assert!(event(&told).readings.contains(&Reading::Text("OK".into())));

    command(&mut session, to, 5, &Command::Text("VERSION#".into()));
    let told = receive(&mut session, &frame(0x6006, &ONE, 5, b"\0V1.0"));
    assert_eq!(outcome(&told), Some((5, CommandOutcome::Answered)));
}

#[test]
fn a_command_needs_somebody_to_go_to() {
    let mut session = jt808::session(config());
    let mut out = Decoded::default();
    let mut send = |session: &mut Box<dyn Session>, to, ticket| {
        session.command(now(), to, CommandTicket(ticket), &Command::Locate, &mut out)
    };
    assert_eq!(send(&mut session, None, 1), Err(CommandError::UnknownDevice));
    receive(&mut session, &frame(0x0002, &ONE, 1, &[]));
    assert_eq!(send(&mut session, None, 2), Ok(()));
    receive(&mut session, &frame(0x0002, &TWO, 1, &[]));
    assert_eq!(send(&mut session, None, 3), Err(CommandError::UnknownDevice), "two could be meant");
    for ticket in 4..=1026 {
        assert_eq!(send(&mut session, Some(device(&TWO)), ticket), Ok(()));
    }
    assert_eq!(send(&mut session, Some(device(&TWO)), 9999), Err(CommandError::TooMany { waiting: 1024 }));
}

#[test]
fn missing_packages_are_asked_for_and_then_given_up() {
    let mut session = jt808::session(config());
    let record = location(3);
    let batch = [&[0, 1, 1, 0, 28][..], &record].concat();
    let parts: Vec<&[u8]> = batch.chunks(11).collect();
    let total = parts.len() as u16;
    receive(&mut session, &package(&ONE, 100, total, 1, parts[0]));
    let due = session.deadline().unwrap();
    assert_eq!(due.0.since(now().0), 10_000);

    let mut out = Decoded::default();
    session.tick(due, &mut out);
    let request = content(out.all_replies());
    assert_eq!(request[..2], [0x80, 0x03]);
    assert_eq!(request[12..request.len() - 1], [0, 100, 2, 0, 2, 0, 3]);
    receive(&mut session, &package(&ONE, 102, total, 3, parts[2]));
    let whole = receive(&mut session, &package(&ONE, 101, total, 2, parts[1]));
    assert_eq!(event(&whole).delivery.name(), "buffered");
    assert_eq!(session.deadline(), None);

    receive(&mut session, &package(&ONE, 200, total, 1, parts[0]));
    let mut given_up = 0;
    for _ in 0..4 {
        let due = session.deadline().unwrap();
        let mut out = Decoded::default();
        session.tick(due, &mut out);
        given_up += out.reports().map(|report| report.issues.len()).sum::<usize>();
    }
    assert_eq!((given_up, session.deadline()), (1, None::<ReceivedAt>));
}

#[test]
fn media_is_acknowledged_by_its_number() {
    let mut session = jt808::session(config());
    let body = [&[0, 0, 0, 77, 0, 0, 1, 2][..], &location(3), &[0xFF, 0xD8]].concat();
    let out = receive(&mut session, &frame(0x0801, &ONE, 1, &body));
    let answer = content(out.all_replies());
    assert_eq!(answer[..2], [0x88, 0x00]);
    assert_eq!(answer[12..16], [0, 0, 0, 77]);
    assert_eq!((event(&out).kind, event(&out).position.is_some()), (EventKind::Media, true));
}
