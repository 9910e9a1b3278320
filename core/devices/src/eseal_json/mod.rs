//! Electronic seals after the data model of ISO 18185: what a gateway reads of them, in the JSON that this platform documents.
//!
//! Source of the model: the public facts on ISO 18185-1 and -4 (identity, status, times of sealing and opening in UTC,
//! battery, event log that is only added to). The JSON is ours: `docs/protocols/e-seal-json.md`. The air interface is the gateway's
//! business, and no conformance to the standard is claimed. The standard has no proof of origin: all is clear text.

mod log;
mod time;

use std::borrow::Cow;

use plomb_model::{
    DeviceId, Event, EventKind, Issue, OccurredAt, Reading, Scheme, SealEvidence, SealPart, Signal, Timestamp,
};
use serde_json::Value;

use crate::web::{self, Message};
use crate::{Decoded, Description, Session, SessionConfig};

/// Seals that are taken of one message.
const SEALS_MAX: usize = 4096;

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "e-seal-json", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Electronic seals read by a gateway", frame)
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

/// One seal, or the seals that one gateway read.
fn one(value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let name = web::member(value, &["gateway", "reader"]);
    let gateway = name.and_then(|name| web::named(Scheme::Gateway, &name, offset).ok());
    let read_at = web::member(value, &["read_at", "readAt", "time", "timestamp"]);
    let read_at = read_at.and_then(|text| moment(&text, "read_at", offset, out));
    let Some(seals) = value.get("seals").and_then(Value::as_array) else {
        let inner = web::object_at(value, &["seal"]).unwrap_or(value);
        let (device, mut events) = seal(inner, value, read_at, offset, out)?;
        if let (Some(event), Some(gateway)) = (events.last_mut(), gateway) {
            event.readings.push(Reading::Text(format!("read by {gateway}").into()));
        }
        events.into_iter().for_each(|event| out.event(event));
        return Some(device);
    };
    if seals.is_empty() {
        out.issue(Issue::new(offset, "no seal in it", "an empty list"));
    }
    if seals.len() > SEALS_MAX {
        out.issue(Issue::new(offset, "too many seals", seals.len()));
    }
    for inner in seals.iter().take(SEALS_MAX) {
        let own = web::member(inner, &["read_at", "readAt"]);
        let read_at = own.and_then(|text| moment(&text, "read_at", offset, out)).or(read_at);
        if let Some((device, events)) = seal(inner, inner, read_at, offset, out) {
            for mut event in events {
                event.peripheral = Some(device);
                out.event(event);
            }
        }
    }
    gateway
}

fn moment(text: &str, name: &str, offset: usize, out: &mut Decoded) -> Option<Timestamp> {
    let time = time::read(text);
    if time.is_none() {
        out.issue(Issue::new(offset, format!("{name} is no time"), text));
    }
    time
}

/// The identity: manufacturer and serial number, or both in one.
fn identity(seal: &Value, offset: usize) -> Result<DeviceId, Issue> {
    let serial = web::member(seal, &["serial", "serialNumber", "serial_number"]);
    let maker = web::member(seal, &["manufacturer", "manufacturerId", "manufacturer_id"]);
    let name = match (maker, serial) {
        (Some(maker), Some(serial)) => Some(Cow::Owned(format!("{maker}-{serial}"))),
        _ => web::member(seal, &["id", "sealId", "seal_id"]),
    };
    let name = name.ok_or_else(|| Issue::new(offset, "no manufacturer and serial number of a seal", seal))?;
    web::named(Scheme::Eseal18185, &name, offset)
}

/// A seal's state and log. `seal` holds its identity and, unless `state` does, the rest.
fn seal(
    seal: &Value,
    state: &Value,
    read_at: Option<Timestamp>,
    offset: usize,
    out: &mut Decoded,
) -> Option<(DeviceId, Vec<Event>)> {
    let device = match identity(seal, offset).or_else(|issue| identity(state, offset).map_err(|_| issue)) {
        Ok(device) => device,
        Err(issue) => {
            out.issue(issue);
            return None;
        }
    };
    let at = |names: &[&str]| web::member(seal, names).or_else(|| web::member(state, names));
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = read_at.map(OccurredAt);
    let sealed_at =
        at(&["sealed_at", "sealedAt", "closed_at"]).and_then(|t| moment(&t, "sealed_at", offset, out));
    let opened_at = at(&["opened_at", "openedAt"]).and_then(|t| moment(&t, "opened_at", offset, out));
    if let Some(status) = at(&["status", "state"]) {
        match status.to_ascii_lowercase().as_str() {
            "sealed" | "closed" | "sealed_closed" => sealed(&mut event),
            "opened" | "open" | "broken" | "cut" => opened(&mut event),
            "unsealed" | "new" | "not_sealed" => {
                event.kind = EventKind::Seal;
                event.seal = event.seal.with(SealPart::Sealed, false);
            }
            _ => out.issue(Issue::new(offset, "no status of a seal", &status)),
        }
    }
    if opened_at.is_some() {
        if event.seal.part(SealPart::Sealed) == Some(true) {
            out.issue(Issue::new(offset, "sealed, and yet it has been opened", device));
        }
        opened(&mut event);
    }
    if let (Some(sealed), Some(opened)) = (sealed_at, opened_at)
        && opened < sealed
    {
        out.issue(Issue::new(offset, "opened before it was sealed", opened));
    }
    let readings = &mut event.readings;
    for (name, time) in [("sealed_at", sealed_at), ("opened_at", opened_at)] {
        readings.extend(time.map(|time| Reading::Text(format!("{name} {time}").into())));
    }
    for (name, names) in [("type", &["type", "seal_type", "sealType", "tagType"][..]), ("model", &["model"])]
    {
        readings.extend(at(names).map(|text| Reading::Text(format!("{name} {text}").into())));
    }
    readings.extend(
        at(&["protocol_version", "protocolVersion"])
            .and_then(|text| web::scaled(&text, 0))
            .map(|value| Reading::Code { name: "protocol version".into(), value }),
    );
    readings.extend(at(&["rssi"]).and_then(|rssi| web::scaled(&rssi, 0)?.try_into().ok()).map(Reading::Rssi));
    battery(&at, &mut event, offset, out);
    let entries = ["events", "log", "event_log"]
        .iter()
        .find_map(|name| seal.get(name).or_else(|| state.get(name))?.as_array());
    let mut events = Vec::new();
    if let Some(entries) = entries {
        log::read(entries, offset, &mut events, out);
    }
    // The log first: what the seal is now comes after what it was.
    if events.is_empty() || event != Event::new(EventKind::Status) {
        events.push(event);
    }
    Some((device, events))
}

/// The battery: a word, a share, or whether it is low.
fn battery<'a>(
    at: &impl Fn(&[&str]) -> Option<Cow<'a, str>>,
    event: &mut Event,
    offset: usize,
    out: &mut Decoded,
) {
    if let Some(battery) = at(&["battery", "battery_status", "batteryStatus", "battery_low", "batteryLow"]) {
        let low = at(&["battery_low", "batteryLow"]).as_deref().and_then(web::truth);
        match (low, battery.to_ascii_lowercase().as_str()) {
            (Some(low), _) => event.signals = event.signals.with_if(low, Signal::LowBattery),
            (None, "low") => event.signals = event.signals.with(Signal::LowBattery),
            (None, "ok" | "good" | "normal") => {}
            (None, other) => match web::percent(other, 0) {
                Some(charge) => event.readings.push(Reading::Battery(charge)),
                None => out.issue(Issue::new(offset, "no state of a battery", &battery)),
            },
        }
    }
}

/// Closed once and for all: such a seal is not used again.
fn sealed(event: &mut Event) {
    event.kind = EventKind::Seal;
    event.seal = event.seal.with(SealPart::Sealed, true).with(SealPart::NeverOpened, true);
    event.trust.seal = SealEvidence::ValidIntact;
}

/// Opened: it can only be broken.
fn opened(event: &mut Event) {
    event.kind = EventKind::Seal;
    event.seal = event
        .seal
        .with(SealPart::Sealed, false)
        .with(SealPart::NeverOpened, false)
        .with(SealPart::RopeIntact, false);
    event.signals = event.signals.with(Signal::RopeCut);
    event.trust.seal = SealEvidence::ValidTampered;
}
