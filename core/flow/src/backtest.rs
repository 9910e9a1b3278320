//! Other settings over the recorded inputs: which alarms would have appeared, vanished or moved.
//!
//! The journal goes through three flows at once: one as it was, which knows what people found out; and two in which nobody
//! takes note of anything, one with the settings of the time and one with the changed ones. Only these two are compared:
//! whoever acknowledged an alarm that would not have been cannot be asked what he would have done instead.

use std::collections::BTreeMap;

use plomb_cases::Outcome as CaseOutcome;
use plomb_evidence::{Action, Entry};
use plomb_model::{AlarmChange, AlarmId, AlarmKind, DeviceId, EntryId, ReceivedAt, Timestamp};
use plomb_rules::RuleSettings;

use crate::flow::Flow;
use crate::replay::Replayed;

/// Alarms of one kind and device that happened within so long of each other may be the same, moved.
const SAME_MS: i64 = 6 * 3_600_000;

/// An alarm of one of the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rung {
    /// Whose.
    pub device: DeviceId,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// When it was raised.
    pub raised_at: Timestamp,
}

/// What became of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// It would be raised, and was not.
    Appears(Rung),
    /// It was raised, and would not be; with what people found to be behind it, where they did.
    Vanishes(Rung, Option<CaseOutcome>),
    /// It would be raised at another time.
    Moves {
        /// As it was.
        was: Rung,
        /// As it would be.
        would: Rung,
        /// What people found to be behind it.
        outcome: Option<CaseOutcome>,
    },
}

/// What was found about one kind of alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KindShift {
    /// Raised with the settings of the time.
    pub was: u64,
    /// Raised with the changed ones.
    pub would: u64,
    /// What differs, by device and time.
    pub shifts: Vec<Shift>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BacktestReport {
    /// Entries looked at.
    pub entries: u64,
    /// Steps of movements that could not be taken with the changed settings.
    pub steps_refused: u64,
    /// By kind of alarm; only those that were or would be raised.
    pub kinds: BTreeMap<AlarmKind, KindShift>,
}

/// Runs changed settings over a journal.
pub struct Backtest {
    recorded: Flow,
    was: Flow,
    would: Flow,
    overrides: Vec<(Box<str>, i64)>,
    within: (Timestamp, Timestamp),
    clock: Option<Timestamp>,
    raised: [BTreeMap<AlarmKind, Vec<Rung>>; 2],
    outcomes: BTreeMap<(AlarmKind, DeviceId, Timestamp), AlarmId>,
    told: Replayed,
    ignored: Replayed,
    changed: Replayed,
    entries: u64,
}

impl Backtest {
    /// Settings by name that are to differ; only alarms raised from `from` on and before `to` are told.
    #[must_use]
    pub fn new(overrides: Vec<(Box<str>, i64)>, from: Timestamp, to: Timestamp) -> Self {
        let mut would = Flow::new(RuleSettings::default());
        would.override_settings(&overrides);
        Self {
            recorded: Flow::new(RuleSettings::default()),
            was: Flow::new(RuleSettings::default()),
            would,
            overrides,
            within: (from, to),
            clock: None,
            raised: [BTreeMap::new(), BTreeMap::new()],
            outcomes: BTreeMap::new(),
            told: Replayed::default(),
            ignored: Replayed::default(),
            changed: Replayed::default(),
            entries: 0,
        }
    }

    /// The next entry of the journal. `false`: the time that was asked for is over.
    pub fn entry(&mut self, id: EntryId, entry: &Entry) -> bool {
        let at = time_of(entry);
        if at.is_some_and(|at| at.0 >= self.within.1) {
            self.tick(id, self.within.1);
            return false;
        }
        self.entries += 1;
        if let Entry::Decided(decided) = entry {
            for (change, alarm) in &decided.alarms {
                if *change == AlarmChange::Raised {
                    self.outcomes.insert((alarm.kind, alarm.device, alarm.occurred_at.0), alarm.id);
                }
            }
        }
        self.recorded.replay(id, entry, &mut self.told);
        if let Some(at) = at {
            self.tick(id, at.0);
        }
        if is_left_out(entry) {
            return true;
        }
        self.was.replay(id, entry, &mut self.ignored);
        self.would.replay(id, entry, &mut self.changed);
        if changes_settings(entry) {
            self.would.override_settings(&self.overrides);
        }
        self.collect();
        true
    }

    /// Time passes, second by second: what was due at other times was not journalled.
    fn tick(&mut self, id: EntryId, to: Timestamp) {
        let mut now = *self.clock.get_or_insert(to);
        while to.since(now) >= 1000 {
            now = now.plus_secs(1);
            for (flow, replayed) in [(&mut self.was, &mut self.ignored), (&mut self.would, &mut self.changed)]
            {
                flow.replay(id, &Entry::Clocked(ReceivedAt(now)), replayed);
            }
            self.collect();
        }
        self.clock = Some(now);
    }

    fn collect(&mut self) {
        for (replayed, raised) in [&mut self.ignored, &mut self.changed].into_iter().zip(&mut self.raised) {
            for (change, alarm) in replayed.take_decided() {
                let inside = (self.within.0..self.within.1).contains(&alarm.raised_at.0);
                if change == AlarmChange::Raised && inside {
                    let (occurred_at, raised_at) = (alarm.occurred_at.0, alarm.raised_at.0);
                    let rung = Rung { device: alarm.device, occurred_at, raised_at };
                    raised.entry(alarm.kind).or_default().push(rung);
                }
            }
        }
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> BacktestReport {
        let Self { recorded, raised: [was, would], outcomes, changed, entries, .. } = self;
        let outcome = |kind, rung: &Rung| {
            let alarm = outcomes.get(&(kind, rung.device, rung.occurred_at))?;
            recorded.state().cases.of_alarm(*alarm)?.outcome
        };
        let mut kinds = BTreeMap::new();
        for kind in AlarmKind::ALL {
            let (was, would) = (was.get(&kind), would.get(&kind));
            let (was, would) = (was.map_or(&[][..], Vec::as_slice), would.map_or(&[][..], Vec::as_slice));
            if was.is_empty() && would.is_empty() {
                continue;
            }
            let shifts = compare(was, would, |rung| outcome(kind, rung));
            kinds.insert(kind, KindShift { was: was.len() as u64, would: would.len() as u64, shifts });
        }
        BacktestReport { entries, steps_refused: changed.steps_refused, kinds }
    }
}

fn changes_settings(entry: &Entry) -> bool {
    match entry {
        Entry::Configured(_) => true,
        Entry::Operated(operated) => matches!(operated.action, Action::Rules { .. }),
        _ => false,
    }
}

/// What people did about alarms is about alarms that may not be; the clock goes by itself.
fn is_left_out(entry: &Entry) -> bool {
    match entry {
        Entry::Decided(_) | Entry::Clocked(_) => true,
        Entry::Operated(operated) => {
            matches!(operated.action, Action::Acknowledge { .. } | Action::Case { .. })
        }
        _ => false,
    }
}

fn time_of(entry: &Entry) -> Option<ReceivedAt> {
    match entry {
        Entry::Opened(opened) => Some(opened.at),
        Entry::Received(received) => Some(received.at),
        Entry::Closed(closed) => Some(closed.at),
        Entry::Operated(operated) => Some(operated.at),
        Entry::Clocked(at) => Some(*at),
        Entry::Configured(configured) => Some(configured.at),
        Entry::Sent(sent) => Some(sent.at),
        Entry::Dispatched(dispatched) => Some(dispatched.at),
        Entry::Decided(_) => None,
    }
}

/// Pairs the alarms of one kind by device and time; what has no partner has appeared or vanished.
fn compare(was: &[Rung], would: &[Rung], outcome: impl Fn(&Rung) -> Option<CaseOutcome>) -> Vec<Shift> {
    let mut left: Vec<Rung> = would.to_vec();
    let mut shifts = Vec::new();
    let mut take = |rung: &Rung, nearest: &dyn Fn(&Rung) -> bool| {
        let candidates =
            left.iter().enumerate().filter(|(_, other)| other.device == rung.device && nearest(other));
        let place = candidates.min_by_key(|(_, other)| other.occurred_at.since(rung.occurred_at).abs());
        place.map(|(place, _)| place).map(|place| left.remove(place))
    };
    // What is the same goes first, so that it is nobody else's.
    let mut rest: Vec<Rung> = Vec::new();
    for rung in was {
        if take(rung, &|other| other == rung).is_none() {
            rest.push(*rung);
        }
    }
    for rung in rest {
        let near = |other: &Rung| other.occurred_at.since(rung.occurred_at).abs() <= SAME_MS;
        shifts.push(match take(&rung, &near) {
            Some(would) => Shift::Moves { was: rung, would, outcome: outcome(&rung) },
            None => Shift::Vanishes(rung, outcome(&rung)),
        });
    }
    shifts.extend(left.into_iter().map(Shift::Appears));
    shifts
}
