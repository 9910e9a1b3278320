//! CoAP messages (RFC 7252, section 3).

use crate::cbor::{Buffer, Sink};
use crate::{Fault, Full};

/// Longest message that is taken: what a path of IPv6 must carry (RFC 8200), as RFC 7252 section 4.6 has it.
pub const MESSAGE_BYTES_MAX: usize = 1280;
/// Options of one message; a request of ours has seven.
pub const OPTIONS_MAX: usize = 32;
/// Longest token.
pub const TOKEN_BYTES_MAX: usize = 8;

/// Numbers of options (RFC 7252, 7641, 8613, 9175, 9668).
pub mod option {
    #![expect(missing_docs, reason = "the names are those of the registry")]
    pub const URI_HOST: u16 = 3;
    pub const OBSERVE: u16 = 6;
    pub const URI_PORT: u16 = 7;
    pub const OSCORE: u16 = 9;
    pub const URI_PATH: u16 = 11;
    pub const CONTENT_FORMAT: u16 = 12;
    pub const MAX_AGE: u16 = 14;
    pub const URI_QUERY: u16 = 15;
    pub const ACCEPT: u16 = 17;
    pub const EDHOC: u16 = 21;
    pub const PROXY_URI: u16 = 35;
    pub const PROXY_SCHEME: u16 = 39;
    pub const ECHO: u16 = 252;
}

/// Numbers of content formats.
pub mod format {
    #![expect(missing_docs, reason = "the names are those of the registry")]
    pub const TEXT: u16 = 0;
    pub const COSE_SIGN1: u16 = 18;
    pub const JSON: u16 = 50;
    pub const CBOR: u16 = 60;
    pub const EDHOC: u16 = 64;
    pub const CID_EDHOC: u16 = 65;
    pub const SENML_JSON: u16 = 110;
    pub const SENML_CBOR: u16 = 112;
}

/// Codes, class and detail in one byte.
pub mod code {
    #![expect(missing_docs, reason = "the names are those of the registry")]
    pub const EMPTY: u8 = 0;
    pub const GET: u8 = 0x01;
    pub const POST: u8 = 0x02;
    pub const PUT: u8 = 0x03;
    pub const FETCH: u8 = 0x05;
    pub const CREATED: u8 = 0x41;
    pub const CHANGED: u8 = 0x44;
    pub const CONTENT: u8 = 0x45;
    pub const BAD_REQUEST: u8 = 0x80;
    pub const UNAUTHORIZED: u8 = 0x81;
    pub const BAD_OPTION: u8 = 0x82;
    pub const NOT_FOUND: u8 = 0x84;
    pub const METHOD_NOT_ALLOWED: u8 = 0x85;
    pub const UNPROCESSABLE: u8 = 0x96;
    pub const UNSUPPORTED_FORMAT: u8 = 0x8F;
    pub const INTERNAL: u8 = 0xA0;
    pub const UNAVAILABLE: u8 = 0xA3;
}

/// How a message is delivered (RFC 7252, section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Must be acknowledged.
    Confirmable = 0,
    /// Need not be.
    NonConfirmable = 1,
    /// Acknowledges.
    Acknowledgement = 2,
    /// Was not understood.
    Reset = 3,
}

/// A message, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    /// How it is delivered.
    pub kind: Kind,
    /// Method or response code.
    pub code: u8,
    /// Its number, for acknowledgement and duplicates.
    pub id: u16,
    /// By which a response finds its request.
    pub token: &'a [u8],
    options: &'a [u8],
    options_offset: usize,
    /// The payload; empty where there is none.
    pub payload: &'a [u8],
    /// Where the payload begins.
    pub payload_offset: usize,
}

/// One option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opt<'a> {
    /// Its number.
    pub number: u16,
    /// Its value.
    pub value: &'a [u8],
    /// Where its value begins.
    pub offset: usize,
}

impl Opt<'_> {
    /// The value as a number (RFC 7252, section 3.2); none beyond four bytes.
    #[must_use]
    pub fn uint(&self) -> Option<u32> {
        let short = self.value.len() <= 4;
        short.then(|| self.value.iter().fold(0, |value, byte| value << 8 | u32::from(*byte)))
    }

    /// Whether a message with it must be refused by who does not know it.
    #[must_use]
    pub const fn is_critical(&self) -> bool {
        self.number & 1 == 1
    }
}

impl<'a> Message<'a> {
    /// Reads a datagram.
    ///
    /// # Errors
    /// Where it is no message of CoAP.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Fault> {
        let &[first, code, high, low, ref rest @ ..] = bytes else {
            return Err(Fault::new(bytes.len(), "CoAP header cut off"));
        };
        if first >> 6 != 1 {
            return Err(Fault::new(0, "not version 1 of CoAP"));
        }
        let kind = match first >> 4 & 3 {
            0 => Kind::Confirmable,
            1 => Kind::NonConfirmable,
            2 => Kind::Acknowledgement,
            _ => Kind::Reset,
        };
        let length = usize::from(first & 0x0F);
        if length > TOKEN_BYTES_MAX {
            return Err(Fault::new(0, "token longer than 8 bytes"));
        }
        let token = rest.get(..length).ok_or_else(|| Fault::new(4, "token cut off"))?;
        if code == code::EMPTY && bytes.len() > 4 {
            return Err(Fault::new(4, "bytes in an empty message"));
        }
        let (options, payload, payload_offset) = part(bytes, 4 + length)?;
        let id = u16::from_be_bytes([high, low]);
        Ok(Self { kind, code, id, token, options, options_offset: 4 + length, payload, payload_offset })
    }

    /// Reads the inner message of OSCORE: code, options, payload.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse_inner(bytes: &'a [u8]) -> Result<Self, Fault> {
        let &[code, ..] = bytes else { return Err(Fault::new(0, "an inner message without a code")) };
        let (options, payload, payload_offset) = part(bytes, 1)?;
        Ok(Self {
            kind: Kind::NonConfirmable,
            code,
            id: 0,
            token: &[],
            options,
            options_offset: 1,
            payload,
            payload_offset,
        })
    }

    /// Its options, in order.
    pub fn options(&self) -> impl Iterator<Item = Opt<'a>> + use<'a> {
        // Whether they are whole was seen when the message was read.
        Options { rest: self.options, offset: self.options_offset, number: 0 }.map_while(Result::ok)
    }

    /// The first option of this number.
    #[must_use]
    pub fn option(&self, number: u16) -> Option<Opt<'a>> {
        self.options().find(|option| option.number == number)
    }

    /// Whether the options of the path are exactly these.
    #[must_use]
    pub fn has_path(&self, path: &[&str]) -> bool {
        let segments = self.options().filter(|option| option.number == option::URI_PATH);
        segments.map(|option| option.value).eq(path.iter().map(|segment| segment.as_bytes()))
    }

    /// Whether it is a request.
    #[must_use]
    pub const fn is_request(&self) -> bool {
        self.code >> 5 == 0 && self.code != code::EMPTY
    }

    /// Whether it is a response.
    #[must_use]
    pub const fn is_response(&self) -> bool {
        matches!(self.code >> 5, 2..=5)
    }
}

/// Options and payload from `start` on.
fn part(bytes: &[u8], start: usize) -> Result<(&[u8], &[u8], usize), Fault> {
    let rest = bytes.get(start..).unwrap_or_default();
    let mut options = Options { rest, offset: start, number: 0 };
    let mut count = 0;
    while let Some(option) = options.next() {
        option?;
        count += 1;
        if count > OPTIONS_MAX {
            return Err(Fault::new(options.offset, "more options than are taken"));
        }
    }
    let end = options.offset;
    let options = bytes.get(start..end).unwrap_or_default();
    match bytes.get(end..) {
        Some([0xFF]) => Err(Fault::new(end, "payload marker without a payload")),
        Some([0xFF, payload @ ..]) => Ok((options, payload, end + 1)),
        _ => Ok((options, &[], end)),
    }
}

struct Options<'a> {
    rest: &'a [u8],
    offset: usize,
    number: u16,
}

impl<'a> Options<'a> {
    fn one(&mut self, first: u8) -> Result<Opt<'a>, Fault> {
        let start = self.offset;
        let mut at = 1;
        let mut part = |nibble: u8| -> Result<u16, Fault> {
            let extended = match nibble {
                0..=12 => return Ok(u16::from(nibble)),
                13 => self.rest.get(at).map(|byte| u16::from(*byte) + 13),
                14 => self
                    .rest
                    .get(at..at + 2)
                    .and_then(<[u8]>::first_chunk)
                    .and_then(|pair| u16::from_be_bytes(*pair).checked_add(269)),
                _ => return Err(Fault::new(start, "reserved option head")),
            };
            at += usize::from(nibble - 12);
            extended.ok_or_else(|| Fault::new(start, "option head cut off or too great"))
        };
        let (delta, length) = (part(first >> 4)?, part(first & 0x0F)?);
        let number =
            self.number.checked_add(delta).ok_or_else(|| Fault::new(start, "option number beyond 65535"))?;
        let end = at + usize::from(length);
        let value = self.rest.get(at..end).ok_or_else(|| Fault::new(start, "option value cut off"))?;
        let option = Opt { number, value, offset: start + at };
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.offset += end;
        self.number = number;
        Ok(option)
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = Result<Opt<'a>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.rest.first() {
            None | Some(0xFF) => None,
            Some(&first) => Some(self.one(first)),
        }
    }
}

/// Writes a message.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: Buffer<'a>,
    number: u16,
    in_order: bool,
}

impl<'a> Writer<'a> {
    /// Begins with the header; of the token at most eight bytes.
    #[must_use]
    pub fn new(out: &'a mut [u8], kind: Kind, code: u8, id: u16, token: &[u8]) -> Self {
        let mut buffer = Buffer::new(out);
        let token = token.get(..TOKEN_BYTES_MAX).unwrap_or(token);
        let length = u8::try_from(token.len()).unwrap_or_default();
        let [high, low] = id.to_be_bytes();
        buffer.put(&[0x40 | (kind as u8) << 4 | length, code, high, low]);
        buffer.put(token);
        Self { buffer, number: 0, in_order: true }
    }

    /// Begins the inner message of OSCORE.
    #[must_use]
    pub fn inner(out: &'a mut [u8], code: u8) -> Self {
        let mut buffer = Buffer::new(out);
        buffer.put(&[code]);
        Self { buffer, number: 0, in_order: true }
    }

    /// An option; they are written in the order of their numbers.
    pub fn option(&mut self, number: u16, value: &[u8]) -> &mut Self {
        let Some(delta) = number.checked_sub(self.number) else {
            self.in_order = false;
            return self;
        };
        self.number = number;
        let ((delta, delta_more), (length, length_more)) = (nibble(usize::from(delta)), nibble(value.len()));
        self.buffer.put(&[delta << 4 | length]);
        for (nibble, more) in [(delta, delta_more), (length, length_more)] {
            let [high, low] = more.to_be_bytes();
            match nibble {
                13 => self.buffer.put(&[low]),
                14 => self.buffer.put(&[high, low]),
                _ => {}
            }
        }
        self.buffer.put(value);
        self
    }

    /// An option that is a number.
    pub fn uint(&mut self, number: u16, value: u32) -> &mut Self {
        let bytes = value.to_be_bytes();
        let zeros = usize::try_from(value.leading_zeros() / 8).unwrap_or_default();
        self.option(number, bytes.get(zeros..).unwrap_or_default())
    }

    /// The options of a path.
    pub fn path(&mut self, path: &[&str]) -> &mut Self {
        for segment in path {
            self.option(option::URI_PATH, segment.as_bytes());
        }
        self
    }

    /// The payload, and the end.
    ///
    /// # Errors
    /// [`Full`] when it does not fit (or options were not in order, which is a mistake of the caller).
    pub fn payload(mut self, payload: &[u8]) -> Result<&'a mut [u8], Full> {
        if !self.in_order {
            return Err(Full);
        }
        if !payload.is_empty() {
            self.buffer.put(&[0xFF]);
            self.buffer.put(payload);
        }
        self.buffer.finish()
    }
}

/// Nibble and what follows for a delta or length (RFC 7252, section 3.1).
fn nibble(value: usize) -> (u8, u16) {
    match value {
        0..=12 => (u8::try_from(value).unwrap_or_default(), 0),
        13..=268 => (13, u16::try_from(value - 13).unwrap_or_default()),
        _ => (14, u16::try_from(value - 269).unwrap_or(u16::MAX)),
    }
}
