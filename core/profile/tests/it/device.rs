//! A device of the profile, as its firmware is: everything it says is built of `plomb-constrained`.

use std::sync::Arc;

use plomb_constrained::cbor::Buffer;
use plomb_constrained::coap::{Kind, Message, Writer, code, format, option};
use plomb_constrained::cose;
use plomb_constrained::oscore::{Binding, Context, open_response, protect_request};
use plomb_constrained::p256::PrivateKey;
use plomb_constrained::profile::{PLATFORM_ID, REPORT_PATH, name};
use plomb_constrained::senml::{PackWriter, Written};
use plomb_model::{Event, ReceivedAt, Timestamp};
use plomb_profile::plomb_coap;
use plomb_session::{Decoded, SecretTable, Session, SessionConfig};

pub(crate) const KID: [u8; 3] = [0x0a, 0x0b, 0x0c];
pub(crate) const MASTER: [u8; 16] = [7; 16];
pub(crate) const SALT: [u8; 8] = [9; 8];

/// What the platform knows of the device, in the text form of keys.
pub(crate) fn keys() -> String {
    let (x, y) = signer().public().coordinates();
    format!(
        "oscore-master 0a0b0c {} {}\ndevice-public-key 0a0b0c 04{}{}\n",
        plomb_wire::to_hex(&MASTER),
        plomb_wire::to_hex(&SALT),
        plomb_wire::to_hex(&x),
        plomb_wire::to_hex(&y)
    )
}

/// The key that the device signs with.
pub(crate) fn signer() -> PrivateKey {
    PrivateKey::new(&[0x42; 32]).unwrap()
}

/// A moment so many seconds into the test.
pub(crate) fn at(seconds: i64) -> ReceivedAt {
    ReceivedAt(Timestamp::from_millis(
        Timestamp::from_utc(2026, 11, 26, 12, 0, 0).unwrap().as_millis() + seconds * 1000,
    ))
}

/// A configuration as a listener has it.
pub(crate) fn listening(keys: &str) -> SessionConfig {
    let secrets = Arc::new(SecretTable::parse(keys).unwrap());
    SessionConfig { secrets, datagrams: true, ..SessionConfig::default() }
}

/// A pack of a seal that was cut at a place.
pub(crate) fn cut(seq: i64) -> Vec<u8> {
    pack("", seq, &[("s/rope_intact", Written::Bool(false)), ("a/rope-cut", Written::Bool(true))])
}

/// A pack with a place, a sequence number and whatever else.
pub(crate) fn pack(base_name: &str, seq: i64, more: &[(&str, Written<'_>)]) -> Vec<u8> {
    let mut bytes = [0; 512];
    let mut pack = PackWriter::begin(Buffer::new(&mut bytes), base_name, Some(1_795_694_400_000));
    pack.record(name::SEQUENCE, "", 0, Written::Decimal(seq, 0));
    pack.record(name::LATITUDE, "lat", 0, Written::Decimal(-12_966, -4));
    pack.record(name::LONGITUDE, "lon", 0, Written::Decimal(368_172, -4));
    for (name, value) in more {
        pack.record(name, "", 0, *value);
    }
    pack.end().finish().unwrap().to_vec()
}

/// What is signed with the device's key.
pub(crate) fn signed(payload: &[u8]) -> Vec<u8> {
    let mut out = [0; 1024];
    cose::sign1(&signer(), &KID, format::SENML_CBOR, payload, &[], &mut out).unwrap().to_vec()
}

/// The device's side of OSCORE.
pub(crate) struct Device {
    pub(crate) context: Context,
    message_id: u16,
}

impl Device {
    pub(crate) fn new(master: &[u8], kid: &[u8]) -> Self {
        Self::with(Context::derive(master, &SALT, None, kid, PLATFORM_ID).unwrap())
    }

    pub(crate) const fn with(context: Context) -> Self {
        Self { context, message_id: 100 }
    }

    /// A report under OSCORE.
    pub(crate) fn report(&mut self, body: &[u8], echo: Option<&[u8]>) -> (Vec<u8>, Binding) {
        self.message_id += 1;
        let mut plain = [0; 1280];
        let mut writer = Writer::new(&mut plain, Kind::Confirmable, code::POST, self.message_id, &[0xAA]);
        writer.path(REPORT_PATH).uint(option::CONTENT_FORMAT, format::SENML_CBOR.into());
        if let Some(echo) = echo {
            writer.option(option::ECHO, echo);
        }
        let plain = writer.payload(body).unwrap();
        let mut out = [0; 1280];
        let plain = Message::parse(plain).unwrap();
        let (bytes, binding) = protect_request(&mut self.context, &plain, false, &mut out).unwrap();
        (bytes.to_vec(), binding)
    }

    /// Code and Echo of a protected reply.
    pub(crate) fn open(&self, binding: &Binding, reply: &[u8]) -> (u8, Vec<u8>) {
        let message = Message::parse(reply).unwrap();
        assert_eq!((message.kind, message.token), (Kind::Acknowledgement, &[0xAA][..]));
        let mut out = [0; 256];
        let inner = open_response(&self.context, binding, &message, &mut out).unwrap();
        let inner = Message::parse_inner(inner).unwrap();
        let echo = inner.option(option::ECHO).map(|echo| echo.value.to_vec());
        (inner.code, echo.unwrap_or_default())
    }

    /// Answers the challenge that the first report of a conversation meets.
    pub(crate) fn introduce(&mut self, platform: &mut Platform, body: &[u8]) -> Said {
        let (datagram, binding) = self.report(body, None);
        let said = platform.hear(&datagram);
        assert_eq!((said.events.len(), said.issues.len(), said.device.as_deref()), (0, 0, None));
        let (code, echo) = self.open(&binding, &said.reply);
        assert_eq!((code, echo.len()), (code::UNAUTHORIZED, 8));
        let (datagram, binding) = self.report(body, Some(&echo));
        let said = platform.hear(&datagram);
        assert_eq!(self.open(&binding, &said.reply).0, code::CHANGED);
        said
    }
}

/// A conversation on the platform's side.
pub(crate) struct Platform {
    pub(crate) session: Box<dyn Session>,
    pub(crate) seconds: i64,
}

/// What came of a datagram.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) device: Option<String>,
    pub(crate) events: Vec<Event>,
    pub(crate) issues: Vec<String>,
    pub(crate) reply: Vec<u8>,
}

impl Platform {
    pub(crate) fn new(keys: &str) -> Self {
        Self { session: plomb_coap::session(listening(keys)), seconds: 0 }
    }

    pub(crate) fn hear(&mut self, datagram: &[u8]) -> Said {
        self.seconds += 1;
        let mut out = Decoded::default();
        self.session.receive(at(self.seconds), datagram, &mut out);
        self.session.finish(at(self.seconds), &mut out);
        said(&out, datagram)
    }
}

/// The one report of a datagram.
pub(crate) fn said(out: &Decoded, frame: &[u8]) -> Said {
    let reports: Vec<_> = out.reports().collect();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].frame, frame);
    Said {
        device: reports[0].device.map(|device| device.to_string()),
        events: reports[0].events.to_vec(),
        issues: reports[0].issues.iter().map(|issue| issue.what.clone().into_owned()).collect(),
        reply: reports[0].replies.to_vec(),
    }
}
