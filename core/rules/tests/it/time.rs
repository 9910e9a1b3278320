use plomb_model::{AlarmKind, AlarmState, OccurredAt};

use crate::world::{World, buffered, names};

#[test]
fn a_memory_that_is_emptied_is_one_late_upload() {
    let mut world = World::new();
    world.drive(6);
    let left = world.now;
    world.wait(3600);
    let mut told = Vec::new();
    for minute in 1..50 {
        let event = buffered(world.report(), left.plus_secs(minute * 60));
        told.extend(names(&world.send(&event)));
    }
    assert_eq!(told, ["signal-loss cleared", "late-upload raised"]);
    let event = world.report();
    assert_eq!(names(&world.send(&event)), Vec::<String>::new());
    let changes = world.wait(20);
    assert!(names(&changes).is_empty());
    for _ in 0..70 {
        world.wait(10);
        let event = world.report();
        world.send(&event);
    }
    assert_eq!(
        world.state_of(AlarmKind::LateUpload),
        Some(AlarmState::Closed),
        "a low alarm closes by itself"
    );
}

#[test]
fn a_clock_that_is_steadily_wrong_drifts_and_its_reports_are_not_late() {
    let mut world = World::new();
    let mut told = Vec::new();
    for _ in 0..8 {
        world.wait(10);
        let mut event = world.report();
        event.occurred_at = Some(OccurredAt(world.now.plus_secs(-8 * 3600)));
        told.extend(names(&world.send(&event)));
    }
    assert!(told.contains(&"clock-drift raised".to_owned()), "{told:?}");
    assert_eq!(
        told.iter().filter(|name| name.starts_with("late-upload")).count(),
        1,
        "until the offset is known"
    );
    for _ in 0..4 {
        world.wait(10);
        let event = world.report();
        told.extend(names(&world.send(&event)));
    }
    assert_eq!(told.last().unwrap(), "clock-drift cleared");
}

#[test]
fn a_clock_ahead_of_ours_does_not_make_later_reports_old() {
    let mut world = World::new();
    world.drive(3);
    world.wait(10);
    let mut event = world.report();
    event.occurred_at = Some(OccurredAt(world.now.plus_secs(86_400)));
    world.send(&event);
    world.wait(10);
    let mut event = world.report();
    event.seal = event.seal.with(plomb_model::SealPart::MotorLocked, false);
    assert_eq!(names(&world.send(&event)), ["unauthorised-open raised"]);
}
