//! The loop that a customs post lives in: what was not inspected is never known. Week by week the model picks, what
//! it picked is inspected and learned from, and the rest stays in the dark.

use serde::Serialize;

use crate::declaration::Inspected;
use crate::draw::Draw;
use crate::encode::Encoder;
use crate::feature::{Features, Keyed};
use crate::forest::Forest;
use crate::measure::{count, share};
use crate::train::{CannotTrain, GUILTY_MIN, TRAINING_MIN, Training, train_on_snapshots};

/// How a week's inspections are shared out; what is left over from one goes to the next.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Share of inspections for the likeliest guilty.
    pub exploit: f64,
    /// Share for those the model is least sure of.
    pub uncertain: f64,
    /// Share drawn by lot.
    pub random: f64,
}

/// How the simulation is run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Share of a week's declarations that can be inspected.
    pub budget: f64,
    /// Weeks at the start in which everything is drawn by lot, for there is no model.
    pub warm_up_weeks: usize,
    /// How inspections are shared out afterwards.
    pub shares: Shares,
    /// Where the lots come from.
    pub seed: u64,
    /// How the model is trained each week.
    pub training: Training,
}

/// What a week brought.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Week {
    /// Declarations lodged.
    pub declarations: usize,
    /// How many of them were guilty, which nobody but the simulation knows.
    pub guilty: usize,
    /// Inspected.
    pub inspected: usize,
    /// Found guilty.
    pub found: usize,
    /// Inspected as the likeliest guilty.
    pub exploited: usize,
    /// Found guilty among these.
    pub exploited_found: usize,
}

/// Precision over a run of weeks.
#[must_use]
pub fn precision(weeks: &[Week]) -> f64 {
    let inspected: usize = weeks.iter().map(|week| week.inspected).sum();
    let found: usize = weeks.iter().map(|week| week.found).sum();
    if inspected == 0 { 0.0 } else { count(found) / count(inspected) }
}

/// Run the loop over declarations, week by week from the first day.
///
/// # Errors
/// Where the trainer refuses; weeks in which there is too little to learn from go on by lot.
pub fn simulate(rows: &[Inspected], plan: &Plan) -> Result<Vec<Week>, CannotTrain> {
    let mut rows: Vec<&Inspected> = rows.iter().collect();
    rows.sort_by_key(|row| row.declaration.day);
    let first = rows.first().map_or(0, |row| row.declaration.day);
    let mut draw = Draw::new(plan.seed);
    let mut past = Past::default();
    let mut weeks = Vec::new();
    for (number, week) in rows.chunk_by(|a, b| week_of(a, first) == week_of(b, first)).enumerate() {
        let trees = if number < plan.warm_up_weeks || past.too_few() {
            None
        } else {
            Some(train_on_snapshots(&plan.training, &past.snapshots, &past.found)?)
        };
        let lodged: Vec<Lodged<'_>> =
            week.iter().map(|row| past.lodge(plan.training.features, trees.as_ref(), row)).collect();
        let (inspected, exploited) = pick(lodged, trees.is_some(), plan, &mut draw);
        let found = |some: &[Lodged<'_>]| some.iter().filter(|lodged| lodged.row.guilty).count();
        weeks.push(Week {
            declarations: week.len(),
            guilty: week.iter().filter(|row| row.guilty).count(),
            inspected: inspected.len(),
            found: found(&inspected),
            exploited,
            exploited_found: found(inspected.get(..exploited).unwrap_or_default()),
        });
        past.learn(inspected);
    }
    Ok(weeks)
}

const fn week_of(row: &Inspected, first: i32) -> i32 {
    (row.declaration.day - first).div_euclid(7)
}

/// What inspections have taught so far.
#[derive(Default)]
struct Past {
    known: Encoder,
    /// The features of each inspected declaration as they were when it was scored: encoded again today, they would
    /// know what was found in it.
    snapshots: Vec<Vec<f64>>,
    found: Vec<Inspected>,
}

/// A declaration of the week.
struct Lodged<'a> {
    row: &'a Inspected,
    keyed: Keyed,
    features: Vec<f64>,
    log_odds: f64,
}

impl Past {
    fn too_few(&self) -> bool {
        self.found.len() < TRAINING_MIN || self.found.iter().filter(|row| row.guilty).count() < GUILTY_MIN
    }

    fn lodge<'a>(&self, features: Features, trees: Option<&Forest>, row: &'a Inspected) -> Lodged<'a> {
        let keyed = features.key(&row.declaration);
        let mean = self.known.mean();
        let features = features.row(&row.declaration, &keyed, &self.known, mean, |key| self.known.tally(key));
        let log_odds = trees.map_or(0.0, |trees| trees.score(&features));
        Lodged { row, keyed, features, log_odds }
    }

    fn learn(&mut self, inspected: Vec<Lodged<'_>>) {
        for Lodged { row, keyed, features, .. } in inspected {
            self.known.learn(&keyed.keys, &keyed.prices, row);
            self.snapshots.push(features);
            self.found.push(row.clone());
        }
    }
}

/// Which of a week's declarations are inspected; the first so many are the likeliest guilty.
fn pick<'a>(
    mut left: Vec<Lodged<'a>>,
    by_model: bool,
    plan: &Plan,
    draw: &mut Draw,
) -> (Vec<Lodged<'a>>, usize) {
    let capacity = share(left.len(), plan.budget);
    let part = |share: f64| if share > 0.0 { crate::measure::share(capacity, share) } else { 0 };
    let mut picked = Vec::with_capacity(capacity);
    let mut exploited = 0;
    if by_model {
        exploited = part(plan.shares.exploit);
        left.sort_by(|a, b| b.log_odds.total_cmp(&a.log_odds));
        picked.extend(left.drain(..exploited));
        let uncertain = part(plan.shares.uncertain).min(capacity - exploited);
        left.sort_by(|a, b| a.log_odds.abs().total_cmp(&b.log_odds.abs()));
        picked.extend(left.drain(..uncertain));
    }
    while picked.len() < capacity && !left.is_empty() {
        picked.push(left.swap_remove(draw.below(left.len())));
    }
    (picked, exploited)
}
