//! EDHOC, the platform as responder: by method 0 or 3, a device proves a key that the registry has pinned.

use plomb_constrained::edhoc::{Asked, EdhocError, Established, IdCred, Own, Peer, Waiting, ccs};
use plomb_constrained::oscore::Id;
use plomb_constrained::p256::{PrivateKey, PublicKey};
use plomb_constrained::profile::PLATFORM_ID;
use plomb_model::ReceivedAt;
use plomb_session::{DeviceKey, KeyPurpose, SessionConfig, SessionKey};

use crate::body;

/// Exchanges of one conversation that wait for their message 3; the oldest gives way.
const WAITING_MAX: usize = 4;
/// How long an exchange waits, seconds: CoAP's longest exchange (RFC 7252, section 4.8.2).
const WAIT_S_MAX: i64 = 247;
/// Bytes of our connection identifiers.
const CONNECTION_BYTES: usize = 4;

/// Exchanges that have begun.
#[derive(Default)]
pub(super) struct Handshakes(Vec<(ReceivedAt, Id, Waiting)>);

impl Handshakes {
    /// Takes message 1 and writes message 2. The ephemeral key is derived from the platform's secret, the time and the
    /// message, so that a recorded exchange can be gone through again: the journal is evidence.
    pub(super) fn message_1(
        &mut self,
        config: &SessionConfig,
        now: ReceivedAt,
        message: &[u8],
        is_taken: impl Fn(Id) -> bool,
    ) -> Result<Vec<u8>, EdhocError> {
        let asked = Asked::new(message)?;
        let at = now.0.as_millis().to_be_bytes();
        let (mut ephemeral, mut own_id) = (None, None);
        for attempt in 0..8_u8 {
            let subject = [&at, &[attempt][..], message].concat();
            let drawn = config.key.derive("plomb edhoc ephemeral", &subject);
            ephemeral = ephemeral.or_else(|| PrivateKey::new(&drawn));
            let drawn = config.key.derive("plomb edhoc connection", &subject);
            let id = drawn.get(..CONNECTION_BYTES).and_then(Id::new);
            let free = |id: &Id| {
                *id != asked.c_i() && !is_taken(*id) && self.0.iter().all(|(_, other, _)| other != id)
            };
            own_id = own_id.or_else(|| id.filter(free));
        }
        let (ephemeral, own_id) = ephemeral.zip(own_id).ok_or(EdhocError::Full)?;
        let (key, cred) = own(&config.key).ok_or(EdhocError::Full)?;
        let own = Own { key: &key, id: IdCred::Kid(PLATFORM_ID), cred: &cred };
        let mut out = [0; 512];
        let (message_2, waiting) = asked.message_2(ephemeral, own_id, &own, &mut out)?;
        self.0.retain(|(since, _, _)| now.0.since(since.0) < WAIT_S_MAX * 1000);
        if self.0.len() >= WAITING_MAX {
            self.0.remove(0);
        }
        self.0.push((now, own_id, waiting));
        Ok(message_2.to_vec())
    }

    /// Takes message 3 of the exchange that we named so. None: there is no such exchange.
    pub(super) fn message_3(
        &mut self,
        config: &SessionConfig,
        id: Id,
        message: &[u8],
    ) -> Option<Result<(Established, DeviceKey), EdhocError>> {
        let place = self.0.iter().position(|(_, own, _)| *own == id)?;
        let (_, _, waiting) = self.0.get(place)?;
        let mut error = EdhocError::UnknownCredential;
        // Several keys of one identifier only while a key is being changed.
        for nth in 0..body::TRIED_KEYS_MAX {
            let mut found = None;
            let result = waiting.take_message_3(message, |credential| {
                let IdCred::Kid(kid) = credential else { return None };
                let key = body::keys(config, KeyPurpose::DevicePublicKey, kid).into_iter().nth(nth)?;
                let public = PublicKey::new(key.secret.expose())?;
                let cred = ccs(kid, &public)?;
                found = Some(key);
                Some(Peer { cred, key: public })
            });
            match (result, found) {
                (Ok(established), Some(key)) => {
                    self.0.remove(place);
                    return Some(Ok((established, key)));
                }
                (Err(refused), Some(_)) => error = refused,
                (Err(refused), None) if nth == 0 => return Some(Err(refused)),
                _ => break,
            }
        }
        Some(Err(error))
    }
}

/// The platform's key and credential in EDHOC, derived from its secret.
fn own(key: &SessionKey) -> Option<(PrivateKey, Vec<u8>)> {
    let key = (0..8_u8).find_map(|attempt| PrivateKey::new(&key.derive("plomb edhoc key", &[attempt])))?;
    let cred = ccs(PLATFORM_ID, &key.public())?.as_bytes().to_vec();
    Some((key, cred))
}

/// The platform's public key in EDHOC (x and y) and its credential, for devices to pin.
#[must_use]
pub fn platform_key(key: &SessionKey) -> Option<([u8; 64], Vec<u8>)> {
    let (key, cred) = own(key)?;
    let (x, y) = key.public().coordinates();
    let mut point = [0; 64];
    point.get_mut(..32)?.copy_from_slice(&x);
    point.get_mut(32..)?.copy_from_slice(&y);
    Some((point, cred))
}
