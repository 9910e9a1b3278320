//! Latencies in buckets that grow by powers of two with 32 steps each: no quantile is more than 3 % off.

use std::time::Duration;

/// Steps in each power of two, as bits.
const STEP_BITS: u32 = 5;
/// Buckets up to 2^40 us, twelve days.
const BUCKETS: usize = 36 << STEP_BITS;

/// How often each latency came.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    counts: Vec<u64>,
    total: u64,
    longest_us: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, longest_us: 0 }
    }
}

impl Histogram {
    /// Adds `count` latencies of the same length.
    pub(crate) fn add(&mut self, latency: Duration, count: u64) {
        let us = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        if let Some(slot) = self.counts.get_mut(bucket(us)) {
            *slot += count;
            self.total += count;
        }
        self.longest_us = self.longest_us.max(us);
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (ours, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *ours += theirs;
        }
        self.total += other.total;
        self.longest_us = self.longest_us.max(other.longest_us);
    }

    /// How many there are.
    pub(crate) const fn count(&self) -> u64 {
        self.total
    }

    /// The latency in ms that `per_mille` of all stay below or at; 0 when there are none.
    pub(crate) fn quantile_ms(&self, per_mille: u64) -> f64 {
        let goal = (self.total * per_mille).div_ceil(1000).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= goal {
                return ms(lower_edge(index));
            }
        }
        0.0
    }

    /// The longest in ms.
    pub(crate) fn longest_ms(&self) -> f64 {
        ms(self.longest_us)
    }
}

#[expect(clippy::cast_precision_loss, reason = "latencies of this program are far below 2^52 us")]
fn ms(us: u64) -> f64 {
    us as f64 / 1000.0
}

fn bucket(us: u64) -> usize {
    let power = us.checked_ilog2().unwrap_or_default().saturating_sub(STEP_BITS);
    let step = us >> power;
    usize::try_from((u64::from(power) << STEP_BITS) + step).unwrap_or(usize::MAX).min(BUCKETS - 1)
}

fn lower_edge(bucket: usize) -> u64 {
    let bucket = u64::try_from(bucket).unwrap_or_default();
    let steps = 1 << STEP_BITS;
    if bucket < 2 * steps {
        return bucket;
    }
    let power = bucket / steps - 1;
    (bucket - power * steps) << power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_close() {
        let mut histogram = Histogram::default();
        for us in 1..=100_000 {
            histogram.add(Duration::from_micros(us), 1);
        }
        for (per_mille, expected) in [(500, 50.0), (990, 99.0), (999, 99.9)] {
            let found = histogram.quantile_ms(per_mille);
            assert!((found - expected).abs() < 0.035 * expected, "{per_mille} {found}");
        }
        for us in [0, 1, 31, 32, 63, 64, 65, 1_000_000, 1 << 39] {
            let edge = lower_edge(bucket(us));
            assert!(edge <= us && us - edge <= us >> STEP_BITS, "{us} {edge}");
        }
        assert!((histogram.longest_ms() - 100.0).abs() < 1e-9);
    }
}
