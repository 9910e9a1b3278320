//! AES-CCM-16-64-128 (RFC 9053, section 4.2): key of 16 bytes, nonce of 13, tag of 8, in place.

use aes::Aes128;
use ccm::Ccm;
use ccm::aead::generic_array::GenericArray;
use ccm::aead::{AeadInPlace, KeyInit};
use ccm::consts::{U8, U13};

/// Length of a key.
pub const KEY_BYTES: usize = 16;
/// Length of a nonce.
pub const NONCE_BYTES: usize = 13;
/// Length of a tag.
pub const TAG_BYTES: usize = 8;

/// A key, made ready; wiped when dropped.
#[derive(Clone)]
pub struct Key(Ccm<Aes128, U8, U13>);

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// The tag does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

impl Key {
    /// Takes the key in.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(Ccm::new(GenericArray::from_slice(key)))
    }

    /// Encrypts in place and gives the tag; none beyond 64 KiB, which CCM of this shape cannot take.
    #[must_use]
    pub fn seal(&self, nonce: &[u8; NONCE_BYTES], aad: &[u8], text: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
        let nonce = GenericArray::from_slice(nonce);
        self.0.encrypt_in_place_detached(nonce, aad, text).ok().map(Into::into)
    }

    /// Decrypts in place; the tag stands at the end of `text`. Gives the plain text. What is forged is wiped.
    ///
    /// # Errors
    /// [`Forged`]. The tag is compared in constant time.
    pub fn open<'a>(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8],
        text: &'a mut [u8],
    ) -> Result<&'a mut [u8], Forged> {
        let (text, tag) = text.split_last_chunk_mut::<TAG_BYTES>().ok_or(Forged)?;
        let tag = GenericArray::from_slice(&*tag);
        let opened = self.0.decrypt_in_place_detached(GenericArray::from_slice(nonce), aad, text, tag);
        if opened.is_err() {
            text.fill(0);
            return Err(Forged);
        }
        Ok(text)
    }
}
