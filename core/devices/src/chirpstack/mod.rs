//! ChirpStack: the events of its LoRaWAN network server, as its MQTT and HTTP integrations send them in JSON.
//!
//! Source: ChirpStack 4 "Integrations, event types" (github.com/chirpstack/chirpstack-docs); the members of version 3
//! by its documentation. See `docs/protocols/chirpstack.md`.
//! Covered: up, status, join, ack, txack, log, location and integration. The event's type is the end of the topic,
//! the parameter `event`, or told by the members. What a sensor's payload means is told by the codec that is
//! configured in ChirpStack (`object`); the payload itself is kept. Downlinks go by MQTT.

mod downlink;

use std::borrow::Cow;

use plomb_model::{Delivery, DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading, Scheme};
use serde_json::Value;

use crate::fields;
use crate::tag;
use crate::web::{self, Message};
use crate::{Decoded, Description, Request, Session, SessionConfig};

/// Gateways that are named of those that heard a message.
const GATEWAYS_MAX: usize = 16;
/// Records of a device's memory that are taken of one message.
const HISTORY_MAX: usize = 256;
/// Members of a decoded payload that hold records of the device's memory.
const HISTORY: &[&str] = &["history", "records", "datalog", "historyData"];

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::talking(config, "chirpstack", decode, downlink::encode)
}

/// An event laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let mut description = web::describe("ChirpStack event", frame);
    let request = Request::of(frame);
    if let Ok(value) = serde_json::from_slice::<Value>(request.body) {
        description.name = format!("ChirpStack event {}", kind_of(&request, &value));
        if let Some(payload) = web::member(&value, &["data"]).and_then(|text| tag::base64(&text)) {
            description.field(request.body_offset, 0, "payload", web::bytes_shown(&payload));
        }
    }
    description
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
                Ok(value) => one(request, &value, begins, out),
                Err(error) => {
                    out.issue(Issue::new(begins, "no JSON", error));
                    None
                }
            }
        },
    )
}

/// The event's type: by the topic, by the query, else by what only such an event has.
fn kind_of<'a>(request: &Request<'a>, value: &Value) -> Cow<'a, str> {
    if let Some((_, kind)) = request.path().rsplit_once("/event/") {
        return Cow::Borrowed(kind);
    }
    if let Some((_, kind)) = request.parameters().into_iter().find(|(name, _)| name == "event") {
        return kind;
    }
    let has = |name: &str| value.get(name).is_some();
    Cow::Borrowed(match () {
        () if has("integrationName") => "integration",
        () if has("acknowledged") => "ack",
        () if has("downlinkId") || has("queueItemId") => "txack",
        () if has("level") && has("code") => "log",
        () if has("margin") || has("batteryLevel") || has("externalPowerSource") => "status",
        () if has("rxInfo") || has("fPort") || has("data") || has("fCnt") || has("object") => "up",
        () if has("location") => "location",
        () if has("devAddr") => "join",
        () => "",
    })
}

/// The device's `DevEUI`: hex in version 4, base64 in version 3, else of the topic.
fn device(request: &Request<'_>, value: &Value, offset: usize) -> Result<DeviceId, Issue> {
    let info = web::object_at(value, &["deviceInfo"]).unwrap_or(value);
    let topic = request.path().split_once("/device/").and_then(|(_, rest)| rest.split('/').next());
    let written = web::member(info, &["devEui", "devEUI", "dev_eui"]);
    let name = written.as_deref().or(topic);
    let eui = name.and_then(|name| {
        let hex = tag::hex(name).filter(|bytes| bytes.len() == 8);
        hex.or_else(|| tag::base64(name).filter(|bytes| bytes.len() == 8))
    });
    let eui = eui.ok_or_else(|| {
        Issue::new(offset, "no DevEUI that can be read", format_args!("{:?}", name.unwrap_or_default()))
    })?;
    web::device(Scheme::Lorawan, &plomb_wire::to_hex(&eui).to_uppercase(), offset)
}

fn one(request: &Request<'_>, value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let kind = kind_of(request, value);
    let device = device(request, value, offset).map_err(|issue| out.issue(issue)).ok()?;
    let mut event = Event::new(EventKind::Status);
    let time = web::member(value, &["time", "publishedAt"]);
    event.occurred_at = time.as_deref().and_then(web::instant).map(OccurredAt);
    if let (Some(time), None) = (&time, event.occurred_at) {
        out.issue(Issue::new(offset, "no time that can be read", time));
    }
    match &*kind {
        "up" => up(value, &mut event, offset, out),
        "status" => status(value, &mut event),
        "join" => {
            event.kind = EventKind::Login;
            event.readings.extend(said(value, &["devAddr"]));
        }
        "ack" => {
            event.kind = EventKind::CommandResult;
            // What is false is left out by some versions.
            let acknowledged = web::member(value, &["acknowledged"]).is_some_and(|word| word == "true");
            let word = if acknowledged { "downlink acknowledged" } else { "downlink not acknowledged" };
            event.readings.push(Reading::Text(word.into()));
            event.readings.extend(said(value, &["queueItemId", "fCntDown"]));
            event.readings.extend(downlink::outcome(value, acknowledged));
        }
        "txack" => {
            event.kind = EventKind::Message;
            event.readings.push(Reading::Text("downlink sent".into()));
            event.readings.extend(said(value, &["queueItemId", "fCntDown", "gatewayId"]));
        }
        "log" | "error" => {
            event.kind = EventKind::Message;
            let words = ["level", "code", "type", "description", "error"];
            let words: Vec<Cow<'_, str>> =
                words.iter().filter_map(|name| web::member(value, &[name])).collect();
            event.readings.push(Reading::Text(words.join(" ").into()));
        }
        "location" => location(value, &mut event, offset, out),
        "integration" => {
            event.readings.extend(said(value, &["integrationName", "eventType"]));
            if let Some(object) = value.get("object") {
                fields::read(object, &[], &mut event);
            }
        }
        other => {
            out.issue(Issue::new(offset, "no event type of ChirpStack", format_args!("{other:?}")));
            return Some(device);
        }
    }
    out.event(event);
    Some(device)
}

/// Members as texts, with their names.
fn said(value: &Value, names: &[&str]) -> Vec<Reading> {
    let text =
        |name: &&str| web::member(value, &[name]).map(|text| Reading::Text(format!("{name} {text}").into()));
    names.iter().filter_map(text).collect()
}

fn up(value: &Value, event: &mut Event, offset: usize, out: &mut Decoded) {
    event.serial = web::member(value, &["fCnt"]).and_then(|count| count.parse().ok());
    let heard = value.get("rxInfo").and_then(Value::as_array).into_iter().flatten().take(GATEWAYS_MAX);
    let mut best = None;
    let mut gateways = Vec::new();
    for gateway in heard {
        let rssi = web::member(gateway, &["rssi"]).and_then(|rssi| web::scaled(&rssi, 0)?.try_into().ok());
        best = best.max(rssi);
        if event.occurred_at.is_none() {
            let time =
                web::member(gateway, &["time", "nsTime", "gwTime"]).and_then(|time| web::instant(&time));
            event.occurred_at = time.map(OccurredAt);
        }
        let name = web::member(gateway, &["gatewayId", "gatewayID"]);
        let bytes = name.and_then(|name| tag::hex(&name).or_else(|| tag::base64(&name)));
        let name = bytes.map(|bytes| plomb_wire::to_hex(&bytes).to_uppercase());
        let id = name.and_then(|name| DeviceId::new(Scheme::Gateway, &name).ok());
        gateways.extend(id.map(|id| Reading::Text(heard_by(id, rssi).into())));
    }
    if let Some(object) = payload_object(value) {
        fields::read(&object, HISTORY, event);
        history(&object, event, out);
    }
    event.readings.extend(best.map(Reading::Rssi));
    event.readings.append(&mut gateways);
    let port = web::member(value, &["fPort"]).and_then(|port| web::scaled(&port, 0));
    event.readings.extend(port.map(|value| Reading::Code { name: "fPort".into(), value }));
    if let Some(data) = web::member(value, &["data"]) {
        match tag::base64(&data) {
            Some(bytes) => {
                event.readings.push(Reading::Bytes { name: "data".into(), value: bytes.into() });
            }
            None => out.issue(Issue::new(offset, "the data is no base64", &data)),
        }
    }
}

fn heard_by(gateway: DeviceId, rssi: Option<i16>) -> String {
    rssi.map_or_else(|| format!("heard by {gateway}"), |rssi| format!("heard by {gateway} at {rssi} dBm"))
}

/// What the codec made of the payload; version 3 writes it as JSON in a string.
fn payload_object(value: &Value) -> Option<Cow<'_, Value>> {
    if let Some(object) = web::object_at(value, &["object"]) {
        return Some(Cow::Borrowed(object));
    }
    let text = web::member(value, &["objectJSON"])?;
    serde_json::from_str(&text).ok().filter(Value::is_object).map(Cow::Owned)
}

/// Records of the device's memory, each with its own time.
fn history(object: &Value, live: &Event, out: &mut Decoded) {
    let lists = HISTORY.iter().filter_map(|name| object.get(name)?.as_array());
    for record in lists.flatten().filter(|record| record.is_object()).take(HISTORY_MAX) {
        let mut event = Event::new(EventKind::Status);
        event.delivery = Delivery::Buffered;
        fields::read(record, &[], &mut event);
        event.serial = live.serial;
        out.event(event);
    }
}

fn status(value: &Value, event: &mut Event) {
    let no_level = web::member(value, &["batteryLevelUnavailable"]).is_some_and(|word| word == "true");
    let level = web::member(value, &["batteryLevel"]).and_then(|level| web::percent(&level, 0));
    let external = web::member(value, &["externalPowerSource"]).and_then(|word| web::truth(&word));
    let external_now = external == Some(true);
    event.readings.extend(level.filter(|_| !no_level && !external_now).map(Reading::Battery));
    event.readings.extend(external.map(Reading::ExternalPowerPresent));
    let margin = web::member(value, &["margin"]).and_then(|margin| web::scaled(&margin, 0));
    event.readings.extend(margin.map(|value| Reading::Code { name: "margin, dB".into(), value }));
}

/// A place that the network or a resolver found.
fn location(value: &Value, event: &mut Event, offset: usize, out: &mut Decoded) {
    let place = web::object_at(value, &["location"]).unwrap_or(value);
    let at = |name: &str| web::member(place, &[name]);
    let source = at("source").unwrap_or_default();
    let fix = if matches!(&*source, "GPS" | "GEO_RESOLVER_GNSS") { Fix::Gnss } else { Fix::Network };
    // Zero is left out.
    let (north, east) = (at("latitude"), at("longitude"));
    if north.is_none() && east.is_none() {
        out.issue(Issue::new(offset, "a location without a place", place));
        return;
    }
    match web::in_place(north.as_deref().unwrap_or("0"), east.as_deref().unwrap_or("0"), fix, offset) {
        Ok(mut position) => {
            position.altitude = at("altitude").and_then(|altitude| web::metres(&altitude));
            event.position = Some(position);
            event.kind = EventKind::Position;
            let radius = at("accuracy").and_then(|radius| web::metres(&radius));
            event.readings.extend(radius.filter(|radius| radius.0 > 0).map(Reading::Accuracy));
        }
        Err(issue) => out.issue(issue),
    }
}
