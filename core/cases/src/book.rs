//! The book of cases: which alarm belongs to which, which step may be taken, and what it changes.

use std::collections::{BTreeMap, BTreeSet};

use plomb_model::{Alarm, AlarmId, AlarmKind, CaseId, EntryId, MovementId, Priority, ReceivedAt, Timestamp};
use plomb_movements::{Fault, Form};

use crate::case::{Case, CaseState as S, Done, LEVEL_MAX, Outcome, Shelf, Subject};
use crate::step::{SHELF_H_MAX, Step};
use crate::storm::{Silences, Silent, Storm};

/// Most cases that are not over; beyond it alarms stand alone, and [`Cases::held_back`] counts them.
pub const OPEN_MAX: usize = 100_000;
/// Cases that are over and kept to look at; older ones are in the journal.
pub const RESOLVED_KEPT_MAX: usize = 100_000;
/// Alarms of one case that are named; further ones are counted.
pub const ALARMS_MAX: usize = 1_000;
/// Most steps of one case, so that a script in a loop does not fill memory.
pub const STEPS_MAX: usize = 500;
/// In whose name time takes steps.
pub const CLOCK: &str = "clock";

/// Why a step is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such case.
    #[error("there is no case {0}")]
    Unknown(CaseId),
    /// Not from where it stands.
    #[error("`{step}` cannot be taken while the case is {state}: it must be {allowed}")]
    State {
        /// The step.
        step: Box<str>,
        /// Where it stands.
        state: &'static str,
        /// Where it would have to stand.
        allowed: String,
    },
    /// Fields are missing or wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Fields(Vec<Fault>),
    /// A rule forbids it. A sentence for the person.
    #[error("{0}")]
    Rule(String),
}

/// An alarm that was raised, and what the platform knows around it.
#[derive(Clone, Debug)]
pub struct Raised<'a> {
    /// The journal entry behind it.
    pub entry: EntryId,
    /// The alarm.
    pub alarm: &'a Alarm,
    /// The movement that its device is on.
    pub movement: Option<MovementId>,
    /// What a silence of this device may have in common with others.
    pub group: Option<Subject>,
    /// It opens a case where there is none.
    pub opens: bool,
    /// Somebody must take note of it within so many seconds; 0: within the shift.
    pub attention_s: u32,
}

/// All cases.
#[derive(Debug, Default)]
pub struct Cases {
    by_id: BTreeMap<CaseId, Case>,
    /// The one that is not over, by what it is about.
    open: BTreeMap<Subject, CaseId>,
    of_alarm: BTreeMap<AlarmId, CaseId>,
    of_movement: BTreeMap<MovementId, Vec<CaseId>>,
    /// Those that are over, by when they were.
    over: BTreeSet<(ReceivedAt, CaseId)>,
    due: BTreeSet<(Timestamp, CaseId)>,
    due_of: BTreeMap<CaseId, Timestamp>,
    /// Silences of the last minutes.
    pub silences: Silences,
    quiet_s: i64,
    last: CaseId,
    /// Alarms that found no place in a case, because there were too many.
    pub held_back: u64,
}

impl Cases {
    /// One case.
    #[must_use]
    pub fn get(&self, id: CaseId) -> Option<&Case> {
        self.by_id.get(&id)
    }

    /// Every case that is kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Case> {
        self.by_id.values()
    }

    /// The number given last.
    #[must_use]
    pub const fn last(&self) -> CaseId {
        self.last
    }

    /// The cases of a movement that are kept, oldest first.
    pub fn of_movement(&self, movement: MovementId) -> impl Iterator<Item = &Case> {
        let ids = self.of_movement.get(&movement).into_iter().flatten();
        ids.filter_map(|id| self.by_id.get(id))
    }

    /// The case of an alarm.
    #[must_use]
    pub fn of_alarm(&self, alarm: AlarmId) -> Option<&Case> {
        self.by_id.get(self.of_alarm.get(&alarm)?)
    }

    /// The case of a subject that is not over.
    #[must_use]
    pub fn open_of(&self, subject: &Subject) -> Option<&Case> {
        self.by_id.get(self.open.get(subject)?)
    }

    /// After so many seconds a silence that has ended, and that nobody has touched, is over by itself.
    pub const fn set_quiet_s(&mut self, quiet_s: i64) {
        self.quiet_s = quiet_s;
    }

    /// An alarm was raised.
    pub fn raised(&mut self, raised: &Raised<'_>, storm: Storm, changed: &mut Vec<CaseId>) {
        let alarm = raised.alarm;
        if alarm.kind == AlarmKind::SignalLoss
            && let Some(group) = &raised.group
            && self.rides_a_storm(group, raised, storm, changed)
        {
            return;
        }
        let subject = raised.movement.map_or(Subject::Device(alarm.device), Subject::Movement);
        match self.open.get(&subject).copied() {
            Some(id) => self.join(id, raised, changed),
            None if raised.opens => {
                if let Some(id) = self.begin(subject, raised) {
                    self.join(id, raised, changed);
                }
            }
            None => {}
        }
    }

    /// Whether the silence is part of a larger one; puts it there.
    fn rides_a_storm(
        &mut self,
        group: &Subject,
        raised: &Raised<'_>,
        storm: Storm,
        changed: &mut Vec<CaseId>,
    ) -> bool {
        if let Some(id) = self.open.get(group).copied() {
            self.join(id, raised, changed);
            return true;
        }
        let at = raised.alarm.raised_at;
        let silent = Silent { at, alarm: raised.alarm.id, device: raised.alarm.device };
        let Some(silent) = self.silences.note(group, silent, storm) else { return false };
        let Some(id) = self.begin(group.clone(), raised) else { return false };
        self.join(id, raised, changed);
        for silent in silent {
            self.merge(&silent, id, raised, changed);
        }
        true
    }

    /// Makes a silent device part of a larger case; its own becomes part of it, if that is all that it has, and nobody works
    /// on it.
    fn merge(&mut self, silent: &Silent, into: CaseId, raised: &Raised<'_>, changed: &mut Vec<CaseId>) {
        let Some(id) = self.of_alarm.get(&silent.alarm).copied() else {
            if let Some(case) = self.by_id.get_mut(&into) {
                case.alarm_count = case.alarm_count.saturating_add(1);
                case.unseen = case.unseen.saturating_add(1);
                if case.alarms.len() < ALARMS_MAX {
                    self.of_alarm.insert(silent.alarm, into);
                    case.alarms.push(silent.alarm);
                    case.alarms.sort_unstable();
                    case.holding.insert(silent.alarm);
                    case.devices.insert(silent.device);
                }
            }
            return;
        };
        if id == into {
            return;
        }
        let Some(case) = self.by_id.get_mut(&id) else { return };
        if !(case.is_untouched() && case.is_silence()) {
            return;
        }
        let at = raised.alarm.raised_at;
        case.merged_into = Some(into);
        let form = Form::of([("into", into.to_string())]);
        let (moved, held) = (std::mem::take(&mut case.alarms), std::mem::take(&mut case.holding));
        let (count, devices) = (std::mem::take(&mut case.alarm_count), std::mem::take(&mut case.devices));
        self.move_to(id, S::Merged, Done::by_time(raised.entry, at, "merge", form), changed);
        for alarm in &moved {
            self.of_alarm.insert(*alarm, into);
        }
        if let Some(case) = self.by_id.get_mut(&into) {
            case.alarm_count = case.alarm_count.saturating_add(count);
            case.unseen = case.unseen.saturating_add(count);
            case.holding.extend(held);
            case.devices.extend(devices);
            case.alarms.extend(moved);
            case.alarms.sort_unstable();
            for beyond in case.alarms.split_off(case.alarms.len().min(ALARMS_MAX)) {
                case.holding.remove(&beyond);
                self.of_alarm.remove(&beyond);
            }
        }
    }

    fn begin(&mut self, subject: Subject, raised: &Raised<'_>) -> Option<CaseId> {
        if self.open.len() >= OPEN_MAX {
            self.held_back = self.held_back.saturating_add(1);
            return None;
        }
        let id = CaseId(self.last.0 + 1);
        self.last = id;
        let at = raised.alarm.raised_at;
        self.put(Case {
            id,
            subject,
            opened_at: at,
            state: S::Open,
            since: at,
            priority: raised.alarm.priority,
            alarms: Vec::new(),
            alarm_count: 0,
            kinds: BTreeSet::new(),
            devices: BTreeSet::new(),
            holding: BTreeSet::new(),
            quiet_since: None,
            unseen: 0,
            attention_by: None,
            attention_s: 0,
            level: 0,
            assignee: None,
            shelf: None,
            acknowledged_at: None,
            outcome: None,
            merged_into: None,
            history: Vec::new(),
        });
        Some(id)
    }

    fn join(&mut self, id: CaseId, raised: &Raised<'_>, changed: &mut Vec<CaseId>) {
        let Some(case) = self.by_id.get_mut(&id) else { return };
        let alarm = raised.alarm;
        case.priority = case.priority.min(alarm.priority);
        case.alarm_count = case.alarm_count.saturating_add(1);
        case.kinds.insert(alarm.kind);
        if case.alarms.len() < ALARMS_MAX {
            self.of_alarm.insert(alarm.id, id);
            case.alarms.push(alarm.id);
            case.holding.insert(alarm.id);
            case.devices.insert(alarm.device);
        }
        case.quiet_since = None;
        case.unseen = case.unseen.saturating_add(1);
        if raised.attention_s > 0 {
            let by = alarm.raised_at.0.plus_secs(i64::from(raised.attention_s));
            if case.attention_by.is_none_or(|before| by < before) {
                (case.attention_by, case.attention_s) = (Some(by), raised.attention_s);
            }
            // What is worse than all that was set aside does not wait.
            case.shelf = None;
        }
        self.follow(id, changed);
    }

    /// The condition of an alarm has ended.
    pub fn cleared(&mut self, alarm: &Alarm, at: ReceivedAt, changed: &mut Vec<CaseId>) {
        if alarm.kind == AlarmKind::SignalLoss {
            self.silences.end(alarm.id);
        }
        let Some(id) = self.of_alarm.get(&alarm.id).copied() else { return };
        let Some(case) = self.by_id.get_mut(&id) else { return };
        if case.holding.remove(&alarm.id) && case.holding.is_empty() {
            case.quiet_since = Some(at);
        }
        self.follow(id, changed);
    }

    /// The condition of an alarm has come back before it was over.
    pub fn came_back(&mut self, alarm: &Alarm, changed: &mut Vec<CaseId>) {
        let Some(id) = self.of_alarm.get(&alarm.id).copied() else { return };
        let Some(case) = self.by_id.get_mut(&id) else { return };
        if case.alarms.contains(&alarm.id) && case.holding.insert(alarm.id) {
            case.quiet_since = None;
            self.follow(id, changed);
        }
    }

    /// Somebody has taken note of an alarm by itself: the case is in hands.
    pub fn noted(&mut self, entry: EntryId, alarm: &Alarm, changed: &mut Vec<CaseId>) {
        let Some(noted) = &alarm.acknowledged else { return };
        let Some(id) = self.of_alarm.get(&alarm.id).copied() else { return };
        let Some(case) = self.by_id.get_mut(&id) else { return };
        if case.state.is_over() || case.unseen == 0 {
            return;
        }
        case.unseen -= 1;
        if case.unseen == 0 {
            (case.attention_by, case.level) = (None, 0);
        }
        if case.state == S::Open {
            case.acknowledged_at = case.acknowledged_at.or(Some(noted.at));
            case.assignee.get_or_insert_with(|| noted.by.clone());
            let form = Form::of([("alarm", alarm.id.to_string()), ("note", noted.note.to_string())]);
            let done = Done::new(entry, noted.at, &noted.by, "acknowledge", form);
            self.move_to(id, S::Acknowledged, done, changed);
        } else {
            self.follow(id, changed);
        }
    }

    /// Whether a step may be taken. Case 0 with `hand-over`: all that `by` has.
    ///
    /// # Errors
    /// [`Refusal`] that says why not.
    pub fn check(
        &self,
        at: ReceivedAt,
        by: &str,
        id: CaseId,
        name: &str,
        form: &Form,
    ) -> Result<Step, Refusal> {
        let step = Step::of(name, form).map_err(Refusal::Fields)?;
        if let Step::HandOver { to } = &step {
            if id != CaseId::ALL {
                return Err(Refusal::Rule("hand-over is of all cases at once; assign gives one".to_owned()));
            }
            if **to == *by {
                return Err(Refusal::Rule("the cases are yours already".to_owned()));
            }
            if !self.by_id.values().any(|case| is_with(case, by)) {
                return Err(Refusal::Rule("you have no cases that are not over".to_owned()));
            }
            return Ok(step);
        }
        let case = self.by_id.get(&id).ok_or(Refusal::Unknown(id))?;
        let from = Step::states(name);
        if !from.contains(&case.state) {
            let allowed: Vec<&str> = from.iter().map(|state| state.name()).collect();
            let (step, state) = (name.into(), case.state.name());
            return Err(Refusal::State { step, state, allowed: allowed.join(" or ") });
        }
        if case.history.len() >= STEPS_MAX && !matches!(step, Step::Resolve { .. }) {
            return Err(Refusal::Rule(format!("a case has at most {STEPS_MAX} steps; resolve it")));
        }
        self.check_rule(at, case, &step)?;
        Ok(step)
    }

    fn check_rule(&self, at: ReceivedAt, case: &Case, step: &Step) -> Result<(), Refusal> {
        let rule = |why: &str| Err(Refusal::Rule(why.to_owned()));
        match step {
            Step::Acknowledge if case.state != S::Open && case.unseen == 0 => {
                rule("somebody has taken note of all its alarms")
            }
            Step::Shelve { .. } if case.priority == Priority::Critical => {
                rule("a critical case is not shelved: act on it, or resolve it")
            }
            Step::Shelve { until, .. } => {
                let hours_max = SHELF_H_MAX * 3_600_000;
                if (1..=hours_max).contains(&until.since(at.0)) {
                    Ok(())
                } else {
                    Err(Refusal::Rule(format!("until: it must be within the next {SHELF_H_MAX} hours")))
                }
            }
            Step::Unshelve if case.shelf.is_none() => rule("it is on no shelf"),
            Step::Resolve { .. } if case.unseen > 0 => {
                rule("there are alarms that nobody has taken note of: look at them first")
            }
            Step::Reopen if self.open.contains_key(&case.subject) => {
                rule("there is a later case of the same that is not over: work on that")
            }
            _ => Ok(()),
        }
    }

    /// Takes a step that was checked; `entry` is where it is recorded. Gives the alarms that somebody has taken note of
    /// with it.
    ///
    /// # Errors
    /// [`Refusal`], and nothing is changed.
    pub fn take(
        &mut self,
        (entry, at): (EntryId, ReceivedAt),
        by: &str,
        id: CaseId,
        (name, form): (&str, &Form),
        changed: &mut Vec<CaseId>,
    ) -> Result<Vec<AlarmId>, Refusal> {
        let step = self.check(at, by, id, name, form)?;
        if let Step::HandOver { to } = &step {
            self.hand_over((entry, at), by, to, form, changed);
            return Ok(Vec::new());
        }
        let Some(case) = self.by_id.get_mut(&id) else { return Err(Refusal::Unknown(id)) };
        let next = case.advance(&step, at, by);
        let noted = if case.unseen == 0 && next != S::Open { case.alarms.clone() } else { Vec::new() };
        let done = Done::new(entry, at, by, name, form.clone());
        self.move_to(id, next, done, changed);
        Ok(noted)
    }

    fn hand_over(
        &mut self,
        (entry, at): (EntryId, ReceivedAt),
        by: &str,
        to: &str,
        form: &Form,
        changed: &mut Vec<CaseId>,
    ) {
        let theirs: Vec<CaseId> =
            self.by_id.values().filter(|case| is_with(case, by)).map(|case| case.id).collect();
        for id in theirs {
            let Some(case) = self.by_id.get_mut(&id) else { continue };
            case.assignee = Some(to.into());
            let state = case.state;
            let done = Done::new(entry, at, by, "hand-over", form.clone());
            self.move_to(id, state, done, changed);
        }
    }

    /// Time has come: escalations, the ends of shelves, and silences that are over. `entry` is where it is recorded.
    pub fn pass(&mut self, entry: EntryId, now: ReceivedAt, changed: &mut Vec<CaseId>) {
        while let Some((at, id)) = self.due.first().copied().filter(|(at, _)| *at <= now.0) {
            self.due.remove(&(at, id));
            if self.due_of.remove(&id) != Some(at) {
                continue;
            }
            let quiet_s = self.quiet_s;
            let Some(case) = self.by_id.get_mut(&id) else { continue };
            let (step, next) = case.turn(now, quiet_s);
            let level = case.level;
            if next == S::Resolved {
                case.outcome = Some(Outcome::CoverageGap);
            }
            let form = Form::of([("level", if level > 0 { level.to_string() } else { String::new() })]);
            self.move_to(id, next, Done::by_time(entry, now, step, form), changed);
        }
    }

    /// Puts a case of a snapshot back, or a new one in. Cases must come in the order of their numbers.
    pub fn put(&mut self, case: Case) {
        let id = case.id;
        self.last = self.last.max(id);
        self.of_alarm.extend(case.alarms.iter().map(|alarm| (*alarm, id)));
        if let Some(movement) = case.movement() {
            self.of_movement.entry(movement).or_default().push(id);
        }
        if case.state.is_over() {
            self.over.insert((case.since, id));
        } else {
            self.open.insert(case.subject.clone(), id);
        }
        let due = case.due(self.quiet_s);
        self.by_id.insert(id, case);
        self.look_again(id, due);
    }

    /// Puts the last number and the count of a snapshot back.
    pub fn restore_last(&mut self, last: CaseId, held_back: u64) {
        (self.last, self.held_back) = (self.last.max(last), held_back);
    }

    /// Writes a step down and brings the lists up to date.
    fn move_to(&mut self, id: CaseId, next: S, mut done: Done, changed: &mut Vec<CaseId>) {
        let Some(case) = self.by_id.get_mut(&id) else { return };
        let (before, since) = (case.state, case.since);
        if next != before {
            (case.state, case.since) = (next, done.at);
        }
        done.state = next;
        case.history.push(done);
        if before.is_over() && !next.is_over() {
            self.over.remove(&(since, id));
            self.open.insert(case.subject.clone(), id);
        } else if next.is_over() && !before.is_over() {
            self.over.insert((case.since, id));
            self.open.remove(&case.subject);
        }
        self.follow(id, changed);
        self.forget_oldest();
    }

    fn follow(&mut self, id: CaseId, changed: &mut Vec<CaseId>) {
        let due = self.by_id.get(&id).and_then(|case| case.due(self.quiet_s));
        self.look_again(id, due);
        if !changed.contains(&id) {
            changed.push(id);
        }
    }

    fn look_again(&mut self, id: CaseId, due: Option<Timestamp>) {
        if let Some(before) = self.due_of.remove(&id) {
            self.due.remove(&(before, id));
        }
        if let Some(at) = due {
            self.due.insert((at, id));
            self.due_of.insert(id, at);
        }
    }

    fn forget_oldest(&mut self) {
        while self.over.len() > RESOLVED_KEPT_MAX {
            let Some(case) = self.over.pop_first().and_then(|(_, id)| self.by_id.remove(&id)) else {
                continue;
            };
            for alarm in &case.alarms {
                self.of_alarm.remove(alarm);
            }
            if let Some(movement) = case.movement()
                && let Some(ids) = self.of_movement.get_mut(&movement)
            {
                ids.retain(|id| *id != case.id);
                if ids.is_empty() {
                    self.of_movement.remove(&movement);
                }
            }
        }
    }
}

/// Whether somebody has the case, and it is not over.
fn is_with(case: &Case, by: &str) -> bool {
    !case.state.is_over() && case.assignee.as_deref() == Some(by)
}

impl Done {
    fn new(entry: EntryId, at: ReceivedAt, by: &str, step: &str, form: Form) -> Self {
        Self { entry, at, by: by.into(), step: step.into(), form, state: S::Open }
    }

    fn by_time(entry: EntryId, at: ReceivedAt, step: &str, form: Form) -> Self {
        Self::new(entry, at, CLOCK, step, form)
    }
}

impl Case {
    /// What a step of a person changes; gives the state to which it leads.
    fn advance(&mut self, step: &Step, at: ReceivedAt, by: &str) -> S {
        let takes_note =
            matches!(step, Step::Acknowledge | Step::Assess { .. } | Step::Dispatch { .. } | Step::OnScene);
        if takes_note {
            (self.unseen, self.attention_by, self.level) = (0, None, 0);
            self.acknowledged_at = self.acknowledged_at.or(Some(at));
            self.assignee.get_or_insert_with(|| by.into());
        }
        match step {
            Step::Acknowledge => self.state.max(S::Acknowledged),
            Step::Assess { .. } => self.state.max(S::Assessing),
            Step::Dispatch { .. } => S::Dispatched,
            Step::OnScene => S::OnScene,
            Step::Assign { to } => {
                self.assignee = Some(to.clone());
                self.state
            }
            Step::Shelve { until, reason } => {
                self.shelf = Some(Shelf { until: *until, by: by.into(), reason: reason.clone() });
                self.state
            }
            Step::Unshelve => {
                self.shelf = None;
                self.state
            }
            Step::Resolve { outcome } => {
                (self.outcome, self.shelf) = (Some(*outcome), None);
                S::Resolved
            }
            Step::Reopen => {
                self.outcome = None;
                self.assignee = Some(by.into());
                S::Acknowledged
            }
            Step::Note | Step::HandOver { .. } => self.state,
        }
    }

    /// What time does to it, when it is due: the name of the step, and where it leads.
    fn turn(&mut self, now: ReceivedAt, quiet_s: i64) -> (&'static str, S) {
        if self.shelf.take().is_some() {
            if self.unseen > 0 && self.attention_s > 0 {
                self.attention_by = Some(now.0.plus_secs(i64::from(self.attention_s)));
            }
            return ("unshelve", self.state);
        }
        if self.attention_by.is_some_and(|by| by <= now.0) && self.level < LEVEL_MAX {
            self.level += 1;
            self.attention_by = Some(now.0.plus_secs(i64::from(self.attention_s)));
            return ("escalate", self.state);
        }
        let over = self.quiet_since.is_some_and(|since| now.0.since(since.0) >= quiet_s * 1000);
        ("end", if over { S::Resolved } else { self.state })
    }
}
