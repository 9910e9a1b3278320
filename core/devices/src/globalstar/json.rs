//! The JSON of a re-seller: `entry.devices`, each with identity, coordinates and the flags of the payload in words.

use plomb_model::{DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading, Scheme, Signal};
use serde_json::Value;

use crate::Decoded;
use crate::web::{self, Message};

/// The body is accepted.
const ACCEPTED: &[u8] = b"{\"status\":\"ok\"}";

pub(super) fn decode(message: &Message<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let offset = message.request.body_offset;
    let root: Value = match serde_json::from_slice(message.request.body) {
        Ok(root) => root,
        Err(error) => {
            out.issue(Issue::new(offset, "no JSON", error));
            return None;
        }
    };
    let devices = root.get("entry").and_then(|entry| entry.get("devices")).and_then(Value::as_array);
    let Some(devices) = devices.filter(|devices| !devices.is_empty()) else {
        out.issue(Issue::new(offset, "no entry.devices", "nothing"));
        return None;
    };
    let mut sender = None;
    for value in devices {
        let Some(device) = one(value, offset, out) else { continue };
        let (device, mut event) = device;
        // One request has one report: what is about another device says so.
        event.peripheral = sender.filter(|sender| *sender != device).map(|_| device);
        sender = sender.or(Some(device));
        out.event(event);
    }
    if sender.is_some() {
        out.reply(ACCEPTED);
    }
    sender
}

fn one(value: &Value, offset: usize, out: &mut Decoded) -> Option<(DeviceId, Event)> {
    let named = web::object_at(value, &["deviceIdentify"]).unwrap_or(value);
    let esn = web::member(named, &["esn"]).unwrap_or_default();
    let device = web::device(Scheme::Globalstar, &esn, offset).map_err(|issue| out.issue(issue)).ok()?;
    let mut event = Event::new(EventKind::Status);
    event.occurred_at =
        web::member(named, &["unixTime"]).and_then(|time| web::instant(&time)).map(OccurredAt);
    let info = web::object_at(value, &["deviceInfo"]).unwrap_or(value);
    let says = |name: &str, word: &str| {
        web::member(info, &[name]).is_some_and(|found| found.eq_ignore_ascii_case(word))
    };
    let place = web::object_at(value, &["gpsCoordinate"]).unwrap_or(value);
    if let (Some(north), Some(east)) = (web::member(place, &["latitude"]), web::member(place, &["longitude"]))
    {
        let fix = if says("gpsDataValid", "Invalid") { Fix::Stale } else { Fix::Gnss };
        match web::in_place(&north, &east, fix, offset) {
            Ok(position) => {
                event.position = Some(position);
                event.kind = EventKind::Position;
            }
            Err(issue) => out.issue(issue),
        }
    }
    let low = says("diagnosticMessage", "Replace Battery") || says("batteryStatus", "Replace");
    event.signals = event
        .signals
        .with_if(low, Signal::LowBattery)
        .with_if(says("vibrationTriggered", "Yes"), Signal::Shock);
    let broken = says("gpsSystemOk", "Fault") || says("transmitterOk", "Fault");
    event.signals = event.signals.with_if(broken, Signal::DeviceFault);
    for (number, name) in [(1, "input1State"), (2, "input2State")] {
        if let Some(state) = web::member(info, &[name]) {
            event.readings.push(Reading::Input { number, on: state.eq_ignore_ascii_case("Closed") });
        }
    }
    if let Some(rest) = web::member(info, &["deviceAtRest"]).and_then(|rest| web::truth(&rest)) {
        event.readings.push(Reading::Motion(!rest));
    }
    Some((device, event))
}
