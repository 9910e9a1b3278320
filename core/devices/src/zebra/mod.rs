//! Zebra IoT Connector: tag data and events of Zebra's fixed and handheld readers as JSON, by webhook or MQTT.
//!
//! Source: Zebra's public IoT Connector schemas and examples. See `docs/protocols/zebra.md`.
//! Covered: tag data of fixed readers in every format (`SIMPLE`, `CUSTOM`, `INVENTORY`, `PORTAL`, `DIRECTIONALITY`
//! ...), tag data of handhelds, events and heartbeats; one message, an array, or one after another. No commands.

use plomb_model::{DeviceId, Event, EventKind, Issue, OccurredAt, Percent, Reading, Scheme};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig, tag};

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "zebra", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Zebra reader messages", frame)
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

/// One message of the reader.
fn one(value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let data = web::object_at(value, &["data"]).unwrap_or(value);
    let name = web::member(data, &["hostName", "hostname", "deviceSN", "serialNumber"])
        .or_else(|| web::member(value, &["hostName", "hostname", "deviceSN", "deviceId"]));
    let reader = name
        .and_then(|name| web::named(Scheme::Reader, &name, offset).map_err(|issue| out.issue(issue)).ok());
    let time = web::member(value, &["timestamp", "timeStamp"]).or_else(|| web::member(data, &["timestamp"]));
    let at = time.as_deref().and_then(web::instant).map(OccurredAt);
    if at.is_none() {
        out.issue(Issue::new(offset, "no timestamp that can be read", time.unwrap_or_default()));
    }
    let tags: Vec<&Value> = match data.get("tagData").and_then(Value::as_array) {
        Some(tags) => tags.iter().collect(),
        None if is_tag(data) => vec![data],
        None => {
            out.event(of_reader(value, data, at));
            return reader;
        }
    };
    if tags.is_empty() {
        out.issue(Issue::new(offset, "tag data without a tag", "an empty list"));
    }
    for tag in tags {
        match read(tag, at, offset) {
            Ok(mut event) => {
                let kind = web::member(value, &["type"]).filter(|kind| kind.contains("DIRECTION"));
                event.readings.extend(kind.map(|kind| Reading::Text(kind.into_owned().into())));
                out.event(event);
            }
            Err(issue) => out.issue(issue),
        }
    }
    reader
}

fn is_tag(data: &Value) -> bool {
    ["idHex", "EPCid", "EPC", "epc"].iter().any(|name| data.get(name).is_some())
}

/// A tag that was read.
fn read(data: &Value, at: Option<OccurredAt>, offset: usize) -> Result<Event, Issue> {
    let bank = |names: &[&str]| web::member(data, names).and_then(|text| tag::hex(&text));
    let names = ["idHex", "EPCid", "EPC", "epc"];
    let shown = web::member(data, &names).unwrap_or_default();
    let mut event = tag::read(bank(&names).as_deref(), &shown, offset)?;
    let seen = web::member(data, &["lastSeenTime", "timestamp"]).and_then(|time| web::instant(&time));
    event.occurred_at = seen.map(OccurredAt).or(at);
    let number = |names: &[&str]| web::member(data, names).and_then(|text| web::scaled(&text, 0));
    let readings = &mut event.readings;
    readings.extend(bank(&["TID", "tid"]).as_deref().and_then(tag::tid));
    readings.extend(number(&["antenna"]).and_then(|port| u16::try_from(port).ok()).map(Reading::Antenna));
    let rssi = number(&["peakRssi", "peakRSSI", "rssi"]).and_then(|dbm| i16::try_from(dbm).ok());
    readings.extend(rssi.map(Reading::Rssi));
    let count = number(&["reads", "seenCount"]).and_then(|count| u32::try_from(count).ok());
    readings.extend(count.map(Reading::ReadCount));
    if let Some(bytes) = bank(&["USER", "user"]) {
        readings.push(Reading::Bytes { name: "user memory".into(), value: bytes.into() });
    }
    for result in data.get("accessResults").and_then(Value::as_array).into_iter().flatten() {
        readings.extend(web::text(result).map(|text| Reading::Text(format!("access {text}").into())));
    }
    event.serial = number(&["eventNum"]).and_then(|number| u32::try_from(number).ok());
    Ok(event)
}

/// What the reader says of itself: heartbeats, antennas, inputs, its battery.
fn of_reader(value: &Value, data: &Value, at: Option<OccurredAt>) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = at;
    let kind = web::member(value, &["eventName", "eventType", "type"]).unwrap_or_default();
    if kind.to_ascii_lowercase().contains("heartbeat") {
        event.kind = EventKind::Heartbeat;
    }
    event.readings.push(Reading::Text(kind.into_owned().into()));
    let battery = web::object_at(data, &["batteryAlert", "battery"]).unwrap_or(data);
    let charge = web::member(battery, &["chargePercentage", "percentage"]);
    let charge = charge.and_then(|text| web::scaled(&text, 0)).and_then(|percent| u8::try_from(percent).ok());
    event.readings.extend(charge.and_then(|charge| Percent::new(charge).ok()).map(Reading::Battery));
    event
}
