//! Proofs that an entry is in a tree and that a tree continues an older one, and their verification.
//!
//! Made after RFC 6962 sections 2.1.1 and 2.1.2, verified after RFC 9162 sections 2.1.3.2 and 2.1.4.2. The maker asks a
//! source for the hashes of complete subtrees, so that a store may keep upper levels; the verifier needs no store.

use super::{Hash, node_hash};

/// A complete subtree: `2^level` leaves from leaf `index * 2^level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// Height above the leaves.
    pub level: u8,
    /// Place among the subtrees of this height, from 0.
    pub index: u64,
}

/// A leaf that the source does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no complete subtree {index} at level {level}")]
pub struct NodeError {
    /// Height above the leaves.
    pub level: u8,
    /// Place among the subtrees of this height.
    pub index: u64,
}

/// Why there is no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError<E> {
    /// The leaf or the older size is not in the tree.
    #[error("{asked} is not within a tree of {size} leaves")]
    Range {
        /// The leaf or the older size.
        asked: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// The source failed.
    #[error(transparent)]
    Source(E),
}

/// A source of subtree hashes over the hashes of all leaves in memory.
pub fn leaves(hashes: &[Hash]) -> impl FnMut(Node) -> Result<Hash, NodeError> {
    |node| {
        let missing = NodeError { level: node.level, index: node.index };
        let width = 1_usize.checked_shl(node.level.into()).ok_or(missing)?;
        let start =
            usize::try_from(node.index).ok().and_then(|index| index.checked_mul(width)).ok_or(missing)?;
        let below = start.checked_add(width).and_then(|end| hashes.get(start..end)).ok_or(missing)?;
        Ok(complete_root(below))
    }
}

/// Root over a number of leaves that is a power of two.
fn complete_root(hashes: &[Hash]) -> Hash {
    match hashes {
        [] => super::empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&complete_root(left), &complete_root(right))
        }
    }
}

/// Root over the leaves from `start`, which is a multiple of the least power of two that is not below `size`.
///
/// # Errors
/// What the source answers.
pub fn subtree_root<E>(
    start: u64,
    size: u64,
    nodes: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let Some(level) = size.checked_ilog2() else { return Ok(super::empty_root()) };
    let width = 1_u64 << level;
    let level = u8::try_from(level).unwrap_or(u8::MAX);
    let left = nodes(Node { level, index: start >> level })?;
    if size == width {
        return Ok(left);
    }
    let right = subtree_root(start + width, size - width, nodes)?;
    Ok(node_hash(&left, &right))
}

/// The hashes beside the way from leaf `index` to the root of the tree of `size` leaves, lowest first.
///
/// # Errors
/// [`ProofError`] when the tree has no such leaf, or the source fails.
///
/// ```
/// use plomb_evidence::merkle::*;
/// let hashes: Vec<Hash> = (0_u8..5).map(|entry| leaf_hash(&[entry])).collect();
/// let mut frontier = Frontier::default();
/// frontier.extend(hashes.iter().copied());
/// let proof = inclusion_proof(3, 5, &mut leaves(&hashes)).unwrap();
/// assert!(verify_inclusion(&hashes[3], 3, 5, &proof, &frontier.root()));
/// ```
pub fn inclusion_proof<E>(
    index: u64,
    size: u64,
    nodes: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if index >= size {
        return Err(ProofError::Range { asked: index, size });
    }
    let (mut start, mut count) = (0, size);
    let mut downwards = Vec::new();
    while count > 1 {
        let width = left_width(count);
        if index - start < width {
            downwards.push((start + width, count - width));
            count = width;
        } else {
            downwards.push((start, width));
            start += width;
            count -= width;
        }
    }
    let beside = downwards.into_iter().rev();
    beside.map(|(start, count)| subtree_root(start, count, nodes).map_err(ProofError::Source)).collect()
}

/// The hashes that lead from the tree of `old` leaves to that of `size` leaves. Empty when `old` is 0 or `size`.
///
/// # Errors
/// [`ProofError`] when `old` is larger than `size`, or the source fails.
pub fn consistency_proof<E>(
    old: u64,
    size: u64,
    nodes: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if old > size {
        return Err(ProofError::Range { asked: old, size });
    }
    if old == 0 || old == size {
        return Ok(Vec::new());
    }
    let (mut start, mut count, mut old, mut known) = (0, size, old, true);
    let mut downwards = Vec::new();
    while old < count {
        let width = left_width(count);
        if old <= width {
            downwards.push((start + width, count - width));
            count = width;
        } else {
            downwards.push((start, width));
            start += width;
            count -= width;
            old -= width;
            known = false;
        }
    }
    if !known {
        downwards.push((start, count));
    }
    let beside = downwards.into_iter().rev();
    beside.map(|(start, count)| subtree_root(start, count, nodes).map_err(ProofError::Source)).collect()
}

/// Leaves of the left subtree: the largest power of two below `count`, which is at least 2.
pub(super) const fn left_width(count: u64) -> u64 {
    count.div_ceil(2).next_power_of_two()
}

/// Whether `proof` shows that `leaf` is number `index` of the tree with `size` leaves and this root.
#[must_use]
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(beside, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == *root
}

/// Whether `proof` shows that the tree of `size` leaves with `root` begins with the tree of `old` leaves with
/// `old_root`.
#[must_use]
pub fn verify_consistency(old: u64, size: u64, old_root: &Hash, root: &Hash, proof: &[Hash]) -> bool {
    if old > size {
        return false;
    }
    if old == size {
        return proof.is_empty() && old_root == root;
    }
    if old == 0 {
        return proof.is_empty() && *old_root == super::empty_root();
    }
    let (first, proof) = if old.is_power_of_two() {
        (old_root, proof)
    } else if let Some((first, rest)) = proof.split_first() {
        (first, rest)
    } else {
        return false;
    };
    let shift = (old - 1).trailing_ones();
    let (mut node, mut last) =
        ((old - 1).checked_shr(shift).unwrap_or(0), (size - 1).checked_shr(shift).unwrap_or(0));
    let (mut old_hash, mut hash) = (*first, *first);
    for beside in proof {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(beside, &old_hash);
            hash = node_hash(beside, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, beside);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == *old_root && hash == *root
}
