//! Flespi: messages of any tracker as the telematics hub flespi hands them on, by HTTP stream or MQTT.
//!
//! Source: flespi's public register of message parameters. See `docs/protocols/flespi.md`.
//! Covered: an array of messages, one message, or messages one after another. Commands go through flespi's own API.

mod words;

use plomb_model::{Delivery, DeviceId, Event, EventKind, Fix, Issue, OccurredAt};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig};

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "flespi", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("flespi messages", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let request = &message.request;
    let parts = web::elements(request.body);
    message.each(
        parts,
        |part| part.end,
        out,
        |part, out| {
            let begins = request.body_offset + part.start;
            match serde_json::from_slice::<Value>(request.body.get(part).unwrap_or_default()) {
                Ok(value) => one(&value, begins, out),
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    )
}

fn one(value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let Some(name) = web::member(value, &["ident", "device.name", "device.id"]) else {
        out.issue(Issue::new(offset, "no device is named", "no ident"));
        return None;
    };
    let device = web::tracker(&name, offset).map_err(|issue| out.issue(issue)).ok()?;
    let at = |name: &str| web::member(value, &[name]);
    let truth = |name: &str| at(name).and_then(|text| web::truth(&text));
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = at("timestamp").and_then(|time| web::instant(&time)).map(OccurredAt);
    if event.occurred_at.is_none() {
        out.issue(Issue::new(offset, "no time that can be read", at("timestamp").unwrap_or_default()));
    }
    if truth("message.buffered.status") == Some(true) {
        event.delivery = Delivery::Buffered;
    }
    if let (Some(north), Some(east)) = (at("position.latitude"), at("position.longitude")) {
        let fix = if truth("position.valid") == Some(false) { Fix::Stale } else { Fix::Gnss };
        match web::in_place(&north, &east, fix, offset) {
            Ok(mut position) if position.latitude.e7() != 0 || position.longitude.e7() != 0 => {
                position.speed = at("position.speed").and_then(|speed| web::speed(&speed, 1000));
                position.course = at("position.direction").and_then(|course| web::course(&course));
                position.altitude = at("position.altitude").and_then(|altitude| web::metres(&altitude));
                let satellites = at("position.satellites").and_then(|count| web::scaled(&count, 0));
                position.satellites = satellites.and_then(|count| u8::try_from(count).ok());
                event.position = Some(position);
                event.kind = EventKind::Position;
            }
            Ok(_) => {}
            Err(issue) => out.issue(issue),
        }
    }
    for (name, value) in value.as_object().into_iter().flatten() {
        if let Some(text) = web::text(value) {
            words::parameter(name, &text, &mut event);
        }
    }
    out.event(event);
    Some(device)
}
