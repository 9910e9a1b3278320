//! What a witness is asked, and how it judges (c2sp.org/tlog-witness, "add-checkpoint").
//!
//! A log shows its newest checkpoint with the proof that it continues the one that the witness saw last. The witness signs
//! that it saw it, and never signs two that contradict each other: who trusts the witness knows that everybody is shown the
//! same log.

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};

use super::{Checkpoint, Note, VerifyingKey};
use crate::merkle::{Hash, verify_consistency};

/// Most hashes of a proof: a tree of 2^63 leaves needs no more.
const PROOF_MAX: usize = 63;

/// A log asks a witness to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness to know.
    pub old: u64,
    /// That the newer tree continues that one.
    pub proof: Vec<Hash>,
    /// The newer checkpoint, signed by the log.
    pub checkpoint: Note,
}

/// Why a witness does not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WitnessRefusal {
    /// The request does not read. HTTP 400.
    #[error("the request does not read: {0}")]
    Shape(String),
    /// A log that it does not watch. HTTP 404.
    #[error("the log {0} is not witnessed here")]
    Origin(String),
    /// Not signed by the log. HTTP 403.
    #[error("{0}")]
    Signature(String),
    /// It saw another size last. HTTP 409, with that size.
    #[error("the witness saw the log with {0} entries last")]
    Known(u64),
    /// Signed by the log, and it contradicts what the log signed before: history was rewritten, or two are shown. HTTP 422.
    #[error(
        "the log {origin} has signed two histories: {known} entries that it showed before are not the beginning of the {size} it shows now"
    )]
    Fork {
        /// Which log.
        origin: String,
        /// Size that was seen before.
        known: u64,
        /// Size that is shown now.
        size: u64,
    },
}

impl FromStr for AddCheckpoint {
    type Err = WitnessRefusal;

    fn from_str(text: &str) -> Result<Self, WitnessRefusal> {
        let wrong = |why: &str| WitnessRefusal::Shape(why.to_owned());
        let (head, note) =
            text.split_once("\n\n").ok_or_else(|| wrong("no empty line parts proof and checkpoint"))?;
        let mut lines = head.lines();
        let old = lines.next().and_then(|line| line.strip_prefix("old ")?.parse().ok());
        let old = old.ok_or_else(|| wrong("it does not begin with the line `old SIZE`"))?;
        let hash = |line: &str| Base64::decode_vec(line).ok()?.try_into().ok().map(Hash);
        let proof: Option<Vec<Hash>> = lines.map(hash).collect();
        let proof = proof.ok_or_else(|| wrong("a line of the proof is no hash"))?;
        if proof.len() > PROOF_MAX {
            return Err(wrong("the proof has too many hashes"));
        }
        let checkpoint = note.parse().map_err(|error| WitnessRefusal::Shape(format!("{error}")))?;
        Ok(Self { old, proof, checkpoint })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", Base64::encode_string(&hash.0)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl AddCheckpoint {
    /// Which log it is of.
    ///
    /// # Errors
    /// [`WitnessRefusal::Shape`].
    pub fn shown(&self) -> Result<Checkpoint, WitnessRefusal> {
        self.checkpoint.text().parse().map_err(|error| WitnessRefusal::Shape(format!("{error}")))
    }

    /// Whether a witness that saw `known` of this log last, whose `keys` it knows, signs. Gives what it then has seen last.
    ///
    /// # Errors
    /// [`WitnessRefusal`].
    pub fn judge(
        &self,
        known: Option<&Checkpoint>,
        keys: &[VerifyingKey],
    ) -> Result<Checkpoint, WitnessRefusal> {
        let shown = self.shown()?;
        let keys: Vec<VerifyingKey> =
            keys.iter().filter(|key| *key.name() == *shown.origin).cloned().collect();
        if keys.is_empty() {
            return Err(WitnessRefusal::Origin(shown.origin.into()));
        }
        self.checkpoint.verify(&keys).map_err(|error| WitnessRefusal::Signature(error.to_string()))?;
        if self.old > shown.size {
            return Err(WitnessRefusal::Shape(
                "the old size is larger than that of the checkpoint".to_owned(),
            ));
        }
        let size = known.map_or(0, |known| known.size);
        let fork =
            || WitnessRefusal::Fork { origin: shown.origin.to_string(), known: size, size: shown.size };
        if self.old != size {
            return Err(WitnessRefusal::Known(size));
        }
        let Some(known) = known else { return Ok(shown) };
        if !verify_consistency(size, shown.size, &known.root, &shown.root, &self.proof) {
            return Err(fork());
        }
        Ok(shown)
    }
}
