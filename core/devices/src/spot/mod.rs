//! SPOT: messages of SPOT messengers and SPOT Trace as the shared page posts them, in XML.
//!
//! Source: the public schema spotXml-v2 and the SPOT API's feed of messages. See `docs/protocols/spot.md`.
//! Covered: `messageList` of the push and `response/feedMessageResponse` of the feed. There are no commands.

use plomb_model::{DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading, Scheme, Signal, Signals};

use crate::web::{self, Element, Message};
use crate::{Decoded, Description, Session, SessionConfig};

/// Latitude and longitude of a message without a place.
const NO_PLACE_E7: i64 = -999_990_000_000;

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "spot", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("SPOT messages", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let body = message.text(out)?;
    let offset = message.request.body_offset;
    let document = match web::parse_xml(body) {
        Ok(document) => document,
        Err(fault) => {
            out.issue(Issue::new(offset + fault.offset, "no XML", fault.why));
            return None;
        }
    };
    let mut parts = Vec::new();
    document.all("message", &mut parts);
    message.each(parts, |part| part.end, out, |part, out| one(part, offset.saturating_add(part.end), out))
}

fn one(part: &Element, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    // The feed names the messenger, the push its serial number.
    let name =
        part.text_of("esnName").or_else(|| part.text_of("esn")).or_else(|| part.text_of("messengerId"));
    let device = web::device(Scheme::Globalstar, name.unwrap_or_default(), offset)
        .map_err(|issue| out.issue(issue))
        .ok()?;
    let mut event = Event::new(EventKind::Status);
    let time = ["timestamp", "dateTime", "timeInGMTSecond", "unixTime"]
        .into_iter()
        .find_map(|name| part.text_of(name));
    event.occurred_at = time.and_then(web::instant).map(OccurredAt);
    if event.occurred_at.is_none() {
        out.issue(Issue::new(offset, "no time that can be read", time.unwrap_or_default()));
    }
    if let (Some(north), Some(east)) = (part.text_of("latitude"), part.text_of("longitude"))
        && web::scaled(north, 7) != Some(NO_PLACE_E7)
    {
        match web::in_place(north, east, Fix::Gnss, offset) {
            Ok(mut position) => {
                position.altitude = part.text_of("altitude").and_then(web::metres);
                event.position = Some(position);
                event.kind = EventKind::Position;
            }
            Err(issue) => out.issue(issue),
        }
    }
    if let Some(kind) = part.text_of("messageType") {
        event.signals = signals(kind);
        event.readings.push(Reading::Text(kind.into()));
    }
    if let Some(state) = part.text_of("batteryState") {
        event.signals = event.signals.with_if(state.eq_ignore_ascii_case("LOW"), Signal::LowBattery);
    }
    if let Some(serial) = part.text_of("esn").filter(|serial| Some(*serial) != name) {
        event.readings.extend(DeviceId::new(Scheme::Globalstar, serial).ok().map(Reading::Alias));
    }
    if let Some(model) = part.text_of("modelId") {
        event.readings.push(Reading::Model(model.into()));
    }
    event
        .readings
        .extend(part.text_of("batteryLevel").and_then(|level| web::percent(level, 0)).map(Reading::Battery));
    event.serial = part.text_of("id").and_then(|id| id.parse().ok());
    out.event(event);
    Some(device)
}

/// What the kind of a message shouts.
fn signals(kind: &str) -> Signals {
    match kind.to_ascii_uppercase().as_str() {
        "HELP" | "911" | "SOS" => Signals::from(Signal::Sos),
        "NEWMOVEMENT" => Signals::from(Signal::Motion),
        "POWER-OFF" => Signals::from(Signal::PowerOff),
        "BATTERY-LOW" | "LOW-BATTERY" => Signals::from(Signal::LowBattery),
        _ => Signals::NONE,
    }
}
