//! Training: from inspected declarations to a [`Model`].

use forust_ml::constraints::{Constraint, ConstraintMap};
use forust_ml::errors::ForustError;
use forust_ml::gradientbooster::GrowPolicy;
use forust_ml::metric::Metric;
use forust_ml::objective::ObjectiveType;
use forust_ml::{GradientBooster, Matrix};

use crate::calibrate::Calibration;
use crate::declaration::Inspected;
use crate::encode::Encoder;
use crate::feature::{Features, Keyed};
use crate::forest::{BadForest, Forest};
use crate::measure::count;
use crate::model::Model;
use crate::novelty::Novelty;

/// Parts in which training rows are encoded, each by the others: a row must never see what was found in itself, or
/// the trees read the answer off the encoding and learn nothing else.
const FOLDS: usize = 5;
/// Fewest inspected declarations, and fewest guilty among them, that a model can be trained on.
pub const TRAINING_MIN: usize = 200;
/// Fewest guilty ones.
pub const GUILTY_MIN: usize = 20;

/// How a model is trained. The defaults are those measured in `docs/risk.md`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Which features it has.
    pub features: Features,
    /// Trees at most.
    pub trees_max: usize,
    /// How much each tree adds.
    pub learning_rate: f32,
    /// Questions deep at most.
    pub depth_max: usize,
    /// Leaves of a tree at most.
    pub leaves_max: usize,
    /// Least weight of training rows in a leaf, as the sum of p(1-p).
    pub leaf_weight_min: f32,
    /// How strongly leaves are drawn to nothing.
    pub shrink: f32,
    /// Stop when this many trees brought nothing on the validation rows.
    pub patience: usize,
}

impl Training {
    /// As measured.
    #[must_use]
    pub const fn new(features: Features) -> Self {
        Self {
            features,
            trees_max: 450,
            learning_rate: 0.15,
            depth_max: 8,
            leaves_max: 40,
            leaf_weight_min: 1.0,
            shrink: 1.0,
            patience: 40,
        }
    }

    /// For a few thousand declarations, week by week.
    #[must_use]
    pub const fn weekly(features: Features) -> Self {
        Self { trees_max: 200, learning_rate: 0.2, leaf_weight_min: 0.3, ..Self::new(features) }
    }
}

/// Why no model was trained.
#[derive(Debug, thiserror::Error)]
pub enum CannotTrain {
    /// Too little to learn from.
    #[error(
        "{rows} inspected declarations, {guilty} of them guilty: at least {TRAINING_MIN} and {GUILTY_MIN} are needed"
    )]
    TooFew {
        /// Inspected declarations.
        rows: usize,
        /// Guilty ones.
        guilty: usize,
    },
    /// The trainer refused.
    #[error("the trees could not be trained: {0}")]
    Trees(#[from] ForustError),
    /// The trainer's trees could not be read.
    #[error("the trained trees cannot be used: {0}")]
    Forest(String),
}

impl From<BadForest> for CannotTrain {
    fn from(bad: BadForest) -> Self {
        Self::Forest(bad.to_string())
    }
}

/// Train on declarations, the later `valid` of which say when to stop and what a score means as a probability.
/// The model's encodings then know both.
///
/// # Errors
/// Where there is too little to learn from.
pub fn train(training: &Training, train: &[Inspected], valid: &[Inspected]) -> Result<Model, CannotTrain> {
    let guilty = train.iter().filter(|row| row.guilty).count();
    if train.len() < TRAINING_MIN || guilty < GUILTY_MIN {
        return Err(CannotTrain::TooFew { rows: train.len(), guilty });
    }
    let features = training.features;
    let keyed: Vec<Keyed> = train.iter().map(|row| features.key(&row.declaration)).collect();
    let mut known = Encoder::default();
    for (row, keyed) in train.iter().zip(&keyed) {
        known.learn(&keyed.keys, &keyed.prices, row);
    }
    let rows = folded(features, train, &keyed, &known);

    let valid_keyed: Vec<Keyed> = valid.iter().map(|row| features.key(&row.declaration)).collect();
    let mean = known.mean();
    let valid_rows: Vec<Vec<f64>> = valid
        .iter()
        .zip(&valid_keyed)
        .map(|(row, keyed)| features.row(&row.declaration, keyed, &known, mean, |key| known.tally(key)))
        .collect();

    let likelihood = likelihood(training, (&rows, train), (&valid_rows, valid))?;
    let amount = amount(training, &rows, train)?;
    let scores: Vec<(f64, bool)> = valid_rows
        .iter()
        .zip(valid)
        .map(|(features, row)| (likelihood.score(features), row.guilty))
        .collect();
    for (row, keyed) in valid.iter().zip(&valid_keyed) {
        known.learn(&keyed.keys, &keyed.prices, row);
    }
    let novelty = Novelty::fit(keyed.iter().map(|keyed| keyed.keys.as_slice()), &known);
    Ok(Model { features, known, likelihood, amount, calibration: Calibration::fit(&scores), novelty })
}

/// Train on feature rows kept from when each declaration was scored, with what inspections of them found since.
///
/// # Errors
/// Where there is too little to learn from.
pub(crate) fn train_on_snapshots(
    training: &Training,
    rows: &[Vec<f64>],
    found: &[Inspected],
) -> Result<Forest, CannotTrain> {
    likelihood(training, (rows, found), (&[], &[]))
}

/// Training rows, each encoded by the folds it is not in.
fn folded(features: Features, train: &[Inspected], keyed: &[Keyed], known: &Encoder) -> Vec<Vec<f64>> {
    let mut folds: Vec<Encoder> = vec![Encoder::default(); FOLDS];
    for (place, (row, keyed)) in train.iter().zip(keyed).enumerate() {
        if let Some(fold) = folds.get_mut(fold_of(place)) {
            fold.learn(&keyed.keys, &[], row);
        }
    }
    let mean = known.mean();
    train
        .iter()
        .zip(keyed)
        .enumerate()
        .map(|(place, (row, keyed))| {
            let fold = folds.get(fold_of(place));
            features.row(&row.declaration, keyed, known, mean, |key| {
                known.tally(key).without(fold.map(|fold| fold.tally(key)).unwrap_or_default())
            })
        })
        .collect()
}

/// Rows are dealt to folds as a hash of their place, so that no order in the file falls together with them.
const fn fold_of(place: usize) -> usize {
    (place.wrapping_mul(0x9e37_79b9_7f4a_7c15_usize) >> 33) % FOLDS
}

type Rows<'a> = (&'a [Vec<f64>], &'a [Inspected]);

/// Trees for guilty or not. In every encoding they may only rise: a value that was found guilty more often must
/// never lower a score, which an officer could not be told.
fn likelihood(
    training: &Training,
    (rows, train): Rows<'_>,
    (valid_rows, valid): Rows<'_>,
) -> Result<Forest, CannotTrain> {
    let columns = training.features.columns();
    let guilty =
        |rows: &[Inspected]| rows.iter().map(|row| f64::from(u8::from(row.guilty))).collect::<Vec<f64>>();
    let rising: ConstraintMap =
        (0..training.features.encodings()).map(|column| (column, Constraint::Positive)).collect();
    let mut booster = booster(training)
        .set_objective_type(ObjectiveType::LogLoss)
        .set_monotone_constraints(Some(rising))
        .set_evaluation_metric(Some(Metric::AUC));
    let data = by_column(rows, columns);
    let matrix = Matrix::new(&data, rows.len(), columns);
    if valid.is_empty() {
        booster.fit_unweighted(&matrix, &guilty(train), None)?;
    } else {
        booster = booster.set_early_stopping_rounds(Some(training.patience));
        let valid_data = by_column(valid_rows, columns);
        let valid_matrix = Matrix::new(&valid_data, valid_rows.len(), columns);
        let (found, even) = (guilty(valid), vec![1.0; valid.len()]);
        booster.fit_unweighted(&matrix, &guilty(train), Some(vec![(valid_matrix, &found, &even)]))?;
    }
    Ok(Forest::of(&booster, columns)?)
}

/// Trees for the logarithm of what is at stake where a declaration is guilty.
fn amount(training: &Training, rows: &[Vec<f64>], train: &[Inspected]) -> Result<Forest, CannotTrain> {
    /// Amounts follow quantities closely: few trees do.
    const TREES: usize = 60;
    let columns = training.features.columns();
    let (guilty, stakes): (Vec<Vec<f64>>, Vec<f64>) = rows
        .iter()
        .zip(train)
        .filter(|(_, row)| row.guilty)
        .map(|(features, row)| (features.clone(), row.at_stake.max(0.0).ln_1p()))
        .unzip();
    let mut booster = booster(training).set_objective_type(ObjectiveType::SquaredLoss).set_iterations(TREES);
    booster.base_score = stakes.iter().sum::<f64>() / count(stakes.len());
    let data = by_column(&guilty, columns);
    booster.fit_unweighted(&Matrix::new(&data, guilty.len(), columns), &stakes, None)?;
    Ok(Forest::of(&booster, columns)?)
}

fn booster(training: &Training) -> GradientBooster {
    let mut booster = GradientBooster::default()
        .set_iterations(training.trees_max)
        .set_learning_rate(training.learning_rate)
        .set_max_depth(training.depth_max)
        .set_max_leaves(training.leaves_max)
        .set_min_leaf_weight(training.leaf_weight_min)
        .set_l2(training.shrink)
        .set_parallel(false)
        .set_seed(1);
    booster.grow_policy = GrowPolicy::LossGuide;
    booster
}

fn by_column(rows: &[Vec<f64>], columns: usize) -> Vec<f64> {
    (0..columns)
        .flat_map(|column| rows.iter().map(move |row| row.get(column).copied().unwrap_or(f64::NAN)))
        .collect()
}
