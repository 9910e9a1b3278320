//! MessagePack (github.com/msgpack/msgpack, spec.md), as much as a gateway's message is written in.

use plomb_wire::{Reader, Short};

/// Deepest nesting.
const DEPTH_MAX: u8 = 8;

/// One value; texts and byte strings are both bytes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Bytes(&'a [u8]),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Cut(Short),
    Deep,
    Unknown(u8),
}

impl From<Short> for Fault {
    fn from(short: Short) -> Self {
        Self::Cut(short)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Cut(short) => short.fmt(f),
            Self::Deep => f.write_str("nested too deep"),
            Self::Unknown(byte) => write!(f, "no format begins with {byte:#04x}"),
        }
    }
}

/// The next value. A length claims nothing: elements are read until they are there or the bytes end.
pub(super) fn value<'a>(reader: &mut Reader<'a>, depth: u8) -> Result<Value<'a>, Fault> {
    if depth > DEPTH_MAX {
        return Err(Fault::Deep);
    }
    Ok(match reader.u8()? {
        byte @ 0x00..=0x7F => Value::Int(byte.into()),
        byte @ 0x80..=0x8F => map(reader, u32::from(byte & 0x0F), depth)?,
        byte @ 0x90..=0x9F => array(reader, u32::from(byte & 0x0F), depth)?,
        byte @ 0xA0..=0xBF => bytes(reader, u32::from(byte & 0x1F))?,
        0xC0 => Value::Nil,
        0xC2 => Value::Bool(false),
        0xC3 => Value::Bool(true),
        0xC4 | 0xD9 => {
            let length = reader.u8()?.into();
            bytes(reader, length)?
        }
        0xC5 | 0xDA => {
            let length = reader.u16()?.into();
            bytes(reader, length)?
        }
        0xC6 | 0xDB => {
            let length = reader.u32()?;
            bytes(reader, length)?
        }
        byte @ 0xC7..=0xC9 => {
            let length = match byte {
                0xC7 => reader.u8()?.into(),
                0xC8 => reader.u16()?.into(),
                _ => reader.u32()?,
            };
            reader.skip(1)?;
            bytes(reader, length)?
        }
        0xCA => Value::Float(f32::from_bits(reader.u32()?).into()),
        0xCB => Value::Float(f64::from_bits(u64::from_be_bytes(reader.array()?))),
        0xCC => Value::Int(reader.u8()?.into()),
        0xCD => Value::Int(reader.u16()?.into()),
        0xCE => Value::Int(reader.u32()?.into()),
        0xCF => Value::Int(i64::try_from(u64::from_be_bytes(reader.array()?)).unwrap_or(i64::MAX)),
        0xD0 => Value::Int(i8::from_be_bytes(reader.array()?).into()),
        0xD1 => Value::Int(i16::from_be_bytes(reader.array()?).into()),
        0xD2 => Value::Int(i32::from_be_bytes(reader.array()?).into()),
        0xD3 => Value::Int(i64::from_be_bytes(reader.array()?)),
        byte @ 0xD4..=0xD8 => {
            reader.skip(1)?;
            bytes(reader, 1 << (byte - 0xD4))?
        }
        0xDC => {
            let count = reader.u16()?.into();
            array(reader, count, depth)?
        }
        0xDD => {
            let count = reader.u32()?;
            array(reader, count, depth)?
        }
        0xDE => {
            let count = reader.u16()?.into();
            map(reader, count, depth)?
        }
        0xDF => {
            let count = reader.u32()?;
            map(reader, count, depth)?
        }
        byte @ 0xE0..=0xFF => Value::Int(byte.cast_signed().into()),
        byte @ 0xC1 => return Err(Fault::Unknown(byte)),
    })
}

fn bytes<'a>(reader: &mut Reader<'a>, length: u32) -> Result<Value<'a>, Fault> {
    Ok(Value::Bytes(reader.take(usize::try_from(length).unwrap_or(usize::MAX))?))
}

fn array<'a>(reader: &mut Reader<'a>, count: u32, depth: u8) -> Result<Value<'a>, Fault> {
    let mut values = Vec::new();
    for _ in 0..count {
        values.push(value(reader, depth + 1)?);
    }
    Ok(Value::Array(values))
}

fn map<'a>(reader: &mut Reader<'a>, count: u32, depth: u8) -> Result<Value<'a>, Fault> {
    let mut pairs = Vec::new();
    for _ in 0..count {
        pairs.push((value(reader, depth + 1)?, value(reader, depth + 1)?));
    }
    Ok(Value::Map(pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(hex: &str) -> Result<Value<'static>, Fault> {
        let bytes: &'static [u8] = plomb_wire::from_hex(hex).unwrap().leak();
        value(&mut Reader::new(bytes), 0)
    }

    #[test]
    fn every_format_is_read() {
        for (hex, expected) in [
            ("7f", Value::Int(127)),
            ("e0", Value::Int(-32)),
            ("c0", Value::Nil),
            ("c3", Value::Bool(true)),
            ("ccff", Value::Int(255)),
            ("cdffff", Value::Int(65_535)),
            ("ceffffffff", Value::Int(4_294_967_295)),
            ("cf0000000000000001", Value::Int(1)),
            ("d0ff", Value::Int(-1)),
            ("d1ff00", Value::Int(-256)),
            ("d2ffffffff", Value::Int(-1)),
            ("d3ffffffffffffffff", Value::Int(-1)),
            ("ca3fc00000", Value::Float(1.5)),
            ("cb3ff8000000000000", Value::Float(1.5)),
            ("a161", Value::Bytes(b"a")),
            ("d90161", Value::Bytes(b"a")),
            ("da000161", Value::Bytes(b"a")),
            ("db0000000161", Value::Bytes(b"a")),
            ("c40161", Value::Bytes(b"a")),
            ("c5000161", Value::Bytes(b"a")),
            ("c60000000161", Value::Bytes(b"a")),
            ("d40561", Value::Bytes(b"a")),
            ("c7010561", Value::Bytes(b"a")),
            ("9101", Value::Array(vec![Value::Int(1)])),
            ("dc000101", Value::Array(vec![Value::Int(1)])),
            ("dd0000000101", Value::Array(vec![Value::Int(1)])),
            ("810102", Value::Map(vec![(Value::Int(1), Value::Int(2))])),
            ("de00010102", Value::Map(vec![(Value::Int(1), Value::Int(2))])),
            ("df000000010102", Value::Map(vec![(Value::Int(1), Value::Int(2))])),
        ] {
            assert_eq!(of(hex).unwrap(), expected, "{hex}");
        }
    }

    #[test]
    fn lengths_that_are_not_there_and_deep_nests_are_refused() {
        assert!(matches!(of("ddffffffff01"), Err(Fault::Cut(_))));
        assert!(matches!(of("dbffffffff61"), Err(Fault::Cut(_))));
        assert!(matches!(of(&"91".repeat(40)), Err(Fault::Deep)));
        assert!(matches!(of("c1"), Err(Fault::Unknown(0xC1))));
    }
}
