//! The responder's steps: as a rule the platform.

use super::schedule::{Cipher, Established, Hash, Prk, Proof, extract, kdf, next_hash, next_prk, th_2};
use super::{
    EdhocError, IdCred, Method, Own, PLAINTEXT_BYTES_MAX, Peer, SUITE, SUITES_MAX, put_id,
    take_connection_id, take_external,
};
use crate::Fault;
use crate::cbor::{Buffer, Decoder, Encoder, Item};
use crate::oscore::Id;
use crate::p256::{PrivateKey, PublicKey};

/// Has read message 1.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    message_1: &'a [u8],
    method: Method,
    theirs: PublicKey,
    c_i: Id,
}

impl<'a> Asked<'a> {
    /// Reads message 1.
    ///
    /// # Errors
    /// [`EdhocError`]: to be answered with its error message.
    pub fn new(message_1: &'a [u8]) -> Result<Self, EdhocError> {
        let mut decoder = Decoder::new(message_1);
        let method =
            Method::from_number(decoder.integer()?).ok_or_else(|| Fault::new(0, "an unknown method"))?;
        let suite = suite(&mut decoder)?;
        let at = decoder.offset();
        let g_x = decoder.bytes()?;
        let c_i = take_connection_id(&mut decoder)?;
        take_external(&mut decoder)?;
        if !suite {
            return Err(EdhocError::Suite);
        }
        let theirs = (g_x.len() == 32).then(|| PublicKey::new(g_x)).flatten();
        let theirs = theirs.ok_or_else(|| Fault::new(at, "G_X is no point of the curve"))?;
        Ok(Self { message_1, method, theirs, c_i })
    }

    /// How the sides authenticate.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The initiator's connection identifier: ours must be another.
    #[must_use]
    pub const fn c_i(&self) -> Id {
        self.c_i
    }

    /// Writes message 2, with an ephemeral key that is used for this exchange alone.
    ///
    /// # Errors
    /// [`EdhocError::Full`].
    pub fn message_2<'o>(
        &self,
        ephemeral: PrivateKey,
        c_r: Id,
        own: &Own<'_>,
        out: &'o mut [u8],
    ) -> Result<(&'o mut [u8], Waiting), EdhocError> {
        let g_y = ephemeral.public().x();
        let th_2 = th_2(&g_y, self.message_1);
        let prk_2e = Prk(extract(&th_2, ephemeral.agree(&self.theirs).expose()));
        let signs = self.method.responder_signs();
        let prk_3e2m = next_prk(&prk_2e, 1, &th_2, (!signs).then_some((own.key, &self.theirs)));
        let mut connection = [0; 9];
        let mut encoder = Encoder(Buffer::new(&mut connection));
        put_id(&mut encoder, c_r.as_bytes());
        let connection = encoder.0.finish()?;
        let proof = Proof {
            prk: &prk_3e2m,
            label: 2,
            connection,
            id: own.id,
            hash: &th_2,
            cred: own.cred,
            external: &[],
            signs,
        };
        let mut plaintext = [0; PLAINTEXT_BYTES_MAX];
        let mut encoder = Encoder(Buffer::new(&mut plaintext));
        encoder.raw(connection);
        own.id.put_short(&mut encoder);
        proof.put(own.key, &mut encoder)?;
        let plaintext = encoder.0.finish()?;
        let th_3 = next_hash(&th_2, plaintext, own.cred);
        let mut keystream = [0; PLAINTEXT_BYTES_MAX];
        let keystream = keystream.get_mut(..plaintext.len()).ok_or(EdhocError::Full)?;
        kdf(&prk_2e.0, 0, &[&th_2], keystream);
        for (byte, key) in plaintext.iter_mut().zip(keystream) {
            *byte ^= *key;
        }
        let mut encoder = Encoder(Buffer::new(out));
        encoder.bytes_head(32 + plaintext.len()).raw(&g_y).raw(plaintext);
        let waiting = Waiting { method: self.method, y: ephemeral, c_i: self.c_i, c_r, prk_3e2m, th_3 };
        Ok((encoder.0.finish()?, waiting))
    }
}

/// SUITES_I: whether the selected one, the last, is ours and none before it.
fn suite(decoder: &mut Decoder<'_>) -> Result<bool, Fault> {
    let at = decoder.offset();
    if !matches!(decoder.peek()?, Item::Array(_)) {
        return Ok(decoder.integer()? == SUITE);
    }
    let count = decoder.array()?;
    if !(2..=SUITES_MAX).contains(&count) {
        return Err(Fault::new(at, "a list of suites has two to nine"));
    }
    let mut ours = None;
    for place in 1..=count {
        if decoder.integer()? == SUITE {
            ours = ours.or(Some(place));
        }
    }
    Ok(ours == Some(count))
}

/// Has sent message 2.
pub struct Waiting {
    method: Method,
    y: PrivateKey,
    c_i: Id,
    c_r: Id,
    prk_3e2m: Prk,
    th_3: Hash,
}

impl core::fmt::Debug for Waiting {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Waiting").field("c_r", &self.c_r).finish_non_exhaustive()
    }
}

impl Waiting {
    /// Takes message 3; `find` gives who is known by an identifier.
    ///
    /// # Errors
    /// [`EdhocError`]: the exchange is over.
    pub fn take_message_3(
        &self,
        message: &[u8],
        find: impl FnOnce(IdCred<'_>) -> Option<Peer>,
    ) -> Result<Established, EdhocError> {
        let mut decoder = Decoder::new(message);
        let ciphertext = decoder.bytes()?;
        decoder.end()?;
        let mut plaintext = [0; PLAINTEXT_BYTES_MAX];
        let plaintext = Cipher::new(&self.prk_3e2m, 3, &self.th_3).open(ciphertext, &mut plaintext)?;
        let mut decoder = Decoder::new(plaintext);
        let id = IdCred::take(&mut decoder)?;
        let shown = decoder.bytes()?;
        let external = take_external(&mut decoder)?;
        let peer = find(id).ok_or(EdhocError::UnknownCredential)?;
        let cred = peer.cred.as_bytes();
        let signs = self.method.initiator_signs();
        let prk_4e3m = next_prk(&self.prk_3e2m, 5, &self.th_3, (!signs).then_some((&self.y, &peer.key)));
        let proof =
            Proof { prk: &prk_4e3m, label: 6, connection: &[], id, hash: &self.th_3, cred, external, signs };
        proof.verify(&peer.key, shown)?;
        let th_4 = next_hash(&self.th_3, plaintext, cred);
        Ok(Established::new(prk_4e3m, th_4, false, self.c_i, self.c_r))
    }
}
