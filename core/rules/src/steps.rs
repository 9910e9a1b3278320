//! Steps of movements, and what they and their limits mean for the alarms of the devices on them.

use std::borrow::Cow;

use plomb_cases::Outcome;
use plomb_model::{AlarmKind, DeviceId, EntryId, MovementId, OccurredAt, ReceivedAt};
use plomb_movements::{Act, CLOCK, Form, Movement, MovementState, Refusal};

use crate::alarms::Finding;
use crate::facts::Known;
use crate::{Change, State};

/// Alarms that are about the movement: a device that is taken off it has none of them.
const OF_MOVEMENTS: [AlarmKind; 6] = [
    AlarmKind::RouteDeviation,
    AlarmKind::RestrictedZone,
    AlarmKind::Overstay,
    AlarmKind::Split,
    AlarmKind::Overdue,
    AlarmKind::OpeningMissed,
];

impl State {
    /// Takes a step of a movement; `entry` is where it is recorded.
    ///
    /// # Errors
    /// [`Refusal`], and nothing is changed.
    pub fn take_step(
        &mut self,
        entry: EntryId,
        at: ReceivedAt,
        act: Act<'_>,
        changes: &mut Vec<Change>,
    ) -> Result<MovementId, Refusal> {
        let before = self.devices_of(act.movement);
        let Self { devices, alarms, standings, places, cases, movements, .. } = self;
        movements.take(entry, at, act, &Known { devices, alarms, standings, places, cases, now: at })?;
        let after = self.devices_of(act.movement);
        for device in before.iter().filter(|device| !after.contains(device)) {
            self.release(device, at, changes);
        }
        self.follow_limit(act.movement, &after, at, changes);
        self.discharge_by_itself(entry, at, act.movement);
        if act.step == "apply-seal" {
            self.compare(act.movement, at, changes);
        }
        Ok(act.movement)
    }

    /// Takes note of the movements whose limit has passed at `now`, and of openings that ended unused, each once; `entry`
    /// is where the time is recorded. Gives the movements that changed.
    pub fn pass(&mut self, entry: EntryId, now: ReceivedAt, changes: &mut Vec<Change>) -> Vec<MovementId> {
        let mut late = self.movements.pass(entry, now);
        for movement in &late {
            self.follow_limit(*movement, &self.devices_of(*movement), now, changes);
        }
        let slack_s = self.settings.unlock_window_s;
        for (movement, number, device) in self.movements.pass_openings(entry, now, slack_s) {
            late.push(movement);
            let Some(device) = device else { continue };
            let detail =
                format!("Opening {number} of movement {movement} was authorised and has not been reported");
            self.raise_by_us(&device, AlarmKind::OpeningMissed, detail, OccurredAt(now.0), now, changes);
        }
        late
    }

    /// An overdue movement has its alarm on one of its devices, whichever are on it now; another one has none.
    fn follow_limit(
        &mut self,
        id: MovementId,
        devices: &[DeviceId],
        at: ReceivedAt,
        changes: &mut Vec<Change>,
    ) {
        let Some(movement) = self.movements.get(id) else { return };
        let (late, limit) = (is_late(movement), movement.limit().unwrap_or(at.0));
        let told =
            |device: &DeviceId| self.devices.get(device).is_some_and(|row| row.holds(AlarmKind::Overdue));
        if late && !devices.iter().any(told) {
            if let Some(device) = devices.first() {
                let detail = format!("Movement {id} was to arrive by {limit}");
                self.raise_by_us(device, AlarmKind::Overdue, detail, OccurredAt(limit), at, changes);
            }
        } else if !late {
            for device in devices {
                if let Some(index) = self.devices.find(device) {
                    self.clear_of(index, AlarmKind::Overdue, at, changes);
                }
            }
        }
    }

    /// A movement whose last seal was taken off is discharged without a person where its policy says so: it was verified,
    /// nothing differed, and nobody was found to have done what may not be done.
    fn discharge_by_itself(&mut self, entry: EntryId, at: ReceivedAt, id: MovementId) {
        let Some(movement) = self.movements.get(id) else { return };
        let by_policy = self.movements.policy_of(movement).is_some_and(|policy| policy.discharges_by_itself);
        let differed = movement.history.iter().any(|done| &*done.step == "differ");
        let violated = self.cases.of_movement(id).any(|case| case.outcome == Some(Outcome::Violation));
        if by_policy && movement.state == MovementState::Disarmed && !differed && !violated {
            let form = Form::new();
            let act = Act { movement: id, step: "discharge", form: &form, by: CLOCK };
            let Self { devices, alarms, standings, places, cases, movements, .. } = self;
            let facts = Known { devices, alarms, standings, places, cases, now: at };
            // Where a case has no outcome yet, a person discharges it when it has one.
            drop(movements.take(entry, at, act, &facts));
        }
    }

    fn devices_of(&self, movement: MovementId) -> Vec<DeviceId> {
        let movement = self.movements.get(movement).filter(|movement| !movement.state.is_over());
        movement.map_or_else(Vec::new, |movement| movement.devices().collect())
    }

    /// Taken off its movement, a device may be anywhere.
    fn release(&mut self, device: &DeviceId, at: ReceivedAt, changes: &mut Vec<Change>) {
        let Some(index) = self.devices.find(device) else { return };
        self.watches.forget(index);
        for kind in OF_MOVEMENTS {
            self.clear_of(index, kind, at, changes);
        }
    }

    /// Whether the seal that was put on last is one that was declared.
    fn compare(&mut self, movement: MovementId, at: ReceivedAt, changes: &mut Vec<Change>) {
        let seal = self.movements.get(movement).and_then(|movement| movement.seals.last());
        let Some(seal) = seal.filter(|seal| !seal.declared) else { return };
        let Some(device) = seal.device else { return };
        let detail =
            format!("The seal {} was put on {}, for which another one is declared", seal.number, seal.unit);
        self.raise_by_us(&device, AlarmKind::SealMismatch, detail, OccurredAt(at.0), at, changes);
    }

    /// Raises an alarm that no event of the device has brought about.
    fn raise_by_us(
        &mut self,
        device: &DeviceId,
        kind: AlarmKind,
        detail: impl Into<Cow<'static, str>>,
        occurred_at: OccurredAt,
        received_at: ReceivedAt,
        changes: &mut Vec<Change>,
    ) {
        let Some(index) = self.devices.find(device) else { return };
        let Some(row) = self.devices.row_mut(index) else { return };
        let finding = Finding {
            kind,
            detail: detail.into(),
            occurred_at,
            received_at,
            late: false,
            position: row.position,
            causes: [(row.reports > 0).then_some(row.last_event()), None],
            always_told: true,
        };
        self.alarms.raise(index, row, &finding, &self.settings, changes);
    }
}

const fn is_late(movement: &Movement) -> bool {
    movement.overdue.is_some() && movement.state.can_be_late()
}
