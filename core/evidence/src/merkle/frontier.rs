//! The growing edge of a tree: the roots of its complete subtrees, one for each bit of its size.
//!
//! Also called a compact range. It can be grown and gives the root, and takes at most 2 KB however many leaves there
//! are; it cannot prove anything by itself.

use super::{Hash, empty_root, node_hash};

/// Most complete subtrees side by side: one for each bit of the size.
pub const PEAKS_MAX: usize = 64;

/// Size and complete subtrees of a tree.
///
/// ```
/// use plomb_evidence::merkle::{Frontier, leaf_hash, node_hash};
/// let mut frontier = Frontier::default();
/// frontier.push(leaf_hash(b"a"));
/// frontier.push(leaf_hash(b"b"));
/// assert_eq!(frontier.root(), node_hash(&leaf_hash(b"a"), &leaf_hash(b"b")));
/// let mut bytes = Vec::new();
/// frontier.encode(&mut bytes);
/// assert_eq!(Frontier::decode(&bytes), Ok(frontier));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the complete subtrees, the largest (leftmost) first: as many as `size` has bits set.
    peaks: Vec<Hash>,
}

/// Bytes that are not a frontier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{found} bytes are not a frontier")]
pub struct FrontierError {
    /// How many bytes there were.
    pub found: usize,
}

impl Frontier {
    /// Number of leaves.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Adds the hash of the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        // Each trailing bit set is a complete subtree that becomes the left half of a larger one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Root of the tree so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return empty_root() };
        peaks.fold(*last, |right, left| node_hash(left, &right))
    }

    /// Appends size (8 bytes, little endian) and subtree roots, the leftmost first.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.size.to_le_bytes());
        for peak in &self.peaks {
            out.extend_from_slice(&peak.0);
        }
    }

    /// The frontier in `bytes`, which must hold nothing else.
    ///
    /// # Errors
    /// [`FrontierError`] when the length does not fit the size.
    pub fn decode(bytes: &[u8]) -> Result<Self, FrontierError> {
        let error = FrontierError { found: bytes.len() };
        let (size, peaks) = bytes.split_first_chunk::<8>().ok_or(error)?;
        let size = u64::from_le_bytes(*size);
        let (peaks, rest) = peaks.as_chunks::<32>();
        if !rest.is_empty() || u32::try_from(peaks.len()) != Ok(size.count_ones()) {
            return Err(error);
        }
        Ok(Self { size, peaks: peaks.iter().copied().map(Hash).collect() })
    }
}

impl Extend<Hash> for Frontier {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}
