//! Who the sides are: credentials, and by what a message names them.

use super::{Encoder, Fault, Item, put_id, take_id};
use crate::cbor::{Buffer, Decoder, Sink};
use crate::p256::{PrivateKey, PublicKey};

/// Longest credential that is taken: a certificate of P-256 with company.
pub const CRED_BYTES_MAX: usize = 512;

/// By what a message names a credential (RFC 9528, section 3.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdCred<'a> {
    /// By its key identifier.
    Kid(&'a [u8]),
    /// By another header of COSE, such as the hash of a certificate: the map as it is.
    Map(&'a [u8]),
}

impl<'a> IdCred<'a> {
    /// Reads it as a plain text has it.
    pub(super) fn take(decoder: &mut Decoder<'a>) -> Result<Self, Fault> {
        let at = decoder.offset();
        if !matches!(decoder.peek()?, Item::Map(_)) {
            return take_id(decoder).map(Self::Kid);
        }
        let map = decoder.skip()?;
        let mut inside = Decoder::new(map);
        if inside.map()? == 1 && inside.integer()? == 4 && matches!(inside.peek()?, Item::Bytes(_)) {
            return Err(Fault::new(at, "a kid alone that should be written without its map"));
        }
        Ok(Self::Map(map))
    }

    /// Writes it as a plain text has it.
    pub(super) fn put_short<S: Sink>(&self, encoder: &mut Encoder<S>) {
        match self {
            Self::Kid(kid) => put_id(encoder, kid),
            Self::Map(map) => drop(encoder.raw(map)),
        }
    }

    /// Writes `ID_CRED_x`, the whole map.
    pub(super) fn put<S: Sink>(&self, encoder: &mut Encoder<S>) {
        match self {
            Self::Kid(kid) => drop(encoder.map(1).integer(4).bytes(kid)),
            Self::Map(map) => drop(encoder.raw(map)),
        }
    }
}

/// `CRED_x`: an item of CBOR that holds a public key and who owns it.
#[derive(Clone, Copy)]
pub struct Cred {
    bytes: [u8; CRED_BYTES_MAX],
    length: usize,
}

impl Cred {
    /// Takes the item in; none when it is longer than [`CRED_BYTES_MAX`].
    #[must_use]
    pub fn new(item: &[u8]) -> Option<Self> {
        let mut cred = Self { bytes: [0; CRED_BYTES_MAX], length: item.len() };
        cred.bytes.get_mut(..item.len())?.copy_from_slice(item);
        Some(cred)
    }

    /// The item.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl core::fmt::Debug for Cred {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Cred({} bytes)", self.length)
    }
}

/// The other side, once its identifier has been looked up.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// Its credential.
    pub cred: Cred,
    /// The key that the credential holds.
    pub key: PublicKey,
}

/// This side.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// Its private key.
    pub key: &'a PrivateKey,
    /// By what the credential is named.
    pub id: IdCred<'a>,
    /// The credential.
    pub cred: &'a [u8],
}

/// The credential of the profile for a key that is known by its kid: a CWT claims set (RFC 9528, section 3.5.2) of
/// subject (the kid in hex) and confirmation key, in this order of fields: `{2: "kid in hex", 8: {1: {1: 2, 2: kid, -1: 1, -2: x, -3: y}}}`.
/// Where only x is known, -3 is left out. None when the kid is longer than 16 bytes.
#[must_use]
pub fn ccs(kid: &[u8], key: &PublicKey) -> Option<Cred> {
    let mut subject = [0; 32];
    let digits = b"0123456789abcdef";
    for (place, byte) in subject.chunks_exact_mut(2).zip(kid) {
        for (digit, nibble) in place.iter_mut().zip([byte >> 4, byte & 0x0F]) {
            *digit = *digits.get(usize::from(nibble))?;
        }
    }
    let subject = core::str::from_utf8(subject.get(..kid.len() * 2)?).ok()?;
    let (x, y) = key.coordinates();
    let mut cred = Cred { bytes: [0; CRED_BYTES_MAX], length: 0 };
    let mut encoder = Encoder(Buffer::new(&mut cred.bytes));
    encoder.map(2).integer(2).text(subject).integer(8).map(1).integer(1);
    encoder.map(if key.is_x_only() { 4 } else { 5 });
    encoder.integer(1).integer(2).integer(2).bytes(kid).integer(-1).integer(1).integer(-2).bytes(&x);
    if !key.is_x_only() {
        encoder.integer(-3).bytes(&y);
    }
    cred.length = encoder.0.written().ok()?;
    Some(cred)
}
