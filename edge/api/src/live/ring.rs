//! The ring: the last events as bytes ready to send, and the marks that wait for the next batch.
//!
//! An event is put into JSON once and shared by all clients. A client holds only its place in the ring; when the
//! ring has moved on past that place, the client is told to begin anew. Delivery is at least once: a client that
//! comes back with a sequence number is given that number's events again, because several events can share one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use plomb_model::DeviceId;
use rustc_hash::FxHashMap;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::{DeviceMark, Update, UpdateChange};
use crate::view::{AlarmView, CaseSummaryView, CommandView};

/// Events kept for clients that come back: half an hour of `positions` and twice as many alarms.
const EVENTS_MAX: usize = 4_096;
/// Bytes of those events: eight batches of 50,000 marks.
const BYTES_MAX: usize = 48 * 1024 * 1024;
/// Shortest time between two `positions` events.
const POSITIONS_INTERVAL: Duration = Duration::from_secs(1);
/// Marks kept while nobody listens; with more, a client that comes back begins anew.
const UNHEARD_MARKS_MAX: usize = 100_000;

/// Where updates are published and from where clients read them. Cheap to clone: all clones are the same ring.
#[derive(Clone, Debug)]
pub struct Ring {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    events: Mutex<Events>,
    /// Counts the occasions on which sleeping clients must look.
    wake: watch::Sender<u64>,
}

#[derive(Debug)]
struct Events {
    kept: VecDeque<Kept>,
    kept_bytes: usize,
    /// Place of the first kept event; places count from 0 and never repeat.
    first: u64,
    /// Every event of this sequence number or a later one is kept.
    complete_from: u64,
    /// The last sequence number published.
    sequence: u64,
    moved: FxHashMap<DeviceId, DeviceMark>,
    positions_at: Option<Instant>,
    closed: bool,
}

#[derive(Debug)]
struct Kept {
    sequence: u64,
    bytes: Bytes,
}

/// What a client is told next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// An event, framed for `text/event-stream`.
    Event(Bytes),
    /// What comes next does not join what came before: begin anew.
    Reset {
        /// Why.
        reason: &'static str,
        /// From which sequence number the stream goes on.
        sequence: u64,
    },
    /// The server stops.
    Closed,
}

impl Ring {
    /// A ring of a platform whose last durable entry is `sequence`.
    #[must_use]
    pub fn new(sequence: u64) -> Self {
        let events = Events {
            kept: VecDeque::new(),
            kept_bytes: 0,
            first: 0,
            complete_from: sequence,
            sequence,
            moved: FxHashMap::default(),
            positions_at: None,
            closed: false,
        };
        Self { shared: Arc::new(Shared { events: Mutex::new(events), wake: watch::Sender::new(0) }) }
    }

    /// Publishes durable updates, oldest first. Alarms and commands are on their way when this returns.
    pub fn publish(&self, updates: impl IntoIterator<Item = Update>) {
        let mut at_once = Vec::new();
        let mut marks = Vec::new();
        let mut sequence = 0;
        for update in updates {
            sequence = sequence.max(update.sequence);
            match update.change {
                UpdateChange::Alarm(_, alarm) => {
                    let data = serde_json::to_string(&AlarmView::new(&alarm)).unwrap_or_default();
                    at_once.push((update.sequence, "alarm", data));
                }
                UpdateChange::Command(record) => {
                    let data = serde_json::to_string(&CommandView::new(&record)).unwrap_or_default();
                    at_once.push((update.sequence, "command", data));
                }
                UpdateChange::Case(case) => {
                    let data = serde_json::to_string(&CaseSummaryView::new(&case)).unwrap_or_default();
                    at_once.push((update.sequence, "case", data));
                }
                UpdateChange::Moved(mark) => marks.push(mark),
            }
        }
        self.shared.take_in(sequence, &at_once, &marks);
    }

    /// A client's reading of the ring: from now on, or with what was missed since the sequence number `after`.
    #[must_use]
    pub fn subscribe(&self, after: Option<u64>) -> Subscription {
        let wake = self.shared.wake.subscribe();
        let events = self.shared.lock();
        let end = events.end();
        let (place, reset) = match after {
            None => (end, None),
            Some(after) if after < events.complete_from => (end, Some("what was missed is no longer kept")),
            Some(after) => {
                let older = events.kept.partition_point(|kept| kept.sequence < after);
                (events.first + older as u64, None)
            }
        };
        let sequence = events.sequence;
        drop(events);
        Subscription { shared: Arc::clone(&self.shared), wake, place, reset, sequence }
    }

    /// Ends every stream, for an orderly stop of the server.
    pub fn close(&self) {
        self.shared.lock().closed = true;
        self.shared.wake_all();
    }

    /// How many clients listen.
    #[must_use]
    pub fn clients(&self) -> usize {
        self.shared.wake.receiver_count()
    }
}

/// One client's place in the ring.
#[derive(Debug)]
pub struct Subscription {
    shared: Arc<Shared>,
    wake: watch::Receiver<u64>,
    place: u64,
    reset: Option<&'static str>,
    sequence: u64,
}

impl Subscription {
    /// The last sequence number published when this client came.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Begins anew from now on, for a `reason`.
    pub(crate) fn restart(&mut self, reason: &'static str) {
        self.place = self.shared.lock().end();
        self.reset = Some(reason);
    }

    /// Waits for what the client is to be told next. Nothing is lost when the wait is given up.
    pub async fn next(&mut self) -> Told {
        loop {
            self.wake.mark_unchanged();
            if let Some(told) = self.read() {
                return told;
            }
            match self.shared.positions_due() {
                Some(due) => tokio::select! {
                    _ = self.wake.changed() => {}
                    () = sleep_until(due) => self.shared.flush_positions(Instant::now()),
                },
                // The sender lives in `shared`, so that this cannot fail.
                None => drop(self.wake.changed().await),
            }
        }
    }

    fn read(&mut self) -> Option<Told> {
        let events = self.shared.lock();
        if events.closed {
            return Some(Told::Closed);
        }
        if self.place < events.first {
            self.place = events.end();
            self.reset = Some("the client reads too slowly");
        }
        if let Some(reason) = self.reset.take() {
            return Some(Told::Reset { reason, sequence: events.sequence });
        }
        let kept = events.kept.get(usize::try_from(self.place - events.first).ok()?)?;
        self.place += 1;
        Some(Told::Event(kept.bytes.clone()))
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Events> {
        // What a panicking thread left is whole: each change below is complete before anything can panic.
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        self.wake.send_modify(|count| *count = count.wrapping_add(1));
    }

    fn take_in(&self, sequence: u64, at_once: &[(u64, &str, String)], marks: &[DeviceMark]) {
        let mut events = self.lock();
        for (sequence, event, data) in at_once {
            events.keep(*sequence, event, data);
        }
        events.sequence = events.sequence.max(sequence);
        let first_mark = events.moved.is_empty() && !marks.is_empty();
        for mark in marks {
            events.moved.insert(mark.device, *mark);
        }
        if events.moved.len() > UNHEARD_MARKS_MAX && self.wake.receiver_count() == 0 {
            events.moved = FxHashMap::default();
            events.complete_from = events.sequence + 1;
        }
        drop(events);
        if first_mark || !at_once.is_empty() {
            self.wake_all();
        }
    }

    /// When the waiting marks are to be sent; `None` when none waits.
    fn positions_due(&self) -> Option<Instant> {
        let events = self.lock();
        let due = events.positions_at.map_or_else(Instant::now, |at| at + POSITIONS_INTERVAL);
        (!events.moved.is_empty()).then_some(due)
    }

    /// Makes one `positions` event of the waiting marks if its time has come; whichever client is first does it
    /// for all. The JSON is written without holding the lock.
    fn flush_positions(&self, now: Instant) {
        let mut events = self.lock();
        let early = events.positions_at.is_some_and(|at| now < at + POSITIONS_INTERVAL);
        if early || events.moved.is_empty() {
            return;
        }
        events.positions_at = Some(now);
        let moved = std::mem::take(&mut events.moved);
        drop(events);
        let data = positions_json(moved.values());
        let mut events = self.lock();
        let sequence = events.sequence;
        events.keep(sequence, "positions", &data);
        drop(events);
        self.wake_all();
    }
}

impl Events {
    /// Place of the event that comes next.
    fn end(&self) -> u64 {
        self.first + self.kept.len() as u64
    }

    /// Keeps an event under a sequence number, which never falls; the oldest ones make room.
    fn keep(&mut self, sequence: u64, event: &str, data: &str) {
        self.sequence = self.sequence.max(sequence);
        let bytes = Bytes::from(sse_frame(Some(self.sequence), event, data));
        self.kept_bytes += bytes.len();
        self.kept.push_back(Kept { sequence: self.sequence, bytes });
        while self.kept.len() > EVENTS_MAX || (self.kept_bytes > BYTES_MAX && self.kept.len() > 1) {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.kept_bytes -= oldest.bytes.len();
            self.first += 1;
            self.complete_from = oldest.sequence + 1;
        }
    }
}

/// An event framed as in the HTML standard, section 9.2; `data` has no line breaks.
pub(crate) fn sse_frame(id: Option<u64>, event: &str, data: &str) -> String {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    format!("{id}event: {event}\ndata: {data}\n\n")
}

fn positions_json<'a>(marks: impl Iterator<Item = &'a DeviceMark>) -> String {
    let mut marks: Vec<&DeviceMark> = marks.collect();
    marks.sort_unstable_by_key(|mark| mark.device);
    let at = marks.iter().map(|mark| mark.last_received_at).max().unwrap_or_default();
    let mut json = format!(r#"{{"at":"{}","items":["#, at.0);
    for (index, mark) in marks.into_iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        mark.write_row(&mut json);
    }
    json.push_str("]}");
    json
}
