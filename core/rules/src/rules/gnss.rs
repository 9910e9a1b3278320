//! Rules about positions that cannot be.

use plomb_model::{AlarmKind, EventId, Position, Signal};

use crate::{Change, State, Transition, metres_between};

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let kind = AlarmKind::GnssImplausible;
    if transition.signals.contains(Signal::GnssJamming) {
        let detail = "The device reports that satellite reception is jammed";
        state.raise(transition, kind, detail, [Some(transition.event), None], changes);
    } else if transition.signals.contains(Signal::NetworkJamming) {
        let detail = "The device reports that the cellular network is jammed";
        state.raise(transition, kind, detail, [Some(transition.event), None], changes);
    } else if let Some(before) = impossible_jump(state, transition) {
        let detail = "The position jumped farther than a vehicle can travel";
        state.raise(transition, kind, detail, [Some(before), Some(transition.event)], changes);
    }
}

/// The event of the fix from which nothing could have come here in the time.
fn impossible_jump(state: &State, transition: &Transition) -> Option<EventId> {
    let (from, from_at, event) = transition.previous_fix?;
    let to = transition.position.filter(Position::is_valid)?;
    if transition.passive || !transition.newest || !from.is_valid() || !transition.dated {
        return None;
    }
    let settings = state.settings();
    let metres = metres_between(&from, &to);
    let seconds = (transition.occurred_at.0.since(from_at.0) / 1000).max(1);
    let fastest = seconds * settings.jump_kmh * 1000 / 3600;
    (metres > settings.jump_m && metres > fastest).then_some(event)
}
