//! Keys on the curve P-256: signatures (ES256) and agreement (ECDH).

use ::p256::ecdsa::signature::hazmat::PrehashVerifier;
use ::p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use ::p256::elliptic_curve::sec1::{FromEncodedPoint, ToEncodedPoint};
use ::p256::{EncodedPoint, NonZeroScalar, PublicKey as Point, SecretKey};
use zeroize::Zeroize;

/// Length of a coordinate, a secret and half a signature.
pub const SCALAR_BYTES: usize = 32;
/// Length of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey {
    point: Point,
    /// Only the x coordinate is known: whether y is even is not.
    x_only: bool,
}

impl PublicKey {
    /// From 65 or 33 bytes of SEC 1, 64 bytes of both coordinates, or the 32 bytes of x alone; none when it is no point of the curve.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut whole = [0_u8; 65];
        let (bytes, x_only) = match bytes.len() {
            32 => {
                whole.get_mut(1..33)?.copy_from_slice(bytes);
                *whole.first_mut()? = 2;
                (whole.get(..33)?, true)
            }
            64 => {
                whole.get_mut(1..)?.copy_from_slice(bytes);
                *whole.first_mut()? = 4;
                (whole.as_slice(), false)
            }
            _ => (bytes, false),
        };
        Some(Self { point: Point::from_sec1_bytes(bytes).ok()?, x_only })
    }

    /// The x coordinate.
    #[must_use]
    pub fn x(&self) -> [u8; SCALAR_BYTES] {
        self.coordinates().0
    }

    /// Both coordinates. Where x alone was given, y is the even one.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; SCALAR_BYTES], [u8; SCALAR_BYTES]) {
        let encoded = self.point.to_encoded_point(false);
        let coordinate = |part: Option<&::p256::FieldBytes>| part.map_or([0; 32], |part| (*part).into());
        (coordinate(encoded.x()), coordinate(encoded.y()))
    }

    /// Whether only the x coordinate was given.
    #[must_use]
    pub const fn is_x_only(&self) -> bool {
        self.x_only
    }

    /// Whether `signature` is one over the SHA-256 `digest`.
    #[must_use]
    pub fn verifies(&self, digest: &[u8; 32], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        let holds = |point: Point| VerifyingKey::from(point).verify_prehash(digest, &signature).is_ok();
        if holds(self.point) {
            return true;
        }
        let odd = || {
            let mut compressed = [3_u8; 33];
            compressed.get_mut(1..)?.copy_from_slice(&self.x());
            let encoded = EncodedPoint::from_bytes(compressed).ok()?;
            Option::from(Point::from_encoded_point(&encoded))
        };
        self.x_only && odd().is_some_and(holds)
    }
}

/// A private key; wiped when dropped.
#[derive(Clone)]
pub struct PrivateKey(SecretKey);

impl core::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl PrivateKey {
    /// From 32 bytes; none when they are no scalar of the curve.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; SCALAR_BYTES] = bytes.try_into().ok()?;
        SecretKey::from_bytes(bytes.into()).ok().map(Self)
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey { point: self.0.public_key(), x_only: false }
    }

    /// A signature over the SHA-256 `digest`, its nonce derived from both (RFC 6979), so that no randomness is needed.
    #[must_use]
    pub fn sign(&self, digest: &[u8; 32]) -> Option<[u8; SIGNATURE_BYTES]> {
        use ::p256::ecdsa::signature::hazmat::PrehashSigner;
        let signature: Signature = SigningKey::from(&self.0).sign_prehash(digest).ok()?;
        Some(signature.to_bytes().into())
    }

    /// The x coordinate of what both sides agree on.
    #[must_use]
    pub fn agree(&self, other: &PublicKey) -> Shared {
        let scalar: NonZeroScalar = self.0.to_nonzero_scalar();
        let shared = ::p256::ecdh::diffie_hellman(scalar, other.point.as_affine());
        Shared((*shared.raw_secret_bytes()).into())
    }
}

/// What two sides agreed on; wiped when dropped.
pub struct Shared([u8; SCALAR_BYTES]);

impl Shared {
    /// The bytes, for a computation.
    #[must_use]
    pub const fn expose(&self) -> &[u8; SCALAR_BYTES] {
        &self.0
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
