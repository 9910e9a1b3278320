//! EPCIS 2.0 and CBV 2.0: what happened to which thing, where, when and why, in the words that every trading partner's
//! system has.
//!
//! Documents in JSON-LD and XML (2.0 and 1.2), the identifiers in them, the hash that names an event, queries with
//! conversion of units, and the repository that keeps what was captured. HTTP is `plomb-api`'s.

mod answer;
mod context;
mod document;
mod fault;
mod hash;
mod id;
mod query;
mod schedule;
mod store;
mod time;
mod uri;
mod validate;
mod vocabulary;
mod xml;

pub use answer::{EpcFormat, collection, query_document, with_record_time};
pub use context::{CONTEXT_URL, Namespaces};
pub use document::{Document, Event, VocabularyElement, document_of, read_json};
pub use fault::{FAULTS_MAX, Fault};
pub use hash::{event_hash, pre_hash};
pub use id::{CompanyPrefixes, Pattern, canonical, digital_link_to_urn, urn_to_digital_link};
pub use query::{MasterData, Query, QueryFault, TermKind};
pub use schedule::Schedule;
pub use store::{
    Behaviour, CaptureError, CaptureFault, CaptureJob, Captured, FindError, NamedQuery, Page, Repository,
    RepositoryError, SIMPLE_EVENT_QUERY, Stored, Subscription, SubscriptionState,
};
pub use time::{format_ms, offset_min, parse_ms};
pub use uri::is_uri;
pub use validate::EVENT_TYPES;
pub use vocabulary::Vocabulary;
pub use xml::{XmlVersion, XmlWords, problem_xml, query_document_xml, read_xml};
