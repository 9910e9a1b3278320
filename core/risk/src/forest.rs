//! Trees laid flat: a score in a few microseconds, and what each feature adds to it.
//!
//! Trained by `forust-ml`; walked here, because a score must be fast for one row and the same on every machine.

use forust_ml::GradientBooster;
use serde::{Deserialize, Serialize};

use crate::shapley::Path;

/// A node of a tree: a question, or a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Node {
    /// The feature asked; [`LEAF`] where nothing is.
    feature: u16,
    /// Below it: left.
    split: f64,
    left: u32,
    right: u32,
    /// Where rows go that lack the feature.
    missing: u32,
    /// What reaching this node says: at a leaf its weight, above it the mean of the leaves below, by training rows.
    value: f64,
    /// Training rows that reached it, weighed by how unsure they were.
    cover: f64,
}

const LEAF: u16 = u16::MAX;

impl Node {
    /// Where a row goes from here.
    fn next(&self, row: &[f64]) -> u32 {
        match row.get(usize::from(self.feature)) {
            Some(asked) if !asked.is_nan() => {
                if *asked < self.split {
                    self.left
                } else {
                    self.right
                }
            }
            _ => self.missing,
        }
    }
}

/// Trees whose leaves add up to a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Forest {
    base: f64,
    columns: usize,
    roots: Vec<u32>,
    nodes: Vec<Node>,
}

/// What is wrong with trees.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadForest {
    #[error("a tree has no node {0}")]
    NoNode(u32),
    #[error("a forest of more than 2^32 nodes or 65,534 features")]
    TooLarge,
}

impl Forest {
    /// Lay trained trees flat.
    pub(crate) fn of(booster: &GradientBooster, columns: usize) -> Result<Self, BadForest> {
        let trees = booster.prediction_iteration.unwrap_or(booster.trees.len());
        let mut forest = Self { base: booster.base_score, columns, roots: Vec::new(), nodes: Vec::new() };
        for tree in booster.trees.iter().take(trees) {
            let first = u32::try_from(forest.nodes.len()).map_err(|_| BadForest::TooLarge)?;
            forest.roots.push(first);
            let at = |node: usize| {
                u32::try_from(node).ok().and_then(|node| first.checked_add(node)).ok_or(BadForest::TooLarge)
            };
            for node in &tree.nodes {
                forest.nodes.push(Node {
                    feature: if node.is_leaf {
                        LEAF
                    } else {
                        u16::try_from(node.split_feature)
                            .ok()
                            .filter(|feature| usize::from(*feature) < columns)
                            .ok_or(BadForest::TooLarge)?
                    },
                    split: node.split_value,
                    left: at(node.left_child)?,
                    right: at(node.right_child)?,
                    missing: at(node.missing_node)?,
                    value: f64::from(node.weight_value),
                    cover: f64::from(node.hessian_sum),
                });
            }
            forest.spread(first)?;
        }
        Ok(forest)
    }

    /// Give each node above leaves the mean of those below, by the weight of training rows that reached them.
    fn spread(&mut self, at: u32) -> Result<f64, BadForest> {
        let Node { feature, left, right, value, .. } = *self.node(at).ok_or(BadForest::NoNode(at))?;
        if feature == LEAF {
            return Ok(value);
        }
        let cover = |child| self.node(child).map(|node| node.cover).ok_or(BadForest::NoNode(child));
        let (of_left, of_right) = (cover(left)?, cover(right)?);
        let mean = (of_left * self.spread(left)? + of_right * self.spread(right)?) / (of_left + of_right);
        if let Some(node) = usize::try_from(at).ok().and_then(|at| self.nodes.get_mut(at)) {
            node.value = mean;
        }
        Ok(mean)
    }

    pub(crate) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// The score of a row: log-odds where the trees were trained for a yes or no.
    pub(crate) fn score(&self, row: &[f64]) -> f64 {
        self.roots.iter().fold(self.base, |score, root| score + self.walk(*root, row, |_, _| ()))
    }

    /// What each feature adds to the score, and last what a row starts from; their sum is [`Forest::score`].
    /// Each question on the way is charged with the change of the mean it makes (Saabas).
    pub(crate) fn contributions(&self, row: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.columns + 1];
        let mut start = self.base;
        for root in &self.roots {
            start += self.node(*root).map_or(0.0, |node| node.value);
            self.walk(*root, row, |feature, change| {
                if let Some(share) = shares.get_mut(usize::from(feature)) {
                    *share += change;
                }
            });
        }
        if let Some(last) = shares.last_mut() {
            *last = start;
        }
        shares
    }

    /// The Shapley values of each feature, and last what a row starts from; their sum is [`Forest::score`].
    /// Unlike [`Forest::contributions`] they do not depend on the order in which the trees ask.
    pub(crate) fn shapley(&self, row: &[f64]) -> Vec<f64> {
        let mut shares = vec![0.0; self.columns + 1];
        let mut start = self.base;
        for root in &self.roots {
            start += self.node(*root).map_or(0.0, |node| node.value);
            self.descend(*root, row, &Path::default(), &mut shares);
        }
        if let Some(last) = shares.last_mut() {
            *last = start;
        }
        shares
    }

    /// Follow every branch, whether the row takes it or not: TreeSHAP, path dependent
    /// (Lundberg, Erion, Lee: Consistent individualized feature attribution for tree ensembles, 2018, algorithm 2).
    fn descend(&self, at: u32, row: &[f64], path: &Path, shares: &mut [f64]) {
        let Some(node) = self.node(at) else { return };
        if node.feature == LEAF {
            path.share(node.value, shares);
            return;
        }
        let taken = node.next(row);
        let (before, path) = path.without(node.feature);
        for child in [node.left, node.right] {
            let Some(below) = self.node(child) else { return };
            let taken = if child == taken { before.taken } else { 0.0 };
            self.descend(
                child,
                row,
                &path.with(node.feature, before.cover * below.cover / node.cover, taken),
                shares,
            );
        }
    }

    fn node(&self, at: u32) -> Option<&Node> {
        self.nodes.get(usize::try_from(at).ok()?)
    }

    /// Walk to the leaf; its value. A stored forest with a broken link ends where it breaks.
    fn walk(&self, root: u32, row: &[f64], mut step: impl FnMut(u16, f64)) -> f64 {
        let Some(mut node) = self.node(root) else { return 0.0 };
        while node.feature != LEAF {
            let Some(child) = self.node(node.next(row)) else { break };
            step(node.feature, child.value - node.value);
            node = child;
        }
        node.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two features asked, one of them twice.
    fn small() -> Forest {
        let leaf =
            |value, cover| Node { feature: LEAF, split: 0.0, left: 0, right: 0, missing: 0, value, cover };
        let ask = |feature, left, right, cover| Node {
            feature,
            split: 0.5,
            left,
            right,
            missing: left,
            value: 0.0,
            cover,
        };
        let mut nodes =
            vec![ask(0, 1, 2, 10.0), ask(1, 3, 4, 6.0), leaf(3.0, 4.0), leaf(-1.0, 5.0), ask(0, 5, 6, 1.0)];
        nodes.extend([leaf(2.0, 0.25), leaf(7.0, 0.75)]);
        let mut forest = Forest { base: 0.5, columns: 3, roots: vec![0], nodes };
        forest.spread(0).unwrap();
        forest
    }

    /// What the tree says when only some features are known: the rest averages over both ways.
    fn expected(forest: &Forest, at: u32, row: &[f64], known: &[bool]) -> f64 {
        let node = forest.node(at).unwrap();
        if node.feature == LEAF {
            return node.value;
        }
        if known[usize::from(node.feature)] {
            return expected(forest, node.next(row), row, known);
        }
        [node.left, node.right]
            .map(|child| forest.node(child).unwrap().cover / node.cover * expected(forest, child, row, known))
            .iter()
            .sum()
    }

    #[test]
    fn shapley_values_are_those_of_the_definition() {
        let forest = small();
        for row in
            [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [1.0, 1.0, f64::NAN], [f64::NAN, 1.0, 0.0]]
        {
            let shares = forest.shapley(&row);
            let of = |known: [bool; 2]| expected(&forest, 0, &row, &[known[0], known[1], false]);
            let by_definition = [
                f64::midpoint(of([true, false]) - of([false, false]), of([true, true]) - of([false, true])),
                f64::midpoint(of([false, true]) - of([false, false]), of([true, true]) - of([true, false])),
            ];
            assert!((shares[0] - by_definition[0]).abs() < 1e-12, "{row:?}: {shares:?} {by_definition:?}");
            assert!((shares[1] - by_definition[1]).abs() < 1e-12, "{row:?}: {shares:?} {by_definition:?}");
            assert_eq!(shares[2], 0.0);
            assert!((shares.iter().sum::<f64>() - forest.score(&row)).abs() < 1e-12);
            assert!((forest.contributions(&row).iter().sum::<f64>() - forest.score(&row)).abs() < 1e-12);
        }
    }
}
