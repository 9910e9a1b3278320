//! Session tokens: 256 random bits, of which only the hash is kept.

use std::fmt;

use plomb_wire::{from_hex, to_hex};
use sha2::{Digest, Sha256};

use super::StoreError;

/// Bytes of a token: 256 bits cannot be guessed.
const TOKEN_BYTES: usize = 32;

/// The secret that a client shows to prove its session. Never shown in a log.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token([u8; TOKEN_BYTES]);

/// What is kept of a session token: enough to know it again, not enough to use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl Token {
    /// A new token.
    ///
    /// # Errors
    /// [`StoreError`] when the operating system has no randomness to give.
    pub(super) fn random() -> Result<Self, StoreError> {
        let mut bytes = [0; TOKEN_BYTES];
        getrandom::fill(&mut bytes).map_err(|error| StoreError(format!("no random bytes: {error}")))?;
        Ok(Self(bytes))
    }

    /// The token that a client shows; `None` when it cannot be one.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        if text.len() != TOKEN_BYTES * 2 {
            return None;
        }
        from_hex(text).ok()?.try_into().ok().map(Self)
    }

    /// The text for the client.
    pub(crate) fn expose(&self) -> String {
        to_hex(&self.0)
    }

    /// What is kept of it. A plain hash is enough: the input is random.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}
