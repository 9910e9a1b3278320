//! Conditions about extensions: which field, at which level, compared how.

use serde_json::{Map, Value};

use super::Comparison;
use crate::context::Namespaces;
use crate::document::Event;
use crate::time;

/// Deepest level that is looked into.
const DEPTH_MAX: usize = 32;

/// Where an extension stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Event,
    Ilmd,
    ErrorDeclaration,
    SensorElement,
    SensorMetadata,
    SensorReport,
    ReadPoint,
    BizLocation,
}

/// A condition about an extension.
#[derive(Clone, Debug)]
pub(super) struct ExtensionCondition {
    level: Level,
    /// Whether it may stand inside another.
    inner: bool,
    /// Its name as asked for.
    name: String,
    /// Its name as `{namespace}local`.
    expanded: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Exists,
    Compare(Comparison, Vec<String>),
}

impl ExtensionCondition {
    /// `EXISTS_...`; `None` when it names no extension.
    pub(super) fn exists(rest: &str, namespaces: &Namespaces) -> Option<Self> {
        Self::of(rest, namespaces, Test::Exists)
    }

    /// `EQ_...`, `GE_...` and so on; `None` when it names no extension.
    pub(super) fn compare(
        rest: &str,
        comparison: Comparison,
        values: Vec<String>,
        namespaces: &Namespaces,
    ) -> Option<Self> {
        Self::of(rest, namespaces, Test::Compare(comparison, values))
    }

    fn of(rest: &str, namespaces: &Namespaces, test: Test) -> Option<Self> {
        let (inner, rest) = rest.strip_prefix("INNER_").map_or((false, rest), |rest| (true, rest));
        let levels = [
            ("ILMD_", Level::Ilmd),
            ("ERROR_DECLARATION_", Level::ErrorDeclaration),
            ("SENSORELEMENT_", Level::SensorElement),
            ("SENSORMETADATA_", Level::SensorMetadata),
            ("SENSORREPORT_", Level::SensorReport),
            ("readPoint_", Level::ReadPoint),
            ("bizLocation_", Level::BizLocation),
        ];
        let found = levels.into_iter().find_map(|(head, level)| Some((level, rest.strip_prefix(head)?)));
        let (level, name) = found.unwrap_or((Level::Event, rest));
        if !crate::uri::is_extension(name) {
            return None;
        }
        Some(Self { level, inner, name: name.to_owned(), expanded: expand(name, namespaces), test })
    }

    /// Whether an event meets it.
    pub(super) fn holds(&self, event: &Event) -> bool {
        let fields = &event.fields;
        let place =
            |name: &str| fields.get(name).and_then(Value::as_object).is_some_and(|at| self.found(at, event));
        match self.level {
            Level::Event => self.found(fields, event),
            Level::Ilmd => place("ilmd"),
            Level::ErrorDeclaration => place("errorDeclaration"),
            Level::ReadPoint => place("readPoint"),
            Level::BizLocation => place("bizLocation"),
            Level::SensorElement => {
                event.objects("sensorElementList").any(|element| self.found(element, event))
            }
            Level::SensorMetadata => event.objects("sensorElementList").any(|element| {
                element
                    .get("sensorMetadata")
                    .and_then(Value::as_object)
                    .is_some_and(|at| self.found(at, event))
            }),
            Level::SensorReport => event.objects("sensorElementList").any(|element| {
                let reports = element.get("sensorReport").and_then(Value::as_array).into_iter().flatten();
                reports.filter_map(Value::as_object).any(|report| self.found(report, event))
            }),
        }
    }

    fn found(&self, fields: &Map<String, Value>, event: &Event) -> bool {
        let here = |fields: &Map<String, Value>| {
            fields.iter().any(|(name, value)| name.contains(':') && self.is(name, event) && self.test(value))
        };
        if !self.inner {
            return here(fields);
        }
        // Inner: at any depth below the first.
        let inside = fields.iter().filter(|(name, _)| name.contains(':'));
        inside.into_iter().any(|(_, value)| deep(value, DEPTH_MAX, &here))
    }

    fn is(&self, name: &str, event: &Event) -> bool {
        name == self.name || expand(name, &event.namespaces) == self.expanded
    }

    fn test(&self, value: &Value) -> bool {
        let Test::Compare(comparison, values) = &self.test else { return true };
        match value {
            Value::Array(items) => items.iter().any(|item| self.test(item)),
            Value::Object(members) => members.get("#text").is_some_and(|text| self.test(text)),
            one => values.iter().any(|asked| compare(*comparison, one, asked)),
        }
    }
}

fn deep(value: &Value, depth: usize, here: &impl Fn(&Map<String, Value>) -> bool) -> bool {
    match value {
        _ if depth == 0 => false,
        Value::Array(items) => items.iter().any(|item| deep(item, depth - 1, here)),
        Value::Object(members) => here(members) || members.values().any(|value| deep(value, depth - 1, here)),
        _ => false,
    }
}

fn expand(name: &str, namespaces: &Namespaces) -> String {
    let (namespace, local) = namespaces.expand(name);
    format!("{{{namespace}}}{local}")
}

/// Compares as numbers where both are, as times where both are, as texts where equality is asked for.
fn compare(comparison: Comparison, value: &Value, asked: &str) -> bool {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    if let (Ok(one), Ok(other)) = (text.parse::<f64>(), asked.parse::<f64>()) {
        return comparison.holds(one, other);
    }
    if let (Some(one), Some(other)) = (time::parse_ms(&text), time::parse_ms(asked)) {
        return comparison.holds(one, other);
    }
    comparison == Comparison::Equal && text == asked
}
