use plomb_model::AlarmKind;

use crate::world::{World, names};

#[test]
fn two_missed_periods_are_a_loss_of_signal_and_any_word_ends_it() {
    let mut world = World::new();
    world.drive(6);
    assert_eq!(world.row().period_s(), Some(10));
    assert_eq!(names(&world.wait(24)), Vec::<String>::new());
    assert_eq!(names(&world.wait(1)), ["signal-loss raised"]);
    assert!(world.row().is_silent());
    assert_eq!(world.alarm(AlarmKind::SignalLoss).unwrap().causes.len(), 1, "its last event");
    world.wait(300);
    let event = world.report();
    assert_eq!(names(&world.send(&event)), ["signal-loss cleared"]);
    assert!(!world.row().is_silent());
    assert_eq!(world.row().period_s(), Some(10), "a silence is not a reporting period");
}

#[test]
fn a_device_that_slows_down_is_given_its_time() {
    let mut world = World::new();
    world.drive(6);
    world.wait(20);
    let event = world.report();
    world.send(&event);
    assert_eq!(world.row().period_s(), Some(20));
    assert_eq!(names(&world.wait(44)), Vec::<String>::new());
    assert_eq!(names(&world.wait(1)), ["signal-loss raised"]);
}

#[test]
fn a_device_that_has_not_shown_its_period_gets_the_default() {
    let mut world = World::new();
    let event = world.report();
    world.send(&event);
    assert_eq!(names(&world.wait(7204)), Vec::<String>::new());
    assert_eq!(names(&world.wait(1)), ["signal-loss raised"]);
}
