//! Rules about where a device on a movement is: on its route, and in no restricted zone.

use plomb_model::{AlarmKind, Position};
use plomb_places::{Kind, Point};

use crate::distance::point_of;
use crate::{Change, State, Transition};

/// Fixes in a row outside the corridor that are a deviation: one may be the receiver's error.
const OFF_ROUTE_FIXES: u8 = 2;
/// Fixes in a row outside every zone that end the alarm: at the edge the receiver's error goes in and out.
const OUT_OF_ZONES_FIXES: u8 = 2;

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let Some(device) = state.devices.row(transition.device).map(|device| device.id) else { return };
    let Some(movement) = state.movements.armed_on(&device) else {
        // Taken off its movement, a device may be anywhere.
        if state.watches.has(transition.device) {
            state.watches.forget(transition.device);
            state.clear(transition, AlarmKind::RouteDeviation, changes);
            state.clear(transition, AlarmKind::RestrictedZone, changes);
        }
        return;
    };
    let Some(position) = transition.position.filter(Position::is_valid) else { return };
    if state.places.is_empty() || transition.passive {
        return;
    }
    let Some(movement) = state.movements.get(movement) else { return };
    // Where it was before it was armed is no matter of this movement.
    let armed = movement.set_seals().find(|seal| seal.device == Some(device));
    if armed.is_some_and(|seal| transition.occurred_at.0 < seal.set_at.0) {
        return;
    }
    let route = movement.declaration.route.clone();
    let point = point_of(&position);
    zones(state, transition, point, changes);
    corridor(state, transition, point, &route, changes);
}

/// A fix in a zone raises the alarm, also one that comes late; only the newest ones can end it.
fn zones(state: &mut State, transition: &Transition, point: Point, changes: &mut Vec<Change>) {
    let zone =
        state.places.at(point).find(|place| place.kind == Kind::Restricted).map(|place| place.name.clone());
    let mut watch = state.watches.of(transition.device);
    if let Some(zone) = zone {
        watch.out_of_zones = 0;
        let detail = format!("It is in the restricted zone {zone}");
        state.raise(transition, AlarmKind::RestrictedZone, detail, [Some(transition.event), None], changes);
    } else if transition.newest {
        watch.out_of_zones = watch.out_of_zones.saturating_add(1);
        if watch.out_of_zones >= OUT_OF_ZONES_FIXES
            && super::holds(state, transition, AlarmKind::RestrictedZone)
        {
            state.clear(transition, AlarmKind::RestrictedZone, changes);
        }
    }
    state.watches.set(transition.device, watch);
}

fn corridor(
    state: &mut State,
    transition: &Transition,
    point: Point,
    route: &str,
    changes: &mut Vec<Change>,
) {
    let mut watch = state.watches.of(transition.device);
    let Some((name, found, half_width_m)) = state.places.get(route).and_then(|place| {
        let corridor = place.corridor()?;
        let leg = usize::try_from(watch.leg).unwrap_or(usize::MAX);
        Some((place.name.clone(), corridor.progress(point, leg), corridor.half_width_m()))
    }) else {
        return;
    };
    if !transition.newest {
        return;
    }
    watch.leg = u32::try_from(found.leg).unwrap_or(u32::MAX);
    let margin_m = i32::try_from(state.settings().route_margin_m).map_or(f64::MAX, f64::from);
    if found.off_m > half_width_m + margin_m {
        watch.off_route = watch.off_route.saturating_add(1);
        if watch.off_route >= OFF_ROUTE_FIXES {
            let detail = format!("It is {:.1} km off the route {name}", found.off_m / 1000.0);
            state.raise(
                transition,
                AlarmKind::RouteDeviation,
                detail,
                [Some(transition.event), None],
                changes,
            );
        }
    } else {
        watch.off_route = 0;
        // Between the edge and the margin nothing changes: a truck along the edge must not ring again and again.
        if found.off_m <= half_width_m && super::holds(state, transition, AlarmKind::RouteDeviation) {
            state.clear(transition, AlarmKind::RouteDeviation, changes);
        }
    }
    state.watches.set(transition.device, watch);
}
