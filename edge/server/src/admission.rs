//! Whether a device is ours: unknown ones go to quarantine before their first report is judged, and the standings of
//! the register are put into the journal.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use plomb_devices::Decoded;
use plomb_evidence::{Action, Operated};
use plomb_flow::{Flow, Input};
use plomb_ingest::now;
use plomb_model::{DeviceId, Position, Standing};
use plomb_registry::Registry;

use crate::config::Unknown;
use crate::round::Round;

/// In whose name standings are set.
const BY: &str = "register";

/// Keeps the flow's standings in step with the register.
pub(crate) struct Admission {
    registry: Arc<Registry>,
    unknown: Unknown,
    /// Devices that were looked up since the register last changed.
    admitted: HashSet<DeviceId>,
    changes: u64,
}

impl Admission {
    pub(crate) fn new(registry: Arc<Registry>, unknown: Unknown) -> Self {
        Self { registry, unknown, admitted: HashSet::new(), changes: 0 }
    }

    /// The state is another: everything is looked up again.
    pub(crate) fn forget(&mut self) {
        self.admitted.clear();
        self.changes = 0;
    }

    /// Looks up whoever reports for the first time.
    pub(crate) fn admit(&mut self, round: &mut Round, flow: &mut Flow, decoded: &Decoded) {
        if self.unknown == Unknown::Accept {
            return;
        }
        for report in decoded.reports() {
            let heard = report.events.iter().filter_map(|event| event.peripheral);
            for device in report.device.into_iter().chain(heard) {
                if self.admitted.insert(device)
                    && flow.state().standings.since(&device).is_none()
                    && !self.registry.knows(&device)
                {
                    let reason = "nobody has registered it";
                    set(round, flow, device, Standing::Unregistered, reason);
                }
            }
        }
    }

    /// Puts in force what changed in the register. Cheap when nothing did.
    pub(crate) fn settle(&mut self, round: &mut Round, flow: &mut Flow) {
        let changes = self.registry.changes();
        if std::mem::replace(&mut self.changes, changes) == changes {
            return;
        }
        self.admitted.clear();
        let mut wanted: Vec<(DeviceId, Standing)> = self.registry.out_of_service();
        for (device, standing, _) in flow.state().standings.iter() {
            let ended = matches!(standing, Standing::Destroyed | Standing::Retired);
            if !ended && self.registry.knows(device) {
                let registered = self.registry.standing(device);
                wanted.push((*device, registered.unwrap_or(Standing::InService)));
            }
        }
        self.place_gates(round, flow);
        wanted.sort_unstable();
        for (device, standing) in wanted {
            if flow.state().standings.of(&device) != standing {
                set(round, flow, device, standing, "so says the register");
            }
        }
    }

    /// A passive seal is where the gate stands that reads it.
    fn place_gates(&self, round: &mut Round, flow: &mut Flow) {
        let registered: BTreeMap<DeviceId, Option<Position>> = self.registry.gates().into_iter().collect();
        let known = &flow.state().gates;
        let gone = known.iter().map(|(gate, _)| *gate).filter(|gate| !registered.contains_key(gate));
        let mut wanted: Vec<(DeviceId, Option<Position>)> = gone.map(|gate| (gate, None)).collect();
        wanted.extend(registered.into_iter().filter(|(gate, place)| known.of(gate) != place.as_ref()));
        for (gate, place) in wanted {
            let action = Action::PlaceGate { gate, place };
            round.run(flow, &Input::Operated(&Operated { at: now(), by: BY.into(), action }));
        }
    }
}

fn set(round: &mut Round, flow: &mut Flow, device: DeviceId, standing: Standing, reason: &str) {
    let action = Action::SetStanding { device, standing, reason: reason.into() };
    round.run(flow, &Input::Operated(&Operated { at: now(), by: BY.into(), action }));
}
