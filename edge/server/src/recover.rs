//! The state from the journal: the newest snapshot, and the entries after it through the flow again.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use plomb_evidence::{Entry, decode, encode};
use plomb_flow::{Flow, Replayed};
use plomb_ingest::now;
use plomb_model::EntryId;
use plomb_rules::RuleSettings;
use plomb_store::{Batch, Journal};
use tracing::{info, warn};

use crate::platform::Peers;

/// How long the journal may take to say whether it takes entries again.
const PROBE_MAX: Duration = Duration::from_secs(10);

/// A state and the number of the entry that comes next.
pub(crate) struct Recovered {
    pub(crate) flow: Flow,
    pub(crate) next: EntryId,
}

/// What is needed to recover, also while running.
pub(crate) struct Recovery {
    pub(crate) journal: Arc<Journal>,
    pub(crate) peers: Arc<Peers>,
}

impl Recovery {
    /// The state at the start: from `snapshot`, or from the journal's beginning.
    pub(crate) fn start(&self, snapshot: Option<(EntryId, Vec<u8>)>) -> anyhow::Result<Recovered> {
        let began = Instant::now();
        let oldest = self.journal.reader().stats().oldest_entry;
        let (mut flow, from) = match snapshot.map(|(at, bytes)| (at, Flow::restore(&bytes))) {
            Some((at, Ok(flow))) => (flow, at),
            Some((at, Err(error))) => {
                warn!(at = at.0, %error, "A snapshot is left aside; the journal is replayed from its beginning");
                (Flow::new(RuleSettings::default()), oldest)
            }
            None => (Flow::new(RuleSettings::default()), oldest),
        };
        let mut replayed = Replayed::default();
        let mut damaged = None;
        self.journal.replay(from, &mut |id, bytes| match decode(bytes) {
            Ok(entry) => {
                if let Entry::Opened(opened) = &entry {
                    self.peers.remember(opened.connection, &opened.peer);
                }
                flow.replay(id, &entry, &mut replayed);
                ControlFlow::Continue(())
            }
            Err(error) => {
                damaged = Some((id, error));
                ControlFlow::Break(())
            }
        })?;
        if let Some((id, error)) = damaged {
            anyhow::bail!(
                "entry {id} of the journal cannot be read ({error}); it may come from a later version"
            );
        }
        replayed.finish();
        if replayed.mismatches_total > 0 {
            let mismatches = replayed.mismatches_total;
            warn!(
                mismatches,
                "The rules decide otherwise than they did when the journal was written; see `plomb replay`"
            );
        }
        let next = self.journal.reader().stats().next_entry;
        let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        info!(from = from.0, next = next.0, devices = flow.state().devices.len(), millis, "State recovered");
        Ok(Recovered { flow, next })
    }

    /// The state again after the journal had refused entries; `None` while it still does.
    pub(crate) fn again(&self) -> anyhow::Result<Option<Recovered>> {
        let next = self.journal.reader().stats().next_entry;
        let (say, answer) = sync_channel(1);
        let mut probe = Batch::new(next);
        probe.push(|bytes| encode(&Entry::Clocked(now()), bytes));
        self.journal.writer().append(probe.when_durable(move |result| {
            if say.try_send(result.is_ok()).is_err() {
                warn!("The journal answered after the time for it");
            }
        }));
        if answer.recv_timeout(PROBE_MAX) != Ok(true) {
            return Ok(None);
        }
        self.start(None).map(Some)
    }
}
