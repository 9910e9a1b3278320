//! OpenMQTTGateway and Theengs Gateway: Bluetooth adverts as JSON, raw, decoded or both.
//!
//! Source: the documentation of OpenMQTTGateway ("BLE gateway") and of Theengs Decoder (its list of properties). See
//! `docs/protocols/theengs.md`. What is raw is read here as by any other gateway; what only the gateway could decode is
//! known by the names of its properties.

use std::fmt::Write;

use plomb_model::{DeviceId, Event, EventKind, Issue, Reading, Scheme};
use plomb_semiactive::{Advert, Heard, address, hear};
use serde_json::Value;

use crate::fields;
use crate::web::{self, Message};
use crate::{Decoded, Description, KeyPurpose, Session, SessionConfig};

/// Members that are read here, or that say nothing of the device's state.
const EXCEPT: &[&str] = &[
    "id",
    "mac",
    "mac_type",
    "adv_type",
    "name",
    "manufacturerdata",
    "servicedata",
    "servicedatauuid",
    "rssi",
    "txpower",
    "distance",
    "brand",
    "model",
    "model_id",
    "type",
    "tempf",
    "tempf2_dp",
    "cidc",
    "acts",
    "cont",
    "track",
    "prmac",
    "mfid",
    "packet",
    "gateway",
    "device",
    "encr",
];
/// Longest payload of an AD structure, bytes.
const STRUCTURE_BYTES_MAX: usize = 254;

/// Opens a session of one whole message.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    web::session(config, "theengs", decode)
}

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    web::describe("OpenMQTTGateway message", frame)
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

/// The gateway by the topic: `<base>/<gateway>/BTtoMQTT/<address>`.
fn gateway(message: &Message<'_>, value: &Value) -> Option<DeviceId> {
    let parts: Vec<&str> = message.request.path().split('/').collect();
    let before = parts.windows(2).find_map(|pair| match pair {
        [name, "BTtoMQTT" | "SYStoMQTT" | "RTLtoMQTT"] => Some(*name),
        _ => None,
    });
    let told = web::member(value, &["gateway"]);
    web::named(Scheme::Gateway, told.as_deref().or(before)?, 0).ok()
}

fn one(message: &Message<'_>, value: &Value, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let gateway = gateway(message, value);
    let id = web::member(value, &["id"]);
    if message.request.path().contains("SYStoMQTT") || id.is_none() && value.get("uptime").is_some() {
        out.event(of_gateway(value));
        return gateway;
    }
    let Some(name) = id.or_else(|| web::member(value, &["mac"])) else {
        out.issue(Issue::new(offset, "no id of a device", value));
        return gateway;
    };
    let mac = address(&name);
    let mut heard = raw(message, value, mac, offset);
    heard.device = heard.device.or_else(|| match mac {
        Some(mac) => plomb_semiactive::device(mac),
        None => web::named(Scheme::Beacon, &name, offset).ok(),
    });
    let model = web::member(value, &["model"]).map(|text| Reading::Model(text.into()));
    let called = web::member(value, &["name"]).map(|text| Reading::Text(format!("name {text}").into()));
    let rssi = web::member(value, &["rssi"]).and_then(|rssi| web::scaled(&rssi, 0)?.try_into().ok());
    if heard.events.is_empty() {
        let mut event = Event::new(EventKind::Status);
        let keyed =
            mac.is_some_and(|mac| message.config.secrets.first(KeyPurpose::BthomeBind, &mac).is_some());
        if !keyed {
            fields::read(value, EXCEPT, &mut event);
            event.serial = web::member(value, &["packet"]).and_then(|number| number.parse().ok());
        } else if value
            .as_object()
            .is_some_and(|members| members.keys().any(|name| !EXCEPT.contains(&name.as_str())))
        {
            // Who holds the key believes the key, not what anybody says to have decoded.
            let what = "decoded by the gateway although a bind key is known (downgrade)";
            heard.issues.push(Issue::new(0, what, &name));
        }
        event.readings.extend(rssi.map(Reading::Rssi));
        for (name, data) in
            ["servicedata", "manufacturerdata"].iter().filter_map(|name| Some((name, hex(value, name)?)))
        {
            event.readings.push(Reading::Bytes { name: (*name).into(), value: data.into() });
        }
        heard.events.push(event);
    }
    if let Some(event) = heard.events.first_mut() {
        event.readings.extend(model);
        event.readings.extend(called);
    }
    for mut event in heard.events {
        // Without a gateway's name the tag itself is the sender.
        event.peripheral = heard.device.filter(|_| gateway.is_some());
        out.event(event);
    }
    for issue in heard.issues {
        out.issue(Issue::new(offset, issue.what, issue.found));
    }
    gateway.or(heard.device)
}

/// The bytes of a member in hex.
fn hex(value: &Value, name: &str) -> Option<Vec<u8>> {
    plomb_wire::from_hex(&web::member(value, &[name])?).ok()
}

/// What the raw data says, where it is of a protocol that is read here.
fn raw(message: &Message<'_>, value: &Value, mac: Option<[u8; 6]>, offset: usize) -> Heard {
    let mut heard = Heard::default();
    for name in ["servicedata", "manufacturerdata"] {
        if let Some(text) = web::member(value, &[name])
            && plomb_wire::from_hex(&text).is_err()
        {
            heard.issues.push(Issue::new(offset, format!("{name} is no hex"), text));
        }
    }
    let mut data = Vec::new();
    let mut structure = |kind: u8, head: &[u8], payload: &[u8]| {
        let length = head.len() + payload.len();
        if let Ok(length) = u8::try_from(length + 1)
            && usize::from(length) <= STRUCTURE_BYTES_MAX
        {
            data.extend_from_slice(&[length, kind]);
            data.extend_from_slice(head);
            data.extend_from_slice(payload);
        }
    };
    if let (Some(payload), Some(uuid)) = (hex(value, "servicedata"), uuid(value)) {
        structure(0x16, &uuid.to_le_bytes(), &payload);
    }
    if let Some(payload) = hex(value, "manufacturerdata") {
        structure(0xFF, &[], &payload);
    }
    if data.is_empty() {
        return heard;
    }
    let rssi = web::member(value, &["rssi"]).and_then(|rssi| web::scaled(&rssi, 0)?.try_into().ok());
    let mut found = hear(&Advert { address: mac, data, rssi, gateway: None }, message.config, message.now);
    // An event of bytes alone says less than what the gateway made of them.
    found.events.retain(|event| {
        !event
            .readings
            .iter()
            .any(|reading| matches!(reading, Reading::Bytes { name, .. } if name == "advert"))
    });
    heard.issues.append(&mut found.issues);
    Heard { issues: heard.issues, ..found }
}

/// The UUID of the service data: 16 bits in hex, with `0x` or within the base UUID of Bluetooth.
fn uuid(value: &Value) -> Option<u16> {
    let text = web::member(value, &["servicedatauuid"])?.to_lowercase();
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    let digits = digits
        .strip_suffix("-0000-1000-8000-00805f9b34fb")
        .map_or(digits, |uuid| uuid.trim_start_matches("0000"));
    u16::from_str_radix(digits, 16).ok()
}

/// The gateway's own state.
fn of_gateway(value: &Value) -> Event {
    let mut event = Event::new(EventKind::Heartbeat);
    let mut said = String::new();
    for (name, member) in value.as_object().into_iter().flatten() {
        match (name.as_str(), web::text(member)) {
            ("version", Some(text)) => event.readings.push(Reading::Firmware(text.into())),
            ("rssi", Some(text)) => {
                let rssi = web::scaled(&text, 0).and_then(|rssi| i16::try_from(rssi).ok());
                event.readings.extend(rssi.map(Reading::Rssi));
            }
            ("uptime", Some(text)) => {
                let seconds = web::scaled(&text, 0);
                event
                    .readings
                    .extend(seconds.map(|value| Reading::Code { name: "running, s".into(), value }));
            }
            ("ip" | "mac" | "modules" | "board", Some(text)) => {
                let gap = if said.is_empty() { "" } else { ", " };
                // Writing to a String does not fail.
                let _written = write!(said, "{gap}{name} {text}");
            }
            _ => {}
        }
    }
    if !said.is_empty() {
        event.readings.push(Reading::Text(said.into()));
    }
    event
}
