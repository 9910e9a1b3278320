//! The rule about devices that should travel together: on one unit, or on a tractor and what it draws.

use plomb_model::{AlarmKind, DeviceId, Position};
use plomb_movements::{Movement, UnitKind};

use super::place::OnMovement;
use crate::{Change, State, Transition, metres_between};

/// Fixes in a row apart that are a separation: one may be the receiver's error.
const APART_FIXES: u8 = 2;

pub(super) fn evaluate(
    state: &mut State,
    transition: &Transition,
    fix: &OnMovement,
    changes: &mut Vec<Change>,
) {
    let Some(apart_m) = apart_m(state, transition, fix) else { return };
    let mut watch = state.watches.of(transition.device);
    watch.apart = if apart_m > 0 { watch.apart.saturating_add(1) } else { 0 };
    state.watches.set(transition.device, watch);
    if watch.apart >= APART_FIXES {
        let detail = format!("It is {apart_m} m from the device that it should travel with");
        state.raise(transition, AlarmKind::Split, detail, [Some(transition.event), None], changes);
    } else if watch.apart == 0 && super::holds(state, transition, AlarmKind::Split) {
        state.clear(transition, AlarmKind::Split, changes);
    }
}

/// Metres to the companion that is too far away, 0 where all are near enough; `None` where there is nothing to compare.
fn apart_m(state: &State, transition: &Transition, fix: &OnMovement) -> Option<i64> {
    let movement = state.movements.get(fix.movement)?;
    let settings = state.settings();
    let mut farthest = None;
    for other in companions(movement, fix.device) {
        let Some(row) = state.devices.get(&other) else { continue };
        let (Some(there), Some(at)) = (row.position.filter(Position::is_valid), row.position_at) else {
            continue;
        };
        let between_s = transition.occurred_at.0.since(at.0).abs() / 1000;
        if between_s > settings.split_s {
            continue;
        }
        let metres = metres_between(&fix.position, &there);
        let allowed = settings.split_m + between_s * settings.split_kmh * 1000 / 3600;
        farthest = farthest.max(Some(if metres > allowed { metres } else { 0 }));
    }
    farthest
}

/// The devices that cannot be elsewhere. Containers of one movement may be on several trucks; with one truck, they are on
/// that.
fn companions(movement: &Movement, device: DeviceId) -> impl Iterator<Item = DeviceId> + '_ {
    let is_truck = |number: &str| {
        let units = &movement.declaration.units;
        units.iter().any(|unit| *unit.number == *number && unit.kind == UnitKind::Truck)
    };
    let trucks = movement.declaration.units.iter().filter(|unit| unit.kind == UnitKind::Truck).count();
    let ours = movement.set_seals().find(|seal| seal.device == Some(device)).map(|seal| seal.unit.clone());
    let ours_is_truck = ours.as_deref().is_some_and(is_truck);
    movement
        .set_seals()
        .filter(move |seal| {
            let together =
                Some(&seal.unit) == ours.as_ref() || (trucks == 1 && (ours_is_truck || is_truck(&seal.unit)));
            seal.device != Some(device) && together
        })
        .filter_map(|seal| seal.device)
}
