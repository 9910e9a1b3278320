//! The flow thread: takes what arrives, runs it through the flow in order, hands the entries to the journal, and
//! lets replies and updates go when the journal has them.
//!
//! When the journal refuses (a full disk), nothing is answered any more, so that devices send again. Once it takes
//! entries again, the state is recovered from it: what was applied and not kept is forgotten.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use plomb_api::{DeviceMark, Question, Refused, Ring, Update, UpdateChange};
use plomb_evidence::{Action, Operated};
use plomb_flow::{Flow, Input};
use plomb_ingest::{Arrival, Batch as Arrived, Release, now};
use plomb_model::{CaseId, EntryId, MovementId};
use plomb_movements::{Act, Form, Refusal};
use plomb_places::Place;
use plomb_rules::{Change, CommandRefusal, CommandStep, RuleSettings};
use plomb_store::JournalWriter;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error, info, warn};

use crate::admission::Admission;
use crate::metrics::EngineCounters;
use crate::moved::Moved;
use crate::outbox::Outbox;
use crate::platform::Peers;
use crate::recover::{Recovered, Recovery};
use crate::round::{CaseAnswer, CommandAnswer, Round, StepAnswer};

/// Arrivals taken from the listeners at once.
const ARRIVALS_PER_ROUND: usize = 256;
/// A batch for the journal is handed on when it has grown to this, however much is still to come.
const BATCH_BYTES: usize = 1 << 20;
/// Batches whose memory is kept: one being filled, one being written, and company.
const MEMORIES_KEPT: usize = 4;
/// Largest memory of a batch that is kept: a batch of [`BATCH_BYTES`] in a vector that grew by doubling.
const MEMORY_BYTES_KEPT: usize = 4 * BATCH_BYTES;
/// Marks published in one second; the rest follow in the next.
const MARKS_PER_SECOND_MAX: usize = 20_000;

/// What is asked of the flow thread beside arrivals.
pub(crate) enum Work {
    /// A question to the state.
    Ask(Question),
    /// A person's action; answered with the alarms it changed, or `None` when what it is about does not exist.
    Operate { by: Box<str>, action: Action, reply: oneshot::Sender<Option<Vec<Change>>> },
    /// A step of a command; answered with the command as it is then.
    Command { by: Box<str>, step: CommandStep, reply: CommandAnswer },
    /// A step of a movement, or the first of a new one; answered with the movement as it is then.
    Step { by: Box<str>, movement: Option<MovementId>, step: Box<str>, form: Form, reply: StepAnswer },
    /// A step of a case, or of all that somebody has; answered with the cases that it changed.
    Case { by: Box<str>, case: CaseId, step: Box<str>, form: Form, reply: CaseAnswer },
    /// A snapshot of the state: the number of the next entry and the bytes.
    Snapshot(oneshot::Sender<(EntryId, Vec<u8>)>),
}

/// The flow thread's possessions.
pub(crate) struct Engine {
    pub(crate) flow: Flow,
    pub(crate) next: EntryId,
    pub(crate) settings: RuleSettings,
    pub(crate) writer: JournalWriter,
    pub(crate) recovery: Recovery,
    pub(crate) ring: Ring,
    pub(crate) peers: Arc<Peers>,
    pub(crate) counters: Arc<EngineCounters>,
    /// How many devices are known.
    pub(crate) devices: Arc<AtomicU64>,
    /// The number of the next entry that is not durable yet.
    pub(crate) durable: Arc<AtomicU64>,
    /// Set when the journal has refused a batch.
    pub(crate) refused: Arc<AtomicBool>,
    /// Memory of rounds that are durable, for those to come.
    pub(crate) memory: Memory,
    /// The way of commands to conversations.
    pub(crate) outbox: Outbox,
    /// Whether devices are ours.
    pub(crate) admission: Admission,
}

/// Memory of batches, handed back by the journal's writer when they are durable.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<Vec<u8>>>>);

impl Memory {
    /// Memory used before, or none yet.
    fn take(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps the memory, unless there is enough or it is uncommonly large.
    fn give(&self, memory: Vec<u8>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MEMORIES_KEPT && memory.capacity() <= MEMORY_BYTES_KEPT {
            kept.push(memory);
        }
    }
}

impl Engine {
    /// Runs until the listeners have gone; what was taken is with the journal before it returns.
    pub(crate) fn run(mut self, arrivals: mpsc::Receiver<Arrival>, work: mpsc::Receiver<Work>) {
        match tokio::runtime::Builder::new_current_thread().enable_time().build() {
            Ok(runtime) => runtime.block_on(self.rounds(arrivals, work)),
            Err(error) => error!(%error, "The flow thread cannot start"),
        }
    }

    async fn rounds(&mut self, mut arrivals: mpsc::Receiver<Arrival>, mut work: mpsc::Receiver<Work>) {
        let mut waiting = Vec::with_capacity(ARRIVALS_PER_ROUND);
        let mut clock = tokio::time::interval(Duration::from_secs(1));
        clock.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut moved = Moved::default();
        let mut round = Round::new(self.next, self.memory.take());
        self.configure(&mut round);
        loop {
            tokio::select! {
                biased;
                _ = clock.tick() => self.tick(&mut round, &mut moved),
                Some(asked) = work.recv() => self.work(&mut round, asked),
                count = arrivals.recv_many(&mut waiting, ARRIVALS_PER_ROUND) => {
                    if count == 0 {
                        break;
                    }
                    for arrival in waiting.drain(..) {
                        self.arrive(&mut round, arrival);
                        if round.byte_len() >= BATCH_BYTES {
                            self.hand_over(&mut round, &mut moved);
                        }
                    }
                }
            }
            self.hand_over(&mut round, &mut moved);
        }
        info!(next_entry = self.next.0, "The flow has stopped");
    }

    /// Puts the configured settings in force, if they are others than those of the journal.
    fn configure(&mut self, round: &mut Round) {
        if *self.flow.state().settings() != self.settings {
            round.run(&mut self.flow, &Input::Configured(now(), &self.settings));
        }
    }

    fn tick(&mut self, round: &mut Round, moved: &mut Moved) {
        if self.refused.load(Ordering::Acquire) {
            self.recover(round, moved);
        } else {
            self.admission.settle(round, &mut self.flow);
            round.run(&mut self.flow, &Input::Clock(now()));
            self.outbox.send_all(round, &mut self.flow);
            self.publish(moved);
        }
    }

    fn arrive(&mut self, round: &mut Round, arrival: Arrival) {
        if self.refused.load(Ordering::Acquire) {
            self.refuse(arrival);
            return;
        }
        match arrival {
            Arrival::Opened(opened) => {
                self.peers.remember(opened.connection, &opened.peer);
                round.run(&mut self.flow, &Input::Opened(&opened));
            }
            Arrival::Reachable(connection, door) => self.outbox.reachable(connection, door),
            Arrival::Unreachable(connection, door) => self.outbox.unreachable(connection, &door),
            Arrival::Dispatched(dispatched) => round.run(&mut self.flow, &Input::Dispatched(&dispatched)),
            Arrival::Closed(closed) => {
                self.outbox.closed(closed.connection);
                round.run(&mut self.flow, &Input::Closed(&closed));
            }
            Arrival::Received(arrived) => {
                self.admission.admit(round, &mut self.flow, &arrived.decoded);
                round.receive(&mut self.flow, arrived);
            }
        }
    }

    fn work(&mut self, round: &mut Round, work: Work) {
        match work {
            Work::Ask(question) => question(self.flow.state()),
            Work::Command { by, step, reply } => self.command(round, by, step, reply),
            Work::Step { by, movement, step, form, reply } => {
                self.step(round, by, movement, (&step, form), reply);
            }
            Work::Case { by, case, step, form, reply } => self.case(round, by, case, (&step, form), reply),
            Work::Operate { by, action, reply } => {
                let known = match &action {
                    Action::Acknowledge { alarm, .. } => self.flow.state().alarms.get(*alarm).is_some(),
                    Action::SetStanding { .. } | Action::Expect { .. } | Action::PlaceGate { .. } => true,
                    Action::Draw { place, feature } => {
                        let places = &self.flow.state().places;
                        if feature.is_empty() {
                            places.get(place).is_some()
                        } else {
                            Place::parse(feature).is_ok_and(|drawn| drawn.id == *place && places.takes(place))
                        }
                    }
                    Action::Rules { change, step, fields } => {
                        self.flow.state().rule_changes.check(&by, *change, step, fields).is_ok()
                    }
                    // Commands, movements and cases come as work of their own, which says why one is refused.
                    Action::Step { .. }
                    | Action::Case { .. }
                    | Action::Order { .. }
                    | Action::Authorise { .. }
                    | Action::Refuse { .. }
                    | Action::Cancel { .. } => false,
                };
                if known {
                    round.operate(&mut self.flow, Operated { at: now(), by, action }, reply);
                } else if reply.send(None).is_err() {
                    info!("Nobody waits for the refusal any more");
                }
            }
            Work::Snapshot(reply) => {
                if reply.send((round.next_entry(), self.flow.snapshot())).is_err() {
                    info!("Nobody waits for the snapshot any more");
                }
            }
        }
    }

    /// Gives the round's entries to the journal, with what is to happen when they are durable.
    fn hand_over(&mut self, round: &mut Round, moved: &mut Moved) {
        self.outbox.send_touched(round, &mut self.flow);
        if round.is_empty() {
            return;
        }
        self.next = round.next_entry();
        let done = std::mem::replace(round, Round::new(self.next, self.memory.take()));
        self.counters.count(&done.outcome);
        self.devices.store(self.flow.state().devices.len() as u64, Ordering::Relaxed);
        moved.add(&done.outcome.touched);
        moved.add_alarmed(&done.outcome.changes, self.flow.state());
        let (batch, completion) = done.finish(self.flow.state());
        let (ring, durable, refused) =
            (self.ring.clone(), Arc::clone(&self.durable), Arc::clone(&self.refused));
        let (memory, undelivered) = (self.memory.clone(), self.outbox.undelivered.clone());
        self.writer.append(batch.when_durable(move |result| match result {
            Ok(receipt) => {
                durable.store(receipt.end.0, Ordering::Release);
                memory.give(receipt.buffer);
                completion.release(&ring, &undelivered);
            }
            Err(error) => {
                if !refused.swap(true, Ordering::AcqRel) {
                    error!(error = %error, "The journal refuses reports: nothing is acknowledged until it takes them again");
                }
                completion.refuse();
            }
        }));
    }

    /// Publishes where devices are now, at most so many a second.
    fn publish(&self, moved: &mut Moved) {
        let sequence = self.durable.load(Ordering::Acquire).saturating_sub(1);
        let devices = &self.flow.state().devices;
        self.ring.publish(moved.take(MARKS_PER_SECOND_MAX).into_iter().filter_map(|index| {
            let change = UpdateChange::Moved(DeviceMark::of(devices.row(index)?));
            Some(Update { sequence, change })
        }));
    }

    /// Takes the state from the journal again, if it takes entries again.
    fn recover(&mut self, round: &mut Round, moved: &mut Moved) {
        match self.recovery.again() {
            Ok(Some(Recovered { flow, next })) => {
                self.flow = flow;
                self.next = next;
                *round = Round::new(next, self.memory.take());
                *moved = Moved::default();
                self.refused.store(false, Ordering::Release);
                self.admission.forget();
                self.configure(round);
                warn!(next_entry = next.0, "The journal takes reports again");
            }
            Ok(None) => {}
            Err(error) => error!(%error, "The state cannot be recovered from the journal"),
        }
    }

    /// Nothing can be kept: the conversation ends, and the device will send again.
    fn refuse(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Received(Arrived { connection, back, .. }) => {
                if back.try_send(Release::Refused { connection }).is_err() {
                    debug!(connection = connection.0, "The conversation has ended already");
                }
            }
            Arrival::Reachable(connection, door) => self.outbox.reachable(connection, door),
            Arrival::Unreachable(connection, door) => self.outbox.unreachable(connection, &door),
            Arrival::Closed(closed) => self.outbox.closed(closed.connection),
            Arrival::Opened(_) | Arrival::Dispatched(_) => {}
        }
    }

    /// Takes a step of a movement, if it may be taken.
    fn step(
        &mut self,
        round: &mut Round,
        by: Box<str>,
        movement: Option<MovementId>,
        (step, form): (&str, Form),
        reply: StepAnswer,
    ) {
        let (state, at) = (self.flow.state(), now());
        let movement = movement.unwrap_or_else(|| state.movements.next_id());
        match state.check_step(at, Act { movement, step, form: &form, by: &by }) {
            Ok(_) => {
                let fields = form.fields().into();
                let action = Action::Step { movement, step: step.into(), fields };
                round.step(&mut self.flow, &Operated { at, by, action }, movement, reply);
            }
            Err(refusal) => {
                if reply.send(Err(not_taken(&refusal))).is_err() {
                    info!("Nobody waits for the refusal any more");
                }
            }
        }
    }

    /// Takes a step of a case, if it may be taken.
    fn case(
        &mut self,
        round: &mut Round,
        by: Box<str>,
        case: CaseId,
        (step, form): (&str, Form),
        reply: CaseAnswer,
    ) {
        let at = now();
        match self.flow.state().check_case(at, &by, case, step, &form) {
            Ok(_) => {
                let action = Action::Case { case, step: step.into(), fields: form.fields().into() };
                round.work(&mut self.flow, &Operated { at, by, action }, reply);
            }
            Err(refusal) => {
                let refused = match &refusal {
                    plomb_cases::Refusal::Unknown(case) => Refused::Unknown(format!("case {case}")),
                    plomb_cases::Refusal::Fields(_) => Refused::Unacceptable(refusal.to_string()),
                    _ => Refused::Conflict(refusal.to_string()),
                };
                if reply.send(Err(refused)).is_err() {
                    info!("Nobody waits for the refusal any more");
                }
            }
        }
    }

    /// Takes a step of a command, if it may be taken.
    fn command(&mut self, round: &mut Round, by: Box<str>, step: CommandStep, reply: CommandAnswer) {
        let (state, at) = (self.flow.state(), now());
        let unknown = match &step {
            CommandStep::Create { device, .. } if state.devices.find(device).is_none() => {
                Some(Refused::Unknown(format!("device {device}")))
            }
            _ => None,
        };
        let checked = unknown.map_or_else(|| state.check_command(at, &by, &step).map_err(refused), Err);
        let ticket = match (checked, &step) {
            (Err(refused), _) => {
                if reply.send(Err(refused)).is_err() {
                    info!("Nobody waits for the refusal any more");
                }
                return;
            }
            (Ok(Some(ticket)), _) => {
                if let Some(record) = state.commands.get(ticket).cloned() {
                    round.command_again(record, reply);
                }
                return;
            }
            (Ok(None), CommandStep::Create { .. }) => state.commands.next_ticket(),
            (
                Ok(None),
                CommandStep::Authorise(ticket) | CommandStep::Cancel(ticket) | CommandStep::Refuse(ticket, _),
            ) => *ticket,
        };
        let action = match step {
            CommandStep::Create { device, order, key, expires_at, four_eyes } => {
                Action::Order { ticket, device, order, key, expires_at, four_eyes }
            }
            CommandStep::Authorise(ticket) => Action::Authorise { ticket },
            CommandStep::Cancel(ticket) => Action::Cancel { ticket },
            CommandStep::Refuse(ticket, reason) => Action::Refuse { ticket, reason },
        };
        round.command(&mut self.flow, Operated { at, by, action }, ticket, reply);
    }
}

fn not_taken(refusal: &Refusal) -> Refused {
    match refusal {
        Refusal::Unknown(_) => {
            Refused::Unknown(refusal.to_string().trim_start_matches("there is no ").to_owned())
        }
        Refusal::Fields(_) => Refused::Unacceptable(refusal.to_string()),
        Refusal::State { .. } | Refusal::Rule(_) => Refused::Conflict(refusal.to_string()),
    }
}

fn refused(refusal: CommandRefusal) -> Refused {
    match refusal {
        CommandRefusal::Unknown(_) => Refused::Unknown(refusal.to_string()),
        CommandRefusal::FourEyes => Refused::AnotherPerson(refusal.to_string()),
        _ => Refused::Conflict(refusal.to_string()),
    }
}
