//! Whole messages of every source against the platform's decoders.

use std::sync::Arc;

use plomb_devices::{Decoded, Request, SecretTable, SessionConfig, open};
use plomb_model::{Event, Identity, Protocol, ReceivedAt, SealEvidence, SealPart, Signal, Timestamp};
use plomb_simulator::gateway::{PLAYED, message, run};

/// 2026-11-20T08:00:00Z.
const NOW_S: i64 = 1_795_507_200;
const SEED: u64 = 7;

/// The events of a source's message, with the device that each is about. Nothing may be wrong with it.
fn heard(protocol: Protocol, broken: bool) -> Vec<(String, Event)> {
    let moment = run::moment(NOW_S, 5, 1, broken);
    let message = message(protocol, SEED, &moment).unwrap();
    let mut frame = Vec::new();
    let headers = [("content-type", message.content_type.as_bytes())];
    Request::write("POST", &message.target, &headers, &message.body, &mut frame);
    let secrets = Arc::new(SecretTable::parse(&run::keys(SEED, 1)).unwrap());
    // A sensor may be heard through a gateway that speaks otherwise.
    let path = message.target.trim_start_matches('/');
    let spoken = Protocol::from_name(path.split('?').next().unwrap()).unwrap();
    let mut session = open(spoken, SessionConfig { secrets, ..SessionConfig::default() });
    let (now, mut out) = (ReceivedAt(Timestamp::from_secs(NOW_S)), Decoded::default());
    session.receive(now, &frame, &mut out);
    session.finish(now, &mut out);
    let mut events = Vec::new();
    for report in out.reports() {
        assert_eq!(report.issues, [], "{}: {}", protocol.name(), String::from_utf8_lossy(&message.body));
        for event in report.events {
            let about = event.peripheral.or(report.device);
            let about = about.unwrap_or_else(|| panic!("{}: {event:?}", protocol.name()));
            events.push((about.to_string(), event.clone()));
        }
    }
    assert!(!events.is_empty(), "{}", protocol.name());
    events
}

#[test]
fn every_message_is_understood_and_names_its_device() {
    for protocol in PLAYED {
        for broken in [false, true] {
            let events = heard(protocol, broken);
            assert!(events.iter().any(|(device, _)| !device.is_empty()), "{}", protocol.name());
        }
    }
}

#[test]
fn positions_are_where_they_were() {
    let told = run::moment(NOW_S, 5, 1, false);
    for protocol in [
        Protocol::Osmand,
        Protocol::Owntracks,
        Protocol::Flespi,
        Protocol::Digitalmatter,
        Protocol::Sigfox,
        Protocol::Globalstar,
        Protocol::Spot,
        Protocol::Rockblock,
        Protocol::Iso29167,
    ] {
        let position = heard(protocol, false).into_iter().find_map(|(_, event)| event.position).unwrap();
        let off = (position.latitude.degrees() - told.latitude).abs()
            + (position.longitude.degrees() - told.longitude).abs();
        assert!(off < 2e-4, "{}: off by {off} degrees", protocol.name());
    }
}

#[test]
fn what_is_broken_is_told_by_those_that_can() {
    let tells = |protocol, broken: bool| {
        heard(protocol, broken).iter().any(|(_, event)| {
            let signals = [Signal::RopeCut, Signal::DoorOpen, Signal::CoverOpen, Signal::Shock];
            let open = event.seal.part(SealPart::DoorClosed) == Some(false);
            open || signals.into_iter().any(|signal| event.signals.contains(signal))
        })
    };
    for protocol in [
        Protocol::Osmand,
        Protocol::Flespi,
        Protocol::Globalstar,
        Protocol::Digitalmatter,
        Protocol::Iso29167,
        Protocol::ESealJson,
        Protocol::Theengs,
        Protocol::Aprilbrother,
        Protocol::Chirpstack,
        Protocol::Bthome,
        Protocol::Eye,
    ] {
        assert!(tells(protocol, true), "{} says nothing of it", protocol.name());
        assert!(!tells(protocol, false), "{} says it of a whole one", protocol.name());
    }
}

#[test]
fn an_enciphered_sensor_proves_itself_through_its_gateway() {
    let (device, event) = &heard(Protocol::Theengs, true)[0];
    assert_eq!(device, "bluetooth:A4C101000001");
    assert_eq!((event.trust.identity, event.trust.seal), (Identity::Mac, SealEvidence::ValidTampered));
}
