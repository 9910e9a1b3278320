//! What the flow thread does between two handovers to the journal.

use plomb_api::{Ring, Update, UpdateChange};
use plomb_devices::Decoded;
use plomb_evidence::Operated;
use plomb_flow::{Flow, Input, Ledger, Outcome};
use plomb_ingest::Release;
use plomb_model::{ConnectionId, EntryId};
use plomb_rules::Change;
use plomb_store::Batch;
use tokio::sync::{mpsc, oneshot};
use tracing::debug;

type Answer = oneshot::Sender<Option<Vec<Change>>>;

/// Entries that become durable together, and what hangs on them.
pub(crate) struct Round {
    batch: Batch,
    pub(crate) outcome: Outcome,
    releases: Vec<(mpsc::Sender<Release>, ConnectionId, Box<Decoded>)>,
    operated: Vec<(Answer, Vec<Change>)>,
}

impl Round {
    /// A round whose first entry will have this number, in memory that an earlier one used.
    pub(crate) fn new(first: EntryId, memory: Vec<u8>) -> Self {
        Self {
            batch: Batch::with_buffer(first, memory),
            outcome: Outcome::default(),
            releases: Vec::new(),
            operated: Vec::new(),
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

    /// Lets the replies of these reports go when the round is durable.
    pub(crate) fn release_later(
        &mut self,
        back: mpsc::Sender<Release>,
        connection: ConnectionId,
        decoded: Box<Decoded>,
    ) {
        self.releases.push((back, connection, decoded));
    }

    pub(crate) const fn next_entry(&self) -> EntryId {
        self.batch.next_entry()
    }

    pub(crate) fn byte_len(&self) -> usize {
        self.batch.byte_len()
    }

    /// Nothing to make durable and nobody who waits for it.
    pub(crate) fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.releases.is_empty() && self.operated.is_empty()
    }

    /// The entries for the journal, and what is to happen afterwards.
    pub(crate) fn finish(self) -> (Batch, Completion) {
        let Self { batch, outcome, releases, operated } = self;
        (batch, Completion { changes: outcome.changes, releases, operated })
    }
}

/// What happens when a round is durable, or is not.
pub(crate) struct Completion {
    changes: Vec<(EntryId, Change)>,
    releases: Vec<(mpsc::Sender<Release>, ConnectionId, Box<Decoded>)>,
    operated: Vec<(Answer, Vec<Change>)>,
}

impl Completion {
    /// Alarms first: somebody may have to act.
    pub(crate) fn release(self, ring: &Ring) {
        if !self.changes.is_empty() {
            ring.publish(self.changes.into_iter().map(|(entry, (change, alarm))| Update {
                sequence: entry.0,
                change: UpdateChange::Alarm(change, Box::new(alarm)),
            }));
        }
        for (back, connection, decoded) in self.releases {
            if back.try_send(Release::Durable { connection, decoded }).is_err() {
                debug!(connection = connection.0, "The conversation ended before its reports were durable");
            }
        }
        for (answer, changes) in self.operated {
            if answer.send(Some(changes)).is_err() {
                debug!("Nobody waits for the answer any more");
            }
        }
    }

    /// Nothing may be answered; whoever waits learns it by the end of the channel.
    pub(crate) fn refuse(self) {
        for (back, connection, _) in self.releases {
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
