//! EDHOC with the platform as responder: all methods, the first report in one message with message 3, and refusals.

use plomb_constrained::cbor::{Buffer, Decoder};
use plomb_constrained::coap::{Kind, Message, Writer, code, format, option};
use plomb_constrained::edhoc::{Established, IdCred, Initiator, Method, Own, Peer, ccs, put_request_prefix};
use plomb_constrained::oscore::{Context, Id};
use plomb_constrained::p256::{PrivateKey, PublicKey};
use plomb_constrained::profile::{EDHOC_PATH, PLATFORM_ID};
use plomb_model::{Command, CommandTicket, EventKind, Identity};
use plomb_profile::platform_key;
use plomb_session::{Decoded, SessionKey};

use crate::device::{Device, KID, Platform, at, cut, keys, signer};

const METHODS: [Method; 4] = [Method::SignSign, Method::SignStatic, Method::StaticSign, Method::StaticStatic];

fn request(payload: &[u8]) -> Vec<u8> {
    let mut out = [0; 512];
    let mut writer = Writer::new(&mut out, Kind::Confirmable, code::POST, 1, &[0xAA]);
    writer.path(EDHOC_PATH).uint(option::CONTENT_FORMAT, format::CID_EDHOC.into());
    writer.payload(payload).unwrap().to_vec()
}

fn behind(connection: Option<&Id>, message: &[u8]) -> Vec<u8> {
    let mut prefix = [0; 16];
    let prefix = put_request_prefix(Buffer::new(&mut prefix), connection).finish().unwrap();
    [prefix, message].concat()
}

/// The platform's credential, as the device has it pinned.
fn platform() -> Peer {
    let (point, cred) = platform_key(&SessionKey::new([0; 32])).unwrap();
    let key = PublicKey::new(&point).unwrap();
    let pinned = ccs(PLATFORM_ID, &key).unwrap();
    assert_eq!(pinned.as_bytes(), cred);
    Peer { cred: pinned, key }
}

/// Message 1 and what comes of it: message 3 and the state behind it.
fn until_message_3(to: &mut Platform, method: Method, key: &PrivateKey) -> (Vec<u8>, Id, Established) {
    let ephemeral = PrivateKey::new(&[0x33; 32]).unwrap();
    let initiator = Initiator::new(method, ephemeral, Id::new(&[0x05]).unwrap(), &[]).unwrap();
    assert_eq!(initiator.message_1().len(), 37);
    let said = to.hear(&request(&behind(None, initiator.message_1())));
    assert_eq!((said.issues.len(), said.device), (0, None));
    let reply = Message::parse(&said.reply).unwrap();
    assert_eq!((reply.code, reply.token), (code::CHANGED, &[0xAA][..]));
    let pinned = |id: IdCred<'_>| (id == IdCred::Kid(PLATFORM_ID)).then(platform);
    let answered = initiator.take_message_2(reply.payload, pinned).unwrap();
    let c_r = answered.c_r();
    let cred = ccs(&KID, &key.public()).unwrap();
    let own = Own { key, id: IdCred::Kid(&KID), cred: cred.as_bytes() };
    let mut out = [0; 512];
    let (message_3, established) = answered.message_3(&own, &mut out).unwrap();
    (message_3.to_vec(), c_r, established)
}

fn agreed(to: &mut Platform, method: Method) -> Context {
    let (message_3, c_r, established) = until_message_3(to, method, &signer());
    let said = to.hear(&request(&behind(Some(&c_r), &message_3)));
    assert_eq!((said.issues.len(), said.device.as_deref()), (0, Some("plomb:0a0b0c")));
    assert_eq!((said.events[0].kind, said.events[0].trust.identity), (EventKind::Login, Identity::Aead));
    let reply = Message::parse(&said.reply).unwrap();
    assert_eq!(reply.option(option::CONTENT_FORMAT).unwrap().uint(), Some(format::EDHOC.into()));
    established.take_message_4(reply.payload).unwrap();
    established.oscore().unwrap()
}

#[test]
fn every_method_gives_keys_by_which_reports_are_taken_without_a_challenge() {
    for method in METHODS {
        let mut platform = Platform::new(&keys());
        let mut device = Device::with(agreed(&mut platform, method));
        let (datagram, binding) = device.report(&cut(1), None);
        let said = platform.hear(&datagram);
        assert_eq!((said.events.len(), said.device.as_deref()), (1, Some("plomb:0a0b0c")), "{method:?}");
        assert_eq!(said.events[0].trust.identity, Identity::Aead);
        assert_eq!(device.open(&binding, &said.reply).0, code::CHANGED);
        platform.seconds += 1000;
        assert_eq!(platform.hear(&datagram).issues, ["a replay: this number was taken before"]);
    }
}

#[test]
fn message_3_and_the_first_report_may_come_in_one() {
    let mut platform = Platform::new(&keys());
    let (message_3, c_r, established) = until_message_3(&mut platform, Method::StaticStatic, &signer());
    let mut device = Device::with(established.oscore().unwrap());
    let (datagram, binding) = device.report(&cut(1), None);
    // RFC 9668, section 3.2: the option, and message 3 before the ciphertext.
    let protected = Message::parse(&datagram).unwrap();
    let mut out = [0; 512];
    let mut writer = Writer::new(&mut out, protected.kind, protected.code, protected.id, protected.token);
    for opt in protected.options() {
        writer.option(opt.number, opt.value);
    }
    writer.option(option::EDHOC, &[]);
    let combined = writer.payload(&[&message_3, protected.payload].concat()).unwrap().to_vec();
    assert_eq!(device.context.sender_id(), c_r);
    let said = platform.hear(&combined);
    assert_eq!((said.issues.len(), said.device.as_deref()), (0, Some("plomb:0a0b0c")));
    let kinds: Vec<EventKind> = said.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Login, EventKind::Seal]);
    assert_eq!(device.open(&binding, &said.reply).0, code::CHANGED);
    // Sent again because the answer was lost.
    let again = platform.hear(&combined);
    assert_eq!((again.reply, again.issues.len()), (said.reply, 0));
}

#[test]
fn who_has_another_key_or_none_that_is_known_is_refused_with_an_error_message() {
    let stranger = PrivateKey::new(&[0x43; 32]).unwrap();
    let cases = [
        (keys(), &stranger, "the proof does not hold"),
        (String::new(), &signer(), "nobody is known by this credential"),
    ];
    for (known, key, what) in cases {
        let mut platform = Platform::new(&known);
        let (message_3, c_r, established) = until_message_3(&mut platform, Method::StaticStatic, key);
        let said = platform.hear(&request(&behind(Some(&c_r), &message_3)));
        assert_eq!((said.issues, said.events.len(), said.device), (vec![what.to_owned()], 0, None));
        let reply = Message::parse(&said.reply).unwrap();
        assert_eq!(reply.code, code::BAD_REQUEST);
        assert_eq!(Decoder::new(reply.payload).integer().unwrap(), 1);
        let (datagram, _) = Device::with(established.oscore().unwrap()).report(&cut(1), None);
        assert_eq!(platform.hear(&datagram).issues, ["no key is known by this identifier"]);
    }
}

#[test]
fn another_suite_is_refused_by_the_number_of_ours_and_garbage_is_an_issue() {
    let mut platform = Platform::new(&keys());
    let message_1 = [&[0x03, 0x00, 0x58, 0x20][..], &[7; 32], &[0x05]].concat();
    let said = platform.hear(&request(&behind(None, &message_1)));
    assert_eq!(said.issues, ["the cipher suite must be 2"]);
    assert_eq!(Message::parse(&said.reply).unwrap().payload, [2, 2]);
    for payload in [&[0xF5][..], &[0xF5, 0xFF], &[0x80], &[0x05, 0x41, 0x00], &[]] {
        let said = platform.hear(&request(payload));
        assert_eq!((said.issues.len(), said.events.len()), (1, 0), "{payload:02x?}");
    }
}

#[test]
fn a_key_that_is_taken_away_ends_the_context() {
    use plomb_session::{DeviceKey, KeyPurpose, SecretTable, Secrets, SessionConfig};
    use std::sync::{Arc, Mutex};

    #[derive(Debug)]
    struct Registry(Mutex<SecretTable>);
    impl Secrets for Registry {
        fn find(&self, purpose: KeyPurpose, id: &[u8], found: &mut Vec<DeviceKey>) {
            self.0.lock().unwrap().find(purpose, id, found);
        }
        fn all(&self, purpose: KeyPurpose, found: &mut Vec<DeviceKey>) {
            self.0.lock().unwrap().all(purpose, found);
        }
    }

    let registry = Arc::new(Registry(Mutex::new(SecretTable::parse(&keys()).unwrap())));
    let config = SessionConfig { secrets: registry.clone(), datagrams: true, ..SessionConfig::default() };
    let mut platform = Platform { session: plomb_profile::plomb_coap::session(config), seconds: 0 };
    let mut device = Device::with(agreed(&mut platform, Method::SignSign));
    assert_eq!(platform.hear(&device.report(&cut(1), None).0).events.len(), 1);
    *registry.0.lock().unwrap() = SecretTable::default();
    let command =
        platform.session.command(at(9), None, CommandTicket(1), &Command::Lock, &mut Decoded::default());
    assert!(command.is_err(), "nothing is sent under a key that was taken away");
    let said = platform.hear(&device.report(&cut(2), None).0);
    assert_eq!((said.events.len(), said.issues), (0, vec!["no key is known by this identifier".to_owned()]));
}
