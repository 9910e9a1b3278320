//! What is signed of a tree: whose it is, how large, and its root (c2sp.org/tlog-checkpoint).

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};

use crate::merkle::Hash;

/// The head of a log at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log, the same for ever.
    pub origin: Box<str>,
    /// Leaves of the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// A text that is no checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is no checkpoint: the lines are the log's name, the size in decimal digits, and the root in base64"
)]
pub struct CheckpointError;

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the text of a note. Lines after the third are extensions, which nobody needs to understand.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.lines();
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return Err(CheckpointError);
        };
        let plain = size.bytes().all(|byte| byte.is_ascii_digit()) && (size == "0" || !size.starts_with('0'));
        let size = size.parse().ok().filter(|_| plain).ok_or(CheckpointError)?;
        let root =
            Base64::decode_vec(root).ok().and_then(|root| root.try_into().ok()).ok_or(CheckpointError)?;
        if origin.is_empty() || lines.any(str::is_empty) {
            return Err(CheckpointError);
        }
        Ok(Self { origin: origin.into(), size, root: Hash(root) })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, Base64::encode_string(&self.root.0))
    }
}
