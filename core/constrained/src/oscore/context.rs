//! The security context (RFC 8613, section 3): what both sides derive from a master secret.

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroize;

use super::{ALGORITHM, PartialIv, SEQUENCE_MAX};
use crate::aead::{KEY_BYTES, Key, NONCE_BYTES};
use crate::cbor::{Buffer, Encoder};
use crate::stack::burn_stack;

/// Longest identifier of a sender: the nonce less six (RFC 8613, section 3.3).
const SENDER_ID_BYTES_MAX: usize = NONCE_BYTES - 6;
/// Longest identifier that is kept: identifiers of contexts may be longer than those of senders.
pub const ID_BYTES_MAX: usize = 16;

/// An identifier: of a sender, or of a context.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    length: u8,
    bytes: [u8; ID_BYTES_MAX],
}

impl Id {
    /// From at most [`ID_BYTES_MAX`] bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut id = Self { length: u8::try_from(bytes.len()).ok()?, bytes: [0; ID_BYTES_MAX] };
        id.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(id)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }
}

impl core::fmt::Debug for Id {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("0x")?;
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A security context, seen from one side. Keys are wiped when it is dropped.
#[derive(Clone, Debug)]
pub struct Context {
    sender_id: Id,
    recipient_id: Id,
    id_context: Option<Id>,
    sender_key: Key,
    recipient_key: Key,
    common_iv: [u8; NONCE_BYTES],
    sequence: u64,
}

impl Context {
    /// Derives it (RFC 8613, section 3.2). None when an identifier is too long, or both sides have the same.
    #[must_use]
    pub fn derive(
        secret: &[u8],
        salt: &[u8],
        id_context: Option<&[u8]>,
        sender_id: &[u8],
        recipient_id: &[u8],
    ) -> Option<Self> {
        let ids = [sender_id, recipient_id];
        if sender_id == recipient_id || ids.iter().any(|id| id.len() > SENDER_ID_BYTES_MAX) {
            return None;
        }
        let id_context = match id_context {
            Some(context) => Some(Id::new(context)?),
            None => None,
        };
        let (sender_id, recipient_id) = (Id::new(sender_id)?, Id::new(recipient_id)?);
        let material = Material::derive(secret, salt, id_context.as_ref(), &sender_id, &recipient_id)?;
        // A key that is made ready may hold unused bytes, which take what lies on the stack at that moment.
        burn_stack();
        let sender_key = Key::new(&material.sender_key);
        burn_stack();
        let recipient_key = Key::new(&material.recipient_key);
        let common_iv = material.common_iv;
        drop(material);
        Some(Self { sender_id, recipient_id, id_context, sender_key, recipient_key, common_iv, sequence: 0 })
    }

    /// The identifier of this side.
    #[must_use]
    pub const fn sender_id(&self) -> Id {
        self.sender_id
    }

    /// The identifier of the other side.
    #[must_use]
    pub const fn recipient_id(&self) -> Id {
        self.recipient_id
    }

    /// The identifier of the context.
    #[must_use]
    pub const fn id_context(&self) -> Option<Id> {
        self.id_context
    }

    /// The sequence number that the next message of this side takes.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Goes on from a number that was kept (RFC 8613, appendix B.1.1). Never back.
    pub const fn go_on_from(&mut self, sequence: u64) {
        if sequence > self.sequence {
            self.sequence = sequence;
        }
    }

    pub(super) fn next_sequence(&mut self) -> Option<PartialIv> {
        if self.sequence > SEQUENCE_MAX {
            return None;
        }
        let taken = PartialIv::new(self.sequence);
        self.sequence += 1;
        taken
    }

    pub(super) const fn sender_key(&self) -> &Key {
        &self.sender_key
    }

    pub(super) const fn recipient_key(&self) -> &Key {
        &self.recipient_key
    }

    /// The nonce of a message (RFC 8613, section 5.2).
    #[must_use]
    pub fn nonce(&self, id: &Id, partial_iv: PartialIv) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        let (front, iv) = nonce.split_at_mut(NONCE_BYTES - 5);
        let id = id.as_bytes();
        if let Some((length, padded)) = front.split_first_mut() {
            *length = u8::try_from(id.len()).unwrap_or_default();
            let start = padded.len().saturating_sub(id.len());
            if let Some(place) = padded.get_mut(start..) {
                place.copy_from_slice(id);
            }
        }
        iv.copy_from_slice(partial_iv.bytes().get(3..).unwrap_or(&[0; 5]));
        for (byte, common) in nonce.iter_mut().zip(self.common_iv) {
            *byte ^= common;
        }
        nonce
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        self.common_iv.zeroize();
    }
}

/// The secret bytes of a context.
struct Material {
    sender_key: [u8; KEY_BYTES],
    recipient_key: [u8; KEY_BYTES],
    common_iv: [u8; NONCE_BYTES],
}

impl Drop for Material {
    fn drop(&mut self) {
        self.sender_key.zeroize();
        self.recipient_key.zeroize();
        self.common_iv.zeroize();
    }
}

impl Material {
    #[inline(never)]
    fn derive(
        secret: &[u8],
        salt: &[u8],
        id_context: Option<&Id>,
        sender_id: &Id,
        recipient_id: &Id,
    ) -> Option<Self> {
        let hkdf = Hkdf::<Sha256>::new(Some(salt), secret);
        let mut material =
            Self { sender_key: [0; KEY_BYTES], recipient_key: [0; KEY_BYTES], common_iv: [0; NONCE_BYTES] };
        expand(&hkdf, sender_id, id_context, "Key", &mut material.sender_key)?;
        expand(&hkdf, recipient_id, id_context, "Key", &mut material.recipient_key)?;
        expand(&hkdf, &Id::new(&[])?, id_context, "IV", &mut material.common_iv)?;
        Some(material)
    }
}

fn expand(hkdf: &Hkdf<Sha256>, id: &Id, id_context: Option<&Id>, kind: &str, out: &mut [u8]) -> Option<()> {
    let mut info = [0; 64];
    let mut encoder = Encoder(Buffer::new(&mut info));
    encoder.array(5).bytes(id.as_bytes());
    match id_context {
        Some(context) => encoder.bytes(context.as_bytes()),
        None => encoder.null(),
    };
    encoder.integer(ALGORITHM).text(kind).unsigned(out.len() as u64);
    let info = encoder.0.finish().ok()?;
    hkdf.expand(info, out).ok()
}
