//! Transcript hashes and the key schedule (RFC 9528, sections 4.1 and 4.2).

use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::{EdhocError, IdCred, MAC_BYTES};
use crate::aead::{Key, TAG_BYTES};
use crate::cbor::{Buffer, Count, Encoder, Sink};
use crate::oscore::{Context, Id};
use crate::p256::{PrivateKey, PublicKey};

/// A pseudorandom key; wiped when dropped.
#[derive(Clone)]
pub(super) struct Prk(pub(super) [u8; 32]);

impl Drop for Prk {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A transcript hash.
pub(super) type Hash = [u8; 32];

/// `EDHOC_Extract`: HKDF-Extract with SHA-256.
#[must_use]
pub fn extract(salt: &[u8], secret: &[u8]) -> [u8; 32] {
    Hkdf::<Sha256>::extract(Some(salt), secret).0.into()
}

/// `EDHOC_KDF`: HKDF-Expand with `info = (label, context, length)`; the context is given in parts. Leaves `out` zero when it is longer than 8,160 bytes.
pub fn kdf(prk: &[u8; 32], label: i64, context: &[&[u8]], out: &mut [u8]) {
    let mut head = [0; 20];
    let mut encoder = Encoder(Buffer::new(&mut head));
    encoder.integer(label).bytes_head(context.iter().map(|part| part.len()).sum());
    let head_bytes = encoder.0.len();
    let mut tail = [0; 9];
    let mut encoder = Encoder(Buffer::new(&mut tail));
    encoder.unsigned(out.len() as u64);
    let tail_bytes = encoder.0.len();
    let mut info: [&[u8]; 8] = [&[]; 8];
    let parts = core::iter::once(head.get(..head_bytes).unwrap_or_default())
        .chain(context.iter().copied())
        .chain(core::iter::once(tail.get(..tail_bytes).unwrap_or_default()));
    for (place, part) in info.iter_mut().zip(parts) {
        *place = part;
    }
    let Ok(hkdf) = Hkdf::<Sha256>::from_prk(prk) else { return };
    if hkdf.expand_multi_info(&info, out).is_err() {
        out.fill(0);
    }
}

pub(super) fn derive<const N: usize>(prk: &Prk, label: i64, context: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    kdf(&prk.0, label, context, &mut out);
    out
}

/// A byte string of 32 bytes as an item of CBOR.
pub(super) fn item(bytes: &[u8; 32]) -> [u8; 34] {
    let mut item = [0; 34];
    let mut encoder = Encoder(Buffer::new(&mut item));
    encoder.bytes(bytes);
    item
}

/// `TH_2 = H(G_Y, H(message_1))`.
pub(super) fn th_2(g_y: &[u8; 32], message_1: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.put(&item(g_y));
    hash.put(&item(&Sha256::digest(message_1).into()));
    hash.finalize().into()
}

/// `TH_3 = H(TH_2, PLAINTEXT_2, CRED_R)`, and `TH_4` of message 3.
pub(super) fn next_hash(before: &Hash, plaintext: &[u8], cred: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.put(&item(before));
    hash.put(plaintext);
    hash.put(cred);
    hash.finalize().into()
}

/// `PRK_3e2m` or `PRK_4e3m`: the key goes on as it is where the side signs, and takes in the agreement where it has a
/// static key.
pub(super) fn next_prk(prk: &Prk, label: i64, hash: &Hash, agreed: Option<(&PrivateKey, &PublicKey)>) -> Prk {
    let Some((ours, theirs)) = agreed else { return prk.clone() };
    let mut salt: [u8; 32] = derive(prk, label, &[hash]);
    let next = Prk(extract(&salt, ours.agree(theirs).expose()));
    salt.zeroize();
    next
}

/// What a side proves with: everything that its MAC and signature cover.
pub(super) struct Proof<'a> {
    pub(super) prk: &'a Prk,
    /// Label of the MAC: 2 or 6.
    pub(super) label: i64,
    /// `C_R` as an item, in message 2.
    pub(super) connection: &'a [u8],
    pub(super) id: IdCred<'a>,
    pub(super) hash: &'a Hash,
    pub(super) cred: &'a [u8],
    pub(super) external: &'a [u8],
    pub(super) signs: bool,
}

/// Longest `ID_CRED_x`.
const ID_BYTES_MAX: usize = 512;

impl Proof<'_> {
    fn mac<'o>(&self, out: &'o mut [u8; 32]) -> Result<&'o [u8], EdhocError> {
        let mut id = [0; ID_BYTES_MAX];
        let mut encoder = Encoder(Buffer::new(&mut id));
        self.id.put(&mut encoder);
        let id = encoder.0.finish()?;
        let length = if self.signs { 32 } else { MAC_BYTES };
        let mac = out.get_mut(..length).ok_or(EdhocError::Full)?;
        let hash = item(self.hash);
        kdf(&self.prk.0, self.label, &[self.connection, id, &hash, self.cred, self.external], mac);
        Ok(mac)
    }

    /// Hash of the `Sig_structure` (RFC 9528, section 5.3.2).
    fn to_be_signed(&self, mac: &[u8]) -> [u8; 32] {
        let mut id = Encoder(Count::default());
        self.id.put(&mut id);
        let hash = item(self.hash);
        let mut encoder = Encoder(Sha256::new());
        encoder.array(4).text("Signature1").bytes_head(id.0.0);
        self.id.put(&mut encoder);
        encoder.bytes_head(hash.len() + self.cred.len() + self.external.len());
        encoder.raw(&hash).raw(self.cred).raw(self.external).bytes(mac);
        encoder.0.finalize().into()
    }

    /// Writes `Signature_or_MAC` as an item.
    pub(super) fn put<S: Sink>(&self, key: &PrivateKey, encoder: &mut Encoder<S>) -> Result<(), EdhocError> {
        let mut mac = [0; 32];
        let mac = self.mac(&mut mac)?;
        if self.signs {
            let signature = key.sign(&self.to_be_signed(mac)).ok_or(EdhocError::Unauthentic)?;
            encoder.bytes(&signature);
        } else {
            encoder.bytes(mac);
        }
        Ok(())
    }

    /// Whether `Signature_or_MAC` is that of the key.
    pub(super) fn verify(&self, key: &PublicKey, shown: &[u8]) -> Result<(), EdhocError> {
        let mut mac = [0; 32];
        let mac = self.mac(&mut mac)?;
        let holds = if self.signs {
            key.verifies(&self.to_be_signed(mac), shown)
        } else {
            let difference = mac.iter().zip(shown).fold(0, |sum, (a, b)| sum | (a ^ b));
            shown.len() == mac.len() && difference == 0
        };
        if holds { Ok(()) } else { Err(EdhocError::Unauthentic) }
    }
}

/// Key, nonce and additional data of message 3 (labels 3 and 4) or 4 (labels 8 and 9).
pub(super) struct Cipher {
    key: Key,
    nonce: [u8; 13],
    aad: [u8; 45],
}

impl Cipher {
    pub(super) fn new(prk: &Prk, label: i64, hash: &Hash) -> Self {
        let mut key: [u8; 16] = derive(prk, label, &[hash]);
        let mut aad = [0; 45];
        let mut encoder = Encoder(Buffer::new(&mut aad));
        encoder.array(3).text("Encrypt0").bytes(&[]).bytes(hash);
        let cipher = Self { key: Key::new(&key), nonce: derive(prk, label + 1, &[hash]), aad };
        key.zeroize();
        cipher
    }

    /// Writes `plaintext` encrypted, as an item.
    pub(super) fn seal<'o>(
        &self,
        plaintext: &mut [u8],
        out: &'o mut [u8],
    ) -> Result<&'o mut [u8], EdhocError> {
        let tag = self.key.seal(&self.nonce, &self.aad, plaintext).ok_or(EdhocError::Full)?;
        let mut encoder = Encoder(Buffer::new(out));
        encoder.bytes_head(plaintext.len() + TAG_BYTES).raw(plaintext).raw(&tag);
        Ok(encoder.0.finish()?)
    }

    /// Decrypts into `out`.
    pub(super) fn open<'o>(&self, ciphertext: &[u8], out: &'o mut [u8]) -> Result<&'o mut [u8], EdhocError> {
        let place = out.get_mut(..ciphertext.len()).ok_or(EdhocError::Full)?;
        place.copy_from_slice(ciphertext);
        self.key.open(&self.nonce, &self.aad, place).map_err(|_| EdhocError::Unauthentic)
    }
}

/// What both sides have when the exchange is through.
#[derive(Clone)]
pub struct Established {
    pub(super) prk_4e3m: Prk,
    pub(super) th_4: Hash,
    prk_exporter: Prk,
    is_initiator: bool,
    c_i: Id,
    c_r: Id,
}

impl core::fmt::Debug for Established {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Established").field("c_i", &self.c_i).field("c_r", &self.c_r).finish_non_exhaustive()
    }
}

impl Established {
    pub(super) fn new(prk_4e3m: Prk, th_4: Hash, is_initiator: bool, c_i: Id, c_r: Id) -> Self {
        let prk_out = Prk(derive(&prk_4e3m, 7, &[&th_4]));
        let prk_exporter = Prk(derive(&prk_out, 10, &[]));
        Self { prk_4e3m, th_4, prk_exporter, is_initiator, c_i, c_r }
    }

    /// The initiator's connection identifier.
    #[must_use]
    pub const fn c_i(&self) -> Id {
        self.c_i
    }

    /// The responder's.
    #[must_use]
    pub const fn c_r(&self) -> Id {
        self.c_r
    }

    /// `EDHOC_Exporter`.
    pub fn export(&self, label: i64, context: &[u8], out: &mut [u8]) {
        kdf(&self.prk_exporter.0, label, &[context], out);
    }

    /// The context of OSCORE (RFC 9528, appendix A.1): each side is known by the identifier that the other chose. None
    /// when both chose the same.
    #[must_use]
    pub fn oscore(&self) -> Option<Context> {
        let (mut secret, mut salt) = ([0; 16], [0; 8]);
        self.export(0, &[], &mut secret);
        self.export(1, &[], &mut salt);
        let (sender, recipient) =
            if self.is_initiator { (&self.c_r, &self.c_i) } else { (&self.c_i, &self.c_r) };
        let context = Context::derive(&secret, &salt, None, sender.as_bytes(), recipient.as_bytes());
        secret.zeroize();
        context
    }

    /// Writes message 4, by which the responder shows that it has the keys.
    ///
    /// # Errors
    /// [`EdhocError::Full`].
    pub fn message_4<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], EdhocError> {
        Cipher::new(&self.prk_4e3m, 8, &self.th_4).seal(&mut [], out)
    }

    /// Whether message 4 is genuine.
    ///
    /// # Errors
    /// [`EdhocError`] when it is not.
    pub fn take_message_4(&self, message: &[u8]) -> Result<(), EdhocError> {
        let mut decoder = crate::cbor::Decoder::new(message);
        let ciphertext = decoder.bytes()?;
        decoder.end()?;
        let mut plaintext = [0; 64];
        let plaintext = Cipher::new(&self.prk_4e3m, 8, &self.th_4).open(ciphertext, &mut plaintext)?;
        super::take_external(&mut crate::cbor::Decoder::new(plaintext)).map(drop)
    }
}
