//! The Merkle tree over the journal: RFC 6962 section 2.1 (the same hashing as RFC 9162 section 2.1), SHA-256.
//!
//! A leaf is the encoding of an entry, its place in the tree the number of the entry. [`Frontier`] keeps what is
//! needed to grow the tree; [`inclusion_proof`] and [`consistency_proof`] convince somebody who has only a root.
//! Nothing here signs: a root means something only in a signed checkpoint (`crate::log`).

mod frontier;
mod many;
mod proof;

pub use frontier::{Frontier, FrontierError, PEAKS_MAX};
pub use many::{ManyError, many_proof, root_of_many};
pub use proof::{
    Node, NodeError, ProofError, consistency_proof, inclusion_proof, leaves, subtree_root,
    verify_consistency, verify_inclusion,
};

use std::fmt;

use sha2::{Digest, Sha256};

/// First byte of what is hashed for a leaf, RFC 6962 section 2.1.
const LEAF_PREFIX: u8 = 0;
/// First byte of what is hashed for a node with two children, RFC 6962 section 2.1.
const NODE_PREFIX: u8 = 1;

/// SHA-256 of a leaf, of a node or of a whole tree. Shown in hex.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; 32]);

/// Hash of an entry with this encoding.
///
/// ```
/// use plomb_evidence::merkle::leaf_hash;
/// let empty = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
/// assert_eq!(leaf_hash(b"").to_string(), empty);
/// ```
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new_with_prefix([LEAF_PREFIX]).chain_update(entry).finalize().into())
}

/// Hash of the node above `left` and `right`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut bytes = [NODE_PREFIX; 65];
    let (_, children) = bytes.split_at_mut(1);
    let (first, second) = children.split_at_mut(32);
    first.copy_from_slice(&left.0);
    second.copy_from_slice(&right.0);
    Hash(Sha256::digest(bytes).into())
}

/// Root of the tree without leaves: the hash of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    Hash(Sha256::digest([]).into())
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
