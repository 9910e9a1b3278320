//! Documents: what travels between EPCIS systems, whatever it is written in.

use serde_json::{Map, Value};

use crate::context::Namespaces;
use crate::fault::{Fault, Faults};
use crate::time;
use crate::validate::{self, Binding};
use crate::vocabulary::Vocabulary;

/// An event in the JSON form of EPCIS 2.0, standard words bare, without a `@context` of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its fields.
    pub fields: Map<String, Value>,
    /// What the prefixes of its extensions stand for.
    pub namespaces: Namespaces,
}

/// Something of the master data: a location, a read point, a party.
#[derive(Clone, Debug, PartialEq)]
pub struct VocabularyElement {
    /// Which vocabulary, such as `urn:epcglobal:epcis:vtype:BusinessLocation`.
    pub vocabulary: String,
    /// Its identifier.
    pub id: String,
    /// Attributes by name.
    pub attributes: Vec<(String, Value)>,
    /// What lies in it.
    pub children: Vec<String>,
}

/// A document that was read.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// The events, each with what is wrong with it.
    pub events: Vec<Result<Event, Vec<Fault>>>,
    /// Master data in its header or body.
    pub vocabulary: Vec<VocabularyElement>,
    /// Names of extensions that its sender adds while it passes on events; they are no part of what is hashed.
    pub ignored: Vec<String>,
}

impl Event {
    /// A field as text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.as_str()
    }

    /// The identifier within a field such as `readPoint`.
    #[must_use]
    pub fn id_of(&self, name: &str) -> Option<&str> {
        self.fields.get(name)?.get("id")?.as_str()
    }

    /// The texts of a list.
    pub fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    /// The objects of a list.
    pub fn objects<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a Map<String, Value>> + use<'a> {
        self.fields.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
    }

    /// A timestamp, milliseconds since 1970.
    #[must_use]
    pub fn time_ms(&self, name: &str) -> Option<i64> {
        time::parse_ms(self.text(name)?)
    }

    /// Its type.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.text("type").unwrap_or_default()
    }

    /// An event of JSON, checked, under the namespaces around it.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn of_json(value: Value, around: &Namespaces) -> Result<Self, Vec<Fault>> {
        Self::of(value, around, Binding::Json)
    }

    /// The same, by the rules of a binding.
    pub(crate) fn of(value: Value, around: &Namespaces, binding: Binding) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        Self::checked(value, around, binding, &mut faults).ok_or_else(|| faults.into_found())
    }

    /// Checks an event at its place in a document.
    fn checked(value: Value, around: &Namespaces, binding: Binding, faults: &mut Faults) -> Option<Self> {
        let before = faults.count();
        validate::event(&value, binding, faults);
        let Value::Object(mut fields) = value else { return None };
        if faults.count() > before {
            return None;
        }
        let mut namespaces = around.clone();
        if let Some(context) = fields.remove("@context") {
            namespaces.add_context(&context);
        }
        let mut event = Self { fields, namespaces };
        event.normalise();
        Some(event)
    }

    /// Writes standard words bare.
    fn normalise(&mut self) {
        let bare = |vocabulary: Vocabulary, value: &mut Value| {
            if let Some(word) = value.as_str().and_then(|text| vocabulary.bare(text)) {
                *value = Value::from(word);
            }
        };
        let list = |fields: &mut Map<String, Value>, list: &str, member: &str, vocabulary| {
            for item in fields.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(value) = item.get_mut(member) {
                    bare(vocabulary, value);
                }
            }
        };
        let fields = &mut self.fields;
        for (name, vocabulary) in [("bizStep", Vocabulary::BizStep), ("disposition", Vocabulary::Disposition)]
        {
            if let Some(value) = fields.get_mut(name) {
                bare(vocabulary, value);
            }
        }
        for name in ["set", "unset"] {
            let words = fields.get_mut("persistentDisposition").and_then(|value| value.get_mut(name));
            for value in words.and_then(Value::as_array_mut).into_iter().flatten() {
                bare(Vocabulary::Disposition, value);
            }
        }
        if let Some(reason) = fields.get_mut("errorDeclaration").and_then(|value| value.get_mut("reason")) {
            bare(Vocabulary::ErrorReason, reason);
        }
        list(fields, "bizTransactionList", "type", Vocabulary::BizTransactionType);
        list(fields, "sourceList", "type", Vocabulary::SourceDestType);
        list(fields, "destinationList", "type", Vocabulary::SourceDestType);
        for element in fields.get_mut("sensorElementList").and_then(Value::as_array_mut).into_iter().flatten()
        {
            for report in element.get_mut("sensorReport").and_then(Value::as_array_mut).into_iter().flatten()
            {
                for (name, vocabulary) in [
                    ("type", Vocabulary::Measurement),
                    ("exception", Vocabulary::SensorAlert),
                    ("component", Vocabulary::Component),
                ] {
                    if let Some(value) = report.get_mut(name) {
                        bare(vocabulary, value);
                    }
                }
            }
        }
    }
}

/// Reads a document of JSON-LD: an `EPCISDocument`, an `EPCISQueryDocument`, or one event with its `@context`
/// (EPCIS 2.0, section 10).
///
/// # Errors
/// What is wrong around the events; what is wrong with an event stands in its place.
pub fn read_json(bytes: &[u8]) -> Result<Document, Vec<Fault>> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        vec![Fault::new(
            format!("line {}, column {}", error.line(), error.column()),
            format!("no JSON: {error}"),
        )]
    })?;
    document_of(value)
}

/// Reads a document that was taken apart already.
///
/// # Errors
/// As [`read_json`].
pub fn document_of(mut value: Value) -> Result<Document, Vec<Fault>> {
    let mut faults = Faults::default();
    let kind = value.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    envelope(&value, &kind, &mut faults);
    if faults.count() > 0 {
        return Err(faults.into_found());
    }
    let mut document = Document::default();
    let namespaces = value.get("@context").map(Namespaces::of_context).unwrap_or_default();
    let (path, events) = match kind.as_str() {
        "EPCISDocument" => {
            let lists = value.pointer("/epcisHeader/epcisMasterData/vocabularyList");
            document.vocabulary = lists.map(vocabulary).unwrap_or_default();
            document.ignored = ignored(&value, &namespaces);
            ("epcisBody.eventList", value.pointer_mut("/epcisBody/eventList").map(Value::take))
        }
        "EPCISQueryDocument" => {
            document.ignored = ignored(&value, &namespaces);
            let list = value.pointer_mut("/epcisBody/queryResults/resultsBody/eventList").map(Value::take);
            ("epcisBody.queryResults.resultsBody.eventList", list)
        }
        _ => {
            document.events.push(Event::of_json(value, &Namespaces::default()));
            return Ok(document);
        }
    };
    let Some(Value::Array(events)) = events else { return Ok(document) };
    for (place, event) in events.into_iter().enumerate() {
        let mut faults = Faults::default();
        let mut checked = None;
        faults.within(path, |faults| {
            faults.at(place, |faults| checked = Event::checked(event, &namespaces, Binding::Json, faults));
        });
        document.events.push(checked.ok_or_else(|| faults.into_found()));
    }
    Ok(document)
}

/// What stands around the events.
fn envelope(value: &Value, kind: &str, faults: &mut Faults) {
    let Some(fields) = value.as_object() else { return faults.note("it must be an object") };
    if kind.is_empty() {
        return faults.note("it needs a `type`: EPCISDocument, EPCISQueryDocument or the type of one event");
    }
    match fields.get("@context") {
        Some(context) => faults.within("@context", |faults| check_context(context, faults)),
        None => faults.note("it needs `@context`"),
    }
    let known: &[&str] = match kind {
        "EPCISDocument" => &[
            "@context",
            "id",
            "type",
            "schemaVersion",
            "creationDate",
            "instanceIdentifier",
            "sender",
            "receiver",
            "epcisHeader",
            "epcisBody",
        ],
        "EPCISQueryDocument" => &["@context", "id", "type", "schemaVersion", "creationDate", "epcisBody"],
        _ => return,
    };
    for name in
        fields.keys().filter(|name| !known.contains(&name.as_str()) && !crate::uri::is_extension(name))
    {
        faults.within(name, |faults| faults.note("no such field; extensions have a namespace"));
    }
    let is_document = kind == "EPCISDocument";
    match fields.get("schemaVersion") {
        None if is_document => faults.note("it needs `schemaVersion`"),
        Some(version) if !version.as_str().is_some_and(is_version) => {
            faults.within("schemaVersion", |faults| {
                faults.note(format!("{version} is no version, such as \"2.0\""))
            });
        }
        _ => {}
    }
    match fields.get("creationDate") {
        None if is_document => faults.note("it needs `creationDate`"),
        Some(date) if date.as_str().and_then(time::parse_ms).is_none() => {
            faults.within("creationDate", |faults| {
                faults.note(format!("{date} is no timestamp with an offset"))
            });
        }
        _ => {}
    }
    let place =
        if is_document { "/epcisBody/eventList" } else { "/epcisBody/queryResults/resultsBody/eventList" };
    if !value.pointer(place).is_some_and(Value::is_array) {
        faults.note(format!(
            "it needs a list of events at {}",
            place.replace('/', ".").trim_start_matches('.')
        ));
    }
    if !is_document && !value.pointer("/epcisBody/queryResults/queryName").is_some_and(Value::is_string) {
        faults.note("it needs `epcisBody.queryResults.queryName`");
    }
    header(fields, faults);
}

fn header(fields: &Map<String, Value>, faults: &mut Faults) {
    for name in ["sender", "receiver", "instanceIdentifier"] {
        if fields.get(name).is_some_and(|value| !value.is_string()) {
            faults.within(name, |faults| faults.note("it must be a string"));
        }
    }
    if fields.get("id").is_some_and(|id| !id.as_str().is_some_and(crate::uri::is_uri)) {
        faults.within("id", |faults| faults.note("it must be a URI"));
    }
    let Some(header) = fields.get("epcisHeader") else { return };
    let Some(members) = header.as_object() else {
        return faults.within("epcisHeader", |faults| faults.note("it must be an object"));
    };
    faults.within("epcisHeader", |faults| {
        for name in
            members.keys().filter(|name| *name != "epcisMasterData" && !crate::uri::is_extension(name))
        {
            faults.within(name, |faults| faults.note("no such field; extensions have a namespace"));
        }
    });
}

fn check_context(context: &Value, faults: &mut Faults) {
    let is_uri = |text: &str| crate::uri::is_uri(text);
    match context {
        Value::String(text) if is_uri(text) => {}
        Value::Object(_) => {}
        Value::Array(items) => {
            for (place, item) in items.iter().enumerate() {
                let fits = item.is_object() || item.as_str().is_some_and(is_uri);
                if !fits || items.iter().take(place).any(|earlier| earlier == item) {
                    faults.at(place, |faults| {
                        faults.note("it must be a URI or an object, and not stand there twice")
                    });
                }
            }
        }
        _ => faults.note("it must be a URI, an object or a list of them"),
    }
}

fn is_version(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Names of extensions that stand in a document's `ignoreFields`, of whatever namespace.
fn ignored(value: &Value, namespaces: &Namespaces) -> Vec<String> {
    let results = ["", "/epcisBody", "/epcisBody/queryResults", "/epcisBody/queryResults/resultsBody"];
    let fields = results.into_iter().filter_map(|place| value.pointer(place)?.as_object()).flatten();
    let list =
        fields.filter(|(name, _)| name.ends_with(":ignoreFields")).filter_map(|(_, list)| list.as_array());
    let expanded = |name: &Value| {
        let (namespace, local) = namespaces.expand(name.as_str()?);
        Some(format!("{{{namespace}}}{local}"))
    };
    list.flatten().filter_map(expanded).collect()
}

fn vocabulary(lists: &Value) -> Vec<VocabularyElement> {
    let mut found = Vec::new();
    for list in lists.as_array().into_iter().flatten() {
        let kind = list.get("type").and_then(Value::as_str).unwrap_or_default();
        for element in list.get("vocabularyElementList").and_then(Value::as_array).into_iter().flatten() {
            let Some(id) = element.get("id").and_then(Value::as_str) else { continue };
            let attributes = element.get("attributes").and_then(Value::as_array).into_iter().flatten();
            let attribute = |one: &Value| {
                let value = one.get("attribute").cloned().unwrap_or(Value::Null);
                Some((one.get("id")?.as_str()?.to_owned(), value))
            };
            let children = element.get("children").and_then(Value::as_array).into_iter().flatten();
            found.push(VocabularyElement {
                vocabulary: kind.to_owned(),
                id: id.to_owned(),
                attributes: attributes.filter_map(attribute).collect(),
                children: children.filter_map(|child| child.as_str().map(str::to_owned)).collect(),
            });
        }
    }
    found
}
