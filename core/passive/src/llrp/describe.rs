//! A message laid open parameter by parameter; passwords left out.

use plomb_session::Description;
use plomb_wire::to_hex;

use super::codec;
use super::gate;
use super::table::{self, Field};

/// Lays a message open as far as it can be read.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    if wire.starts_with(gate::BEGINNING) {
        return gate::describe(wire);
    }
    let mut items = Vec::new();
    let outcome = codec::read(wire, &mut items);
    let name = codec::head(wire).and_then(|(number, _)| table::row(table::MESSAGES, number));
    let mut description = Description::new(name.map_or("no LLRP message", |row| row.1));
    for item in &items {
        let value = match item.field {
            None => format!("parameter {}", item.owner),
            Some(Field::Secret(_)) => "[redacted]".to_owned(),
            Some(Field::Text(_)) => String::from_utf8_lossy(item.bytes).into_owned(),
            Some(Field::I8(_)) => item.bytes.first().map_or(0, |byte| byte.cast_signed()).to_string(),
            Some(Field::I16(_)) => match *item.bytes {
                [a, b] => i16::from_be_bytes([a, b]).to_string(),
                _ => String::new(),
            },
            Some(Field::Byte(_) | Field::Word(_) | Field::Double(_) | Field::Long(_)) => {
                item.number().to_string()
            }
            Some(_) => to_hex(item.bytes),
        };
        description.field(item.offset, item.bytes.len(), item.name, value);
    }
    if let Err(issue) = outcome {
        description.field(0, wire.len(), "damaged", format_args!("{}: {}", issue.what, issue.found));
    }
    description
}
