//! What a trip report says, and on which entries it rests.

use std::collections::BTreeSet;

use plomb_model::{AlarmId, DeviceId, EntryId, ReceivedAt, Timestamp};
use plomb_movements::Movement;
use plomb_rules::State;
use serde_json::{Map, Value, json};

use super::{AlarmView, CaseView, MovementView};

/// How long before a device was set on a unit, and after it was taken off, its events still belong to the trip,
/// seconds: clocks differ, and the report that a seal was opened comes after it was taken off.
const MARGIN_S: i64 = 600;

/// Names of a movement's summary that repeat what is declared.
const DECLARED: [&str; 3] = ["declaration", "holder", "carrier"];

/// A trip report before it is proved and signed.
pub(crate) struct TripView {
    /// What is said.
    pub(crate) statement: Map<String, Value>,
    /// What is declared, by field: each may be withheld.
    pub(crate) fields: Vec<(String, Value)>,
    /// The entries of steps of the movement and of its cases.
    pub(crate) entries: BTreeSet<EntryId>,
    /// The devices that were on it, from when to when.
    pub(crate) devices: Vec<(DeviceId, Timestamp, Timestamp)>,
}

impl TripView {
    pub(crate) fn new(state: &State, movement: &Movement, now: ReceivedAt, by: &str) -> Self {
        let view = json!(MovementView::new(state, movement));
        let Value::Object(mut said) = view else { return Self::empty() };
        let declared = said.get("declaration").cloned().unwrap_or_default();
        DECLARED.iter().for_each(|name| drop(said.remove(*name)));
        // The fields of steps are in their entries, where they can be withheld.
        for step in said.get_mut("history").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(step) = step {
                step.remove("fields");
            }
        }
        let devices: Vec<(DeviceId, Timestamp, Timestamp)> = movement
            .seals
            .iter()
            .filter_map(|seal| {
                let ended = seal.ended.as_ref().map_or(now, |(at, ..)| *at);
                Some((seal.device?, seal.set_at.0.plus_secs(-MARGIN_S), ended.0.plus_secs(MARGIN_S)))
            })
            .collect();
        let cases: Vec<_> = state.cases.of_movement(movement.id).collect();
        let alarms: BTreeSet<AlarmId> = cases.iter().flat_map(|case| case.alarms.iter().copied()).collect();
        let steps = movement.history.iter().map(|done| done.entry);
        let entries = steps.chain(cases.iter().flat_map(|case| case.history.iter().map(|done| done.entry)));
        let route = state.places.get(&movement.declaration.route);
        let statement = json!({
            "issued_at": now.0.to_string(),
            "issued_by": by,
            "movement": said,
            "alarms": alarms.iter().filter_map(|id| state.alarms.get(*id)).map(AlarmView::new).collect::<Vec<_>>(),
            "cases": cases.iter().map(|case| CaseView::new(state, case)).collect::<Vec<_>>(),
            "route": route.map(plomb_places::Place::feature),
        });
        let Value::Object(statement) = statement else { return Self::empty() };
        let fields = match declared {
            Value::Object(fields) => fields.into_iter().collect(),
            _ => Vec::new(),
        };
        Self { statement, fields, entries: entries.collect(), devices }
    }

    fn empty() -> Self {
        Self { statement: Map::new(), fields: Vec::new(), entries: BTreeSet::new(), devices: Vec::new() }
    }
}
