//! Rules about where a device on a movement is: on its route, and in no restricted zone.

use plomb_model::{AlarmKind, Position};
use plomb_places::{Kind, Point};

use super::{split, stop};
use crate::distance::point_of;
use crate::{Change, State, Transition};

/// Fixes in a row outside the corridor that are a deviation: one may be the receiver's error.
const OFF_ROUTE_FIXES: u8 = 2;
/// The incident that explains it (CL019).
const LEFT_ITINERARY: u8 = 1;
/// Fixes in a row outside every zone that end the alarm: at the edge the receiver's error goes in and out.
const OUT_OF_ZONES_FIXES: u8 = 2;

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let Some(device) = state.devices.row(transition.device).map(|device| device.id) else { return };
    let Some(movement) = state.movements.armed_on(&device).and_then(|id| state.movements.get(id)) else {
        return;
    };
    let Some(position) = transition.position.filter(Position::is_valid) else { return };
    if transition.passive {
        return;
    }
    // Where it was before it was armed is no matter of this movement.
    let armed = movement.set_seals().find(|seal| seal.device == Some(device));
    if armed.is_some_and(|seal| transition.occurred_at.0 < seal.set_at.0) {
        return;
    }
    let route = movement.declaration.route.clone();
    let policy_m = state.movements.policy_of(movement).map_or(0, |policy| policy.deviation_m);
    let point = point_of(&position);
    if !state.places.is_empty() {
        zones(state, transition, point, changes);
        corridor(state, transition, point, (&route, policy_m), changes);
    }
    stop::evaluate(state, transition, &device, &position, changes);
    split::evaluate(state, transition, &device, &position, changes);
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
    (route, policy_m): (&str, u32),
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
    // An authority that confirms that the carrier had to leave the itinerary (CL019, code 1) has seen why.
    let excused = is_confirmed(state, transition);
    let margin_m = i32::try_from(state.settings().route_margin_m).map_or(f64::MAX, f64::from);
    let allowed_m = half_width_m.max(f64::from(policy_m));
    if found.off_m > allowed_m + margin_m && !excused {
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
        if (found.off_m <= allowed_m || excused) && super::holds(state, transition, AlarmKind::RouteDeviation)
        {
            state.clear(transition, AlarmKind::RouteDeviation, changes);
        }
    }
    state.watches.set(transition.device, watch);
}

/// Whether an authority has confirmed that the movement had to leave its itinerary.
fn is_confirmed(state: &State, transition: &Transition) -> bool {
    let device = state.devices.row(transition.device).map(|device| device.id);
    let movement = device.and_then(|device| state.movements.get(state.movements.armed_on(&device)?));
    movement.is_some_and(|movement| {
        movement
            .incidents
            .iter()
            .any(|incident| incident.code == LEFT_ITINERARY && incident.endorsed.is_some())
    })
}
