//! A tag as readers write it down: its memory in hex or base64, its identifiers, and the read as an event.
//!
//! Without cryptography a read is a claim: whoever writes the same EPC into another tag makes the same read.

use base64ct::{Base64, Base64Unpadded, Base64Url, Base64UrlUnpadded, Encoding};
use plomb_model::{DeviceId, Event, EventKind, Issue, Reading, Scheme};
use plomb_wire::{from_hex, to_hex};

/// Longest memory bank that is taken, bytes: 496 bits of EPC behind its protocol word (GS1 EPC TDS), with room.
const BANK_BYTES_MAX: usize = 256;
/// Most bytes of an EPC whose hex digits are an identifier; a longer one is written in base64url behind `u-`.
const HEX_EPC_BYTES_MAX: usize = 23;

/// The bytes of a memory bank written in hex, in either case, blanks and a leading `0x` passed over.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digits: String = text.trim().trim_start_matches("0x").split_whitespace().collect();
    let bytes = from_hex(&digits).ok()?;
    (1..=BANK_BYTES_MAX).contains(&bytes.len()).then_some(bytes)
}

/// The bytes of a memory bank written in base64, either alphabet, padded or not.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim();
    let decoders = [
        Base64::decode_vec as fn(&str) -> _,
        Base64Unpadded::decode_vec,
        Base64Url::decode_vec,
        Base64UrlUnpadded::decode_vec,
    ];
    let bytes = decoders.into_iter().find_map(|decode| decode(text).ok())?;
    (1..=BANK_BYTES_MAX).contains(&bytes.len()).then_some(bytes)
}

/// The tag that carries this EPC.
pub(crate) fn epc(bytes: &[u8]) -> Option<DeviceId> {
    let name = if bytes.len() <= HEX_EPC_BYTES_MAX {
        to_hex(bytes).to_uppercase()
    } else {
        format!("u-{}", Base64UrlUnpadded::encode_string(bytes))
    };
    DeviceId::new(Scheme::Epc, &name).ok()
}

/// The chip with this tag identification, as another name of the tag.
pub(crate) fn tid(bytes: &[u8]) -> Option<Reading> {
    DeviceId::new(Scheme::Tag, &to_hex(bytes).to_uppercase()).ok().map(Reading::Alias)
}

/// The read of the tag with this EPC, to be filled with what the reader says of it.
///
/// # Errors
/// An issue at `offset` where the EPC is none.
pub(crate) fn read(bytes: Option<&[u8]>, shown: &str, offset: usize) -> Result<Event, Issue> {
    let mut event = Event::new(EventKind::Status);
    event.peripheral = bytes.and_then(epc);
    if event.peripheral.is_none() {
        return Err(Issue::new(offset, "a read without an EPC that can be read", format_args!("{shown:?}")));
    }
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn banks_in_hex_and_base64() {
        let bytes = hex("0xE280 1160000002024ad89e1f").unwrap();
        assert_eq!(epc(&bytes).unwrap().to_string(), "epc:E2801160000002024AD89E1F");
        assert_eq!(base64("4oARYAAAAgJK2J4f").unwrap(), bytes);
        assert_eq!(base64("-_8").unwrap(), [0xFB, 0xFF]);
        assert_eq!(base64("+/8=").unwrap(), [0xFB, 0xFF]);
        assert_eq!(hex(""), None);
        assert_eq!(hex("E28"), None);
        assert_eq!(base64("!"), None);
        assert_eq!(epc(&[7; 24]).unwrap().value().len(), 34);
        assert_eq!(epc(&[7; 80]), None, "longer than an identifier");
    }
}
