//! Ed25519 keys with a name, as signed notes write them (c2sp.org/signed-note, "Signatures" and "Verifier keys").

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signer, Verifier};
use sha2::{Digest, Sha256};

/// What a key signs. The discriminants are the signature types of c2sp.org/signed-note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum KeyKind {
    /// The text of a note.
    Note = 1,
    /// A checkpoint and the time at which a witness saw it (c2sp.org/tlog-cosignature).
    Cosignature = 4,
}

/// A key that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not three or five parts between plus signs.
    #[error("a key is written name+hash+base64, a secret one PRIVATE+KEY+name+hash+base64")]
    Shape,
    /// The name has a space or a plus sign, or is empty.
    #[error("the name {0:?} is empty, or has a space or a plus sign in it")]
    Name(String),
    /// The key is not one of Ed25519.
    #[error("the key of {0} is no Ed25519 key of a kind that is known here")]
    Key(String),
    /// The hash is that of another name or key.
    #[error("the hash of the key of {0} does not belong to it: it was copied wrong")]
    Hash(String),
}

/// A public key and whose it is.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    name: Box<str>,
    kind: KeyKind,
    key: ed25519_dalek::VerifyingKey,
}

/// A secret key and whose it is. Zeroised when dropped; never shown.
pub struct SigningKey {
    public: VerifyingKey,
    key: ed25519_dalek::SigningKey,
}

/// Whether it can be the name of a key: not empty, no white space, no plus sign.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '+')
}

impl VerifyingKey {
    /// Whose it is.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs.
    #[must_use]
    pub const fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The four bytes before a signature that say which key made it.
    #[must_use]
    pub fn hash(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(self.name.as_bytes())
            .chain_update([b'\n', self.kind as u8])
            .chain_update(self.key.as_bytes())
            .finalize();
        digest.first_chunk().copied().unwrap_or_default()
    }

    /// Whether a signature of this key is that of `message`.
    #[must_use]
    pub fn is_signature(&self, message: &[u8], signature: &[u8]) -> bool {
        ed25519_dalek::Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify(message, &signature).is_ok())
    }
}

impl SigningKey {
    /// The key with this name and these secret bytes, which must come from a source of randomness.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn new(name: &str, kind: KeyKind, secret: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name(name.to_owned()));
        }
        let key = ed25519_dalek::SigningKey::from_bytes(secret);
        let public = VerifyingKey { name: name.into(), kind, key: key.verifying_key() };
        Ok(Self { public, key })
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// The signature of a message.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }

    /// The secret key as text, for the file that keeps it.
    #[must_use]
    pub fn to_secret_text(&self) -> String {
        let mut bytes = vec![self.public.kind as u8];
        bytes.extend_from_slice(self.key.as_bytes());
        let hash = u32::from_be_bytes(self.public.hash());
        format!("PRIVATE+KEY+{}+{hash:08x}+{}", self.public.name, Base64::encode_string(&bytes))
    }

    /// Reads what [`Self::to_secret_text`] writes.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_secret_text(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Shape)?;
        let Parts { name, hash, kind, key } = Parts::of(rest)?;
        let signing = Self::new(name, kind, &key)?;
        if signing.public.hash() == hash { Ok(signing) } else { Err(KeyError::Hash(name.to_owned())) }
    }
}

/// A key as it is written: `name+hash+base64`. The base64 may have plus signs in it.
struct Parts<'a> {
    name: &'a str,
    hash: [u8; 4],
    kind: KeyKind,
    key: [u8; 32],
}

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(hash), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Shape);
        };
        if !is_name(name) {
            return Err(KeyError::Name(name.to_owned()));
        }
        let wrong = || KeyError::Key(name.to_owned());
        let hash = (hash.len() == 8).then(|| u32::from_str_radix(hash, 16).ok()).flatten();
        let hash = hash.ok_or(KeyError::Shape)?.to_be_bytes();
        let bytes = Base64::decode_vec(key).map_err(|_| wrong())?;
        let (kind, key) = bytes.split_first().ok_or_else(wrong)?;
        let kind = match kind {
            1 => KeyKind::Note,
            4 => KeyKind::Cosignature,
            _ => return Err(wrong()),
        };
        Ok(Self { name, hash, kind, key: key.try_into().map_err(|_| wrong())? })
    }
}

impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let Parts { name, hash, kind, key } = Parts::of(text)?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&key).map_err(|_| KeyError::Key(name.to_owned()))?;
        let key = Self { name: name.into(), kind, key };
        if key.hash() == hash { Ok(key) } else { Err(KeyError::Hash(name.to_owned())) }
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind as u8];
        bytes.extend_from_slice(self.key.as_bytes());
        let hash = u32::from_be_bytes(self.hash());
        write!(f, "{}+{hash:08x}+{}", self.name, Base64::encode_string(&bytes))
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret key of {}", self.public)
    }
}
