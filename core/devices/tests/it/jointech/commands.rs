//! Commands to bytes, and answers to the commands they belong to.

use plomb_devices::{Decoded, Session};
use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, OccurredAt, Reading, ReceivedAt,
    Redacted, Scheme, Timestamp,
};

use super::{open, reports};
use crate::vectors;

fn send(session: &mut dyn Session, ticket: u64, command: &Command) -> Result<String, CommandError> {
    let mut out = Decoded::default();
    session.command(vectors::now(), None, CommandTicket(ticket), command, &mut out)?;
    Ok(String::from_utf8_lossy(out.all_replies()).into_owned())
}

fn results(session: &mut dyn Session, bytes: &[u8]) -> Vec<(u64, CommandOutcome)> {
    let mut out = Decoded::default();
    session.receive(vectors::now(), bytes, &mut out);
    let readings = out.reports().flat_map(|r| r.events).flat_map(|e| &e.readings);
    readings
        .filter_map(|reading| match reading {
            Reading::CommandResult { ticket, outcome } => Some((ticket.0, *outcome)),
            _ => None,
        })
        .collect()
}

fn p45(time: &str, source: u8, right: u8, serial: u8) -> Vec<u8> {
    format!("(0701234567,P45,010926,{time},44.4,N,26.1,E,A,0,0,{source},0,0000000000,{right},0,{serial})")
        .into_bytes()
}

fn unlock() -> Command {
    Command::Unlock { password: Some(Redacted::new("246813")) }
}

#[test]
fn the_bytes_of_each_command() {
    let at = OccurredAt(Timestamp::from_utc(2026, 11, 24, 8, 15, 30).unwrap());
    let texts: [(Command, &str); 8] = [
        (unlock(), "(P43,246813)"),
        (
            Command::ChangePassword { old: Redacted::new("888888"), new: Redacted::new("246813") },
            "(P44,1,246813)",
        ),
        (Command::ReportingInterval { seconds: 60, wake_min: Some(30) }, "(P04,1,60,30)"),
        (Command::Locate, "(P02)"),
        (Command::SetTime { now: at }, "(P22,241126081530)"),
        (
            Command::AuthoriseCards { cards: ["0012260888".into(), "0012260889".into()].into() },
            "(P41,1,2,0012260888,0012260889)",
        ),
        (Command::Restart, "(S17)"),
        (Command::Text("P37,1,5".into()), "(P37,1,5)"),
    ];
    let mut session = open(false);
    for (ticket, (command, text)) in (1..).zip(texts) {
        assert_eq!(send(&mut *session, ticket, &command).as_deref(), Ok(text));
    }
}

#[test]
fn values_the_lock_cannot_take_are_refused_without_showing_a_password() {
    let mut session = open(false);
    let card = |card: &str| Command::AuthoriseCards { cards: [card.into()].into() };
    for command in [
        Command::Unlock { password: None },
        Command::Unlock { password: Some(Redacted::new("24681")) },
        Command::Unlock { password: Some(Redacted::new("2468,1")) },
        Command::ChangePassword { old: Redacted::new("888888"), new: Redacted::new("") },
        Command::ReportingInterval { seconds: 4, wake_min: Some(30) },
        Command::ReportingInterval { seconds: 60, wake_min: None },
        Command::AuthoriseCards { cards: [].into() },
        card("12260888"),
        card("12)(P43,88"),
        Command::Text("P02)(P43,888888".into()),
        Command::Text("P02\r\n".into()),
        Command::Text("".into()),
    ] {
        let error = send(&mut *session, 1, &command).unwrap_err();
        assert!(matches!(error, CommandError::Value { .. }), "{command:?}");
        assert!(!error.to_string().contains("2468"), "{error}");
    }
    for command in [Command::Lock, Command::Track { seconds: 10, validity_s: 60 }] {
        assert_eq!(send(&mut *session, 1, &command), Err(CommandError::Unsupported { protocol: "jointech" }));
    }
    let opening = Command::UnlockSubLock { sub_lock: "E03B60000A".into(), window_min: 5 };
    assert_eq!(send(&mut *session, 1, &opening), Err(CommandError::UnknownDevice));
    for ticket in 0..16 {
        send(&mut *session, ticket, &Command::Locate).unwrap();
    }
    assert_eq!(send(&mut *session, 16, &Command::Locate), Err(CommandError::TooMany { waiting: 16 }));
    results(&mut *session, b"(0701234567,@JT)");
    let other = DeviceId::new(Scheme::Jointech, "0000000001").ok();
    let mut out = Decoded::default();
    let refused = session.command(vectors::now(), other, CommandTicket(1), &Command::Locate, &mut out);
    assert!(matches!(refused, Err(CommandError::Value { what: "device", .. })));
}

#[test]
fn only_the_lock_event_proves_an_unlocking() {
    let mut session = open(false);
    send(&mut *session, 7, &unlock()).unwrap();
    assert_eq!(
        results(&mut *session, b"(0701234567,P43,1)"),
        [(7, CommandOutcome::Acknowledged)],
        "an answer is no proof"
    );
    assert_eq!(results(&mut *session, &p45("120001", 1, 0, 1)), [], "a card is another unlocking");
    assert_eq!(results(&mut *session, &p45("090000", 4, 1, 2)), [], "an event from before the command");
    assert_eq!(results(&mut *session, &p45("120002", 4, 1, 3)), [(7, CommandOutcome::Done)]);
    send(&mut *session, 8, &unlock()).unwrap();
    assert_eq!(results(&mut *session, &p45("120002", 4, 1, 3)), [], "the same event again");
    assert_eq!(results(&mut *session, &p45("120004", 4, 0, 4)), [(8, CommandOutcome::Failed)]);
    assert_eq!(results(&mut *session, &p45("120005", 4, 1, 5)), [], "nobody asked");
}

#[test]
fn an_answer_after_ten_minutes_is_nobodys() {
    let mut session = open(false);
    send(&mut *session, 7, &unlock()).unwrap();
    let mut out = Decoded::default();
    let later = ReceivedAt(vectors::now().0.plus_secs(601));
    session.receive(later, &p45("121001", 4, 1, 3), &mut out);
    let found = reports(&out);
    assert!(!format!("{:?}", found[0].events).contains("CommandResult"));
}

#[test]
fn sub_lock_commands_never_repeat_a_serial() {
    let mut session = open(false);
    results(&mut *session, b"(0701234567,@JT)");
    let opening = Command::UnlockSubLock { sub_lock: "e03b60000a".into(), window_min: 5 };
    let first = send(&mut *session, 1, &opening).unwrap();
    let second = send(&mut *session, 2, &opening).unwrap();
    let serial = |text: &str| text.split(',').nth(2).unwrap().to_owned();
    assert_eq!(first, format!("(0701234567,1,{},WLNET,8,1,1,5,E03B60000A)", serial(&first)));
    assert_eq!(serial(&first).len(), 3);
    assert_ne!(first, second);
    let answer = format!("(0701234567,1,{},WLNET,8,1)", serial(&second));
    assert_eq!(results(&mut *session, answer.as_bytes()), [(2, CommandOutcome::Acknowledged)]);
    let bind = Command::BindSubLocks { sub_locks: ["E03B60000A".into(), "E03B60000B".into()].into() };
    let bound = send(&mut *session, 3, &bind).unwrap();
    assert!(bound.ends_with(",WLNET,1,1,2,E03B60000A,E03B60000B)"), "{bound}");
    assert!(![serial(&first), serial(&second)].contains(&serial(&bound)));
    let answer = format!("(0701234567,1,{},WLNET,1,OK)", serial(&bound));
    assert_eq!(results(&mut *session, answer.as_bytes()), [(3, CommandOutcome::Done)]);
    for window_min in [0, 6] {
        let wrong = Command::UnlockSubLock { sub_lock: "E03B60000A".into(), window_min };
        assert!(send(&mut *session, 1, &wrong).is_err());
    }
}

#[test]
fn the_report_of_the_sub_lock_proves_its_unlocking() {
    let mut session = open(false);
    results(&mut *session, b"(0701234567,@JT)");
    let opening = Command::UnlockSubLock { sub_lock: "E03B60000A".into(), window_min: 5 };
    send(&mut *session, 1, &opening).unwrap();
    let report = |sensor: &str, event: &str| {
        let payload = format!(
            "010926120010442567890260612340000001092612001{}{sensor}010140644004{event}0002000100",
            "0"
        );
        let mut frame = b"(0701234567,1,007,WLNET,5,2,".to_vec();
        for byte in plomb_wire::from_hex(&payload).unwrap() {
            match byte {
                b'(' | b')' | b',' | b'=' => frame.extend([b'=', byte ^ b'=']),
                _ => frame.push(byte),
            }
        }
        frame.push(b')');
        frame
    };
    assert_eq!(results(&mut *session, &report("E03B60000B", "0008")), [], "another sub-lock");
    assert_eq!(results(&mut *session, &report("E03B60000A", "8008")), [], "an event sent again");
    assert_eq!(results(&mut *session, &report("E03B60000A", "0008")), [(1, CommandOutcome::Done)]);
}

#[test]
fn answers_find_their_commands() {
    let mut session = open(false);
    send(&mut *session, 1, &Command::Locate).unwrap();
    send(&mut *session, 2, &Command::ReportingInterval { seconds: 60, wake_min: Some(30) }).unwrap();
    send(&mut *session, 3, &Command::Text("P37,1,5".into())).unwrap();
    assert_eq!(results(&mut *session, b"(0701234567,P37,OK)"), [(3, CommandOutcome::Done)]);
    assert_eq!(results(&mut *session, b"(0701234567,P04,60,30)"), [(2, CommandOutcome::Answered)]);
    assert_eq!(results(&mut *session, b"(0701234567,P04,60,30)"), []);
    // A real-time report of after the command answers the request for a position.
    let frame = plomb_wire::from_hex("24070123456719110034010926120001442567890260612 34f00000000006c070000000020c064f91ea0671d00020f0f0f0f0f0f0f0f0f0f07f100ea0f6e").unwrap();
    assert_eq!(results(&mut *session, &frame), [(1, CommandOutcome::Answered)]);
}
