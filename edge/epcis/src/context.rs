//! Namespaces: which prefix of a document stands for what.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// The context of EPCIS 2.0 itself.
pub const CONTEXT_URL: &str = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld";

/// Prefixes that every document has (EPCIS 2.0 context).
const KNOWN: [(&str, &str); 6] = [
    ("gs1", "https://gs1.org/voc/"),
    ("cbv", "https://ref.gs1.org/cbv/"),
    ("epcis", "https://ref.gs1.org/epcis/"),
    ("cbvmda", "urn:epcglobal:cbv:mda:"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("xsd", "http://www.w3.org/2001/XMLSchema#"),
];

/// Prefixes and what they stand for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces(BTreeMap<String, String>);

impl Namespaces {
    /// The prefixes of a `@context`: a string, an object or a list of them. What is no prefix is left aside.
    #[must_use]
    pub fn of_context(context: &Value) -> Self {
        let mut namespaces = Self::default();
        namespaces.add_context(context);
        namespaces
    }

    /// Adds what another `@context` says; it wins.
    pub fn add_context(&mut self, context: &Value) {
        match context {
            Value::Array(items) => items.iter().for_each(|item| self.add_context(item)),
            Value::Object(members) => {
                for (prefix, uri) in members {
                    let uri = uri.as_str().or_else(|| uri.get("@id").and_then(Value::as_str));
                    if let (false, Some(uri)) = (prefix.starts_with('@'), uri) {
                        self.add(prefix, uri);
                    }
                }
            }
            _ => {}
        }
    }

    /// Adds a prefix; it wins over what it stood for.
    pub fn add(&mut self, prefix: &str, uri: &str) {
        self.0.insert(prefix.to_owned(), uri.to_owned());
    }

    /// What a prefix stands for.
    #[must_use]
    pub fn get(&self, prefix: &str) -> Option<&str> {
        let own = self.0.get(prefix).map(String::as_str);
        own.or_else(|| KNOWN.iter().find(|(known, _)| *known == prefix).map(|(_, uri)| *uri))
    }

    /// Every prefix with what it stands for, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str()))
    }

    /// Whether there are none of its own.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A name as namespace and local name: `example:myField` by its prefix, a full URI at its last `#`, `/` or `:`.
    #[must_use]
    pub fn expand<'a>(&'a self, name: &'a str) -> (&'a str, &'a str) {
        if let Some((prefix, local)) = name.split_once(':')
            && let Some(uri) = self.get(prefix)
        {
            return (uri, local);
        }
        let cut = name.rfind(['#', '/', ':']).map_or(0, |place| place + 1);
        name.split_at_checked(cut).unwrap_or(("", name))
    }

    /// As a `@context`: the EPCIS context, then the prefixes.
    #[must_use]
    pub fn to_context(&self) -> Value {
        if self.0.is_empty() {
            return json!([CONTEXT_URL]);
        }
        let own: Map<String, Value> =
            self.0.iter().map(|(prefix, uri)| (prefix.clone(), json!(uri))).collect();
        json!([CONTEXT_URL, own])
    }

    /// Takes in what another says, as long as no prefix stands for something else; says whether it did.
    pub fn merge(&mut self, other: &Self) -> bool {
        if other.0.iter().any(|(prefix, uri)| self.0.get(prefix).is_some_and(|known| known != uri)) {
            return false;
        }
        self.0.extend(other.0.iter().map(|(prefix, uri)| (prefix.clone(), uri.clone())));
        true
    }
}
