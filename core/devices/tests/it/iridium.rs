//! Iridium DirectIP and RockBLOCK: what the guide says a message means, and messages to terminals.

use plomb_devices::{Decoded, SessionConfig, describe, iridium};
use plomb_model::{Command, CommandError, CommandOutcome, CommandTicket, EventKind, Protocol, Reading};
use plomb_wire::{from_hex, to_hex};

use crate::{vectors, vectors::now, web};

const PROTOCOL: Protocol = Protocol::Iridium;
const TERMINAL: &str = "imei:300234010753370";

#[test]
fn given_messages_bring_what_was_written_of_them() {
    let lines = vectors::read("iridium.jsonl");
    let decoded = |id: &str| {
        let line = lines.iter().find(|line| line["id"] == id).unwrap();
        web::events(&web::decode(PROTOCOL, SessionConfig::default(), &web::frame(line)))[0].clone()
    };
    let payload = decoded("iridium.payload");
    assert_eq!(payload["device"], TERMINAL);
    assert!(payload["readings"].to_string().contains("SEAL1:OPEN"));
    let location = decoded("iridium.location");
    assert_eq!((location["latitude"].as_f64(), location["longitude"].as_f64()), (Some(51.5), Some(0.125)));
    assert!(location["readings"].to_string().contains("Accuracy(Metres(3000))"));
    assert_eq!(decoded("iridium.t622")["device"], "imei:300434067548650");
    assert_eq!(decoded("iridium.t622")["time"], "2023-07-18T02:10:31.000Z");
}

#[test]
fn synthetic_messages_mean_what_the_guide_says() {
    web::synthetic("iridium-synthetic.jsonl", PROTOCOL);
    web::synthetic("rockblock-synthetic.jsonl", Protocol::Rockblock);
}

#[test]
fn any_bytes_are_kept_and_cuts_change_nothing() {
    web::properties(&["iridium.jsonl", "iridium-synthetic.jsonl"], PROTOCOL);
    web::properties(&["rockblock-synthetic.jsonl"], Protocol::Rockblock);
}

#[test]
fn a_message_is_confirmed_to_the_gateway() {
    let line = vectors::read("iridium.jsonl").into_iter().next().unwrap();
    let out = web::decode(PROTOCOL, SessionConfig::default(), &web::frame(&line));
    assert_eq!(to_hex(out.all_replies()), "01000405000101");
}

#[test]
fn a_text_goes_to_a_terminal_and_its_confirmation_finds_the_command() {
    let mut session = iridium::session(SessionConfig::default());
    let mut out = Decoded::default();
    let to = TERMINAL.parse().unwrap();
    session.command(now(), Some(to), CommandTicket(9), &Command::Text("hi".into()), &mut out).unwrap();
    let expected = "01001d410015000000093330303233343031303735333337300000420002".to_owned() + "6869";
    assert_eq!(to_hex(out.all_replies()), expected);
    out.clear();
    let confirmation = "01001c440019000000093330303233343031303735333337300000000500 01".replace(' ', "");
    session.receive(now(), &from_hex(&confirmation).unwrap(), &mut out);
    let report = out.reports().next().unwrap();
    assert_eq!(report.device, Some(to));
    assert_eq!(report.events[0].kind, EventKind::CommandResult);
    let outcome = CommandOutcome::Acknowledged;
    assert!(
        report.events[0].readings.contains(&Reading::CommandResult { ticket: CommandTicket(9), outcome })
    );
}

#[test]
fn what_the_protocol_cannot_carry_is_refused() {
    let mut session = iridium::session(SessionConfig::default());
    let mut out = Decoded::default();
    let to = Some(TERMINAL.parse().unwrap());
    let long = Command::Text("x".repeat(1891).into());
    let error = session.command(now(), to, CommandTicket(1), &long, &mut out).unwrap_err();
    assert!(matches!(error, CommandError::Value { .. }), "{error}");
    let error = session.command(now(), to, CommandTicket(1), &Command::Lock, &mut out).unwrap_err();
    assert!(matches!(error, CommandError::Unsupported { .. }), "{error}");
    let error = session.command(now(), None, CommandTicket(1), &long, &mut out).unwrap_err();
    assert_eq!(error, CommandError::UnknownDevice);
}

#[test]
fn a_description_hides_the_token() {
    let shown = format!("{:?}", describe(Protocol::Rockblock, b"imei=300234010753370&JWT=hush"));
    assert!(shown.contains("300234010753370") && !shown.contains("hush"), "{shown}");
}

#[test]
fn a_payload_with_the_tag_of_the_open_profile_is_its_events() {
    let line =
        vectors::read("../profile/plomb-mqtt.jsonl").into_iter().find(|l| l["id"] == "plomb-mqtt.sign1-cut");
    let line = line.unwrap();
    let keys: Vec<&str> = line["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let secrets = std::sync::Arc::new(plomb_devices::SecretTable::parse(&keys.join("\n")).unwrap());
    let body = [from_hex("d9504c").unwrap(), from_hex(line["hex"].as_str().unwrap()).unwrap()].concat();
    let header = from_hex("01001c00000001333030323334303130373533333730000001000069270a80").unwrap();
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap().to_be_bytes();
    let elements = [&header[..], &[2], &length(&body), &body].concat();
    let frame = [&[1][..], &length(&elements), &elements].concat();
    let config = SessionConfig { secrets, ..SessionConfig::default() };
    let out = web::decode(PROTOCOL, config, &frame);
    let report = out.reports().next().unwrap();
    assert_eq!((report.device.unwrap().to_string(), report.events.len()), (TERMINAL.to_owned(), 2));
    let event = &report.events[1];
    assert_eq!(event.peripheral.unwrap().to_string(), "plomb:0a0b0c");
    assert_eq!(event.trust.identity, plomb_model::Identity::Signature);
    assert!(event.signals.contains(plomb_model::Signal::RopeCut));
    let form = format!("imei=300234010753370&momsn=1&data={}", to_hex(&body));
    let keys = plomb_devices::SecretTable::parse(&keys.join("\n")).unwrap();
    let config = SessionConfig { secrets: std::sync::Arc::new(keys), ..SessionConfig::default() };
    let out = web::decode(Protocol::Rockblock, config, form.as_bytes());
    assert_eq!(out.reports().next().unwrap().events[1], *event);
    let mut damaged = frame;
    *damaged.last_mut().unwrap() ^= 1;
    let out = web::decode(PROTOCOL, SessionConfig::default(), &damaged);
    let report = out.reports().next().unwrap();
    assert_eq!((report.events.len(), report.issues.len()), (1, 1));
}
