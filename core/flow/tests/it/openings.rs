//! Stories of openings: one that was authorised, one that nobody authorised, and one that did not happen.

use plomb_model::{AlarmKind, AlarmState, SealPart, SealReading, UnlockMethod};

use super::places::armed;
use super::{Happening, World, unlocked};

/// The lock of the movement is shut, and then unlocked with a card.
fn open_with_card(world: &mut World) {
    let mut event = world.event(0, 0, true, 80, false);
    event.seal = SealReading::default().with(SealPart::MotorLocked, true).with(SealPart::RopeInserted, true);
    world.report(1, &event);
    world.now = world.now.plus_secs(60);
    let mut event = world.event(0, 0, true, 80, false);
    event.seal = SealReading::default().with(SealPart::MotorLocked, false);
    event.readings.push(unlocked(UnlockMethod::Card));
    world.report(1, &event);
    world.now = world.now.plus_secs(60);
    let mut event = world.event(0, 0, true, 80, false);
    event.seal = SealReading::default().with(SealPart::RopeInserted, false);
    world.report(1, &event);
}

fn alarms(world: &World, kind: AlarmKind) -> Vec<AlarmState> {
    let all = world.flow.state().alarms.iter().filter(|alarm| alarm.kind == kind);
    all.map(plomb_model::Alarm::state).collect()
}

fn standing(world: &World) -> &'static str {
    world.flow.state().movements.iter().next().unwrap().opening(1).unwrap().standing()
}

#[test]
fn a_lock_that_is_opened_with_right_and_without_authority_is_an_alarm() {
    let mut world = armed();
    open_with_card(&mut world);
    assert_eq!(alarms(&world, AlarmKind::UnauthorisedOpen), [AlarmState::Raised]);
    let alarm =
        world.flow.state().alarms.iter().find(|alarm| alarm.kind == AlarmKind::UnauthorisedOpen).unwrap();
    assert!(alarm.detail.contains("with a card") && alarm.detail.contains("movement 1"), "{}", alarm.detail);
}

#[test]
fn an_authorised_opening_is_used_once_and_raises_nothing() {
    let mut world = armed();
    world.step(0, "authorise-opening", 1);
    assert_eq!(standing(&world), "asked");
    world.step(0, "confirm-opening", 1);
    assert_eq!(standing(&world), "granted");
    open_with_card(&mut world);
    assert_eq!((standing(&world), alarms(&world, AlarmKind::UnauthorisedOpen)), ("used", vec![]));
    world.live(&Happening::Wait(1_000));
    open_with_card(&mut world);
    assert_eq!(alarms(&world, AlarmKind::UnauthorisedOpen), [AlarmState::Raised], "a second time");
}

#[test]
fn an_opening_that_does_not_happen_is_an_alarm_until_a_late_report_says_that_it_did() {
    let mut world = armed();
    world.step(0, "authorise-opening", 1);
    world.step(0, "confirm-opening", 1);
    let opened_at = world.now.plus_secs(120);
    world.live(&Happening::Wait(3_000));
    assert_eq!(alarms(&world, AlarmKind::OpeningMissed), []);
    world.live(&Happening::Wait(900));
    assert_eq!(
        (standing(&world), alarms(&world, AlarmKind::OpeningMissed)),
        ("missed", vec![AlarmState::Raised])
    );
    let mut event = world.event(world.now.since(opened_at) / 1000, 0, true, 80, false);
    event.readings.push(unlocked(UnlockMethod::Card));
    world.report(1, &event);
    assert_eq!(
        (standing(&world), alarms(&world, AlarmKind::OpeningMissed)),
        ("used", vec![AlarmState::Cleared])
    );
    assert_eq!(alarms(&world, AlarmKind::UnauthorisedOpen), []);
}
