//! A platform in memory: the real state and rules, a vector for a journal.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use plomb_api::{
    BoundPort, DeviceMark, Health, HistoryOrder, HistoryPage, HistoryQuery, JournalStatus, Kept, Platform,
    Question, Refused, Reply, Ring, SenderStatus, Status, StoredEntry, StoredReport, Subscription,
    Unavailable, Update, UpdateChange,
};
use plomb_cases::Case;
use plomb_devices::{Decoded, Description, SecretTable, SessionConfig};
use plomb_evidence::log::{AddCheckpoint, Checkpoint, KeyKind, Note, SigningKey, Tile, WitnessRefusal};
use plomb_evidence::merkle::{self, Frontier, Hash, leaf_hash, many_proof};
use plomb_evidence::{Action, Entry, Received, encode};
use plomb_flow::{Backtest, BacktestReport};
use plomb_model::{
    Acknowledgement, CaseId, ConnectionId, DeviceId, EntryId, Event, EventId, EventKind, Fix, Issue,
    LatitudeE7, LongitudeE7, MovementId, OccurredAt, Percent, Position, Protocol, Reading, ReceivedAt,
    Standing, Timestamp, Transport,
};
use plomb_movements::{Act, Form, Movement, Refusal};
use plomb_report::{Disclosed, Document, Evidence};
use plomb_rules::{Change, CommandRecord, CommandRefusal, CommandStep, Reported, State, evaluate};
use serde_json::{Map, Value};

/// Reports of a page at most, so that paging is put to the test.
const PAGE_MAX: usize = 7;
/// When everything begins.
pub(crate) const BEGIN: i64 = 1_795_508_130;

/// The time `seconds` after the beginning.
pub(crate) fn at(seconds: i64) -> ReceivedAt {
    ReceivedAt(Timestamp::from_secs(BEGIN + seconds))
}

/// A device of that number.
pub(crate) fn device(number: u32) -> DeviceId {
    format!("jointech:{number:010}").parse().unwrap()
}

/// An event with a position that happened at `seconds`.
pub(crate) fn position(seconds: i64, latitude: i64, longitude: i64) -> Event {
    let latitude = LatitudeE7::new(latitude).unwrap();
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = Some(OccurredAt(at(seconds).0));
    event.position = Some(Position::new(latitude, LongitudeE7::new(longitude).unwrap(), Fix::Gnss));
    event
}

/// An event with a battery reading that happened at `seconds`.
pub(crate) fn battery(seconds: i64, percent: u8) -> Event {
    let mut event = position(seconds, 10, 20);
    event.readings.push(Reading::Battery(Percent::new(percent).unwrap()));
    event
}

/// Name of the journal as a log.
const LOG: &str = "example.org/log";

/// What signs it.
pub(crate) fn log_key() -> SigningKey {
    SigningKey::new(LOG, KeyKind::Note, &[5; 32]).unwrap()
}

fn bytes(received: &Received) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode(&Entry::Received(received.clone()), &mut bytes);
    bytes
}

pub(crate) struct Fake {
    state: Mutex<State>,
    journal: Mutex<Vec<Received>>,
    /// Keys of tags.
    pub(crate) keys: Mutex<SecretTable>,
    pub(crate) ring: Ring,
    pub(crate) is_down: AtomicBool,
}

impl Fake {
    pub(crate) fn new() -> Self {
        let mut state = State::default();
        state.connect(ConnectionId(17));
        Self {
            state: Mutex::new(state),
            journal: Mutex::default(),
            keys: Mutex::default(),
            ring: Ring::new(0),
            is_down: AtomicBool::new(false),
        }
    }

    /// A report comes in, is journalled, folded, judged and told.
    pub(crate) fn report(&self, sender: DeviceId, seconds: i64, events: Vec<Event>) -> EntryId {
        self.take(Protocol::Jointech, sender, seconds, events)
    }

    fn take(&self, protocol: Protocol, sender: DeviceId, seconds: i64, events: Vec<Event>) -> EntryId {
        let mut journal = self.journal.lock().unwrap();
        let id = EntryId(journal.len() as u64);
        let mut state = self.state.lock().unwrap();
        let mut changes = Vec::new();
        let mut duplicates = 0;
        for (index, event) in (0_u16..).zip(&events) {
            let reported = Reported {
                id: EventId { entry: id, index },
                at: at(seconds),
                connection: ConnectionId(17),
                protocol,
                device: sender,
                companions: events.len(),
                event,
            };
            match state.apply(&reported) {
                Some(transition) => evaluate(&mut state, &transition, &mut changes),
                None => duplicates |= 1 << index.min(63),
            }
        }
        state.follow_alarms(id, at(seconds), &changes);
        let mark = state.devices.get(&sender).map(DeviceMark::of);
        journal.push(Received {
            at: at(seconds),
            connection: ConnectionId(17),
            protocol,
            device: Some(sender),
            frame: format!("(frame {id})").into_bytes().into(),
            issues: vec![Issue::new(3, "checksum differs", "0x12")].into(),
            events: events.into(),
            duplicates,
            replies: b"(P69,0,110)".as_slice().into(),
        });
        drop((state, journal));
        let alarms = changes.into_iter().map(|(change, alarm)| UpdateChange::Alarm(change, Box::new(alarm)));
        let updates = alarms.chain(mark.map(UpdateChange::Moved));
        self.ring.publish(updates.map(|change| Update { sequence: id.0, change }));
        id
    }

    pub(crate) fn stand(&self, device: DeviceId, standing: Standing) {
        self.state.lock().unwrap().set_standing(device, standing, at(900), &mut Vec::new());
    }

    fn up(&self) -> Result<(), Unavailable> {
        let is_down = self.is_down.load(Ordering::Relaxed);
        if is_down { Err(Unavailable("the flow is not running".to_owned())) } else { Ok(()) }
    }

    fn page(&self, query: &HistoryQuery) -> HistoryPage {
        let journal = self.journal.lock().unwrap();
        let reports = (0_u64..).map(EntryId).zip(journal.iter()).filter(|(_, received)| {
            let is_about = |event: &Event| event.peripheral == Some(query.device);
            let whose = received.device == Some(query.device) || received.events.iter().any(is_about);
            let time = |event: &Event| event.occurred_at.map_or(received.at.0, |at| at.0);
            whose
                && received.events.iter().map(time).any(|time| {
                    query.from.is_none_or(|from| time >= from) && query.to.is_none_or(|to| time < to)
                })
        });
        let mut reports: Vec<_> =
            reports.map(|(id, received)| StoredReport { id, received: received.clone() }).collect();
        reports.sort_by_key(StoredReport::place);
        if query.order == HistoryOrder::NewestFirst {
            reports.reverse();
        }
        if let Some(beyond) = query.beyond {
            reports.retain(|report| match query.order {
                HistoryOrder::OldestFirst => report.place() > beyond,
                HistoryOrder::NewestFirst => report.place() < beyond,
            });
        }
        let limit = query.limit.min(PAGE_MAX);
        let more = reports.len() > limit;
        reports.truncate(limit);
        HistoryPage { reports, more }
    }
}

impl Platform for Fake {
    fn ask(&self, question: Question) -> Result<(), Unavailable> {
        self.up()?;
        question(&self.state.lock().unwrap());
        Ok(())
    }

    fn operate(&self, by: &str, action: Action) -> Reply<Result<Vec<Change>, Refused>> {
        let mut changes = Vec::new();
        let mut state = self.state.lock().unwrap();
        let result = match action {
            Action::Acknowledge { alarm, reason, note } => {
                let acknowledgement = Acknowledgement { by: by.into(), at: at(500), reason, note };
                let known = state.acknowledge(alarm, acknowledgement, &mut changes);
                if known { Ok(changes) } else { Err(Refused::Unknown(format!("alarm {alarm}"))) }
            }
            Action::Expect { device, gate, by } => {
                state.await_read(device, gate, by, at(500));
                Ok(changes)
            }
            Action::PlaceGate { gate, place } => {
                state.gates.set(gate, place);
                Ok(changes)
            }
            Action::SetStanding { device, standing, .. } => {
                state.set_standing(device, standing, at(500), &mut changes);
                Ok(changes)
            }
            Action::Rules { change, step, fields } => {
                state.change_rules(at(500), by, change, (&step, &fields));
                Ok(changes)
            }
            Action::Draw { place, feature } => {
                let known = !feature.is_empty() || state.places.get(&place).is_some();
                let drawn = known && state.draw(&place, &feature).is_ok();
                if drawn { Ok(changes) } else { Err(Refused::Unknown(format!("place {place}"))) }
            }
            other => panic!("{other:?} comes as a step of a command"),
        };
        Box::pin(async move { result })
    }

    fn command(&self, by: &str, step: CommandStep) -> Reply<Result<CommandRecord, Refused>> {
        let mut state = self.state.lock().unwrap();
        let ticket = match &step {
            CommandStep::Create { .. } => state.commands.next_ticket(),
            CommandStep::Authorise(ticket) | CommandStep::Cancel(ticket) | CommandStep::Refuse(ticket, _) => {
                *ticket
            }
        };
        let result = match state.check_command(at(500), by, &step) {
            Ok(known) => {
                state.commands.take(at(500), by, ticket, &step);
                Ok(state.commands.get(known.unwrap_or(ticket)).unwrap().clone())
            }
            Err(CommandRefusal::Unknown(ticket)) => Err(Refused::Unknown(format!("command {ticket}"))),
            Err(refusal @ CommandRefusal::FourEyes) => Err(Refused::AnotherPerson(refusal.to_string())),
            Err(refusal) => Err(Refused::Conflict(refusal.to_string())),
        };
        Box::pin(async move { result })
    }

    fn step(
        &self,
        by: &str,
        movement: Option<MovementId>,
        step: &str,
        form: Form,
    ) -> Reply<Result<Movement, Refused>> {
        let mut state = self.state.lock().unwrap();
        let movement = movement.unwrap_or_else(|| state.movements.next_id());
        let entry =
            EntryId(1_000 + state.movements.iter().map(|known| known.history.len() as u64).sum::<u64>());
        let act = Act { movement, step, form: &form, by };
        let result = match state.take_step(entry, at(1_000), act, &mut Vec::new()) {
            Ok(id) => Ok(state.movements.get(id).unwrap().clone()),
            Err(Refusal::Unknown(id)) => Err(Refused::Unknown(format!("movement {id}"))),
            Err(refusal @ Refusal::Fields(_)) => Err(Refused::Unacceptable(refusal.to_string())),
            Err(refusal) => Err(Refused::Conflict(refusal.to_string())),
        };
        Box::pin(async move { result })
    }

    fn case_step(&self, by: &str, case: CaseId, step: &str, form: Form) -> Reply<Result<Vec<Case>, Refused>> {
        let mut state = self.state.lock().unwrap();
        let when = (EntryId(2_000), at(1_000));
        let result = match state.take_case(when, by, case, (step, &form), &mut Vec::new()) {
            Ok(changed) => Ok(changed.iter().map(|id| state.cases.get(*id).unwrap().clone()).collect()),
            Err(plomb_cases::Refusal::Unknown(id)) => Err(Refused::Unknown(format!("case {id}"))),
            Err(refusal @ plomb_cases::Refusal::Fields(_)) => Err(Refused::Unacceptable(refusal.to_string())),
            Err(refusal) => Err(Refused::Conflict(refusal.to_string())),
        };
        Box::pin(async move { result })
    }

    fn bring(&self, protocol: Protocol, _: &str, frame: Vec<u8>) -> Reply<Result<Kept, Unavailable>> {
        let secrets = std::sync::Arc::new(self.keys.lock().unwrap().clone());
        let mut session =
            plomb_devices::open(protocol, SessionConfig { secrets, ..SessionConfig::default() });
        let mut decoded = Box::<Decoded>::default();
        session.receive(at(1_000), &frame, &mut decoded);
        session.finish(at(1_000), &mut decoded);
        let report = decoded.reports().next().unwrap();
        let sender = report.device.or_else(|| report.events.first().and_then(|event| event.peripheral));
        let entry = sender.map(|device| self.take(protocol, device, 1_000, report.events.to_vec()));
        Box::pin(async move { Ok(Kept { entry, decoded }) })
    }

    fn challenge(&self, at: Timestamp) -> String {
        plomb_wire::to_hex(&plomb_devices::challenge(&SessionConfig::default().key, at))
    }

    fn opening_code(&self, device: &DeviceId, arming: u32, until_h: u32) -> Option<String> {
        plomb_devices::opening_code(&*self.keys.lock().unwrap(), device, arming, until_h)
    }

    fn link_token(&self, subject: &str) -> String {
        plomb_wire::to_hex(&SessionConfig::default().key.derive("link", subject.as_bytes())[..16])
    }

    fn updates(&self, after: Option<u64>) -> Subscription {
        self.ring.subscribe(after)
    }

    fn history(&self, query: HistoryQuery) -> Reply<Result<HistoryPage, Unavailable>> {
        let result = self.up().map(|()| self.page(&query));
        Box::pin(async move { result })
    }

    fn entry(&self, id: EntryId) -> Reply<Result<Option<StoredEntry>, Unavailable>> {
        let received = self.journal.lock().unwrap().get(id.0 as usize).cloned();
        let stored = received.map(|received| StoredEntry {
            entry: Entry::Received(received),
            leaf_hash: [0xAB; 32],
            peer: Some("127.0.0.1:50344".to_owned()),
        });
        Box::pin(async move { Ok(stored) })
    }

    fn entries_of(
        &self,
        device: DeviceId,
        from: Timestamp,
        to: Timestamp,
        limit: usize,
    ) -> Reply<Result<Vec<EntryId>, Unavailable>> {
        let query = HistoryQuery {
            device,
            from: Some(from),
            to: Some(to),
            order: HistoryOrder::OldestFirst,
            beyond: None,
            limit,
        };
        let entries = self.up().map(|()| self.page(&query).reports.iter().map(|report| report.id).collect());
        Box::pin(async move { entries })
    }

    fn prove(&self, entries: Vec<EntryId>) -> Reply<Result<Evidence, Unavailable>> {
        let journal: Vec<Vec<u8>> = self.journal.lock().unwrap().iter().map(bytes).collect();
        let leaves: Vec<Hash> = journal.iter().map(|bytes| leaf_hash(bytes)).collect();
        let mut tree = Frontier::default();
        tree.extend(leaves.iter().copied());
        let head = Checkpoint { origin: LOG.into(), size: tree.size(), root: tree.root() };
        let mut note = Note::new(&head.to_string()).unwrap();
        note.sign(&log_key());
        let held: Vec<EntryId> = entries.into_iter().filter(|id| id.0 < tree.size()).collect();
        let numbers: Vec<u64> = held.iter().map(|id| id.0).collect();
        let proof = many_proof(&numbers, tree.size(), &mut merkle::leaves(&leaves)).unwrap();
        let entries = held.into_iter().map(|id| (id, journal[id.0 as usize].clone())).collect();
        Box::pin(async move { Ok(Evidence { entries, proof, checkpoint: note.to_string() }) })
    }

    fn trip_report(
        &self,
        statement: Map<String, Value>,
        fields: Vec<(String, Value)>,
        evidence: &Evidence,
    ) -> Result<Document, Unavailable> {
        let fields = fields.into_iter().map(|(name, value)| Disclosed::new(&[7; 16], &name, value));
        Ok(Document::trip(statement, fields.collect(), evidence, &log_key()).unwrap())
    }

    fn checkpoint(&self) -> Option<String> {
        let is_empty = self.journal.lock().unwrap().is_empty();
        (!is_empty).then(|| "example.org/log\n1\n".to_owned())
    }

    fn log_keys(&self) -> Vec<String> {
        vec![log_key().public().to_string()]
    }

    fn witness(&self, request: String, _: Timestamp) -> Reply<Result<String, WitnessRefusal>> {
        let judged = request.parse::<AddCheckpoint>().and_then(|request| {
            request.judge(None, &[log_key().public().clone()]).map(|_| "— signed\n".to_owned())
        });
        Box::pin(async move { judged })
    }

    fn backtest(
        &self,
        overrides: Vec<(Box<str>, i64)>,
        from: Timestamp,
        to: Timestamp,
    ) -> Reply<Result<BacktestReport, Refused>> {
        let mut backtest = Backtest::new(overrides, from, to);
        for (id, received) in (0..).map(EntryId).zip(self.journal.lock().unwrap().iter()) {
            backtest.entry(id, &Entry::Received(received.clone()));
        }
        Box::pin(async move { Ok(backtest.finish()) })
    }

    fn tile(&self, tile: Tile) -> Reply<Result<Option<Vec<u8>>, Unavailable>> {
        Box::pin(async move { Ok((tile.level == 0).then(|| vec![0xAB; 32 * usize::from(tile.width)])) })
    }

    fn describe(&self, _: Protocol, frame: &[u8]) -> Description {
        let mut description = Description::new("real-time report");
        description.field(1, frame.len() - 2, "text", String::from_utf8_lossy(frame));
        description
    }

    fn status(&self) -> Status {
        let sequence = self.journal.lock().unwrap().len() as u64;
        Status {
            version: "0.1.0".to_owned(),
            started_at: at(0).0,
            sequence: sequence.saturating_sub(1),
            devices: self.state.lock().unwrap().devices.len() as u64,
            connections: 1,
            reports_per_s: 2.5,
            senders: SenderStatus {
                bad_reports: 7,
                bad_connections: 1,
                dropped_messages: 2,
                held_back_alarms: 3,
            },
            journal: JournalStatus { bytes: 1_000, segments: 1, oldest_at: Some(at(0).0) },
            ports: vec![BoundPort {
                protocol: Some(Protocol::Jointech),
                transport: Transport::Tcp,
                port: 5014,
            }],
        }
    }

    fn health(&self) -> Health {
        Health { reasons: self.up().err().map(|error| error.0).into_iter().collect() }
    }

    fn metrics(&self) -> String {
        "ingest_reports_total 5".to_owned()
    }
}
