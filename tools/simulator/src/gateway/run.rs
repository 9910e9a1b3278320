//! Sends the messages of all sources, round after round.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use plomb_model::Protocol;

use super::{Message, Moment, PLAYED, air, message, mqtt};
use crate::connect::connect;
use crate::log;

/// How long an answer is waited for.
pub(super) const ANSWER_MAX: Duration = Duration::from_secs(20);
/// Most bytes of an answer that are read.
const ANSWER_BYTES_MAX: u64 = 64 * 1024;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Gateways {
    /// The platform's port for web messages.
    pub to: SocketAddr,
    /// Its port for MQTT: what can be published goes there.
    pub mqtt: Option<SocketAddr>,
    /// Sources of each protocol.
    pub sources: u32,
    /// What keys are drawn from.
    pub seed: u64,
    /// Time between two messages of a source.
    pub interval: Duration,
    /// Something breaks at one source so often.
    pub incidents_every: Option<Duration>,
    /// Stop after this time.
    pub duration: Option<Duration>,
}

/// How it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Messages that the platform has taken.
    pub taken: u64,
    /// Messages that it has refused.
    pub refused: u64,
}

/// The lines of keys by which the platform knows the enciphered sensors.
#[must_use]
pub fn keys(seed: u64, sources: u32) -> String {
    air::key_lines(seed, sources)
}

/// Where source `source` is at a moment: on the road from Mombasa to Kampala, there and back.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "a place for people")]
pub fn moment(seconds: i64, number: u32, source: u32, broken: bool) -> Moment {
    const FROM: (f64, f64) = (-4.0435, 39.6682);
    const TO: (f64, f64) = (0.3476, 32.5825);
    /// One way, seconds.
    const WAY_S: i64 = 72_000;
    let at = (seconds + i64::from(source) * 7_919).rem_euclid(2 * WAY_S);
    let out = at < WAY_S;
    let share = if out { at as f64 } else { (2 * WAY_S - at) as f64 } / WAY_S as f64;
    Moment {
        now: plomb_model::Timestamp::from_secs(seconds),
        number,
        source,
        latitude: FROM.0 + (TO.0 - FROM.0) * share,
        longitude: FROM.1 + (TO.1 - FROM.1) * share,
        course_deg: if out { 302.0 } else { 122.0 },
        speed_kmh: 45.0,
        battery_percent: u8::try_from(95 - seconds.rem_euclid(40)).unwrap_or(95),
        broken,
    }
}

/// Plays until the time is over.
///
/// # Errors
/// The platform cannot be reached at the start.
pub fn run(gateways: &Gateways) -> anyhow::Result<Sent> {
    let began = Instant::now();
    drop(connect(gateways.to, ANSWER_MAX)?);
    let (mut sent, mut number, mut incidents) = (Sent::default(), 0_u32, 0_u32);
    let kinds = u32::try_from(PLAYED.len()).unwrap_or(1);
    while gateways.duration.is_none_or(|duration| began.elapsed() < duration) {
        number += 1;
        let due = gateways.incidents_every.map_or(0, |every| {
            u32::try_from(began.elapsed().as_millis() / every.as_millis().max(1)).unwrap_or(u32::MAX)
        });
        for (protocol, kind) in PLAYED.into_iter().zip(0..) {
            for source in 1..=gateways.sources {
                // One source after another breaks, for some rounds.
                let place = kind + kinds * (source - 1);
                let broken = due > 0 && (due - 1) % (kinds * gateways.sources) == place;
                if broken && due != incidents {
                    incidents = due;
                    log::info(format_args!("Incident protocol={} source={source}", protocol.name()));
                }
                let seconds = log::now().as_millis().div_euclid(1000);
                let moment = moment(seconds, number, source, broken);
                let Some(message) = message(protocol, gateways.seed, &moment) else { continue };
                tell(gateways, protocol, source, &message, &mut sent);
            }
        }
        let left = gateways.duration.map_or(gateways.interval, |duration| {
            duration.saturating_sub(began.elapsed()).min(gateways.interval)
        });
        sleep(left);
    }
    log::info(format_args!("Gateways stopped taken={} refused={}", sent.taken, sent.refused));
    Ok(sent)
}

fn tell(gateways: &Gateways, protocol: Protocol, source: u32, message: &Message, sent: &mut Sent) {
    let name = protocol.name();
    let done = match gateways.mqtt.filter(|_| mqtt::spoken(message).is_some()) {
        Some(to) => mqtt::publish(to, protocol, source, gateways.seed, message),
        None => match post(gateways.to, message) {
            Ok((200..=299, _)) => Ok(()),
            Ok((status, said)) => Err(anyhow!("status {status}, {:?}", said.trim())),
            Err(error) => Err(error),
        },
    };
    match done {
        Ok(()) => sent.taken += 1,
        Err(error) => {
            sent.refused += 1;
            log::warn(format_args!("Not taken protocol={name} error={error:#}"));
        }
    }
}

/// One request on a connection of its own; the status and the words of the answer.
///
/// # Errors
/// The connection fails, or what comes back is no answer.
pub fn post(to: SocketAddr, message: &Message) -> anyhow::Result<(u16, String)> {
    let mut stream = connect(to, ANSWER_MAX)?;
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {to}\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        message.target,
        message.content_type,
        message.body.len()
    );
    stream.write_all(&[head.as_bytes(), &message.body].concat())?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("no status")?;
    Ok((status, body.to_owned()))
}
