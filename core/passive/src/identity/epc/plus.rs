//! The forms of TDS 2: digits in four bits each, characters in as few bits as they need (TDS section 14.5).

use super::EpcError;
use super::bits::{BitWriter, Bits, bits_of, number, padded};
use super::key::{Gs1, Key, Number, Serial, all_digits, without_check};

/// Four bits after digits: characters follow.
const DELIMITER: u8 = 0b1110;
/// Four bits after digits: nothing follows.
const TERMINATOR: u8 = 0b1111;
/// URN Code 40 (TDS table 14-8), from 1 on.
const CODE_40: &[u8; 39] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-.:0123456789";
const BASE_64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What the date of DSGTIN+ is (TDS section 14.5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DateKind {
    /// Application identifier 11.
    Production = 0,
    /// Application identifier 13.
    Packaging = 1,
    /// Application identifier 15.
    BestBefore = 2,
    /// Application identifier 16.
    SellBy = 3,
    /// Application identifier 17.
    Expiration = 4,
    /// Application identifier 7006.
    FirstFreeze = 5,
    /// Application identifier 7007.
    Harvest = 6,
}

impl DateKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Production,
        Self::Packaging,
        Self::BestBefore,
        Self::SellBy,
        Self::Expiration,
        Self::FirstFreeze,
        Self::Harvest,
    ];
}

/// A date of DSGTIN+; the century is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PriorityDate {
    kind: DateKind,
    year: u8,
    month: u8,
    day: u8,
}

impl PriorityDate {
    /// A date; day 0 is the whole month.
    #[must_use]
    pub fn new(kind: DateKind, year: u8, month: u8, day: u8) -> Option<Self> {
        let days = match month {
            2 if year.is_multiple_of(4) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (year <= 99 && day <= days).then_some(Self { kind, year, month, day })
    }

    /// What the date is.
    #[must_use]
    pub const fn kind(&self) -> DateKind {
        self.kind
    }

    /// Year of the century, month, day.
    #[must_use]
    pub const fn date(&self) -> (u8, u8, u8) {
        (self.year, self.month, self.day)
    }

    pub(super) fn take(bits: &mut Bits<'_>) -> Result<Self, EpcError> {
        let code = bits.small(4)?;
        let kind = DateKind::ALL.into_iter().find(|kind| *kind as u8 == code);
        let kind = kind.ok_or(EpcError::Form("a date of a kind that is reserved"))?;
        Self::new(kind, bits.small(7)?, bits.small(4)?, bits.small(5)?)
            .ok_or(EpcError::Form("no date of the calendar"))
    }

    pub(super) fn put(self, bits: &mut BitWriter) {
        bits.put((self.kind as u8).into(), 4);
        bits.put(self.year.into(), 7);
        bits.put(self.month.into(), 4);
        bits.put(self.day.into(), 5);
    }
}

/// The key after header, bit and filter.
pub(super) fn take(bits: &mut Bits<'_>, key: Key) -> Result<Gs1, EpcError> {
    let rule = key.rule();
    let number = match rule.number {
        Number::Digits(digits) | Number::Leading(digits) => {
            if key == Key::Grai && bits.take(4)? != 0 {
                return Err(EpcError::Form("a GRAI begins with 0"));
            }
            let text: Result<String, _> = (0..digits + 1 + key.pieces()).map(|_| digit(bits)).collect();
            without_check(key, &text?)?
        }
        Number::Free | Number::Component => delimited(bits)?,
    };
    let serial = match rule.serial {
        Serial::None => None,
        _ if matches!(key, Key::Sgcn | Key::Cpi) => {
            let length = usize::from(bits.small(4)?);
            Some(padded(bits.take(bits_of(length))?, length)?)
        }
        Serial::Joined(max) | Serial::Own(_, max) => Some(alphanumeric(bits, max)?),
    };
    Gs1::new(key, number, serial, None)
}

fn digit(bits: &mut Bits<'_>) -> Result<char, EpcError> {
    char::from_digit(bits.small(4)?.into(), 10).ok_or(EpcError::Form("a digit of more than 9"))
}

fn delimited(bits: &mut Bits<'_>) -> Result<String, EpcError> {
    let mut text = String::new();
    loop {
        match bits.small(4)? {
            TERMINATOR => return Ok(text),
            DELIMITER => return Ok(text + &alphanumeric(bits, 30)?),
            code => {
                text.push(char::from_digit(code.into(), 10).ok_or(EpcError::Form("a digit of more than 9"))?)
            }
        }
    }
}

/// How characters are written: the encoding indicator (TDS table E).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Integer,
    UpperHex,
    LowerHex,
    Base64,
    Ascii,
    Code40,
}

impl Method {
    /// In the order of the indicators.
    const ALL: [Self; 6] =
        [Self::Integer, Self::UpperHex, Self::LowerHex, Self::Base64, Self::Ascii, Self::Code40];

    fn allows(self, byte: u8) -> bool {
        match self {
            Self::Integer => byte.is_ascii_digit(),
            Self::UpperHex => byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte),
            Self::LowerHex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Base64 => BASE_64.contains(&byte),
            Self::Ascii => byte.is_ascii(),
            Self::Code40 => CODE_40.contains(&byte),
        }
    }

    fn bits(self, length: usize) -> usize {
        match self {
            Self::Integer => bits_of(length),
            Self::UpperHex | Self::LowerHex => length * 4,
            Self::Base64 => length * 6,
            Self::Ascii => length * 7,
            Self::Code40 => length.div_ceil(3) * 16,
        }
    }
}

fn alphanumeric(bits: &mut Bits<'_>, max: usize) -> Result<String, EpcError> {
    let indicator = usize::from(bits.small(3)?);
    let method = *Method::ALL.get(indicator).ok_or(EpcError::Form("an encoding that is reserved"))?;
    let length = usize::from(bits.small(5)?);
    if length == 0 || length > max {
        return Err(EpcError::Form("a serial number is empty or too long"));
    }
    let hex = |code: u8| char::from_digit(code.into(), 16).unwrap_or('0');
    match method {
        Method::Integer => padded(bits.take(bits_of(length))?, length),
        Method::UpperHex => {
            (0..length).map(|_| bits.small(4).map(|code| hex(code).to_ascii_uppercase())).collect()
        }
        Method::LowerHex => (0..length).map(|_| bits.small(4).map(hex)).collect(),
        Method::Base64 => (0..length).map(|_| bits.small(6).map(|code| nth(BASE_64, code.into()))).collect(),
        Method::Ascii => (0..length).map(|_| bits.small(7).map(char::from)).collect(),
        Method::Code40 => code_40(bits, length),
    }
}

fn nth(table: &[u8], place: usize) -> char {
    char::from(table.get(place).copied().unwrap_or_default())
}

/// Three characters in 16 bits: `1600 a + 40 b + c + 1`; nought fills the last group.
fn code_40(bits: &mut Bits<'_>, length: usize) -> Result<String, EpcError> {
    let wrong = EpcError::Form("three characters that are none");
    let mut text = String::new();
    for _ in 0..length.div_ceil(3) {
        let group =
            usize::try_from(bits.take(16)?).ok().and_then(|group| group.checked_sub(1)).ok_or(wrong)?;
        for code in [group / 1600, group / 40 % 40, group % 40] {
            match code.checked_sub(1) {
                _ if text.len() == length && code == 0 => {}
                Some(place) if text.len() < length && place < CODE_40.len() => text.push(nth(CODE_40, place)),
                _ => return Err(wrong),
            }
        }
    }
    Ok(text)
}

/// The key after header, bit and filter.
pub(super) fn put(bits: &mut BitWriter, gs1: &Gs1) -> Result<(), EpcError> {
    let key = gs1.key();
    if key.digits().is_some() {
        let nought = if key == Key::Grai { "0" } else { "" };
        put_digits(bits, nought);
        put_digits(bits, &gs1.checked_number());
    } else {
        let end = gs1.number().find(|c: char| !c.is_ascii_digit()).unwrap_or_else(|| gs1.number().len());
        let (digits, rest) = gs1.number().split_at_checked(end).unwrap_or_default();
        put_digits(bits, digits);
        bits.put(if rest.is_empty() { TERMINATOR } else { DELIMITER }.into(), 4);
        if !rest.is_empty() {
            put_alphanumeric(bits, rest)?;
        }
    }
    match (key.rule().serial, gs1.serial()) {
        (Serial::None, _) => Ok(()),
        (_, None) => Err(EpcError::Capacity("a class without serial number")),
        (_, Some(serial)) if matches!(key, Key::Sgcn | Key::Cpi) => {
            bits.put(u128::try_from(serial.len()).unwrap_or_default(), 4);
            bits.put(number(serial)?, bits_of(serial.len()));
            Ok(())
        }
        (_, Some(serial)) => put_alphanumeric(bits, serial),
    }
}

fn put_digits(bits: &mut BitWriter, digits: &str) {
    debug_assert!(all_digits(digits), "a number of a key is digits");
    digits.bytes().for_each(|byte| bits.put((byte & 0x0F).into(), 4));
}

/// By the method that needs the fewest bits; of two that need as many, the one with the smaller indicator.
fn put_alphanumeric(bits: &mut BitWriter, text: &str) -> Result<(), EpcError> {
    let able = (0_u128..).zip(Method::ALL).filter(|(_, method)| text.bytes().all(|byte| method.allows(byte)));
    let (indicator, method) = able
        .min_by_key(|(_, method)| method.bits(text.len()))
        .ok_or(EpcError::Capacity("characters outside of ASCII"))?;
    bits.put(indicator, 3);
    bits.put(u128::try_from(text.len()).unwrap_or_default(), 5);
    let place = |table: &[u8], byte: u8| -> u128 {
        table
            .iter()
            .position(|known| *known == byte)
            .and_then(|place| u128::try_from(place).ok())
            .unwrap_or_default()
    };
    match method {
        Method::Integer => bits.put(number(text)?, bits_of(text.len())),
        Method::UpperHex | Method::LowerHex => {
            text.chars().for_each(|c| bits.put(c.to_digit(16).unwrap_or_default().into(), 4));
        }
        Method::Base64 => text.bytes().for_each(|byte| bits.put(place(BASE_64, byte), 6)),
        Method::Ascii => text.bytes().for_each(|byte| bits.put(byte.into(), 7)),
        Method::Code40 => text.as_bytes().chunks(3).for_each(|group| {
            let code = |at: usize| group.get(at).map_or(0, |byte| place(CODE_40, *byte) + 1);
            bits.put(1600 * code(0) + 40 * code(1) + code(2) + 1, 16);
        }),
    }
    Ok(())
}
