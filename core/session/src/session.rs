//! What every protocol offers: a conversation that the caller feeds with bytes and time.

use plomb_model::{Command, CommandError, CommandTicket, ReceivedAt};

use crate::{Decoded, NoSecrets, Secrets};

/// One conversation with one device, or with a gateway that speaks for many. Performs no I/O: the caller
/// moves the bytes and the time, and sends the replies once the reports that asked for them are durable.
pub trait Session: Send {
    /// Takes bytes of a stream that arrived at `now`. Every byte ends up in exactly one report of `out`
    /// (bytes that belong to no frame too, with an [`plomb_model::Issue`]), except those of a frame that is not complete yet.
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded);

    /// No more bytes will come for the frame in hand: the stream has ended, or this was a datagram.
    /// Bytes left over become a report with an issue (in a lenient session they are decoded where possible).
    fn finish(&mut self, now: ReceivedAt, out: &mut Decoded);

    /// Takes note that `now` has come; needed when [`Session::deadline`] has passed.
    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded);

    /// When [`Session::tick`] must be called at the latest.
    fn deadline(&self) -> Option<ReceivedAt>;

    /// Puts a command into bytes for the device `to` (on a connection of one device: that one), as a reply in
    /// `out` without a report; the answer will carry `ticket`.
    ///
    /// # Errors
    /// [`CommandError`] when the protocol has no such command or cannot carry its values.
    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<plomb_model::DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError>;
}

/// What a session is told when it begins.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// Secret from which authentication codes are derived, so that sessions need no shared store.
    pub key: SessionKey,
    /// Decode frames although their checksum fails or their end is missing, as captures altered by hand need it.
    /// Never on a listener.
    pub lenient: bool,
    /// Each `receive` is one datagram: the protocol may use another header over UDP.
    pub datagrams: bool,
    /// Refuse reports of terminals that have not authenticated, where the protocol can (JT/T 808).
    pub require_authentication: bool,
    /// Difference of the device's clock to UTC in minutes where the protocol writes local time
    /// without saying which (JT/T 808 says GMT+8: 480).
    pub utc_offset_min: i16,
    /// Keys of devices.
    pub secrets: std::sync::Arc<dyn Secrets>,
}

impl Default for SessionConfig {
    /// As `plomb decode` uses it: strict frames, no authentication demanded, GMT+8 for JT/T 808.
    fn default() -> Self {
        Self {
            key: SessionKey::new([0; 32]),
            lenient: false,
            datagrams: false,
            require_authentication: false,
            utc_offset_min: 480,
            secrets: std::sync::Arc::new(NoSecrets),
        }
    }
}

/// Secret of the platform for codes that devices must show again; never shown.
#[derive(Clone)]
pub struct SessionKey([u8; 32]);

impl SessionKey {
    /// Takes the secret in.
    #[must_use]
    pub const fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// An authentication code of 16 hex digits for `subject` in the context `purpose`:
    /// the first 8 bytes of HMAC-SHA-256(key, purpose ‖ 0 ‖ subject).
    #[must_use]
    pub fn code(&self, purpose: &str, subject: &str) -> String {
        use hmac::{Hmac, Mac};
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.0) else {
            return String::new();
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(subject.as_bytes());
        let tag = mac.finalize().into_bytes();
        plomb_wire::to_hex(tag.get(..8).unwrap_or_default())
    }

    /// 32 secret bytes for `subject` in the context `purpose`: HMAC-SHA-256(key, purpose ‖ 0 ‖ subject). Keys and
    /// challenges come from it, so that what is recorded can be decoded again.
    #[must_use]
    pub fn derive(&self, purpose: &str, subject: &[u8]) -> [u8; 32] {
        use hmac::{Hmac, Mac};
        let Ok(mut mac) = Hmac::<sha2::Sha256>::new_from_slice(&self.0) else { return [0; 32] };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(subject);
        mac.finalize().into_bytes().into()
    }

    /// Whether `shown` is the code, in constant time.
    #[must_use]
    pub fn accepts(&self, purpose: &str, subject: &str, shown: &str) -> bool {
        let code = self.code(purpose, subject);
        let difference = code.bytes().zip(shown.bytes()).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
        code.len() == 16 && shown.len() == code.len() && difference == 0
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}
