//! Changed settings over what was lived through: what would have been.

use plomb_cases::Outcome;
use plomb_evidence::{Action, decode};
use plomb_flow::{Backtest, BacktestReport, Input, Shift};
use plomb_model::{AlarmKind, CaseId, EntryId, ReceivedAt, Timestamp};
use plomb_movements::Form;
use plomb_rules::RuleSettings;

use super::places::put;
use super::{Happening, World};

/// A device with a quarter of its charge that jumps, is looked at, and falls silent.
fn lived() -> World {
    let mut world = World::new();
    let at = ReceivedAt(world.now);
    world.take(&Input::Configured(at, &RuleSettings::default()));
    for place in 0..8 {
        let mut event = world.event(0, 0, true, 25, false);
        put(&mut event, if place == 4 { -0.2 } else { -1.2921 }, 36.8219);
        world.report(1, &event);
        world.live(&Happening::Wait(60));
    }
    for (step, fields) in
        [("acknowledge", vec![]), ("resolve", vec![("outcome", "false-alarm"), ("note", "the receiver")])]
    {
        let form = Form::of(fields);
        world.operate(Action::Case { case: CaseId(1), step: step.into(), fields: form.fields().into() });
    }
    world.live(&Happening::Wait(600));
    world
}

fn tested(world: &World, overrides: &[(&str, i64)]) -> BacktestReport {
    let overrides = overrides.iter().map(|(name, value)| (Box::from(*name), *value)).collect();
    let (from, to) = (Timestamp::from_millis(0), world.now);
    let mut backtest = Backtest::new(overrides, from, to);
    for (id, bytes) in (0..).map(EntryId).zip(&world.journal.0) {
        if !backtest.entry(id, &decode(bytes).unwrap()) {
            break;
        }
    }
    backtest.finish()
}

fn raised(world: &World, kind: AlarmKind) -> u64 {
    world.flow.state().alarms.iter().filter(|alarm| alarm.kind == kind).count() as u64
}

#[test]
fn the_same_settings_change_nothing() {
    let world = lived();
    let report = tested(&world, &[]);
    assert!(report.kinds.len() >= 2 && report.steps_refused == 0, "{report:?}");
    for (kind, shift) in &report.kinds {
        assert_eq!((shift.was, shift.would), (raised(&world, *kind), raised(&world, *kind)), "{kind:?}");
        assert_eq!(shift.shifts, [], "{kind:?}");
    }
}

#[test]
fn what_would_appear_vanish_and_move_is_told_with_what_people_found() {
    let world = lived();
    let low = tested(&world, &[("battery_low_percent", 30), ("battery_well_percent", 35)]);
    let shift = &low.kinds[&AlarmKind::LowBattery];
    assert_eq!((shift.was, shift.would, shift.shifts.len()), (0, 1, 1));
    assert!(matches!(shift.shifts[0], Shift::Appears(rung) if rung.device == super::numbered(1)));

    let trusting = tested(&world, &[("jump_kmh", 1_000_000)]);
    let shift = &trusting.kinds[&AlarmKind::GnssImplausible];
    assert_eq!((shift.was, shift.would), (raised(&world, AlarmKind::GnssImplausible), 0));
    let found: Vec<Option<Outcome>> = shift
        .shifts
        .iter()
        .map(|shift| match shift {
            Shift::Vanishes(_, outcome) => *outcome,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(found.contains(&Some(Outcome::FalseAlarm)), "{found:?}");

    let patient = tested(&world, &[("silence_grace_s", 65)]);
    let shift = &patient.kinds[&AlarmKind::SignalLoss];
    let [Shift::Moves { was, would, .. }] = shift.shifts[..] else { panic!("{shift:?}") };
    assert_eq!(
        would.raised_at.since(was.raised_at),
        60_000,
        "to the second, though no entry was recorded then"
    );
}

#[test]
fn only_the_time_that_was_asked_for_is_told() {
    let world = lived();
    let begun = ReceivedAt(Timestamp::from_utc(2026, 3, 1, 8, 0, 0).unwrap()).0;
    let mut backtest = Backtest::new(vec![], begun, begun.plus_secs(200));
    let mut taken = 0;
    for (id, bytes) in (0..).map(EntryId).zip(&world.journal.0) {
        if !backtest.entry(id, &decode(bytes).unwrap()) {
            break;
        }
        taken += 1;
    }
    assert!(taken < world.journal.0.len());
    assert!(backtest.finish().kinds.is_empty(), "nothing had happened by then");
}
