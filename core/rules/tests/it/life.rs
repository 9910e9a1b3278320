//! Retransmissions, acknowledgement, and the life of an alarm.

use plomb_model::{Acknowledgement, AlarmKind, AlarmState, ReceivedAt, Signal};

use crate::world::{World, names, with};

#[test]
fn a_retransmission_changes_nothing() {
    let mut world = World::new();
    world.drive(2);
    world.wait(10);
    let cut = with(world.report(), Signal::RopeCut);
    world.send(&cut);
    let (reports, repeats) = (world.row().reports, world.alarm(AlarmKind::SealCut).unwrap().repeats);
    world.wait(3);
    assert_eq!(names(&world.send(&cut)), Vec::<String>::new());
    assert_eq!(world.row().reports, reports);
    assert_eq!(world.alarm(AlarmKind::SealCut).unwrap().repeats, repeats);
    assert_eq!(world.row().last_received_at.0, world.now, "it is a sign of life all the same");
}

#[test]
fn a_batch_of_fifty_that_is_sent_twice_counts_once() {
    let mut world = World::new();
    let start = world.now;
    let batch: Vec<_> = (0..50)
        .map(|n| {
            let mut event = world.report();
            event.serial = None;
            event.occurred_at = Some(plomb_model::OccurredAt(start.plus_secs(n)));
            event
        })
        .collect();
    for event in batch.iter().chain(&batch) {
        world.send_of(event, batch.len());
    }
    assert_eq!(world.row().reports, 50);
}

#[test]
fn an_acknowledged_alarm_closes_when_its_condition_ends() {
    let mut world = World::new();
    world.drive(2);
    world.wait(10);
    let stuck = with(world.report(), Signal::MotorFault);
    world.send(&stuck);
    let id = world.alarm(AlarmKind::MotorFault).unwrap().id;
    let mut changes = Vec::new();
    let acknowledgement = Acknowledgement {
        by: "operator".into(),
        at: ReceivedAt(world.now),
        reason: "called-driver".into(),
        note: "".into(),
    };
    assert!(world.state.acknowledge(id, acknowledgement.clone(), &mut changes));
    assert_eq!(names(&changes), ["motor-fault acknowledged"]);
    assert_eq!(world.state_of(AlarmKind::MotorFault), Some(AlarmState::Acknowledged));
    world.wait(10);
    let well = world.report();
    world.send(&well);
    assert_eq!(world.state_of(AlarmKind::MotorFault), Some(AlarmState::Closed));
    assert!(!world.row().has_open(AlarmKind::MotorFault));
    assert!(!world.state.acknowledge(plomb_model::AlarmId(999), acknowledgement, &mut changes));
}

#[test]
fn a_cleared_alarm_closes_when_it_is_acknowledged() {
    let mut world = World::new();
    world.drive(2);
    world.wait(10);
    let cut = with(world.report(), Signal::RopeCut);
    world.send(&cut);
    world.wait(10);
    let whole = world.report();
    world.send(&whole);
    let id = world.alarm(AlarmKind::SealCut).unwrap().id;
    let acknowledgement = Acknowledgement {
        by: "operator".into(),
        at: ReceivedAt(world.now),
        reason: "seen".into(),
        note: "".into(),
    };
    world.state.acknowledge(id, acknowledgement, &mut Vec::new());
    assert_eq!(world.state_of(AlarmKind::SealCut), Some(AlarmState::Closed));
    assert!(!world.row().has_open(AlarmKind::SealCut));

    // A tampering after that is a new alarm however soon.
    world.wait(10);
    let cut = with(world.report(), Signal::RopeCut);
    assert_eq!(names(&world.send(&cut)), ["seal-cut raised"]);
    assert_ne!(world.alarm(AlarmKind::SealCut).unwrap().id, id);
}

#[test]
fn a_stream_of_single_reports_that_is_sent_again_counts_once() {
    let mut world = World::new();
    world.wait(1);
    let stream: Vec<_> = (0..40).map(|_| world.report()).collect();
    for event in stream.iter().chain(&stream) {
        world.send(event);
    }
    assert_eq!(world.row().reports, 40);
}

#[test]
fn a_device_row_is_small() {
    assert!(size_of::<plomb_rules::DeviceState>() <= 352, "{}", size_of::<plomb_rules::DeviceState>());
}
