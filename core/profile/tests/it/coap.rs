//! Reports over CoAP: proved, replayed, forged, damaged.

use plomb_constrained::coap::{Kind, Message, Writer, code, format, option};
use plomb_constrained::profile::REPORT_PATH;
use plomb_constrained::senml::Written;
use plomb_model::{Delivery, EventKind, Identity, Reading, SealEvidence, SealPart, Signal};
use plomb_profile::plomb_coap;
use plomb_session::SessionConfig;
use proptest::prelude::*;

use crate::device::{Device, KID, MASTER, Platform, Said, cut, keys, listening, pack, said, signed};

/// A plain report.
fn plain(body: &[u8]) -> Vec<u8> {
    let mut out = [0; 2048];
    let mut writer = Writer::new(&mut out, Kind::Confirmable, code::POST, 7, &[0xAA]);
    writer.path(REPORT_PATH).uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
    writer.payload(body).unwrap().to_vec()
}

/// Code of a plain reply.
fn code_of(said: &Said) -> u8 {
    Message::parse(&said.reply).unwrap().code
}

#[test]
fn a_signed_and_protected_report_becomes_an_event_and_is_acknowledged_under_protection() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    let said = device.introduce(&mut platform, &signed(&cut(41)));
    assert_eq!(said.issues, Vec::<String>::new());
    assert_eq!(said.device.as_deref(), Some("plomb:0a0b0c"));
    let [event] = &said.events[..] else { panic!("{said:?}") };
    assert_eq!((event.kind, event.delivery, event.serial), (EventKind::Seal, Delivery::Live, Some(41)));
    assert_eq!((event.trust.identity, event.trust.seal), (Identity::Signature, SealEvidence::ValidTampered));
    assert_eq!(event.seal.part(SealPart::RopeIntact), Some(false));
    assert!(event.signals.contains(Signal::RopeCut));
    assert_eq!(event.occurred_at.unwrap().0.as_millis(), 1_795_694_400_000);
    let place = event.position.unwrap();
    assert_eq!((place.latitude.e7(), place.longitude.e7()), (-12_966_000, 368_172_000));
    assert_eq!(event.serial, Some(41));
    // OSCORE lets no message through twice: the number of the event need not guard it again.
    assert!(!event.readings.iter().any(|reading| matches!(reading, Reading::Counter(_))));
}

#[test]
fn a_conversation_is_challenged_once_and_its_next_reports_are_taken_at_once() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    for seq in 2..9 {
        let (datagram, binding) = device.report(&cut(seq), None);
        let said = platform.hear(&datagram);
        assert_eq!((said.events.len(), said.events[0].trust.identity), (1, Identity::Aead));
        assert_eq!(device.open(&binding, &said.reply).0, code::CHANGED);
    }
}

#[test]
fn a_retransmission_is_answered_alike_and_a_replay_is_refused() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    let (datagram, _) = device.report(&cut(2), None);
    let first = platform.hear(&datagram);
    let again = platform.hear(&datagram);
    assert_eq!((&again.reply, &again.events), (&first.reply, &first.events));
    // Later than any retransmission, the same bytes are a replay.
    platform.seconds += 1000;
    let replay = platform.hear(&datagram);
    assert!(replay.events.is_empty());
    assert_eq!(replay.issues, ["a replay: this number was taken before"]);
    assert_eq!(code_of(&replay), code::UNAUTHORIZED);
    // And so are the same bytes under another message number.
    let (datagram, _) = device.report(&cut(3), None);
    platform.hear(&datagram);
    let mut renumbered = datagram;
    renumbered[3] ^= 0x55;
    assert_eq!(platform.hear(&renumbered).issues, ["a replay: this number was taken before"]);
}

#[test]
fn what_was_recorded_is_not_taken_in_another_conversation_nor_after_a_restart() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    let (datagram, binding) = device.report(&cut(2), None);
    assert_eq!(platform.hear(&datagram).events.len(), 1);
    let mut other = Platform::new(&keys());
    other.seconds = 500;
    let said = other.hear(&datagram);
    assert_eq!((said.events.len(), said.device.as_deref()), (0, None));
    let (code, echo) = device.open(&binding, &said.reply);
    assert_eq!(code, code::UNAUTHORIZED);
    // Each challenge is new; only the last one is good.
    let (datagram, binding) = device.report(&cut(2), None);
    let (_, newer) = device.open(&binding, &other.hear(&datagram).reply);
    assert_ne!(echo, newer);
    let (datagram, _) = device.report(&cut(2), Some(&echo));
    assert!(other.hear(&datagram).events.is_empty());
    // Commands go only where the device has shown itself.
    let command = other.session.command(
        crate::device::at(600),
        None,
        plomb_model::CommandTicket(1),
        &plomb_model::Command::Lock,
        &mut plomb_session::Decoded::default(),
    );
    assert!(command.is_err());
}

#[test]
fn another_key_or_a_changed_byte_is_refused() {
    let mut platform = Platform::new(&keys());
    let (datagram, _) = Device::new(&[8; 16], &KID).report(&cut(1), None);
    let said = platform.hear(&datagram);
    assert_eq!((said.events.len(), said.device.as_deref()), (0, None));
    assert_eq!(said.issues, ["the proof does not hold: another key, or changed on the way"]);
    assert_eq!(code_of(&said), code::BAD_REQUEST);
    let (mut datagram, _) = Device::new(&MASTER, &KID).report(&cut(1), None);
    *datagram.last_mut().unwrap() ^= 1;
    assert_eq!(code_of(&platform.hear(&datagram)), code::BAD_REQUEST);
    let (datagram, _) = Device::new(&MASTER, &[1, 2]).report(&cut(1), None);
    let said = platform.hear(&datagram);
    assert_eq!(said.issues, ["no key is known by this identifier"]);
    assert_eq!(code_of(&said), code::UNAUTHORIZED);
}

#[test]
fn a_signature_of_another_is_no_event() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    let mut body = signed(&cut(2));
    *body.last_mut().unwrap() ^= 1;
    let (datagram, binding) = device.report(&body, None);
    let said = platform.hear(&datagram);
    assert!(said.events.is_empty());
    assert_eq!(said.issues, ["the proof does not hold: another key, or changed on the way"]);
    assert_eq!(device.open(&binding, &said.reply).0, code::BAD_REQUEST);
}

#[test]
fn malformed_bytes_are_an_issue_at_their_place() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    let mut body = cut(2);
    body.truncate(body.len() - 3);
    for body in [&body[..], &[0xFF], &[0x81, 0xA1], &[0x1C]] {
        let (datagram, binding) = device.report(body, None);
        let said = platform.hear(&datagram);
        assert!(said.events.is_empty() && !said.issues.is_empty(), "{said:?}");
        assert_eq!(device.open(&binding, &said.reply).0, code::BAD_REQUEST);
    }
}

#[test]
fn a_message_that_is_too_long_is_refused_by_name() {
    let mut platform = Platform::new(&keys());
    let said = platform.hear(&plain(&[0; 1300]));
    assert_eq!(said.issues, ["the message is longer than 1,280 bytes"]);
    assert_eq!(code_of(&said), 0x8D);
}

#[test]
fn one_body_holds_many_events_each_under_its_own_proof() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    let buffered = pack("", 3, &[("buf", Written::Bool(true))]);
    let body = [signed(&cut(2)), buffered, cut(4)].concat();
    let (datagram, _) = device.report(&body, None);
    let said = platform.hear(&datagram);
    let got: Vec<_> = said.events.iter().map(|e| (e.serial, e.delivery, e.trust.identity)).collect();
    assert_eq!(
        got,
        [
            (Some(2), Delivery::Live, Identity::Signature),
            (Some(3), Delivery::Buffered, Identity::Aead),
            (Some(4), Delivery::Live, Identity::Aead)
        ]
    );
}

#[test]
fn what_was_sent_first_for_its_weight_is_told_in_its_turn() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    // All within one millisecond: only the numbers tell the order.
    let whole = |seq: i64, sealed: bool| pack("", seq, &[("s/sealed", Written::Bool(sealed))]);
    let body = [signed(&whole(4, true)), whole(2, false), whole(3, false)].concat();
    let (datagram, _) = device.report(&body, None);
    let said = platform.hear(&datagram);
    let sealed: Vec<_> = said.events.iter().map(|e| (e.serial, e.seal.part(SealPart::Sealed))).collect();
    assert_eq!(sealed, [(Some(2), Some(false)), (Some(3), Some(false)), (Some(4), Some(true))]);
}

#[test]
fn a_plain_report_is_a_claim_and_of_a_device_with_keys_it_is_none() {
    let mut platform = Platform::new(&keys());
    let said = platform.hear(&plain(&pack("plomb:0d0e0f:", 5, &[])));
    assert_eq!((said.events.len(), said.device.as_deref()), (1, Some("plomb:0d0e0f")));
    assert_eq!(said.events[0].trust.identity, Identity::Claimed);
    assert_eq!(code_of(&said), code::CHANGED);
    let said = platform.hear(&plain(&pack("plomb:0a0b0c:", 5, &[])));
    assert_eq!(said.issues, ["this device has keys: an event without its proof is not taken as its word"]);
    assert!(said.events.is_empty());
    let said = platform.hear(&plain(&pack("", 5, &[])));
    assert_eq!(said.issues, ["a plain event must name its device"]);
    // Signed, it needs no protection of its way.
    let said = platform.hear(&plain(&signed(&cut(6))));
    assert_eq!(said.events[0].trust.identity, Identity::Signature);
}

#[test]
fn an_event_that_names_another_device_than_its_key_is_refused() {
    let (mut device, mut platform) = (Device::new(&MASTER, &KID), Platform::new(&keys()));
    device.introduce(&mut platform, &cut(1));
    let (datagram, _) = device.report(&pack("plomb:0d0e0f:", 5, &[]), None);
    let said = platform.hear(&datagram);
    assert_eq!(said.issues, ["the base name is that of another device"]);
    assert!(said.events.is_empty());
}

proptest! {
    #[test]
    fn any_bytes_end_in_one_report(bytes in proptest::collection::vec(any::<u8>(), 1..400), place in any::<prop::sample::Index>()) {
        Platform::new(&keys()).hear(&bytes);
        let (mut datagram, _) = Device::new(&MASTER, &KID).report(&cut(1), None);
        let place = place.index(datagram.len());
        datagram[place] = bytes[0];
        Platform::new(&keys()).hear(&datagram);
        let mut body = signed(&cut(1));
        let place = place.min(body.len() - 1);
        body[place] = bytes[0];
        Platform::new(&keys()).hear(&plain(&body));
        prop_assert!(!plomb_coap::describe(&datagram).name.is_empty());
        prop_assert!(!plomb_coap::describe(&bytes).name.is_empty());
    }
}

#[test]
fn a_recorded_frame_is_decoded_without_a_challenge() {
    let (datagram, _) = Device::new(&MASTER, &KID).report(&cut(1), None);
    let config = SessionConfig { datagrams: false, ..listening(&keys()) };
    let mut session = plomb_coap::session(config);
    let mut out = plomb_session::Decoded::default();
    session.receive(crate::device::at(0), &datagram, &mut out);
    session.finish(crate::device::at(0), &mut out);
    assert_eq!(said(&out, &datagram).events.len(), 1);
}
