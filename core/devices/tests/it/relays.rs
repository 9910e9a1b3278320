//! Wialon Retranslator, Envotech and Teratrack: recorded and built frames, damage, answers, and properties.

use plomb_devices::{Decoded, describe, envotech, open, teratrack, wialon_retranslator};
use plomb_model::{
    CardNumber, CellTower, Command, CommandError, CommandTicket, DeviceId, EventKind, Metres, Millivolts,
    Percent, Protocol, Reading, Scheme, SealEvidence,
};

use crate::talks::{self, Report, events, issues, replies, talk};
use crate::vectors::{self, now};

const RELAYS: [Protocol; 3] = [Protocol::WialonRetranslator, Protocol::Envotech, Protocol::Teratrack];

fn built(protocol: Protocol, id: &str) -> Vec<u8> {
    let name = protocol.name();
    let wanted = format!("{name}-synthetic.{id}");
    let lines = vectors::read(&format!("{name}-synthetic.jsonl"));
    vectors::bytes(lines.iter().find(|line| line["id"] == wanted.as_str()).unwrap()).unwrap()
}

fn said(protocol: Protocol, id: &str) -> Vec<Report> {
    talk(protocol, &[&built(protocol, id)])
}

#[test]
fn recorded_frames_decode_and_are_answered_as_the_reference_does() {
    let sets = [
        vectors::run("wialon-retranslator.jsonl", wialon_retranslator::session),
        vectors::run("envotech.jsonl", envotech::session),
        vectors::run("teratrack.jsonl", teratrack::session),
    ];
    for lines in sets {
        assert_eq!(vectors::compare(&lines), Vec::<String>::new());
        for line in lines {
            assert_eq!(line.issues, Vec::<String>::new(), "{}", line.id);
            let answers = line.vector["replies"].as_array().unwrap();
            let expected = match answers.first().and_then(|answer| answer.as_str()?.split_once(':')) {
                Some(("hex", hex)) => plomb_wire::from_hex(hex).unwrap(),
                Some((_, text)) => text.as_bytes().to_vec(),
                None => Vec::new(),
            };
            assert_eq!(line.replies, expected, "{}", line.id);
        }
    }
}

#[test]
fn built_frames_become_the_events_they_state() {
    for protocol in RELAYS {
        talks::check_synthetic(protocol, &format!("{}-synthetic.jsonl", protocol.name()));
    }
}

#[test]
fn a_retranslated_message_keeps_its_parameters() {
    let found = events(&said(Protocol::WialonRetranslator, "position"));
    let position = found[0].position.unwrap();
    assert_eq!((position.altitude, position.satellites), (Some(Metres(171)), Some(8)));
    assert!((position.speed.unwrap().kmh() - 60.0).abs() < 1e-9);
    for reading in [
        Reading::ExternalPower(Millivolts(24_500)),
        Reading::Input { number: 1, on: true },
        Reading::Input { number: 2, on: false },
        Reading::Input { number: 3, on: true },
        Reading::Input { number: 4, on: false },
    ] {
        assert!(found[0].readings.contains(&reading), "{reading:?} {:?}", found[0].readings);
    }
    let found = events(&said(Protocol::WialonRetranslator, "no-place"));
    assert!(found[0].readings.contains(&Reading::Card(CardNumber("0102030405".into()))));
    assert!(found[0].readings.contains(&Reading::BatteryVoltage(Millivolts(3_900))));
}

#[test]
fn an_envotech_text_keeps_its_fields() {
    let found = events(&said(Protocol::Envotech, "unlocked"));
    assert_eq!(found[0].trust.seal, SealEvidence::ValidIntact);
    for reading in [
        Reading::BatteryVoltage(Millivolts(4_060)),
        Reading::NetworkSignal(Percent::share(24, 31)),
        Reading::CellTower(CellTower { mcc: 639, mnc: 2, area: 0, cell: 0 }),
        Reading::Input { number: 1, on: true },
        Reading::Input { number: 2, on: false },
        Reading::Output { number: 8, on: true },
        Reading::Model("SLM".into()),
        Reading::Code { name: "event".into(), value: 0x61 },
    ] {
        assert!(found[0].readings.contains(&reading), "{reading:?} {:?}", found[0].readings);
    }
    let position = found[0].position.unwrap();
    assert!((position.speed.unwrap().kmh() - 18.52).abs() < 0.01, "knots");
}

#[test]
fn a_text_that_lost_its_end_ends_with_its_line_or_where_the_next_begins() {
    let whole = built(Protocol::Envotech, "locked");
    let open = &whole[..whole.len() - 1];
    for between in [&b""[..], b"\r\n"] {
        let bytes = [open, between, &whole].concat();
        let found = talk(Protocol::Envotech, &[&bytes]);
        assert_eq!((events(&found).len(), issues(&found)), (2, Vec::new()), "{found:?}");
    }
}

#[test]
fn a_sub_lock_is_a_device_of_its_own() {
    let found = events(&said(Protocol::Teratrack, "sub-lock-cut"));
    assert_eq!(found[1].peripheral, DeviceId::new(Scheme::SubLock, "685304").ok());
    assert_eq!(found[1].trust.seal, SealEvidence::ValidTampered);
    assert_eq!(found[0].trust.seal, SealEvidence::ValidIntact, "the master is whole");
    assert!(found[1].readings.contains(&Reading::Battery(Percent::new(85).unwrap())));
    let found = events(&said(Protocol::Teratrack, "wrong-password-and-card"));
    for reading in [
        Reading::Card(CardNumber("60000644".into())),
        Reading::Battery(Percent::new(79).unwrap()),
        Reading::Imei(DeviceId::new(Scheme::Imei, "860922000000017").unwrap()),
        Reading::Odometer(Metres(12_000)),
    ] {
        assert!(found[0].readings.contains(&reading), "{reading:?} {:?}", found[0].readings);
    }
    assert_eq!(found[0].serial, Some(20));
}

#[test]
fn frames_behind_garbage_are_found_and_each_is_answered_once() {
    for protocol in RELAYS {
        let id = if protocol == Protocol::Envotech || protocol == Protocol::WialonRetranslator {
            "position"
        } else {
            "sealed"
        };
        let frame = built(protocol, id);
        let bytes = [b"\xFE\xFEgarbage\xFE\xFE\xFE\xFE", frame.as_slice(), frame.as_slice()].concat();
        let found = talk(protocol, &[&bytes]);
        assert_eq!(events(&found).len(), 2, "{protocol:?} {found:?}");
        assert_eq!(issues(&found).len(), 1, "{protocol:?}");
        assert_eq!(replies(&found).len(), 2 * replies(&talk(protocol, &[&frame])).len());
    }
}

#[test]
fn a_frame_that_does_not_go_on_is_let_go_and_there_are_no_commands() {
    for protocol in RELAYS {
        let frame = read_all(protocol).remove(0);
        let mut session = open(protocol, plomb_devices::SessionConfig::default());
        let mut out = Decoded::default();
        session.receive(now(), &frame[..frame.len() / 2], &mut out);
        assert!(out.is_empty());
        session.tick(session.deadline().unwrap(), &mut out);
        let found = talks::reports(&out);
        assert_eq!(issues(&found).len(), 1, "{found:?}");
        assert!(events(&found).is_empty());
        let refused = session.command(now(), None, CommandTicket(1), &Command::Lock, &mut out);
        assert_eq!(refused, Err(CommandError::Unsupported { protocol: protocol.name() }));
    }
}

#[test]
fn descriptions_name_what_is_there() {
    let names = |protocol: Protocol, id: &str| -> Vec<&'static str> {
        describe(protocol, &built(protocol, id)).fields.iter().map(|field| field.name).collect()
    };
    assert_eq!(
        names(Protocol::WialonRetranslator, "alarm"),
        ["length", "identifier", "time", "flags", "block"]
    );
    let fields = names(Protocol::Envotech, "other-device-heard");
    assert!(fields.contains(&"place") && fields.contains(&"other device") && fields.contains(&"checksum"));
    assert!(!names(Protocol::Teratrack, "sealed").is_empty());
    assert_eq!(events(&said(Protocol::Envotech, "locked"))[0].kind, EventKind::Seal);
}

fn read_all(protocol: Protocol) -> Vec<Vec<u8>> {
    let name = protocol.name();
    [format!("{name}.jsonl"), format!("{name}-synthetic.jsonl")]
        .iter()
        .flat_map(|file| vectors::read(file))
        .filter_map(|line| vectors::bytes(&line))
        .collect()
}

#[test]
fn properties() {
    for protocol in RELAYS {
        let mut talks = read_all(protocol);
        let pairs: Vec<Vec<u8>> = talks.windows(2).map(|pair| pair.concat()).collect();
        talks.extend(pairs);
        talks::check_properties(protocol, &talks);
    }
}
