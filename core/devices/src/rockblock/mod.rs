//! RockBLOCK: messages of Iridium terminals that Ground Control (Rock Seven) posts as a form or JSON.
//!
//! Source: RockBLOCK Web Services user guide, "Receiving messages". See `docs/protocols/rockblock.md`.
//! Covered: the form, the query and JSON with the same names. The token `JWT` is signed with Ground Control's RSA key;
//! it is not verified, so the identity stays claimed. There are no commands: they go through Ground Control's own API.

use std::borrow::Cow;

use plomb_model::{DeviceId, Event, EventKind, Fix, Issue, Metres, OccurredAt, Reading, Scheme};
use plomb_profile::tagged_events;
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig};

/// Longest payload that is shown as a text.
const TEXT_BYTES_MAX: usize = 512;

/// Opens a session of one whole request.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "rockblock", decode)
}

/// A request laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("RockBLOCK message", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let body = message.text(out)?;
    let offset = message.request.body_offset;
    if body.trim_start().starts_with('{') {
        return match serde_json::from_str::<Value>(body) {
            Ok(value) => report(|name| web::member(&value, &[name]), message, out),
            Err(error) => {
                out.issue(Issue::new(offset, "no JSON", error));
                None
            }
        };
    }
    let pairs = message.request.parameters();
    let found = |name: &str| {
        let pair = pairs.iter().find(|(known, value)| known == name && !value.trim().is_empty());
        pair.map(|(_, value)| Cow::Borrowed(value.trim()))
    };
    report(found, message, out)
}

fn report<'a>(
    at: impl Fn(&str) -> Option<Cow<'a, str>>,
    message: &Message<'_>,
    out: &mut Decoded,
) -> Option<DeviceId> {
    let offset = message.request.body_offset;
    let device = match (at("imei"), at("serial")) {
        (Some(imei), _) => web::device(Scheme::Imei, &imei, offset),
        (None, Some(serial)) => web::device(Scheme::Iridium, &serial, offset),
        (None, None) => Err(Issue::new(offset, "no device is named", "neither imei nor serial")),
    };
    let device = device.map_err(|issue| out.issue(issue)).ok()?;
    let mut event = Event::new(EventKind::Message);
    // Two digits of the year: 26-08-01 10:00:00.
    let time = at("transmit_time");
    event.occurred_at = time
        .as_deref()
        .and_then(|time| {
            let short = time.as_bytes().get(2) == Some(&b'-');
            web::instant(&if short { format!("20{time}") } else { time.to_owned() })
        })
        .map(OccurredAt);
    if let (Some(time), None) = (&time, event.occurred_at) {
        out.issue(Issue::new(offset, "no time that can be read", time));
    }
    event.serial = at("momsn").and_then(|serial| serial.parse().ok());
    if let (Some(north), Some(east)) = (at("iridium_latitude"), at("iridium_longitude")) {
        match web::in_place(&north, &east, Fix::Network, offset) {
            Ok(position) if position.latitude.e7() != 0 || position.longitude.e7() != 0 => {
                event.position = Some(position);
                event.kind = EventKind::Position;
                let radius = at("iridium_cep").and_then(|radius| web::scaled(&radius, 3));
                event.readings.extend(
                    radius.filter(|metres| *metres >= 0).map(|metres| Reading::Accuracy(Metres(metres))),
                );
            }
            Ok(_) => {}
            Err(issue) => out.issue(issue),
        }
    }
    let mut carried = Vec::new();
    if let Some(data) = at("data") {
        match plomb_wire::from_hex(&data) {
            Ok(bytes) => {
                payload(&bytes, &mut event);
                // A body of the open profile. It is in hex: its issues are told at the beginning of the request's body.
                let told = tagged_events(&bytes, 0, message.config, message.now);
                let (events, issues) = told.unwrap_or_default();
                carried.extend(events);
                let offset = u32::try_from(offset).unwrap_or_default();
                issues.into_iter().for_each(|issue| out.issue(Issue { offset, ..issue }));
            }
            Err(_) => out.issue(Issue::new(offset, "the data is no hex", data)),
        }
    }
    let serial = at("serial").filter(|_| device.scheme() == Scheme::Imei);
    event
        .readings
        .extend(serial.and_then(|serial| DeviceId::new(Scheme::Iridium, &serial).ok()).map(Reading::Alias));
    event.readings.extend(at("device_type").map(|model| Reading::Model(model.into())));
    out.event(event);
    carried.into_iter().for_each(|event| out.event(event));
    Some(device)
}

fn payload(bytes: &[u8], event: &mut Event) {
    event.readings.push(Reading::Bytes { name: "payload".into(), value: bytes.into() });
    let text =
        std::str::from_utf8(bytes).ok().filter(|text| text.len() <= TEXT_BYTES_MAX && !text.is_empty());
    if let Some(text) = text.filter(|text| !text.chars().any(char::is_control)) {
        event.readings.push(Reading::Text(text.into()));
    }
}
