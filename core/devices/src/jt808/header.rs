//! The message header of all three editions, and the terminal's number in it.
//!
//! Reads bytes without escapes; refuses only what is too short to hold a header. Source: JT/T 808-2013 §4.4.3,
//! JT/T 808-2019 §4.4.3 (version flag, 10-byte numbers); Jointech's 0x5501 dialect [vendor, one source].

use plomb_model::{DeviceId, Scheme};
use plomb_wire::{Reader, Short, bcd_u8};

use super::frame::Damage;
use super::message;

/// Bits 0 to 9 of the attributes: length of the body.
const LENGTH_MASK: u16 = 0x03FF;
/// Bits 10 to 12: how the body is encrypted.
const ENCRYPTION_MASK: u16 = 0x1C00;
/// Bit 13: the message is one package of several.
const PACKAGE_BIT: u16 = 1 << 13;
/// Bit 14: the header is that of 2019.
const VERSION_BIT: u16 = 1 << 14;
/// Bit 15, in Jointech's dialect: an answer is wanted.
const WANTS_ANSWER_BIT: u16 = 1 << 15;

/// The terminal's phone number as the header carries it: 6 bytes, or 10 since 2019.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TerminalId {
    bytes: [u8; 10],
    long: bool,
}

impl TerminalId {
    /// From the header's bytes.
    fn read(reader: &mut Reader<'_>, long: bool) -> Result<Self, Short> {
        let mut bytes = [0; 10];
        if long {
            bytes = reader.array()?;
        } else {
            let short: [u8; 6] = reader.array()?;
            for (place, byte) in bytes.iter_mut().zip(short) {
                *place = byte;
            }
        }
        Ok(Self { bytes, long })
    }

    /// Its bytes in the header.
    pub(super) fn bytes(&self) -> &[u8] {
        let length = if self.long { 10 } else { 6 };
        self.bytes.get(..length).unwrap_or_default()
    }

    /// Whether its header is that of 2019.
    pub(super) const fn is_long(&self) -> bool {
        self.long
    }

    /// One number for hashing: the bytes, and the edition above them.
    pub(super) fn as_u128(&self) -> u128 {
        let [a, b, c, d, e, f, g, h, i, j] = self.bytes;
        u128::from_be_bytes([0, 0, 0, 0, 0, u8::from(self.long), a, b, c, d, e, f, g, h, i, j])
    }

    /// The identifier: the digits with their leading zeros; where the 6 bytes are no digits, the IMEI that some
    /// vendors write as a 48-bit number without its check digit.
    pub(super) fn device(&self) -> Option<DeviceId> {
        let bytes = self.bytes();
        let mut digits = [0_u8; 20];
        let mut decimal = true;
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            for (place, nibble) in pair.iter_mut().zip([byte >> 4, byte & 0x0F]) {
                decimal &= nibble < 10;
                *place = if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 };
            }
        }
        if decimal || self.long {
            let text = std::str::from_utf8(digits.get(..bytes.len() * 2)?).ok()?;
            return DeviceId::new(Scheme::Jt808, text).ok();
        }
        let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let text = format!("{number}{}", luhn(number));
        DeviceId::new(if text.len() == 15 { Scheme::Imei } else { Scheme::Jt808 }, &text).ok()
    }

    /// The header bytes for an identifier, the way back from [`TerminalId::device`].
    pub(super) fn of_device(device: &DeviceId) -> Option<Self> {
        let value = device.value();
        let mut bytes = [0; 10];
        if device.scheme() == Scheme::Jt808 && (value.len() == 12 || value.len() == 20) {
            for (place, pair) in bytes.iter_mut().zip(value.as_bytes().chunks(2)) {
                *place = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
            }
            return Some(Self { bytes, long: value.len() == 20 });
        }
        let number: u64 = value.get(..value.len().checked_sub(1)?)?.parse().ok()?;
        let check = value.parse::<u64>().ok()? % 10;
        let [0, 0, six @ ..] = number.to_be_bytes() else { return None };
        for (place, byte) in bytes.iter_mut().zip(six) {
            *place = byte;
        }
        (check == luhn(number)).then_some(Self { bytes, long: false })
    }
}

/// The check digit of a number after Luhn (ISO/IEC 7812-1, annex B).
fn luhn(mut number: u64) -> u64 {
    let mut sum = 0;
    let mut double = true;
    while number > 0 {
        let digit = number % 10;
        sum += if double { digit * 2 / 10 + digit * 2 % 10 } else { digit };
        double = !double;
        number /= 10;
    }
    (10 - sum % 10) % 10
}

/// The header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Message number.
    pub(super) message: u16,
    /// Attributes of the body, as they came.
    pub(super) attributes: u16,
    /// The sender.
    pub(super) terminal: TerminalId,
    /// Serial number; one byte in Jointech's dialect.
    pub(super) serial: u16,
    /// Which package of how many, counted from 1.
    pub(super) package: Option<Package>,
    /// Where the body begins in the content.
    pub(super) body_at: usize,
    /// How long the header says it is.
    pub(super) body_length: usize,
}

/// Package item of a split message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Package {
    /// How many there are.
    pub(super) total: u16,
    /// Which one this is, from 1.
    pub(super) index: u16,
}

impl Header {
    /// Header, body and checksum together, as promised.
    pub(super) const fn content_length(&self) -> usize {
        self.body_at + self.body_length + 1
    }

    /// Whether the content is as long as promised.
    pub(super) const fn length_damage(&self, content: &[u8]) -> Option<Damage> {
        let found = content.len().saturating_sub(self.body_at + 1);
        if self.content_length() == content.len() {
            return None;
        }
        Some(Damage::Length { promised: self.body_length, found })
    }

    /// Makes the header fit content that was cut off.
    pub(super) const fn cut_to(&mut self, content: &[u8]) {
        self.body_length = content.len().saturating_sub(self.body_at + 1);
    }

    /// Whether this is Jointech's dialect with serial numbers of one byte.
    pub(super) const fn is_jointech(&self) -> bool {
        matches!(self.message, message::JOINTECH_LIVE | message::JOINTECH_BLIND)
    }

    /// Whether the sender of Jointech's dialect wants an answer.
    pub(super) const fn wants_answer(&self) -> bool {
        self.attributes & WANTS_ANSWER_BIT != 0
    }

    /// The encryption that the header claims, `None` for plain.
    pub(super) const fn encryption(&self) -> Option<u16> {
        let bits = (self.attributes & ENCRYPTION_MASK) >> 10;
        if bits == 0 || self.is_jointech() { None } else { Some(bits) }
    }
}

/// Reads the header at the start of `content` (without flag and escapes, with body and checksum).
///
/// Vendors set the version and package bits without using the longer header, or use more than ten bits for
/// the length: of the readings that the bits allow, the first whose length fits is taken, else the literal one.
pub(super) fn read(content: &[u8]) -> Option<Header> {
    let literal = read_as(content, true, true, LENGTH_MASK)?;
    if literal.content_length() == content.len() || literal.is_jointech() {
        return Some(literal);
    }
    let other = [
        (true, false, LENGTH_MASK),
        (false, true, LENGTH_MASK),
        (false, false, LENGTH_MASK),
        (true, true, LENGTH_MASK | ENCRYPTION_MASK),
    ];
    let fits = |header: &Header| header.content_length() == content.len();
    let found = other
        .into_iter()
        .find_map(|(version, package, mask)| read_as(content, version, package, mask).filter(fits));
    Some(found.unwrap_or(literal))
}

/// Reads the header, minding the version and package bits or not.
fn read_as(content: &[u8], version: bool, package: bool, length_mask: u16) -> Option<Header> {
    let mut reader = Reader::new(content);
    let message = reader.u16().ok()?;
    let attributes = reader.u16().ok()?;
    let jointech = matches!(message, message::JOINTECH_LIVE | message::JOINTECH_BLIND);
    let long = version && !jointech && attributes & VERSION_BIT != 0;
    if long {
        reader.skip(1).ok()?;
    }
    let terminal = TerminalId::read(&mut reader, long).ok()?;
    let serial = if jointech { u16::from(reader.u8().ok()?) } else { reader.u16().ok()? };
    let mut header = Header {
        message,
        attributes,
        terminal,
        serial,
        package: None,
        body_at: reader.offset(),
        body_length: usize::from(attributes & length_mask),
    };
    if package && !jointech && attributes & PACKAGE_BIT != 0 {
        let (total, index) = (reader.u16().ok()?, reader.u16().ok()?);
        if index >= 1 && index <= total {
            header.package = Some(Package { total, index });
            header.body_at = reader.offset();
        }
    }
    Some(header)
}

/// Whether the bytes after an E7 can be a header; `None` when too few are there to tell. E7 is a common byte,
/// so the message must be one that terminals send and the body not encrypted.
pub(super) fn plausible_start(bytes: &[u8]) -> Option<bool> {
    let (Some(&a), Some(&b)) = (bytes.first(), bytes.get(1)) else { return None };
    if !message::is_known(u16::from_be_bytes([a, b])) {
        return Some(false);
    }
    let &c = bytes.get(2)?;
    Some(u16::from_be_bytes([c, 0]) & ENCRYPTION_MASK == 0 || matches!((a, b), (0x55, 1 | 2)))
}

/// Whether more bytes than the header promises have come without the closing flag.
pub(super) fn overdue(content: &[u8]) -> bool {
    read_as(content, true, true, LENGTH_MASK).is_some_and(|header| content.len() > header.content_length())
}

/// Year, month, day, hour, minute, second in BCD, each checked to be digits only.
pub(super) fn bcd_time(bytes: [u8; 6]) -> Option<[u8; 6]> {
    let mut fields = [0; 6];
    for (field, byte) in fields.iter_mut().zip(bytes) {
        *field = bcd_u8(byte)?;
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terminal(hex: &str) -> TerminalId {
        let bytes = plomb_wire::from_hex(hex).unwrap();
        TerminalId::read(&mut Reader::new(&bytes), bytes.len() == 10).unwrap()
    }

    #[test]
    fn digits_keep_their_zeros_and_other_bytes_are_an_imei() {
        assert_eq!(terminal("014450376202").device().unwrap().to_string(), "jt808:014450376202");
        assert_eq!(terminal("4eb6fb4afd9e").device().unwrap().to_string(), "imei:865478070102068");
        let long = terminal("00000000014450376202").device().unwrap();
        assert_eq!(long.to_string(), "jt808:00000000014450376202");
    }

    #[test]
    fn an_identifier_leads_back_to_its_bytes() {
        for hex in ["014450376202", "4eb6fb4afd9e", "00000000014450376202", "00000000000a"] {
            let id = terminal(hex);
            assert_eq!(TerminalId::of_device(&id.device().unwrap()), Some(id), "{hex}");
        }
        let foreign = DeviceId::new(Scheme::Bluetooth, "c0ffee").unwrap();
        assert_eq!(TerminalId::of_device(&foreign), None);
        let wrong_check = DeviceId::new(Scheme::Imei, "865478070102067").unwrap();
        assert_eq!(TerminalId::of_device(&wrong_check), None);
    }
}
