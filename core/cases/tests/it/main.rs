//! Cases by themselves: storms, shelves, and properties of any order of happenings.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

use plomb_cases::{CaseState, Cases, Figures, Outcome, Raised, Refusal, Storm, Subject, percentile, tally};
use plomb_model::{
    Acknowledgement, Alarm, AlarmId, AlarmKind, CaseId, DeviceId, EntryId, MovementId, OccurredAt, Priority,
    ReceivedAt, Scheme, Timestamp,
};
use plomb_movements::Form;
use proptest::prelude::*;

const STORM: Storm = Storm { devices: 10, within_s: 600 };

fn at(seconds: i64) -> ReceivedAt {
    ReceivedAt(Timestamp::from_millis(1_790_000_000_000 + seconds * 1000))
}

fn alarm(number: u64, device: u64, kind: AlarmKind, priority: Priority, seconds: i64) -> Alarm {
    Alarm {
        id: AlarmId(number),
        kind,
        priority,
        device: DeviceId::new(Scheme::Jointech, &format!("{:010}", 8_000_000_000 + device)).unwrap(),
        occurred_at: OccurredAt(at(seconds).0),
        raised_at: at(seconds),
        cleared_at: None,
        late: false,
        position: None,
        causes: Vec::new(),
        detail: "".into(),
        repeats: 0,
        last_repeat_at: None,
        acknowledged: None,
    }
}

struct Desk {
    cases: Cases,
    changed: Vec<CaseId>,
}

impl Desk {
    fn new() -> Self {
        let mut cases = Cases::default();
        cases.set_quiet_s(3600);
        Self { cases, changed: Vec::new() }
    }

    fn raise(&mut self, alarm: &Alarm, movement: Option<u64>, carrier: Option<&str>) {
        let raised = Raised {
            entry: EntryId(alarm.id.0),
            alarm,
            movement: movement.map(MovementId),
            group: carrier.map(|carrier| Subject::Carrier(carrier.into())),
            opens: true,
            attention_s: if alarm.priority <= Priority::High { 120 } else { 0 },
        };
        self.cases.raised(&raised, STORM, &mut self.changed);
    }

    fn step(&mut self, case: u64, step: &str, fields: &[(&str, &str)], seconds: i64) -> Result<(), Refusal> {
        let form = Form::of(fields.iter().copied());
        let when = (EntryId(0), at(seconds));
        self.cases.take(when, "ann", CaseId(case), (step, &form), &mut self.changed).map(drop)
    }

    fn pass(&mut self, seconds: i64) {
        self.cases.pass(EntryId(0), at(seconds), &mut self.changed);
    }

    fn open(&self) -> Vec<u64> {
        self.cases.iter().filter(|case| !case.state.is_over()).map(|case| case.id.0).collect()
    }
}

#[test]
fn a_hundred_devices_that_fall_silent_at_one_carrier_are_one_case() {
    let mut desk = Desk::new();
    for device in 1..=100 {
        let silent =
            alarm(device, device, AlarmKind::SignalLoss, Priority::Medium, i64::try_from(device).unwrap());
        desk.raise(&silent, Some(device), Some("ACME"));
        if device == 4 {
            // Somebody works on the fourth already: it stays by itself.
            desk.step(4, "assess", &[("action", "called-driver")], 4).unwrap();
        }
    }
    let open = desk.open();
    assert_eq!(open.len(), 2, "{open:?}");
    let storm = desk.cases.get(CaseId(*open.last().unwrap())).unwrap();
    assert_eq!(storm.subject, Subject::Carrier("ACME".into()));
    assert_eq!((storm.alarm_count, storm.alarms.len(), storm.devices.len()), (99, 99, 99));
    assert_eq!(desk.cases.of_alarm(AlarmId(1)).unwrap().id, storm.id);
    let merged = desk.cases.get(CaseId(1)).unwrap();
    assert_eq!((merged.state, merged.merged_into), (CaseState::Merged, Some(storm.id)));
    // Ten an hour are no storm.
    let mut quiet = Desk::new();
    for device in 1..=20 {
        let seconds = i64::try_from(device).unwrap() * 300;
        quiet.raise(
            &alarm(device, device, AlarmKind::SignalLoss, Priority::Medium, seconds),
            Some(device),
            Some("ACME"),
        );
    }
    assert_eq!(quiet.open().len(), 20);
}

#[test]
fn a_silence_that_nobody_touched_ends_by_itself_as_a_gap() {
    for touched in [false, true] {
        let mut desk = Desk::new();
        let silent = alarm(1, 1, AlarmKind::SignalLoss, Priority::Medium, 0);
        desk.raise(&silent, Some(1), None);
        desk.pass(100_000);
        assert_eq!(desk.open(), [1], "it is silent still");
        if touched {
            desk.step(1, "assign", &[("to", "ben")], 100_000).unwrap();
        }
        desk.cases.cleared(&silent, at(100_001), &mut desk.changed);
        desk.cases.came_back(&silent, &mut desk.changed);
        desk.cases.cleared(&silent, at(100_100), &mut desk.changed);
        desk.pass(103_699);
        assert_eq!(desk.open(), [1]);
        desk.pass(103_700);
        let case = desk.cases.get(CaseId(1)).unwrap();
        assert_eq!(case.outcome, (!touched).then_some(Outcome::CoverageGap));
        assert_eq!(
            case.history.last().map(|done| &*done.by),
            Some(if touched { "ann" } else { plomb_cases::CLOCK })
        );
    }
}

#[test]
fn what_is_shelved_comes_back_and_what_is_worse_takes_it_off() {
    let mut desk = Desk::new();
    desk.raise(&alarm(1, 1, AlarmKind::UnlockRefused, Priority::High, 0), None, None);
    let until = at(3_600).0.to_string();
    let shelve = [("until", until.as_str()), ("reason", "the workshop has it")];
    assert!(matches!(desk.step(1, "shelve", &[("until", &until)], 1), Err(Refusal::Fields(_))));
    let late = at(25 * 3_600).0.to_string();
    assert!(matches!(desk.step(1, "shelve", &[("until", &late), ("reason", "x")], 1), Err(Refusal::Rule(_))));
    desk.step(1, "shelve", &shelve, 1).unwrap();
    desk.pass(3_599);
    assert_eq!(desk.cases.get(CaseId(1)).unwrap().level, 0, "it waits");
    desk.pass(3_600);
    assert!(desk.cases.get(CaseId(1)).unwrap().shelf.is_none());
    desk.pass(3_719);
    assert_eq!(desk.cases.get(CaseId(1)).unwrap().level, 0);
    desk.pass(3_720);
    assert_eq!(desk.cases.get(CaseId(1)).unwrap().level, 1);
    let until = at(7_000).0.to_string();
    desk.step(1, "shelve", &[("until", &until), ("reason", "x")], 3_730).unwrap();
    desk.raise(&alarm(2, 1, AlarmKind::SealCut, Priority::Critical, 3_740), None, None);
    let case = desk.cases.get(CaseId(1)).unwrap();
    assert!(case.shelf.is_none() && case.priority == Priority::Critical);
}

#[test]
fn an_outcome_needs_words_and_nothing_unseen() {
    let mut desk = Desk::new();
    desk.raise(&alarm(1, 1, AlarmKind::SealCut, Priority::Critical, 0), None, None);
    assert!(matches!(
        desk.step(1, "resolve", &[("outcome", "violation"), ("note", "x")], 1),
        Err(Refusal::State { .. })
    ));
    desk.step(1, "acknowledge", &[], 30).unwrap();
    assert!(matches!(desk.step(1, "acknowledge", &[], 31), Err(Refusal::Rule(_))), "once is enough");
    desk.raise(&alarm(2, 1, AlarmKind::CaseOpen, Priority::Critical, 40), None, None);
    for (fields, why) in [
        (vec![("outcome", "violation"), ("note", "x")], "unseen"),
        (vec![("outcome", "violation")], "no words"),
        (vec![("outcome", "nothing"), ("note", "x")], "no such outcome"),
        (vec![("outcome", "excused"), ("note", "x")], "no evidence"),
    ] {
        assert!(desk.step(1, "resolve", &fields, 50).is_err(), "{why}");
    }
    desk.step(1, "acknowledge", &[], 60).unwrap();
    desk.step(1, "resolve", &[("outcome", "false-alarm"), ("note", "a test")], 100).unwrap();
    assert!(matches!(desk.step(1, "note", &[("note", "x")], 101), Err(Refusal::State { .. })));
    let figures = Figures::of(desk.cases.iter(), at(0).0, at(1).0);
    assert_eq!((figures.acknowledge_s, figures.resolve_s, figures.escalated), (vec![30], vec![100], 0));
    assert_eq!(figures.steps_by.get("ann"), Some(&3));
    let tallies = tally(desk.cases.iter(), |case| case.kinds.iter().copied().collect());
    assert_eq!(tallies[&AlarmKind::SealCut].false_rate(), Some(1.0));
    assert_eq!(Figures::of(desk.cases.iter(), at(1).0, at(2).0).all.cases, 0);
    assert_eq!(
        (percentile(&[1, 2, 3, 4], 50), percentile(&[7], 95), percentile(&[], 50)),
        (Some(2), Some(7), None)
    );
}

proptest! {
    #[test]
    fn no_order_of_happenings_loses_an_alarm_or_leaves_two_cases_of_one(
        happenings in prop::collection::vec((0..7_u8, 1..6_u64, 0..12_usize, 0..400_i64), 1..80)
    ) {
        let mut desk = Desk::new();
        let (mut now, mut alarms) = (0, Vec::<Alarm>::new());
        for (what, number, step, wait) in happenings {
            now += wait;
            let place = usize::try_from(number).unwrap();
            match what {
                0..=2 => {
                    let (kind, priority) = [
                        (AlarmKind::SignalLoss, Priority::Medium),
                        (AlarmKind::SealCut, Priority::Critical),
                        (AlarmKind::UnlockRefused, Priority::High),
                    ][usize::from(what)];
                    let raised = alarm(u64::try_from(alarms.len()).unwrap() + 1, number, kind, priority, now);
                    desk.raise(&raised, (number > 3).then_some(number), Some("ACME"));
                    alarms.push(raised);
                }
                3 => if let Some(cleared) = alarms.get(place) {
                    desk.cases.cleared(cleared, at(now), &mut desk.changed);
                },
                4 => if let Some(noted) = alarms.get_mut(place) {
                    let (reason, note) = ("seen".into(), "".into());
                    noted.acknowledged = Some(Acknowledgement { by: "ben".into(), at: at(now), reason, note });
                    desk.cases.noted(EntryId(0), noted, &mut desk.changed);
                },
                5 => {
                    let until = at(now + 500).0.to_string();
                    let fields = [("to", "ben"), ("note", "n"), ("unit", "u"), ("action", "other"), ("reason", "r"),
                        ("until", &until), ("outcome", "excused"), ("evidence", "e")];
                    let name = plomb_cases::Step::NAMES[step % plomb_cases::Step::NAMES.len()];
                    drop(desk.step(number, name, &fields, now));
                }
                _ => desk.pass(now),
            }
        }
        for raised in &alarms {
            let case = desk.cases.of_alarm(raised.id).unwrap();
            prop_assert!(case.alarms.contains(&raised.id) && case.state != CaseState::Merged);
        }
        let mut subjects: Vec<_> =
            desk.cases.iter().filter(|case| !case.state.is_over()).map(|case| case.subject.clone()).collect();
        let open = subjects.len();
        subjects.sort();
        subjects.dedup();
        prop_assert_eq!(subjects.len(), open, "one open case of one thing");
        for case in desk.cases.iter() {
            prop_assert_eq!(case.outcome.is_some(), case.state == CaseState::Resolved);
            prop_assert!(case.outcome != Some(Outcome::Excused) || &*case.history.last().unwrap().by == "ann");
            prop_assert!(case.alarm_count as usize >= case.alarms.len());
        }
    }
}
