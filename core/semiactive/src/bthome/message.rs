//! The objects of a payload, as bthome.io/format has them: an id and a little-endian value each, in any order.

use plomb_model::Issue;

use super::table::OBJECTS;

/// A text, with its length before it.
pub(super) const TEXT: u8 = 0x53;
/// Bytes, with their length before them.
pub(super) const RAW: u8 = 0x54;

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Object<'a> {
    pub(super) id: u8,
    /// Our name for it, with the unit of one step.
    pub(super) name: &'static str,
    /// Where its id stands in the payload.
    pub(super) offset: usize,
    pub(super) bytes: &'a [u8],
    /// The number; 0 for texts and bytes.
    pub(super) value: i64,
}

/// Reads objects until the end or the first that is unknown or cut off: nobody can tell where the next begins.
pub(super) fn objects(payload: &[u8], base: usize) -> (Vec<Object<'_>>, Option<Issue>) {
    let (mut objects, mut at) = (Vec::new(), 0_usize);
    while let Some((&id, rest)) = payload.get(at..).and_then(<[u8]>::split_first) {
        let offset = base.saturating_add(at);
        let (name, signed, skip, length) = match (id, rest.first()) {
            (TEXT, Some(&length)) => ("text", false, 1, usize::from(length)),
            (RAW, Some(&length)) => ("raw", false, 1, usize::from(length)),
            (TEXT | RAW, None) => return (objects, Some(Issue::new(offset, "object cut off", "no length"))),
            _ => match OBJECTS.iter().find(|(known, ..)| *known == id) {
                Some(&(_, length, signed, name)) => (name, signed, 0, length),
                None => {
                    return (objects, Some(Issue::new(offset, "unknown object", format_args!("{id:#04x}"))));
                }
            },
        };
        let Some(bytes) = rest.get(skip..skip + length) else {
            let found = format_args!("{id:#04x} with {} of {length} bytes", rest.len().saturating_sub(skip))
                .to_string();
            return (objects, Some(Issue::new(offset, "object cut off", found)));
        };
        let value = if skip == 0 { number(bytes, signed) } else { 0 };
        objects.push(Object { id, name, offset, bytes, value });
        at += 1 + skip + length;
    }
    (objects, None)
}

/// A little-endian number of at most four bytes.
fn number(bytes: &[u8], signed: bool) -> i64 {
    let value = bytes.iter().rev().fold(0_i64, |value, byte| value << 8 | i64::from(*byte));
    let bits = bytes.len() * 8;
    if signed && bits > 0 && value >> (bits - 1) & 1 == 1 { value - (1 << bits) } else { value }
}
