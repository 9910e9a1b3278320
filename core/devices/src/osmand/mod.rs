//! OsmAnd: phones and trackers that tell their place in the parameters of a web request.
//!
//! Sources: OsmAnd documentation, "Trip recording, online tracking" (the parameters of the address); the Traccar
//! Client's page "OsmAnd protocol" (the names, and knots as the unit of speed); the Background Geolocation
//! documentation, "HTTP" (the JSON body). See `docs/protocols/osmand.md`.
//!
//! Covered: parameters in the query or in a form, a flat JSON object, and the nested JSON of Background Geolocation,
//! one location or several, one object or an array. There are no commands: the phone does not listen.

mod message;
mod normalise;
mod words;

use plomb_model::{DeviceId, Issue};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig};
use message::Report;

/// Opens a session of one whole request.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "osmand", decode)
}

/// A request laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("OsmAnd position", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let body = message.text(out)?;
    if !body.trim_start().starts_with(['{', '[']) {
        let parameters = message.request.parameters();
        if parameters.is_empty() {
            out.issue(Issue::new(0, "no parameters and no JSON", web::bytes_shown(message.around(0))));
            return None;
        }
        return normalise::report(&Report::of_pairs(parameters), 0, out);
    }
    let parameters = message.request.parameters();
    let named = parameters.iter().find(|(name, _)| message::is_device(name)).map(|(_, value)| value.as_ref());
    let offset = message.request.body_offset;
    let parts = web::elements(message.request.body);
    message.each(
        parts,
        |part| part.end,
        out,
        |part, out| {
            let begins = offset + part.start;
            match serde_json::from_slice::<Value>(message.request.body.get(part).unwrap_or_default()) {
                Ok(value) => read_json(&value, named, begins, out),
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    )
}

/// One object of the body: a flat report, or a device with one location or several.
fn read_json(value: &Value, named: Option<&str>, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let device = web::member(value, message::DEVICE).or_else(|| named.map(Into::into));
    let locations = match value.get("location").or_else(|| value.get("locations")) {
        Some(Value::Array(locations)) => locations.iter().collect(),
        Some(location @ Value::Object(_)) => vec![location],
        _ if value.get("coords").is_some() => vec![value],
        _ => {
            let mut report = Report::of_object(value);
            report.device = report.device.or_else(|| named.map(Into::into));
            return normalise::report(&report, offset, out);
        }
    };
    if locations.is_empty() {
        out.issue(Issue::new(offset, "no location", "an empty list"));
    }
    let mut sender = None;
    for location in locations {
        let mut report = Report::of_location(location);
        report.device.clone_from(&device);
        sender = normalise::report(&report, offset, out).or(sender);
    }
    sender
}
