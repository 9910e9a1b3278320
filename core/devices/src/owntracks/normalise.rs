//! A message's members turned into our words.

use plomb_model::{
    CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Reading, Scheme,
    Signal,
};
use serde_json::Value;

use super::{topic, words};
use crate::Decoded;
use crate::web;

/// Metres an hour in a km/h, the unit of `vel`.
const KMH_M: i64 = 1000;

/// Trigger of a location that the command `reportLocation` asked for.
const ASKED_FOR: &str = "r";

/// Writes the event of a message, or what is wrong with it; returns whose it is.
pub(super) fn message(
    value: &Value,
    sender: Option<&str>,
    asked: &dyn Fn(&DeviceId) -> Option<CommandTicket>,
    offset: usize,
    out: &mut Decoded,
) -> Option<DeviceId> {
    let Some(kind) = web::member(value, &["_type"]) else {
        out.issue(Issue::new(offset, "no _type", "not a message of OwnTracks"));
        return None;
    };
    let device = identity(value, sender, offset, out)?;
    let event = match kind.as_ref() {
        "location" => {
            let mut event = located(value, EventKind::Position, offset, out);
            // It was asked for (trigger r): the answer to a locate.
            if web::member(value, &["t"]).as_deref() == Some(ASKED_FOR) {
                let outcome = CommandOutcome::Answered;
                event
                    .readings
                    .extend(asked(&device).map(|ticket| Reading::CommandResult { ticket, outcome }));
            }
            event
        }
        "transition" => transition(value, offset, out),
        "lwt" => said(EventKind::Status, "the broker has lost the client (last will)"),
        "waypoint" => said(EventKind::Message, &format!("waypoint {}", named(value))),
        "beacon" => beacon(value, offset, out),
        "steps" => steps(value, offset, out),
        "card" => {
            said(EventKind::Message, &format!("card {}", web::member(value, &["name"]).unwrap_or_default()))
        }
        "waypoints" | "status" | "configuration" | "dump" | "request" | "cmd" => {
            said(EventKind::Message, &kind)
        }
        "encrypted" => {
            out.issue(Issue::new(
                offset,
                "the payload is encrypted with libsodium, which is not supported",
                &kind,
            ));
            return Some(device);
        }
        other => {
            out.issue(Issue::new(offset, "no such _type", other));
            return Some(device);
        }
    };
    out.event(event);
    Some(device)
}

/// The topic in the message, the sender of the request, or the tracker's two letters.
fn identity(value: &Value, sender: Option<&str>, offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let topic = web::member(value, &["topic"]).map(|topic| topic::name(&topic));
    let name = topic
        .or_else(|| sender.map(ToOwned::to_owned))
        .or_else(|| Some(web::member(value, &["tid"])?.into()));
    let Some(name) = name else {
        out.issue(Issue::new(offset, "no device is named", "neither topic nor tid"));
        return None;
    };
    web::tracker(&name, offset).map_err(|issue| out.issue(issue)).ok()
}

fn said(kind: EventKind, text: &str) -> Event {
    let mut event = Event::new(kind);
    event.readings.push(Reading::Text(text.into()));
    event
}

fn named(value: &Value) -> String {
    web::member(value, &["desc", "rid"]).unwrap_or_default().into_owned()
}

fn time(value: &Value, offset: usize, out: &mut Decoded) -> Option<OccurredAt> {
    let text = web::member(value, &["tst"])?;
    let time = web::instant(&text).map(OccurredAt);
    if time.is_none() {
        out.issue(Issue::new(offset, "no time that can be read", text));
    }
    time
}

/// An event with time, place and all that a location may tell.
fn located(value: &Value, kind: EventKind, offset: usize, out: &mut Decoded) -> Event {
    let at = |name: &str| web::member(value, &[name]);
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = time(value, offset, out);
    match (at("lat"), at("lon")) {
        (Some(north), Some(east)) => match web::in_place(&north, &east, Fix::Gnss, offset) {
            Ok(mut position) => {
                position.speed = at("vel").and_then(|speed| web::speed(&speed, KMH_M));
                position.course = at("cog").and_then(|course| web::course(&course));
                position.altitude = at("alt").and_then(|altitude| web::metres(&altitude));
                event.position = Some(position);
                event.kind = kind;
            }
            Err(issue) => out.issue(issue),
        },
        _ => out.issue(Issue::new(offset, "no place", "lat or lon is missing")),
    }
    let accuracy = at("acc").and_then(|radius| web::metres(&radius)).filter(|radius| radius.0 >= 0);
    event.readings.extend(accuracy.map(Reading::Accuracy));
    words::readings(value, &mut event);
    event
}

/// A region was entered or left.
fn transition(value: &Value, offset: usize, out: &mut Decoded) -> Event {
    let mut event = located(value, EventKind::Position, offset, out);
    match web::member(value, &["event"]).as_deref() {
        Some("enter") => event.signals = event.signals.with(Signal::FenceEntered),
        Some("leave") => event.signals = event.signals.with(Signal::FenceLeft),
        other => out.issue(Issue::new(offset, "a transition is enter or leave", other.unwrap_or("nothing"))),
    }
    let region = named(value);
    if !region.is_empty() {
        event.readings.push(Reading::Text(format!("region {region}").into()));
    }
    event
}

fn steps(value: &Value, offset: usize, out: &mut Decoded) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = time(value, offset, out);
    let steps = web::member(value, &["steps"]).and_then(|steps| web::scaled(&steps, 0));
    event.readings.extend(steps.map(|value| Reading::Code { name: "steps".into(), value }));
    event
}

/// A beacon was heard: its identity and how strong.
fn beacon(value: &Value, offset: usize, out: &mut Decoded) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = time(value, offset, out);
    let at = |name: &str| web::member(value, &[name]).unwrap_or_default();
    let name = format!("{}-{}-{}", at("uuid").replace('-', ""), at("major"), at("minor"));
    match DeviceId::new(Scheme::Beacon, &name) {
        Ok(device) => {
            let strength = web::scaled(&at("rssi"), 0).and_then(|rssi| rssi.try_into().ok());
            let readings = strength.map(Reading::Rssi).into_iter().collect();
            event.readings.push(Reading::Peripheral { device, readings });
        }
        Err(error) => out.issue(Issue::new(offset, error.to_string(), name)),
    }
    event
}
