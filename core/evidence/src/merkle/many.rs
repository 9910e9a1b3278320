//! One proof for many leaves: the fewest hashes from which, with the leaves, the root can be computed.

use super::proof::{left_width, subtree_root};
use super::{Hash, Node, ProofError, node_hash};

/// Why many leaves are not proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManyError {
    /// Numbers that do not rise, or are not in the tree.
    #[error("the numbers of the entries do not rise, or are not in the tree")]
    Order,
    /// Too few or too many hashes.
    #[error("the proof has too few or too many hashes")]
    Length,
}

/// The roots of the largest subtrees of a tree of `size` leaves in which none of the leaves `indexes` is, from the left
/// to the right. `indexes` rise.
///
/// # Errors
/// [`ProofError`] when the tree has no such leaf, or the source fails.
///
/// ```
/// use plomb_evidence::merkle::*;
/// let hashes: Vec<Hash> = (0_u8..9).map(|entry| leaf_hash(&[entry])).collect();
/// let mut frontier = Frontier::default();
/// frontier.extend(hashes.iter().copied());
/// let proof = many_proof(&[2, 7], 9, &mut leaves(&hashes)).unwrap();
/// assert_eq!(proof.len(), 5);
/// assert_eq!(root_of_many(&[(2, hashes[2]), (7, hashes[7])], 9, &proof), Ok(frontier.root()));
/// ```
pub fn many_proof<E>(
    indexes: &[u64],
    size: u64,
    nodes: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, ProofError<E>> {
    if let Some(asked) = indexes.iter().copied().find(|index| *index >= size) {
        return Err(ProofError::Range { asked, size });
    }
    let mut proof = Vec::new();
    // Right halves wait here, so that the left ones come first.
    let mut waiting = vec![(0, size, indexes)];
    while let Some((start, count, inside)) = waiting.pop() {
        if count == 0 {
            // The tree without leaves needs nothing.
        } else if inside.is_empty() {
            proof.push(subtree_root(start, count, nodes).map_err(ProofError::Source)?);
        } else if count > 1 {
            let width = left_width(count);
            let (left, right) = inside.split_at(inside.partition_point(|index| *index < start + width));
            waiting.push((start + width, count - width, right));
            waiting.push((start, width, left));
        }
    }
    Ok(proof)
}

/// The root of a tree of `size` leaves, from some of its leaves by number, which rise, and what [`many_proof`] gives.
///
/// # Errors
/// [`ManyError`].
pub fn root_of_many(leaves: &[(u64, Hash)], size: u64, proof: &[Hash]) -> Result<Hash, ManyError> {
    let rises = leaves.is_sorted_by(|(one, _), (next, _)| one < next);
    if !rises || leaves.last().is_some_and(|(index, _)| *index >= size) {
        return Err(ManyError::Order);
    }
    let mut beside = proof.iter();
    let root = part(leaves, (0, size), &mut beside)?;
    if beside.next().is_some() { Err(ManyError::Length) } else { Ok(root) }
}

/// At most 64 deep: each step halves `count`.
fn part(
    leaves: &[(u64, Hash)],
    (start, count): (u64, u64),
    beside: &mut std::slice::Iter<'_, Hash>,
) -> Result<Hash, ManyError> {
    match leaves {
        [] if count == 0 => Ok(super::empty_root()),
        [] => beside.next().copied().ok_or(ManyError::Length),
        [(_, leaf)] if count == 1 => Ok(*leaf),
        _ => {
            let width = left_width(count);
            let (left, right) = leaves.split_at(leaves.partition_point(|(index, _)| *index < start + width));
            let left = part(left, (start, width), beside)?;
            Ok(node_hash(&left, &part(right, (start + width, count - width), beside)?))
        }
    }
}
