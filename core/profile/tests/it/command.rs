//! Commands: protected requests to the device, and what comes back.

use plomb_constrained::coap::{Kind, Message, Writer, code, format, option};
use plomb_constrained::oscore::{open_request, protect_response};
use plomb_constrained::profile::{COMMAND_PATH, name};
use plomb_constrained::senml::{Pack, Value, Written};
use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, EventKind, Identity, OccurredAt, Reading, Redacted,
};
use plomb_session::Decoded;

use crate::device::{Device, KID, MASTER, Platform, Said, at, cut, keys, pack};

/// Device and platform that know each other.
fn introduced() -> (Device, Platform) {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    (device, platform)
}

fn send(platform: &mut Platform, ticket: u64, command: &Command) -> Result<Vec<u8>, CommandError> {
    let mut out = Decoded::default();
    let now = at(platform.seconds);
    platform.session.command(now, None, CommandTicket(ticket), command, &mut out)?;
    let reports: Vec<_> = out.reports().collect();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].device.unwrap().to_string(), "plomb:0a0b0c");
    Ok(reports[0].replies.to_vec())
}

/// What the device reads in a command: names and values.
fn read(device: &Device, datagram: &[u8]) -> Vec<(String, String)> {
    let message = Message::parse(datagram).unwrap();
    assert_eq!((message.kind, message.code), (Kind::Confirmable, code::POST));
    let mut inner = [0; 1280];
    let (inner, _) = open_request(&device.context, &message, &mut inner).unwrap();
    let inner = Message::parse_inner(inner).unwrap();
    assert!(inner.has_path(COMMAND_PATH));
    let told = |record: plomb_constrained::senml::Record<'_>| {
        let value = match record.value.unwrap() {
            Value::Number(number) => number.float().to_string(),
            Value::Text(text) => text.to_owned(),
            other => panic!("{other:?}"),
        };
        (record.name.to_owned(), value)
    };
    Pack::new(inner.payload).unwrap().map(|record| told(record.unwrap())).collect()
}

/// The device's response.
fn answer(device: &mut Device, datagram: &[u8], code: u8, body: &[u8]) -> Vec<u8> {
    let message = Message::parse(datagram).unwrap();
    let mut inner = [0; 1280];
    let (_, binding) = open_request(&device.context, &message, &mut inner).unwrap();
    let mut plain = [0; 512];
    let mut writer = Writer::new(&mut plain, Kind::Acknowledgement, code, message.id, message.token);
    if !body.is_empty() {
        writer.uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
    }
    let plain = writer.payload(body).unwrap();
    let plain = Message::parse(plain).unwrap();
    let mut out = [0; 512];
    protect_response(&mut device.context, &binding, &plain, false, &mut out).unwrap().to_vec()
}

fn outcome(said: &Said) -> Option<(u64, CommandOutcome)> {
    said.events.iter().flat_map(|event| &event.readings).find_map(|reading| match reading {
        Reading::CommandResult { ticket, outcome } => Some((ticket.0, *outcome)),
        _ => None,
    })
}

#[test]
fn an_unlocking_reaches_the_device_alone_and_its_answer_finds_the_command() {
    let (mut device, mut platform) = introduced();
    let unlock = Command::Unlock { password: Some(Redacted::new("246810")) };
    let datagram = send(&mut platform, 77, &unlock).unwrap();
    assert!(!datagram.windows(6).any(|window| window == b"246810"), "encrypted");
    let read = read(&device, &datagram);
    let pairs: Vec<(&str, &str)> = read.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert_eq!(pairs, [("cmd", "77"), ("do", "unlock"), ("pw", "246810")]);
    let body = pack("", 2, &[("s/motor_locked", Written::Bool(false))]);
    let reply = answer(&mut device, &datagram, code::CHANGED, &body);
    let said = platform.hear(&reply);
    assert_eq!(said.device.as_deref(), Some("plomb:0a0b0c"));
    assert_eq!(outcome(&said), Some((77, CommandOutcome::Done)));
    assert_eq!((said.events.len(), said.events[0].kind), (2, EventKind::CommandResult));
    assert!(said.events.iter().all(|event| event.trust.identity == Identity::Aead));
    // It was answered: another answer is none of ours.
    assert_eq!(platform.hear(&reply).issues, ["a response to no command of ours"]);
}

#[test]
fn codes_of_the_response_are_outcomes() {
    let cases = [
        (code::CHANGED, CommandOutcome::Done),
        (code::CREATED, CommandOutcome::Acknowledged),
        (code::NOT_FOUND, CommandOutcome::Unsupported),
        (code::BAD_REQUEST, CommandOutcome::Failed),
        (code::INTERNAL, CommandOutcome::Failed),
    ];
    let (mut device, mut platform) = introduced();
    for (ticket, (code, expected)) in (1..).zip(cases) {
        let datagram = send(&mut platform, ticket, &Command::Lock).unwrap();
        let reply = answer(&mut device, &datagram, code, &[]);
        assert_eq!(outcome(&platform.hear(&reply)), Some((ticket, expected)));
    }
}

#[test]
fn an_outcome_may_follow_in_an_event() {
    let (mut device, mut platform) = introduced();
    let body =
        pack("", 9, &[(name::COMMAND, Written::Decimal(5, 0)), (name::OUTCOME, Written::Text("failed"))]);
    let said = platform.hear(&device.report(&body, None).0);
    assert_eq!(outcome(&said), Some((5, CommandOutcome::Failed)));
    assert_eq!(said.events[0].kind, EventKind::CommandResult);
}

#[test]
fn a_forged_answer_is_an_issue_and_the_command_goes_on_waiting() {
    let (mut device, mut platform) = introduced();
    let datagram = send(&mut platform, 3, &Command::Restart).unwrap();
    let reply = answer(&mut device, &datagram, code::CHANGED, &[]);
    let mut forged = reply.clone();
    *forged.last_mut().unwrap() ^= 1;
    let said = platform.hear(&forged);
    assert_eq!(
        (said.issues, said.events.len()),
        (vec!["the answer to a command is not the device's".to_owned()], 0)
    );
    assert_eq!(outcome(&platform.hear(&reply)), Some((3, CommandOutcome::Done)));
}

#[test]
fn every_command_of_the_profile_is_written_as_its_specification_says() {
    let cards: Box<[Box<str>]> = Box::new(["11".into(), "22".into()]);
    let cases: [(Command, &[(&str, &str)]); 10] = [
        (Command::Lock, &[("do", "lock")]),
        (Command::Unlock { password: None }, &[("do", "unlock")]),
        (Command::Locate, &[("do", "locate")]),
        (Command::Restart, &[("do", "restart")]),
        (
            Command::ReportingInterval { seconds: 600, wake_min: Some(60) },
            &[("do", "interval"), ("s", "600"), ("wake", "60")],
        ),
        (Command::Track { seconds: 10, validity_s: 300 }, &[("do", "track"), ("s", "10"), ("for", "300")]),
        (Command::SetTime { now: OccurredAt(at(0).0) }, &[("do", "time"), ("s", "1795694400")]),
        (
            Command::ChangePassword { old: Redacted::new("a"), new: Redacted::new("b") },
            &[("do", "password"), ("pw", "a"), ("npw", "b")],
        ),
        (Command::AuthoriseCards { cards }, &[("do", "cards"), ("card", "11"), ("card", "22")]),
        (Command::Text("led on".into()), &[("do", "text"), ("msg", "led on")]),
    ];
    for (command, expected) in cases {
        let (device, mut platform) = introduced();
        let datagram = send(&mut platform, 1, &command).unwrap();
        let read = read(&device, &datagram);
        let pairs: Vec<(&str, &str)> = read.iter().skip(1).map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(pairs, expected, "{command:?}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_by_name_and_numbers_never_come_twice() {
    let (_, mut platform) = introduced();
    let sub_lock = Command::UnlockSubLock { sub_lock: "1".into(), window_min: 1 };
    assert!(matches!(send(&mut platform, 1, &sub_lock), Err(CommandError::Unsupported { .. })));
    let long = Command::Text("x".repeat(2000).into());
    assert!(matches!(send(&mut platform, 1, &long), Err(CommandError::Value { .. })));
    let mut ivs = Vec::new();
    for ticket in 0..8 {
        let datagram = send(&mut platform, ticket, &Command::Lock).unwrap();
        let message = Message::parse(&datagram).unwrap();
        let header = plomb_constrained::oscore::header(&message).unwrap().unwrap();
        ivs.push(header.partial_iv.unwrap().sequence());
    }
    assert!(ivs.is_sorted_by(|a, b| a < b) && ivs.iter().all(|iv| iv % 2 == 0), "{ivs:?}");
    assert_eq!(send(&mut platform, 9, &Command::Lock), Err(CommandError::TooMany { waiting: 8 }));
    // Before a device has shown itself there is nobody to command.
    let mut fresh = Platform::new(&keys());
    assert_eq!(send(&mut fresh, 1, &Command::Lock), Err(CommandError::UnknownDevice));
}
