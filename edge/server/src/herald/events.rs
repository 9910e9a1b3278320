//! Steps and alarms as EPCIS events. `docs/event-vocabulary.md` has the table.

use plomb_model::{Alarm, AlarmKind, DeviceId, EntryId, Timestamp};
use plomb_movements::{Done, Movement};
use plomb_passive::identity::ContainerNumber;
use serde_json::{Map, Value, json};

/// The namespace of our own words.
const NAMESPACE: &str = "urn:plomb:epcis:";

/// The context that our events are read under.
pub(super) fn context() -> Value {
    json!({ "plomb": NAMESPACE })
}

/// What a step of a movement is told as: nothing for what concerns nobody else.
pub(super) fn of_step(movement: &Movement, done: &Done) -> Vec<Value> {
    let field = |name: &str| done.form.get(name).unwrap_or_default();
    let draft = Draft { movement, at: done.at.0, entry: done.entry };
    let declared = &movement.declaration;
    match &*done.step {
        "accept" => {
            let units = declared.units.iter().map(|unit| unit_uri(&unit.number)).collect::<Vec<_>>();
            vec![draft.event("TransactionEvent", "ADD", "accepting", &[("epcList", json!(units))])]
        }
        "arm" | "apply-seal" => {
            let seal = if field("device").is_empty() {
                seal_uri(field("number"))
            } else {
                device_uri(field("device"))
            };
            vec![draft.sealed(field("unit"), &seal, true)]
        }
        "reseal" => {
            let new =
                if field("device").is_empty() { seal_uri(field("new")) } else { device_uri(field("device")) };
            vec![
                draft.sealed(field("unit"), &seal_of(movement, field("old")), false),
                draft.sealed(field("unit"), &new, true),
            ]
        }
        "remove" => {
            let seal = movement.seals.iter().find(|seal| is_named(seal, field("seal")));
            let unit = seal.map(|seal| seal.unit.to_string()).unwrap_or_default();
            vec![draft.sealed(&unit, &seal_of(movement, field("seal")), false)]
        }
        "depart" => {
            vec![draft.seen("departing", Some("in_transit"), place_or(field("place"), &declared.departure))]
        }
        "arrive" => vec![draft.seen("arriving", None, place_or(field("place"), &declared.destination))],
        "intercept" => vec![draft.seen("holding", None, "")],
        "inspect" => {
            vec![draft.with("plomb:finding", json!(field("finding")), draft.seen("inspecting", None, ""))]
        }
        "incident" => {
            let event = draft.seen("holding", None, field("place"));
            let event = draft.with("plomb:incidentCode", json!(field("code")), event);
            vec![draft.with("plomb:incident", json!(field("text")), event)]
        }
        "hand-over" | "take-over" => {
            let party = json!([{ "type": "possessing_party", "destination": party_uri(field("partner")) }]);
            vec![draft.with("destinationList", party, draft.seen("entering_exiting", None, ""))]
        }
        "verify" => vec![draft.seen("inspecting", Some("completeness_verified"), "")],
        "discharge" => {
            let units = declared.units.iter().map(|unit| unit_uri(&unit.number)).collect::<Vec<_>>();
            vec![draft.event("TransactionEvent", "DELETE", "accepting", &[("epcList", json!(units))])]
        }
        _ => Vec::new(),
    }
}

/// What an alarm is told as: what the device reported, as an exception of a sensor.
pub(super) fn of_alarm(
    alarm: &Alarm,
    entry: EntryId,
    movement: Option<&Movement>,
    code: Option<&str>,
) -> Value {
    let device = device_uri(&alarm.device.to_string());
    let mut epcs = vec![device.clone()];
    let seal =
        movement.and_then(|movement| movement.seals.iter().find(|seal| seal.device == Some(alarm.device)));
    epcs.extend(seal.map(|seal| unit_uri(&seal.unit)));
    let at = alarm.occurred_at.0;
    let raw: Vec<Value> = alarm.causes.iter().take(1).map(|cause| json!(entry_uri(cause.entry))).collect();
    let mut metadata = json!({ "time": at.to_string(), "deviceID": device });
    if let (Some(raw), Some(fields)) = (raw.into_iter().next(), metadata.as_object_mut()) {
        fields.insert("rawData".to_owned(), raw);
    }
    let opened = matches!(alarm.kind, AlarmKind::SealCut | AlarmKind::UnauthorisedOpen | AlarmKind::CaseOpen);
    let mut event = json!({
        "type": "ObjectEvent",
        "eventTime": at.to_string(),
        "eventTimeZoneOffset": "+00:00",
        "action": "OBSERVE",
        "epcList": epcs,
        "bizStep": "sensor_reporting",
        "sensorElementList": [{
            "sensorMetadata": metadata,
            "sensorReport": [{
                "type": format!("{NAMESPACE}alarm:{}", alarm.kind.name()),
                "exception": "ALARM_CONDITION",
                "bizRules": format!("{NAMESPACE}rule:{}", alarm.kind.name()),
                "stringValue": &*alarm.detail,
                "booleanValue": true,
            }],
        }],
        "plomb:alarm": alarm.id.to_string(),
        "plomb:priority": alarm.priority.name(),
        "plomb:entry": entry_uri(entry),
    });
    if let Some(fields) = event.as_object_mut() {
        if opened {
            fields.insert("disposition".to_owned(), json!("container_open"));
        }
        if let Some(code) = code {
            fields.insert("plomb:nationalCode".to_owned(), json!(code));
        }
        if let Some(position) = &alarm.position {
            let point =
                format!("geo:{},{}", degrees(position.latitude.e7()), degrees(position.longitude.e7()));
            fields.insert("readPoint".to_owned(), json!({ "id": point }));
        }
        if let Some(movement) = movement {
            fields.insert("bizTransactionList".to_owned(), transactions(movement));
        }
    }
    event
}

/// What events of one step share.
struct Draft<'a> {
    movement: &'a Movement,
    at: Timestamp,
    entry: EntryId,
}

impl Draft<'_> {
    fn event(&self, kind: &str, action: &str, step: &str, fields: &[(&str, Value)]) -> Value {
        let mut event = Map::new();
        let common = [
            ("type", json!(kind)),
            ("eventTime", json!(self.at.to_string())),
            ("eventTimeZoneOffset", json!("+00:00")),
            ("action", json!(action)),
            ("bizStep", json!(step)),
            ("bizTransactionList", transactions(self.movement)),
            ("plomb:movement", json!(self.movement.id.to_string())),
            ("plomb:entry", json!(entry_uri(self.entry))),
        ];
        for (name, value) in common.iter().chain(fields) {
            event.insert((*name).to_owned(), value.clone());
        }
        Value::Object(event)
    }

    /// A seal put on a unit, or taken off.
    fn sealed(&self, unit: &str, seal: &str, on: bool) -> Value {
        let (action, step, disposition) = if on {
            ("ADD", "installing", "container_closed")
        } else {
            ("DELETE", "removing", "container_open")
        };
        let fields = [
            ("parentID", json!(unit_uri(unit))),
            ("childEPCs", json!([seal])),
            ("disposition", json!(disposition)),
        ];
        self.event("AssociationEvent", action, step, &fields)
    }

    /// The units and what seals them, seen somewhere.
    fn seen(&self, step: &str, disposition: Option<&str>, place: &str) -> Value {
        let units = self.movement.declaration.units.iter().map(|unit| unit_uri(&unit.number));
        let seals = self.movement.seals.iter().filter(|seal| {
            seal.set_at.0 <= self.at && seal.ended.as_ref().is_none_or(|(at, ..)| at.0 >= self.at)
        });
        let seals = seals
            .map(|seal| seal.device.map_or_else(|| seal_uri(&seal.number), |id| device_uri(&id.to_string())));
        let mut fields = vec![("epcList", json!(units.chain(seals).collect::<Vec<_>>()))];
        if let Some(disposition) = disposition {
            fields.push(("disposition", json!(disposition)));
        }
        if !place.is_empty() {
            fields.push(("bizLocation", json!({ "id": place_uri(place) })));
        }
        self.event("ObjectEvent", "OBSERVE", step, &fields)
    }

    fn with(&self, name: &str, value: Value, mut event: Value) -> Value {
        if let Some(fields) = event.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
        event
    }
}

fn transactions(movement: &Movement) -> Value {
    let declared = &movement.declaration;
    let (kind, number) =
        if declared.mrn.is_empty() { ("lrn", &declared.lrn) } else { ("mrn", &declared.mrn) };
    json!([{ "type": format!("{NAMESPACE}{kind}"), "bizTransaction": format!("urn:plomb:{kind}:{}", escaped(number)) }])
}

fn is_named(seal: &plomb_movements::Seal, name: &str) -> bool {
    &*seal.number == name || seal.device.is_some_and(|device| device.to_string() == name)
}

fn seal_of(movement: &Movement, name: &str) -> String {
    let seal = movement.seals.iter().find(|seal| is_named(seal, name));
    let device: Option<DeviceId> = seal.and_then(|seal| seal.device);
    device.map_or_else(|| seal_uri(name), |device| device_uri(&device.to_string()))
}

fn place_or<'a>(place: &'a str, otherwise: &'a str) -> &'a str {
    if place.is_empty() { otherwise } else { place }
}

/// A freight container by its URN; any other unit by one of ours.
fn unit_uri(number: &str) -> String {
    let container = ContainerNumber::parse(number);
    container.map_or_else(|_| format!("urn:plomb:unit:{}", escaped(number)), |container| container.urn())
}

fn seal_uri(number: &str) -> String {
    format!("urn:plomb:seal:{}", escaped(number))
}

fn device_uri(id: &str) -> String {
    format!("urn:plomb:device:{}", escaped(id))
}

fn place_uri(place: &str) -> String {
    format!("urn:plomb:place:{}", escaped(place))
}

fn party_uri(name: &str) -> String {
    format!("urn:plomb:party:{}", escaped(name))
}

fn entry_uri(entry: EntryId) -> String {
    format!("urn:plomb:entry:{}", entry.0)
}

/// A text as part of a URN: what may not stand in it as percent escapes.
fn escaped(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            write!(out, "%{byte:02X}").ok();
        }
    }
    if out.is_empty() { "unknown".to_owned() } else { out }
}

/// Units of 1e-7 degree as a decimal, without rounding.
fn degrees(e7: i32) -> String {
    let sign = if e7 < 0 { "-" } else { "" };
    let magnitude = e7.unsigned_abs();
    let text = format!("{sign}{}.{:07}", magnitude / 10_000_000, magnitude % 10_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
