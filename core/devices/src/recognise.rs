//! Which protocol is spoken, by the first bytes of a conversation. For shared ports and for tools.

use plomb_model::Protocol;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// This one.
    Is(Protocol),
    /// More bytes are needed to tell.
    NeedMore,
    /// None of ours.
    Unknown,
}

/// First bytes shown to a person when nothing is recognised.
const SHOWN_BYTES_MAX: usize = 24;
/// Length of the number that a Teltonika device begins with.
const IMEI_DIGITS: usize = 15;

/// Recognises the protocol. Looks at no more than the first 24 bytes.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Recognised {
    match bytes {
        [] => Recognised::NeedMore,
        // Some gateways put `$$` before the first flag.
        [b'$', b'$', 0x7E, ..] | [0x7E | 0xE7, ..] => Recognised::Is(Protocol::Jt808),
        [b'$', b'$'] => Recognised::NeedMore,
        [b'$', rest @ ..] => jointech_binary(rest),
        [b'(', rest @ ..] => jointech_text(rest),
        [0x78, 0x78, ..] | [0x79, 0x79, ..] => Recognised::Is(Protocol::Gt06),
        [0x78 | 0x79] => Recognised::NeedMore,
        _ => teltonika(bytes),
    }
}

/// The first bytes in hex, for people.
#[must_use]
pub fn first_bytes(bytes: &[u8]) -> String {
    plomb_wire::to_hex(bytes.get(..SHOWN_BYTES_MAX.min(bytes.len())).unwrap_or_default())
}

/// Five bytes of terminal number in BCD follow the dollar sign.
fn jointech_binary(rest: &[u8]) -> Recognised {
    let number = rest.get(..5).unwrap_or(rest);
    if number.iter().any(|byte| plomb_wire::bcd_u8(*byte).is_none()) {
        Recognised::Unknown
    } else if number.len() == 5 {
        Recognised::Is(Protocol::Jointech)
    } else {
        Recognised::NeedMore
    }
}

/// A terminal number in digits, then a comma.
fn jointech_text(rest: &[u8]) -> Recognised {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(digits) {
        Some(b',') if (8..=15).contains(&digits) => Recognised::Is(Protocol::Jointech),
        None if digits <= 15 => Recognised::NeedMore,
        _ => Recognised::Unknown,
    }
}

/// A login of length and digits; a packet with four zero bytes, length and codec; or a UDP channel header.
fn teltonika(bytes: &[u8]) -> Recognised {
    const LOGIN: [u8; 2] = [0, 15];
    if bytes.len() < LOGIN.len() {
        return if LOGIN.starts_with(bytes) || bytes.len() < 2 {
            Recognised::NeedMore
        } else {
            Recognised::Unknown
        };
    }
    if let Some(digits) = bytes.strip_prefix(&LOGIN)
        && digits.iter().take(IMEI_DIGITS).all(u8::is_ascii_digit)
    {
        return if digits.is_empty() { Recognised::NeedMore } else { Recognised::Is(Protocol::Teltonika) };
    }
    match bytes {
        [0, 0, 0, 0, _, _, _, _, codec, ..] if is_codec(*codec) => Recognised::Is(Protocol::Teltonika),
        // Length, packet number, the channel's 01, packet number, length of the IMEI.
        [_, _, _, _, 0x01, _, 0, 15, digits @ ..]
            if digits.iter().take(IMEI_DIGITS).all(u8::is_ascii_digit) =>
        {
            if digits.is_empty() {
                Recognised::NeedMore
            } else {
                Recognised::Is(Protocol::Teltonika)
            }
        }
        [0, 0] | [0, 0, 0] | [0, 0, 0, 0] => Recognised::NeedMore,
        [0, 0, 0, 0, rest @ ..] if rest.len() < 5 => Recognised::NeedMore,
        [_, _, _, _, 0x01] | [_, _, _, _, 0x01, _] | [_, _, _, _, 0x01, _, 0] => Recognised::NeedMore,
        short if short.len() < 5 => Recognised::NeedMore,
        _ => Recognised::Unknown,
    }
}

const fn is_codec(byte: u8) -> bool {
    matches!(byte, 0x07 | 0x08 | 0x8E | 0x10 | 0x0C..=0x0E)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_by_its_first_bytes() {
        let cases: [(&[u8], Recognised); 14] = [
            (b"$\x80\x41\x30\x09\x78\x19", Recognised::Is(Protocol::Jointech)),
            (b"$\x80\x41", Recognised::NeedMore),
            (b"(2050018634,P45", Recognised::Is(Protocol::Jointech)),
            (b"(20500", Recognised::NeedMore),
            (b"\x7e\x02\x00", Recognised::Is(Protocol::Jt808)),
            (b"$$\x7e0~", Recognised::Is(Protocol::Jt808)),
            (b"\x78\x78\x0d\x01", Recognised::Is(Protocol::Gt06)),
            (b"\x79\x79\x00", Recognised::Is(Protocol::Gt06)),
            (b"\x00\x0f123456789012345", Recognised::Is(Protocol::Teltonika)),
            (b"\x00\x00\x00\x00\x00\x00\x01\x0e\x8e\x02", Recognised::Is(Protocol::Teltonika)),
            (b"\x00\x3d\xca\xfe\x01\x05\x00\x0f352093", Recognised::Is(Protocol::Teltonika)),
            (b"", Recognised::NeedMore),
            (b"GET / HTTP/1.1", Recognised::Unknown),
            (b"\x16\x03\x01\x02\x00\x01", Recognised::Unknown),
        ];
        for (bytes, expected) in cases {
            assert_eq!(recognise(bytes), expected, "{}", first_bytes(bytes));
        }
    }
}
