//! Sigfox: callbacks of the network's back end for the messages of its devices.
//!
//! Source: Sigfox "Callbacks" of the back end (data, service and error callbacks and their variables); the payloads by
//! recorded messages and their reference decode. See `docs/protocols/sigfox.md`.
//! Covered: JSON, form, query and percent-encoded JSON; uplink data, computed location, status, acknowledge and error.
//! A downlink is answered only where the device asks for one, with "no data": there are no commands.

mod payload;

use plomb_model::{CentiCelsius, DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading, Scheme};
use serde_json::{Map, Value};

use crate::web::{self, Message};
use crate::{Decoded, Description, Request, Session, SessionConfig};

/// Opens a session of one whole callback.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "sigfox", decode)
}

/// A callback laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("Sigfox callback", frame)
}

fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let body = message.text(out)?.trim();
    let offset = message.request.body_offset;
    let value = if body.starts_with('{') {
        match serde_json::from_str(body) {
            Ok(value) => value,
            Err(error) => {
                out.issue(Issue::new(offset, "no JSON", error));
                return None;
            }
        }
    } else {
        parameters(&message.request)
    };
    let Some(name) = web::member(&value, &["device", "deviceId", "deviceName", "id"]) else {
        out.issue(Issue::new(offset, "no device is named", "neither device nor deviceId"));
        return None;
    };
    let device = web::device(Scheme::Sigfox, &name, offset).map_err(|issue| out.issue(issue)).ok()?;
    let event = callback(&value, offset, out);
    out.event(event);
    if web::member(&value, &["ack"]).and_then(|ack| web::truth(&ack)) == Some(true) {
        let answer = Value::from_iter([(name.into_owned(), Value::from_iter([("noData", true)]))]);
        out.reply(answer.to_string().as_bytes());
    }
    Some(device)
}

/// The parameters as an object; a form whose only name is JSON is that JSON.
fn parameters(request: &Request<'_>) -> Value {
    let pairs = request.parameters();
    if let Some(object) = pairs.iter().find_map(|(name, _)| serde_json::from_str::<Value>(name).ok())
        && object.is_object()
    {
        return object;
    }
    Value::Object(
        pairs.into_iter().map(|(name, value)| (name.into_owned(), value.into())).collect::<Map<_, _>>(),
    )
}

fn callback(value: &Value, offset: usize, out: &mut Decoded) -> Event {
    let at = |name: &str| web::member(value, &[name]);
    let mut event = Event::new(EventKind::Status);
    let time = web::member(value, &["time", "timestamp", "positionTime", "lastSeen"]);
    event.occurred_at = time.as_deref().and_then(web::instant).map(OccurredAt);
    if let (Some(time), None) = (&time, event.occurred_at) {
        out.issue(Issue::new(offset, "no time that can be read", time));
    }
    event.serial = web::member(value, &["seqNumber", "seqNo"]).and_then(|serial| serial.parse().ok());
    if let Some(data) = web::member(value, &["data", "payload"]) {
        match plomb_wire::from_hex(&data) {
            Ok(bytes) if !bytes.is_empty() => {
                if payload::read(&bytes, at("payload").is_some(), &mut event).is_err() {
                    out.issue(Issue::new(offset, "the payload is cut", &data));
                }
            }
            _ => out.issue(Issue::new(offset, "the data is no hex", &data)),
        }
    }
    if event.position.is_none() {
        location(value, &mut event, offset, out);
    }
    let readings = &mut event.readings;
    readings.extend(at("rssi").and_then(|rssi| web::scaled(&rssi, 0)?.try_into().ok()).map(Reading::Rssi));
    readings.extend(at("batt").and_then(|volts| web::millivolts(&volts, 3)).map(Reading::BatteryVoltage));
    let celsius = web::member(value, &["temperature", "temp"]).and_then(|celsius| web::scaled(&celsius, 2));
    let celsius = celsius.and_then(|centi| i32::try_from(centi).ok()).map(CentiCelsius);
    readings.extend(celsius.map(|value| Reading::Temperature { sensor: 0, value }));
    readings.extend(at("moving").and_then(|moving| web::truth(&moving)).map(Reading::Motion));
    readings.extend(at("magStatus").and_then(|magnet| web::truth(&magnet)).map(Reading::MagnetPresent));
    readings.extend(
        web::member(value, &["infoMessage", "message", "info"]).map(|text| Reading::Text(text.into())),
    );
    readings.extend(
        at("infoCode")
            .and_then(|code| web::scaled(&code, 0))
            .map(|value| Reading::Code { name: "infoCode".into(), value }),
    );
    event
}

/// Where the network computed the device to be; what stands beside `data` in an old callback is the base station.
fn location(value: &Value, event: &mut Event, offset: usize, out: &mut Decoded) {
    let computed = web::object_at(value, &["computedLocation", "geoloc", "location"]);
    if computed.is_none() && value.get("data").is_some() {
        return;
    }
    let place = computed.unwrap_or(value);
    let north = web::member(place, &["lat", "latitude"]);
    let east = web::member(place, &["lng", "longitude"]);
    let (Some(north), Some(east)) = (north, east) else { return };
    // Source 1 is the satellite fix in the payload, others are computed by the network.
    let gnss = web::member(place, &["source"]).is_some_and(|source| source == "1");
    match web::in_place(&north, &east, if gnss { Fix::Gnss } else { Fix::Network }, offset) {
        Ok(position) if position.latitude.e7() != 0 || position.longitude.e7() != 0 => {
            event.position = Some(position);
            event.kind = EventKind::Position;
            let radius = web::member(place, &["radius", "accuracy"]).and_then(|radius| web::metres(&radius));
            event.readings.extend(radius.filter(|radius| radius.0 >= 0).map(Reading::Accuracy));
        }
        Ok(_) => {}
        Err(issue) => out.issue(issue),
    }
}
