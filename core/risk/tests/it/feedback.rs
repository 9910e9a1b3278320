//! The weekly loop: budgets kept, lots drawn again alike, and only what was inspected is learned.

use plomb_risk::feedback::{Plan, Shares, precision, simulate};
use plomb_risk::{Features, Training};

fn plan(shares: Shares, seed: u64) -> Plan {
    let training = Training { trees_max: 30, ..Training::weekly(Features::Plain) };
    Plan { budget: 0.2, warm_up_weeks: 2, shares, seed, training }
}

const MIXED: Shares = Shares { exploit: 0.9, uncertain: 0.07, random: 0.03 };

#[test]
fn each_week_inspects_its_share_and_the_same_seed_the_same_rows() {
    let rows = crate::rows(crate::TRAIN);
    let weeks = simulate(&rows, &plan(MIXED, 1)).unwrap();
    assert_eq!(weeks.iter().map(|week| week.declarations).sum::<usize>(), rows.len());
    for week in &weeks {
        assert!(week.inspected.abs_diff(week.declarations / 5) <= 1, "{week:?}");
        assert!(week.exploited <= week.inspected && week.exploited_found <= week.found);
    }
    assert_eq!(weeks[0].exploited, 0);
    assert!(weeks.last().unwrap().exploited > 0);
    assert_eq!(simulate(&rows, &plan(MIXED, 1)).unwrap(), weeks);
    assert_ne!(simulate(&rows, &plan(MIXED, 2)).unwrap(), weeks);
}

#[test]
fn by_lot_finds_as_many_as_there_are() {
    let rows = crate::rows(crate::TRAIN);
    let by_lot = simulate(&rows, &plan(Shares { exploit: 0.0, uncertain: 0.0, random: 1.0 }, 3)).unwrap();
    let guilty: usize = by_lot.iter().map(|week| week.guilty).sum();
    #[allow(clippy::cast_precision_loss, reason = "three thousand rows")]
    let rate = guilty as f64 / rows.len() as f64;
    assert!((precision(&by_lot) - rate).abs() < 0.05, "{} of {rate}", precision(&by_lot));
}
