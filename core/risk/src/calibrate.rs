//! From a score to a probability: isotonic regression, the rising steps that fit best to what was found.

use serde::{Deserialize, Serialize};

/// Steps from scores to probabilities.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    /// Scores at which the probability is known, rising.
    scores: Vec<f64>,
    /// The probability at each, rising.
    probabilities: Vec<f64>,
}

struct Pool {
    scores: f64,
    guilty: f64,
    rows: f64,
}

impl Calibration {
    /// Fit to scores and what was found: pool adjacent violators, then straight lines between the pools' middles.
    /// Each pool counts one guilty and one innocent row more than it has, so that nothing is ever certain.
    pub(crate) fn fit(rows: &[(f64, bool)]) -> Self {
        let mut sorted = rows.to_vec();
        sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut pools: Vec<Pool> = Vec::new();
        for (score, guilty) in sorted {
            let mut pool = Pool { scores: score, guilty: f64::from(u8::from(guilty)), rows: 1.0 };
            while let Some(last) = pools.pop_if(|last| last.guilty * pool.rows >= pool.guilty * last.rows) {
                pool.scores += last.scores;
                pool.guilty += last.guilty;
                pool.rows += last.rows;
            }
            pools.push(pool);
        }
        let mut highest = 0.0_f64;
        let (scores, probabilities) = pools
            .iter()
            .map(|pool| {
                highest = highest.max((pool.guilty + 1.0) / (pool.rows + 2.0));
                (pool.scores / pool.rows, highest)
            })
            .unzip();
        Self { scores, probabilities }
    }

    /// The probability of a score; the logistic function of it where nothing was fitted.
    pub(crate) fn probability(&self, score: f64) -> f64 {
        let above = self.scores.partition_point(|known| *known < score);
        let at = |place: usize| Some((*self.scores.get(place)?, *self.probabilities.get(place)?));
        match (above.checked_sub(1).and_then(at), at(above)) {
            (Some((low, p_low)), Some((high, p_high))) if high > low => {
                p_low + (p_high - p_low) * (score - low) / (high - low)
            }
            (_, Some((_, p))) | (Some((_, p)), None) => p,
            (None, None) => 1.0 / (1.0 + (-score).exp()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_rise_and_meet_what_was_found() {
        let rows: Vec<(f64, bool)> = (0..1000).map(|i| (f64::from(i) / 100.0, i % 10 < i / 100)).collect();
        let fit = Calibration::fit(&rows);
        let mut last = 0.0;
        for i in -10..110 {
            let p = fit.probability(f64::from(i) / 10.0);
            assert!(p >= last && (0.0..1.0).contains(&p), "{p} after {last}");
            last = p;
        }
        assert!((fit.probability(5.5) - 0.5).abs() < 0.1, "{}", fit.probability(5.5));
    }

    #[test]
    fn nothing_fitted_is_the_logistic_function() {
        assert!((Calibration::default().probability(0.0) - 0.5).abs() < 1e-12);
    }
}
