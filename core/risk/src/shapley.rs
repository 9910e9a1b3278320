//! The bookkeeping of TreeSHAP: of all orders in which features could become known, the share in which a leaf counts.

use crate::measure::count;

/// A feature on the way to a leaf.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    feature: u16,
    /// Share of training rows that go this way when the feature is not known.
    pub(crate) cover: f64,
    /// 1 where the row goes this way when it is, else 0.
    pub(crate) taken: f64,
}

/// The features on the way to a leaf, and for each number of them known, the share of orders.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    known: Vec<Known>,
    weights: Vec<f64>,
}

impl Default for Path {
    fn default() -> Self {
        Self { known: Vec::new(), weights: vec![1.0] }
    }
}

impl Path {
    /// One more feature is asked (algorithm 2, EXTEND).
    pub(crate) fn with(&self, feature: u16, cover: f64, taken: f64) -> Self {
        let all = count(self.weights.len() + 1);
        let mut weights = vec![0.0; self.weights.len() + 1];
        for (number, weight) in self.weights.iter().enumerate() {
            if let Some(unknown) = weights.get_mut(number) {
                *unknown += cover * weight * (all - count(number + 1)) / all;
            }
            if let Some(known) = weights.get_mut(number + 1) {
                *known += taken * weight * count(number + 1) / all;
            }
        }
        let mut known = self.known.clone();
        known.push(Known { feature, cover, taken });
        Self { known, weights }
    }

    /// Take back what an earlier question about a feature said; what it said, or nothing (UNWIND).
    pub(crate) fn without(&self, feature: u16) -> (Known, Self) {
        match self.known.iter().position(|known| known.feature == feature) {
            None => (Known { feature, cover: 1.0, taken: 1.0 }, self.clone()),
            Some(place) => {
                let mut path = self.clone();
                let before = path.known.remove(place);
                path.weights = self.unwound(before);
                (before, path)
            }
        }
    }

    /// The weights as they were before a feature was asked.
    fn unwound(&self, asked: Known) -> Vec<f64> {
        let all = count(self.weights.len());
        let fewer = self.weights.len().saturating_sub(1);
        let mut weights = vec![0.0; fewer];
        let mut next = self.weights.last().copied().unwrap_or_default();
        for number in (0..fewer).rev() {
            let here = self.weights.get(number).copied().unwrap_or_default();
            let Some(weight) = weights.get_mut(number) else { continue };
            if asked.taken == 0.0 {
                *weight = here * all / (asked.cover * (all - count(number + 1)));
            } else {
                *weight = next * all / (count(number + 1) * asked.taken);
                next = here - *weight * asked.cover * (all - count(number + 1)) / all;
            }
        }
        weights
    }

    /// Add what a leaf means to each feature on the way.
    pub(crate) fn share(&self, value: f64, shares: &mut [f64]) {
        for known in &self.known {
            let weight: f64 = self.unwound(*known).iter().sum();
            if let Some(share) = shares.get_mut(usize::from(known.feature)) {
                *share += weight * (known.taken - known.cover) * value;
            }
        }
    }
}
