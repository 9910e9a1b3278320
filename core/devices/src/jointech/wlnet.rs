//! The reports of wireless sub-devices (JT126 sensors, JT709 sub-locks) that a lock passes on:
//! `(id,1,serial,WLNET,5,type,<payload>)`, a text frame with a binary payload.
//!
//! In the payload the bytes `(`, `)`, `,` and `=` are sent as `=` and the byte xor 0x3D, so that `)` ends the
//! frame. Some captures hold the payload after this was undone; they are told by their length. Source:
//! `docs/protocols/jointech.md`, "Layout".

use plomb_wire::{Reader, Short};

use super::message::Location;

/// Bytes of a payload before what depends on the sub-device's type.
const COMMON_BYTES: usize = 34;
/// Where the type of the sub-device stands.
const TYPE_OFFSET: usize = 33;
/// Longest payload on the wire: twice the longest known (41), each byte escaped, and as much again for what is not known.
pub(super) const RAW_BYTES_MAX: usize = 164;

/// A payload in the vendor's words and raw units.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'a> {
    /// Place of the master.
    pub(super) location: Location,
    /// Clock of the sub-device, BCD `DDMMYYhhmmss`.
    pub(super) sensor_time: [u8; 6],
    /// Where that clock stands in the payload.
    pub(super) sensor_time_offset: usize,
    /// Number of the sub-device, five bytes shown in hex.
    pub(super) sensor: [u8; 5],
    /// Serial number to acknowledge.
    pub(super) serial: u8,
    /// Battery, hundredths of a volt.
    pub(super) voltage: u16,
    /// Battery, percent.
    pub(super) battery: u8,
    /// Received strength at the master, dBm without its minus.
    pub(super) rssi: u8,
    /// 1 = JT126 sensor, 4 to 6 = sub-locks.
    pub(super) kind: u8,
    /// What depends on the type.
    pub(super) body: Body<'a>,
    /// What the payload still holds.
    pub(super) rest: &'a [u8],
}

/// What depends on the type of the sub-device.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body<'a> {
    /// JT126.
    Climate {
        /// Top nibble set: below zero; the rest tenths of °C; 0xFFFF: none.
        temperature: u16,
        /// Percent; 0xFF: none.
        humidity: u8,
        /// Records kept in the sensor.
        stored: u16,
        /// Bits of the gateway.
        gateway: u8,
    },
    /// JT709 and later locks.
    Lock {
        /// Bit 15: sent again; the rest: what happened.
        event: u16,
        /// Bits of the lock.
        status: u16,
        /// How often it was locked.
        cycles: u16,
        /// Bits of the gateway.
        gateway: u8,
    },
    /// A type without a known layout, or one cut short.
    Other(&'a [u8]),
}

/// Bytes of the text before the payload, if this is such a report: `(digits,digits,digits,WLNET,5,digits,`.
pub(super) fn report_header(bytes: &[u8]) -> Option<usize> {
    let mut fields = bytes.get(1..)?.splitn(7, |byte| *byte == b',');
    let mut length = 1;
    for index in 0..6 {
        let field = fields.next()?;
        let fits = match index {
            3 => field == b"WLNET",
            4 => field == b"5",
            _ => !field.is_empty() && field.len() <= 20 && field.iter().all(u8::is_ascii_digit),
        };
        if !fits {
            return None;
        }
        length += field.len() + 1;
    }
    fields.next().map(|_| length)
}

/// Where the payload at the front of `raw` ends, once that can be said. Without escapes a `)` may be data: then
/// the length that the type asks for decides, if as many bytes come (`ending`: no more will).
pub(super) fn end(raw: &[u8], ending: bool) -> Option<usize> {
    let first = raw.iter().position(|byte| *byte == b')')?;
    let escaped = raw.get(..first).unwrap_or_default();
    let (length, kind) = unescaped_length(escaped);
    if length >= kind.map_or(COMMON_BYTES, payload_bytes) {
        return Some(first);
    }
    let plain = raw.get(TYPE_OFFSET).map(|kind| payload_bytes(*kind));
    match plain.and_then(|plain| raw.get(plain)) {
        Some(b')') => plain,
        Some(_) => Some(first),
        None => ending.then_some(first),
    }
}

/// Least bytes of a payload of this type.
const fn payload_bytes(kind: u8) -> usize {
    match kind {
        1 => COMMON_BYTES + 6,
        4..=6 => COMMON_BYTES + 7,
        _ => COMMON_BYTES,
    }
}

/// How many bytes there are after un-escaping, and the type among them.
fn unescaped_length(raw: &[u8]) -> (usize, Option<u8>) {
    let mut kind = None;
    let mut length = 0;
    for byte in unescape(raw) {
        if length == TYPE_OFFSET {
            kind = Some(byte);
        }
        length += 1;
    }
    (length, kind)
}

/// The bytes without their escapes.
fn unescape(raw: &[u8]) -> impl Iterator<Item = u8> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let byte = *raw.get(at)?;
        let original = raw.get(at + 1).map(|next| next ^ b'=').filter(|byte| b"(),=".contains(byte));
        match original {
            Some(original) if byte == b'=' => {
                at += 2;
                Some(original)
            }
            _ => {
                at += 1;
                Some(byte)
            }
        }
    })
}

/// The payload without escapes, in `scratch`; as it came if its length shows that nothing was escaped.
pub(super) fn payload<'a>(raw: &'a [u8], scratch: &'a mut Vec<u8>) -> &'a [u8] {
    scratch.clear();
    scratch.extend(unescape(raw));
    let plain = raw.get(TYPE_OFFSET).is_some_and(|kind| raw.len() == payload_bytes(*kind));
    if plain && scratch.len() < raw.len() { raw } else { scratch }
}

/// Where byte `index` of the payload stands in `raw`.
pub(super) fn raw_offset(raw: &[u8], payload: &[u8], index: usize) -> usize {
    if raw.len() == payload.len() {
        return index;
    }
    let mut at = 0;
    for _ in 0..index {
        let escape = raw.get(at) == Some(&b'=')
            && raw.get(at + 1).is_some_and(|next| b"(),=".contains(&(next ^ b'=')));
        at += if escape { 2 } else { 1 };
    }
    at
}

impl<'a> Report<'a> {
    /// Reads a payload; offsets in it are those of the payload.
    ///
    /// # Errors
    /// [`Short`] when it ends before the type of the sub-device.
    pub(super) fn read(payload: &'a [u8]) -> Result<Self, Short> {
        let mut reader = Reader::new(payload);
        let location = Location::read(&mut reader)?;
        let sensor_time_offset = reader.offset();
        let sensor_time = reader.array()?;
        let sensor = reader.array()?;
        let serial = reader.u8()?;
        let voltage = reader.u16()?;
        let battery = reader.u8()?;
        let rssi = reader.u8()?;
        let kind = reader.u8()?;
        let body = match kind {
            1 => Body::climate(&mut reader),
            4..=6 => Body::lock(&mut reader),
            _ => Ok(Body::Other(reader.rest())),
        };
        let (body, rest) = match body {
            Ok(Body::Other(rest)) => (Body::Other(rest), &[][..]),
            Ok(body) => (body, reader.rest()),
            Err(_) => (Body::Other(payload.get(COMMON_BYTES..).unwrap_or_default()), &[][..]),
        };
        let report = Self {
            location,
            sensor_time,
            sensor_time_offset,
            sensor,
            serial,
            voltage,
            battery,
            rssi,
            kind,
            body,
            rest,
        };
        Ok(report)
    }

    /// Whether the type is known and its part ends too early.
    pub(super) const fn is_cut(&self, payload: &[u8]) -> bool {
        payload.len() < payload_bytes(self.kind)
    }
}

impl Body<'_> {
    fn climate(reader: &mut Reader<'_>) -> Result<Self, Short> {
        Ok(Self::Climate {
            temperature: reader.u16()?,
            humidity: reader.u8()?,
            stored: reader.u16()?,
            gateway: reader.u8()?,
        })
    }

    fn lock(reader: &mut Reader<'_>) -> Result<Self, Short> {
        Ok(Self::Lock {
            event: reader.u16()?,
            status: reader.u16()?,
            cycles: reader.u16()?,
            gateway: reader.u8()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_bytes_come_back_and_an_equals_sign_alone_stays() {
        let raw = [0x3D, 0x15, 0x3D, 0x14, 0x3D, 0x11, 0x3D, 0x00, 0x3D, 0x41, 0x3D];
        assert_eq!(unescape(&raw).collect::<Vec<_>>(), [b'(', b')', b',', b'=', b'=', 0x41, b'=']);
    }

    #[test]
    fn the_length_tells_a_payload_that_was_unescaped_already() {
        let mut plain = vec![0x3D, 0x15, b')', 0x01];
        plain.resize(TYPE_OFFSET, 0x20);
        plain.extend([1, 0, 0, 0, 0, 0, 0]);
        let mut with_end = plain.clone();
        with_end.push(b')');
        assert_eq!(end(&with_end, false), Some(40));
        assert_eq!(end(&with_end[..40], false), None, "not before the whole length is there");
        assert_eq!(end(&with_end[..40], true), Some(2));
        assert_eq!(payload(&plain, &mut Vec::new()), plain);
        let escaped: Vec<u8> = plain
            .iter()
            .flat_map(|byte| if b"(),=".contains(byte) { vec![b'=', byte ^ b'='] } else { vec![*byte] })
            .collect();
        assert_eq!(payload(&escaped, &mut Vec::new()), plain);
        assert_eq!(end(&[&escaped[..], b")"].concat(), false), Some(escaped.len()));
        assert_eq!(raw_offset(&escaped, &plain, 3), 5);
    }

    #[test]
    fn the_header_of_a_report() {
        assert_eq!(report_header(b"(8054201973,1,168,WLNET,5,2,\x28"), Some(28));
        assert_eq!(report_header(b"(8054201973,1,168,WLNET,5,2"), None);
        assert_eq!(report_header(b"(8054201973,1,168,WLNET,8,1,1"), None);
    }
}
