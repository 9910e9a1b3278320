//! What happened here, told in the words of EPCIS: steps of movements and alarms, each once, from the journal.

mod events;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use plomb_epcis::{Behaviour, Document, Event, Namespaces, Repository};
use plomb_evidence::{Action, Entry, decode};
use plomb_ingest::now;
use plomb_model::{Alarm, AlarmChange, EntryId, MovementId};
use plomb_movements::Movement;
use plomb_store::Journal;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tracing::error;

use crate::engine::Work;

/// How often it is looked for new entries.
const ROUND: Duration = Duration::from_secs(1);
/// Entries looked at in one round.
const ENTRIES_MAX: u64 = 50_000;
/// The name of our place in the journal.
const POSITION: &str = "journal";

/// Reads the journal and captures what is of interest to partners.
pub(crate) struct Herald {
    journal: Arc<Journal>,
    durable: Arc<AtomicU64>,
    work: mpsc::Sender<Work>,
    pub(crate) repository: Arc<Repository>,
}

/// What a round found in the journal.
#[derive(Default)]
struct Found {
    steps: Vec<(EntryId, MovementId)>,
    alarms: Vec<(EntryId, Alarm)>,
    /// The entry after the last that was looked at.
    next: u64,
}

/// Movements by number, each with the national codes of alarms.
type Movements = BTreeMap<MovementId, (Movement, BTreeMap<Box<str>, Box<str>>)>;

impl Herald {
    pub(crate) fn new(
        journal: &Arc<Journal>,
        durable: &Arc<AtomicU64>,
        work: &mpsc::Sender<Work>,
        repository: &Arc<Repository>,
    ) -> Self {
        Self {
            journal: Arc::clone(journal),
            durable: Arc::clone(durable),
            work: work.clone(),
            repository: Arc::clone(repository),
        }
    }

    /// Looks at the journal until it is told to stop.
    pub(crate) async fn rounds(self, mut stopped: watch::Receiver<bool>) {
        let herald = Arc::new(self);
        loop {
            match Arc::clone(&herald).round().await {
                Ok(true) if !*stopped.borrow() => continue,
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    error!(%error, "What happened cannot be told as EPCIS events; it is tried again")
                }
            }
            tokio::select! {
                () = tokio::time::sleep(ROUND) => {}
                _ = stopped.changed() => return,
            }
        }
    }

    /// Tells what is new; says whether there is more.
    async fn round(self: Arc<Self>) -> anyhow::Result<bool> {
        let reading = Arc::clone(&self);
        let found = tokio::task::spawn_blocking(move || reading.read()).await??;
        let Some(found) = found else { return Ok(false) };
        let movements = self.movements(&found).await?;
        let mut told = Vec::new();
        for (entry, id) in &found.steps {
            let movement = movements.get(id).map(|(movement, _)| movement);
            let done =
                movement.and_then(|movement| movement.history.iter().find(|done| done.entry == *entry));
            if let (Some(movement), Some(done)) = (movement, done) {
                told.extend(events::of_step(movement, done));
            }
        }
        for (entry, alarm) in &found.alarms {
            let watched = |movement: &&Movement| {
                movement.seals.iter().any(|seal| {
                    seal.device == Some(alarm.device)
                        && seal.set_at <= alarm.raised_at
                        && seal.ended.as_ref().is_none_or(|(at, ..)| *at >= alarm.raised_at)
                })
            };
            let movement = movements.values().map(|(movement, _)| movement).find(watched);
            let codes = movement.and_then(|movement| movements.get(&movement.id)).map(|(_, codes)| codes);
            let code = codes.and_then(|codes| codes.get(alarm.kind.name()));
            told.push(events::of_alarm(alarm, *entry, movement, code.map(AsRef::as_ref)));
        }
        let capturing = Arc::clone(&self);
        tokio::task::spawn_blocking(move || capturing.capture(told, found.next)).await??;
        Ok(self.durable.load(Ordering::Acquire) > found.next)
    }

    /// Steps and alarms since the last round; `None` when there is nothing new.
    fn read(&self) -> anyhow::Result<Option<Found>> {
        let position = u64::try_from(self.repository.position(POSITION)?).unwrap_or(0);
        let oldest = self.journal.reader().stats().oldest_entry.0;
        let from = position.max(oldest);
        let until = self.durable.load(Ordering::Acquire).min(from + ENTRIES_MAX);
        if from >= until {
            return Ok(None);
        }
        let mut found = Found { next: until, ..Found::default() };
        self.journal.replay(EntryId(from), &mut |id, bytes| {
            if id.0 >= until {
                return ControlFlow::Break(());
            }
            match decode(bytes) {
                Ok(Entry::Operated(operated)) => {
                    if let Action::Step { movement, .. } = operated.action {
                        found.steps.push((id, movement));
                    }
                }
                Ok(Entry::Decided(decided)) => {
                    let raised =
                        decided.alarms.into_iter().filter(|(change, _)| *change == AlarmChange::Raised);
                    found.alarms.extend(raised.map(|(_, alarm)| (id, alarm)));
                }
                _ => {}
            }
            ControlFlow::Continue(())
        })?;
        Ok(Some(found))
    }

    /// The movements that steps and alarms are of, with the codes that their policies have for alarms.
    async fn movements(&self, found: &Found) -> anyhow::Result<Movements> {
        let ids: Vec<MovementId> = found.steps.iter().map(|(_, id)| *id).collect();
        let devices: Vec<_> = found.alarms.iter().map(|(_, alarm)| alarm.device).collect();
        if ids.is_empty() && devices.is_empty() {
            return Ok(BTreeMap::new());
        }
        let (answer, answered) = oneshot::channel();
        let question = move |state: &plomb_rules::State| {
            let armed = devices.iter().filter_map(|device| state.movements.armed_on(device));
            let movements = ids.into_iter().chain(armed).filter_map(|id| state.movements.get(id));
            let codes = |movement| state.movements.policy_of(movement).map(|policy| policy.codes.clone());
            let found: Movements = movements
                .map(|movement| (movement.id, (movement.clone(), codes(movement).unwrap_or_default())))
                .collect();
            // Whoever asked may have stopped meanwhile.
            drop(answer.send(found));
        };
        self.work.send(Work::Ask(Box::new(question))).await.map_err(|_| anyhow!("the flow has ended"))?;
        Ok(answered.await?)
    }

    /// Captures events, and moves our place in the journal. Events that were captured before are known again by their
    /// hash.
    fn capture(&self, told: Vec<Value>, next: u64) -> anyhow::Result<()> {
        let now_ms = now().0.as_millis();
        if !told.is_empty() {
            let raw = Value::Array(told.clone()).to_string();
            let namespaces = Namespaces::of_context(&events::context());
            let events = told.into_iter().map(|event| Event::of_json(event, &namespaces)).collect();
            let job = format!("journal-{next}");
            let by = "plomb";
            if self.repository.capture_job(&job)?.is_none() {
                let media = "application/json";
                self.repository.begin_capture(&job, by, media, raw.as_bytes(), Behaviour::Proceed, now_ms)?;
            }
            let document = Document { events, ..Document::default() };
            let captured = self.repository.capture(&job, document, Behaviour::Proceed, now_ms)?;
            for fault in captured.faults {
                error!(%fault, "An event of ours is not as EPCIS has it");
            }
        }
        self.repository.set_position(POSITION, i64::try_from(next).unwrap_or(i64::MAX))?;
        Ok(())
    }
}
