//! What the book of movements asks of devices.

use plomb_model::{DeviceClass, DeviceId, EntryId, MovementId, Priority, ReceivedAt, SealPart, Standing};
use plomb_movements::{Act, DeviceFacts, Refusal, Step};

use crate::{Alarms, Devices, Standings, State};

/// What is known of a device at this moment.
fn facts(
    devices: &Devices,
    alarms: &Alarms,
    standings: &Standings,
    device: &DeviceId,
    now: ReceivedAt,
) -> DeviceFacts {
    let standing = standings.of(device);
    let out_of_service = (standing != Standing::InService).then(|| standing.name());
    let Some((index, row)) = devices.find(device).and_then(|index| Some((index, devices.row(index)?))) else {
        return DeviceFacts { out_of_service, ..DeviceFacts::default() };
    };
    let part = |part| row.seal.part(part);
    let whole = match (part(SealPart::NeverOpened), part(SealPart::RopeIntact)) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (None, None) => None,
        _ => Some(true),
    };
    let open = alarms.open_of(index).filter(|alarm| alarm.priority <= Priority::High);
    DeviceFacts {
        heard: row.reports > 0,
        out_of_service,
        battery_percent: row.battery.map(plomb_model::Percent::get),
        fix_age_s: row.position_at.map(|at| now.0.since(at.0) / 1000),
        rope_inserted: part(SealPart::RopeInserted),
        locked: part(SealPart::MotorLocked),
        whole,
        alarms: open.map(|alarm| alarm.kind.name()).collect(),
        passive: row.protocol.class() == DeviceClass::Passive,
    }
}

impl State {
    /// What is known of a device at this moment.
    #[must_use]
    pub fn facts_of(&self, device: &DeviceId, now: ReceivedAt) -> DeviceFacts {
        facts(&self.devices, &self.alarms, &self.standings, device, now)
    }

    /// Whether a step of a movement may be taken.
    ///
    /// # Errors
    /// [`Refusal`] that says why not.
    pub fn check_step(&self, at: ReceivedAt, act: Act<'_>) -> Result<Step, Refusal> {
        self.movements.check(act, &|device| self.facts_of(device, at))
    }

    /// Takes a step of a movement; `entry` is where it is recorded.
    ///
    /// # Errors
    /// [`Refusal`], and nothing is changed.
    pub fn take_step(
        &mut self,
        entry: EntryId,
        at: ReceivedAt,
        by: &str,
        act: Act<'_>,
    ) -> Result<MovementId, Refusal> {
        let Self { devices, alarms, standings, movements, .. } = self;
        movements.take(entry, at, by, act, &|device| facts(devices, alarms, standings, device, at))?;
        Ok(act.movement)
    }
}
