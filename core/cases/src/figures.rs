//! What cases say in figures: how fast people take note, and how many alarms should not have been.

use std::collections::BTreeMap;

use plomb_model::Timestamp;

use crate::case::{Case, Outcome};

/// Cases of one kind, such as those of one rule, route, model or vendor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were opened.
    pub cases: u64,
    /// By outcome, in the order of [`Outcome::ALL`].
    pub outcomes: [u64; Outcome::ALL.len()],
}

impl Tally {
    /// How many have an outcome.
    #[must_use]
    pub fn resolved(&self) -> u64 {
        self.outcomes.iter().sum()
    }

    /// The part of those with an outcome that told of nothing anybody did; none while there are none.
    #[must_use]
    pub fn false_rate(&self) -> Option<f64> {
        let of = |count: u64| u32::try_from(count).map_or(f64::MAX, f64::from);
        let mut all = Outcome::ALL.into_iter().zip(self.outcomes);
        let falsely = all.by_ref().filter(|(outcome, _)| outcome.is_false()).map(|(_, count)| count).sum();
        let resolved = self.resolved();
        (resolved > 0).then(|| of(falsely) / of(resolved))
    }

    fn add(&mut self, case: &Case) {
        self.cases += 1;
        for (known, count) in Outcome::ALL.into_iter().zip(&mut self.outcomes) {
            *count += u64::from(case.outcome == Some(known));
        }
    }
}

/// The tallies of cases by what `keys` gives of each; a case counts once for each of its keys.
pub fn tally<'a, K: Ord>(
    cases: impl Iterator<Item = &'a Case>,
    keys: impl Fn(&Case) -> Vec<K>,
) -> BTreeMap<K, Tally> {
    let mut tallies: BTreeMap<K, Tally> = BTreeMap::new();
    for case in cases.filter(|case| case.merged_into.is_none()) {
        let mut of: Vec<K> = keys(case);
        of.sort_unstable();
        of.dedup();
        for key in of {
            tallies.entry(key).or_default().add(case);
        }
    }
    tallies
}

/// The figures of the cases that were opened in a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// All of them.
    pub all: Tally,
    /// Seconds from the first alarm until somebody took note, in order.
    pub acknowledge_s: Vec<i64>,
    /// Seconds from the first alarm to the outcome, in order.
    pub resolve_s: Vec<i64>,
    /// Cases that were escalated.
    pub escalated: u64,
    /// Steps that each person took.
    pub steps_by: BTreeMap<Box<str>, u64>,
}

impl Figures {
    /// Of the cases that were opened from `from` to before `to`.
    #[must_use]
    pub fn of<'a>(cases: impl Iterator<Item = &'a Case>, from: Timestamp, to: Timestamp) -> Self {
        let mut figures = Self::default();
        let inside = |case: &&Case| (from..to).contains(&case.opened_at.0) && case.merged_into.is_none();
        for case in cases.filter(inside) {
            figures.all.add(case);
            let after = |at: plomb_model::ReceivedAt| at.0.since(case.opened_at.0) / 1000;
            figures.acknowledge_s.extend(case.acknowledged_at.map(after));
            figures.resolve_s.extend(case.ended_at().filter(|_| case.outcome.is_some()).map(after));
            figures.escalated += u64::from(case.history.iter().any(|done| &*done.step == "escalate"));
            for done in case.history.iter().filter(|done| &*done.by != crate::CLOCK) {
                *figures.steps_by.entry(done.by.clone()).or_default() += 1;
            }
        }
        figures.acknowledge_s.sort_unstable();
        figures.resolve_s.sort_unstable();
        figures
    }
}

/// The value below which so many per cent of `sorted` are (nearest rank).
#[must_use]
pub fn percentile(sorted: &[i64], percent: usize) -> Option<i64> {
    let rank = (sorted.len() * percent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied()
}
