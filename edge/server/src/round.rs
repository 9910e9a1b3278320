//! What the flow thread does between two handovers to the journal.

use plomb_api::{Refused, Ring, Update, UpdateChange};
use plomb_cases::Case;
use plomb_devices::Decoded;
use plomb_evidence::{Operated, Sent};
use plomb_flow::{Flow, Input, Ledger, Outcome};
use plomb_ingest::{Batch as Arrived, Door, Release};
use plomb_model::{CommandTicket, ConnectionId, EntryId, MovementId};
use plomb_movements::Movement;
use plomb_rules::{Change, CommandRecord, State};
use plomb_store::Batch;
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

use crate::outbox::Undelivered;

type Answer = oneshot::Sender<Option<Vec<Change>>>;
/// Answers a step of a command with the command as it is then.
pub(crate) type CommandAnswer = oneshot::Sender<Result<CommandRecord, Refused>>;

/// Answers a step of a movement with the movement as it is then.
pub(crate) type StepAnswer = oneshot::Sender<Result<Movement, Refused>>;

/// Answers a step of a case with the cases that it changed.
pub(crate) type CaseAnswer = oneshot::Sender<Result<Vec<Case>, Refused>>;

/// Entries that become durable together, and what hangs on them.
pub(crate) struct Round {
    batch: Batch,
    pub(crate) outcome: Outcome,
    releases: Vec<(mpsc::Sender<Release>, ConnectionId, EntryId, Box<Decoded>)>,
    operated: Vec<(Answer, Vec<Change>)>,
    commanded: Vec<(CommandAnswer, CommandRecord)>,
    stepped: Vec<(StepAnswer, Movement)>,
    worked: Vec<(CaseAnswer, Vec<Case>)>,
    orders: Vec<(Door, Box<Sent>)>,
}

impl Round {
    /// A round whose first entry will have this number, in memory that an earlier one used.
    pub(crate) fn new(first: EntryId, memory: Vec<u8>) -> Self {
        Self {
            batch: Batch::with_buffer(first, memory),
            outcome: Outcome::default(),
            releases: Vec::new(),
            operated: Vec::new(),
            commanded: Vec::new(),
            stepped: Vec::new(),
            worked: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// Takes one input through the flow.
    pub(crate) fn run(&mut self, flow: &mut Flow, input: &Input<'_>) {
        flow.handle(input, &mut Entries(&mut self.batch), &mut self.outcome);
    }

    /// Does what a person ordered; answered when it is durable.
    pub(crate) fn operate(&mut self, flow: &mut Flow, operated: Operated, answer: Answer) {
        let before = self.outcome.changes.len();
        self.run(flow, &Input::Operated(&operated));
        let changes = self.outcome.changes.iter().skip(before).map(|(_, change)| change.clone()).collect();
        self.operated.push((answer, changes));
    }

    /// Takes a step of a command; answered when it is durable.
    pub(crate) fn command(
        &mut self,
        flow: &mut Flow,
        operated: Operated,
        ticket: CommandTicket,
        answer: CommandAnswer,
    ) {
        self.run(flow, &Input::Operated(&operated));
        if let Some(record) = flow.state().commands.get(ticket) {
            self.commanded.push((answer, record.clone()));
        }
    }

    /// Takes a step of a movement; answered when it is durable.
    pub(crate) fn step(
        &mut self,
        flow: &mut Flow,
        operated: &Operated,
        movement: MovementId,
        answer: StepAnswer,
    ) {
        self.run(flow, &Input::Operated(operated));
        if let Some(movement) = flow.state().movements.get(movement) {
            self.stepped.push((answer, movement.clone()));
        }
    }

    /// Takes a step of a case; answered when it is durable.
    pub(crate) fn work(&mut self, flow: &mut Flow, operated: &Operated, answer: CaseAnswer) {
        let before = self.outcome.cases.len();
        self.run(flow, &Input::Operated(operated));
        let changed = self.outcome.cases.iter().skip(before);
        let cases = changed.filter_map(|(_, case)| flow.state().cases.get(*case).cloned()).collect();
        self.worked.push((answer, cases));
    }

    /// Answers with a command as it is, once what it hangs on is durable.
    pub(crate) fn command_again(&mut self, record: CommandRecord, answer: CommandAnswer) {
        self.commanded.push((answer, record));
    }

    /// Sends a command: it goes through the door when that is durable.
    pub(crate) fn send(&mut self, flow: &mut Flow, sent: Sent, door: Door) {
        self.run(flow, &Input::Sent(&sent));
        self.orders.push((door, Box::new(sent)));
    }

    /// Takes reports through the flow; their replies go when the round is durable.
    pub(crate) fn receive(&mut self, flow: &mut Flow, arrived: Arrived) {
        let Arrived { connection, protocol, at, mut decoded, back } = arrived;
        let (entry, before) = (self.next_entry(), self.outcome.disbelieved);
        self.run(flow, &Input::Received { connection, protocol, at, decoded: &decoded });
        decoded.disbelieve(self.outcome.disbelieved - before);
        self.releases.push((back, connection, entry, decoded));
    }

    pub(crate) const fn next_entry(&self) -> EntryId {
        self.batch.next_entry()
    }

    pub(crate) fn byte_len(&self) -> usize {
        self.batch.byte_len()
    }

    /// Nothing to make durable and nobody who waits for it.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty()
            && self.releases.is_empty()
            && self.operated.is_empty()
            && self.commanded.is_empty()
            && self.stepped.is_empty()
            && self.worked.is_empty()
    }

    /// The entries for the journal, and what is to happen afterwards.
    pub(crate) fn finish(self, state: &State) -> (Batch, Completion) {
        let Self { batch, outcome, releases, operated, commanded, stepped, worked, orders } = self;
        let Outcome { changes, commands, mut cases, .. } = outcome;
        // A round may change a case many times: it is told once, as it stands at the end.
        cases.reverse();
        cases.sort_by_key(|(_, case)| *case);
        cases.dedup_by_key(|(_, case)| *case);
        cases.sort_unstable();
        let told =
            cases.into_iter().filter_map(|(entry, case)| Some((entry, state.cases.get(case)?.clone())));
        let cases = told.collect();
        (
            batch,
            Completion { changes, commands, cases, releases, operated, commanded, stepped, worked, orders },
        )
    }
}

/// What happens when a round is durable, or is not.
pub(crate) struct Completion {
    changes: Vec<(EntryId, Change)>,
    commands: Vec<(EntryId, CommandRecord)>,
    releases: Vec<(mpsc::Sender<Release>, ConnectionId, EntryId, Box<Decoded>)>,
    operated: Vec<(Answer, Vec<Change>)>,
    commanded: Vec<(CommandAnswer, CommandRecord)>,
    stepped: Vec<(StepAnswer, Movement)>,
    cases: Vec<(EntryId, Case)>,
    worked: Vec<(CaseAnswer, Vec<Case>)>,
    orders: Vec<(Door, Box<Sent>)>,
}

impl Completion {
    /// Alarms first: somebody may have to act.
    pub(crate) fn release(self, ring: &Ring, undelivered: &Undelivered) {
        if !self.changes.is_empty() {
            ring.publish(self.changes.into_iter().map(|(entry, (change, alarm))| Update {
                sequence: entry.0,
                change: UpdateChange::Alarm(change, Box::new(alarm)),
            }));
        }
        if !self.cases.is_empty() {
            ring.publish(self.cases.into_iter().map(|(entry, case)| Update {
                sequence: entry.0,
                change: UpdateChange::Case(Box::new(case)),
            }));
        }
        if !self.commands.is_empty() {
            ring.publish(self.commands.into_iter().map(|(entry, record)| Update {
                sequence: entry.0,
                change: UpdateChange::Command(Box::new(record)),
            }));
        }
        for (door, sent) in self.orders {
            if let Err(error) = door.try_send(Release::Command(sent))
                && let Release::Command(sent) = error.into_inner()
            {
                undelivered.add(*sent);
            }
        }
        for (back, connection, entry, decoded) in self.releases {
            if back.try_send(Release::Durable { connection, entry, decoded }).is_err() {
                debug!(connection = connection.0, "The conversation ended before its reports were durable");
            }
        }
        for (answer, changes) in self.operated {
            if answer.send(Some(changes)).is_err() {
                debug!("Nobody waits for the answer any more");
            }
        }
        for (answer, movement) in self.stepped {
            if answer.send(Ok(movement)).is_err() {
                debug!("Nobody waits for the answer any more");
            }
        }
        for (answer, cases) in self.worked {
            if answer.send(Ok(cases)).is_err() {
                debug!("Nobody waits for the answer any more");
            }
        }
        for (answer, record) in self.commanded {
            if answer.send(Ok(record)).is_err() {
                debug!("Nobody waits for the answer any more");
            }
        }
    }

    /// Nothing may be answered; whoever waits learns it by the end of the channel.
    pub(crate) fn refuse(self) {
        for (back, connection, ..) in self.releases {
            if back.try_send(Release::Refused { connection }).is_err() {
                debug!(connection = connection.0, "The conversation has ended already");
            }
        }
    }
}

/// The batch as the flow writes to it.
struct Entries<'a>(&'a mut Batch);

impl Ledger for Entries<'_> {
    fn next(&self) -> EntryId {
        self.0.next_entry()
    }

    fn append(&mut self, write: &mut dyn FnMut(&mut Vec<u8>)) {
        self.0.push(|bytes| write(bytes));
    }
}
