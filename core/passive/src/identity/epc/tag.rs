//! What a tag holds: an EPC in one of the binary forms (TDS section 14).

use super::bits::{BitWriter, Bits, number, padded};
use super::key::{Gs1, Key, is_invariant};
use super::layout::{Body, COMPANY_BITS, Coding, Reference, Serial};
use super::other::{Other, OtherScheme};
use super::plus::{self, PriorityDate};
use super::{Epc, EpcError, urn};

/// An EPC in a binary form, with what the form holds besides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tag {
    /// The form.
    pub coding: Coding,
    /// What kind of thing it is on, by the table of the key (TDS section 10); 0 of forms that have none.
    pub filter: u8,
    /// Whether data of other identifiers follows the EPC (forms of TDS 2).
    pub more: bool,
    /// The date that DSGTIN+ has before its number.
    pub date: Option<PriorityDate>,
    /// What is identified.
    pub epc: Epc,
}

impl Tag {
    /// An EPC to be written in a form.
    #[must_use]
    pub const fn new(coding: Coding, filter: u8, epc: Epc) -> Self {
        Self { coding, filter, more: false, date: None, epc }
    }

    /// The EPC of a tag's bits from address 20h on. A tag's memory is read in words of 16 bits: zeros may follow.
    ///
    /// # Errors
    /// [`EpcError`] when no form has this header or its fields hold what they may not.
    pub fn decode(bytes: &[u8]) -> Result<Self, EpcError> {
        let mut bits = Bits::new(bytes);
        let header = bits.small(8)?;
        let coding = Coding::of_header(header).ok_or(EpcError::Header(header))?;
        let mut tag = match coding.body() {
            Body::Partitioned(key, total, reference, serial) => {
                let filter = bits.small(3)?;
                let gs1 = partitioned(&mut bits, key, total, (reference, serial))?;
                Self::new(coding, filter, Epc::Gs1(gs1))
            }
            Body::Plus(key) => {
                let more = bits.take(1)? == 1;
                let filter = bits.small(3)?;
                let date =
                    (coding == Coding::DsgtinPlus).then(|| PriorityDate::take(&mut bits)).transpose()?;
                let gs1 = plus::take(&mut bits, key)?;
                Self { coding, filter, more, date, epc: Epc::Gs1(gs1) }
            }
            Body::Other(scheme) => {
                let filter = bits.small(match scheme {
                    OtherScheme::Usdod => 4,
                    OtherScheme::Adi => 6,
                    _ => 0,
                })?;
                Self::new(coding, filter, Epc::Other(other(&mut bits, scheme)?))
            }
        };
        if !tag.more && !bits.is_blank() {
            // The bit that announces more is for selection on air; data that stands there is there (TDS section 15.3).
            if !coding.is_plus() {
                return Err(EpcError::Trailing);
            }
            tag.more = true;
        }
        Ok(tag)
    }

    /// The bits, the last byte filled with zeros. Data that follows an EPC is not written.
    ///
    /// # Errors
    /// [`EpcError::Capacity`] when the form cannot hold the values.
    pub fn encode(&self) -> Result<Vec<u8>, EpcError> {
        let mut bits = BitWriter::default();
        bits.put((self.coding as u8).into(), 8);
        match (self.coding.body(), &self.epc) {
            (Body::Partitioned(key, total, reference, serial), Epc::Gs1(gs1)) if gs1.key() == key => {
                filter(self.filter, 3, &mut bits)?;
                put_partitioned(&mut bits, gs1, total, (reference, serial))?;
            }
            (Body::Plus(key), Epc::Gs1(gs1)) if gs1.key() == key => {
                bits.put(0, 1);
                filter(self.filter, 3, &mut bits)?;
                match (self.coding, self.date) {
                    (Coding::DsgtinPlus, Some(date)) => date.put(&mut bits),
                    (Coding::DsgtinPlus, None) => return Err(EpcError::Capacity("a number without a date")),
                    _ => {}
                }
                plus::put(&mut bits, gs1)?;
            }
            (Body::Other(scheme), Epc::Other(other)) if other.scheme() == scheme => {
                put_other(&mut bits, self.filter, other)?;
            }
            _ => return Err(EpcError::Capacity("an identity of this kind")),
        }
        Ok(bits.finish())
    }

    /// `urn:epc:tag:` (TDS section 12). The forms of TDS 2 have none.
    #[must_use]
    pub fn urn(&self) -> Option<String> {
        let fields = match &self.epc {
            Epc::Gs1(gs1) if !self.coding.is_plus() => urn::fields_of(gs1)?,
            Epc::Other(other) => other.text(),
            _ => return None,
        };
        let filter = if self.coding == Coding::Gid96 { String::new() } else { format!("{}.", self.filter) };
        Some(format!("urn:epc:tag:{}:{filter}{fields}", self.coding.name()))
    }

    /// A tag URN.
    ///
    /// # Errors
    /// [`EpcError`] when it is none, or names values that its form cannot hold.
    pub fn parse_urn(text: &str) -> Result<Self, EpcError> {
        let (name, rest) =
            text.strip_prefix("urn:epc:tag:").and_then(|rest| rest.split_once(':')).ok_or(EpcError::Kind)?;
        let coding = Coding::ALL.into_iter().find(|coding| !coding.is_plus() && coding.name() == name);
        let coding = coding.ok_or(EpcError::Kind)?;
        let (filter, fields) = match coding {
            Coding::Gid96 => ("0", rest),
            _ => rest.split_once('.').ok_or(EpcError::Form("a field is missing"))?,
        };
        let filter = filter.parse().map_err(|_| EpcError::Form("a filter value is a small number"))?;
        let epc = match coding.body() {
            Body::Partitioned(key, ..) | Body::Plus(key) => Epc::Gs1(urn::fields(key, fields, false)?),
            Body::Other(scheme) => Epc::Other(Other::parse(scheme.name(), fields)?),
        };
        let tag = Self::new(coding, filter, epc);
        tag.encode().map(|_| tag)
    }
}

fn filter(value: u8, count: usize, bits: &mut BitWriter) -> Result<(), EpcError> {
    if u32::from(value) >> count != 0 {
        return Err(EpcError::Capacity("a filter value of this size"));
    }
    bits.put(value.into(), count);
    Ok(())
}

fn partitioned(
    bits: &mut Bits<'_>,
    key: Key,
    total: usize,
    (reference, serial): (Reference, Serial),
) -> Result<Gs1, EpcError> {
    let partition = usize::try_from(bits.take(3)?).unwrap_or_default();
    let width = *COMPANY_BITS.get(partition).ok_or(EpcError::Form("a partition is 0 to 6"))?;
    let length = 12 - partition;
    let company = padded(bits.take(width)?, length)?;
    let reference = match reference {
        Reference::Padded => {
            let digits = key.digits().unwrap_or_default().saturating_sub(length);
            padded(bits.take(total - width)?, digits)?
        }
        Reference::Plain => bits.take(total - width)?.to_string(),
        Reference::Text => text(bits, total - width)?,
        Reference::Six => six(bits)?,
    };
    let pieces = match key.pieces() {
        0 => String::new(),
        _ => format!("{}{}", padded(bits.take(7)?, 2)?, padded(bits.take(7)?, 2)?),
    };
    let serial = match serial {
        Serial::Zeros(count) if bits.take(count)? != 0 => return Err(EpcError::Trailing),
        Serial::Zeros(_) => None,
        Serial::Integer(count) => Some(bits.take(count)?.to_string()),
        Serial::Text(count) => Some(text(bits, count * 7)?),
        Serial::Digits(count) => {
            let digits = bits.take(count)?.to_string();
            let kept =
                digits.strip_prefix('1').ok_or(EpcError::Form("a number does not begin with its 1"))?;
            Some(kept.to_owned())
        }
    };
    let number = Gs1::join(key, &company, &reference, &pieces)?;
    Gs1::new(key, number, serial, Some(length))
}

fn put_partitioned(
    bits: &mut BitWriter,
    gs1: &Gs1,
    total: usize,
    (reference_form, serial_form): (Reference, Serial),
) -> Result<(), EpcError> {
    let unknown = EpcError::Capacity("a company prefix of unknown length");
    let (company, reference) = gs1.split().ok_or(unknown)?;
    let partition = 12_usize.checked_sub(company.len()).ok_or(unknown)?;
    let width = *COMPANY_BITS.get(partition).ok_or(unknown)?;
    bits.put(u128::try_from(partition).unwrap_or_default(), 3);
    bits.put(number(company)?, width);
    match reference_form {
        Reference::Padded => bits.put(number(&reference)?, total - width),
        Reference::Plain => put_plain(bits, &reference, total - width)?,
        Reference::Text => put_text(bits, &reference, total - width)?,
        Reference::Six => put_six(bits, &reference),
    }
    if let Some((piece, count)) = gs1.pieces() {
        bits.put(number(piece)?, 7);
        bits.put(number(count)?, 7);
    }
    let class = EpcError::Capacity("a class without serial number");
    match serial_form {
        Serial::Zeros(count) => bits.put(0, count),
        Serial::Integer(count) => put_plain(bits, gs1.serial().ok_or(class)?, count)?,
        Serial::Text(count) => put_text(bits, gs1.serial().ok_or(class)?, count * 7)?,
        Serial::Digits(count) => put_plain(bits, &format!("1{}", gs1.serial().ok_or(class)?), count)?,
    }
    Ok(())
}

/// A number that is written without leading noughts, or it would not come back the same.
fn put_plain(bits: &mut BitWriter, text: &str, count: usize) -> Result<(), EpcError> {
    let value = number(text).map_err(|_| EpcError::Capacity("characters other than digits"))?;
    if value.to_string() != text || value >> count != 0 {
        return Err(EpcError::Capacity("leading noughts or so large a number"));
    }
    bits.put(value, count);
    Ok(())
}

/// Characters of 7 bits; after the last there are zeros to the end of the field.
fn text(bits: &mut Bits<'_>, count: usize) -> Result<String, EpcError> {
    let mut out = String::new();
    let mut ended = false;
    for _ in 0..count / 7 {
        match char::from(bits.small(7)?) {
            '\0' => ended = true,
            character if !ended && is_invariant(character) => out.push(character),
            _ => return Err(EpcError::Form("a character that serial numbers do not have")),
        }
    }
    if bits.take(count % 7)? == 0 { Ok(out) } else { Err(EpcError::Trailing) }
}

fn put_text(bits: &mut BitWriter, text: &str, count: usize) -> Result<(), EpcError> {
    let spare = count.checked_sub(text.len() * 7).ok_or(EpcError::Capacity("so many characters"))?;
    text.bytes().for_each(|byte| bits.put(byte.into(), 7));
    (0..spare).for_each(|_| bits.put(0, 1));
    Ok(())
}

/// Characters of 6 bits up to six zeros (TDS annex G).
fn six(bits: &mut Bits<'_>) -> Result<String, EpcError> {
    let mut out = String::new();
    loop {
        match bits.small(6)? {
            0 => return Ok(out),
            code => out.push(six_character(code)),
        }
    }
}

fn six_character(code: u8) -> char {
    char::from(if code < 0x20 { code + 0x40 } else { code })
}

fn put_six(bits: &mut BitWriter, text: &str) {
    text.bytes().for_each(|byte| bits.put((byte & 0x3F).into(), 6));
    bits.put(0, 6);
}

fn other(bits: &mut Bits<'_>, scheme: OtherScheme) -> Result<Other, EpcError> {
    let fields = match scheme {
        OtherScheme::Usdod => {
            let cage: Result<String, _> = (0..6).map(|_| bits.small(8).map(char::from)).collect();
            vec![cage?.trim_start_matches(' ').to_owned(), bits.take(36)?.to_string()]
        }
        OtherScheme::Adi => {
            let cage: Result<String, _> = (0..6).map(|_| bits.small(6).map(six_character)).collect();
            vec![cage?.trim_start_matches(' ').to_owned(), six(bits)?, six(bits)?]
        }
        _ => vec![bits.take(28)?.to_string(), bits.take(24)?.to_string(), bits.take(36)?.to_string()],
    };
    Other::new(scheme, fields)
}

fn put_other(bits: &mut BitWriter, value: u8, other: &Other) -> Result<(), EpcError> {
    match (other.scheme(), other.fields()) {
        (OtherScheme::Usdod, [cage, serial]) => {
            filter(value, 4, bits)?;
            format!("{cage:>6}").bytes().for_each(|byte| bits.put(byte.into(), 8));
            put_plain(bits, serial, 36)?;
        }
        (OtherScheme::Adi, [cage, part, serial]) => {
            filter(value, 6, bits)?;
            format!("{cage:>6}").bytes().for_each(|byte| bits.put((byte & 0x3F).into(), 6));
            put_six(bits, part);
            put_six(bits, serial);
        }
        (OtherScheme::Gid, [manager, class, serial]) => {
            put_plain(bits, manager, 28)?;
            put_plain(bits, class, 24)?;
            put_plain(bits, serial, 36)?;
        }
        _ => return Err(EpcError::Capacity("an identity of this kind")),
    }
    Ok(())
}
