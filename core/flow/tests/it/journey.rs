//! Stories of movements: a stop that nobody approved, a trailer without its tractor, a limit that passes, another seal.

use plomb_evidence::Action;
use plomb_model::AlarmKind;

use super::places::{armed, holds, put, raised, report};
use super::{Happening, World};

#[test]
fn standing_too_long_is_told_and_ends_when_it_goes_on() {
    let mut world = armed();
    // Half an hour in the policy of the movement.
    for minute in 1..30 {
        report(&mut world, 0.0);
        assert!(!holds(&world, AlarmKind::Overstay), "{minute}");
    }
    // The receiver wanders by a hundred metres.
    for _ in 0..2 {
        report(&mut world, 0.1);
    }
    assert!(holds(&world, AlarmKind::Overstay));
    report(&mut world, 0.9);
    assert!(!holds(&world, AlarmKind::Overstay));
    assert_eq!(raised(&world, AlarmKind::Overstay), 1);
}

#[test]
fn standing_at_an_approved_stop_or_after_an_incident_is_no_alarm() {
    let yard = r#"{"type":"Feature","id":"yard","properties":{"kind":"stop","radius_m":300},"geometry":{"type":"Point","coordinates":[36.8219,-1.2921]}}"#;
    let mut stopped = armed();
    stopped.operate(Action::Draw { place: "yard".into(), feature: yard.into() });
    let mut broken_down = armed();
    broken_down.step(0, "incident", 1);
    for world in [&mut stopped, &mut broken_down] {
        for _ in 0..100 {
            report(world, 0.0);
        }
        assert_eq!(raised(world, AlarmKind::Overstay), 0);
    }
}

#[test]
fn two_devices_of_one_unit_that_part_are_told_at_the_second_fix() {
    let mut world = World::new();
    let both = |world: &mut World, north_km: f64| {
        report(world, 0.0);
        let mut event = world.event(0, 0, true, 80, false);
        put(&mut event, -1.2921 + north_km / 111.195, 36.8219);
        world.report(2, &event);
    };
    both(&mut world, 0.0);
    for (step, device) in
        [("declare", 1), ("submit", 1), ("accept", 1), ("book", 1), ("arm", 1), ("arm", 2), ("depart", 1)]
    {
        world.step(0, step, device);
    }
    assert_eq!(world.flow.state().movements.iter().next().unwrap().devices().count(), 2);
    // A tractor and its trailer are some metres apart; the second fix far away says that they parted.
    for (north_km, alarms) in [(0.02, 0), (0.9, 0), (20.0, 0), (20.0, 1)] {
        both(&mut world, north_km);
        assert_eq!(raised(&world, AlarmKind::Split), alarms, "{north_km}");
    }
    for _ in 0..2 {
        both(&mut world, 0.02);
    }
    assert!(
        world
            .flow
            .state()
            .alarms
            .iter()
            .all(|alarm| { alarm.kind != AlarmKind::Split || alarm.cleared_at.is_some() })
    );
}

#[test]
fn a_limit_that_passes_is_told_and_ends_with_a_later_one() {
    let mut world = armed();
    world.live(&Happening::Wait(9_100));
    assert!(holds(&world, AlarmKind::Overdue));
    world.step(0, "extend", 1);
    assert!(!holds(&world, AlarmKind::Overdue));
    let (_, replayed) = world.replayed(plomb_flow::Flow::new(plomb_rules::RuleSettings::default()), 0);
    assert_eq!(replayed.mismatches_total, 0);
}

#[test]
fn a_seal_that_was_not_declared_is_told() {
    let mut world = World::new();
    report(&mut world, 0.0);
    for step in ["declare", "submit", "accept", "book", "apply-seal"] {
        world.step(0, step, 1);
    }
    assert!(holds(&world, AlarmKind::SealMismatch));
}

#[test]
fn a_device_that_is_taken_off_its_movement_has_no_alarm_about_it() {
    let mut world = armed();
    for _ in 0..3 {
        report(&mut world, 5.0);
    }
    assert!(holds(&world, AlarmKind::RouteDeviation));
    for step in ["arrive", "differ", "remove"] {
        world.step(0, step, 1);
    }
    assert!(!holds(&world, AlarmKind::RouteDeviation));
}
