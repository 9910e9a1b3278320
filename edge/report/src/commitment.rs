//! Fields that can be withheld: what is signed is a hash of each with a random salt, so that a field that was taken out
//! cannot be guessed and one that was changed is found out.

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::canonical::{NotCanonical, canonical};

/// A field with its salt, as `[salt, name, value]`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Disclosed(pub String, pub String, pub Value);

impl Disclosed {
    /// A field with 16 bytes of salt, which must come from a source of randomness.
    #[must_use]
    pub fn new(salt: &[u8; 16], name: &str, value: Value) -> Self {
        Self(Base64::encode_string(salt), name.to_owned(), value)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.1
    }

    /// The hash that is signed: SHA-256 of the canonical text of `[salt, name, value]`, in base64.
    ///
    /// # Errors
    /// [`NotCanonical`].
    pub fn commitment(&self) -> Result<String, NotCanonical> {
        let text = canonical(&json!([self.0, self.1, self.2]))?;
        Ok(Base64::encode_string(&Sha256::digest(text)))
    }
}
