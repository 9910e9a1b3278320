//! COSE messages with one signer, one key or one ciphertext (RFC 9052): `COSE_Sign1` with ES256, `COSE_Mac0` with
//! HMAC-SHA-256, `COSE_Encrypt0` with AES-CCM-16-64-128. Others are named as what they are and not taken.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::aead::{Key, NONCE_BYTES};
use crate::cbor::{Buffer, Count, Decoder, Encoder, Item, Sink};
use crate::p256::{PrivateKey, PublicKey, SIGNATURE_BYTES};
use crate::{Fault, Full};

/// ES256 (RFC 9053, section 2.1).
pub const ES256: i64 = -7;
/// HMAC 256/64 (RFC 9053, section 3.1).
pub const HMAC_256_64: i64 = 4;
/// HMAC 256/256.
pub const HMAC_256_256: i64 = 5;
/// AES-CCM-16-64-128 (RFC 9053, section 4.2).
pub const AES_CCM_16_64_128: i64 = 10;

/// Which message it is, by its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `COSE_Encrypt0`.
    Encrypt0,
    /// `COSE_Mac0`.
    Mac0,
    /// `COSE_Sign1`.
    Sign1,
}

impl Shape {
    const fn tag(self) -> u64 {
        match self {
            Self::Encrypt0 => 16,
            Self::Mac0 => 17,
            Self::Sign1 => 18,
        }
    }

    const fn parts(self) -> u64 {
        match self {
            Self::Encrypt0 => 3,
            Self::Mac0 | Self::Sign1 => 4,
        }
    }
}

/// A message, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// Which.
    pub shape: Shape,
    /// The protected header as it was sent: what is signed.
    pub protected: &'a [u8],
    /// The algorithm.
    pub algorithm: Option<i64>,
    /// The key identifier.
    pub kid: Option<&'a [u8]>,
    /// The initialisation vector.
    pub iv: Option<&'a [u8]>,
    /// The content type, where it is a number of a CoAP content format.
    pub content_format: Option<i64>,
    /// What is signed, authenticated or encrypted.
    pub payload: &'a [u8],
    /// Where the payload begins.
    pub payload_offset: usize,
    /// Signature or tag; empty for `COSE_Encrypt0`.
    pub proof: &'a [u8],
    /// Where it begins.
    pub proof_offset: usize,
}

impl<'a> Message<'a> {
    /// Reads a message with its tag, or without it where `untagged` says what it is.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(bytes: &'a [u8], untagged: Option<Shape>) -> Result<Self, Fault> {
        let mut decoder = Decoder::new(bytes);
        let shape = match decoder.peek()? {
            Item::Tag(tag) => {
                decoder.item()?;
                let shapes = [Shape::Encrypt0, Shape::Mac0, Shape::Sign1];
                let shape = shapes.into_iter().find(|shape| shape.tag() == tag);
                shape.filter(|shape| untagged.is_none_or(|wanted| wanted == *shape))
            }
            _ => untagged,
        }
        .ok_or_else(|| Fault::new(0, "not the tag of the COSE message that should stand here"))?;
        let start = decoder.offset();
        if decoder.array()? != shape.parts() {
            return Err(Fault::new(start, "not as many parts as the COSE message has"));
        }
        let at = decoder.offset();
        let protected = decoder.bytes()?;
        let mut message = Self {
            shape,
            protected,
            algorithm: None,
            kid: None,
            iv: None,
            content_format: None,
            payload: &[],
            payload_offset: 0,
            proof: &[],
            proof_offset: 0,
        };
        if !protected.is_empty() {
            let base = at + (decoder.offset() - at - protected.len());
            let mut inner = Decoder::new(protected);
            message
                .header(&mut inner, true)
                .and_then(|()| inner.end())
                .map_err(|fault| fault.within(base))?;
        }
        message.header(&mut decoder, false)?;
        let at = decoder.offset();
        message.payload = match decoder.item()? {
            Item::Bytes(payload) => payload,
            Item::Null => return Err(Fault::new(at, "the COSE payload is detached")),
            _ => return Err(Fault::new(at, "the COSE payload is a byte string")),
        };
        message.payload_offset = decoder.offset() - message.payload.len();
        if shape != Shape::Encrypt0 {
            message.proof = decoder.bytes()?;
            message.proof_offset = decoder.offset() - message.proof.len();
        }
        decoder.end()?;
        Ok(message)
    }

    /// One of the two headers. What stands in the protected one goes before.
    fn header(&mut self, decoder: &mut Decoder<'a>, protected: bool) -> Result<(), Fault> {
        for _ in 0..decoder.map()? {
            let at = decoder.offset();
            let label = match decoder.item()? {
                Item::Text(_) => {
                    decoder.skip()?;
                    continue;
                }
                item => item.integer().ok_or_else(|| Fault::new(at, "a label is an integer or a text"))?,
            };
            match label {
                1 => {
                    let at = decoder.offset();
                    let algorithm = match decoder.item()? {
                        Item::Text(_) => Some(i64::MIN),
                        item => item.integer(),
                    };
                    let algorithm =
                        algorithm.ok_or_else(|| Fault::new(at, "an algorithm is an integer or a text"))?;
                    if self.algorithm.is_some() {
                        return Err(Fault::new(at, "two algorithms"));
                    }
                    self.algorithm = Some(algorithm);
                }
                2 if protected => return Err(Fault::new(at, "critical header that is not understood")),
                3 => {
                    self.content_format = decoder.peek()?.integer();
                    decoder.skip()?;
                }
                4 => {
                    let kid = decoder.bytes()?;
                    self.kid = self.kid.or(Some(kid));
                }
                5 => {
                    let iv = decoder.bytes()?;
                    self.iv = self.iv.or(Some(iv));
                }
                _ => drop(decoder.skip()?),
            }
        }
        Ok(())
    }

    /// Whether the signature is that of `key` over the message and `external` data.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey, external: &[u8]) -> bool {
        if self.shape != Shape::Sign1 || self.algorithm != Some(ES256) {
            return false;
        }
        let mut hash = Sha256::new();
        structure(&mut hash, "Signature1", self.protected, external, Some(self.payload));
        key.verifies(&hash.finalize().into(), self.proof)
    }

    /// Whether the tag is that of the HMAC `key` over the message and `external` data, in constant time.
    #[must_use]
    pub fn is_authentic_by(&self, key: &[u8], external: &[u8]) -> bool {
        let length = match (self.shape, self.algorithm) {
            (Shape::Mac0, Some(HMAC_256_64)) => 8,
            (Shape::Mac0, Some(HMAC_256_256)) => 32,
            _ => return false,
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return false };
        structure(&mut mac, "MAC0", self.protected, external, Some(self.payload));
        self.proof.len() == length && mac.verify_truncated_left(self.proof).is_ok()
    }

    /// Decrypts the payload of a `COSE_Encrypt0` into `out`.
    #[must_use]
    pub fn decrypt<'o>(&self, key: &[u8; 16], external: &[u8], out: &'o mut [u8]) -> Option<&'o mut [u8]> {
        if (self.shape, self.algorithm) != (Shape::Encrypt0, Some(AES_CCM_16_64_128)) {
            return None;
        }
        let nonce: &[u8; NONCE_BYTES] = self.iv?.try_into().ok()?;
        let mut aad = [0; 512];
        let mut buffer = Buffer::new(&mut aad);
        structure(&mut buffer, "Encrypt0", self.protected, external, None);
        let aad = buffer.finish().ok()?;
        let place = out.get_mut(..self.payload.len())?;
        place.copy_from_slice(self.payload);
        Key::new(key).open(nonce, aad, place).ok()
    }
}

/// `Sig_structure`, `MAC_structure` or `Enc_structure` (RFC 9052, sections 4.4, 6.3, 5.3).
fn structure<S: Sink>(
    sink: &mut S,
    context: &str,
    protected: &[u8],
    external: &[u8],
    payload: Option<&[u8]>,
) {
    // A protected header that is an empty map counts as empty (RFC 9052, section 3).
    let protected = if protected == [0xA0] { &[] } else { protected };
    let mut encoder = Encoder(Through(sink));
    encoder.array(3 + usize::from(payload.is_some())).text(context).bytes(protected).bytes(external);
    if let Some(payload) = payload {
        encoder.bytes(payload);
    }
}

struct Through<'a, S>(&'a mut S);

impl<S: Sink> Sink for Through<'_, S> {
    fn put(&mut self, bytes: &[u8]) {
        self.0.put(bytes);
    }
}

/// The protected header of our signed messages.
fn protected_header<S: Sink>(sink: S, kid: &[u8], content_format: u16) -> S {
    header_of(ES256, sink, kid, content_format)
}

/// The protected header of our messages: algorithm, content format, key identifier.
fn header_of<S: Sink>(algorithm: i64, sink: S, kid: &[u8], content_format: u16) -> S {
    let mut encoder = Encoder(sink);
    encoder.map(3).integer(1).integer(algorithm).integer(3).unsigned(u64::from(content_format));
    encoder.integer(4).bytes(kid);
    encoder.0
}

/// Signs `payload`: writes a tagged `COSE_Sign1` whose protected header names the algorithm, the content format and the key.
///
/// # Errors
/// [`Full`] when it does not fit.
pub fn sign1<'a>(
    key: &PrivateKey,
    kid: &[u8],
    content_format: u16,
    payload: &[u8],
    external: &[u8],
    out: &'a mut [u8],
) -> Result<&'a mut [u8], Full> {
    let mut protected = [0; 64];
    let protected = protected_header(Buffer::new(&mut protected), kid, content_format).finish()?;
    let mut hash = Sha256::new();
    structure(&mut hash, "Signature1", protected, external, Some(payload));
    let signature = key.sign(&hash.finalize().into()).ok_or(Full)?;
    let mut encoder = Encoder(Buffer::new(out));
    encoder.tag(Shape::Sign1.tag()).array(4).bytes(protected).map(0).bytes(payload).bytes(&signature);
    encoder.0.finish()
}

/// How many bytes [`sign1`] writes for a payload.
#[must_use]
pub fn sign1_bytes(kid: &[u8], content_format: u16, payload: usize) -> usize {
    let protected = protected_header(Count::default(), kid, content_format).0;
    let mut encoder = Encoder(Count::default());
    encoder.tag(Shape::Sign1.tag()).array(4).bytes_head(protected).map(0).bytes_head(payload);
    encoder.bytes_head(SIGNATURE_BYTES);
    encoder.0.0 + protected + payload + SIGNATURE_BYTES
}

/// Writes a tagged `COSE_Mac0` with HMAC 256/256, its headers as those of [`sign1`].
///
/// # Errors
/// [`Full`] when it does not fit.
pub fn mac0<'a>(
    key: &[u8; 32],
    kid: &[u8],
    content_format: u16,
    payload: &[u8],
    out: &'a mut [u8],
) -> Result<&'a mut [u8], Full> {
    let mut protected = [0; 64];
    let protected = header_of(HMAC_256_256, Buffer::new(&mut protected), kid, content_format).finish()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| Full)?;
    structure(&mut mac, "MAC0", protected, &[], Some(payload));
    let mut encoder = Encoder(Buffer::new(out));
    encoder.tag(Shape::Mac0.tag()).array(4).bytes(protected).map(0).bytes(payload);
    encoder.bytes(&mac.finalize().into_bytes());
    encoder.0.finish()
}

/// Writes a tagged `COSE_Encrypt0` with AES-CCM-16-64-128. The nonce, which stands in the unprotected header, must never
/// come twice under one key.
///
/// # Errors
/// [`Full`] when it does not fit.
pub fn encrypt0<'a>(
    key: &[u8; 16],
    nonce: &[u8; NONCE_BYTES],
    kid: &[u8],
    content_format: u16,
    payload: &[u8],
    out: &'a mut [u8],
) -> Result<&'a mut [u8], Full> {
    let mut protected = [0; 64];
    let protected =
        header_of(AES_CCM_16_64_128, Buffer::new(&mut protected), kid, content_format).finish()?;
    let mut aad = [0; 128];
    let mut buffer = Buffer::new(&mut aad);
    structure(&mut buffer, "Encrypt0", protected, &[], None);
    let aad = buffer.finish()?;
    let mut encoder = Encoder(Buffer::new(out));
    encoder.tag(Shape::Encrypt0.tag()).array(3).bytes(protected).map(1).integer(5).bytes(nonce);
    encoder.bytes_head(payload.len() + crate::aead::TAG_BYTES);
    let start = encoder.0.written()?;
    encoder.raw(payload).raw(&[0; crate::aead::TAG_BYTES]);
    let written = encoder.0.finish()?;
    let (text, tag) = written
        .get_mut(start..)
        .and_then(|place| place.split_last_chunk_mut::<{ crate::aead::TAG_BYTES }>())
        .ok_or(Full)?;
    *tag = Key::new(key).seal(nonce, aad, text).ok_or(Full)?;
    Ok(written)
}
