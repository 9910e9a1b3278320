//! Rules about the battery.

use plomb_model::{AlarmKind, Signal};

use super::holds;
use crate::{Change, State, Transition};

/// Low below one limit, well again at a higher one. A charging or full battery that the device still calls low is low.
pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let kind = AlarmKind::LowBattery;
    let percent = transition.battery.map(|battery| i64::from(battery.get()));
    let shouts = transition.signals.contains(Signal::LowBattery);
    let below = percent.is_some_and(|percent| percent < state.settings().battery_low_percent);
    if (shouts || below) && (transition.newest || !holds(state, transition, kind)) {
        let detail =
            if shouts { "The device reports a low battery" } else { "The battery is below the limit" };
        state.raise(transition, kind, detail, [Some(transition.event), None], changes);
    } else if transition.newest && transition.has_status && !shouts && holds(state, transition, kind) {
        let well = percent.is_none_or(|percent| percent >= state.settings().battery_well_percent);
        if well {
            state.clear(transition, kind, changes);
        }
    }
}
