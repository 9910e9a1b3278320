//! How unlike anything inspected before a declaration is. No model knows such a case: it is told apart from the
//! risk, never mixed into it.

use serde::{Deserialize, Serialize};

use crate::encode::Encoder;
use crate::measure::count;

/// How rare known declarations were when looked at one by one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Novelty {
    /// Rarity at each percentile, rising.
    percentiles: Vec<f64>,
}

impl Novelty {
    pub(crate) fn fit<'a>(rows: impl Iterator<Item = &'a [u64]>, known: &Encoder) -> Self {
        let mut rarities: Vec<f64> = rows.map(|keys| rarity(keys, known, 1.0)).collect();
        rarities.sort_by(f64::total_cmp);
        let last = rarities.len().saturating_sub(1);
        let percentiles =
            (0..=100).filter_map(|percent| rarities.get(last * percent / 100).copied()).collect();
        Self { percentiles }
    }

    /// The share of known declarations less rare than this one: 0 to 1.
    pub(crate) fn of(&self, keys: &[u64], known: &Encoder) -> f64 {
        if self.percentiles.is_empty() {
            return 1.0;
        }
        let rarity = rarity(keys, known, 0.0);
        let below = self.percentiles.partition_point(|percentile| *percentile < rarity);
        (count(below) / count(self.percentiles.len())).min(1.0)
    }
}

/// The mean surprise of what a declaration says, in nats: minus the logarithm of the share that said the same.
/// `itself` is what the declaration adds to each count if it is among them.
fn rarity(keys: &[u64], known: &Encoder, itself: f64) -> f64 {
    let all = known.all.inspected() + 1.0;
    let surprise: f64 = keys
        .iter()
        .map(|key| -((known.tally(*key).inspected() - itself).max(0.0) + 1.0).ln() + all.ln())
        .sum();
    surprise / count(keys.len()).max(1.0)
}
