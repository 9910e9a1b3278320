//! Frames of JT/T 808: header, checksum, flags and escapes.

use crate::number::len_u16;
use crate::protocol::put_digits;

/// Frame delimiter.
pub(crate) const FLAG: u8 = 0x7E;
/// Escape byte.
pub(crate) const ESCAPE: u8 = 0x7D;
/// Digits of a terminal number since 2019.
pub(super) const DIGITS_2019: usize = 20;

/// A whole frame, escaped.
pub(crate) fn frame(id: &str, message: u16, serial: u16, body: &[u8]) -> Vec<u8> {
    escape(&unescaped_frame(id, message, serial, body))
}

/// Header, body and checksum, without flags and escapes.
pub(crate) fn unescaped_frame(id: &str, message: u16, serial: u16, body: &[u8]) -> Vec<u8> {
    let edition_2019 = id.len() == DIGITS_2019;
    let mut bytes = Vec::with_capacity(body.len() + 20);
    bytes.extend(message.to_be_bytes());
    bytes.extend((len_u16(body) & 0x03FF | u16::from(edition_2019) << 14).to_be_bytes());
    if edition_2019 {
        bytes.push(1);
    }
    put_digits(&mut bytes, id);
    bytes.extend(serial.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes.push(plomb_wire::xor8(&bytes));
    bytes
}

/// Puts flags around and escapes between.
pub(crate) fn escape(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 8);
    out.push(FLAG);
    escape_into(bytes, &mut out);
    out.push(FLAG);
    out
}

/// Appends `bytes`, escaped.
pub(crate) fn escape_into(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        match *byte {
            FLAG => out.extend([ESCAPE, 0x02]),
            ESCAPE => out.extend([ESCAPE, 0x01]),
            byte => out.push(byte),
        }
    }
}

/// Takes the escapes out; `None` when one is neither 01 nor 02.
pub(crate) fn unescape(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter();
    while let Some(byte) = rest.next() {
        out.push(match (*byte, byte == &ESCAPE) {
            (_, true) => match rest.next()? {
                1 => ESCAPE,
                2 => FLAG,
                _ => return None,
            },
            (byte, false) => byte,
        });
    }
    Some(out)
}

/// Message, serial and body of an unescaped frame; `None` when its checksum or length is wrong.
pub(crate) fn split(unescaped: &[u8]) -> Option<(u16, u16, &[u8])> {
    let (sum, bytes) = unescaped.split_last()?;
    if plomb_wire::xor8(bytes) != *sum {
        return None;
    }
    let mut reader = plomb_wire::Reader::new(bytes);
    let message = reader.u16().ok()?;
    let attributes = reader.u16().ok()?;
    reader.skip(if attributes & 1 << 14 == 0 { 6 } else { 11 }).ok()?;
    let serial = reader.u16().ok()?;
    let body = reader.rest();
    (body.len() == usize::from(attributes & 0x03FF)).then_some((message, serial, body))
}
