//! A trained model: what it says of a declaration, and why.

use serde::{Deserialize, Serialize};

use crate::calibrate::Calibration;
use crate::declaration::{Declaration, Inspected};
use crate::encode::Encoder;
use crate::feature::{Features, REASONS, Reason};
use crate::forest::Forest;
use crate::novelty::Novelty;

/// A model of declarations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub(crate) features: Features,
    pub(crate) known: Encoder,
    pub(crate) likelihood: Forest,
    pub(crate) amount: Forest,
    pub(crate) calibration: Calibration,
    pub(crate) novelty: Novelty,
}

/// What a model says of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Score {
    /// Log-odds of being guilty, as the trees have it: what is ranked by.
    pub log_odds: f64,
    /// The share guilty among declarations of this score, as found on the validation rows.
    pub probability: f64,
    /// What would be at stake if it is guilty, in the currency of the administration.
    pub at_stake: f64,
    /// The share of known declarations that were less rare; near 1, the model has not seen its like.
    pub novelty: f64,
}

/// Why a score is what it is: log-odds that add up to it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// What every declaration starts from.
    pub start: f64,
    /// What each reason adds, largest first.
    pub reasons: Vec<(Reason, f64)>,
}

impl Explanation {
    /// The score that start and reasons add up to.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.start + self.reasons.iter().map(|(_, share)| share).sum::<f64>()
    }
}

impl Model {
    /// The features of a declaration by what is known now: kept with a decision, it can be replayed to the bit.
    #[must_use]
    pub fn features(&self, declaration: &Declaration) -> Vec<f64> {
        let keyed = self.features.key(declaration);
        self.features.row(declaration, &keyed, &self.known, self.known.mean(), |key| self.known.tally(key))
    }

    /// Score a declaration.
    #[must_use]
    pub fn score(&self, declaration: &Declaration) -> Score {
        let keyed = self.features.key(declaration);
        let row = self
            .features
            .row(declaration, &keyed, &self.known, self.known.mean(), |key| self.known.tally(key));
        let log_odds = self.likelihood.score(&row);
        Score {
            log_odds,
            probability: self.calibration.probability(log_odds),
            at_stake: self.amount.score(&row).exp_m1().max(0.0),
            novelty: self.novelty.of(&keyed.keys, &self.known),
        }
    }

    /// Why the declaration scores what it does, fast enough for every event: each question of a tree is charged to
    /// its feature.
    #[must_use]
    pub fn explain(&self, declaration: &Declaration) -> Explanation {
        self.grouped(self.likelihood.contributions(&self.features(declaration)))
    }

    /// The same by Shapley values, which do not depend on the order in which trees ask: for a case that is opened.
    #[must_use]
    pub fn explain_exactly(&self, declaration: &Declaration) -> Explanation {
        self.grouped(self.likelihood.shapley(&self.features(declaration)))
    }

    fn grouped(&self, mut shares: Vec<f64>) -> Explanation {
        let start = shares.pop().unwrap_or_default();
        let mut sums = [0.0; REASONS];
        for (share, reason) in shares.iter().zip(self.features.reasons()) {
            if let Some(sum) = sums.get_mut(reason as usize) {
                *sum += share;
            }
        }
        let mut reasons: Vec<(Reason, f64)> = Reason::ALL.into_iter().zip(sums).collect();
        reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        Explanation { start, reasons }
    }

    /// Take in what an inspection found: from now on encodings know it. The trees stay as they are until the next
    /// training.
    pub fn learn(&mut self, inspected: &Inspected) {
        let keyed = self.features.key(&inspected.declaration);
        self.known.learn(&keyed.keys, &keyed.prices, inspected);
    }

    /// How many trees say whether a declaration is guilty.
    #[must_use]
    pub fn trees(&self) -> usize {
        self.likelihood.trees()
    }
}
