//! The packets of MQTT 3.1.1 and 5 that a device and a listener exchange, as one set for both versions.
//!
//! Reading is the library's; what we say is a handful of bytes (OASIS MQTT 3.1.1 and 5.0, section 3).

use bytes::{Bytes, BytesMut};
use plomb_devices::REQUEST_BYTES_MAX;
use rumqttc::mqttbytes::v4;
use rumqttc::v5::mqttbytes as five;
use rumqttc::v5::mqttbytes::v5;

/// Longest packet: a message of full length with its topic.
pub(super) const PACKET_BYTES_MAX: usize = REQUEST_BYTES_MAX + 65_536;
/// First byte of a DISCONNECT.
const DISCONNECT: u8 = 0xE0;
/// In the first byte of a PUBLISH: at least once.
const QUALITY_1: u8 = 0x02;
/// Reason code of version 5: the client may not do this.
const NOT_AUTHORISED: u8 = 0x87;
/// Messages that a client of version 5 may send before one is acknowledged (Receive Maximum).
pub(super) const RECEIVE_MAX: u16 = 64;

/// The version of the protocol that the client chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Three,
    Five,
}

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Connect {
        client_id: String,
        keep_alive_s: u16,
        login: Option<(String, String)>,
    },
    Publish {
        topic: String,
        quality: u8,
        id: u16,
        retain: bool,
        payload: Bytes,
    },
    Release(u16),
    Subscribe {
        id: u16,
        /// With the quality that the client wants at most.
        filters: Vec<(String, u8)>,
    },
    Unsubscribe {
        id: u16,
        filters: Vec<String>,
    },
    Ping,
    Disconnect,
    /// Acknowledgements of what we sent.
    Other,
}

/// What we say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// The connection stands; with the name that a nameless client of version 5 is given.
    Welcome {
        assigned: Option<String>,
    },
    /// Wrong name or password.
    Refused,
    /// A message of quality 1 is kept, or refused.
    Acknowledged {
        id: u16,
        allowed: bool,
    },
    /// A message of quality 2 is kept, or refused.
    Received {
        id: u16,
        allowed: bool,
    },
    Completed(u16),
    Subscribed {
        id: u16,
        /// The quality that each filter has; none where it is refused.
        granted: Vec<Option<u8>>,
    },
    Unsubscribed {
        id: u16,
        count: usize,
    },
    Pong,
    /// A command, with the number of the packet where it is of quality 1.
    Publish {
        id: Option<u16>,
        topic: String,
        payload: Vec<u8>,
    },
}

/// The version in the first bytes of a connection; none while there are too few of them.
pub(super) fn version(bytes: &[u8]) -> Option<Result<Version, &'static str>> {
    let [first, rest @ ..] = bytes else { return None };
    if *first != 0x10 {
        return Some(Err("the first packet is no CONNECT"));
    }
    let length_bytes = rest.iter().take(4).position(|byte| byte & 0x80 == 0);
    let Some(length_bytes) = length_bytes else {
        return if rest.len() < 4 { None } else { Some(Err("the length of the first packet has no end")) };
    };
    let body = rest.get(length_bytes + 1..).unwrap_or_default();
    match body {
        [0, 4, b'M', b'Q', b'T', b'T', 4, ..] => Some(Ok(Version::Three)),
        [0, 4, b'M', b'Q', b'T', b'T', 5, ..] => Some(Ok(Version::Five)),
        [_, _, _, _, _, _, _, ..] => Some(Err("neither MQTT 3.1.1 nor MQTT 5")),
        _ => None,
    }
}

/// Takes the next packet off the front; none while it is not whole.
pub(super) fn next(version: Version, bytes: &mut BytesMut) -> Result<Option<Heard>, String> {
    // A DISCONNECT of version 5 may have no body, which the library does not take.
    if bytes.starts_with(&[DISCONNECT, 0]) {
        bytes.clear();
        return Ok(Some(Heard::Disconnect));
    }
    match version {
        Version::Three => match v4::Packet::read(bytes, PACKET_BYTES_MAX) {
            Ok(packet) => Ok(Some(of_three(packet))),
            Err(rumqttc::mqttbytes::Error::InsufficientBytes(_)) => Ok(None),
            Err(error) => Err(error.to_string()),
        },
        Version::Five => match v5::Packet::read(bytes, u32::try_from(PACKET_BYTES_MAX).ok()) {
            Ok(packet) => of_five(packet).map(Some),
            Err(five::Error::InsufficientBytes(_)) => Ok(None),
            Err(error) => Err(error.to_string()),
        },
    }
}

fn of_three(packet: v4::Packet) -> Heard {
    match packet {
        v4::Packet::Connect(connect) => Heard::Connect {
            client_id: connect.client_id,
            keep_alive_s: connect.keep_alive,
            login: connect.login.map(|login| (login.username, login.password)),
        },
        v4::Packet::Publish(publish) => Heard::Publish {
            topic: publish.topic,
            quality: publish.qos as u8,
            id: publish.pkid,
            retain: publish.retain,
            payload: publish.payload,
        },
        v4::Packet::PubRel(release) => Heard::Release(release.pkid),
        v4::Packet::Subscribe(subscribe) => Heard::Subscribe {
            id: subscribe.pkid,
            filters: subscribe.filters.into_iter().map(|filter| (filter.path, filter.qos as u8)).collect(),
        },
        v4::Packet::Unsubscribe(unsubscribe) => {
            Heard::Unsubscribe { id: unsubscribe.pkid, filters: unsubscribe.topics }
        }
        v4::Packet::PingReq => Heard::Ping,
        v4::Packet::Disconnect => Heard::Disconnect,
        _ => Heard::Other,
    }
}

fn of_five(packet: v5::Packet) -> Result<Heard, String> {
    Ok(match packet {
        v5::Packet::Connect(connect, _, login) => Heard::Connect {
            client_id: connect.client_id,
            keep_alive_s: connect.keep_alive,
            login: login.map(|login| (login.username, login.password)),
        },
        v5::Packet::Publish(publish) => {
            let topic = String::from_utf8(publish.topic.to_vec())
                .map_err(|_| "a topic that is no UTF-8 text".to_owned())?;
            if topic.is_empty() {
                return Err("a topic alias, and we said that none may be used".to_owned());
            }
            Heard::Publish {
                topic,
                quality: publish.qos as u8,
                id: publish.pkid,
                retain: publish.retain,
                payload: publish.payload,
            }
        }
        v5::Packet::PubRel(release) => Heard::Release(release.pkid),
        v5::Packet::Subscribe(subscribe) => Heard::Subscribe {
            id: subscribe.pkid,
            filters: subscribe.filters.into_iter().map(|filter| (filter.path, filter.qos as u8)).collect(),
        },
        v5::Packet::Unsubscribe(unsubscribe) => {
            Heard::Unsubscribe { id: unsubscribe.pkid, filters: unsubscribe.filters }
        }
        v5::Packet::PingReq(_) => Heard::Ping,
        v5::Packet::Disconnect(_) => Heard::Disconnect,
        _ => Heard::Other,
    })
}

/// Appends a packet of ours.
pub(super) fn say(version: Version, said: &Said, out: &mut Vec<u8>) {
    let five = version == Version::Five;
    match said {
        Said::Welcome { assigned } => {
            let mut body = vec![0, 0];
            if five {
                let [high, low] = RECEIVE_MAX.to_be_bytes();
                let mut properties = vec![0x21, high, low];
                if let Some(name) = assigned {
                    properties.push(0x12);
                    properties.extend(u16::try_from(name.len()).unwrap_or(0).to_be_bytes());
                    properties.extend(name.as_bytes());
                }
                length(properties.len(), &mut body);
                body.extend(properties);
            }
            packet(0x20, &body, out);
        }
        Said::Refused if five => packet(0x20, &[0, NOT_AUTHORISED, 0], out),
        Said::Refused => packet(0x20, &[0, 5], out),
        Said::Acknowledged { id, allowed } => answer(0x40, *id, *allowed || !five, out),
        Said::Received { id, allowed } => answer(0x50, *id, *allowed || !five, out),
        Said::Completed(id) => answer(0x70, *id, true, out),
        Said::Subscribed { id, granted } => {
            let mut body = id.to_be_bytes().to_vec();
            if five {
                body.push(0);
            }
            let refused = if five { NOT_AUTHORISED } else { 0x80 };
            body.extend(granted.iter().map(|granted| granted.unwrap_or(refused)));
            packet(0x90, &body, out);
        }
        Said::Unsubscribed { id, count } => {
            let mut body = id.to_be_bytes().to_vec();
            if five {
                body.push(0);
                body.extend(std::iter::repeat_n(0, *count));
            }
            packet(0xB0, &body, out);
        }
        Said::Pong => packet(0xD0, &[], out),
        Said::Publish { id, topic, payload } => {
            let mut body = u16::try_from(topic.len()).unwrap_or_default().to_be_bytes().to_vec();
            body.extend(topic.as_bytes());
            body.extend(id.iter().flat_map(|id| id.to_be_bytes()));
            if five {
                body.push(0);
            }
            body.extend(payload);
            packet(0x30 | if id.is_some() { QUALITY_1 } else { 0 }, &body, out);
        }
    }
}

fn answer(kind: u8, id: u16, allowed: bool, out: &mut Vec<u8>) {
    let [high, low] = id.to_be_bytes();
    if allowed {
        packet(kind, &[high, low], out);
    } else {
        packet(kind, &[high, low, NOT_AUTHORISED], out);
    }
}

fn packet(kind: u8, body: &[u8], out: &mut Vec<u8>) {
    out.push(kind);
    length(body.len(), out);
    out.extend_from_slice(body);
}

/// A length of seven bits a byte, the low ones first (section 1.5.5 of version 5).
fn length(mut value: usize, out: &mut Vec<u8>) {
    loop {
        let low = u8::try_from(value & 0x7F).unwrap_or_default();
        value >>= 7;
        out.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_in_the_first_bytes() {
        let three = b"\x10\x10\x00\x04MQTT\x04\xC2\x00\x1E";
        for end in 0..9 {
            assert_eq!(version(&three[..end]), None, "{end}");
        }
        assert_eq!(version(three), Some(Ok(Version::Three)));
        assert_eq!(version(b"\x10\x90\x01\x00\x04MQTT\x05"), Some(Ok(Version::Five)));
        assert!(version(b"GET / HTTP/1.1").is_some_and(|told| told.is_err()));
        assert!(version(b"\x10\xFF\xFF\xFF\xFF\x7F").is_some_and(|told| told.is_err()));
    }

    #[test]
    fn what_we_say_is_what_the_library_hears() {
        let mut out = Vec::new();
        say(Version::Five, &Said::Welcome { assigned: Some("x".to_owned()) }, &mut out);
        say(Version::Five, &Said::Acknowledged { id: 7, allowed: false }, &mut out);
        say(Version::Five, &Said::Subscribed { id: 8, granted: vec![Some(1), None] }, &mut out);
        say(Version::Five, &Said::Unsubscribed { id: 9, count: 2 }, &mut out);
        let mut bytes = BytesMut::from(out.as_slice());
        let mut heard = || v5::Packet::read(&mut bytes, None).unwrap();
        let v5::Packet::ConnAck(welcome) = heard() else { panic!() };
        let properties = welcome.properties.unwrap();
        assert_eq!(properties.assigned_client_identifier.as_deref(), Some("x"));
        assert_eq!(properties.receive_max, Some(RECEIVE_MAX));
        let v5::Packet::PubAck(refused) = heard() else { panic!() };
        assert_eq!((refused.pkid, refused.reason), (7, v5::PubAckReason::NotAuthorized));
        let v5::Packet::SubAck(granted) = heard() else { panic!() };
        assert_eq!(granted.return_codes.len(), 2);
        assert_eq!(granted.return_codes[1], v5::SubscribeReasonCode::NotAuthorized);
        let v5::Packet::UnsubAck(gone) = heard() else { panic!() };
        assert_eq!(gone.reasons.len(), 2);
        for version in [Version::Three, Version::Five] {
            for id in [None, Some(7)] {
                let mut out = Vec::new();
                say(version, &Said::Publish { id, topic: "a/c".into(), payload: b"x".to_vec() }, &mut out);
                let heard = next(version, &mut BytesMut::from(out.as_slice())).unwrap().unwrap();
                let Heard::Publish { topic, quality, id: number, payload, .. } = heard else { panic!() };
                assert_eq!((topic.as_str(), &payload[..]), ("a/c", &b"x"[..]));
                assert_eq!((quality, number), (u8::from(id.is_some()), id.unwrap_or_default()));
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_packet_or_an_error(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            for version in [Version::Three, Version::Five] {
                let mut left = BytesMut::from(bytes.as_slice());
                while let Ok(Some(_)) = next(version, &mut left) {}
            }
        }
    }
}
