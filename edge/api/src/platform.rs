//! What the API asks of the platform behind it. The server implements this over the flow thread, the journal and
//! the listeners; nothing here knows how.

use std::pin::Pin;

use plomb_cases::Case;
use plomb_devices::{Decoded, Description};
use plomb_evidence::log::{Tile, WitnessRefusal};
use plomb_evidence::{Action, Entry, Received};
use plomb_flow::BacktestReport;
use plomb_model::{CaseId, DeviceId, EntryId, MovementId, Protocol, Timestamp, Transport};
use plomb_movements::{Form, Movement};
use plomb_report::{Document, Evidence};
use plomb_rules::{Change, CommandRecord, CommandStep, State};
use serde_json::{Map, Value};

use crate::Subscription;

/// A question to the state. It must be short: the flow waits while it is answered.
pub type Question = Box<dyn FnOnce(&State) + Send>;

/// An answer that comes later.
pub type Reply<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// The platform as the API sees it.
pub trait Platform: Send + Sync + 'static {
    /// Runs a question on the flow thread between two batches, so that the state is never locked.
    ///
    /// # Errors
    /// [`Unavailable`] when the flow is not running or too many questions wait. A question that was taken and
    /// is then dropped unanswered counts as unavailable too.
    fn ask(&self, question: Question) -> Result<(), Unavailable>;

    /// Does what a person wants done. Comes back once it is durable, with the alarms it changed.
    fn operate(&self, by: &str, action: Action) -> Reply<Result<Vec<Change>, Refused>>;

    /// Takes a step of a command to a device. Comes back once it is durable, with the command as it is then.
    fn command(&self, by: &str, step: CommandStep) -> Reply<Result<CommandRecord, Refused>>;

    /// Takes a step of a movement; without a number it declares a new one. Comes back once it is durable.
    fn step(
        &self,
        by: &str,
        movement: Option<MovementId>,
        step: &str,
        form: Form,
    ) -> Reply<Result<Movement, Refused>>;

    /// Takes a step of a case; [`CaseId::ALL`] hands over all that somebody has. Comes back once it is durable, with the
    /// cases as they are then.
    fn case_step(&self, by: &str, case: CaseId, step: &str, form: Form) -> Reply<Result<Vec<Case>, Refused>>;

    /// Keeps and judges a message that a person brings, such as the link of a tap. Comes back once it is durable.
    fn bring(&self, protocol: Protocol, peer: &str, frame: Vec<u8>) -> Reply<Result<Kept, Unavailable>>;

    /// A challenge for tags, drawn at this time: ten bytes in hex.
    fn challenge(&self, at: Timestamp) -> String;

    /// The one-time code that opens a device of this arming until the end of this hour since 1970; `None` where the
    /// platform shares no secret with it.
    fn opening_code(&self, device: &DeviceId, arming: u32, until_h: u32) -> Option<String>;

    /// The code at the end of a link: 32 hex digits that only this platform can make of this subject.
    fn link_token(&self, subject: &str) -> String;

    /// The stream of durable updates after the sequence number `after`: what was missed, then live.
    /// Implemented by keeping a [`crate::Ring`] and calling [`crate::Ring::subscribe`].
    fn updates(&self, after: Option<u64>) -> Subscription;

    /// A page of the reports of one device.
    fn history(&self, query: HistoryQuery) -> Reply<Result<HistoryPage, Unavailable>>;

    /// One entry of the journal; `None` when there is none of this number (yet, or any more).
    fn entry(&self, id: EntryId) -> Reply<Result<Option<StoredEntry>, Unavailable>>;

    /// The entries about a device whose events happened from a time on and before another, as many as `limit`, by number.
    fn entries_of(
        &self,
        device: DeviceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Reply<Result<Vec<EntryId>, Unavailable>>;

    /// Entries by rising number, those that are held, with what proves them.
    fn prove(&self, entries: Vec<EntryId>) -> Reply<Result<Evidence, Unavailable>>;

    /// A trip report, signed, over a statement and fields that may be withheld.
    ///
    /// # Errors
    /// [`Unavailable`] where it cannot be signed.
    fn trip_report(
        &self,
        statement: Map<String, Value>,
        fields: Vec<(String, Value)>,
        evidence: &Evidence,
    ) -> Result<Document, Unavailable>;

    /// The journal's last signed checkpoint; `None` before there is one.
    fn checkpoint(&self) -> Option<String>;

    /// The public keys that sign checkpoints, the oldest first.
    fn log_keys(&self) -> Vec<String>;

    /// Another log asks us to sign that we saw its checkpoint; gives the line of our signature.
    fn witness(&self, request: String, at: Timestamp) -> Reply<Result<String, WitnessRefusal>>;

    /// Changed settings over the journal, for alarms raised from a time on and before another.
    fn backtest(
        &self,
        overrides: Vec<(Box<str>, i64)>,
        from: Timestamp,
        to: Timestamp,
    ) -> Reply<Result<BacktestReport, Refused>>;

    /// A tile of the journal's tree; `None` where there is none.
    fn tile(&self, tile: Tile) -> Reply<Result<Option<Vec<u8>>, Unavailable>>;

    /// A frame laid open for a person, secrets redacted.
    fn describe(&self, protocol: Protocol, frame: &[u8]) -> Description;

    /// How the platform stands. Cheap: called for each `/fleet` and each new stream.
    fn status(&self) -> Status;

    /// Whether it can do its work.
    fn health(&self) -> Health;

    /// Its metrics in the Prometheus text format; the API adds its own.
    fn metrics(&self) -> String;
}

/// The platform cannot answer now. Holds a sentence for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// Why an action was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What it is about does not exist.
    #[error("there is no {0}")]
    Unknown(String),
    /// It cannot be done as things stand. A sentence for the person.
    #[error("{0}")]
    Conflict(String),
    /// What was asked for is wrong in itself. A sentence for the person.
    #[error("{0}")]
    Unacceptable(String),
    /// It takes another person than the one who asks; the text says why.
    #[error("{0}")]
    AnotherPerson(String),
    /// It could not be made durable.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// A message that is durable.
#[derive(Debug)]
pub struct Kept {
    /// Its journal entry; `None` where its sender has brought too many bad messages, so that it is not kept.
    pub entry: Option<EntryId>,
    /// What it says.
    pub decoded: Box<Decoded>,
}

/// In which order reports come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HistoryOrder {
    /// Oldest first.
    OldestFirst,
    /// Newest first.
    #[default]
    NewestFirst,
}

/// A report's place in a device's history: by when it happened, then by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The earliest time of its events, by the device's clock; without one, when it reached us.
    pub time: Timestamp,
    /// The journal entry.
    pub entry: EntryId,
}

/// Which reports of a device, in the order in which they happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Who sent them, or was heard through the sender.
    pub device: DeviceId,
    /// With an event at this time or later.
    pub from: Option<Timestamp>,
    /// With an event before this time.
    pub to: Option<Timestamp>,
    /// In which order.
    pub order: HistoryOrder,
    /// Only reports beyond this place in the order asked for, itself left out.
    pub beyond: Option<Place>,
    /// At most so many entries. Fewer than are there is allowed if [`HistoryPage::more`] says so.
    pub limit: usize,
}

/// A page of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryPage {
    /// The reports with their journal numbers, in the order asked for.
    pub reports: Vec<StoredReport>,
    /// Whether there may be more beyond the last one. With an empty page: no.
    pub more: bool,
}

/// A report and its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredReport {
    /// Its number.
    pub id: EntryId,
    /// What came and what it means.
    pub received: Received,
}

impl StoredReport {
    /// Its place in the history.
    #[must_use]
    pub fn place(&self) -> Place {
        let at = self.received.at.0;
        let times =
            self.received.events.iter().map(|event| event.occurred_at.map_or(at, |occurred| occurred.0));
        Place { time: times.min().unwrap_or(at), entry: self.id }
    }
}

/// An entry of the journal with what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEntry {
    /// What it holds.
    pub entry: Entry,
    /// Hash of its leaf in the Merkle tree (RFC 6962, SHA-256).
    pub leaf_hash: [u8; 32],
    /// Address and port of the other side of its conversation, where it has one and it is still known.
    pub peer: Option<String>,
}

/// How the platform stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// Version of the server.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// The last durable entry: everything up to it is in the state.
    pub sequence: u64,
    /// Devices known.
    pub devices: u64,
    /// Conversations open.
    pub connections: u64,
    /// Reports a second, over the last ten seconds or so.
    pub reports_per_s: f64,
    /// What bad senders have cost.
    pub senders: SenderStatus,
    /// How the journal stands.
    pub journal: JournalStatus,
    /// What is listened on.
    pub ports: Vec<BoundPort>,
}

/// What bad senders have cost since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SenderStatus {
    /// Reports that brought issues and no event, or a proof of the sender's own that does not count.
    pub bad_reports: u64,
    /// Connections closed for too many of them.
    pub bad_connections: u64,
    /// Datagrams and messages dropped because their sender had brought too many of them.
    pub dropped_messages: u64,
    /// Alarms of unregistered devices that were not raised, because there were too many in a minute.
    pub held_back_alarms: u64,
}

/// How the journal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStatus {
    /// Bytes on disk.
    pub bytes: u64,
    /// Files.
    pub segments: u64,
    /// Time of the oldest entry that is kept.
    pub oldest_at: Option<Timestamp>,
}

/// A port that devices reach us on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundPort {
    /// What is spoken there; `None` where it is recognised from the first bytes.
    pub protocol: Option<Protocol>,
    /// How the bytes travel.
    pub transport: Transport,
    /// The number.
    pub port: u16,
}

/// Whether the platform can do its work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Why not, a sentence each; empty when it is ready.
    pub reasons: Vec<String>,
}
