//! Parameters to conditions.

use serde_json::Value;

use super::extension::ExtensionCondition;
use super::{Comparison, Condition, Order, Query, QueryFault, Things};
use crate::context::Namespaces;
use crate::id::{Pattern, canonical};
use crate::time;
use crate::validate::EVENT_TYPES;
use crate::vocabulary::Vocabulary;

/// Parameters of one query at most.
const PARAMETERS_MAX: usize = 100;
/// Values of one parameter at most.
const VALUES_MAX: usize = 1_000;
/// Results of a page at most.
pub(super) const PER_PAGE_MAX: usize = 1_000;

impl Query {
    /// The query of the parameters of a URL, lists delimited by `|`.
    ///
    /// # Errors
    /// The first parameter that is unknown, or whose value is wrong.
    pub fn of_parameters<'a>(
        parameters: impl IntoIterator<Item = (&'a str, &'a str)>,
        namespaces: &Namespaces,
    ) -> Result<Self, QueryFault> {
        let mut query = Self::default();
        for (place, (name, text)) in parameters.into_iter().enumerate() {
            let values = text.split('|').map(str::to_owned).collect();
            query.add(place, name, values, namespaces)?;
        }
        query.whole()
    }

    /// The query of a JSON object, as named queries have it.
    ///
    /// # Errors
    /// The first parameter that is unknown, or whose value is wrong.
    pub fn of_json(query: &Value, around: &Namespaces) -> Result<Self, QueryFault> {
        let Some(fields) = query.as_object() else {
            return Err(fault("query", "it must be an object of parameters"));
        };
        let mut namespaces = around.clone();
        if let Some(context) = fields.get("@context") {
            namespaces.add_context(context);
        }
        let mut query = Self::default();
        for (place, (name, value)) in fields.iter().filter(|(name, _)| *name != "@context").enumerate() {
            let text = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(truth) => Some(truth.to_string()),
                _ => None,
            };
            let values = match value {
                Value::Array(items) => items.iter().map(text).collect::<Option<Vec<_>>>(),
                one => text(one).map(|one| vec![one]),
            };
            let values = values.ok_or_else(|| fault(name, "it must be a value or a list of values"))?;
            query.add(place, name, values, &namespaces)?;
        }
        query.whole()
    }

    /// Adds the condition that an event is of a resource, such as one EPC.
    ///
    /// # Errors
    /// When the value is not one that the resource can have.
    pub fn with(mut self, parameter: &str, value: &str) -> Result<Self, QueryFault> {
        self.add(0, parameter, vec![value.to_owned()], &Namespaces::default())?;
        Ok(self)
    }

    /// What holds between parameters.
    fn whole(self) -> Result<Self, QueryFault> {
        if self.count_limit.is_some() && self.count_max.is_some() {
            return Err(fault("eventCountLimit", "it cannot stand beside maxEventCount"));
        }
        Ok(self)
    }

    fn add(
        &mut self,
        place: usize,
        name: &str,
        values: Vec<String>,
        namespaces: &Namespaces,
    ) -> Result<(), QueryFault> {
        if place >= PARAMETERS_MAX {
            return Err(fault(name, format!("a query has at most {PARAMETERS_MAX} parameters")));
        }
        if values.len() > VALUES_MAX {
            return Err(fault(name, format!("a parameter has at most {VALUES_MAX} values")));
        }
        if !name.starts_with("EXISTS_") && values.iter().any(String::is_empty) {
            return Err(fault(name, "a value is empty"));
        }
        let parameter = Parameter { name, values, namespaces };
        if self.control(&parameter)? {
            return Ok(());
        }
        let condition = parameter.fixed()?.map_or_else(|| parameter.family(), Ok)?;
        self.conditions.push(condition);
        Ok(())
    }

    /// Parameters that say how results come, not which; says whether it was one.
    fn control(&mut self, parameter: &Parameter<'_>) -> Result<bool, QueryFault> {
        match parameter.name {
            "orderBy" => {
                let field = parameter.one()?;
                self.ordered = true;
                self.order = match field {
                    "recordTime" => Order::Record,
                    "eventTime" => Order::EventTime,
                    "quantity" => Order::Field(field.to_owned()),
                    _ if field.contains(':') => Order::Field(field.to_owned()),
                    _ => return Err(fault("orderBy", format!("there is no ordering by `{field}`"))),
                };
            }
            "orderDirection" => match parameter.one()? {
                "ASC" => self.direction = Some(false),
                "DESC" => self.direction = Some(true),
                other => return Err(fault("orderDirection", format!("`{other}` is neither ASC nor DESC"))),
            },
            "eventCountLimit" => self.count_limit = Some(parameter.count(usize::MAX)?),
            "maxEventCount" => self.count_max = Some(parameter.count(usize::MAX)?),
            "perPage" => self.per_page = Some(parameter.count(PER_PAGE_MAX)?),
            "nextPageToken" => self.next_page = Some(parameter.one()?.to_owned()),
            _ => return Ok(false),
        }
        Ok(true)
    }
}

fn fault(parameter: &str, why: impl Into<String>) -> QueryFault {
    QueryFault { parameter: parameter.to_owned(), why: why.into() }
}

struct Parameter<'a> {
    name: &'a str,
    values: Vec<String>,
    namespaces: &'a Namespaces,
}

impl Parameter<'_> {
    fn one(&self) -> Result<&str, QueryFault> {
        match self.values.as_slice() {
            [one] => Ok(one),
            _ => Err(fault(self.name, "it takes one value")),
        }
    }

    fn count(&self, most: usize) -> Result<usize, QueryFault> {
        let count = self.one()?.parse::<usize>().ok().filter(|count| *count > 0);
        count
            .map(|count| count.min(most))
            .ok_or_else(|| fault(self.name, "it must be a whole number above 0"))
    }

    fn ms(&self) -> Result<i64, QueryFault> {
        let text = self.one()?;
        time::parse_ms(text)
            .ok_or_else(|| fault(self.name, format!("`{text}` is no timestamp such as 2026-11-28T10:00:00Z")))
    }

    fn number(&self) -> Result<f64, QueryFault> {
        let text = self.one()?;
        text.parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .ok_or_else(|| fault(self.name, format!("`{text}` is no number")))
    }

    fn words(&self, vocabulary: Vocabulary) -> Vec<String> {
        self.values
            .iter()
            .map(|text| vocabulary.bare(text).map_or_else(|| text.clone(), str::to_owned))
            .collect()
    }

    fn canonical(&self) -> Vec<String> {
        self.values.iter().map(|text| canonical(text)).collect()
    }

    /// Parameters with a name of their own.
    fn fixed(&self) -> Result<Option<Condition>, QueryFault> {
        let things =
            |things| Condition::Things(things, self.values.iter().map(|text| Pattern::parse(text)).collect());
        let classes = |things| {
            Condition::Things(
                things,
                self.values.iter().map(|text| Pattern::Exactly(canonical(text))).collect(),
            )
        };
        let place = |field, descendants| Condition::Place { field, ids: self.canonical(), descendants };
        Ok(Some(match self.name {
            "eventType" => {
                let known = |text: &&String| !EVENT_TYPES.contains(&text.as_str()) && !text.contains(':');
                if let Some(unknown) = self.values.iter().find(known) {
                    return Err(fault(self.name, format!("there is no type of event `{unknown}`")));
                }
                Condition::Kind(self.values.clone())
            }
            "EQ_action" => {
                let known = |text: &&String| !matches!(text.as_str(), "ADD" | "OBSERVE" | "DELETE");
                if let Some(unknown) = self.values.iter().find(known) {
                    return Err(fault(self.name, format!("`{unknown}` is none of ADD, OBSERVE, DELETE")));
                }
                Condition::Text("action", self.values.clone())
            }
            "EQ_bizStep" => Condition::Word("bizStep", self.words(Vocabulary::BizStep)),
            "EQ_disposition" => Condition::Word("disposition", self.words(Vocabulary::Disposition)),
            "EQ_persistentDisposition_set" => {
                Condition::Persistent("set", self.words(Vocabulary::Disposition))
            }
            "EQ_persistentDisposition_unset" => {
                Condition::Persistent("unset", self.words(Vocabulary::Disposition))
            }
            "EQ_readPoint" => place("readPoint", false),
            "WD_readPoint" => place("readPoint", true),
            "EQ_bizLocation" => place("bizLocation", false),
            "WD_bizLocation" => place("bizLocation", true),
            "EQ_transformationID" => Condition::Text("transformationID", self.canonical()),
            "EQ_eventID" => Condition::Text("eventID", self.values.clone()),
            "MATCH_epc" => things(Things::Epcs),
            "MATCH_parentID" => things(Things::Parents),
            "MATCH_inputEPC" => things(Things::Inputs),
            "MATCH_outputEPC" => things(Things::Outputs),
            "MATCH_anyEPC" => things(Things::Any),
            "MATCH_epcClass" => classes(Things::Classes),
            "MATCH_inputEPCClass" => classes(Things::InputClasses),
            "MATCH_outputEPCClass" => classes(Things::OutputClasses),
            "MATCH_anyEPCClass" => classes(Things::AnyClass),
            "EXISTS_errorDeclaration" => Condition::Exists("errorDeclaration"),
            "EXISTS_ilmd" => Condition::Exists("ilmd"),
            "EXISTS_sensorElementList" | "EXISTS_sensorElement" => Condition::Sensed,
            "EQ_errorReason" => Condition::DeclaredFor(self.words(Vocabulary::ErrorReason)),
            "EQ_correctiveEventID" => Condition::CorrectedBy(self.values.clone()),
            _ => return Ok(None),
        }))
    }

    /// Parameters whose name says what they compare, and how.
    fn family(&self) -> Result<Condition, QueryFault> {
        let unknown =
            || fault(self.name, "there is no such parameter; EPCIS 2.0, section 8.2.7.1, lists them");
        let (verb, rest) = self.name.split_once('_').ok_or_else(unknown)?;
        if verb == "EXISTS" {
            let condition = ExtensionCondition::exists(rest, self.namespaces).ok_or_else(unknown)?;
            return Ok(Condition::Extension(condition));
        }
        if verb == "HASATTR" {
            return Ok(Condition::HasAttribute { field: rest.to_owned(), names: self.values.clone() });
        }
        if let Some((field, name)) = self.attribute() {
            return Ok(Condition::Attribute { field, name, values: self.values.clone() });
        }
        let comparison = Comparison::of(verb).ok_or_else(unknown)?;
        if let Some(condition) = self.times(comparison, rest)? {
            return Ok(condition);
        }
        if comparison == Comparison::Equal
            && let Some(condition) = self.typed(rest).or_else(|| self.sensor_text(rest))
        {
            return Ok(condition);
        }
        if let Some(condition) = self.numbers(comparison, rest)? {
            return Ok(condition);
        }
        let values = self.values.clone();
        let condition =
            ExtensionCondition::compare(rest, comparison, values, self.namespaces).ok_or_else(unknown)?;
        Ok(Condition::Extension(condition))
    }

    /// `EQATTR_FIELD_NAME`, or `EQ_ATTR_FIELD_NAME` as the published schema has it.
    fn attribute(&self) -> Option<(String, String)> {
        let rest = self.name.strip_prefix("EQATTR_").or_else(|| self.name.strip_prefix("EQ_ATTR_"))?;
        let (field, name) = rest.split_once('_')?;
        Some((field.to_owned(), name.to_owned()))
    }

    fn times(&self, comparison: Comparison, field: &str) -> Result<Option<Condition>, QueryFault> {
        if !matches!(comparison, Comparison::GreaterOrEqual | Comparison::Less) {
            return Ok(None);
        }
        Ok(Some(match field {
            "eventTime" => Condition::EventTime(comparison, self.ms()?),
            "recordTime" => Condition::RecordTime(comparison, self.ms()?),
            "errorDeclarationTime" | "errorDeclaration_Time" => Condition::DeclaredAt(comparison, self.ms()?),
            "time" => Condition::SensorTime("time", comparison, self.ms()?),
            "startTime" => Condition::SensorTime("startTime", comparison, self.ms()?),
            "endTime" => Condition::SensorTime("endTime", comparison, self.ms()?),
            _ => return Ok(None),
        }))
    }

    /// Transactions, sources and destinations by type.
    fn typed(&self, rest: &str) -> Option<Condition> {
        let lists = [
            ("bizTransaction_", "bizTransactionList", "bizTransaction", Vocabulary::BizTransactionType),
            ("source_", "sourceList", "source", Vocabulary::SourceDestType),
            ("destination_", "destinationList", "destination", Vocabulary::SourceDestType),
        ];
        lists.into_iter().find_map(|(head, list, member, types)| {
            let kind = rest.strip_prefix(head)?;
            let kind = types.bare(kind).unwrap_or(kind).to_owned();
            Some(Condition::Typed { list, member, kind, values: self.canonical() })
        })
    }

    fn sensor_text(&self, field: &str) -> Option<Condition> {
        let texts = [
            "deviceID",
            "deviceMetadata",
            "rawData",
            "dataProcessingMethod",
            "bizRules",
            "microorganism",
            "chemicalSubstance",
            "coordinateReferenceSystem",
            "stringValue",
            "booleanValue",
            "hexBinaryValue",
            "uriValue",
            "time",
        ];
        let vocabulary = match field {
            "type" => Some(("type", Vocabulary::Measurement)),
            "exception" => Some(("exception", Vocabulary::SensorAlert)),
            "component" => Some(("component", Vocabulary::Component)),
            _ => None,
        };
        if let Some((field, vocabulary)) = vocabulary {
            return Some(Condition::SensorText(field, self.words(vocabulary)));
        }
        let field = texts.into_iter().find(|known| *known == field)?;
        Some(Condition::SensorText(field, self.canonical()))
    }

    /// Quantities and numbers of sensors.
    fn numbers(&self, comparison: Comparison, rest: &str) -> Result<Option<Condition>, QueryFault> {
        if rest == "quantity" {
            return Ok(Some(Condition::Quantity(comparison, self.number()?)));
        }
        if let Some(unit) = rest.strip_prefix("quantity_") {
            return Ok(Some(Condition::QuantityOf(unit.to_owned(), comparison, self.number()?)));
        }
        let fields = ["value", "minValue", "maxValue", "meanValue", "sDev", "percValue", "percRank"];
        for field in fields {
            let Some(after) = rest.strip_prefix(field) else { continue };
            let unit = match after.strip_prefix('_') {
                Some(unit) => Some(unit.to_owned()),
                None if after.is_empty() => None,
                None => continue,
            };
            return Ok(Some(Condition::SensorNumber { field, unit, comparison, value: self.number()? }));
        }
        Ok(None)
    }
}
