//! What an entry of the journal says, as JSON for people.

use plomb_evidence::{Action, Decided, Entry, Received};
use plomb_model::{Alarm, AlarmChange, DeviceId, EntryId, Event, Position, SealPart};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// What an entry says. The same for the same bytes, whoever asks.
#[must_use]
pub fn facts(id: EntryId, entry: &Entry) -> Value {
    let (what, mut facts) = match entry {
        Entry::Opened(opened) => (
            "opened",
            json!({"at": opened.at.0.to_string(), "connection": opened.connection.0, "peer": opened.peer,
                "protocol": opened.protocol.map(|protocol| protocol.name())}),
        ),
        Entry::Received(received) => ("report", report(received)),
        Entry::Closed(closed) => (
            "closed",
            json!({"at": closed.at.0.to_string(), "connection": closed.connection.0, "reason": closed.reason}),
        ),
        Entry::Operated(operated) => {
            let (what, mut facts) = action(&operated.action);
            insert(&mut facts, "at", json!(operated.at.0.to_string()));
            insert(&mut facts, "by", json!(operated.by));
            (what, facts)
        }
        Entry::Clocked(at) => ("clock", json!({"at": at.0.to_string()})),
        Entry::Decided(decided) => ("decision", decision(decided)),
        Entry::Configured(configured) => {
            let settings = configured.settings.iter();
            let settings: Map<String, Value> =
                settings.map(|(name, value)| (name.to_string(), json!(value))).collect();
            ("settings", json!({"at": configured.at.0.to_string(), "settings": settings}))
        }
        Entry::Sent(sent) => (
            "command-sent",
            json!({"at": sent.at.0.to_string(), "device": sent.device.to_string(), "command": sent.ticket.0,
                "order": sent.order.kind().name()}),
        ),
        Entry::Dispatched(dispatched) => {
            ("command-dispatched", json!({"at": dispatched.at.0.to_string(), "command": dispatched.ticket.0}))
        }
    };
    insert(&mut facts, "entry", json!(id.0));
    insert(&mut facts, "what", json!(what));
    facts
}

fn insert(facts: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = facts {
        members.insert(name.to_owned(), value);
    }
}

fn text(device: Option<DeviceId>) -> Option<String> {
    device.map(|device| device.to_string())
}

fn report(received: &Received) -> Value {
    let hash: String = Sha256::digest(&received.frame).iter().map(|byte| format!("{byte:02x}")).collect();
    json!({
        "at": received.at.0.to_string(),
        "device": text(received.device),
        "protocol": received.protocol.name(),
        "connection": received.connection.0,
        "frame_bytes": received.frame.len(),
        "frame_sha256": hash,
        "issues": received.issues.len(),
        "events": received.events.iter().map(event).collect::<Vec<_>>(),
    })
}

fn event(event: &Event) -> Value {
    let seal: Map<String, Value> = SealPart::ALL
        .into_iter()
        .filter_map(|part| Some((part.name().to_owned(), json!(event.seal.part(part)?))))
        .collect();
    let signals: Vec<&str> = event.signals.iter().map(plomb_model::Signal::name).collect();
    json!({
        "kind": event.kind.name(),
        "occurred_at": event.occurred_at.map(|at| at.0.to_string()),
        "delivery": event.delivery.name(),
        "peripheral": text(event.peripheral),
        "position": event.position.as_ref().map(position),
        "seal": seal,
        "signals": signals,
        "identity": event.trust.identity.name(),
        "evidence": event.trust.seal.name(),
    })
}

fn position(position: &Position) -> Value {
    json!({
        "latitude": position.latitude.degrees(),
        "longitude": position.longitude.degrees(),
        "fix": position.fix.name(),
    })
}

fn decision(decided: &Decided) -> Value {
    let alarms: Vec<Value> =
        decided.alarms.iter().map(|(change, alarm)| alarm_facts(*change, alarm)).collect();
    let commands = decided.commands.iter();
    let commands: Vec<Value> = commands
        .map(|change| json!({"command": change.ticket.0, "state": change.state.name(), "detail": change.detail}))
        .collect();
    json!({"about": decided.about.0, "alarms": alarms, "commands": commands})
}

fn alarm_facts(change: AlarmChange, alarm: &Alarm) -> Value {
    json!({
        "change": change.name(),
        "alarm": alarm.id.0,
        "kind": alarm.kind.name(),
        "priority": alarm.priority.name(),
        "device": alarm.device.to_string(),
        "occurred_at": alarm.occurred_at.0.to_string(),
        "raised_at": alarm.raised_at.0.to_string(),
        "detail": alarm.detail,
        "causes": alarm.causes.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn fields(fields: &[(Box<str>, Box<str>)]) -> Value {
    Value::Object(fields.iter().map(|(name, value)| (name.to_string(), json!(value))).collect())
}

fn action(action: &Action) -> (&'static str, Value) {
    match action {
        Action::Acknowledge { alarm, reason, note } => {
            ("acknowledgement", json!({"alarm": alarm.0, "reason": reason, "note": note}))
        }
        Action::SetStanding { device, standing, reason } => {
            ("standing", json!({"device": device.to_string(), "standing": standing.name(), "reason": reason}))
        }
        Action::Expect { device, gate, by } => (
            "expectation",
            json!({"device": device.to_string(), "gate": gate.to_string(), "by_time": by.to_string()}),
        ),
        Action::PlaceGate { gate, place } => {
            ("gate", json!({"gate": gate.to_string(), "position": place.as_ref().map(position)}))
        }
        Action::Step { movement, step, fields: form } => {
            ("step", json!({"movement": movement.0, "step": step, "fields": fields(form)}))
        }
        Action::Case { case, step, fields: form } => {
            ("case-step", json!({"case": case.0, "step": step, "fields": fields(form)}))
        }
        Action::Rules { change, step, fields: form } => {
            ("rules", json!({"change": change, "step": step, "fields": fields(form)}))
        }
        Action::Draw { place, feature } => ("place", json!({"place": place, "feature": feature})),
        Action::Order { ticket, device, order, .. } => (
            "order",
            json!({"command": ticket.0, "device": device.to_string(), "order": order.kind().name()}),
        ),
        Action::Authorise { ticket } => ("authorisation", json!({"command": ticket.0})),
        Action::Refuse { ticket, reason } => ("refusal", json!({"command": ticket.0, "reason": reason})),
        Action::Cancel { ticket } => ("cancellation", json!({"command": ticket.0})),
    }
}
