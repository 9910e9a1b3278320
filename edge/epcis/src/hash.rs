//! The event hash: one identifier for one event, however it is written (CBV 2.0, section 8.9.2).
//!
//! Where the text of the standard and the published reference vectors differ, the vectors are followed: transactions,
//! destinations and sources come last of the standard fields, in this order and each with its type before its value;
//! `bizRules` of a report stands among them; `certificationInfo` stands behind the offset.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::context::Namespaces;
use crate::document::Event;
use crate::id::canonical;
use crate::time;
use crate::vocabulary::Vocabulary;

/// Version of the algorithm, as the hash names it.
const VERSION: &str = "CBV2.0";
/// Comments say nothing of what happened.
const COMMENT: &str = "{http://www.w3.org/2000/01/rdf-schema#}comment";

/// The event's hash as a `ni` URI (RFC 6920): `ni:///sha-256;HEX?ver=CBV2.0`. Extensions named in `ignored` (as
/// `{namespace}local`) do not count.
#[must_use]
pub fn event_hash(event: &Event, ignored: &[String]) -> String {
    use std::fmt::Write;
    let mut uri = "ni:///sha-256;".to_owned();
    for byte in Sha256::digest(pre_hash(event, ignored).as_bytes()) {
        // Writing to a string cannot fail.
        write!(uri, "{byte:02x}").ok();
    }
    uri.push_str("?ver=");
    uri.push_str(VERSION);
    uri
}

/// The text that is hashed.
#[must_use]
pub fn pre_hash(event: &Event, ignored: &[String]) -> String {
    let writer = Writer { namespaces: &event.namespaces, ignored };
    let fields = &event.fields;
    let mut text = String::with_capacity(512);
    text.push_str("eventType=");
    text.push_str(event.kind());
    writer.time(&mut text, fields, "eventTime");
    writer.value(&mut text, fields, "eventTimeZoneOffset");
    writer.values(&mut text, fields, "certificationInfo");
    writer.epcs(&mut text, fields, "epcList");
    writer.value(&mut text, fields, "parentID");
    writer.epcs(&mut text, fields, "inputEPCList");
    writer.epcs(&mut text, fields, "childEPCs");
    for name in ["quantityList", "childQuantityList", "inputQuantityList"] {
        writer.quantities(&mut text, fields, name);
    }
    writer.epcs(&mut text, fields, "outputEPCList");
    writer.quantities(&mut text, fields, "outputQuantityList");
    writer.value(&mut text, fields, "action");
    writer.value(&mut text, fields, "transformationID");
    writer.word(&mut text, fields, "bizStep", Vocabulary::BizStep);
    writer.word(&mut text, fields, "disposition", Vocabulary::Disposition);
    writer.persistent_disposition(&mut text, fields);
    for name in ["readPoint", "bizLocation"] {
        if let Some(place) = fields.get(name).and_then(Value::as_object) {
            text.push_str(name);
            writer.value(&mut text, place, "id");
            writer.extensions(&mut text, place);
        }
    }
    writer.sensors(&mut text, fields);
    if let Some(ilmd) = fields.get("ilmd").and_then(Value::as_object) {
        text.push_str("ilmd");
        writer.extensions(&mut text, ilmd);
    }
    writer.typed(&mut text, fields, "bizTransactionList", "bizTransaction", Vocabulary::BizTransactionType);
    writer.typed(&mut text, fields, "destinationList", "destination", Vocabulary::SourceDestType);
    writer.rules(&mut text, fields);
    writer.typed(&mut text, fields, "sourceList", "source", Vocabulary::SourceDestType);
    writer.extensions(&mut text, fields);
    text
}

struct Writer<'a> {
    namespaces: &'a Namespaces,
    ignored: &'a [String],
}

impl Writer<'_> {
    fn value(&self, text: &mut String, fields: &Map<String, Value>, name: &str) {
        if let Some(value) = fields.get(name).and_then(scalar) {
            text.push_str(&format!("{name}={value}"));
        }
    }

    /// One value or a list of them.
    fn values(&self, text: &mut String, fields: &Map<String, Value>, name: &str) {
        match fields.get(name) {
            Some(Value::Array(items)) => {
                let items = items.iter().filter_map(scalar).map(|value| format!("{name}={value}"));
                push_sorted(text, items.collect());
            }
            _ => self.value(text, fields, name),
        }
    }

    fn time(&self, text: &mut String, fields: &Map<String, Value>, name: &str) {
        if let Some(ms) = fields.get(name).and_then(Value::as_str).and_then(time::parse_ms) {
            text.push_str(&format!("{name}={}", time::format_ms(ms)));
        }
    }

    fn epcs(&self, text: &mut String, fields: &Map<String, Value>, name: &str) {
        let items = fields.get(name).and_then(Value::as_array).into_iter().flatten();
        push_list(text, name, items.filter_map(scalar).map(|epc| format!("epc={epc}")).collect());
    }

    fn quantities(&self, text: &mut String, fields: &Map<String, Value>, name: &str) {
        let items = fields.get(name).and_then(Value::as_array).into_iter().flatten();
        let write = |item: &Map<String, Value>| {
            let mut text = "quantityElement".to_owned();
            ["epcClass", "quantity", "uom"].iter().for_each(|name| self.value(&mut text, item, name));
            text
        };
        push_list(text, name, items.filter_map(Value::as_object).map(write).collect());
    }

    fn word(&self, text: &mut String, fields: &Map<String, Value>, name: &str, vocabulary: Vocabulary) {
        if let Some(word) = fields.get(name).and_then(Value::as_str) {
            text.push_str(&format!("{name}={}", self.web(word, vocabulary)));
        }
    }

    /// A standard word as its web URI; anything else as it is, compact URIs in full.
    fn web(&self, word: &str, vocabulary: Vocabulary) -> String {
        if let Some(uri) = vocabulary.bare(word).and_then(|bare| vocabulary.web_uri(bare)) {
            return uri;
        }
        // Compact URIs of GS1 are written in full; those of others stay, as the vectors have them.
        let gs1 = [("gs1:", "https://gs1.org/voc/"), ("cbv:", "https://ref.gs1.org/cbv/")];
        let full = gs1.iter().find_map(|(prefix, uri)| Some(format!("{uri}{}", word.strip_prefix(prefix)?)));
        full.unwrap_or_else(|| canonical(word))
    }

    fn persistent_disposition(&self, text: &mut String, fields: &Map<String, Value>) {
        let Some(disposition) = fields.get("persistentDisposition") else { return };
        text.push_str("persistentDisposition");
        for name in ["set", "unset"] {
            let words = disposition.get(name).and_then(Value::as_array).into_iter().flatten();
            let words = words.filter_map(Value::as_str);
            push_sorted(
                text,
                words.map(|word| format!("{name}={}", self.web(word, Vocabulary::Disposition))).collect(),
            );
        }
    }

    fn typed(
        &self,
        text: &mut String,
        fields: &Map<String, Value>,
        list: &str,
        member: &str,
        types: Vocabulary,
    ) {
        let items = fields.get(list).and_then(Value::as_array).into_iter().flatten();
        let write = |item: &Map<String, Value>| {
            let mut text = String::new();
            self.word(&mut text, item, "type", types);
            self.value(&mut text, item, member);
            text
        };
        push_list(text, list, items.filter_map(Value::as_object).map(write).collect());
    }

    fn sensors(&self, text: &mut String, fields: &Map<String, Value>) {
        let elements = fields.get("sensorElementList").and_then(Value::as_array).into_iter().flatten();
        push_list(
            text,
            "sensorElementList",
            elements.filter_map(Value::as_object).map(|element| self.sensor_element(element)).collect(),
        );
    }

    /// The rules that reports name.
    fn rules(&self, text: &mut String, fields: &Map<String, Value>) {
        let elements = fields.get("sensorElementList").and_then(Value::as_array).into_iter().flatten();
        let mut items = Vec::new();
        for element in elements {
            let reports = element.get("sensorReport").and_then(Value::as_array).into_iter().flatten();
            let rules = reports.filter_map(|report| scalar(report.get("bizRules")?));
            let rules: Vec<String> = rules.map(|rule| format!("sensorReportbizRules={rule}")).collect();
            if !rules.is_empty() {
                let mut item = "sensorElement".to_owned();
                push_sorted(&mut item, rules);
                items.push(item);
            }
        }
        push_list(text, "sensorElementList", items);
    }

    fn sensor_element(&self, element: &Map<String, Value>) -> String {
        let mut text = "sensorElement".to_owned();
        if let Some(metadata) = element.get("sensorMetadata").and_then(Value::as_object) {
            text.push_str("sensorMetadata");
            ["time", "startTime", "endTime"].iter().for_each(|name| self.time(&mut text, metadata, name));
            for name in ["deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules"] {
                self.value(&mut text, metadata, name);
            }
            self.extensions(&mut text, metadata);
        }
        let reports = element.get("sensorReport").and_then(Value::as_array).into_iter().flatten();
        push_sorted(
            &mut text,
            reports.filter_map(Value::as_object).map(|report| self.sensor_report(report)).collect(),
        );
        self.extensions(&mut text, element);
        text
    }

    fn sensor_report(&self, report: &Map<String, Value>) -> String {
        let mut text = "sensorReport".to_owned();
        self.word(&mut text, report, "type", Vocabulary::Measurement);
        self.word(&mut text, report, "exception", Vocabulary::SensorAlert);
        for name in ["deviceID", "deviceMetadata", "rawData", "dataProcessingMethod"] {
            self.value(&mut text, report, name);
        }
        self.time(&mut text, report, "time");
        for name in ["microorganism", "chemicalSubstance", "value"] {
            self.value(&mut text, report, name);
        }
        self.word(&mut text, report, "component", Vocabulary::Component);
        for name in [
            "stringValue",
            "booleanValue",
            "hexBinaryValue",
            "uriValue",
            "minValue",
            "maxValue",
            "meanValue",
            "sDev",
            "percRank",
            "percValue",
            "uom",
            "coordinateReferenceSystem",
        ] {
            self.value(&mut text, report, name);
        }
        self.extensions(&mut text, report);
        text
    }

    /// The fields that have a namespace.
    fn extensions(&self, text: &mut String, fields: &Map<String, Value>) {
        let mut items = Vec::new();
        for (name, value) in fields {
            if name.contains(':') {
                self.extension(name, value, &mut items);
            }
        }
        push_sorted(text, items);
    }

    fn extension(&self, name: &str, value: &Value, items: &mut Vec<String>) {
        let plain = name.trim_start_matches('@');
        let key = if plain.contains(':') {
            let (namespace, local) = self.namespaces.expand(plain);
            format!("{{{namespace}}}{local}")
        } else {
            plain.to_owned()
        };
        if key == COMMENT || self.ignored.contains(&key) {
            return;
        }
        match value {
            Value::Array(list) => list.iter().for_each(|item| self.extension(name, item, items)),
            Value::Object(members) => {
                let mut inside = Vec::new();
                members.iter().for_each(|(name, value)| self.extension(name, value, &mut inside));
                let mut text = key;
                push_sorted(&mut text, inside);
                items.push(text);
            }
            _ => items.push(scalar(value).map_or_else(|| key.clone(), |value| format!("{key}={value}"))),
        }
    }
}

/// A value as the hash writes it; `None` for what is none.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(canonical(text.trim())),
        Value::Number(number) => Some(number_text(number)),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A number without trailing zeros.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if !number.is_i64() && !number.is_u64() => format!("{float}"),
        _ => number.to_string(),
    }
}

/// Appends a list under its name, sorted; nothing when it is empty.
fn push_list(text: &mut String, name: &str, items: Vec<String>) {
    if !items.is_empty() {
        text.push_str(name);
        push_sorted(text, items);
    }
}

fn push_sorted(text: &mut String, mut items: Vec<String>) {
    items.sort_unstable();
    items.iter().for_each(|item| text.push_str(item));
}
