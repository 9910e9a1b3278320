//! Stories of devices on movements: off the route, in a zone, where there is no network.

use plomb_model::{AlarmKind, Event, LatitudeE7, LongitudeE7};
use plomb_movements::Step;

use super::{Happening, World, numbered};

/// A device on an armed movement, with zone, road and gap drawn.
pub(super) fn armed() -> World {
    let mut world = World::new();
    for place in 0..3 {
        world.draw(place, true);
    }
    for _ in 0..3 {
        report(&mut world, 0.0);
    }
    for _ in 0..Step::NAMES.len() {
        for step in ["declare", "submit", "accept", "book", "arm", "depart"] {
            world.step(0, step, 1);
        }
    }
    assert!(world.flow.state().movements.armed_on(&numbered(1)).is_some());
    world
}

/// A minute later, so many kilometres north of the road.
pub(super) fn report(world: &mut World, north_km: f64) {
    world.now = world.now.plus_secs(60);
    let mut event = world.event(0, 0, true, 80, false);
    put(&mut event, -1.2921 + north_km / 111.195, 36.8219);
    world.report(1, &event);
}

pub(super) fn put(event: &mut Event, latitude: f64, longitude: f64) {
    let e7 = |degrees: f64| format!("{:.0}", degrees * 1e7).parse::<i64>().unwrap();
    let position = event.position.as_mut().unwrap();
    position.latitude = LatitudeE7::new(e7(latitude)).unwrap();
    position.longitude = LongitudeE7::new(e7(longitude)).unwrap();
}

pub(super) fn holds(world: &World, kind: AlarmKind) -> bool {
    let devices = &world.flow.state().devices;
    devices.get(&numbered(1)).unwrap().holds(kind)
}

pub(super) fn raised(world: &World, kind: AlarmKind) -> usize {
    world.flow.state().alarms.iter().filter(|alarm| alarm.kind == kind).count()
}

#[test]
fn off_the_route_is_told_at_the_second_fix_and_ends_on_the_road() {
    let mut world = armed();
    // The corridor is two kilometres wide, the receiver may err by fifty metres.
    for (north_km, does_hold) in [
        (0.9, false),
        (1.04, false),
        (1.04, false),
        (1.2, false),
        (0.5, false),
        (1.2, false),
        (3.0, true),
        (1.03, true),
        (0.4, false),
    ] {
        report(&mut world, north_km);
        assert_eq!(holds(&world, AlarmKind::RouteDeviation), does_hold, "{north_km}");
    }
    assert_eq!(raised(&world, AlarmKind::RouteDeviation), 1);
    let detail = world
        .flow
        .state()
        .alarms
        .iter()
        .find(|alarm| alarm.kind == AlarmKind::RouteDeviation)
        .unwrap()
        .detail
        .clone();
    assert_eq!(&*detail, "It is 3.0 km off the route road");
    let (_, replayed) = world.replayed(plomb_flow::Flow::new(plomb_rules::RuleSettings::default()), 0);
    assert_eq!(replayed.mismatches_total, 0);
}

#[test]
fn one_fix_in_a_zone_is_an_alarm_also_when_it_comes_late() {
    let mut world = armed();
    // Half an hour ago it was not armed: where it was then is no matter.
    let event = world.event(1800, 0, true, 80, true);
    world.report(1, &event);
    assert!(!holds(&world, AlarmKind::RestrictedZone));
    for _ in 0..40 {
        report(&mut world, 0.0);
    }
    let event = world.event(1800, 0, true, 80, true);
    world.report(1, &event);
    assert!(holds(&world, AlarmKind::RestrictedZone));
    // A fix of now, at the edge and then away: the second ends it.
    for does_hold in [true, false] {
        report(&mut world, 0.0);
        assert_eq!(holds(&world, AlarmKind::RestrictedZone), does_hold);
    }
    assert_eq!(raised(&world, AlarmKind::RestrictedZone), 1);
}

#[test]
fn a_device_on_no_movement_may_be_anywhere() {
    let mut world = World::new();
    for place in 0..3 {
        world.draw(place, true);
    }
    for _ in 0..4 {
        report(&mut world, 30.0);
    }
    assert_eq!(raised(&world, AlarmKind::RouteDeviation), 0);
}

#[test]
fn silence_in_a_mapped_gap_is_waited_for() {
    for (gap, silent_after_an_hour) in [(true, false), (false, true)] {
        let mut world = World::new();
        world.draw(2, gap);
        // So that it has shown its period of a minute.
        for _ in 0..10 {
            report(&mut world, 0.0);
        }
        world.live(&Happening::Wait(3_600));
        assert_eq!(holds(&world, AlarmKind::SignalLoss), silent_after_an_hour);
        world.live(&Happening::Wait(14_400));
        assert!(holds(&world, AlarmKind::SignalLoss), "not for ever");
    }
}
