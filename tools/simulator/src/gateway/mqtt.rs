//! A gateway that publishes: MQTT 3.1.1 (OASIS, 2014) with a user name, quality of service 1.
//!
//! Five packets written by hand, since the platform reads with a library: a mistake of that does not cancel out here.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, bail};
use plomb_model::{Protocol, Transport};
use plomb_wire::to_hex;
use sha2::{Digest, Sha256};

use super::run::{ANSWER_MAX, moment};
use super::{Message, PLAYED, message};
use crate::connect::connect;

const CONNECT: u8 = 0x10;
/// Quality of service 1.
const PUBLISH: u8 = 0x32;
const DISCONNECT: [u8; 2] = [0xE0, 0];
/// Connected, accepted.
const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
/// The message numbered 1 is taken.
const PUBACK: [u8; 4] = [0x40, 2, 0, 1];
/// User name, password, clean session.
const FLAGS: u8 = 0b1100_0010;
const KEEP_ALIVE_S: u16 = 30;

/// What a message is published as: the protocol of its path, where that can be published. A sensor is heard by a
/// gateway that speaks another protocol.
#[must_use]
pub fn spoken(message: &Message) -> Option<Protocol> {
    let path = message.target.trim_start_matches('/');
    let protocol = Protocol::from_name(path.split('?').next().unwrap_or(path))?;
    protocol.transports().contains(&Transport::Mqtt).then_some(protocol)
}

/// User name of a source: the second part of its topics.
fn name(protocol: Protocol, source: u32) -> String {
    format!("{}-{source}", protocol.name())
}

/// Password of a source.
fn secret(seed: u64, name: &str) -> String {
    to_hex(&Sha256::digest(format!("plomb-simulator {seed} {name}")))
}

/// The lines of credentials by which the platform admits the sources.
#[must_use]
pub fn credentials(seed: u64, sources: u32) -> String {
    let mut lines = String::new();
    for protocol in PLAYED {
        for source in 1..=sources {
            let message = message(protocol, seed, &moment(0, 1, source, false));
            let Some(spoken) = message.as_ref().and_then(spoken) else { continue };
            let name = name(protocol, source);
            let digest = to_hex(&Sha256::digest(secret(seed, &name)));
            lines.push_str(&format!("{name} {} {digest}\n", spoken.name()));
        }
    }
    lines
}

/// Publishes a message as a source of a protocol, on a connection of its own, and waits until it is acknowledged.
///
/// # Errors
/// The connection fails, or the platform refuses it or the message.
pub fn publish(
    to: SocketAddr,
    protocol: Protocol,
    source: u32,
    seed: u64,
    message: &Message,
) -> anyhow::Result<()> {
    let name = name(protocol, source);
    let spoken = spoken(message).context("it cannot be published")?;
    let topic = format!("{}/{name}/up", spoken.name());
    publish_as(to, &name, &secret(seed, &name), &topic, &message.body)
}

/// Publishes a payload under a topic with a user's name and password, and waits until it is acknowledged.
///
/// # Errors
/// The connection fails, or the broker refuses it or the message.
pub fn publish_as(
    to: SocketAddr,
    name: &str,
    password: &str,
    topic: &str,
    payload: &[u8],
) -> anyhow::Result<()> {
    let mut stream = connect(to, ANSWER_MAX)?;
    let mut connect = text("MQTT");
    connect.extend([4, FLAGS]);
    connect.extend(KEEP_ALIVE_S.to_be_bytes());
    // Of its own: a broker ends the session of another with the same identifier.
    for field in [&*format!("simulator-{name}"), name, password] {
        connect.extend(text(field));
    }
    stream.write_all(&packet(CONNECT, &connect))?;
    if answer(&mut stream)? != CONNACK {
        bail!("{name} may not connect");
    }
    let body = [&text(topic)[..], &1_u16.to_be_bytes(), payload].concat();
    stream.write_all(&packet(PUBLISH, &body))?;
    if answer(&mut stream)? != PUBACK {
        bail!("the message of {name} is not acknowledged");
    }
    stream.write_all(&DISCONNECT)?;
    Ok(())
}

fn answer(stream: &mut TcpStream) -> anyhow::Result<[u8; 4]> {
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).context("the platform closed the connection")?;
    Ok(answer)
}

/// A string with its length (section 1.5.3).
fn text(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

/// A packet with its length, seven bits a byte, the low ones first (section 2.2.3).
fn packet(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![kind];
    let mut rest = body.len();
    loop {
        let low = u8::try_from(rest % 128).unwrap_or(0);
        rest /= 128;
        bytes.push(if rest == 0 { low } else { low | 0x80 });
        if rest == 0 {
            break;
        }
    }
    bytes.extend(body);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_take_the_bytes_they_need() {
        assert_eq!(packet(0x30, &[0; 127])[..2], [0x30, 127]);
        assert_eq!(packet(0x30, &[0; 128])[..3], [0x30, 0x80, 1]);
        assert_eq!(packet(0x30, &[0; 16_384])[..4], [0x30, 0x80, 0x80, 1]);
    }

    #[test]
    fn each_source_has_a_line() {
        let lines = credentials(7, 2);
        assert!(
            lines.contains("ruuvi-2 ruuvi ") && lines.contains("eye-1 theengs ") && !lines.contains("osmand"),
            "{lines}"
        );
    }
}
