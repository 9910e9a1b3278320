//! A message laid open for a person.

use plomb_wire::{Reader, to_hex};

use super::frame::HEADER_BYTES;
use super::message::{self, Confirmation, Location, OriginatedHeader};
use crate::Description;

/// A message laid open for a person.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let mut description = Description::new("Iridium DirectIP message");
    if frame.len() < HEADER_BYTES {
        description.field(0, frame.len(), "bytes that do not fit", to_hex(frame));
        return description;
    }
    let mut reader = Reader::at(frame.get(HEADER_BYTES..).unwrap_or_default(), HEADER_BYTES);
    while let Ok(element) = message::element(&mut reader) {
        let (at, content) = (element.offset + 3, element.content);
        let (name, value) = match element.id {
            0x01 => (
                "MO header",
                OriginatedHeader::read(content)
                    .map(|header| {
                        let imei = String::from_utf8_lossy(&header.imei).into_owned();
                        format!(
                            "CDR {} IMEI {imei} {} MOMSN {} MTMSN {} time {}",
                            header.reference,
                            message::session_status(header.status),
                            header.momsn,
                            header.mtmsn,
                            header.time_s
                        )
                    })
                    .ok(),
            ),
            0x02 => ("MO payload", None),
            0x03 => ("MO location", Location::read(content).map(|location| format!("{location:?}")).ok()),
            0x05 => ("MO confirmation", None),
            0x41 => ("MT header", None),
            0x42 => ("MT payload", None),
            0x44 => (
                "MT confirmation",
                Confirmation::read(content)
                    .map(|confirmation| format!("status {}", confirmation.status))
                    .ok(),
            ),
            _ => ("element", None),
        };
        description.field(
            element.offset,
            3,
            "element",
            format_args!("0x{:02x}, {} bytes", element.id, content.len()),
        );
        description.field(at, content.len(), name, value.unwrap_or_else(|| to_hex(content)));
    }
    if !reader.is_empty() {
        description.field(reader.offset(), reader.left(), "bytes that do not fit", to_hex(reader.rest()));
    }
    description
}
