//! Rules about where a device on a movement is: on its route, and in no restricted zone.

use plomb_model::{AlarmKind, DeviceId, MovementId, Position, ReceivedAt};
use plomb_movements::Movement;
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

/// A fix of a device on a movement.
#[derive(Clone, Copy)]
pub(super) struct OnMovement {
    pub(super) movement: MovementId,
    pub(super) device: DeviceId,
    pub(super) position: Position,
    pub(super) point: Point,
}

impl OnMovement {
    /// Of a report that is judged by where it was made. Where the device was before it was armed is no matter of the
    /// movement.
    fn of(state: &State, transition: &Transition) -> Option<Self> {
        let device = state.devices.row(transition.device)?.id;
        let movement = state.movements.get(state.movements.armed_on(&device)?)?;
        let position = transition.position.filter(Position::is_valid)?;
        let armed = movement.set_seals().find(|seal| seal.device == Some(device));
        let before = armed.is_some_and(|seal| transition.occurred_at.0 < seal.set_at.0);
        let judged = !transition.passive && !before;
        judged.then(|| Self { movement: movement.id, device, position, point: point_of(&position) })
    }
}

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let Some(fix) = OnMovement::of(state, transition) else { return };
    if !state.places.is_empty() {
        zones(state, transition, fix.point, changes);
    }
    if transition.newest {
        corridor(state, transition, &fix, changes);
        stop::evaluate(state, transition, &fix, changes);
        split::evaluate(state, transition, &fix, changes);
    }
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

fn corridor(state: &mut State, transition: &Transition, fix: &OnMovement, changes: &mut Vec<Change>) {
    let Some(movement) = state.movements.get(fix.movement) else { return };
    let mut watch = state.watches.of(transition.device);
    let Some((name, found, half_width_m)) = state.places.get(&movement.declaration.route).and_then(|place| {
        let corridor = place.corridor()?;
        let leg = usize::try_from(watch.leg).unwrap_or(usize::MAX);
        Some((place.name.clone(), corridor.progress(fix.point, leg), corridor.half_width_m()))
    }) else {
        return;
    };
    let policy_m = state.movements.policy_of(movement).map_or(0, |policy| policy.deviation_m);
    let excused = is_confirmed(movement, transition, state.settings().detour_s);
    watch.leg = u32::try_from(found.leg).unwrap_or(u32::MAX);
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

/// Whether an authority has confirmed lately that the carrier had to leave the itinerary: it has seen why.
fn is_confirmed(movement: &Movement, transition: &Transition, lasts_s: i64) -> bool {
    let lately = |at: ReceivedAt| (0..lasts_s * 1000).contains(&transition.received_at.0.since(at.0));
    movement.incidents.iter().any(|incident| {
        incident.code == LEFT_ITINERARY && incident.endorsed.as_ref().is_some_and(|(at, _)| lately(*at))
    })
}
