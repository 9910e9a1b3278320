//! How well a ranking does: the figures that papers on customs targeting report.

use serde::Serialize;

/// Shares of all rows that may be inspected, for which figures are given.
pub const BUDGETS: [f64; 4] = [0.01, 0.02, 0.05, 0.10];

/// One row as judged: its score, what it was, what was at stake.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// Higher is inspected earlier.
    pub score: f64,
    /// Was it found not to comply?
    pub guilty: bool,
    /// What was at stake, in the currency of the administration.
    pub at_stake: f64,
}

/// What inspecting a share of the rows finds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AtBudget {
    /// The share of rows inspected.
    pub budget: f64,
    /// How many rows that is.
    pub rows: usize,
    /// The share of inspected rows that were guilty.
    pub precision: f64,
    /// The share of guilty rows that were inspected.
    pub recall: f64,
    /// The share of what was at stake in guilty rows that was in inspected ones.
    pub value_recall: f64,
}

/// The figures of a ranking.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Rows judged.
    pub rows: usize,
    /// How many of them were guilty.
    pub guilty: usize,
    /// Area under the receiver operating characteristic: the chance that a guilty row ranks above an innocent one,
    /// equal scores counting half. None where all rows are alike.
    pub auc: Option<f64>,
    /// Average precision: precision at the rank of each guilty row, on average.
    pub average_precision: Option<f64>,
    /// For each share of [`BUDGETS`].
    pub at: Vec<AtBudget>,
}

/// Measure a ranking. Equal scores keep the order of the rows.
#[must_use]
pub fn figures(rows: &[Judged]) -> Figures {
    let mut ranked: Vec<&Judged> = rows.iter().collect();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    let guilty = rows.iter().filter(|row| row.guilty).count();
    Figures {
        rows: rows.len(),
        guilty,
        auc: auc(&ranked, guilty),
        average_precision: average_precision(&ranked, guilty),
        at: BUDGETS.map(|budget| at_budget(&ranked, guilty, budget)).into(),
    }
}

fn auc(ranked: &[&Judged], guilty: usize) -> Option<f64> {
    let innocent = ranked.len() - guilty;
    if guilty == 0 || innocent == 0 {
        return None;
    }
    let mut above = 0.0;
    let mut guilty_before = 0.0;
    for tied in ranked.chunk_by(|a, b| a.score.total_cmp(&b.score).is_eq()) {
        let of_these = count(tied.iter().filter(|row| row.guilty).count());
        let others = count(tied.len()) - of_these;
        above += others * (guilty_before + of_these / 2.0);
        guilty_before += of_these;
    }
    Some(above / (count(guilty) * count(innocent)))
}

fn average_precision(ranked: &[&Judged], guilty: usize) -> Option<f64> {
    let mut found = 0.0;
    let mut sum = 0.0;
    for (place, row) in ranked.iter().enumerate() {
        if row.guilty {
            found += 1.0;
            sum += found / count(place + 1);
        }
    }
    (guilty > 0).then(|| sum / count(guilty))
}

fn at_budget(ranked: &[&Judged], guilty: usize, budget: f64) -> AtBudget {
    let rows = share(ranked.len(), budget);
    let inspected = ranked.get(..rows).unwrap_or_default();
    let hits = inspected.iter().filter(|row| row.guilty).count();
    let stake = |rows: &[&Judged]| rows.iter().filter(|row| row.guilty).map(|row| row.at_stake).sum::<f64>();
    AtBudget {
        budget,
        rows,
        precision: ratio(count(hits), count(rows)),
        recall: ratio(count(hits), count(guilty)),
        value_recall: ratio(stake(inspected), stake(ranked)),
    }
}

/// How many rows a share of them is: the nearest whole number, and one at least where there is any.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length, rounded")]
pub(crate) fn share(rows: usize, budget: f64) -> usize {
    ((count(rows) * budget).round() as usize).clamp(usize::from(rows > 0), rows)
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
pub(crate) fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(scores: &[(f64, bool, f64)]) -> Vec<Judged> {
        scores.iter().map(|&(score, guilty, at_stake)| Judged { score, guilty, at_stake }).collect()
    }

    #[test]
    fn a_perfect_ranking_a_reversed_one_and_one_that_says_nothing() {
        let perfect =
            figures(&rows(&[(0.9, true, 1.0), (0.8, true, 1.0), (0.2, false, 9.0), (0.1, false, 9.0)]));
        assert_eq!((perfect.auc, perfect.average_precision), (Some(1.0), Some(1.0)));
        let reversed = figures(&rows(&[(0.1, true, 1.0), (0.2, false, 1.0)]));
        assert_eq!((reversed.auc, reversed.average_precision), (Some(0.0), Some(0.5)));
        let silent = figures(&rows(&[(0.5, true, 1.0), (0.5, false, 1.0), (0.5, false, 1.0)]));
        assert_eq!(silent.auc, Some(0.5));
        assert_eq!(figures(&rows(&[(0.5, true, 1.0)])).auc, None);
        assert_eq!(figures(&[]).at[3].rows, 0);
    }

    #[test]
    fn a_budget_counts_rows_and_what_was_at_stake() {
        let mut all = rows(&[(9.0, true, 30.0), (8.0, false, 500.0)]);
        all.extend((0..18).map(|i| Judged { score: -f64::from(i), guilty: i == 17, at_stake: 70.0 }));
        let at_ten = figures(&all).at[3];
        assert_eq!((at_ten.rows, at_ten.precision, at_ten.recall, at_ten.value_recall), (2, 0.5, 0.5, 0.3));
    }

    #[test]
    fn auc_is_the_share_of_pairs_in_the_right_order() {
        let mut state = 7_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 60
        };
        let all: Vec<Judged> = (0..200)
            .map(|_| Judged {
                score: f64::from(u32::try_from(draw()).unwrap()),
                guilty: draw() > 11,
                at_stake: 1.0,
            })
            .collect();
        let (mut right, mut pairs) = (0.0, 0.0);
        for guilty in all.iter().filter(|row| row.guilty) {
            for innocent in all.iter().filter(|row| !row.guilty) {
                pairs += 1.0;
                right += if guilty.score > innocent.score {
                    1.0
                } else if guilty.score == innocent.score {
                    0.5
                } else {
                    0.0
                };
            }
        }
        assert!((figures(&all).auc.unwrap() - right / pairs).abs() < 1e-12);
    }
}
