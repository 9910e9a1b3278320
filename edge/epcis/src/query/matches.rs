//! Whether an event meets a query.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Condition, Query, Things, units};
use crate::document::{Event, VocabularyElement};
use crate::id::{Pattern, canonical};
use crate::time;

/// Deepest that places lie in places.
const PLACES_DEEP_MAX: usize = 32;

/// Master data that queries ask about: attributes of things and places, and what lies in what.
#[derive(Clone, Debug, Default)]
pub struct MasterData {
    elements: BTreeMap<String, Vec<(String, Value)>>,
    parents: BTreeMap<String, Vec<String>>,
}

impl MasterData {
    /// Takes in an element; attributes of the same name are replaced.
    pub fn add(&mut self, element: &VocabularyElement) {
        let id = canonical(&element.id);
        let known = self.elements.entry(id.clone()).or_default();
        for (name, value) in &element.attributes {
            known.retain(|(other, _)| other != name);
            known.push((name.clone(), value.clone()));
        }
        for child in &element.children {
            let parents = self.parents.entry(canonical(child)).or_default();
            if !parents.contains(&id) {
                parents.push(id.clone());
            }
        }
    }

    /// Whether a place is one of these, or lies in one.
    fn lies_in(&self, place: &str, ids: &[String], depth: usize) -> bool {
        if ids.iter().any(|id| id == place) {
            return true;
        }
        let parents = self.parents.get(place).into_iter().flatten();
        depth > 0 && parents.into_iter().any(|parent| self.lies_in(parent, ids, depth - 1))
    }

    fn attributes(&self, id: &str) -> &[(String, Value)] {
        self.elements.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Texts of some lists of an event, each as written and canonical.
pub(crate) fn canonical_texts<'a>(event: &'a Event, lists: &[&str]) -> Vec<(&'a str, String)> {
    lists.iter().flat_map(|list| event.texts(list)).map(|text| (text, canonical(text))).collect()
}

/// Classes of some lists of quantities.
fn classes<'a>(event: &'a Event, lists: &[&str]) -> Vec<(&'a str, String)> {
    let quantities = lists.iter().flat_map(|list| event.objects(list));
    let classes = quantities.filter_map(|quantity| quantity.get("epcClass")?.as_str());
    classes.map(|class| (class, canonical(class))).collect()
}

impl Query {
    /// Whether an event that was recorded then meets every condition.
    #[must_use]
    pub fn matches(&self, event: &Event, record_ms: i64, master: &MasterData) -> bool {
        self.conditions.iter().all(|condition| condition.holds(event, record_ms, master))
    }
}

impl Condition {
    fn holds(&self, event: &Event, record_ms: i64, master: &MasterData) -> bool {
        match self {
            Self::Kind(kinds) => kinds.iter().any(|kind| kind == event.kind()),
            Self::EventTime(comparison, ms) => {
                event.time_ms("eventTime").is_some_and(|at| comparison.holds(at, *ms))
            }
            Self::RecordTime(comparison, ms) => comparison.holds(record_ms, *ms),
            Self::Text(field, values) => event
                .text(field)
                .is_some_and(|text| values.iter().any(|v| v == text || *v == canonical(text))),
            Self::Word(field, words) => {
                event.text(field).is_some_and(|word| words.iter().any(|one| one == word))
            }
            Self::Persistent(list, words) => {
                let set = event.fields.get("persistentDisposition").and_then(|value| value.get(list));
                any_text(set, words)
            }
            Self::Place { field, ids, descendants } => event.id_of(field).map(canonical).is_some_and(|id| {
                if *descendants { master.lies_in(&id, ids, PLACES_DEEP_MAX) } else { ids.contains(&id) }
            }),
            Self::Typed { list, member, kind, values } => event.objects(list).any(|item| {
                let value = item.get(*member).and_then(Value::as_str).map(canonical);
                let of_kind = item.get("type").and_then(Value::as_str) == Some(kind.as_str());
                of_kind && value.is_some_and(|value| values.contains(&value))
            }),
            Self::Things(things, patterns) => things.hold(event, patterns),
            Self::Quantity(comparison, asked) => quantities(event)
                .any(|item| number(item, "quantity").is_some_and(|one| comparison.holds(one, *asked))),
            Self::QuantityOf(unit, comparison, asked) => quantities(event).any(|item| {
                let value = converted(item, "quantity", Some(unit));
                value.is_some_and(|value| comparison.holds(value, *asked))
            }),
            Self::Exists(field) => event.fields.contains_key(*field),
            Self::Sensed => event.objects("sensorElementList").next().is_some(),
            Self::DeclaredAt(comparison, ms) => {
                let at = event.fields.get("errorDeclaration").and_then(|value| value.get("declarationTime"));
                at.and_then(Value::as_str)
                    .and_then(time::parse_ms)
                    .is_some_and(|at| comparison.holds(at, *ms))
            }
            Self::DeclaredFor(words) => {
                let reason = event.fields.get("errorDeclaration").and_then(|value| value.get("reason"));
                reason.and_then(Value::as_str).is_some_and(|reason| words.iter().any(|word| word == reason))
            }
            Self::CorrectedBy(ids) => any_text(
                event.fields.get("errorDeclaration").and_then(|value| value.get("correctiveEventIDs")),
                ids,
            ),
            Self::Extension(condition) => condition.holds(event),
            Self::HasAttribute { field, names } => values_of(event, field)
                .iter()
                .any(|id| master.attributes(id).iter().any(|(name, _)| names.contains(name))),
            Self::Attribute { field, name, values } => values_of(event, field).iter().any(|id| {
                let known = master.attributes(id).iter().filter(|(known, _)| known == name);
                known.filter_map(|(_, value)| value.as_str()).any(|text| values.iter().any(|one| one == text))
            }),
            Self::SensorTime(..) | Self::SensorText(..) | Self::SensorNumber { .. } => self.sensed(event),
        }
    }

    /// Conditions about sensors.
    fn sensed(&self, event: &Event) -> bool {
        event.objects("sensorElementList").any(|element| {
            let metadata = element.get("sensorMetadata").and_then(Value::as_object);
            let reports = element.get("sensorReport").and_then(Value::as_array).into_iter().flatten();
            let mut both = metadata.into_iter().chain(reports.filter_map(Value::as_object));
            both.any(|fields| self.sensor_field(fields))
        })
    }

    fn sensor_field(&self, fields: &Map<String, Value>) -> bool {
        match self {
            Self::SensorTime(field, comparison, ms) => {
                let at = fields.get(*field).and_then(Value::as_str).and_then(time::parse_ms);
                at.is_some_and(|at| comparison.holds(at, *ms))
            }
            Self::SensorText(field, values) => fields.get(*field).is_some_and(|value| {
                let text = value.as_str().map_or_else(|| value.to_string(), canonical);
                if *field == "time" {
                    let at = time::parse_ms(&text);
                    return values.iter().any(|value| time::parse_ms(value) == at);
                }
                values.contains(&text)
            }),
            Self::SensorNumber { field, unit, comparison, value } => {
                converted(fields, field, unit.as_deref()).is_some_and(|one| comparison.holds(one, *value))
            }
            _ => false,
        }
    }
}

impl Things {
    fn hold(self, event: &Event, patterns: &[Pattern]) -> bool {
        let parent = || event.text("parentID").map(|id| (id, canonical(id)));
        let lists: &[&str] = match self {
            Self::Epcs => &["epcList", "childEPCs"],
            Self::Parents => &[],
            Self::Inputs => &["inputEPCList"],
            Self::Outputs => &["outputEPCList"],
            Self::Any => &["epcList", "childEPCs", "inputEPCList", "outputEPCList"],
            Self::Classes => &["quantityList", "childQuantityList"],
            Self::InputClasses => &["inputQuantityList"],
            Self::OutputClasses => &["outputQuantityList"],
            Self::AnyClass => {
                &["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"]
            }
        };
        let mut found = match self {
            Self::Classes | Self::InputClasses | Self::OutputClasses | Self::AnyClass => {
                classes(event, lists)
            }
            _ => canonical_texts(event, lists),
        };
        if matches!(self, Self::Parents | Self::Any) {
            found.extend(parent());
        }
        found
            .iter()
            .any(|(written, canonical)| patterns.iter().any(|pattern| pattern.matches(written, canonical)))
    }
}

fn any_text(list: Option<&Value>, texts: &[String]) -> bool {
    let items = list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    items.into_iter().any(|item| texts.iter().any(|text| text == item))
}

fn quantities(event: &Event) -> impl Iterator<Item = &Map<String, Value>> {
    ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"]
        .into_iter()
        .flat_map(|list| event.objects(list))
}

fn number(fields: &Map<String, Value>, name: &str) -> Option<f64> {
    fields.get(name)?.as_f64()
}

/// A number in the unit that is asked for.
fn converted(fields: &Map<String, Value>, name: &str, unit: Option<&str>) -> Option<f64> {
    let value = number(fields, name)?;
    let Some(unit) = unit else { return Some(value) };
    units::convert(value, fields.get("uom")?.as_str()?, unit, name == "sDev")
}

/// Identifiers in a field of an event, canonical, for master data.
fn values_of(event: &Event, field: &str) -> Vec<String> {
    match event.fields.get(field) {
        Some(Value::String(text)) => vec![canonical(text)],
        Some(Value::Object(place)) => {
            place.get("id").and_then(Value::as_str).map(canonical).into_iter().collect()
        }
        Some(Value::Array(items)) => {
            let text = |item: &Value| {
                let inner = ["epcClass", "source", "destination", "bizTransaction"];
                let text = item.as_str().or_else(|| inner.iter().find_map(|name| item.get(name)?.as_str()));
                text.map(canonical)
            };
            items.iter().filter_map(text).collect()
        }
        _ => Vec::new(),
    }
}
