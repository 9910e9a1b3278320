//! The book of movements: which step may be taken, and what it changes.

use std::collections::{BTreeMap, BTreeSet};

use plomb_model::{CaseId, DeviceId, EntryId, MovementId, ReceivedAt, Timestamp, UnlockMethod};

use crate::advance::advance;
use crate::checks::DeviceFacts;
use crate::declaration::Declaration;
use crate::form::{Fault, Form};
use crate::movement::{Done, GuaranteeState, Movement};
use crate::opening::OpeningEnd;
use crate::policy::Policy;
use crate::state::MovementState as S;
use crate::step::Step;

/// Most movements that are kept; far beyond what one node watches.
pub const MOVEMENTS_MAX: usize = 2_000_000;
/// Most steps of one movement, so that a script in a loop does not fill memory.
pub const STEPS_MAX: usize = 1_000;
/// In whose name time takes steps.
pub const CLOCK: &str = "clock";

/// Why a step is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such movement.
    #[error("there is no movement {0}")]
    Unknown(MovementId),
    /// Not from where it stands.
    #[error("`{step}` cannot be taken while the movement is {state}: it must be {allowed}")]
    State {
        /// The step.
        step: Box<str>,
        /// Where it stands.
        state: &'static str,
        /// Where it would have to stand.
        allowed: String,
    },
    /// Fields are missing or wrong.
    #[error("{}", sentence(.0))]
    Fields(Vec<Fault>),
    /// A rule forbids it. A sentence for the person.
    #[error("{0}")]
    Rule(String),
}

fn sentence(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub struct Act<'a> {
    /// To which movement; for a new one the number that it will have ([`Movements::next_id`]).
    pub movement: MovementId,
    /// Name of the step ([`Step::NAMES`]).
    pub step: &'a str,
    /// Its fields.
    pub form: &'a Form,
    /// Account name of who does it, or [`CLOCK`].
    pub by: &'a str,
}

/// What the book asks of the world around it when a step needs it.
pub trait Facts {
    /// What is known of a device at this moment.
    fn device(&self, device: &DeviceId) -> DeviceFacts;

    /// The time.
    fn now(&self) -> Timestamp;

    /// Whether an office, a checkpoint or an approved stop of this identifier is drawn.
    fn has_post(&self, place: &str) -> bool;

    /// Whether a route of this identifier is drawn.
    fn has_route(&self, route: &str) -> bool;

    /// The case of a movement that is not over.
    fn open_case(&self, movement: MovementId) -> Option<CaseId>;
}

/// All movements.
#[derive(Debug)]
pub struct Movements {
    by_id: BTreeMap<MovementId, Movement>,
    by_device: BTreeMap<DeviceId, MovementId>,
    by_lrn: BTreeMap<Box<str>, MovementId>,
    /// Limits that have not passed.
    due: BTreeSet<(Timestamp, MovementId)>,
    /// When openings end that were neither used nor taken back: at least once for each.
    opening_ends: BTreeSet<(Timestamp, MovementId, u8)>,
    policies: BTreeMap<Box<str>, Policy>,
    last: MovementId,
}

impl Default for Movements {
    /// No movement, and the policies that are shipped.
    fn default() -> Self {
        let policies = Policy::shipped().into_iter().map(|policy| (policy.name.clone(), policy)).collect();
        Self {
            by_id: BTreeMap::new(),
            by_device: BTreeMap::new(),
            by_lrn: BTreeMap::new(),
            due: BTreeSet::new(),
            opening_ends: BTreeSet::new(),
            policies,
            last: MovementId::default(),
        }
    }
}

impl Movements {
    /// One movement.
    #[must_use]
    pub fn get(&self, id: MovementId) -> Option<&Movement> {
        self.by_id.get(&id)
    }

    /// Every movement, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Movement> {
        self.by_id.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The movement that a device watches now.
    #[must_use]
    pub fn armed_on(&self, device: &DeviceId) -> Option<MovementId> {
        if self.by_device.is_empty() { None } else { self.by_device.get(device).copied() }
    }

    /// The movement of a declarant's reference.
    #[must_use]
    pub fn of_lrn(&self, lrn: &str) -> Option<MovementId> {
        self.by_lrn.get(lrn).copied()
    }

    /// The policies in force, by name.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values()
    }

    /// The policy of a movement.
    #[must_use]
    pub fn policy_of(&self, movement: &Movement) -> Option<&Policy> {
        self.policies.get(&movement.declaration.policy)
    }

    /// The number that the next movement will have.
    #[must_use]
    pub const fn next_id(&self) -> MovementId {
        MovementId(self.last.0 + 1)
    }

    /// Whether a step may be taken.
    ///
    /// # Errors
    /// [`Refusal`] that says why not.
    pub fn check(&self, act: Act<'_>, facts: &dyn Facts) -> Result<Step, Refusal> {
        let Act { movement: id, step: name, form, by } = act;
        let step = Step::of(name, form).map_err(Refusal::Fields)?;
        if !Step::NAMES.contains(&name) {
            return Err(Refusal::Rule(format!("`{name}` is no step of a person")));
        }
        if let Step::Declare(declaration) = &step {
            self.check_new(declaration)?;
            return Ok(step);
        }
        let movement = self.by_id.get(&id).ok_or(Refusal::Unknown(id))?;
        let from = Step::states(name);
        if !from.contains(&movement.state) {
            let allowed: Vec<&str> = from.iter().map(|state| state.name()).collect();
            let (step, state) = (name.into(), movement.state.name());
            return Err(Refusal::State { step, state, allowed: allowed.join(" or ") });
        }
        if movement.history.len() >= STEPS_MAX {
            return Err(Refusal::Rule(format!("a movement has at most {STEPS_MAX} steps")));
        }
        self.check_rule(movement, &step, by, facts)?;
        Ok(step)
    }

    fn check_new(&self, declaration: &Declaration) -> Result<(), Refusal> {
        if let Some(known) = self.by_lrn.get(&declaration.lrn) {
            return Err(Refusal::Rule(format!(
                "movement {known} has the reference {} already",
                declaration.lrn
            )));
        }
        if self.by_id.len() >= MOVEMENTS_MAX {
            return Err(Refusal::Rule(format!("at most {MOVEMENTS_MAX} movements are kept")));
        }
        self.check_policy(declaration)
    }

    pub(crate) fn check_policy(&self, declaration: &Declaration) -> Result<(), Refusal> {
        if declaration.policy.is_empty() || self.policies.contains_key(&declaration.policy) {
            return Ok(());
        }
        let names: Vec<&str> = self.policies.keys().map(|name| &**name).collect();
        let why = format!("there is no such policy: it must be one of {}", names.join(", "));
        Err(Refusal::Fields(vec![Fault::new("policy", why)]))
    }

    /// Takes a step that was checked; `entry` is where it is recorded.
    ///
    /// # Errors
    /// [`Refusal`], and nothing is changed.
    pub fn take(
        &mut self,
        entry: EntryId,
        at: ReceivedAt,
        act: Act<'_>,
        facts: &dyn Facts,
    ) -> Result<(), Refusal> {
        let step = self.check(act, facts)?;
        let (form, by, name) = (act.form.clone(), act.by.into(), act.step.into());
        self.apply(Done { entry, at, by, step: name, form, state: S::Draft }, act.movement, step);
        Ok(())
    }

    /// Every step that was taken, in the order of the journal, for a snapshot.
    #[must_use]
    pub fn steps(&self) -> Vec<(MovementId, &Done)> {
        let all =
            self.by_id.iter().flat_map(|(id, movement)| movement.history.iter().map(|done| (*id, done)));
        let mut steps: Vec<(MovementId, &Done)> = all.collect();
        steps.sort_by_key(|(_, done)| done.entry);
        steps
    }

    /// Puts a step of a snapshot back: it was checked when it was taken. Steps must come in the order of the journal.
    ///
    /// # Errors
    /// [`Refusal`] where it cannot be read any more.
    pub fn restore(&mut self, id: MovementId, done: Done) -> Result<(), Refusal> {
        let step = Step::of(&done.step, &done.form).map_err(Refusal::Fields)?;
        if !matches!(step, Step::Declare(_)) && !self.by_id.contains_key(&id) {
            return Err(Refusal::Unknown(id));
        }
        self.apply(done, id, step);
        Ok(())
    }

    fn apply(&mut self, mut done: Done, id: MovementId, step: Step) {
        if let Step::Declare(declaration) = step {
            self.last = self.last.max(id);
            self.by_lrn.insert(declaration.lrn.clone(), id);
            let movement = created(id, *declaration, done);
            self.by_id.insert(id, movement);
            return;
        }
        let Some(movement) = self.by_id.get_mut(&id) else { return };
        let before: Vec<DeviceId> = movement.devices().collect();
        let old_limit = movement.limit();
        let next = advance(movement, &done, step);
        if next != movement.state {
            (movement.state, movement.since) = (next, done.at);
        }
        done.state = movement.state;
        movement.history.push(done);
        let ends = movement.open_openings().map(|(number, opening)| (opening.until, id, number));
        self.opening_ends.extend(ends);
        if let Some(limit) = old_limit {
            self.due.remove(&(limit, id));
        }
        if let Some(limit) =
            movement.limit().filter(|_| movement.overdue.is_none() && !movement.state.is_over())
        {
            self.due.insert((limit, id));
        }
        let after: Vec<DeviceId> =
            if movement.state.is_over() { Vec::new() } else { movement.devices().collect() };
        for device in before.iter().filter(|device| !after.contains(device)) {
            self.by_device.remove(device);
        }
        for device in after {
            self.by_device.insert(device, id);
        }
    }

    /// Takes note of the movements whose limit has passed at `now`, each once; `entry` is where the time is recorded.
    pub fn pass(&mut self, entry: EntryId, now: ReceivedAt) -> Vec<MovementId> {
        let mut late = Vec::new();
        while let Some((limit, id)) = self.due.first().copied().filter(|(limit, _)| *limit <= now.0) {
            self.due.remove(&(limit, id));
            let Some(state) = self.by_id.get(&id).map(|movement| movement.state) else { continue };
            if state.can_be_late() {
                self.by_clock(entry, now, id, Step::Overdue, Form::new());
                late.push(id);
            }
        }
        late
    }

    /// The authorised opening that allows what a device did, with its movement: `at` and in which way, and `inside` says
    /// whether that was at a place.
    #[must_use]
    pub fn opening_for(
        &self,
        device: &DeviceId,
        at: Timestamp,
        done: Option<(UnlockMethod, u64)>,
        window_ms: i64,
        inside: &dyn Fn(&str) -> bool,
    ) -> Option<(MovementId, u8)> {
        let movement = self.get(self.armed_on(device)?)?;
        let seal = movement.set_seals().find(|seal| seal.device == Some(*device))?;
        let numbered = (1..).zip(&movement.openings);
        let mut fitting = numbered.filter(|(_, opening)| {
            opening.seal == seal.number
                && opening.allows(at, done, window_ms)
                && (opening.place.is_empty() || inside(&opening.place))
        });
        fitting.next().map(|(number, _)| (movement.id, number))
    }

    /// A device has opened as an opening allowed; `entry` is its report. Told once for each opening.
    pub fn opened(&mut self, entry: EntryId, now: ReceivedAt, (id, number): (MovementId, u8), at: Timestamp) {
        let Some(opening) = self.by_id.get(&id).and_then(|movement| movement.opening(number)) else { return };
        if !matches!(opening.end, Some(OpeningEnd::Used { .. })) {
            let form = Form::of([("opening", number.to_string()), ("at", at.to_string())]);
            self.by_clock(entry, now, id, Step::Opened { opening: number, at }, form);
        }
    }

    /// Takes note of the openings that have ended unused `slack_s` seconds before `now`, each once: reports take their
    /// time. Gives those that were in force, with the device of their seal.
    pub fn pass_openings(
        &mut self,
        entry: EntryId,
        now: ReceivedAt,
        slack_s: i64,
    ) -> Vec<(MovementId, u8, Option<DeviceId>)> {
        let ended = now.0.plus_secs(-slack_s);
        let mut missed = Vec::new();
        while let Some((at, id, number)) = self.opening_ends.first().copied().filter(|(at, ..)| *at <= ended)
        {
            self.opening_ends.remove(&(at, id, number));
            let Some(movement) = self.by_id.get(&id).filter(|movement| !movement.state.is_over()) else {
                continue;
            };
            let Some(opening) = movement.opening(number).filter(|opening| opening.end.is_none()) else {
                continue;
            };
            let seal = movement.set_seals().find(|seal| seal.number == opening.seal);
            let device = seal.and_then(|seal| seal.device);
            if opening.is_granted() {
                missed.push((id, number, device));
            }
            let form = Form::of([("opening", number.to_string())]);
            self.by_clock(entry, now, id, Step::OpeningMissed { opening: number }, form);
        }
        missed
    }

    /// What no person does: time, or a report of a device.
    fn by_clock(&mut self, entry: EntryId, at: ReceivedAt, id: MovementId, step: Step, form: Form) {
        let (by, name) = (CLOCK.into(), step.name().into());
        self.apply(Done { entry, at, by, step: name, form, state: S::Draft }, id, step);
    }
}

fn created(id: MovementId, declaration: Declaration, done: Done) -> Movement {
    Movement {
        id,
        declaration,
        state: S::Draft,
        since: done.at,
        guarantee: GuaranteeState::None,
        class: None,
        partner: None,
        seals: Vec::new(),
        incidents: Vec::new(),
        openings: Vec::new(),
        links: Vec::new(),
        overdue: None,
        departed_at: None,
        arrived_at: None,
        history: vec![done],
    }
}
