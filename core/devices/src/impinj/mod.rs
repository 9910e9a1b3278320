//! Impinj IoT device interface: events of Impinj's readers as JSON, by stream, webhook or MQTT.
//!
//! Source: the interface's public event schema (`tagInventory` and its fellows). See `docs/protocols/impinj.md`.
//! Covered: one event, an array of them (webhook) or one a line (stream); every event type. The reader takes no
//! commands this way.

use plomb_model::{DeviceId, Event, EventKind, Issue, OccurredAt, Reading, Scheme};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig, tag};

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "impinj", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Impinj reader events", frame)
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
                Ok(value) => one(&value, begins, out),
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    )
}

/// One event of the reader.
fn one(value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let reader = web::member(value, &["hostname"])
        .and_then(|name| web::named(Scheme::Reader, &name, offset).map_err(|issue| out.issue(issue)).ok());
    let at = web::member(value, &["timestamp"]).and_then(|time| web::instant(&time)).map(OccurredAt);
    if at.is_none() {
        let found = value.get("timestamp").map(ToString::to_string).unwrap_or_default();
        out.issue(Issue::new(offset, "no timestamp that can be read", found));
    }
    // The type is told twice: as a word, and by the member that holds the details.
    let details = value
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, details)| name.ends_with("Event") && details.is_object());
    let Some((name, details)) = details else {
        let kind = web::member(value, &["eventType"]).unwrap_or_default().into_owned();
        out.issue(Issue::new(offset, "an event without its details", format_args!("{kind:?}")));
        return reader;
    };
    match name.as_str() {
        "tagInventoryEvent" | "tagLocationEntryEvent" | "tagLocationUpdateEvent" | "tagLocationExitEvent" => {
            match inventory(details, name, at, offset) {
                Ok(event) => out.event(event),
                Err(issue) => out.issue(issue),
            }
        }
        _ => out.event(of_reader(name.trim_end_matches("Event"), details, at)),
    }
    reader
}

/// A tag that was read.
fn inventory(details: &Value, name: &str, at: Option<OccurredAt>, offset: usize) -> Result<Event, Issue> {
    let bank = |in_hex: &str, in_base64: &str| {
        let written = web::member(details, &[in_hex]).and_then(|text| tag::hex(&text));
        written.or_else(|| web::member(details, &[in_base64]).and_then(|text| tag::base64(&text)))
    };
    let shown = web::member(details, &["epcHex", "epc"]).unwrap_or_default();
    let mut event = tag::read(bank("epcHex", "epc").as_deref(), &shown, offset)?;
    let seen = web::member(details, &["lastSeenTime", "timestamp"]).and_then(|time| web::instant(&time));
    event.occurred_at = seen.map(OccurredAt).or(at);
    let number = |name: &str| web::member(details, &[name]).and_then(|text| web::scaled(&text, 0));
    let mut readings = Vec::new();
    readings.extend(bank("tidHex", "tid").as_deref().and_then(tag::tid));
    readings.extend(number("antennaPort").and_then(|port| u16::try_from(port).ok()).map(Reading::Antenna));
    let rssi = number("peakRssiCdbm").and_then(|hundredths| i16::try_from(hundredths / 100).ok());
    readings.extend(rssi.map(Reading::Rssi));
    readings.extend(number("seenCount").and_then(|count| u32::try_from(count).ok()).map(Reading::ReadCount));
    if let Some(bytes) = bank("userHex", "user") {
        readings.push(Reading::Bytes { name: "user memory".into(), value: bytes.into() });
    }
    if let Some(word) = name.strip_prefix("tagLocation").and_then(|rest| rest.strip_suffix("Event")) {
        readings.push(Reading::Text(format!("location {}", word.to_lowercase()).into()));
    }
    for response in details.get("tagAccessResponses").and_then(Value::as_array).into_iter().flatten() {
        readings.extend(access(response));
    }
    event.readings = readings;
    Ok(event)
}

/// What an access to the tag's memory gave.
fn access(response: &Value) -> Option<Reading> {
    let said = web::member(response, &["response", "result"]).unwrap_or_default();
    let data = web::member(response, &["dataHex"]).and_then(|text| tag::hex(&text));
    let data = data.or_else(|| web::member(response, &["data"]).and_then(|text| tag::base64(&text)));
    match data {
        Some(bytes) => Some(Reading::Bytes { name: "read data".into(), value: bytes.into() }),
        None if said.is_empty() || said.eq_ignore_ascii_case("success") => None,
        None => Some(Reading::Text(format!("access {said}").into())),
    }
}

/// What the reader says of itself: inputs, antennas, its inventory.
fn of_reader(name: &str, details: &Value, at: Option<OccurredAt>) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = at;
    event.readings.push(Reading::Text(name.into()));
    for (member, value) in details.as_object().into_iter().flatten() {
        if member == "antennaPort" {
            let port = web::text(value).and_then(|text| web::scaled(&text, 0));
            event.readings.extend(port.and_then(|port| u16::try_from(port).ok()).map(Reading::Antenna));
        } else if let Some(text) = web::text(value) {
            event.readings.push(Reading::Text(format!("{member} {text}").into()));
        }
    }
    event
}
