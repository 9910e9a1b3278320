//! The rule about standing where nobody may stop.

use plomb_model::AlarmKind;
use plomb_movements::{Movement, MovementState};
use plomb_places::{Kind, Point};

use super::place::OnMovement;
use crate::{Change, Standstill, State, Transition};

/// Judged by fixes alone: a device that falls silent has an alarm of its own.
pub(super) fn evaluate(
    state: &mut State,
    transition: &Transition,
    fix: &OnMovement,
    changes: &mut Vec<Change>,
) {
    let settings = state.settings();
    let mut watch = state.watches.of(transition.device);
    let first = |stand: &Standstill| Point::of_e7(stand.at.0.e7(), stand.at.1.e7());
    let near_m = i32::try_from(settings.stop_m).map_or(f64::MAX, f64::from);
    let stood =
        watch.standstill.filter(|stand| plomb_places::metres_between(first(stand), fix.point) <= near_m);
    let stand = stood.unwrap_or(Standstill {
        at: (fix.position.latitude, fix.position.longitude),
        since: transition.occurred_at,
    });
    watch.standstill = Some(stand);
    state.watches.set(transition.device, watch);
    match too_long(state, transition, fix, stand).filter(|_| stood.is_some()) {
        Some(minutes) => {
            let detail = format!("It has stood for {minutes} minutes where no stop is approved");
            state.raise(transition, AlarmKind::Overstay, detail, [Some(transition.event), None], changes);
        }
        None if super::holds(state, transition, AlarmKind::Overstay) => {
            state.clear(transition, AlarmKind::Overstay, changes);
        }
        None => {}
    }
}

/// For how many minutes it has stood, where that is longer than it may.
fn too_long(state: &State, transition: &Transition, fix: &OnMovement, stand: Standstill) -> Option<i64> {
    let movement = state.movements.get(fix.movement)?;
    let most_min = i64::from(state.movements.policy_of(movement)?.stop_min);
    // In a yard before it leaves, at the border and at its end it may stand.
    if movement.state != MovementState::InTransit || is_excused(state, transition, movement) {
        return None;
    }
    let since = stand.since.0.max(movement.since.0);
    let minutes = transition.occurred_at.0.since(since) / 60_000;
    let may_stop = |kind| matches!(kind, Kind::Stop | Kind::Office | Kind::Checkpoint);
    (minutes >= most_min && !state.places.at(fix.point).any(|place| may_stop(place.kind))).then_some(minutes)
}

/// Whether the carrier has declared an incident lately.
fn is_excused(state: &State, transition: &Transition, movement: &Movement) -> bool {
    let lasts_ms = state.settings().breakdown_s * 1000;
    movement
        .incidents
        .iter()
        .any(|incident| (0..lasts_ms).contains(&transition.received_at.0.since(incident.at.0)))
}
