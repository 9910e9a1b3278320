//! Tags that a handheld or fixed reader read, with their answers to a challenge of the platform (ISO/IEC 29167-10).
//!
//! The JSON is this platform's own: `docs/protocols/iso29167-10.md`. A tag without an answer is a claim like any other
//! read; one with an answer is known by its key.

mod answer;

use plomb_model::{
    DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading, Scheme, SealEvidence, SealPart, Signal,
};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig, tag};

/// Tags that are taken of one message.
const TAGS_MAX: usize = 4096;

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "iso29167-10", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Tags read by a handheld", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let request = &message.request;
    message.each(
        web::elements(request.body),
        |part| part.end,
        out,
        |part, out| {
            let begins = request.body_offset + part.start;
            match serde_json::from_slice::<Value>(request.body.get(part).unwrap_or_default()) {
                Ok(value) => one(message, &value, begins, out),
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    )
}

/// The tags that one reader read.
fn one(message: &Message<'_>, value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let reader = match web::member(value, &["reader", "handheld"]).map(|name| named(&name, offset)) {
        Some(Ok(reader)) => Some(reader),
        Some(Err(issue)) => {
            out.issue(issue);
            None
        }
        None => None,
    };
    let tags = match value.get("tags").and_then(Value::as_array) {
        Some(tags) => &tags[..],
        None => std::slice::from_ref(value),
    };
    if tags.is_empty() {
        out.issue(Issue::new(offset, "no tag in it", "an empty list"));
    }
    if tags.len() > TAGS_MAX {
        out.issue(Issue::new(offset, "too many tags", tags.len()));
    }
    for tag in tags.iter().take(TAGS_MAX) {
        if let Some(mut event) = read(message, tag, offset, out) {
            circumstances(value, tag, offset, &mut event, out);
            out.event(event);
        }
    }
    reader
}

fn named(name: &str, offset: usize) -> Result<DeviceId, Issue> {
    web::named(Scheme::Reader, name, offset)
}

/// One tag, by its EPC or else by its chip.
fn read(message: &Message<'_>, data: &Value, offset: usize, out: &mut Decoded) -> Option<Event> {
    let bank = |name: &str| web::member(data, &[name]).and_then(|text| tag::hex(&text));
    let (epc, tid, user) = (bank("epc"), bank("tid"), bank("user"));
    let mut event = Event::new(EventKind::Status);
    let chip = tid.as_deref().and_then(tag::tid);
    event.peripheral = epc.as_deref().and_then(tag::epc).or(match &chip {
        Some(Reading::Alias(id)) => Some(*id),
        _ => None,
    });
    if event.peripheral.is_none() {
        out.issue(Issue::new(offset, "a tag without an EPC or TID in hex", data));
        return None;
    }
    if epc.is_some() {
        event.readings.extend(chip);
    }
    if let Some(user) = &user {
        event.readings.push(Reading::Bytes { name: "user memory".into(), value: user.as_slice().into() });
    }
    let claimed = answer::Claimed { epc, tid, user };
    let answered = answer::judge(message, data, &claimed, offset, &mut event, out);
    if event.trust.seal != SealEvidence::Invalid
        && let Some(tampered) = web::member(data, &["tamper"]).as_deref().and_then(web::truth)
    {
        tamper(&mut event, tampered, answered);
    }
    Some(event)
}

/// The tamper bit as the reader tells it. No answer covers it: beside a chip that proved itself it stays a claim, and only
/// that the seal is broken is believed.
fn tamper(event: &mut Event, tampered: bool, answered: bool) {
    event.kind = EventKind::Seal;
    event.seal = event.seal.with(SealPart::RopeIntact, !tampered);
    event.signals = event.signals.with_if(tampered, Signal::RopeCut);
    event.trust.seal = match (tampered, answered) {
        (true, _) => SealEvidence::ValidTampered,
        (false, false) => SealEvidence::ValidIntact,
        (false, true) => SealEvidence::None,
    };
}

/// When, where and how it was read.
fn circumstances(value: &Value, tag: &Value, offset: usize, event: &mut Event, out: &mut Decoded) {
    let at = |names: &[&str]| web::member(tag, names).or_else(|| web::member(value, names));
    if let Some(text) = at(&["read_at", "time"]) {
        event.occurred_at = web::instant(&text).map(OccurredAt);
        if event.occurred_at.is_none() {
            out.issue(Issue::new(offset, "read_at is no time", text));
        }
    }
    if let (Some(latitude), Some(longitude)) = (at(&["latitude"]), at(&["longitude"])) {
        match web::in_place(&latitude, &longitude, Fix::Reader, offset) {
            Ok(position) => event.position = Some(position),
            Err(issue) => out.issue(issue),
        }
    }
    let number = |name: &str| web::member(tag, &[name]).and_then(|text| web::scaled(&text, 0));
    let readings = &mut event.readings;
    readings.extend(number("antenna").and_then(|port| u16::try_from(port).ok()).map(Reading::Antenna));
    readings.extend(number("rssi").and_then(|dbm| i16::try_from(dbm).ok()).map(Reading::Rssi));
}
