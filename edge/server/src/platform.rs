//! The platform as the API sees it: the flow thread, the journal and the listeners behind one trait.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use plomb_api::{
    BoundPort, Health, HistoryOrder, HistoryPage, HistoryQuery, JournalStatus, Kept, Platform, Question,
    Refused, Reply, Ring, SenderStatus, Status, StoredEntry, StoredReport, Subscription, Unavailable,
};
use plomb_cases::Case;
use plomb_devices::{Description, Secrets, SessionKey};
use plomb_evidence::log::{Tile, WitnessRefusal};
use plomb_evidence::merkle::leaf_hash;
use plomb_evidence::{Action, Entry, decode};
use plomb_flow::BacktestReport;
use plomb_ingest::{IngestCounters, Messages};
use plomb_model::{CaseId, ConnectionId, DeviceId, EntryId, MovementId, Protocol, Timestamp};
use plomb_movements::{Form, Movement};
use plomb_report::{Disclosed, Document, Evidence};
use plomb_rules::{Change, CommandRecord, CommandStep};
use plomb_store::{
    COMMIT_BUCKETS_US, Cursor, Health as JournalHealth, Journal, JournalReader, Order, StoreError,
};
use tokio::sync::{mpsc, oneshot};

use crate::backtest::backtest;
use crate::engine::Work;
use crate::metrics::{EngineCounters, Exposition};
use crate::notary::Notary;
use crate::witness::Watch;

/// Entries that a back-test of the API looks at, at most: a minute or so.
const BACKTEST_ENTRIES_MAX: u64 = 5_000_000;
/// Entries of a device that are looked up at once.
const ENTRIES_AT_ONCE: usize = 1000;
/// Addresses of conversations kept for people who look at a frame; the oldest give way.
const PEERS_MAX: usize = 100_000;

/// Who is, or was, at the other end of a conversation.
#[derive(Debug, Default)]
pub(crate) struct Peers(Mutex<BTreeMap<ConnectionId, Box<str>>>);

impl Peers {
    pub(crate) fn remember(&self, connection: ConnectionId, peer: &str) {
        let mut peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.insert(connection, peer.into());
        if peers.len() > PEERS_MAX {
            peers.pop_first();
        }
    }

    fn of(&self, connection: ConnectionId) -> Option<String> {
        let peers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        peers.get(&connection).map(ToString::to_string)
    }
}

/// All that the API may reach.
pub(crate) struct Plomb {
    pub(crate) work: mpsc::Sender<Work>,
    pub(crate) ring: Ring,
    pub(crate) reader: JournalReader,
    pub(crate) notary: Arc<Notary>,
    pub(crate) watch: Arc<Watch>,
    /// Held by the back-test that runs: one at a time.
    pub(crate) backtesting: Arc<tokio::sync::Mutex<()>>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) peers: Arc<Peers>,
    pub(crate) engine: Arc<EngineCounters>,
    pub(crate) ingest: Arc<IngestCounters>,
    pub(crate) devices: Arc<AtomicU64>,
    pub(crate) durable: Arc<AtomicU64>,
    pub(crate) refused: Arc<AtomicBool>,
    pub(crate) started_at: Timestamp,
    pub(crate) ports: Vec<BoundPort>,
    pub(crate) messages: Weak<Messages>,
    /// Secrets of devices.
    pub(crate) secrets: Arc<dyn Secrets>,
    /// From which challenges for tags are drawn.
    pub(crate) key: SessionKey,
}

impl Platform for Plomb {
    fn ask(&self, question: Question) -> Result<(), Unavailable> {
        self.work.try_send(Work::Ask(question)).map_err(|_| busy())
    }

    fn operate(&self, by: &str, action: Action) -> Reply<Result<Vec<Change>, Refused>> {
        let (work, by) = (self.work.clone(), by.into());
        Box::pin(async move {
            let what = match &action {
                Action::Acknowledge { alarm, .. } => format!("alarm {alarm}"),
                Action::SetStanding { device, .. }
                | Action::Expect { device, .. }
                | Action::PlaceGate { gate: device, .. } => {
                    format!("device {device}")
                }
                Action::Step { movement, .. } => format!("movement {movement}"),
                Action::Case { case, .. } => format!("case {case}"),
                Action::Rules { change, .. } => format!("change {change} of the rules"),
                Action::Draw { place, .. } => format!("place {place}"),
                Action::Order { ticket, .. }
                | Action::Authorise { ticket }
                | Action::Refuse { ticket, .. }
                | Action::Cancel { ticket } => {
                    format!("command {}", ticket.0)
                }
            };
            let (reply, answer) = oneshot::channel();
            work.send(Work::Operate { by, action, reply }).await.map_err(|_| busy())?;
            match answer.await {
                Ok(Some(changes)) => Ok(changes),
                Ok(None) => Err(Refused::Unknown(what)),
                Err(_) => Err(not_kept().into()),
            }
        })
    }

    fn command(&self, by: &str, step: CommandStep) -> Reply<Result<CommandRecord, Refused>> {
        let (work, by) = (self.work.clone(), by.into());
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            work.send(Work::Command { by, step, reply }).await.map_err(|_| busy())?;
            answer.await.map_err(|_| not_kept())?
        })
    }

    fn step(
        &self,
        by: &str,
        movement: Option<MovementId>,
        step: &str,
        form: Form,
    ) -> Reply<Result<Movement, Refused>> {
        let (work, by, step) = (self.work.clone(), by.into(), step.into());
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            let asked = Work::Step { by, movement, step, form, reply };
            work.send(asked).await.map_err(|_| busy())?;
            answer.await.map_err(|_| not_kept())?
        })
    }

    fn case_step(&self, by: &str, case: CaseId, step: &str, form: Form) -> Reply<Result<Vec<Case>, Refused>> {
        let (work, by, step) = (self.work.clone(), by.into(), step.into());
        Box::pin(async move {
            let (reply, answer) = oneshot::channel();
            work.send(Work::Case { by, case, step, form, reply }).await.map_err(|_| busy())?;
            answer.await.map_err(|_| not_kept())?
        })
    }

    fn bring(&self, protocol: Protocol, peer: &str, frame: Vec<u8>) -> Reply<Result<Kept, Unavailable>> {
        let (messages, peer) = (self.messages.upgrade(), peer.to_owned());
        Box::pin(async move {
            let kept =
                messages.ok_or_else(busy)?.bring(protocol, &peer, &frame).await.ok_or_else(not_kept)?;
            Ok(Kept { entry: kept.entry, decoded: kept.decoded })
        })
    }

    fn challenge(&self, at: Timestamp) -> String {
        plomb_wire::to_hex(&plomb_devices::challenge(&self.key, at))
    }

    fn opening_code(&self, device: &DeviceId, arming: u32, until_h: u32) -> Option<String> {
        plomb_devices::opening_code(&*self.secrets, device, arming, until_h)
    }

    fn link_token(&self, subject: &str) -> String {
        let code = self.key.derive("link", subject.as_bytes());
        plomb_wire::to_hex(code.get(..16).unwrap_or_default())
    }

    fn updates(&self, after: Option<u64>) -> Subscription {
        self.ring.subscribe(after)
    }

    fn history(&self, query: HistoryQuery) -> Reply<Result<HistoryPage, Unavailable>> {
        let reader = self.reader.clone();
        Box::pin(async move { blocking(move || history(&reader, &query)).await })
    }

    fn entry(&self, id: EntryId) -> Reply<Result<Option<StoredEntry>, Unavailable>> {
        let (reader, peers) = (self.reader.clone(), Arc::clone(&self.peers));
        Box::pin(async move { blocking(move || entry(&reader, &peers, id)).await })
    }

    fn entries_of(
        &self,
        device: DeviceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Reply<Result<Vec<EntryId>, Unavailable>> {
        let reader = self.reader.clone();
        Box::pin(async move { blocking(move || entries_of(&reader, device, (from, to), limit)).await })
    }

    fn prove(&self, entries: Vec<EntryId>) -> Reply<Result<Evidence, Unavailable>> {
        let (notary, reader) = (Arc::clone(&self.notary), self.reader.clone());
        Box::pin(async move { blocking(move || notary.prove(&reader, &entries)).await })
    }

    fn trip_report(
        &self,
        statement: serde_json::Map<String, serde_json::Value>,
        fields: Vec<(String, serde_json::Value)>,
        evidence: &Evidence,
    ) -> Result<Document, Unavailable> {
        let salted = |(name, value): (String, serde_json::Value)| {
            let mut salt = [0; 16];
            getrandom::fill(&mut salt).map_err(|error| Unavailable(error.to_string()))?;
            Ok(Disclosed::new(&salt, &name, value))
        };
        let fields = fields.into_iter().map(salted).collect::<Result<Vec<_>, Unavailable>>()?;
        let key = self.notary.key().ok_or_else(|| Unavailable("there is no key".to_owned()))?;
        Document::trip(statement, fields, evidence, key).map_err(|error| Unavailable(error.to_string()))
    }

    fn checkpoint(&self) -> Option<String> {
        self.notary.checkpoint()
    }

    fn log_keys(&self) -> Vec<String> {
        self.notary.keys()
    }

    fn witness(&self, request: String, at: Timestamp) -> Reply<Result<String, WitnessRefusal>> {
        let watch = Arc::clone(&self.watch);
        let now_s = u64::try_from(at.as_millis() / 1000).unwrap_or_default();
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || watch.add(&request, now_s)).await;
            done.unwrap_or_else(|_| Err(WitnessRefusal::Shape("the witness failed".to_owned())))
        })
    }

    fn backtest(
        &self,
        overrides: Vec<(Box<str>, i64)>,
        from: Timestamp,
        to: Timestamp,
    ) -> Reply<Result<BacktestReport, Refused>> {
        let (journal, one) = (Arc::clone(&self.journal), Arc::clone(&self.backtesting));
        Box::pin(async move {
            let Ok(one) = one.try_lock_owned() else {
                return Err(Refused::Conflict("Another back-test is running; wait for it".to_owned()));
            };
            let done = tokio::task::spawn_blocking(move || {
                let report = backtest(&journal, overrides, (from, to), BACKTEST_ENTRIES_MAX);
                drop(one);
                report.map_err(|error| Refused::Conflict(format!("{error:#}")))
            });
            done.await.unwrap_or_else(|_| {
                Err(Unavailable("The back-test failed; the log says why".to_owned()).into())
            })
        })
    }

    fn tile(&self, tile: Tile) -> Reply<Result<Option<Vec<u8>>, Unavailable>> {
        let notary = Arc::clone(&self.notary);
        Box::pin(async move { blocking(move || notary.tile(&tile)).await })
    }

    fn describe(&self, protocol: Protocol, frame: &[u8]) -> Description {
        plomb_devices::describe(protocol, frame)
    }

    fn status(&self) -> Status {
        let stats = self.reader.stats();
        Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: self.started_at,
            sequence: self.durable.load(Ordering::Acquire).saturating_sub(1),
            devices: self.devices.load(Ordering::Relaxed),
            connections: self.ingest.connections.load(Ordering::Relaxed),
            reports_per_s: self.engine.reports_per_s(),
            senders: SenderStatus {
                bad_reports: self.ingest.bad_reports.load(Ordering::Relaxed),
                bad_connections: self.ingest.bad_connections.load(Ordering::Relaxed),
                dropped_messages: self.ingest.dropped_messages.load(Ordering::Relaxed),
                held_back_alarms: self.engine.held_back.load(Ordering::Relaxed),
            },
            journal: JournalStatus {
                bytes: stats.unsealed_bytes + stats.history_bytes,
                segments: (stats.unsealed_segments + stats.history_files) as u64,
                oldest_at: stats.oldest_written_at.map(|at| at.0),
            },
            ports: self.ports.clone(),
        }
    }

    fn health(&self) -> Health {
        let mut reasons = Vec::new();
        if let JournalHealth::Refusing(reason) = self.journal.health() {
            reasons.push(format!("The journal takes no reports: {reason}"));
        }
        if self.refused.load(Ordering::Acquire) && reasons.is_empty() {
            reasons.push("The state is being recovered from the journal".to_owned());
        }
        reasons.extend(self.notary.refusing());
        if self.work.is_closed() {
            reasons.push("The flow has stopped".to_owned());
        }
        Health { reasons }
    }

    fn metrics(&self) -> String {
        let mut text = Exposition::default();
        self.engine_metrics(&mut text);
        self.ingest_metrics(&mut text);
        self.journal_metrics(&mut text);
        text.finish()
    }
}

impl Plomb {
    fn engine_metrics(&self, text: &mut Exposition) {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let engine = &self.engine;
        text.counter("plomb_flow_reports_total", "Reports handled.", value(&engine.reports));
        text.counter(
            "plomb_flow_duplicates_total",
            "Events that were retransmissions.",
            value(&engine.duplicates),
        );
        text.counter("plomb_flow_issues_total", "Issues found in reports.", value(&engine.issues));
        text.counter(
            "plomb_flow_unidentified_total",
            "Reports without a known device.",
            value(&engine.unidentified),
        );
        text.counter(
            "plomb_flow_alarm_changes_total",
            "Alarms raised or changed.",
            value(&engine.alarm_changes),
        );
        text.counter(
            "plomb_flow_held_back_alarms_total",
            "Alarms of unregistered devices that were not raised, because there were too many.",
            value(&engine.held_back),
        );
        text.gauge("plomb_flow_devices", "Devices known.", value(&self.devices));
        let clients = u64::try_from(self.ring.clients()).unwrap_or(u64::MAX);
        text.gauge("plomb_api_live_clients", "Clients of the live stream.", clients);
    }

    fn ingest_metrics(&self, text: &mut Exposition) {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let ingest = &self.ingest;
        text.gauge("plomb_ingest_connections", "Conversations open.", value(&ingest.connections));
        text.counter("plomb_ingest_opened_total", "Conversations opened.", value(&ingest.opened));
        text.counter(
            "plomb_ingest_refused_total",
            "Conversations refused: listener full.",
            value(&ingest.refused),
        );
        text.counter(
            "plomb_ingest_bad_reports_total",
            "Reports with issues and no event, or with a proof of the sender that does not count.",
            value(&ingest.bad_reports),
        );
        text.counter(
            "plomb_ingest_bad_connections_total",
            "Connections closed for too many bad reports.",
            value(&ingest.bad_connections),
        );
        text.counter(
            "plomb_ingest_dropped_messages_total",
            "Datagrams and messages dropped because their sender had brought too many bad ones.",
            value(&ingest.dropped_messages),
        );
        text.counter("plomb_ingest_received_bytes_total", "Bytes received.", value(&ingest.bytes_received));
        text.counter("plomb_ingest_sent_bytes_total", "Bytes sent.", value(&ingest.bytes_sent));
        text.counter(
            "plomb_ingest_decoder_faults_total",
            "Decoders stopped by a fault.",
            value(&ingest.decoder_faults),
        );
        text.gauge("plomb_ingest_readers", "Readers that are called.", value(&ingest.readers));
        text.gauge(
            "plomb_ingest_readers_connected",
            "Readers that are talked with.",
            value(&ingest.readers_connected),
        );
        text.counter("plomb_ingest_reader_calls_total", "Calls of readers.", value(&ingest.reader_calls));
        text.counter(
            "plomb_ingest_reader_losses_total",
            "Calls of readers that failed, and conversations with them that were lost.",
            value(&ingest.reader_losses),
        );
    }

    #[expect(clippy::cast_precision_loss, reason = "a sum of seconds for people")]
    fn journal_metrics(&self, text: &mut Exposition) {
        let value = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let journal = self.journal.counters();
        text.counter("plomb_journal_entries_total", "Entries made durable.", value(&journal.entries));
        text.counter("plomb_journal_commits_total", "Writes made durable.", value(&journal.commits));
        text.counter("plomb_journal_written_bytes_total", "Bytes written.", value(&journal.written_bytes));
        text.counter(
            "plomb_journal_failed_batches_total",
            "Batches refused.",
            value(&journal.failed_batches),
        );
        text.counter(
            "plomb_journal_sealed_segments_total",
            "Segments sealed.",
            value(&journal.sealed_segments),
        );
        let mut below = 0;
        let mut buckets = Vec::new();
        for (bound_us, counter) in COMMIT_BUCKETS_US.iter().zip(&journal.commit_latency) {
            below += value(counter);
            buckets.push((*bound_us as f64 / 1e6, below));
        }
        let (sum_s, count) = (value(&journal.commit_latency_us) as f64 / 1e6, value(&journal.commits));
        text.histogram("plomb_journal_commit_seconds", "From handover to durable.", &buckets, sum_s, count);
        let stats = self.reader.stats();
        text.gauge("plomb_journal_bytes", "Bytes on disk.", stats.unsealed_bytes + stats.history_bytes);
    }
}

/// A page of a device's reports. Entries that are no reports (decisions about its alarms) are passed over.
fn history(reader: &JournalReader, query: &HistoryQuery) -> Result<HistoryPage, Unavailable> {
    let stored = plomb_store::HistoryQuery {
        device: query.device,
        from: query.from.unwrap_or(Timestamp::from_millis(i64::MIN)),
        to: query.to.unwrap_or(Timestamp::from_millis(i64::MAX)),
        order: match query.order {
            HistoryOrder::OldestFirst => Order::Ascending,
            HistoryOrder::NewestFirst => Order::Descending,
        },
        limit: query.limit,
        cursor: query.beyond.map(|place| Cursor { time: place.time, entry: place.entry }),
    };
    let mut page = HistoryPage::default();
    let mut cursor = stored.cursor;
    loop {
        let found = reader.history(&plomb_store::HistoryQuery { cursor, ..stored }).map_err(unavailable)?;
        for (id, bytes) in found.rows {
            match decode(&bytes) {
                Ok(Entry::Received(received)) => page.reports.push(StoredReport { id, received }),
                Ok(_) => {}
                Err(error) => return Err(Unavailable(format!("entry {id} cannot be read: {error}"))),
            }
        }
        cursor = found.next;
        page.more = cursor.is_some();
        if !page.more || !page.reports.is_empty() {
            return Ok(page);
        }
    }
}

/// The entries about a device from a time on and before another, as many as `limit`, by number.
fn entries_of(
    reader: &JournalReader,
    device: DeviceId,
    (from, to): (Timestamp, Timestamp),
    limit: usize,
) -> Result<Vec<EntryId>, Unavailable> {
    let (mut cursor, mut entries) = (None, Vec::new());
    while entries.len() < limit {
        let query = plomb_store::HistoryQuery {
            device,
            from,
            to,
            order: Order::Ascending,
            limit: ENTRIES_AT_ONCE.min(limit - entries.len()),
            cursor,
        };
        let found = reader.history(&query).map_err(unavailable)?;
        entries.extend(found.rows.iter().map(|(id, _)| *id));
        cursor = found.next;
        if cursor.is_none() {
            break;
        }
    }
    entries.sort_unstable();
    Ok(entries)
}

fn entry(reader: &JournalReader, peers: &Peers, id: EntryId) -> Result<Option<StoredEntry>, Unavailable> {
    let Some(bytes) = reader.entry(id).map_err(unavailable)? else { return Ok(None) };
    let entry = decode(&bytes).map_err(|error| Unavailable(format!("entry {id} cannot be read: {error}")))?;
    let peer = match &entry {
        Entry::Received(received) => peers.of(received.connection),
        Entry::Opened(opened) => Some(opened.peer.to_string()),
        Entry::Closed(closed) => peers.of(closed.connection),
        Entry::Sent(sent) => peers.of(sent.connection),
        Entry::Dispatched(dispatched) => peers.of(dispatched.connection),
        Entry::Operated(_) | Entry::Clocked(_) | Entry::Decided(_) | Entry::Configured(_) => None,
    };
    Ok(Some(StoredEntry { entry, leaf_hash: leaf_hash(&bytes).0, peer }))
}

/// Runs what reads the disk away from the tasks that serve requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Unavailable> + Send + 'static,
) -> Result<T, Unavailable> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(_) => Err(Unavailable("Reading the journal failed; the log says why".to_owned())),
    }
}

fn busy() -> Unavailable {
    Unavailable("The platform is too busy or is stopping; try again".to_owned())
}

fn not_kept() -> Unavailable {
    Unavailable("It could not be made durable; see /readyz".to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: StoreError) -> Unavailable {
    Unavailable(error.to_string())
}
