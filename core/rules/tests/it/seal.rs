use plomb_model::{AlarmKind, AlarmState, SealPart, Signal, UnlockVerdict};

use crate::world::{World, buffered, names, part, unlock, with};

#[test]
fn a_cut_rope_raises_one_critical_alarm_that_names_its_event() {
    let mut world = World::new();
    world.drive(5);
    world.wait(10);
    let cut = with(part(world.report(), SealPart::RopeIntact, false), Signal::RopeCut);
    assert_eq!(names(&world.send(&cut)), ["seal-cut raised"]);
    let alarm = world.alarm(AlarmKind::SealCut).unwrap().clone();
    assert_eq!(alarm.causes, [plomb_model::EventId { entry: plomb_model::EntryId(5), index: 0 }]);
    assert_eq!(alarm.priority, plomb_model::Priority::Critical);
    assert!(!alarm.late);

    // It keeps shouting: the same alarm, told again only after a minute.
    world.wait(10);
    let again = with(part(world.report(), SealPart::RopeIntact, false), Signal::RopeCut);
    assert_eq!(names(&world.send(&again)), Vec::<String>::new());
    assert_eq!(world.alarm(AlarmKind::SealCut).unwrap().repeats, 1);
    for _ in 0..4 {
        world.wait(10);
        let again = with(part(world.report(), SealPart::RopeIntact, false), Signal::RopeCut);
        assert_eq!(names(&world.send(&again)), Vec::<String>::new());
    }
    world.wait(10);
    let again = with(part(world.report(), SealPart::RopeIntact, false), Signal::RopeCut);
    assert_eq!(names(&world.send(&again)), ["seal-cut repeated"]);

    // Whole again: the alarm waits for a person all the same.
    world.wait(10);
    let whole = world.report();
    assert_eq!(names(&world.send(&whole)), ["seal-cut cleared"]);
    assert_eq!(world.state_of(AlarmKind::SealCut), Some(AlarmState::Cleared));
    assert!(world.row().has_open(AlarmKind::SealCut) && !world.row().holds(AlarmKind::SealCut));
}

#[test]
fn a_cut_that_arrives_late_is_raised_by_when_it_happened() {
    let mut world = World::new();
    world.drive(5);
    let happened = world.now.plus_secs(-1800);
    let cut = buffered(with(world.report(), Signal::RopeCut), happened);
    world.wait(5);
    let changes = world.send(&cut);
    assert_eq!(names(&changes), ["seal-cut raised", "late-upload raised"]);
    let (_, alarm) = &changes[0];
    assert!(alarm.late);
    assert_eq!(alarm.occurred_at.0, happened);
    assert_eq!(
        world.row().seal.part(SealPart::RopeIntact),
        Some(true),
        "history does not change the present"
    );
}

#[test]
fn the_rope_pulled_without_an_allowed_unlocking_is_an_unauthorised_opening() {
    let mut world = World::new();
    world.drive(3);
    world.wait(10);
    let pulled = part(part(world.report(), SealPart::RopeInserted, false), SealPart::MotorLocked, false);
    let changes = world.send(&pulled);
    assert_eq!(names(&changes), ["unauthorised-open raised"]);
    assert_eq!(changes[0].1.causes.len(), 2, "the sealed report before and the opening");
}

#[test]
fn an_allowed_unlocking_makes_the_opening_authorised() {
    let mut world = World::new();
    world.drive(3);
    world.wait(10);
    let allowed = unlock(world.now, UnlockVerdict::Allowed);
    assert_eq!(names(&world.send(&allowed)), Vec::<String>::new());
    world.wait(10);
    let opened = part(world.report(), SealPart::MotorLocked, false);
    assert_eq!(names(&world.send(&opened)), Vec::<String>::new());

    // Long after the permission the next opening is not covered by it.
    world.wait(1000);
    let closed = world.report();
    world.send(&closed);
    world.wait(10);
    let opened = part(world.report(), SealPart::MotorLocked, false);
    assert!(names(&world.send(&opened)).contains(&"unauthorised-open raised".to_owned()));
}

#[test]
fn a_permission_reported_after_the_opening_ends_the_alarm() {
    let mut world = World::new();
    world.drive(3);
    world.wait(10);
    let opened = part(world.report(), SealPart::MotorLocked, false);
    assert_eq!(names(&world.send(&opened)), ["unauthorised-open raised"]);
    world.wait(2);
    let allowed = unlock(world.now.plus_secs(-3), UnlockVerdict::Allowed);
    assert_eq!(names(&world.send(&allowed)), ["unauthorised-open cleared"]);
}

#[test]
fn a_refused_unlocking_ends_by_itself_and_does_not_chatter() {
    let mut world = World::new();
    world.drive(3);
    let refused = unlock(world.now, UnlockVerdict::Refused);
    assert_eq!(names(&world.send(&refused)), ["unlock-refused raised"]);
    for _ in 0..5 {
        world.wait(10);
        let refused = unlock(world.now, UnlockVerdict::Refused);
        assert_eq!(names(&world.send(&refused)), Vec::<String>::new());
    }
    assert_eq!(world.alarm(AlarmKind::UnlockRefused).unwrap().repeats, 5);
    let changes = world.wait(601);
    assert!(names(&changes).contains(&"unlock-refused cleared".to_owned()), "{:?}", names(&changes));
}

#[test]
fn each_lock_signal_has_its_alarm() {
    let cases = [
        (Signal::CoverOpen, AlarmKind::CaseOpen),
        (Signal::Removed, AlarmKind::CaseOpen),
        (Signal::WrongPassword, AlarmKind::UnlockRefused),
        (Signal::UnknownCard, AlarmKind::UnlockRefused),
        (Signal::UnlockOutsideZone, AlarmKind::UnlockRefused),
        (Signal::LongUnlocked, AlarmKind::LongUnlocked),
        (Signal::MotorFault, AlarmKind::MotorFault),
        (Signal::Shock, AlarmKind::Shock),
        (Signal::Drop, AlarmKind::Shock),
        (Signal::UnauthorisedOpen, AlarmKind::UnauthorisedOpen),
        (Signal::GnssJamming, AlarmKind::GnssImplausible),
        (Signal::LowBattery, AlarmKind::LowBattery),
    ];
    for (signal, kind) in cases {
        let mut world = World::new();
        world.drive(3);
        world.wait(10);
        let event = with(world.report(), signal);
        assert_eq!(names(&world.send(&event)), [format!("{} raised", kind.name())], "{signal:?}");
    }
}

#[test]
fn a_stuck_motor_ends_with_the_signal() {
    let mut world = World::new();
    world.drive(3);
    world.wait(10);
    let stuck = with(world.report(), Signal::MotorFault);
    assert_eq!(names(&world.send(&stuck)), ["motor-fault raised"]);
    world.wait(10);
    let well = world.report();
    assert_eq!(names(&world.send(&well)), ["motor-fault cleared"]);
}

#[test]
fn a_door_sensor_without_a_lock_guards_by_itself() {
    let mut world = World::new();
    for closed in [true, true, false] {
        world.wait(10);
        let mut event = world.report();
        event.seal = plomb_model::SealReading::default().with(SealPart::DoorClosed, closed);
        let expected: &[&str] = if closed { &[] } else { &["unauthorised-open raised"] };
        assert_eq!(names(&world.send(&event)), expected);
    }
}

#[test]
fn a_cut_in_the_same_minute_is_no_retransmission() {
    let mut world = World::new();
    let whole = world.report();
    world.send(&whole);
    // The device has no serial numbers, and tells time in minutes.
    let mut cut = part(with(whole.clone(), Signal::RopeCut), SealPart::RopeIntact, false);
    assert_eq!(names(&world.send(&cut)), ["seal-cut raised"]);
    cut.position = whole.position;
    assert_eq!(names(&world.send(&cut)), Vec::<String>::new(), "but it is one when it comes again");
}
