//! Whether an event is as EPCIS 2.0 has it: the rules of its JSON binding (EPCIS 2.0, section 10; the published
//! EPCIS-JSON-Schema), written out.
//!
//! More is taken than the schema takes in one case: `persistentDisposition` in every type of event, as the XML schema and
//! section 7.4 have it.

use serde_json::{Map, Value};

use crate::fault::Faults;
use crate::time;
use crate::uri::{is_extension, is_uri};
use crate::vocabulary::Vocabulary;

/// Types of events of the standard.
pub const EVENT_TYPES: [&str; 5] =
    ["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent"];

/// What a document is written in: the XML schema leaves the type of a sensor's report open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Json,
    Xml,
}

/// Fields of every event.
const COMMON: [&str; 18] = [
    "@context",
    "type",
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "certificationInfo",
    "errorDeclaration",
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "sensorElementList",
    "action",
];

/// Fields of one type of event beside the common ones.
fn own_fields(kind: &str) -> &'static [&'static str] {
    match kind {
        "ObjectEvent" => &["epcList", "quantityList", "ilmd"],
        "AggregationEvent" | "AssociationEvent" => &["parentID", "childEPCs", "childQuantityList"],
        "TransactionEvent" => &["parentID", "epcList", "quantityList"],
        "TransformationEvent" => &[
            "inputEPCList",
            "inputQuantityList",
            "outputEPCList",
            "outputQuantityList",
            "transformationID",
            "ilmd",
        ],
        _ => &[],
    }
}

/// Checks an event.
pub(crate) fn event(event: &Value, binding: Binding, faults: &mut Faults) {
    let Some(fields) = event.as_object() else {
        return faults.note("an event must be an object");
    };
    let Some(kind) = fields.get("type").and_then(Value::as_str) else {
        return faults.note("an event must have a `type`, such as ObjectEvent");
    };
    timing(fields, faults);
    within(fields, "eventID", faults, uri);
    within(fields, "certificationInfo", faults, |value, faults| match value {
        Value::Array(_) => list(value, faults, uri),
        _ => uri(value, faults),
    });
    within(fields, "errorDeclaration", faults, error_declaration);
    if !EVENT_TYPES.contains(&kind) {
        if !is_uri(kind) {
            faults.within("type", |faults| {
                faults.note(format!(
                    "`{kind}` is no type of EPCIS 2.0 ({}), and no URI",
                    EVENT_TYPES.join(", ")
                ));
            });
        }
        return;
    }
    let own = own_fields(kind);
    for name in fields.keys() {
        let name = name.as_str();
        let known = COMMON.contains(&name) && !(name == "action" && kind == "TransformationEvent");
        if !known && !own.contains(&name) && !is_extension(name) {
            faults.within(name, |faults| {
                faults.note(format!("{kind} has no such field; extensions have a namespace"))
            });
        }
    }
    what_how_where(fields, binding, faults);
    of_type(kind, fields, faults);
}

fn timing(fields: &Map<String, Value>, faults: &mut Faults) {
    required(fields, "eventTime", faults, timestamp);
    required(fields, "eventTimeZoneOffset", faults, |value, faults| {
        if value.as_str().and_then(time::offset_min).is_none() {
            faults.note(format!("{value} is no offset from -14:00 to +14:00"));
        }
    });
    within(fields, "recordTime", faults, timestamp);
}

/// The fields that several types of events share.
fn what_how_where(fields: &Map<String, Value>, binding: Binding, faults: &mut Faults) {
    for name in ["parentID", "transformationID"] {
        within(fields, name, faults, uri);
    }
    for name in ["epcList", "inputEPCList", "outputEPCList", "childEPCs"] {
        within(fields, name, faults, |value, faults| {
            list(value, faults, uri);
            unique(value, faults);
        });
    }
    for name in ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"] {
        within(fields, name, faults, |value, faults| list(value, faults, quantity));
    }
    within(fields, "bizStep", faults, |value, faults| word(Vocabulary::BizStep, value, faults));
    within(fields, "disposition", faults, |value, faults| word(Vocabulary::Disposition, value, faults));
    within(fields, "persistentDisposition", faults, persistent_disposition);
    for name in ["readPoint", "bizLocation"] {
        within(fields, name, faults, |value, faults| match value.as_object() {
            Some(place) => required(place, "id", faults, uri),
            None => faults.note("it must be an object with an `id`"),
        });
    }
    within(fields, "bizTransactionList", faults, |value, faults| {
        list(value, faults, |item, faults| {
            typed(item, "bizTransaction", Vocabulary::BizTransactionType, false, faults);
        });
    });
    for (name, member) in [("sourceList", "source"), ("destinationList", "destination")] {
        within(fields, name, faults, |value, faults| {
            list(value, faults, |item, faults| typed(item, member, Vocabulary::SourceDestType, true, faults));
        });
    }
    within(fields, "sensorElementList", faults, |value, faults| {
        list(value, faults, |item, faults| sensor_element(item, binding, faults));
    });
    within(fields, "ilmd", faults, |value, faults| match value.as_object() {
        Some(members) => extensions(members, &[], faults),
        None => faults.note("it must be an object of extensions"),
    });
}

/// What a type of event needs.
fn of_type(kind: &str, fields: &Map<String, Value>, faults: &mut Faults) {
    let action = fields.get("action").and_then(Value::as_str);
    if kind != "TransformationEvent" {
        required(fields, "action", faults, |value, faults| {
            if !matches!(value.as_str(), Some("ADD" | "OBSERVE" | "DELETE")) {
                faults.note(format!("{value} is none of ADD, OBSERVE, DELETE"));
            }
        });
    }
    let has = |name: &str| fields.contains_key(name);
    let filled =
        |name: &str| fields.get(name).and_then(Value::as_array).is_some_and(|items| !items.is_empty());
    match kind {
        "ObjectEvent" => {
            let sensed = filled("sensorElementList") && has("readPoint");
            if !has("epcList") && !filled("quantityList") && !sensed {
                faults.note(
                    "it needs an `epcList`, a `quantityList`, or `sensorElementList` with a `readPoint`",
                );
            }
            if has("ilmd") && matches!(action, Some("OBSERVE" | "DELETE")) {
                faults.within("ilmd", |faults| faults.note("it may only come with the action ADD"));
            }
        }
        "AggregationEvent" | "AssociationEvent" => {
            if !filled("childEPCs") && !filled("childQuantityList") && action != Some("DELETE") {
                faults.note("it needs `childEPCs` or a `childQuantityList`, except to delete all");
            }
            if kind == "AssociationEvent" && !has("parentID") {
                faults.note("it needs a `parentID`");
            }
        }
        "TransactionEvent" => {
            if !filled("bizTransactionList") {
                faults.note("it needs a `bizTransactionList` with at least one transaction");
            }
            if !has("epcList") && !filled("quantityList") && action != Some("DELETE") {
                faults.note("it needs an `epcList` or a `quantityList`, except to delete all");
            }
        }
        _ => {
            let input = filled("inputEPCList") || filled("inputQuantityList");
            let output = filled("outputEPCList") || filled("outputQuantityList");
            if !(input && output) && !(has("transformationID") && (input || output)) {
                faults.note("it needs inputs and outputs, or one of them with a `transformationID`");
            }
        }
    }
}

fn sensor_element(value: &Value, binding: Binding, faults: &mut Faults) {
    const METADATA: [&str; 8] = [
        "time",
        "deviceID",
        "deviceMetadata",
        "rawData",
        "startTime",
        "endTime",
        "dataProcessingMethod",
        "bizRules",
    ];
    let Some(fields) = value.as_object() else { return faults.note("it must be an object") };
    extensions(fields, &["sensorMetadata", "sensorReport"], faults);
    within(fields, "sensorMetadata", faults, |value, faults| {
        let Some(fields) = value.as_object() else { return faults.note("it must be an object") };
        extensions(fields, &METADATA, faults);
        for name in METADATA {
            let is_time = matches!(name, "time" | "startTime" | "endTime");
            within(fields, name, faults, if is_time { timestamp } else { uri });
        }
    });
    required(fields, "sensorReport", faults, |value, faults| {
        if value.as_array().is_some_and(Vec::is_empty) {
            faults.note("it needs at least one report");
        }
        list(value, faults, |item, faults| sensor_report(item, binding, faults));
    });
}

fn sensor_report(value: &Value, binding: Binding, faults: &mut Faults) {
    const URIS: [&str; 8] = [
        "deviceID",
        "deviceMetadata",
        "rawData",
        "dataProcessingMethod",
        "microorganism",
        "chemicalSubstance",
        "coordinateReferenceSystem",
        "uriValue",
    ];
    const NUMBERS: [&str; 7] =
        ["value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue"];
    const OTHERS: [&str; 9] = [
        "type",
        "exception",
        "time",
        "component",
        "stringValue",
        "booleanValue",
        "hexBinaryValue",
        "uom",
        "bizRules",
    ];
    let Some(fields) = value.as_object() else { return faults.note("it must be an object") };
    for name in fields.keys() {
        let name = name.as_str();
        if !URIS.contains(&name) && !NUMBERS.contains(&name) && !OTHERS.contains(&name) && !is_extension(name)
        {
            faults.within(name, |faults| {
                faults.note("a report has no such field; extensions have a namespace")
            });
        }
    }
    if binding == Binding::Json && !fields.contains_key("type") {
        faults.note("it needs `type`");
    }
    within(fields, "type", faults, |value, faults| web_word(Vocabulary::Measurement, value, faults));
    within(fields, "exception", faults, |value, faults| web_word(Vocabulary::SensorAlert, value, faults));
    within(fields, "component", faults, |value, faults| word(Vocabulary::Component, value, faults));
    within(fields, "time", faults, timestamp);
    within(fields, "bizRules", faults, uri);
    URIS.iter().for_each(|name| within(fields, name, faults, uri));
    NUMBERS.iter().for_each(|name| within(fields, name, faults, number));
    within(fields, "stringValue", faults, string);
    within(fields, "uom", faults, string);
    within(fields, "booleanValue", faults, |value, faults| {
        if !value.is_boolean() {
            faults.note("it must be true or false");
        }
    });
    within(fields, "hexBinaryValue", faults, |value, faults| {
        let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !value.as_str().is_some_and(is_hex) {
            faults.note("it must be hexadecimal digits");
        }
    });
}

fn quantity(value: &Value, faults: &mut Faults) {
    let Some(fields) = value.as_object() else {
        return faults.note("it must be an object with an `epcClass`");
    };
    only(fields, &["epcClass", "quantity", "uom"], faults);
    required(fields, "epcClass", faults, uri);
    within(fields, "quantity", faults, number);
    within(fields, "uom", faults, |value, faults| {
        let is_code = |text: &str| {
            matches!(text.len(), 2..=3) && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        };
        if !value.as_str().is_some_and(is_code) {
            faults.note(format!(
                "{value} is no unit of UN/CEFACT recommendation 20: 2 or 3 capitals and digits"
            ));
        }
    });
}

fn persistent_disposition(value: &Value, faults: &mut Faults) {
    let Some(fields) = value.as_object() else {
        return faults.note("it must be an object with `set` or `unset`");
    };
    only(fields, &["set", "unset"], faults);
    if fields.is_empty() {
        faults.note("it needs `set` or `unset`");
    }
    for name in ["set", "unset"] {
        within(fields, name, faults, |value, faults| {
            if value.as_array().is_some_and(Vec::is_empty) {
                faults.note("it needs at least one disposition");
            }
            list(value, faults, |item, faults| word(Vocabulary::Disposition, item, faults));
            unique(value, faults);
        });
    }
}

fn error_declaration(value: &Value, faults: &mut Faults) {
    let Some(fields) = value.as_object() else { return faults.note("it must be an object") };
    extensions(fields, &["declarationTime", "reason", "correctiveEventIDs"], faults);
    required(fields, "declarationTime", faults, timestamp);
    within(fields, "reason", faults, |value, faults| word(Vocabulary::ErrorReason, value, faults));
    within(fields, "correctiveEventIDs", faults, |value, faults| list(value, faults, uri));
}

/// An object of a value and its type.
fn typed(value: &Value, member: &str, types: Vocabulary, needs_type: bool, faults: &mut Faults) {
    let Some(fields) = value.as_object() else {
        return faults.note(format!("it must be an object with `{member}`"));
    };
    only(fields, &["type", member], faults);
    required(fields, member, faults, uri);
    if needs_type && !fields.contains_key("type") {
        faults.note("it needs a `type`");
    }
    within(fields, "type", faults, |value, faults| word(types, value, faults));
}

fn within(
    fields: &Map<String, Value>,
    name: &str,
    faults: &mut Faults,
    check: impl FnOnce(&Value, &mut Faults),
) {
    if let Some(value) = fields.get(name) {
        faults.within(name, |faults| check(value, faults));
    }
}

fn required(
    fields: &Map<String, Value>,
    name: &str,
    faults: &mut Faults,
    check: impl FnOnce(&Value, &mut Faults),
) {
    match fields.get(name) {
        Some(value) => faults.within(name, |faults| check(value, faults)),
        None => faults.note(format!("it needs `{name}`")),
    }
}

fn only(fields: &Map<String, Value>, known: &[&str], faults: &mut Faults) {
    for name in fields.keys().filter(|name| !known.contains(&name.as_str())) {
        faults.within(name, |faults| faults.note(format!("no such field; there are {}", known.join(", "))));
    }
}

fn extensions(fields: &Map<String, Value>, known: &[&str], faults: &mut Faults) {
    for name in fields.keys().filter(|name| !known.contains(&name.as_str()) && !is_extension(name)) {
        faults.within(name, |faults| faults.note("no such field; extensions have a namespace"));
    }
}

fn list(value: &Value, faults: &mut Faults, mut check: impl FnMut(&Value, &mut Faults)) {
    let Some(items) = value.as_array() else { return faults.note("it must be a list") };
    for (place, item) in items.iter().enumerate() {
        faults.at(place, |faults| check(item, faults));
    }
}

fn unique(value: &Value, faults: &mut Faults) {
    let mut seen: Vec<&str> = value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    seen.sort_unstable();
    if let Some([twice, _]) = seen.array_windows().find(|[one, next]| one == next) {
        faults.note(format!("`{twice}` stands in it twice"));
    }
}

fn string(value: &Value, faults: &mut Faults) {
    if !value.is_string() {
        faults.note("it must be a string");
    }
}

fn number(value: &Value, faults: &mut Faults) {
    if !value.is_number() {
        faults.note(format!("{value} is no number"));
    }
}

fn uri(value: &Value, faults: &mut Faults) {
    if !value.as_str().is_some_and(is_uri) {
        faults.note(format!("{value} is no URI"));
    }
}

fn timestamp(value: &Value, faults: &mut Faults) {
    if value.as_str().and_then(time::parse_ms).is_none() {
        faults.note(format!("{value} is no timestamp with an offset, such as 2026-11-28T10:00:00Z"));
    }
}

/// A bare word of the vocabulary, or somebody else's URI.
fn word(vocabulary: Vocabulary, value: &Value, faults: &mut Faults) {
    let foreign = |text: &str| {
        is_uri(text)
            && !text.starts_with("urn:epcglobal:cbv")
            && !text.starts_with("https://ns.gs1.org/cbv/")
            && !text.starts_with("http://ns.gs1.org/cbv/")
    };
    match value.as_str() {
        Some(text) if vocabulary.words().contains(&text) || foreign(text) => {}
        _ => faults
            .note(format!("{value} is no word of the Core Business Vocabulary 2.0, and no URI of another")),
    }
}

/// A bare word of the GS1 Web Vocabulary, or somebody else's URI.
fn web_word(vocabulary: Vocabulary, value: &Value, faults: &mut Faults) {
    let foreign = |text: &str| {
        let gs1 = [
            "https://gs1.org/voc/",
            "http://gs1.org/voc/",
            "https://www.gs1.org/voc/",
            "http://www.gs1.org/voc/",
        ];
        is_uri(text) && !gs1.iter().any(|head| text.starts_with(head))
    };
    match value.as_str() {
        Some(text) if vocabulary.words().contains(&text) || foreign(text) => {}
        _ => faults.note(format!("{value} is no word of the GS1 Web Vocabulary, and no URI of another")),
    }
}
