//! EDHOC (RFC 9528), every method of public keys, with cipher suite 2: AES-CCM-16-64-128, SHA-256, P-256, ES256.
//!
//! The two sides are chains of states, each of which is used up by its step: [`Initiator`], [`Answered`] and
//! [`Asked`], [`Waiting`]; both end in [`Established`]. Ephemeral keys come from the caller.

mod credential;
mod initiator;
mod responder;
mod schedule;

pub use credential::{CRED_BYTES_MAX, Cred, IdCred, Own, Peer, ccs};
pub use initiator::{Answered, Initiator};
pub use responder::{Asked, Waiting};
pub use schedule::{Established, extract, kdf};

use crate::cbor::{Decoder, Encoder, Item, Sink};
use crate::oscore::Id;
use crate::{Fault, Full};

/// The cipher suite (RFC 9528, section 3.6).
pub const SUITE: i64 = 2;
/// Suites that an initiator may list.
pub const SUITES_MAX: u64 = 9;
/// Longest plain text of message 2 and 3: a certificate, a signature, and company.
const PLAINTEXT_BYTES_MAX: usize = 640;
/// Length of a MAC of who authenticates by a static key.
const MAC_BYTES: usize = 8;
/// Longest connection identifier that is taken, as an identifier of OSCORE.
const CONNECTION_ID_BYTES_MAX: usize = 7;

/// How the two sides authenticate (RFC 9528, section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Method {
    /// Both sign.
    SignSign = 0,
    /// The initiator signs, the responder has a static key.
    SignStatic = 1,
    /// The initiator has a static key, the responder signs.
    StaticSign = 2,
    /// Both have static keys.
    StaticStatic = 3,
}

impl Method {
    fn from_number(number: i64) -> Option<Self> {
        let methods = [Self::SignSign, Self::SignStatic, Self::StaticSign, Self::StaticStatic];
        methods.into_iter().find(|method| i64::from(*method as u8) == number)
    }

    const fn initiator_signs(self) -> bool {
        matches!(self, Self::SignSign | Self::SignStatic)
    }

    const fn responder_signs(self) -> bool {
        matches!(self, Self::SignSign | Self::StaticSign)
    }
}

/// Why an exchange ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EdhocError {
    /// A message is malformed.
    Fault(Fault),
    /// The cipher suite is not the one that is spoken, or not the first of the list that is.
    Suite,
    /// External authorisation data that must be understood and is not.
    CriticalData,
    /// Nobody is known by the credential's identifier.
    UnknownCredential,
    /// The proof of the other side does not hold, or the message was changed.
    Unauthentic,
    /// The memory that was given is too small.
    Full,
}

impl From<Fault> for EdhocError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Full> for EdhocError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

impl EdhocError {
    /// For people, and for the error message of the protocol.
    #[must_use]
    pub const fn what(self) -> &'static str {
        match self {
            Self::Fault(fault) => fault.what,
            Self::Suite => "the cipher suite must be 2",
            Self::CriticalData => "critical external authorisation data that is not understood",
            Self::UnknownCredential => "nobody is known by this credential",
            Self::Unauthentic => "the proof does not hold",
            Self::Full => "the message is too long",
        }
    }

    /// Writes the error message (RFC 9528, section 6).
    ///
    /// # Errors
    /// [`Full`].
    pub fn message(self, out: &mut [u8]) -> Result<&mut [u8], Full> {
        let mut encoder = Encoder(crate::cbor::Buffer::new(out));
        match self {
            Self::Suite => encoder.integer(2).integer(SUITE),
            _ => encoder.integer(1).text(self.what()),
        };
        encoder.0.finish()
    }
}

/// Whether the byte alone is an integer of CBOR from -24 to 23.
const fn is_small_integer(byte: u8) -> bool {
    matches!(byte, 0x00..=0x17 | 0x20..=0x37)
}

/// Writes an identifier: as the integer that its one byte encodes, or as a byte string (RFC 9528, section 3.3.2).
fn put_id<S: Sink>(encoder: &mut Encoder<S>, id: &[u8]) {
    match id {
        [byte] if is_small_integer(*byte) => encoder.raw(id),
        _ => encoder.bytes(id),
    };
}

/// Reads an identifier.
fn take_id<'a>(decoder: &mut Decoder<'a>) -> Result<&'a [u8], Fault> {
    let at = decoder.offset();
    match decoder.peek()? {
        Item::Unsigned(0..=23) | Item::Negative(0..=23) => decoder.skip(),
        Item::Bytes([byte]) if is_small_integer(*byte) => {
            Err(Fault::new(at, "an identifier of one byte that should be written as an integer"))
        }
        Item::Bytes(_) => decoder.bytes(),
        _ => Err(Fault::new(at, "an identifier is an integer of one byte or a byte string")),
    }
}

/// Reads a connection identifier.
fn take_connection_id(decoder: &mut Decoder<'_>) -> Result<Id, Fault> {
    let at = decoder.offset();
    let id = take_id(decoder)?;
    let short = Id::new(id).filter(|_| id.len() <= CONNECTION_ID_BYTES_MAX);
    short.ok_or_else(|| Fault::new(at, "a connection identifier longer than OSCORE takes"))
}

/// Reads external authorisation data up to the end: none that is critical is understood.
fn take_external<'a>(decoder: &mut Decoder<'a>) -> Result<&'a [u8], EdhocError> {
    let rest = decoder.rest();
    let mut critical = false;
    while !decoder.is_empty() {
        critical |= decoder.integer()? < 0;
        if !decoder.is_empty() && matches!(decoder.peek()?, Item::Bytes(_)) {
            decoder.skip()?;
        }
    }
    if critical { Err(EdhocError::CriticalData) } else { Ok(rest) }
}

/// Splits the sequence of a request to the EDHOC resource (RFC 9528, appendix A.2): `true` before message 1, the connection identifier
/// before message 3.
///
/// # Errors
/// When it begins with neither.
pub fn split_request(payload: &[u8]) -> Result<(Option<Id>, &[u8]), Fault> {
    let mut decoder = Decoder::new(payload);
    let id = match decoder.peek()? {
        Item::Bool(true) => {
            decoder.skip()?;
            None
        }
        _ => Some(take_connection_id(&mut decoder)?),
    };
    Ok((id, decoder.rest()))
}

/// Writes what comes before a message in a request to the EDHOC resource.
pub fn put_request_prefix<S: Sink>(sink: S, connection: Option<&Id>) -> S {
    let mut encoder = Encoder(sink);
    match connection {
        None => drop(encoder.bool(true)),
        Some(id) => put_id(&mut encoder, id.as_bytes()),
    }
    encoder.0
}
