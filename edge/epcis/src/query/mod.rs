//! Queries: the parameters of the simple event query (EPCIS 2.0, section 8.2.7.1), read and applied.
//!
//! The grammar is the text's. Where the published schema of queries cannot be met, as with the names of extensions, which
//! its patterns reject, or where it and the published OpenAPI name a parameter differently, both are taken.

mod extension;
mod matches;
mod parse;
mod units;

pub use matches::MasterData;
pub(crate) use matches::canonical_texts;

use crate::id::Pattern;
use crate::vocabulary::Vocabulary;
use extension::ExtensionCondition;

/// Why a query cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{parameter}: {why}")]
pub struct QueryFault {
    /// Which parameter.
    pub parameter: String,
    /// What is wrong with it.
    pub why: String,
}

/// A query that was understood.
#[derive(Clone, Debug, Default)]
pub struct Query {
    conditions: Vec<Condition>,
    /// What the results are sorted by; by the time of their record, the earliest first, when nothing is said.
    pub(crate) order: Order,
    /// Whether an order was asked for.
    ordered: bool,
    /// Whether the highest comes first, where it was said.
    direction: Option<bool>,
    /// As many results as there may be; the others are left out.
    pub count_limit: Option<usize>,
    /// More results than these make the query fail.
    pub count_max: Option<usize>,
    /// Results of a page, as asked for in the query itself.
    pub per_page: Option<usize>,
    /// Where a page begins, as the page before said.
    pub next_page: Option<String>,
}

/// What results are sorted by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    /// When they were recorded.
    #[default]
    Record,
    /// When they happened.
    EventTime,
    /// A field with a number or a text.
    Field(String),
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Comparison {
    fn of(word: &str) -> Option<Self> {
        Some(match word {
            "EQ" => Self::Equal,
            "GT" => Self::Greater,
            "GE" => Self::GreaterOrEqual,
            "LT" => Self::Less,
            "LE" => Self::LessOrEqual,
            _ => return None,
        })
    }

    fn holds<T: PartialOrd>(self, one: T, other: T) -> bool {
        match self {
            Self::Equal => one == other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
        }
    }
}

/// One condition of a query.
#[derive(Clone, Debug)]
enum Condition {
    /// The type of event is one of these.
    Kind(Vec<String>),
    /// When it happened, milliseconds.
    EventTime(Comparison, i64),
    /// When it was recorded, milliseconds.
    RecordTime(Comparison, i64),
    /// A field is one of these texts.
    Text(&'static str, Vec<String>),
    /// A field is one of these words.
    Word(&'static str, Vec<String>),
    /// A disposition was set or unset.
    Persistent(&'static str, Vec<String>),
    /// A place is one of these; with what lies in them.
    Place { field: &'static str, ids: Vec<String>, descendants: bool },
    /// A list holds an item of this type with one of these values.
    Typed { list: &'static str, member: &'static str, kind: String, values: Vec<String> },
    /// One of these fields holds a thing that matches.
    Things(Things, Vec<Pattern>),
    /// A quantity of any unit.
    Quantity(Comparison, f64),
    /// A quantity of this unit or one that measures the same.
    QuantityOf(String, Comparison, f64),
    /// There is a field.
    Exists(&'static str),
    /// There is data of sensors.
    Sensed,
    /// When an error was declared, milliseconds.
    DeclaredAt(Comparison, i64),
    /// Why it was declared.
    DeclaredFor(Vec<String>),
    /// What corrects it.
    CorrectedBy(Vec<String>),
    /// A time of sensors, milliseconds.
    SensorTime(&'static str, Comparison, i64),
    /// A text of sensors is one of these.
    SensorText(&'static str, Vec<String>),
    /// A number of sensors, in this unit where it has one.
    SensorNumber { field: &'static str, unit: Option<String>, comparison: Comparison, value: f64 },
    /// Something about an extension.
    Extension(ExtensionCondition),
    /// The master data of a field's value has one of these attributes.
    HasAttribute { field: String, names: Vec<String> },
    /// An attribute of the master data of a field's value is one of these.
    Attribute { field: String, name: String, values: Vec<String> },
}

/// Where things stand in an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Things {
    Epcs,
    Parents,
    Inputs,
    Outputs,
    Any,
    Classes,
    InputClasses,
    OutputClasses,
    AnyClass,
}

impl Query {
    /// Whether the highest comes first: so it is unless said, where an order was asked for (EPCIS 2.0, section 8.2.7.1,
    /// orderDirection).
    pub(crate) fn descending(&self) -> bool {
        self.direction.unwrap_or(self.ordered)
    }

    /// The identifiers that an event must hold one of, by which an index finds it: the first such condition. `None` when
    /// there is none that an index can answer.
    pub(crate) fn indexed<'a>(&'a self) -> Option<Indexed<'a>> {
        let things = |condition: &'a Condition| match condition {
            Condition::Things(things, patterns) => {
                let scheme = patterns.iter().any(|pattern| matches!(pattern, Pattern::OfScheme(_)));
                let class = matches!(
                    things,
                    Things::Classes | Things::InputClasses | Things::OutputClasses | Things::AnyClass
                );
                let kind = if class { TermKind::Class } else { TermKind::Epc };
                (!scheme).then_some(Indexed::Things(kind, patterns))
            }
            _ => None,
        };
        let words = |condition: &'a Condition| match condition {
            Condition::Place { field, ids, descendants: false } => {
                let kind = if *field == "readPoint" { TermKind::ReadPoint } else { TermKind::BizLocation };
                Some(Indexed::Texts(kind, ids))
            }
            Condition::Word("bizStep", words) => Some(Indexed::Texts(TermKind::BizStep, words)),
            Condition::Word("disposition", words) => Some(Indexed::Texts(TermKind::Disposition, words)),
            _ => None,
        };
        self.conditions.iter().find_map(things).or_else(|| self.conditions.iter().find_map(words))
    }

    /// Bounds of the time of record and of the event, milliseconds, for an index: from and before.
    pub(crate) fn times(&self) -> [(Option<i64>, Option<i64>); 2] {
        let mut bounds = [(None, None); 2];
        let [record, event] = &mut bounds;
        for condition in &self.conditions {
            let (bounds, comparison, ms) = match condition {
                Condition::RecordTime(comparison, ms) => (&mut *record, comparison, ms),
                Condition::EventTime(comparison, ms) => (&mut *event, comparison, ms),
                _ => continue,
            };
            match comparison {
                Comparison::GreaterOrEqual => bounds.0 = bounds.0.max(Some(*ms)),
                Comparison::Less => bounds.1 = Some(bounds.1.map_or(*ms, |known: i64| known.min(*ms))),
                _ => {}
            }
        }
        bounds
    }

    /// The event's identifiers that are asked for, if they are.
    pub(crate) fn event_ids(&self) -> Option<&[String]> {
        self.conditions.iter().find_map(|condition| match condition {
            Condition::Text("eventID", ids) => Some(ids.as_slice()),
            _ => None,
        })
    }
}

/// A condition that an index answers.
pub(crate) enum Indexed<'a> {
    /// Identifiers of things.
    Things(TermKind, &'a [Pattern]),
    /// Places and words, in canonical form.
    Texts(TermKind, &'a [String]),
}

/// What is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TermKind {
    /// Identifiers of single things.
    Epc,
    /// Identifiers of classes.
    Class,
    /// Read points.
    ReadPoint,
    /// Business locations.
    BizLocation,
    /// Business steps.
    BizStep,
    /// Dispositions.
    Disposition,
    /// Types of events.
    EventType,
}

impl TermKind {
    /// Its number in the store.
    pub(crate) const fn number(self) -> i64 {
        match self {
            Self::Epc => 1,
            Self::Class => 2,
            Self::ReadPoint => 3,
            Self::BizLocation => 4,
            Self::BizStep => 5,
            Self::Disposition => 6,
            Self::EventType => 7,
        }
    }

    /// The parameter of a query that asks for it.
    #[must_use]
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Epc => "MATCH_anyEPC",
            Self::Class => "MATCH_anyEPCClass",
            Self::ReadPoint => "EQ_readPoint",
            Self::BizLocation => "EQ_bizLocation",
            Self::BizStep => "EQ_bizStep",
            Self::Disposition => "EQ_disposition",
            Self::EventType => "eventType",
        }
    }

    /// The vocabulary whose words are written bare.
    pub(crate) const fn vocabulary(self) -> Option<Vocabulary> {
        match self {
            Self::BizStep => Some(Vocabulary::BizStep),
            Self::Disposition => Some(Vocabulary::Disposition),
            _ => None,
        }
    }
}
