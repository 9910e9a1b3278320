//! Alarms become cases, and what is done about a case is done about its alarms.

use plomb_cases::{Raised, Refusal, Step, Storm, Subject};
use plomb_model::{Acknowledgement, Alarm, AlarmChange, AlarmKind, CaseId, EntryId, Priority, ReceivedAt};
use plomb_movements::Form;

use crate::{Change, State};

impl State {
    /// Follows what has happened to alarms; `entry` is behind it. Gives the cases that changed.
    pub fn follow_alarms(&mut self, entry: EntryId, at: ReceivedAt, changes: &[Change]) -> Vec<CaseId> {
        let mut changed = Vec::new();
        for (change, alarm) in changes {
            match change {
                AlarmChange::Raised => {
                    let (raised, storm) = (self.raised(entry, alarm), self.storm());
                    self.cases.raised(&raised, storm, &mut changed);
                }
                AlarmChange::Repeated => self.cases.came_back(alarm, &mut changed),
                AlarmChange::Cleared => self.cases.cleared(alarm, at, &mut changed),
                AlarmChange::Acknowledged => self.cases.noted(entry, alarm, &mut changed),
            }
        }
        changed
    }

    fn storm(&self) -> Storm {
        let devices = usize::try_from(self.settings().storm_devices).unwrap_or(usize::MAX);
        Storm { devices, within_s: self.settings().storm_s }
    }

    /// What the platform knows around an alarm.
    fn raised<'a>(&self, entry: EntryId, alarm: &'a Alarm) -> Raised<'a> {
        let movement = self.movements.armed_on(&alarm.device);
        let known = movement.and_then(|id| self.movements.get(id));
        let policy = known.and_then(|movement| self.movements.policy_of(movement));
        let settings = self.settings();
        let own = |seconds: i64| u32::try_from(seconds).unwrap_or(u32::MAX);
        let attention_s = match alarm.priority {
            Priority::Critical => {
                policy.map_or_else(|| own(settings.case_critical_s), |policy| policy.acknowledge_critical_s)
            }
            Priority::High => {
                policy.map_or_else(|| own(settings.case_high_s), |policy| policy.acknowledge_high_s)
            }
            Priority::Medium | Priority::Low => 0,
        };
        let least = if movement.is_some() { Priority::Medium } else { Priority::High };
        let group = (alarm.kind == AlarmKind::SignalLoss).then(|| {
            let row = self.devices.get(&alarm.device);
            let gateway = row.and_then(|row| self.devices.row(row.heard_through?)).map(|row| row.id);
            let carrier = || {
                let carrier = &known?.declaration.carrier;
                let name = if carrier.id.is_empty() { &carrier.name } else { &carrier.id };
                (!name.is_empty()).then(|| Subject::Carrier(name.clone()))
            };
            gateway.map(Subject::Gateway).or_else(carrier)
        });
        let opens = alarm.priority <= least;
        Raised { entry, alarm, movement, group: group.flatten(), opens, attention_s }
    }

    /// Whether a step of a case may be taken; [`CaseId::ALL`] with `hand-over`: all that `by` has.
    ///
    /// # Errors
    /// [`Refusal`] that says why not.
    pub fn check_case(
        &self,
        at: ReceivedAt,
        by: &str,
        case: CaseId,
        step: &str,
        form: &Form,
    ) -> Result<Step, Refusal> {
        self.cases.check(at, by, case, step, form)
    }

    /// Takes a step of a case; whoever takes note of it has taken note of its alarms. Gives the cases that changed.
    ///
    /// # Errors
    /// [`Refusal`], and nothing is changed.
    pub fn take_case(
        &mut self,
        (entry, at): (EntryId, ReceivedAt),
        by: &str,
        case: CaseId,
        (step, form): (&str, &Form),
        changes: &mut Vec<Change>,
    ) -> Result<Vec<CaseId>, Refusal> {
        let mut changed = Vec::new();
        let noted = self.cases.take((entry, at), by, case, (step, form), &mut changed)?;
        for alarm in noted {
            if self.alarms.get(alarm).is_some_and(|alarm| alarm.acknowledged.is_none()) {
                let acknowledgement = Acknowledgement {
                    by: by.into(),
                    at,
                    reason: format!("case-{case}").into(),
                    note: form.get("note").unwrap_or_default().into(),
                };
                self.acknowledge(alarm, acknowledgement, changes);
            }
        }
        Ok(changed)
    }
}
