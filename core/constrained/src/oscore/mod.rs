//! OSCORE (RFC 8613) with AES-CCM-16-64-128 and HKDF-SHA-256: whole messages of CoAP in, protected ones out, and back.

mod context;
mod window;

pub use context::{Context, ID_BYTES_MAX, Id};
pub use window::{Seen, WINDOW, Window};

use crate::aead::{NONCE_BYTES, TAG_BYTES};
use crate::cbor::{Buffer, Encoder, Sink};
use crate::coap::{Message, Writer, code, option};
use crate::{Fault, Full};

/// Greatest sequence number (RFC 8613, section 7.2.1): 40 bits.
pub const SEQUENCE_MAX: u64 = (1 << 40) - 1;
/// Longest partial IV.
pub const PARTIAL_IV_BYTES_MAX: usize = 5;
/// Number of the algorithm in COSE (AES-CCM-16-64-128).
pub const ALGORITHM: i64 = 10;
/// Longest additional data: two identifiers, a partial IV and their heads.
const AAD_BYTES_MAX: usize = 64;

/// Why a message was not protected, or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OscoreError {
    /// It is no message, or its OSCORE option is not as it should be.
    Fault(Fault),
    /// The tag does not hold: another key, or changed on the way.
    Forged,
    /// The memory that was given is too small.
    Full,
    /// The sequence numbers of the context are used up: new keys are needed.
    Exhausted,
}

impl From<Fault> for OscoreError {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Full> for OscoreError {
    fn from(_: Full) -> Self {
        Self::Full
    }
}

/// A partial IV: a sequence number in as few bytes as it needs, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialIv(u64);

impl PartialIv {
    /// Of a sequence number; none above [`SEQUENCE_MAX`].
    #[must_use]
    pub const fn new(sequence: u64) -> Option<Self> {
        if sequence > SEQUENCE_MAX { None } else { Some(Self(sequence)) }
    }

    /// The sequence number.
    #[must_use]
    pub const fn sequence(self) -> u64 {
        self.0
    }

    fn bytes(self) -> [u8; 8] {
        self.0.to_be_bytes()
    }

    /// The last 1 to 5 of [`PartialIv::bytes`].
    fn short(self, bytes: &[u8; 8]) -> &[u8] {
        let zeros = usize::try_from(self.0.leading_zeros() / 8).unwrap_or_default().min(7);
        bytes.get(zeros..).unwrap_or_default()
    }
}

/// The value of the OSCORE option (RFC 8613, section 6.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// The partial IV.
    pub partial_iv: Option<PartialIv>,
    /// The context of the key identifier.
    pub kid_context: Option<&'a [u8]>,
    /// The key identifier.
    pub kid: Option<&'a [u8]>,
}

impl<'a> Header<'a> {
    /// Reads the option's value; offsets count in it.
    ///
    /// # Errors
    /// When it is malformed: the message must then be refused (RFC 8613, section 6.1).
    pub fn parse(value: &'a [u8]) -> Result<Self, Fault> {
        let Some((&flags, rest)) = value.split_first() else { return Ok(Self::default()) };
        if flags & 0xE0 != 0 {
            return Err(Fault::new(0, "reserved bits in the OSCORE option"));
        }
        if flags == 0 {
            return Err(Fault::new(0, "flags of zero in the OSCORE option: it should be empty"));
        }
        let length = usize::from(flags & 7);
        if length > PARTIAL_IV_BYTES_MAX {
            return Err(Fault::new(0, "reserved length of a partial IV"));
        }
        let (iv, mut rest) =
            rest.split_at_checked(length).ok_or_else(|| Fault::new(1, "partial IV cut off"))?;
        if length > 1 && iv.first() == Some(&0) {
            return Err(Fault::new(1, "partial IV with leading zeros"));
        }
        let sequence = iv.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
        let mut header = Self { partial_iv: (length > 0).then_some(PartialIv(sequence)), ..Self::default() };
        if flags & 0x10 != 0 {
            let fault = Fault::new(1 + length, "kid context cut off");
            let (&size, after) = rest.split_first().ok_or(fault)?;
            let (context, after) = after.split_at_checked(usize::from(size)).ok_or(fault)?;
            header.kid_context = Some(context);
            rest = after;
        }
        if flags & 0x08 != 0 {
            header.kid = Some(rest);
        } else if !rest.is_empty() {
            return Err(Fault::new(value.len() - rest.len(), "bytes after the OSCORE option's fields"));
        }
        Ok(header)
    }

    /// Writes the option's value.
    fn write(&self, out: &mut Buffer<'_>) {
        let iv = self.partial_iv.map(|iv| (iv, iv.bytes()));
        let iv = iv.as_ref().map_or(&[][..], |(iv, bytes)| iv.short(bytes));
        let flags = u8::try_from(iv.len()).unwrap_or_default()
            | if self.kid.is_some() { 0x08 } else { 0 }
            | if self.kid_context.is_some() { 0x10 } else { 0 };
        if flags == 0 {
            return;
        }
        out.put(&[flags]);
        out.put(iv);
        if let Some(context) = self.kid_context {
            out.put(&[u8::try_from(context.len()).unwrap_or_default()]);
            out.put(context);
        }
        out.put(self.kid.unwrap_or_default());
    }
}

/// By what a response is bound to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Identifier of the one who sent the request.
    pub kid: Id,
    /// The request's partial IV.
    pub partial_iv: PartialIv,
}

/// Whether an option travels outside of the protection (class U: RFC 8613, section 4.1; RFC 9668, section 3.1).
const fn is_outer(number: u16) -> bool {
    matches!(
        number,
        option::URI_HOST
            | option::URI_PORT
            | option::OSCORE
            | option::EDHOC
            | option::PROXY_URI
            | option::PROXY_SCHEME
    )
}

/// Protects a request: gives its bytes and what the response is bound to. Takes a sequence number of the context.
///
/// # Errors
/// [`OscoreError`]; the sequence number is used up even so.
pub fn protect_request<'a>(
    context: &mut Context,
    plain: &Message<'_>,
    with_id_context: bool,
    out: &'a mut [u8],
) -> Result<(&'a mut [u8], Binding), OscoreError> {
    let partial_iv = context.next_sequence().ok_or(OscoreError::Exhausted)?;
    let binding = Binding { kid: context.sender_id(), partial_iv };
    let id_context = context.id_context();
    let header = Header {
        partial_iv: Some(partial_iv),
        kid_context: id_context.as_ref().filter(|_| with_id_context).map(Id::as_bytes),
        kid: Some(binding.kid.as_bytes()),
    };
    let nonce = context.nonce(&binding.kid, partial_iv);
    let outer = if plain.option(option::OBSERVE).is_some() { code::FETCH } else { code::POST };
    let bytes = protect(context, plain, outer, &header, &nonce, &binding, out)?;
    Ok((bytes, binding))
}

/// Protects a response. `with_partial_iv` gives it a number of its own, which a second response to the same request
/// (or one whose request's nonce may have been used) needs.
///
/// # Errors
/// [`OscoreError`].
pub fn protect_response<'a>(
    context: &mut Context,
    binding: &Binding,
    plain: &Message<'_>,
    with_partial_iv: bool,
    out: &'a mut [u8],
) -> Result<&'a mut [u8], OscoreError> {
    let (header, nonce) = if with_partial_iv {
        let own = context.next_sequence().ok_or(OscoreError::Exhausted)?;
        let header = Header { partial_iv: Some(own), ..Header::default() };
        (header, context.nonce(&context.sender_id(), own))
    } else {
        (Header::default(), context.nonce(&binding.kid, binding.partial_iv))
    };
    let outer = if plain.option(option::OBSERVE).is_some() { code::CONTENT } else { code::CHANGED };
    protect(context, plain, outer, &header, &nonce, binding, out)
}

fn protect<'a>(
    context: &Context,
    plain: &Message<'_>,
    outer_code: u8,
    header: &Header<'_>,
    nonce: &[u8; NONCE_BYTES],
    binding: &Binding,
    out: &'a mut [u8],
) -> Result<&'a mut [u8], OscoreError> {
    let mut value = [0; 32];
    let mut buffer = Buffer::new(&mut value);
    header.write(&mut buffer);
    let value = buffer.finish()?;
    // The outer message, up to its payload.
    let mut writer = Writer::new(out, plain.kind, outer_code, plain.id, plain.token);
    let mut written = false;
    for opt in plain.options().filter(|opt| is_outer(opt.number) || opt.number == option::OBSERVE) {
        if opt.number > option::OSCORE && !written {
            writer.option(option::OSCORE, value);
            written = true;
        }
        if opt.number != option::OSCORE {
            writer.option(opt.number, opt.value);
        }
    }
    if !written {
        writer.option(option::OSCORE, value);
    }
    let head = writer.payload(&[])?.len();
    let body = out.get_mut(head..).ok_or(OscoreError::Full)?;
    let (marker, body) = body.split_first_mut().ok_or(OscoreError::Full)?;
    *marker = 0xFF;
    let mut inner = Writer::inner(body, plain.code);
    for opt in plain.options().filter(|opt| !is_outer(opt.number)) {
        inner.option(opt.number, opt.value);
    }
    let text = inner.payload(plain.payload)?;
    let mut aad = [0; AAD_BYTES_MAX];
    let aad = additional_data(binding, &mut aad)?;
    let length = text.len();
    let tag = context.sender_key().seal(nonce, aad, text).ok_or(OscoreError::Full)?;
    let place = body.get_mut(length..length + TAG_BYTES).ok_or(OscoreError::Full)?;
    place.copy_from_slice(&tag);
    out.get_mut(..head + 1 + length + TAG_BYTES).ok_or(OscoreError::Full)
}

/// The `Enc_structure` with the `aad_array` (RFC 8613, section 5.4); there are no options of class I.
fn additional_data<'a>(binding: &Binding, out: &'a mut [u8]) -> Result<&'a [u8], Full> {
    let mut array = [0; AAD_BYTES_MAX];
    let mut encoder = Encoder(Buffer::new(&mut array));
    let bytes = binding.partial_iv.bytes();
    encoder.array(5).integer(1).array(1).integer(ALGORITHM);
    encoder.bytes(binding.kid.as_bytes()).bytes(binding.partial_iv.short(&bytes)).bytes(&[]);
    let array = encoder.0.finish()?;
    let mut encoder = Encoder(Buffer::new(out));
    encoder.array(3).text("Encrypt0").bytes(&[]).bytes(array);
    encoder.0.finish().map(|written| &*written)
}

/// The OSCORE option of a protected message, with its offset.
///
/// # Errors
/// When it is malformed. `Ok(None)`: the message is not protected.
pub fn header<'a>(message: &Message<'a>) -> Result<Option<Header<'a>>, Fault> {
    let Some(opt) = message.option(option::OSCORE) else { return Ok(None) };
    Header::parse(opt.value).map(Some).map_err(|fault| fault.within(opt.offset))
}

/// Opens a protected request: writes the inner message (code, options, payload) into `out` and gives it with its binding. Looks
/// at no replay window: that is the caller's, before and after.
///
/// # Errors
/// [`OscoreError`].
pub fn open_request<'a>(
    context: &Context,
    protected: &Message<'_>,
    out: &'a mut [u8],
) -> Result<(&'a mut [u8], Binding), OscoreError> {
    let header = header(protected)?.ok_or_else(|| Fault::new(0, "no OSCORE option"))?;
    let iv = header.partial_iv.ok_or_else(|| Fault::new(0, "a request without a partial IV"))?;
    let binding = Binding { kid: context.recipient_id(), partial_iv: iv };
    let nonce = context.nonce(&binding.kid, iv);
    let text = open(context, protected.payload, &nonce, &binding, out)?;
    Ok((text, binding))
}

/// Opens a protected response to the request of `binding`; gives the inner message.
///
/// # Errors
/// [`OscoreError`].
pub fn open_response<'a>(
    context: &Context,
    binding: &Binding,
    protected: &Message<'_>,
    out: &'a mut [u8],
) -> Result<&'a mut [u8], OscoreError> {
    let header = header(protected)?.ok_or_else(|| Fault::new(0, "no OSCORE option"))?;
    let nonce = match header.partial_iv {
        Some(iv) => context.nonce(&context.recipient_id(), iv),
        None => context.nonce(&binding.kid, binding.partial_iv),
    };
    open(context, protected.payload, &nonce, binding, out)
}

fn open<'a>(
    context: &Context,
    payload: &[u8],
    nonce: &[u8; NONCE_BYTES],
    binding: &Binding,
    out: &'a mut [u8],
) -> Result<&'a mut [u8], OscoreError> {
    let place = out.get_mut(..payload.len()).ok_or(OscoreError::Full)?;
    place.copy_from_slice(payload);
    let mut aad = [0; AAD_BYTES_MAX];
    let aad = additional_data(binding, &mut aad)?;
    let text = context.recipient_key().open(nonce, aad, place).map_err(|_| OscoreError::Forged)?;
    if text.is_empty() {
        return Err(OscoreError::Forged);
    }
    Ok(text)
}

/// The plain message that a protected one stood for: outer header and outer options of class U, inner code, options and payload.
///
/// # Errors
/// [`OscoreError`] when `inner` is no inner message, or `out` is too small.
pub fn reassemble<'a>(
    protected: &Message<'_>,
    inner: &[u8],
    out: &'a mut [u8],
) -> Result<&'a mut [u8], OscoreError> {
    let inner = Message::parse_inner(inner)?;
    let mut writer = Writer::new(out, protected.kind, inner.code, protected.id, protected.token);
    let mut outer = protected.options().filter(|opt| is_outer(opt.number) && opt.number != option::OSCORE);
    let mut inside = inner.options().filter(|opt| !is_outer(opt.number));
    let (mut next_outer, mut next_inner) = (outer.next(), inside.next());
    loop {
        match (next_outer, next_inner) {
            (Some(a), Some(b)) if a.number <= b.number => {
                writer.option(a.number, a.value);
                next_outer = outer.next();
            }
            (Some(a), None) => {
                writer.option(a.number, a.value);
                next_outer = outer.next();
            }
            (_, Some(b)) => {
                writer.option(b.number, b.value);
                next_inner = inside.next();
            }
            (None, None) => break,
        }
    }
    Ok(writer.payload(inner.payload)?)
}
