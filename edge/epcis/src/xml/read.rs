//! XML to the JSON form: versions 2.0 and 1.2 (EPCIS 2.0, section 9; EPCIS 1.2, section 9).
//!
//! What version 1.2 put into `extension` and `baseExtension` is taken out of them; a `QuantityEvent` of version 1 becomes
//! the `ObjectEvent` that replaced it. The order of elements is not insisted on.

use plomb_xml::{Element, parse};
use serde_json::{Map, Number, Value, json};

use crate::context::Namespaces;
use crate::document::{Document, Event, VocabularyElement};
use crate::fault::Fault;
use crate::time;
use crate::validate::{Binding, EVENT_TYPES};
use crate::vocabulary::Vocabulary;

/// Reads a document of XML: an `EPCISDocument`, an `EPCISQueryDocument`, an `EPCISMasterDataDocument`, or one event.
///
/// # Errors
/// What is wrong around the events; what is wrong with an event stands in its place.
pub fn read_xml(bytes: &[u8]) -> Result<Document, Vec<Fault>> {
    let root = parse(bytes).map_err(|fault| vec![Fault::new(format!("line {}", fault.line), fault.why)])?;
    let mut namespaces = Namespaces::default();
    declare(&root, &mut namespaces);
    let mut document = Document::default();
    if EVENT_TYPES.contains(&root.local.as_str()) {
        document.events.push(event(&root, &namespaces, 0));
        return Ok(document);
    }
    envelope(&root)?;
    let body = root.child("EPCISBody").or_else(|| root.child("resultsBody"));
    document.ignored = ignored(&root);
    let lists = root.child("EPCISHeader").and_then(|header| deep(header, "VocabularyList"));
    let lists = lists.or_else(|| body.and_then(|body| body.child("VocabularyList")));
    document.vocabulary = lists.map(vocabulary).unwrap_or_default();
    let events = body.and_then(|body| deep(body, "EventList"));
    let mut elements = Vec::new();
    if let Some(list) = events {
        flatten_events(list, &mut elements);
    }
    for (place, element) in elements.into_iter().enumerate() {
        document.events.push(event(element, &namespaces, place));
    }
    Ok(document)
}

/// Whether a name is of EPCIS: without a namespace as the schema has it, or in one of EPCIS.
fn is_ours(element: &Element) -> bool {
    element.namespace.is_empty() || element.namespace.starts_with("urn:epcglobal:epcis")
}

fn envelope(root: &Element) -> Result<(), Vec<Fault>> {
    let line = format!("line {}", root.line);
    let namespaces: &[&str] = match root.local.as_str() {
        "EPCISDocument" => &["urn:epcglobal:epcis:xsd:2", "urn:epcglobal:epcis:xsd:1"],
        "EPCISQueryDocument" => &["urn:epcglobal:epcis-query:xsd:2", "urn:epcglobal:epcis-query:xsd:1"],
        "EPCISMasterDataDocument" => {
            &["urn:epcglobal:epcis-masterdata:xsd:2", "urn:epcglobal:epcis-masterdata:xsd:1"]
        }
        other => {
            let why = format!(
                "<{other}> is no EPCISDocument, EPCISQueryDocument, EPCISMasterDataDocument or event"
            );
            return Err(vec![Fault::new(line, why)]);
        }
    };
    let mut faults = Vec::new();
    let mut fault = |why: String| faults.push(Fault::new(line.clone(), why));
    if !namespaces.contains(&root.namespace.as_str()) {
        fault(format!("<{}> must be of the namespace {}", root.local, namespaces.join(" or ")));
    }
    if root.attribute("schemaVersion").is_none() {
        fault("it needs the attribute schemaVersion".to_owned());
    }
    match root.attribute("creationDate") {
        None => fault("it needs the attribute creationDate".to_owned()),
        Some(date) if time::parse_ms(date).is_none() => {
            fault(format!("creationDate: `{date}` is no timestamp with an offset"));
        }
        Some(_) => {}
    }
    // Some write the results of a query without the body around them.
    let bare = (root.local == "EPCISQueryDocument").then(|| root.child("resultsBody")).flatten();
    let Some(body) = root.child("EPCISBody").or(bare) else {
        fault("it needs <EPCISBody>".to_owned());
        return Err(faults);
    };
    let has_events = deep(body, "EventList").is_some();
    match root.local.as_str() {
        "EPCISMasterDataDocument" if body.child("VocabularyList").is_none() => {
            fault("it needs <VocabularyList> in <EPCISBody>".to_owned());
        }
        "EPCISDocument" | "EPCISQueryDocument" if !has_events => {
            fault("it needs <EventList> in <EPCISBody>".to_owned());
        }
        _ => {}
    }
    for child in &root.children {
        if bare.is_none()
            && is_ours(child)
            && !["EPCISHeader", "EPCISBody", "extension"].contains(&child.local.as_str())
        {
            fault(format!("<{}> has no place in <{}>", child.local, root.local));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// The first element of this name in it, at any depth, outside of events.
fn deep<'a>(element: &'a Element, local: &str) -> Option<&'a Element> {
    element.child(local).or_else(|| element.children.iter().find_map(|child| deep(child, local)))
}

/// Events of a list, those inside `extension` too.
fn flatten_events<'a>(list: &'a Element, events: &mut Vec<&'a Element>) {
    for child in &list.children {
        if child.local == "extension" && is_ours(child) {
            flatten_events(child, events);
        } else {
            events.push(child);
        }
    }
}

/// Names in a document's `ignoreFields`, as `{namespace}local`.
fn ignored(root: &Element) -> Vec<String> {
    let lists =
        root.children.iter().filter(|child| child.local == "ignoreFields" && !child.namespace.is_empty());
    lists
        .flat_map(|list| &list.children)
        .map(|name| format!("{{{}}}{}", name.namespace, name.local))
        .collect()
}

/// Prefixes of an element and everything in it.
fn declare(element: &Element, namespaces: &mut Namespaces) {
    for (prefix, uri) in &element.declared {
        let is_ours = uri.starts_with("urn:epcglobal:epcis")
            || uri.starts_with("http://www.w3.org/2001/XMLSchema")
            || uri.starts_with("http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader");
        if !prefix.is_empty() && !is_ours {
            namespaces.add(prefix, uri);
        }
    }
}

fn event(element: &Element, around: &Namespaces, place: usize) -> Result<Event, Vec<Fault>> {
    let mut namespaces = around.clone();
    declare_within(element, &mut namespaces);
    let mut fields = Map::new();
    let mut kind = element.local.clone();
    if !is_ours(element) {
        kind = name_of(element);
    }
    event_fields(element, 0, &mut fields);
    if kind == "QuantityEvent" {
        kind = "ObjectEvent".to_owned();
        fields.insert("action".to_owned(), json!("OBSERVE"));
        let class = fields.remove("epcClass").unwrap_or_default();
        let quantity = fields.remove("quantity").unwrap_or_default();
        fields.insert("quantityList".to_owned(), json!([{ "epcClass": class, "quantity": quantity }]));
    }
    fields.insert("type".to_owned(), Value::String(kind));
    let line = element.line;
    let event = Event::of(Value::Object(fields), &namespaces, Binding::Xml);
    event.map_err(|faults| {
        let here = |fault: Fault| {
            Fault::new(format!("event {} at line {line}, {}", place + 1, fault.path), fault.why)
        };
        faults.into_iter().map(here).collect()
    })
}

fn declare_within(element: &Element, namespaces: &mut Namespaces) {
    declare(element, namespaces);
    element.children.iter().for_each(|child| declare_within(child, namespaces));
}

/// The fields of an event, those inside `extension` and `baseExtension` too.
///
/// Version 1.2 let vendors put elements without a namespace into an `extension` inside an `extension`; here they get one.
fn event_fields(element: &Element, depth: usize, fields: &mut Map<String, Value>) {
    for (name, value) in &element.attributes {
        if name.contains(':') && !name.starts_with("xsi:") {
            fields.insert(name.clone(), json!(value));
        }
    }
    for child in &element.children {
        if is_ours(child) {
            match child.local.as_str() {
                "extension" | "baseExtension" => event_fields(child, depth + 1, fields),
                name if depth > 1 && !is_field(name) => {
                    put(fields, &format!("{LOCAL}{name}"), extension(child));
                }
                name => put(fields, name, field(name, child)),
            }
        } else {
            put(fields, &name_of(child), extension(child));
        }
    }
}

/// The namespace of elements that have none.
const LOCAL: &str = "urn:plomb:epcis:local:";

/// Whether a name is one of the standard's, which stand in an `extension` too.
fn is_field(name: &str) -> bool {
    const LATER: [&str; 8] = [
        "quantityList",
        "childQuantityList",
        "sourceList",
        "destinationList",
        "ilmd",
        "sensorElementList",
        "persistentDisposition",
        "certificationInfo",
    ];
    LATER.contains(&name)
}

/// A second field of the same name makes a list of both.
fn put(fields: &mut Map<String, Value>, name: &str, value: Value) {
    match fields.get_mut(name) {
        None => {
            fields.insert(name.to_owned(), value);
        }
        Some(Value::Array(items)) => items.push(value),
        Some(first) => *first = Value::Array(vec![first.take(), value]),
    }
}

fn field(name: &str, element: &Element) -> Value {
    match name {
        "epcList" | "inputEPCList" | "outputEPCList" | "childEPCs" => texts(element, "epc"),
        "quantityList" | "childQuantityList" | "inputQuantityList" | "outputQuantityList" => {
            items(element, "quantityElement", |item| plain(item, &["quantity"]))
        }
        "quantity" => number(&element.text),
        "bizStep" => word(Vocabulary::BizStep, &element.text),
        "disposition" => word(Vocabulary::Disposition, &element.text),
        "bizTransactionList" => typed(element, "bizTransaction", Vocabulary::BizTransactionType),
        "sourceList" => typed(element, "source", Vocabulary::SourceDestType),
        "destinationList" => typed(element, "destination", Vocabulary::SourceDestType),
        "readPoint" | "bizLocation" | "errorDeclaration" => members(element),
        "persistentDisposition" => {
            let mut fields = Map::new();
            for child in &element.children {
                let list = fields.entry(child.local.clone()).or_insert_with(|| json!([]));
                if let Value::Array(list) = list {
                    list.push(word(Vocabulary::Disposition, &child.text));
                }
            }
            Value::Object(fields)
        }
        "sensorElementList" => items(element, "sensorElement", sensor_element),
        "ilmd" => members(element),
        _ if element.children.is_empty() => json!(element.text),
        _ => extension(element),
    }
}

/// Texts of the elements of one name; any other element stays in it as an object, for the check to find.
fn texts(element: &Element, name: &str) -> Value {
    items(element, name, |item| json!(item.text))
}

fn items(element: &Element, name: &str, read: impl Fn(&Element) -> Value) -> Value {
    let item = |child: &Element| {
        if child.local == name { read(child) } else { json!({ child.local.clone(): child.text }) }
    };
    Value::Array(element.children.iter().map(item).collect())
}

/// An object of texts, some of them numbers.
fn plain(element: &Element, numbers: &[&str]) -> Value {
    let mut fields = Map::new();
    for child in element.children.iter().filter(|child| child.attribute("xsi:nil") != Some("true")) {
        let value =
            if numbers.contains(&child.local.as_str()) { number(&child.text) } else { json!(child.text) };
        put(&mut fields, &name_of(child), value);
    }
    Value::Object(fields)
}

fn typed(element: &Element, member: &str, types: Vocabulary) -> Value {
    items(element, member, |item| {
        let mut fields = Map::new();
        if let Some(kind) = item.attribute("type") {
            fields.insert("type".to_owned(), word(types, kind));
        }
        fields.insert(member.to_owned(), json!(item.text));
        Value::Object(fields)
    })
}

/// Standard members and extensions of a place, an error declaration or master data of an instance.
fn members(element: &Element) -> Value {
    let mut fields = Map::new();
    for child in &element.children {
        match (is_ours(child), child.local.as_str()) {
            (true, "extension") => {
                if let Value::Object(inside) = members(child) {
                    inside.into_iter().for_each(|(name, value)| put(&mut fields, &name, value));
                }
            }
            (true, "reason") => put(&mut fields, "reason", word(Vocabulary::ErrorReason, &child.text)),
            (true, "correctiveEventIDs") => {
                put(&mut fields, "correctiveEventIDs", texts(child, "correctiveEventID"))
            }
            (true, name) => put(&mut fields, name, json!(child.text)),
            (false, _) => put(&mut fields, &name_of(child), extension(child)),
        }
    }
    Value::Object(fields)
}

fn sensor_element(element: &Element) -> Value {
    let mut fields = Map::new();
    let mut reports = Vec::new();
    for child in &element.children {
        match (is_ours(child), child.local.as_str()) {
            (true, "sensorMetadata") => put(&mut fields, "sensorMetadata", attributes(child)),
            (true, "sensorReport") => reports.push(attributes(child)),
            (true, "extension") => {
                child
                    .children
                    .iter()
                    .for_each(|inside| put(&mut fields, &name_of(inside), extension(inside)));
            }
            _ => put(&mut fields, &name_of(child), extension(child)),
        }
    }
    fields.insert("sensorReport".to_owned(), Value::Array(reports));
    Value::Object(fields)
}

/// Attributes of sensor data as fields.
fn attributes(element: &Element) -> Value {
    let mut fields = Map::new();
    for (name, value) in &element.attributes {
        if name.starts_with("xsi:") {
            continue;
        }
        let value = match name.as_str() {
            "value" | "minValue" | "maxValue" | "meanValue" | "sDev" | "percRank" | "percValue" => {
                number(value)
            }
            "booleanValue" => match value.as_str() {
                "true" | "1" => json!(true),
                "false" | "0" => json!(false),
                _ => json!(value),
            },
            "type" => word(Vocabulary::Measurement, value),
            "exception" => word(Vocabulary::SensorAlert, value),
            "component" => word(Vocabulary::Component, value),
            _ => json!(value),
        };
        fields.insert(name.clone(), value);
    }
    Value::Object(fields)
}

/// An extension: text, or an object of attributes (`@name`), elements and text (`#text`).
fn extension(element: &Element) -> Value {
    let attributes: Vec<_> =
        element.attributes.iter().filter(|(name, _)| !name.starts_with("xsi:")).collect();
    if element.children.is_empty() && attributes.is_empty() {
        return json!(element.text);
    }
    let mut fields = Map::new();
    for (name, value) in attributes {
        fields.insert(format!("@{name}"), json!(value));
    }
    for child in &element.children {
        put(&mut fields, &name_of(child), extension(child));
    }
    if !element.text.is_empty() {
        fields.insert("#text".to_owned(), json!(element.text));
    }
    Value::Object(fields)
}

/// The name as the JSON form has it.
fn name_of(element: &Element) -> String {
    if !element.prefix.is_empty() {
        format!("{}:{}", element.prefix, element.local)
    } else if element.namespace.is_empty() {
        element.local.clone()
    } else {
        let separator = if element.namespace.ends_with(['/', '#', ':']) { "" } else { "#" };
        format!("{}{separator}{}", element.namespace, element.local)
    }
}

fn word(vocabulary: Vocabulary, text: &str) -> Value {
    json!(vocabulary.bare(text).unwrap_or(text))
}

/// A number where it is one, else the text for the check to find.
fn number(text: &str) -> Value {
    if let Ok(whole) = text.parse::<i64>() {
        return json!(whole);
    }
    let number = text.parse::<f64>().ok().and_then(Number::from_f64);
    number.map_or_else(|| json!(text), |number| whole(&number).unwrap_or(Value::Number(number)))
}

/// A number without decimals as the integer it is.
fn whole(number: &Number) -> Option<Value> {
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() < 9e15)
        .then(|| format!("{float}").parse::<i64>().ok().map(Value::from))?
}

fn vocabulary(lists: &Element) -> Vec<VocabularyElement> {
    let mut found = Vec::new();
    for list in lists.children.iter().filter(|child| child.local == "Vocabulary") {
        let kind = list.attribute("type").unwrap_or_default();
        let Some(elements) = list.child("VocabularyElementList") else { continue };
        for element in &elements.children {
            let Some(id) = element.attribute("id") else { continue };
            let attributes = element.children.iter().filter(|child| child.local == "attribute");
            let children = element.child("children");
            found.push(VocabularyElement {
                vocabulary: kind.to_owned(),
                id: id.to_owned(),
                attributes: attributes
                    .filter_map(|one| Some((one.attribute("id")?.to_owned(), value_of(one))))
                    .collect(),
                children: children
                    .into_iter()
                    .flat_map(|list| &list.children)
                    .map(|id| id.text.clone())
                    .collect(),
            });
        }
    }
    found
}

fn value_of(attribute: &Element) -> Value {
    if attribute.children.is_empty() {
        return json!(attribute.text);
    }
    let mut fields = Map::new();
    attribute.children.iter().for_each(|child| put(&mut fields, &name_of(child), extension(child)));
    Value::Object(fields)
}
