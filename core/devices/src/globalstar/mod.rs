//! Globalstar: messages of simplex transmitters (SmartOne and others) that the back office posts as XML or JSON.
//!
//! Sources: the public schemas StuMessage_Rev1_0_1 and PrvMessage_Rev1_0 of the back office (names of elements and the
//! answer); the SmartOne payload as recorded messages and their reference decode show it. See
//! `docs/protocols/globalstar.md`.
//!
//! Covered: `stuMessages`, `prvMessages`, payload type 0 and its sub-types by their bytes, the JSON of a re-seller.
//! Raw payloads of other types are kept as bytes. There are no commands: a simplex transmitter cannot hear.

mod json;
mod payload;
mod response;

use plomb_model::{DeviceId, Event, EventKind, Issue, OccurredAt, Reading, Scheme};

use crate::web::{self, Element, Message};
use crate::{Decoded, Description, Session, SessionConfig};

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "globalstar", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Globalstar message", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let body = message.text(out)?;
    if body.trim_start().starts_with(['{', '[']) {
        return json::decode(message, out);
    }
    let offset = message.request.body_offset;
    let document = match web::parse_xml(body) {
        Ok(document) => document,
        Err(fault) => {
            out.issue(Issue::new(offset + fault.offset, "no XML", fault.why));
            return None;
        }
    };
    let root = document.children.first()?;
    let (part, answer) = match root.name.as_str() {
        "stuMessages" => ("stuMessage", "stuResponseMsg"),
        "prvMessages" | "prvMsgs" => ("prvMsg", "prvResponseMsg"),
        other => {
            out.issue(Issue::new(offset, "neither stuMessages nor prvMessages", other));
            return None;
        }
    };
    let mut parts = Vec::new();
    root.all(part, &mut parts);
    if parts.is_empty() {
        root.all("prvMessage", &mut parts);
    }
    let provisioning = part == "prvMsg";
    let device = message.each(
        parts,
        |part| part.end,
        out,
        |part, out| {
            if provisioning { provisioned(part, offset, out) } else { reported(part, offset, out) }
        },
    );
    // The back office sends again what is not answered with its identifier.
    if let Some(id) = root.attribute("messageID") {
        out.reply(response::pass(answer, id, message.now).as_bytes());
    }
    device
}

fn identity(part: &Element, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let esn = part.text_of("esn").unwrap_or_default();
    web::device(Scheme::Globalstar, esn, offset).map_err(|issue| out.issue(issue)).ok()
}

fn reported(part: &Element, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let at = offset.saturating_add(part.end);
    let device = identity(part, at, out)?;
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = part.text_of("unixTime").and_then(web::instant).map(OccurredAt);
    if event.occurred_at.is_none() {
        out.issue(Issue::new(at, "no time that can be read", part.text_of("unixTime").unwrap_or_default()));
    }
    let text = part.text_of("payload").unwrap_or_default();
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    match plomb_wire::from_hex(hex) {
        Ok(bytes) if !bytes.is_empty() => payload::read(&bytes, &mut event),
        _ => out.issue(Issue::new(at, "the payload is no hex", text)),
    }
    out.event(event);
    Some(device)
}

/// A transmitter was provisioned in the back office, or taken out.
fn provisioned(part: &Element, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let device = identity(part, offset.saturating_add(part.end), out)?;
    let mut event = Event::new(EventKind::Message);
    event.occurred_at = part.text_of("unixTime").and_then(web::instant).map(OccurredAt);
    let state = part.text_of("provID").unwrap_or("provisioning");
    event.readings.push(Reading::Text(format!("provisioning {state}").into()));
    out.event(event);
    Some(device)
}
