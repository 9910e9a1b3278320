//! What is answered: events as a query document, identifiers and words in the form that was asked for.

use serde_json::{Map, Value, json};

use crate::context::{CONTEXT_URL, Namespaces};
use crate::document::Event;
use crate::id::{CompanyPrefixes, canonical, digital_link_to_urn, urn_to_digital_link};
use crate::store::Stored;
use crate::time;

/// How identifiers are written in answers, header `GS1-EPC-Format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EpcFormat {
    /// As they were captured.
    #[default]
    AsCaptured,
    /// As GS1 Digital Links, where they have one.
    DigitalLink,
    /// As EPC URNs, where they have one and the company prefix is known.
    Urn,
}

impl EpcFormat {
    /// The format of a word of the header.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "No_Preference" | "Never_Translates" => Self::AsCaptured,
            "Always_GS1_Digital_Link" => Self::DigitalLink,
            "Always_EPC_URN" => Self::Urn,
            _ => return None,
        })
    }

    /// An identifier in this format; as it is, when it has no such form.
    #[must_use]
    pub fn write(self, id: &str, prefixes: &CompanyPrefixes) -> String {
        let written = match self {
            Self::AsCaptured => None,
            Self::DigitalLink => urn_to_digital_link(id),
            Self::Urn => digital_link_to_urn(&canonical(id), prefixes).filter(|_| id.starts_with("http")),
        };
        written.unwrap_or_else(|| id.to_owned())
    }

    /// An event with its identifiers in this format.
    #[must_use]
    pub fn translate(self, mut event: Event, prefixes: &CompanyPrefixes) -> Event {
        if self == Self::AsCaptured {
            return event;
        }
        let put = |value: &mut Value| {
            if let Some(text) = value.as_str() {
                *value = Value::from(self.write(text, prefixes));
            }
        };
        for name in ["parentID", "transformationID"] {
            event.fields.get_mut(name).into_iter().for_each(put);
        }
        for name in ["epcList", "childEPCs", "inputEPCList", "outputEPCList"] {
            items(&mut event.fields, name).for_each(put);
        }
        let members = [
            ("quantityList", "epcClass"),
            ("childQuantityList", "epcClass"),
            ("inputQuantityList", "epcClass"),
            ("outputQuantityList", "epcClass"),
            ("sourceList", "source"),
            ("destinationList", "destination"),
            ("bizTransactionList", "bizTransaction"),
        ];
        for (list, member) in members {
            items(&mut event.fields, list).filter_map(|item| item.get_mut(member)).for_each(put);
        }
        for name in ["readPoint", "bizLocation"] {
            event.fields.get_mut(name).and_then(|place| place.get_mut("id")).into_iter().for_each(put);
        }
        event
    }
}

fn items<'a>(
    fields: &'a mut Map<String, Value>,
    name: &str,
) -> impl Iterator<Item = &'a mut Value> + use<'a> {
    fields.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten()
}

/// An event as it is answered: with the time of its record.
#[must_use]
pub fn with_record_time(stored: Stored) -> Event {
    let mut event = stored.event;
    event.fields.insert("recordTime".to_owned(), json!(time::format_ms(stored.record_ms)));
    event
}

/// An `EPCISQueryDocument` with these events, in JSON-LD.
#[must_use]
pub fn query_document(
    events: Vec<Event>,
    query_name: &str,
    subscription: Option<&str>,
    now_ms: i64,
) -> Value {
    let mut namespaces = Namespaces::default();
    let mut list = Vec::with_capacity(events.len());
    for event in events {
        let mut fields = event.fields;
        if !namespaces.merge(&event.namespaces) {
            // Its prefixes stand for something else than those of the others.
            fields.insert("@context".to_owned(), event.namespaces.to_context());
        }
        list.push(Value::Object(fields));
    }
    let mut results = json!({ "queryName": query_name, "resultsBody": { "eventList": list } });
    if let (Some(subscription), Some(results)) = (subscription, results.as_object_mut()) {
        results.insert("subscriptionID".to_owned(), json!(subscription));
    }
    json!({
        "@context": namespaces.to_context(),
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": time::format_ms(now_ms),
        "epcisBody": { "queryResults": results },
    })
}

/// A collection of names or identifiers.
#[must_use]
pub fn collection(members: &[String]) -> Value {
    json!({ "@context": [CONTEXT_URL], "type": "Collection", "member": members })
}
