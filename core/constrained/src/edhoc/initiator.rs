//! The initiator's steps: as a rule the device.

use super::schedule::{Cipher, Established, Hash, Prk, Proof, extract, kdf, next_hash, next_prk, th_2};
use super::{
    EdhocError, IdCred, Method, Own, PLAINTEXT_BYTES_MAX, Peer, SUITE, put_id, take_connection_id,
    take_external,
};
use crate::cbor::{Buffer, Decoder, Encoder};
use crate::oscore::Id;
use crate::p256::{PrivateKey, PublicKey};
use crate::{Fault, Full};

/// Longest message 1 of ours: no external data.
const MESSAGE_1_BYTES_MAX: usize = 64;

/// Has sent message 1, or is about to.
#[derive(Debug)]
pub struct Initiator {
    method: Method,
    x: PrivateKey,
    c_i: Id,
    message_1: [u8; MESSAGE_1_BYTES_MAX],
    length: usize,
}

impl Initiator {
    /// Begins with an ephemeral key that is used for this exchange alone. `refused` are suites that are preferred but that
    /// the responder was found not to speak, as a rule none.
    ///
    /// # Errors
    /// [`Full`] when there are more than nine.
    pub fn new(method: Method, ephemeral: PrivateKey, c_i: Id, refused: &[i64]) -> Result<Self, Full> {
        let mut message_1 = [0; MESSAGE_1_BYTES_MAX];
        let mut encoder = Encoder(Buffer::new(&mut message_1));
        encoder.integer(i64::from(method as u8));
        if refused.is_empty() {
            encoder.integer(SUITE);
        } else {
            encoder.array(refused.len() + 1);
            for suite in refused {
                encoder.integer(*suite);
            }
            encoder.integer(SUITE);
        }
        encoder.bytes(&ephemeral.public().x());
        put_id(&mut encoder, c_i.as_bytes());
        let length = encoder.0.written()?;
        Ok(Self { method, x: ephemeral, c_i, message_1, length })
    }

    /// Message 1.
    #[must_use]
    pub fn message_1(&self) -> &[u8] {
        self.message_1.get(..self.length).unwrap_or_default()
    }

    /// Takes message 2; `find` gives who is known by an identifier.
    ///
    /// # Errors
    /// [`EdhocError`]: the exchange is over.
    pub fn take_message_2(
        self,
        message: &[u8],
        find: impl FnOnce(IdCred<'_>) -> Option<Peer>,
    ) -> Result<Answered, EdhocError> {
        let mut decoder = Decoder::new(message);
        let both = decoder.bytes()?;
        decoder.end()?;
        let short = Fault::new(0, "message 2 is cut off");
        let (g_y, ciphertext) = both.split_first_chunk::<32>().ok_or(short)?;
        let theirs = PublicKey::new(g_y).ok_or_else(|| Fault::new(2, "G_Y is no point of the curve"))?;
        let th_2 = th_2(g_y, self.message_1());
        let prk_2e = Prk(extract(&th_2, self.x.agree(&theirs).expose()));
        let mut plaintext = [0; PLAINTEXT_BYTES_MAX];
        let plaintext = plaintext.get_mut(..ciphertext.len()).ok_or(EdhocError::Full)?;
        kdf(&prk_2e.0, 0, &[&th_2], plaintext);
        for (byte, cipher) in plaintext.iter_mut().zip(ciphertext) {
            *byte ^= cipher;
        }
        let mut decoder = Decoder::new(plaintext);
        let c_r = take_connection_id(&mut decoder)?;
        let connection = plaintext.get(..decoder.offset()).unwrap_or_default();
        let id = IdCred::take(&mut decoder)?;
        let shown = decoder.bytes()?;
        let external = take_external(&mut decoder)?;
        if c_r == self.c_i {
            return Err(Fault::new(0, "both sides chose the same connection identifier").into());
        }
        let peer = find(id).ok_or(EdhocError::UnknownCredential)?;
        let cred = peer.cred.as_bytes();
        let signs = self.method.responder_signs();
        let prk_3e2m = next_prk(&prk_2e, 1, &th_2, (!signs).then_some((&self.x, &peer.key)));
        let proof = Proof { prk: &prk_3e2m, label: 2, connection, id, hash: &th_2, cred, external, signs };
        proof.verify(&peer.key, shown)?;
        let th_3 = next_hash(&th_2, plaintext, cred);
        Ok(Answered { method: self.method, theirs, c_i: self.c_i, c_r, prk_3e2m, th_3 })
    }
}

/// Has taken message 2 and knows who answered.
pub struct Answered {
    method: Method,
    theirs: PublicKey,
    c_i: Id,
    c_r: Id,
    prk_3e2m: Prk,
    th_3: Hash,
}

impl core::fmt::Debug for Answered {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Answered").field("c_r", &self.c_r).finish_non_exhaustive()
    }
}

impl Answered {
    /// The responder's connection identifier, which comes before message 3 in a request.
    #[must_use]
    pub const fn c_r(&self) -> Id {
        self.c_r
    }

    /// Writes message 3.
    ///
    /// # Errors
    /// [`EdhocError::Full`].
    pub fn message_3<'o>(
        self,
        own: &Own<'_>,
        out: &'o mut [u8],
    ) -> Result<(&'o mut [u8], Established), EdhocError> {
        let signs = self.method.initiator_signs();
        let prk_4e3m = next_prk(&self.prk_3e2m, 5, &self.th_3, (!signs).then_some((own.key, &self.theirs)));
        let proof = Proof {
            prk: &prk_4e3m,
            label: 6,
            connection: &[],
            id: own.id,
            hash: &self.th_3,
            cred: own.cred,
            external: &[],
            signs,
        };
        let mut plaintext = [0; PLAINTEXT_BYTES_MAX];
        let mut encoder = Encoder(Buffer::new(&mut plaintext));
        own.id.put_short(&mut encoder);
        proof.put(own.key, &mut encoder)?;
        let plaintext = encoder.0.finish()?;
        let th_4 = next_hash(&self.th_3, plaintext, own.cred);
        let message = Cipher::new(&self.prk_3e2m, 3, &self.th_3).seal(plaintext, out)?;
        Ok((message, Established::new(prk_4e3m, th_4, true, self.c_i, self.c_r)))
    }
}
