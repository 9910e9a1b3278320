//! eSeal: recorded messages, each event of the seal, acknowledgements, commands, damage.

use plomb_devices::{Decoded, SessionConfig, eseal};
use plomb_model::{
    Command, CommandOutcome, CommandTicket, Event, EventKind, Fix, Protocol, Reading, SealEvidence, SealPart,
    Signal, UnlockMethod,
};

use crate::talk::{self, reports};
use crate::vectors;

const FILES: [&str; 2] = ["eseal.jsonl", "eseal-synthetic.jsonl"];

fn synthetic(id: &str) -> talk::Report {
    let lines = vectors::read(FILES[1]);
    let line = lines.iter().find(|line| line["id"] == format!("eseal-synthetic.{id}")).unwrap();
    talk::one(Protocol::Eseal, &vectors::bytes(line).unwrap())
}

fn event(id: &str) -> Event {
    let report = synthetic(id);
    assert!(report.issues.is_empty(), "{id}: {:?}", report.issues);
    report.events[0].clone()
}

#[test]
fn positions_times_and_identities_are_those_of_the_reference() {
    let differences = vectors::compare(&vectors::run(FILES[0], eseal::session));
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn a_report_tells_place_door_and_battery_and_is_acknowledged() {
    let bytes = vectors::bytes(&vectors::read(FILES[0])[0]).unwrap();
    let report = talk::one(Protocol::Eseal, &bytes);
    assert_eq!(report.device.as_deref(), Some("tracker:1000821"));
    let event = &report.events[0];
    assert_eq!((event.kind, event.serial), (EventKind::Position, Some(34)));
    assert_eq!(event.position.unwrap().fix, Fix::Gnss);
    assert_eq!(event.seal.part(SealPart::DoorClosed), Some(true));
    assert_eq!(event.trust.seal, SealEvidence::ValidIntact);
    assert!(event.readings.contains(&Reading::BatteryVoltage(plomb_model::Millivolts(3800))));
    assert_eq!(report.replies, "##S,eSeal,1000821,256,3.0.6,Normal ACK,34,E##\r\n");
}

#[test]
fn a_start_is_a_login_without_a_fix_and_leaves_the_configuration() {
    let bytes = vectors::bytes(&vectors::read(FILES[0])[1]).unwrap();
    let report = talk::one(Protocol::Eseal, &bytes);
    assert_eq!(report.events[0].kind, EventKind::Login);
    assert_eq!(report.events[0].position.unwrap().fix, Fix::Stale);
    assert_eq!(report.replies, "##S,eSeal,1000821,256,3.0.6,Startup ACK,1,,E##\r\n");
}

#[test]
fn each_event_of_the_seal_is_told() {
    let door = event("door");
    assert!(door.signals.contains(Signal::DoorOpen));
    assert_eq!((door.kind, door.seal.part(SealPart::DoorClosed)), (EventKind::Seal, Some(false)));
    assert_eq!(door.trust.seal, SealEvidence::None);
    assert!(event("shock").signals.contains(Signal::Shock));
    assert!(event("drop").signals.contains(Signal::Drop));
    let lock = event("lock");
    assert!(lock.signals.contains(Signal::Locked));
    assert_eq!(lock.seal.part(SealPart::Sealed), Some(true));
    assert_eq!(lock.trust.seal, SealEvidence::ValidIntact);
    let unlock = event("remote-unlock");
    assert!(unlock.signals.contains(Signal::Unlocked));
    assert_eq!(unlock.seal.part(SealPart::MotorLocked), Some(false));
    assert_eq!(unlock.trust.seal, SealEvidence::None);
    let remote = |reading: &Reading| matches!(reading, Reading::Unlock(unlock) if unlock.method == UnlockMethod::Remote);
    assert!(unlock.readings.iter().any(remote));
    assert!(event("button").signals.is_empty());
    assert_eq!(event("termination").kind, EventKind::Seal);
    let unknown = event("unknown-event");
    assert!(unknown.signals.contains(Signal::General));
    assert!(unknown.readings.contains(&Reading::Text("Event-Magnet".into())));
}

#[test]
fn reports_are_acknowledged_and_answers_are_not() {
    talk::answers_are_as_stated(Protocol::Eseal, FILES[1]);
}

#[test]
fn damage_is_an_issue_and_no_event() {
    for (id, issue) in [("damaged-time", "no such time"), ("cut", "frame is incomplete")] {
        let report = synthetic(id);
        assert!(report.events.is_empty(), "{id}");
        assert!(report.issues[0].contains(issue), "{id}: {:?}", report.issues);
    }
    let good = vectors::bytes(&vectors::read(FILES[0])[0]).unwrap();
    let stream = [b"##S,eSeal,1000821,256", good.as_slice(), b"\r\nnoise", &good].concat();
    let all = talk::decode(Protocol::Eseal, false, [stream.as_slice()]);
    let events: Vec<usize> = all.iter().map(|report| report.events.len()).collect();
    assert_eq!(events, [0, 1, 0, 1]);
    assert_eq!(all[2].frame, b"\r\nnoise");
}

#[test]
fn an_unlocking_is_told_when_it_arrives_and_when_it_is_done() {
    let mut session = eseal::session(SessionConfig::default());
    let mut out = Decoded::default();
    let unlock = Command::Unlock { password: None };
    assert!(session.command(vectors::now(), None, CommandTicket(7), &unlock, &mut out).is_err());
    session.receive(vectors::now(), &vectors::bytes(&vectors::read(FILES[0])[0]).unwrap(), &mut out);
    out.clear();
    session.command(vectors::now(), None, CommandTicket(7), &unlock, &mut out).unwrap();
    assert_eq!(out.all_replies(), b"##S,eSeal,1000821,256,3.0.6,RC-Unlock,E##");
    out.clear();
    for (word, outcome) in [("ACK", CommandOutcome::Acknowledged), ("OK", CommandOutcome::Done)] {
        let answer = format!("##S,eSeal,1000821,256,3.0.6,RC-Unlock {word},,E##\r\n");
        session.receive(vectors::now(), answer.as_bytes(), &mut out);
        let event = reports(&out).last().unwrap().events[0].clone();
        assert_eq!(event.kind, EventKind::CommandResult);
        assert!(
            event.readings.contains(&Reading::CommandResult { ticket: CommandTicket(7), outcome }),
            "{event:?}"
        );
    }
    assert_eq!(out.all_replies(), b"");
    let text = Command::Text("RC-Power Control,Power OFF".into());
    out.clear();
    session.command(vectors::now(), None, CommandTicket(8), &text, &mut out).unwrap();
    assert_eq!(out.all_replies(), b"##S,eSeal,1000821,256,3.0.6,RC-Power Control,Power OFF,E##");
    for command in [Command::Lock, Command::Text("RC-A,E##".into()), Command::Text("Normal ACK".into())] {
        assert!(session.command(vectors::now(), None, CommandTicket(9), &command, &mut out).is_err());
    }
}

#[test]
fn any_stream_is_taken() {
    talk::holds_for_any_stream(Protocol::Eseal, &FILES, b"##S,E\r\n0AV");
}
