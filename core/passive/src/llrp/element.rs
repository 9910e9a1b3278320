//! A message as a tree of parameters, as it is written and as it is read.

use plomb_model::Issue;

use super::codec::{self, HEADER_BYTES, Item, MESSAGE_BYTES_MAX};
use super::table::{self, Field, MESSAGES, Row, TLV, TLV_MIN, TV};

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A number of at most 64 bits; a signed one in two's complement of the field's width.
    Number(u64),
    /// Text, bytes, or whatever is left.
    Bytes(Vec<u8>),
    /// So many bits, from the highest of the first byte.
    Bits(u16, Vec<u8>),
    /// Numbers in a row.
    Numbers(Vec<u32>),
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

/// A message's body or a parameter: the values of its fields in their order, and the parameters in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its number in the standard; of a parameter nobody knows, the one value is all its bytes.
    pub number: u16,
    /// The values of its fields.
    pub values: Vec<Value>,
    /// The parameters in it.
    pub parts: Vec<Self>,
}

/// A whole message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// 1 is LLRP 1.0.1, 2 is LLRP 1.1.
    pub version: u8,
    /// By which an answer finds its question.
    pub id: u32,
    /// What it says.
    pub body: Element,
}

/// Why a message cannot be put into bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// There is none of this number.
    #[error("LLRP has no message or parameter {0}")]
    Unknown(u16),
    /// Values that the standard does not give it, or too large ones.
    #[error("the values of {0} are not those of the standard")]
    Values(&'static str),
    /// It does not fit into its length.
    #[error("{0} is too long")]
    TooLong(&'static str),
}

impl Element {
    /// A parameter by its name in the standard.
    #[must_use]
    pub fn parameter(name: &str, values: Vec<Value>, parts: Vec<Self>) -> Self {
        let number = table::number(TLV, name).or_else(|| table::number(TV, name)).unwrap_or_default();
        Self { number, values, parts }
    }

    /// A message's body by its name in the standard.
    #[must_use]
    pub fn message(name: &str, values: Vec<Value>, parts: Vec<Self>) -> Self {
        Self { number: table::number(MESSAGES, name).unwrap_or_default(), values, parts }
    }

    /// The message's name in the standard.
    #[must_use]
    pub fn message_name(&self) -> &'static str {
        table::row(MESSAGES, self.number).map_or("unknown message", |row| row.1)
    }
}

impl Message {
    /// The message in bytes.
    ///
    /// # Errors
    /// [`EncodeError`] when it is not one of the standard.
    pub fn encode(&self) -> Result<Vec<u8>, EncodeError> {
        let number = self.body.number;
        let row = table::row(MESSAGES, number).ok_or(EncodeError::Unknown(number))?;
        let mut body = Vec::new();
        write_fields(row, &self.body, &mut body)?;
        let length = HEADER_BYTES + body.len();
        let counted = u32::try_from(length).ok().filter(|_| length <= MESSAGE_BYTES_MAX);
        let counted = counted.ok_or(EncodeError::TooLong(row.1))?;
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(&(u16::from(self.version & 7) << 10 | number).to_be_bytes());
        bytes.extend_from_slice(&counted.to_be_bytes());
        bytes.extend_from_slice(&self.id.to_be_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// Reads a whole message.
    ///
    /// # Errors
    /// An [`Issue`] where the structure breaks.
    pub fn read(wire: &[u8]) -> Result<Self, Issue> {
        let mut items = Vec::new();
        let number = codec::read(wire, &mut items)?;
        let mut body = Element { number, values: Vec::new(), parts: Vec::new() };
        fill(&mut body, &items, &mut 0, 0);
        let (version, id) = codec::version_and_id(wire);
        Ok(Self { version, id, body })
    }
}

/// Puts the items from `at` on that belong to an element at `depth` into it.
fn fill(element: &mut Element, items: &[Item<'_>], at: &mut usize, depth: usize) {
    while let Some(item) = items.get(*at) {
        if item.depth < depth || (item.depth == depth && item.field.is_none()) {
            return;
        }
        *at += 1;
        if let Some(field) = item.field {
            element.values.push(value(field, item));
            continue;
        }
        let mut part = Element { number: item.owner, values: Vec::new(), parts: Vec::new() };
        if table::parameter(item.owner).is_none() {
            part.values.push(Value::Bytes(item.bytes.to_vec()));
        }
        fill(&mut part, items, at, item.depth);
        element.parts.push(part);
    }
}

fn value(field: Field, item: &Item<'_>) -> Value {
    let numbers = |width: usize| {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum: u32, byte| sum << 8 | u32::from(*byte));
        Value::Numbers(item.bytes.chunks(width).map(number).collect())
    };
    match field {
        Field::Text(_) | Field::Bytes(_) | Field::Fixed(..) | Field::Rest(_) | Field::Params => {
            Value::Bytes(item.bytes.to_vec())
        }
        Field::Bits(_) => Value::Bits(item.count, item.bytes.to_vec()),
        Field::Words(_) => numbers(2),
        Field::Quads(_) => numbers(4),
        _ => Value::Number(item.number()),
    }
}

fn write_fields(row: &'static Row, element: &Element, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let wrong = EncodeError::Values(row.1);
    let mut values = element.values.iter();
    let mut takes_parts = false;
    for field in row.2 {
        if *field == Field::Params {
            takes_parts = true;
        } else {
            write_value(*field, values.next().ok_or(wrong)?, out).ok_or(wrong)?;
        }
    }
    if values.next().is_some() || !(takes_parts || element.parts.is_empty()) {
        return Err(wrong);
    }
    element.parts.iter().try_for_each(|part| write_parameter(part, out))
}

/// `None` where the value is none of the field's.
fn write_value(field: Field, value: &Value, out: &mut Vec<u8>) -> Option<()> {
    let count = |length: usize| u16::try_from(length).ok().map(u16::to_be_bytes);
    match (field, value) {
        (Field::Byte(_) | Field::I8(_), Value::Number(number)) => out.push(u8::try_from(*number).ok()?),
        (Field::Word(_) | Field::I16(_), Value::Number(number)) => {
            out.extend_from_slice(&u16::try_from(*number).ok()?.to_be_bytes());
        }
        (Field::Double(_) | Field::Secret(_), Value::Number(number)) => {
            out.extend_from_slice(&u32::try_from(*number).ok()?.to_be_bytes());
        }
        (Field::Long(_), Value::Number(number)) => out.extend_from_slice(&number.to_be_bytes()),
        (Field::Text(_) | Field::Bytes(_), Value::Bytes(bytes)) => {
            out.extend_from_slice(&count(bytes.len())?);
            out.extend_from_slice(bytes);
        }
        (Field::Fixed(_, length), Value::Bytes(bytes)) if bytes.len() == length => {
            out.extend_from_slice(bytes);
        }
        (Field::Rest(_), Value::Bytes(bytes)) => out.extend_from_slice(bytes),
        (Field::Bits(_), Value::Bits(bits, bytes)) if bytes.len() == usize::from(*bits).div_ceil(8) => {
            out.extend_from_slice(&bits.to_be_bytes());
            out.extend_from_slice(bytes);
        }
        (Field::Words(_), Value::Numbers(numbers)) => {
            out.extend_from_slice(&count(numbers.len())?);
            for number in numbers {
                out.extend_from_slice(&u16::try_from(*number).ok()?.to_be_bytes());
            }
        }
        (Field::Quads(_), Value::Numbers(numbers)) => {
            out.extend_from_slice(&count(numbers.len())?);
            numbers.iter().for_each(|number| out.extend_from_slice(&number.to_be_bytes()));
        }
        _ => return None,
    }
    Some(())
}

fn write_parameter(element: &Element, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let number = element.number;
    let row = table::parameter(number);
    let mut body = Vec::new();
    match (row, element.values.as_slice()) {
        (Some(row), _) => write_fields(row, element, &mut body)?,
        (None, [Value::Bytes(bytes)]) if number >= TLV_MIN => body.extend_from_slice(bytes),
        _ => return Err(EncodeError::Unknown(number)),
    }
    if let Some(low) = u8::try_from(number).ok().filter(|low| u16::from(*low) < TLV_MIN) {
        out.push(0x80 | low);
    } else {
        let name = row.map_or("an unknown parameter", |row| row.1);
        let length = u16::try_from(body.len() + 4).map_err(|_| EncodeError::TooLong(name))?;
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(&length.to_be_bytes());
    }
    out.extend_from_slice(&body);
    Ok(())
}
