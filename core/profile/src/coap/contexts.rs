//! Security contexts of a conversation: which key a message is under, and which numbers were taken.

use plomb_constrained::oscore::{Binding, Context, Id, OscoreError, Window, open_request};
use plomb_constrained::profile::PLATFORM_ID;
use plomb_constrained::{coap, oscore};
use plomb_model::DeviceId;
use plomb_session::{DeviceKey, KeyPurpose, SessionConfig};

use crate::body;

/// Contexts that one conversation keeps: a device behind one address and port has one, or two while its keys change.
pub(super) const CONTEXTS_MAX: usize = 8;

/// A context that has proved itself.
pub(super) struct Known {
    pub(super) context: Context,
    pub(super) window: Window,
    pub(super) device: DeviceId,
    /// The key it stands on: where that is taken away, so is the context.
    key: DeviceKey,
    /// By EDHOC, not provisioned.
    agreed: bool,
    freshness: Freshness,
}

/// Whether the device has shown in this conversation that it speaks now (RFC 8613, appendix B.1.2): until then a
/// request may be one that was taken before, in another conversation or before a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Freshness {
    /// Not yet; the last challenge, if one was sent.
    Unknown(Option<Challenge>),
    /// It has.
    Shown,
}

/// The value of an Echo option (RFC 9175).
pub(super) type Challenge = [u8; 8];

/// The contexts of a conversation, the last used at the end.
#[derive(Default)]
pub(super) struct Contexts(Vec<Known>);

/// A request that was opened.
pub(super) struct Opened {
    /// Place of its context, until another one is added.
    pub(super) place: usize,
    pub(super) inner: Vec<u8>,
    pub(super) binding: Binding,
}

/// Why a request was not opened.
pub(super) enum Refused {
    /// No key is known by its identifier.
    NoKey,
    /// Keys are known, and none opens it.
    Error(OscoreError),
}

impl Contexts {
    /// Opens a request: by a context that is known, else by the keys that are provisioned.
    pub(super) fn open(
        &mut self,
        config: &SessionConfig,
        message: &coap::Message<'_>,
        header: &oscore::Header<'_>,
    ) -> Result<Opened, Refused> {
        let kid = header.kid.unwrap_or_default();
        let mut refused = Refused::NoKey;
        let mut inner = vec![0; message.payload.len()];
        self.0.retain(|known| !known.is_of(kid, header.kid_context) || known.stands(config));
        for place in 0..self.0.len() {
            let Some(known) = self.0.get(place).filter(|known| known.is_of(kid, header.kid_context)) else {
                continue;
            };
            match opened(&known.context, message, &mut inner) {
                Ok((inner, binding)) => {
                    let known = self.0.remove(place);
                    self.0.push(known);
                    return Ok(Opened { place: self.0.len() - 1, inner, binding });
                }
                Err(error) => refused = Refused::Error(error),
            }
        }
        for key in body::keys(config, KeyPurpose::OscoreMaster, kid) {
            let secret = key.secret.expose();
            let context = Context::derive(secret, &key.salt, header.kid_context, PLATFORM_ID, kid);
            let (Some(context), Some(device)) = (context, body::device_of(&key)) else { continue };
            match opened(&context, message, &mut inner) {
                Ok((inner, binding)) => {
                    // A frame that is decoded alone was recorded: nobody is there to be challenged.
                    let listens = config.datagrams && !config.lenient;
                    let freshness = if listens { Freshness::Unknown(None) } else { Freshness::Shown };
                    let window = Window::default();
                    let known = Known { context, window, device, key, agreed: false, freshness };
                    return Ok(Opened { place: self.add(known), inner, binding });
                }
                Err(error) => refused = Refused::Error(error),
            }
        }
        Err(refused)
    }

    /// Adds one that EDHOC agreed on.
    pub(super) fn agree(&mut self, context: Context, device: DeviceId, key: DeviceKey) {
        let (window, freshness) = (Window::default(), Freshness::Shown);
        self.add(Known { context, window, device, key, agreed: true, freshness });
    }

    fn add(&mut self, known: Known) -> usize {
        if self.0.len() >= CONTEXTS_MAX {
            self.0.remove(0);
        }
        self.0.push(known);
        self.0.len() - 1
    }

    /// The context at a place.
    pub(super) fn at(&mut self, place: usize) -> Option<&mut Known> {
        self.0.get_mut(place)
    }

    /// The context of a device that was used last, if it has shown that it speaks from here: what is sent to an address
    /// that replayed a message would not reach the device. Nor if its key was taken away.
    pub(super) fn of(&mut self, config: &SessionConfig, device: Option<DeviceId>) -> Option<&mut Known> {
        let is_of = |known: &Known| device.is_none_or(|device| known.device == device);
        let mut known = self.0.iter_mut().rev().filter(|known| known.freshness == Freshness::Shown);
        known.find(|known| is_of(known) && known.stands(config))
    }

    /// The context with these identifiers.
    pub(super) fn between(&self, platform: Id, device: Id) -> Option<&Known> {
        let ids = (platform, device);
        self.0.iter().rev().find(|known| (known.context.sender_id(), known.context.recipient_id()) == ids)
    }

    /// Whether an identifier is taken.
    pub(super) fn has(&self, id: Id) -> bool {
        self.0.iter().any(|known| known.context.recipient_id() == id)
    }
}

impl Known {
    /// Takes note of what a genuine request shows: gives whether the device is known to speak now.
    pub(super) fn is_fresh(&mut self, echo: Option<&[u8]>, number: u64) -> bool {
        match self.freshness {
            Freshness::Shown => true,
            Freshness::Unknown(Some(challenge)) if echo == Some(&challenge[..]) => {
                self.freshness = Freshness::Shown;
                // Nothing before it can be told from a replay.
                self.window = number.checked_sub(1).map(Window::after).unwrap_or_default();
                true
            }
            Freshness::Unknown(_) => false,
        }
    }

    /// Notes the challenge that was sent.
    pub(super) const fn challenge(&mut self, challenge: Challenge) {
        self.freshness = Freshness::Unknown(Some(challenge));
    }

    fn is_of(&self, kid: &[u8], kid_context: Option<&[u8]>) -> bool {
        let own = self.context.id_context();
        self.context.recipient_id().as_bytes() == kid && own.as_ref().map(Id::as_bytes) == kid_context
    }

    /// Whether the key that it stands on is still a key of the device.
    fn stands(&self, config: &SessionConfig) -> bool {
        let purpose = if self.agreed { KeyPurpose::DevicePublicKey } else { KeyPurpose::OscoreMaster };
        body::keys(config, purpose, &self.key.id).contains(&self.key)
    }
}

fn opened(
    context: &Context,
    message: &coap::Message<'_>,
    inner: &mut [u8],
) -> Result<(Vec<u8>, Binding), OscoreError> {
    open_request(context, message, inner).map(|(inner, binding)| (inner.to_vec(), binding))
}
