//! The JSON form to XML, in the order of the schemas (EPCglobal-epcis-2_0.xsd, EPCglobal-epcis-1_2.xsd).

use std::collections::BTreeMap;

use quick_xml::escape::escape;
use serde_json::{Map, Value};

use crate::context::Namespaces;
use crate::document::Event;
use crate::vocabulary::Vocabulary;

/// Which version of the XML binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XmlVersion {
    /// 1.2.
    V1_2,
    /// 2.0.
    V2_0,
}

/// How standard words are written, header `GS1-CBV-XML-Format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum XmlWords {
    /// As URNs, as XML has always had them.
    #[default]
    Urn,
    /// As web URIs.
    WebUri,
}

impl XmlWords {
    /// The way of a word of the header.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "No_Preference" | "Always_URN" | "Never_Translates" => Self::Urn,
            "Always_Web_URI" => Self::WebUri,
            _ => return None,
        })
    }

    fn write(self, vocabulary: Vocabulary, word: &str) -> String {
        let written = match self {
            Self::Urn => vocabulary.xml(word),
            Self::WebUri => vocabulary.web_uri(word),
        };
        written.unwrap_or_else(|| word.to_owned())
    }
}

/// An `EPCISQueryDocument` with these events.
///
/// # Errors
/// The event that version 1.2 has no words for: it knows neither sensors nor associations nor persistent dispositions.
pub fn query_document_xml(
    events: &[Event],
    query_name: &str,
    subscription: Option<&str>,
    created_at: &str,
    version: XmlVersion,
    words: XmlWords,
) -> Result<String, String> {
    let mut namespaces = BTreeMap::new();
    let mut bodies = String::new();
    for event in events {
        bodies.push_str(&event_xml(event, version, words, &mut namespaces)?);
    }
    let (digit, schema) = match version {
        XmlVersion::V1_2 => ("1", "1.2"),
        XmlVersion::V2_0 => ("2", "2.0"),
    };
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epcisq:EPCISQueryDocument \
         xmlns:epcisq=\"urn:epcglobal:epcis-query:xsd:{digit}\" schemaVersion=\"{schema}\" creationDate=\"{created_at}\""
    );
    for (prefix, uri) in &namespaces {
        xml.push_str(&format!(" xmlns:{prefix}=\"{}\"", escape(uri.as_str())));
    }
    xml.push_str("><EPCISBody><epcisq:QueryResults>");
    text(&mut xml, "queryName", query_name);
    if let Some(subscription) = subscription {
        text(&mut xml, "subscriptionID", subscription);
    }
    xml.push_str("<resultsBody><EventList>");
    xml.push_str(&bodies);
    xml.push_str(
        "</EventList></resultsBody></epcisq:QueryResults></EPCISBody></epcisq:EPCISQueryDocument>\n",
    );
    Ok(xml)
}

/// A problem (RFC 7807, appendix A, in the element that the REST binding of EPCIS names).
#[must_use]
pub fn problem_xml(kind: &str, title: &str, status: u16, detail: &str) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<epcis:EPCISException \
                   xmlns:epcis=\"urn:epcglobal:epcis:xsd:2\">"
        .to_owned();
    for (name, value) in
        [("type", kind), ("title", title), ("status", &status.to_string()), ("detail", detail)]
    {
        text(&mut xml, name, value);
    }
    xml.push_str("</epcis:EPCISException>\n");
    xml
}

/// One field of an event's XML.
#[derive(Clone, Copy)]
enum Part {
    Text(&'static str),
    Word(&'static str, Vocabulary),
    Epcs(&'static str),
    Quantities(&'static str),
    Place(&'static str),
    Typed(&'static str, &'static str, Vocabulary),
    Sensors,
    Persistent,
    Ilmd,
}

const BIZ_STEP: Part = Part::Word("bizStep", Vocabulary::BizStep);
const DISPOSITION: Part = Part::Word("disposition", Vocabulary::Disposition);
const READ_POINT: Part = Part::Place("readPoint");
const BIZ_LOCATION: Part = Part::Place("bizLocation");
const TRANSACTIONS: Part =
    Part::Typed("bizTransactionList", "bizTransaction", Vocabulary::BizTransactionType);
const SOURCES: Part = Part::Typed("sourceList", "source", Vocabulary::SourceDestType);
const DESTINATIONS: Part = Part::Typed("destinationList", "destination", Vocabulary::SourceDestType);

/// What stands in an event, in order; before the second list version 1.2 opens an `extension`.
fn order(kind: &str) -> (&'static [Part], &'static [Part]) {
    match kind {
        "ObjectEvent" => (OBJECT, OBJECT_LATER),
        "AggregationEvent" => (AGGREGATION, AGGREGATION_LATER),
        "TransactionEvent" => (TRANSACTION, OBJECT_LATER),
        "TransformationEvent" => (TRANSFORMATION, &[]),
        "AssociationEvent" => (ASSOCIATION, &[]),
        _ => (&[], &[]),
    }
}

const OBJECT: &[Part] = &[
    Part::Epcs("epcList"),
    Part::Text("action"),
    BIZ_STEP,
    DISPOSITION,
    READ_POINT,
    BIZ_LOCATION,
    TRANSACTIONS,
];
const OBJECT_LATER: &[Part] =
    &[Part::Quantities("quantityList"), SOURCES, DESTINATIONS, Part::Sensors, Part::Persistent, Part::Ilmd];
const AGGREGATION: &[Part] = &[
    Part::Text("parentID"),
    Part::Epcs("childEPCs"),
    Part::Text("action"),
    BIZ_STEP,
    DISPOSITION,
    READ_POINT,
    BIZ_LOCATION,
    TRANSACTIONS,
];
const AGGREGATION_LATER: &[Part] =
    &[Part::Quantities("childQuantityList"), SOURCES, DESTINATIONS, Part::Sensors, Part::Persistent];
const TRANSACTION: &[Part] = &[
    TRANSACTIONS,
    Part::Text("parentID"),
    Part::Epcs("epcList"),
    Part::Text("action"),
    BIZ_STEP,
    DISPOSITION,
    READ_POINT,
    BIZ_LOCATION,
];
const TRANSFORMATION: &[Part] = &[
    Part::Epcs("inputEPCList"),
    Part::Quantities("inputQuantityList"),
    Part::Epcs("outputEPCList"),
    Part::Quantities("outputQuantityList"),
    Part::Text("transformationID"),
    BIZ_STEP,
    DISPOSITION,
    READ_POINT,
    BIZ_LOCATION,
    TRANSACTIONS,
    SOURCES,
    DESTINATIONS,
    Part::Sensors,
    Part::Persistent,
    Part::Ilmd,
];
const ASSOCIATION: &[Part] = &[
    Part::Text("parentID"),
    Part::Epcs("childEPCs"),
    Part::Quantities("childQuantityList"),
    Part::Text("action"),
    BIZ_STEP,
    DISPOSITION,
    READ_POINT,
    BIZ_LOCATION,
    TRANSACTIONS,
    SOURCES,
    DESTINATIONS,
    Part::Sensors,
    Part::Persistent,
];

/// One event; its namespaces are added to those of the document.
fn event_xml(
    event: &Event,
    version: XmlVersion,
    words: XmlWords,
    namespaces: &mut BTreeMap<String, String>,
) -> Result<String, String> {
    let fields = &event.fields;
    let kind = event.kind();
    let old = version == XmlVersion::V1_2;
    if old {
        let missing =
            ["sensorElementList", "persistentDisposition"].iter().find(|name| fields.contains_key(**name));
        if let Some(what) = missing.copied().or_else(|| (kind == "AssociationEvent").then_some(kind)) {
            let id = event.text("eventID").unwrap_or_default();
            return Err(format!("EPCIS 1.2 has no {what}; event {id} does"));
        }
    }
    let mut writer = Writer { xml: String::with_capacity(1_024), event, words, namespaces };
    writer.head(old);
    let (first, second) = order(kind);
    first.iter().for_each(|part| writer.part(*part));
    if old && second.iter().any(|part| writer.has(*part)) {
        writer.xml.push_str("<extension>");
        second.iter().for_each(|part| writer.part(*part));
        writer.xml.push_str("</extension>");
    } else {
        second.iter().for_each(|part| writer.part(*part));
    }
    writer.extensions(fields);
    let name = if kind.contains(':') { writer.name(kind) } else { kind.to_owned() };
    let body = writer.xml;
    let xml = format!("<{name}>{body}</{name}>");
    // Version 1.2 has transformations in an extension of the list.
    Ok(if old && kind == "TransformationEvent" { format!("<extension>{xml}</extension>") } else { xml })
}

struct Writer<'a> {
    xml: String,
    event: &'a Event,
    words: XmlWords,
    namespaces: &'a mut BTreeMap<String, String>,
}

impl Writer<'_> {
    /// What every event begins with.
    fn head(&mut self, old: bool) {
        let fields = &self.event.fields;
        for name in ["eventTime", "recordTime", "eventTimeZoneOffset"] {
            self.part(Part::Text(name));
        }
        let base = old && (fields.contains_key("eventID") || fields.contains_key("errorDeclaration"));
        if base {
            self.xml.push_str("<baseExtension>");
        }
        self.part(Part::Text("eventID"));
        if let Some(declaration) = fields.get("errorDeclaration").and_then(Value::as_object) {
            self.error_declaration(declaration);
        }
        if base {
            self.xml.push_str("</baseExtension>");
        }
        match fields.get("certificationInfo") {
            Some(Value::Array(items)) => {
                items
                    .iter()
                    .filter_map(Value::as_str)
                    .for_each(|item| text(&mut self.xml, "certificationInfo", item));
            }
            Some(Value::String(item)) => text(&mut self.xml, "certificationInfo", item),
            _ => {}
        }
    }

    fn error_declaration(&mut self, declaration: &Map<String, Value>) {
        self.xml.push_str("<errorDeclaration>");
        if let Some(time) = declaration.get("declarationTime").and_then(Value::as_str) {
            text(&mut self.xml, "declarationTime", time);
        }
        if let Some(reason) = declaration.get("reason").and_then(Value::as_str) {
            text(&mut self.xml, "reason", &self.words.write(Vocabulary::ErrorReason, reason));
        }
        if let Some(ids) = declaration.get("correctiveEventIDs").and_then(Value::as_array) {
            self.list("correctiveEventIDs", "correctiveEventID", ids);
        }
        self.extensions(declaration);
        self.xml.push_str("</errorDeclaration>");
    }

    fn has(&self, part: Part) -> bool {
        let name = match part {
            Part::Text(name)
            | Part::Word(name, _)
            | Part::Epcs(name)
            | Part::Quantities(name)
            | Part::Place(name)
            | Part::Typed(name, ..) => name,
            Part::Sensors => "sensorElementList",
            Part::Persistent => "persistentDisposition",
            Part::Ilmd => "ilmd",
        };
        self.event.fields.contains_key(name)
    }

    fn part(&mut self, part: Part) {
        let event = self.event;
        match part {
            Part::Text(name) => {
                if let Some(value) = event.text(name) {
                    text(&mut self.xml, name, value);
                }
            }
            Part::Word(name, vocabulary) => {
                if let Some(value) = event.text(name) {
                    text(&mut self.xml, name, &self.words.write(vocabulary, value));
                }
            }
            Part::Epcs(name) => {
                if let Some(items) = event.fields.get(name).and_then(Value::as_array) {
                    self.list(name, "epc", items);
                }
            }
            Part::Quantities(name) => {
                if event.fields.contains_key(name) {
                    self.xml.push_str(&format!("<{name}>"));
                    for item in event.objects(name) {
                        self.xml.push_str("<quantityElement>");
                        for member in ["epcClass", "quantity", "uom"] {
                            if let Some(value) = item.get(member).and_then(plain) {
                                text(&mut self.xml, member, &value);
                            }
                        }
                        self.xml.push_str("</quantityElement>");
                    }
                    self.xml.push_str(&format!("</{name}>"));
                }
            }
            Part::Place(name) => {
                if let Some(place) = event.fields.get(name).and_then(Value::as_object) {
                    self.xml.push_str(&format!("<{name}>"));
                    text(&mut self.xml, "id", place.get("id").and_then(Value::as_str).unwrap_or_default());
                    self.extensions(place);
                    self.xml.push_str(&format!("</{name}>"));
                }
            }
            Part::Typed(name, member, vocabulary) => self.typed(name, member, vocabulary),
            Part::Sensors => self.sensors(),
            Part::Persistent => self.persistent(),
            Part::Ilmd => {
                if let Some(ilmd) = event.fields.get("ilmd").and_then(Value::as_object) {
                    self.xml.push_str("<ilmd>");
                    self.extensions(ilmd);
                    self.xml.push_str("</ilmd>");
                }
            }
        }
    }

    fn typed(&mut self, name: &str, member: &str, vocabulary: Vocabulary) {
        if !self.event.fields.contains_key(name) {
            return;
        }
        self.xml.push_str(&format!("<{name}>"));
        for item in self.event.objects(name) {
            self.xml.push_str(&format!("<{member}"));
            if let Some(kind) = item.get("type").and_then(Value::as_str) {
                attribute(&mut self.xml, "type", &self.words.write(vocabulary, kind));
            }
            let value = item.get(member).and_then(Value::as_str).unwrap_or_default();
            self.xml.push_str(&format!(">{}</{member}>", escape(value)));
        }
        self.xml.push_str(&format!("</{name}>"));
    }

    fn persistent(&mut self) {
        let Some(disposition) = self.event.fields.get("persistentDisposition") else { return };
        self.xml.push_str("<persistentDisposition>");
        for name in ["unset", "set"] {
            for word in disposition.get(name).and_then(Value::as_array).into_iter().flatten() {
                let word = word.as_str().unwrap_or_default();
                text(&mut self.xml, name, &self.words.write(Vocabulary::Disposition, word));
            }
        }
        self.xml.push_str("</persistentDisposition>");
    }

    fn sensors(&mut self) {
        if !self.event.fields.contains_key("sensorElementList") {
            return;
        }
        self.xml.push_str("<sensorElementList>");
        for element in self.event.objects("sensorElementList") {
            self.xml.push_str("<sensorElement>");
            if let Some(metadata) = element.get("sensorMetadata").and_then(Value::as_object) {
                self.attributes("sensorMetadata", metadata);
            }
            for report in element.get("sensorReport").and_then(Value::as_array).into_iter().flatten() {
                if let Some(report) = report.as_object() {
                    self.attributes("sensorReport", report);
                }
            }
            self.extensions(element);
            self.xml.push_str("</sensorElement>");
        }
        self.xml.push_str("</sensorElementList>");
    }

    fn attributes(&mut self, name: &str, fields: &Map<String, Value>) {
        self.xml.push_str(&format!("<{name}"));
        for (name, value) in fields {
            let Some(value) = plain(value) else { continue };
            let value = match name.as_str() {
                "type" => self.words.write(Vocabulary::Measurement, &value),
                "exception" => self.words.write(Vocabulary::SensorAlert, &value),
                "component" => self.words.write(Vocabulary::Component, &value),
                _ => value,
            };
            let name = if name.contains(':') { self.name(name) } else { name.clone() };
            self.prefix_of(&value);
            attribute(&mut self.xml, &name, &value);
        }
        self.xml.push_str("/>");
    }

    fn list(&mut self, name: &str, member: &str, items: &[Value]) {
        self.xml.push_str(&format!("<{name}>"));
        items.iter().filter_map(Value::as_str).for_each(|item| text(&mut self.xml, member, item));
        self.xml.push_str(&format!("</{name}>"));
    }

    /// The fields that have a namespace.
    fn extensions(&mut self, fields: &Map<String, Value>) {
        for (name, value) in fields {
            if name.contains(':') {
                let name = self.name(name);
                self.extension(&name, value);
            }
        }
    }

    fn extension(&mut self, name: &str, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.extension(name, item)),
            Value::Object(members) => {
                self.xml.push_str(&format!("<{name}"));
                for (member, value) in members {
                    if let (Some(member), Some(value)) = (member.strip_prefix('@'), plain(value)) {
                        attribute(&mut self.xml, member, &value);
                    }
                }
                self.xml.push('>');
                for (member, value) in members {
                    if member == "#text" {
                        self.xml.push_str(&escape(plain(value).unwrap_or_default().as_str()));
                    } else if !member.starts_with('@') {
                        let member = if member.contains(':') { self.name(member) } else { xml_name(member) };
                        self.extension(&member, value);
                    }
                }
                self.xml.push_str(&format!("</{name}>"));
            }
            _ => text(&mut self.xml, name, &plain(value).unwrap_or_default()),
        }
    }

    /// A name of the JSON form as XML has it, its namespace declared.
    fn name(&mut self, name: &str) -> String {
        let (namespace, local) = self.event.namespaces.expand(name);
        let (namespace, local) = (namespace.to_owned(), xml_name(local));
        let prefix = name.split_once(':').map_or("ns", |(prefix, _)| prefix);
        let prefix = if self.event.namespaces.get(prefix).is_some() { prefix } else { "ns" };
        format!("{}:{local}", self.declare(prefix, &namespace))
    }

    /// Declares the prefix of a compact URI in a value.
    fn prefix_of(&mut self, value: &str) {
        let Some((prefix, _)) = value.split_once(':') else { return };
        if let Some(uri) = self.event.namespaces.get(prefix).map(str::to_owned) {
            self.declare(prefix, &uri);
        }
    }

    /// A prefix that stands for this namespace in the document: the wished one, or it with a number.
    fn declare(&mut self, wished: &str, namespace: &str) -> String {
        let prefix = xml_name(wished);
        if self.namespaces.get(&prefix).is_some_and(|known| known == namespace) {
            return prefix;
        }
        if let Some((known, _)) = self.namespaces.iter().find(|(_, uri)| *uri == namespace) {
            return known.clone();
        }
        let mut free = prefix.clone();
        let mut number = 1;
        while self.namespaces.contains_key(&free)
            || Namespaces::default().get(&free).is_some_and(|uri| uri != namespace)
        {
            number += 1;
            free = format!("{prefix}{number}");
        }
        self.namespaces.insert(free.clone(), namespace.to_owned());
        free
    }
}

/// A name that XML takes: anything else than a letter, digit, point, hyphen or underscore becomes an underscore.
fn xml_name(name: &str) -> String {
    let keep = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '_' };
    let mut text: String = name.chars().map(keep).collect();
    if !text.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        text.insert(0, '_');
    }
    text
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null => Some(String::new()),
        _ => None,
    }
}

fn text(xml: &mut String, name: &str, value: &str) {
    xml.push_str(&format!("<{name}>{}</{name}>", escape(value)));
}

fn attribute(xml: &mut String, name: &str, value: &str) {
    xml.push_str(&format!(" {name}=\"{}\"", escape(value)));
}
