//! What the book of movements asks of devices.

use plomb_cases::{Cases, Subject};
use plomb_model::{
    CaseId, DeviceClass, DeviceId, MovementId, Priority, ReceivedAt, SealPart, Standing, Timestamp,
};
use plomb_movements::{Act, Check, DeviceFacts, Facts, Refusal, Step, checklist};
use plomb_places::{Kind, Places};

use crate::{Alarms, Devices, Standings, State};

/// The parts of the state that the book asks, while it is itself changed.
pub(crate) struct Known<'a> {
    pub(crate) devices: &'a Devices,
    pub(crate) alarms: &'a Alarms,
    pub(crate) standings: &'a Standings,
    pub(crate) places: &'a Places,
    pub(crate) cases: &'a Cases,
    pub(crate) now: ReceivedAt,
}

impl Facts for Known<'_> {
    fn device(&self, device: &DeviceId) -> DeviceFacts {
        let standing = self.standings.of(device);
        let out_of_service = (standing != Standing::InService).then(|| standing.name());
        let index = self.devices.find(device);
        let Some((index, row)) = index.and_then(|index| Some((index, self.devices.row(index)?))) else {
            return DeviceFacts { out_of_service, ..DeviceFacts::default() };
        };
        let part = |part| row.seal.part(part);
        let whole = match (part(SealPart::NeverOpened), part(SealPart::RopeIntact)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (None, None) => None,
            _ => Some(true),
        };
        let open = self.alarms.open_of(index).filter(|alarm| alarm.priority <= Priority::High);
        DeviceFacts {
            heard: row.reports > 0,
            out_of_service,
            battery_percent: row.battery.map(plomb_model::Percent::get),
            fix_age_s: row.position_at.map(|at| self.now.0.since(at.0) / 1000),
            rope_inserted: part(SealPart::RopeInserted),
            locked: part(SealPart::MotorLocked),
            whole,
            alarms: open.map(|alarm| alarm.kind.name()).collect(),
            passive: row.protocol.class() == DeviceClass::Passive,
        }
    }

    fn open_case(&self, movement: MovementId) -> Option<CaseId> {
        self.cases.open_of(&Subject::Movement(movement)).map(|case| case.id)
    }

    fn now(&self) -> Timestamp {
        self.now.0
    }

    fn has_post(&self, place: &str) -> bool {
        let known = self.places.get(place);
        known.is_some_and(|place| matches!(place.kind, Kind::Office | Kind::Checkpoint | Kind::Stop))
    }

    fn has_route(&self, route: &str) -> bool {
        self.places.get(route).is_some_and(|place| place.corridor().is_some())
    }
}

impl State {
    /// The facts that the book of movements goes by at this moment.
    #[must_use]
    pub fn facts(&self, now: ReceivedAt) -> impl Facts + '_ {
        let Self { devices, alarms, standings, places, cases, .. } = self;
        Known { devices, alarms, standings, places, cases, now }
    }

    /// The checklist of a device that is to be armed on a movement; `None` where there is no such movement, or its
    /// policy is not known.
    #[must_use]
    pub fn checklist(&self, movement: MovementId, device: DeviceId, now: ReceivedAt) -> Option<Vec<Check>> {
        let movement = self.movements.get(movement)?;
        let policy = self.movements.policy_of(movement)?;
        Some(checklist(&self.movements, movement, policy, device, &self.facts(now)))
    }

    /// Whether a step of a movement may be taken.
    ///
    /// # Errors
    /// [`Refusal`] that says why not.
    pub fn check_step(&self, at: ReceivedAt, act: Act<'_>) -> Result<Step, Refusal> {
        self.movements.check(act, &self.facts(at))
    }
}
