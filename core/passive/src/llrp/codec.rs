//! From the bytes of a message to its parameters and fields, flat and in order.

use plomb_model::Issue;

use super::table::{self, Field, Row};

/// Bytes of a message's head.
pub const HEADER_BYTES: usize = 10;
/// Longest message that is taken: thousands of tags. With its events it stays below what an entry of the journal holds.
pub const MESSAGE_BYTES_MAX: usize = 512 << 10;
/// How deep parameters may lie in one another; the standard needs eight.
pub const DEPTH_MAX: usize = 16;

/// One thing found in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// First byte in the message.
    pub offset: usize,
    /// Number of the parameter, or of the message for fields of its own.
    pub owner: u16,
    /// Name of the parameter or field.
    pub name: &'static str,
    /// `None` where a parameter begins.
    pub field: Option<Field>,
    /// The value as it came, without its count.
    pub bytes: &'a [u8],
    /// The count before the value, where it has one: of bits, bytes or numbers.
    pub count: u16,
    /// How deep it lies: fields of the message and their parameters' fields one deeper each, and a parameter as deep
    /// as its fields.
    pub depth: usize,
}

impl Item<'_> {
    /// The value as a number (of at most eight bytes).
    #[must_use]
    pub fn number(&self) -> u64 {
        self.bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
    }
}

/// Type of the message and its length by its head, when the head is one.
#[must_use]
pub fn head(bytes: &[u8]) -> Option<(u16, usize)> {
    let [a, b, c, d, e, f, _, _, _, _, ..] = *bytes else { return None };
    let word = u16::from_be_bytes([a, b]);
    let length = usize::try_from(u32::from_be_bytes([c, d, e, f])).ok()?;
    let version = word >> 10 & 7;
    let fits = (HEADER_BYTES..=MESSAGE_BYTES_MAX).contains(&length);
    (word >> 13 == 0
        && (1..=2).contains(&version)
        && fits
        && table::row(table::MESSAGES, word & 0x3FF).is_some())
    .then_some((word & 0x3FF, length))
}

/// Version and number of a message, by its head.
#[must_use]
pub fn version_and_id(message: &[u8]) -> (u8, u32) {
    match *message {
        [a, _, _, _, _, _, e, f, g, h, ..] => (a >> 2 & 7, u32::from_be_bytes([e, f, g, h])),
        _ => (0, 0),
    }
}

/// Reads a whole message; what is unknown is passed through whole.
///
/// # Errors
/// An [`Issue`] where the structure breaks; `items` holds what was read before.
pub fn read<'a>(message: &'a [u8], items: &mut Vec<Item<'a>>) -> Result<u16, Issue> {
    let (number, _) = head(message).ok_or_else(|| Issue::new(0, "no LLRP message", message.len()))?;
    let row = table::row(table::MESSAGES, number);
    let body = message.get(HEADER_BYTES..).unwrap_or_default();
    if let Some(row) = row {
        fields(row, body, HEADER_BYTES, 0, items)?;
    }
    Ok(number)
}

fn fields<'a>(
    row: &'static Row,
    mut body: &'a [u8],
    mut at: usize,
    depth: usize,
    items: &mut Vec<Item<'a>>,
) -> Result<(), Issue> {
    if depth > DEPTH_MAX {
        return Err(Issue::new(at, "parameters nested too deeply", row.1));
    }
    for field in row.2 {
        let (name, prefix, unit, fixed) = match *field {
            Field::Byte(name) | Field::I8(name) => (name, 0, 1, 1),
            Field::Word(name) | Field::I16(name) => (name, 0, 1, 2),
            Field::Double(name) | Field::Secret(name) => (name, 0, 1, 4),
            Field::Long(name) => (name, 0, 1, 8),
            Field::Fixed(name, length) => (name, 0, 1, length),
            Field::Rest(name) => (name, 0, 1, body.len()),
            Field::Text(name) | Field::Bytes(name) => (name, 2, 1, 0),
            Field::Bits(name) => (name, 2, 0, 0),
            Field::Words(name) => (name, 2, 2, 0),
            Field::Quads(name) => (name, 2, 4, 0),
            Field::Params => return parameters(body, at, depth, items),
        };
        let count = match body {
            [a, b, ..] if prefix == 2 => u16::from_be_bytes([*a, *b]),
            _ => 0,
        };
        let length = match (prefix, unit) {
            (0, _) => fixed,
            (_, 0) => usize::from(count).div_ceil(8),
            _ => usize::from(count) * unit,
        };
        let Some(bytes) = body.get(prefix..prefix + length) else {
            return Err(Issue::new(at, "field cut off", format_args!("{} of {}", name, row.1)));
        };
        items.push(Item {
            offset: at + prefix,
            owner: row.0,
            name,
            field: Some(*field),
            bytes,
            count,
            depth,
        });
        body = body.get(prefix + length..).unwrap_or_default();
        at += prefix + length;
    }
    if body.is_empty() {
        Ok(())
    } else {
        Err(Issue::new(at, "bytes after the last field", format_args!("{} in {}", body.len(), row.1)))
    }
}

fn parameters<'a>(
    mut body: &'a [u8],
    mut at: usize,
    depth: usize,
    items: &mut Vec<Item<'a>>,
) -> Result<(), Issue> {
    while let Some(first) = body.first() {
        let (number, row, head, length) = if first & 0x80 != 0 {
            let number = u16::from(first & 0x7F);
            let row = table::row(table::TV, number)
                .ok_or_else(|| Issue::new(at, "unknown parameter without a length", number))?;
            let length = row.2.iter().map(|field| match field {
                Field::I8(_) => 1,
                Field::Double(_) => 4,
                Field::Long(_) => 8,
                Field::Fixed(_, length) => *length,
                _ => 2,
            });
            (number, Some(row), 1, 1 + length.sum::<usize>())
        } else {
            let [a, b, c, d, ..] = *body else {
                return Err(Issue::new(at, "parameter cut off", body.len()));
            };
            let number = u16::from_be_bytes([a, b]) & 0x3FF;
            (number, table::row(table::TLV, number), 4, usize::from(u16::from_be_bytes([c, d])))
        };
        let Some(bytes) = body.get(head..length) else {
            return Err(Issue::new(at, "parameter's length is wrong", format_args!("{number}: {length}")));
        };
        let name = row.map_or("unknown parameter", |row| row.1);
        let depth = depth + 1;
        items.push(Item { offset: at, owner: number, name, field: None, bytes, count: 0, depth });
        if let Some(row) = row {
            fields(row, bytes, at + head, depth, items)?;
        }
        body = body.get(length..).unwrap_or_default();
        at += length;
    }
    Ok(())
}
