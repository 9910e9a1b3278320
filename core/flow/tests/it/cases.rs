//! Stories of cases: a cut that is answered, and one that nobody looks at.

use plomb_cases::{Case, CaseState};
use plomb_evidence::Action;
use plomb_model::{CaseId, Priority};
use plomb_movements::MovementState;

use super::places::armed;
use super::{Happening, World};

fn cut(world: &mut World, signals: u64) {
    let event = world.event(0, signals, false, 80, false);
    world.report(1, &event);
}

fn case(world: &World, id: u64) -> &Case {
    world.flow.state().cases.get(CaseId(id)).unwrap()
}

fn open(world: &World) -> usize {
    world.flow.state().cases.iter().filter(|case| !case.state.is_over()).count()
}

#[test]
fn whatever_happens_to_a_movement_is_one_case_until_it_has_an_outcome() {
    let mut world = armed();
    assert_eq!(open(&world), 0);
    // Cut, shock and a refused unlocking within two minutes.
    for signals in [1, 1 << 1, 1 << 2, 1 << 3] {
        cut(&mut world, signals);
        world.live(&Happening::Wait(20));
    }
    assert_eq!(open(&world), 1);
    let movement = world.flow.state().movements.iter().next().unwrap().id;
    let first = case(&world, 1);
    assert_eq!(
        (first.movement(), first.priority, first.state),
        (Some(movement), Priority::Critical, CaseState::Open)
    );
    assert!(first.alarms.len() >= 2, "{first:?}");
    // Nobody looks: after two minutes the shift leader is asked, then the head of the centre.
    world.live(&Happening::Wait(45));
    assert_eq!(case(&world, 1).level, 1);
    world.live(&Happening::Wait(500));
    assert_eq!(case(&world, 1).level, 3);
    world.case_step(1, "resolve");
    assert_eq!(case(&world, 1).state, CaseState::Open, "nobody has taken note");
    world.case_step(1, "assess");
    let alarms = &world.flow.state().alarms;
    assert!(case(&world, 1).alarms.iter().all(|id| alarms.get(*id).unwrap().acknowledged.is_some()));
    assert_eq!((case(&world, 1).level, case(&world, 1).assignee.as_deref()), (0, Some("operator")));
    for (step, state) in [
        ("shelve", CaseState::Assessing),
        ("dispatch", CaseState::Dispatched),
        ("on-scene", CaseState::OnScene),
        ("resolve", CaseState::Resolved),
    ] {
        world.case_step(1, step);
        assert_eq!(case(&world, 1).state, state, "{step}");
    }
    assert!(case(&world, 1).shelf.is_none(), "a critical case is not shelved");
    assert_eq!(open(&world), 0);
    // What still holds when it is over makes no new case; what happens anew does.
    cut(&mut world, 0);
    assert_eq!(open(&world), 0);
    world.case_step(1, "reopen");
    assert_eq!(open(&world), 1);
}

#[test]
fn whoever_takes_note_of_an_alarm_has_the_case() {
    let mut world = armed();
    cut(&mut world, 1);
    let alarms: Vec<u64> = case(&world, 1).alarms.iter().map(|alarm| alarm.0).collect();
    for alarm in alarms {
        world.live(&Happening::Acknowledge(alarm));
    }
    let noted = case(&world, 1);
    assert_eq!((noted.state, noted.unseen, noted.attention_by), (CaseState::Acknowledged, 0, None));
    assert_eq!(noted.assignee.as_deref(), Some("operator"));
    world.operate(Action::Case {
        case: CaseId::ALL,
        step: "hand-over".into(),
        fields: [("to".into(), "ben".into())].into(),
    });
    assert_eq!(case(&world, 1).assignee.as_deref(), Some("ben"));
}

#[test]
fn a_clean_movement_is_discharged_by_policy_and_one_with_an_open_case_by_nobody() {
    for is_cut in [false, true] {
        let mut world = World::new();
        let whole = world.event(0, 0, true, 80, false);
        world.report(1, &whole);
        for step in ["declare", "submit", "accept", "book", "arm", "depart"] {
            world.step(1, step, 1);
        }
        if is_cut {
            let refused = world.event(0, 1 << plomb_model::Signal::WrongPassword as u8, true, 80, false);
            world.report(1, &refused);
            assert_eq!(open(&world), 1);
        }
        for step in ["arrive", "verify", "remove"] {
            world.step(1, step, 1);
        }
        let state = |world: &World| world.flow.state().movements.iter().next().unwrap().state;
        if is_cut {
            assert_eq!(state(&world), MovementState::Disarmed);
            world.step(1, "discharge", 1);
            assert_eq!(state(&world), MovementState::Disarmed, "its case has no outcome");
            world.case_step(1, "acknowledge");
            world.case_step(1, "resolve");
            world.step(1, "discharge", 1);
        }
        assert_eq!(state(&world), MovementState::Discharged);
        let last = world.flow.state().movements.iter().next().unwrap().history.last().unwrap().by.clone();
        assert_eq!(&*last, if is_cut { "operator" } else { plomb_movements::CLOCK });
    }
}
