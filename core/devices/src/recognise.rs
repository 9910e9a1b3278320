//! Which protocol a conversation speaks, by its first bytes: for a port that several kinds of devices share, and for
//! captures whose protocol nobody wrote down.
//!
//! It looks at marks and identities only, never further than [`LOOK_AHEAD_BYTES`], and decides nothing that a
//! protocol's own session would then refuse for its checksum. Sources: the protocols' own pages in `docs/protocols`.

use plomb_model::Protocol;

use crate::suntech;

/// How many bytes are enough for every protocol: the longest needed are the header and identity of a Teltonika
/// datagram (23) and `(` with a 20-digit terminal number and its comma (22), behind [`NOISE_BYTES_MAX`] of noise.
pub const LOOK_AHEAD_BYTES: usize = 32;
/// Noise before the first mark that is tolerated: line ends of a modem, `$$` of some JT/T 808 terminals.
const NOISE_BYTES_MAX: usize = 8;
/// Digits of a Jointech terminal number.
const JOINTECH_DIGITS: usize = 10;
/// Most digits of a JT/T 808 terminal number (2019).
const JT808_DIGITS_MAX: usize = 20;
/// Digits of the number of a TK103: of a telephone, or an IMEI.
const TK103_DIGITS: [usize; 2] = [12, 15];
/// Digits of an IMEI.
const IMEI_DIGITS: usize = 15;

/// What the first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// They are of this protocol.
    Is(Protocol),
    /// They may be of a protocol that is known; more bytes will tell.
    NeedMore,
    /// They are of none.
    Unknown,
}

use Recognised::{Is, NeedMore, Unknown};

/// Tells the protocol of a conversation that begins with `bytes`. Never [`Recognised::NeedMore`] from
/// [`LOOK_AHEAD_BYTES`] on.
#[must_use]
pub fn recognise(bytes: &[u8]) -> Recognised {
    let noise = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    match bytes.get(noise..) {
        _ if noise > NOISE_BYTES_MAX => Unknown,
        None | Some([]) => NeedMore,
        Some([0x7E | 0xE7, ..]) => Is(Protocol::Jt808),
        Some([0x78, 0x78, ..] | [0x79, 0x79, ..]) => Is(Protocol::Gt06),
        Some([0x78] | [0x79]) => NeedMore,
        Some([b'$', ..]) => dollar(bytes.get(noise..).unwrap_or_default()),
        Some([b'(', text @ ..]) => parenthesis(text),
        Some(start @ [b'@', ..]) => mark(start, b"@NTC", Protocol::Navtelecom),
        Some(start @ [b'{', ..]) => mark(start, b"{\"MDeviceID\"", Protocol::Teratrack),
        Some(start @ [b'+' | b'-', ..]) => queclink(start),
        Some([b'#', b'#', b'S', b',', ..]) => Is(Protocol::Eseal),
        Some([b'#', b'#', b'S']) => NeedMore,
        Some(start @ [b'#', b'L', ..]) => mark(start, b"#L#", Protocol::WialonIps),
        Some(start @ [b'*', ..]) => h02(start),
        Some(start @ [0x23 | 0x25..=0x27, ..]) => topflytech(start),
        Some(start @ [b'A'..=b'Z' | 0x81 | 0x82, ..]) => match suntech::begins(start) {
            Some(true) => Is(Protocol::Suntech),
            Some(false) => Unknown,
            None => NeedMore,
        },
        Some(start @ [0, ..]) => teltonika(start),
        // Revision, length, and the header of 28 bytes; a Teltonika datagram has 01 as its fifth byte.
        Some([1, _, _, 1, 0, 28, ..]) => Is(Protocol::Iridium),
        // Length, and as first tags the hardware and firmware with the IMEI, or the IMEI alone.
        Some([1, _, _, 1, _, 2, _, 3, digits @ ..]) => imei(Protocol::Galileosky, digits),
        Some([1, _, _, 3, b'0'..=b'9', ..]) => {
            imei(Protocol::Galileosky, bytes.get(noise + 4..).unwrap_or_default())
        }
        Some([1, _, _, 1, _] | [1, _, _, 1, _, 2] | [1, _, _, 1, _, 2, _]) => NeedMore,
        // The mark, a message that a device sends, and a length of less than 256 bytes.
        Some([2, 0x55, 0x00 | 0x04 | 0x05 | 0x10 | 0x14 | 0x22, _, 0, ..]) => Is(Protocol::Digitalmatter),
        // Version, key, flags, length of the header, no encoding: a Teltonika datagram has 01 as its fifth byte.
        Some([1, _, 0..=0x3F, 0x0B | 0x10, 0, ..]) => Is(Protocol::Egts),
        // A Teltonika datagram of 256 bytes and more: its length comes first.
        Some(start @ [1..=5, ..]) => datagram(start),
        Some(_) => Unknown,
    }
}

/// A mark that only this protocol begins with.
fn mark(start: &[u8], mark: &[u8], protocol: Protocol) -> Recognised {
    if start.starts_with(mark) {
        Is(protocol)
    } else if mark.starts_with(start) {
        NeedMore
    } else {
        Unknown
    }
}

/// `*`, two letters of the maker and a comma.
fn h02(start: &[u8]) -> Recognised {
    match start {
        [_, maker @ ..] if !maker.iter().take(2).all(u8::is_ascii_uppercase) => Unknown,
        [_, _, _, b',', ..] => Is(Protocol::H02),
        [_, _, _, _, ..] => Unknown,
        _ => NeedMore,
    }
}

/// `$`, two digits, three letters of the hardware and a comma.
fn envotech(bytes: &[u8]) -> Recognised {
    let fits = bytes.iter().take(7).enumerate().all(|(at, byte)| match at {
        0 => *byte == b'$',
        1 | 2 => byte.is_ascii_digit(),
        3..=5 => byte.is_ascii_uppercase(),
        _ => *byte == b',',
    });
    match bytes.len() {
        _ if !fits => Unknown,
        7.. => Is(Protocol::Envotech),
        _ => NeedMore,
    }
}

/// A head twice, a known message, a length below 4,096 and a serial, a decimal IMEI behind a zero nibble.
fn topflytech(start: &[u8]) -> Recognised {
    let imei = start.get(7..15.min(start.len())).unwrap_or_default();
    let decimal = imei.iter().all(|byte| byte >> 4 <= 9 && byte & 0x0F <= 9);
    match start {
        [first, second, ..] if first != second => Unknown,
        [_, _, kind, ..] if !matches!(kind, 1..=0x20 | 0x81 | 0x82) => Unknown,
        [_, _, _, 0x10..=0xFF, ..] => Unknown,
        _ if !decimal || imei.first().is_some_and(|byte| byte >> 4 != 0) => Unknown,
        _ if imei.len() == 8 => Is(Protocol::Topflytech),
        _ => NeedMore,
    }
}

/// The heads of texts and HEX frames, or a record frame of the GL601: sign, 0 and a length below 2,048.
fn queclink(start: &[u8]) -> Recognised {
    const HEADS: [&[u8]; 12] = [
        b"+RESP:GT",
        b"+BUFF:GT",
        b"+ACK",
        b"+RSP",
        b"+EVT",
        b"+INF",
        b"+BSP",
        b"+BVT",
        b"+BNF",
        b"+HBD",
        b"+CRD",
        b"+LGN",
    ];
    match start {
        [_, 0, 0..=7, ..] => Is(Protocol::Queclink),
        [_] | [_, 0] => NeedMore,
        _ if HEADS.iter().any(|head| start.starts_with(head)) => Is(Protocol::Queclink),
        _ if HEADS.iter().any(|head| head.starts_with(start)) => NeedMore,
        _ => Unknown,
    }
}

/// `$$`, a flag, the length in two to four digits, a comma and the first digit of an IMEI: no number of a Jointech lock has
/// a comma there.
fn meitrack(bytes: &[u8]) -> Recognised {
    let rest = match bytes {
        [b'$', b'$', b'A'..=b'z', rest @ ..] => rest,
        [b'$'] | [b'$', b'$'] => return NeedMore,
        _ => return Unknown,
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(digits..).unwrap_or_default() {
        _ if digits > 4 => Unknown,
        [] => NeedMore,
        [b','] if digits >= 2 => NeedMore,
        [b',', b'0'..=b'9', ..] if digits >= 2 => Is(Protocol::Meitrack),
        _ => Unknown,
    }
}

/// `$` and a BCD terminal number is Jointech; `$`s before a flag are noise of a JT/T 808 terminal.
fn dollar(bytes: &[u8]) -> Recognised {
    match meitrack(bytes) {
        Is(protocol) => return Is(protocol),
        NeedMore if bytes.len() > 2 => return NeedMore,
        NeedMore | Unknown => {}
    }
    let dollars = bytes.iter().take_while(|byte| **byte == b'$').count();
    let number = bytes.get(1..).unwrap_or_default();
    let number = number.get(..JOINTECH_DIGITS / 2).unwrap_or(number);
    let decimal = number.iter().all(|byte| byte >> 4 <= 9 && byte & 0x0F <= 9);
    match bytes.get(dollars) {
        Some(0x7E | 0xE7) if dollars <= NOISE_BYTES_MAX => Is(Protocol::Jt808),
        _ if !decimal => envotech(bytes),
        None if dollars <= NOISE_BYTES_MAX => NeedMore,
        _ if number.len() == JOINTECH_DIGITS / 2 => Is(Protocol::Jointech),
        _ => NeedMore,
    }
}

/// `(` and a terminal number: ten digits are Jointech's, more are of the text form that JT/T 808 e-locks use.
fn parenthesis(text: &[u8]) -> Recognised {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match text.get(digits) {
        _ if digits > JT808_DIGITS_MAX => Unknown,
        None => NeedMore,
        Some(b',' | b'A'..=b'Z') if TK103_DIGITS.contains(&digits) => {
            tk103(text.get(digits..).unwrap_or_default())
        }
        Some(b',' | b')') if digits > JOINTECH_DIGITS => Is(Protocol::Jt808),
        Some(b',' | b')') if digits == JOINTECH_DIGITS => Is(Protocol::Jointech),
        Some(_) => Unknown,
    }
}

/// Behind a number of 12 or 15 digits: a command of TK103, two letters (the first of them `B`, `D` or `Z`), or of the
/// text form of JT/T 808, which goes on with digits or other words.
fn tk103(rest: &[u8]) -> Recognised {
    let (comma, word) = match rest {
        [b',', word @ ..] => (true, word),
        word => (false, word),
    };
    match word {
        [] | [b'B' | b'D' | b'Z'] => NeedMore,
        [b'B', b'M' | b'N' | b'O' | b'P' | b'Q' | b'R' | b'S' | b'U' | b'V' | b'Z', ..]
        | [b'D', b'W', ..]
        | [b'Z', b'C', ..] => Is(Protocol::Tk103),
        _ if comma => Is(Protocol::Jt808),
        _ => Unknown,
    }
}

/// A length and the IMEI, or a preamble of four zeros, a length and a codec, or a datagram.
fn teltonika(start: &[u8]) -> Recognised {
    match start {
        [0, 0x0F, first, ..] if first.is_ascii_digit() => {
            imei(Protocol::Teltonika, start.get(2..).unwrap_or_default())
        }
        [0, 0, 0, 0, _, _, _, _, 0x07 | 0x08 | 0x0C | 0x0D | 0x0E | 0x0F | 0x10 | 0x8E, ..] => {
            Is(Protocol::Teltonika)
        }
        [0, 0, 0, 0, _, _, _, _, ..] if start.len() > 8 => Unknown,
        [0, 0, 0, 0, ..] | [0, 0, 0] | [0, 0] | [0, 0x0F] | [0] => NeedMore,
        _ => datagram(start),
    }
}

/// Fifteen digits are of this protocol.
fn imei(protocol: Protocol, digits: &[u8]) -> Recognised {
    let digits = digits.get(..IMEI_DIGITS).unwrap_or(digits);
    if !digits.iter().all(u8::is_ascii_digit) {
        Unknown
    } else if digits.len() == IMEI_DIGITS {
        Is(protocol)
    } else {
        NeedMore
    }
}

/// Length u16, packet u16, 01, AVL packet u8, length of the IMEI u16, IMEI.
fn datagram(start: &[u8]) -> Recognised {
    match start {
        [_, _, _, _, 1, _, 0, 0x0F, digits @ ..] => imei(Protocol::Teltonika, digits),
        [_, _, _, _, 1, _, 0] | [_, _, _, _, 1] | [_, _, _, _, 1, _] => NeedMore,
        start if start.len() <= 4 => NeedMore,
        _ => Unknown,
    }
}

/// The first bytes in hex, for a person who must find out what sent them.
#[must_use]
pub fn first_bytes(bytes: &[u8]) -> String {
    plomb_wire::to_hex(bytes.get(..LOOK_AHEAD_BYTES).unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `bytes` are in the end, having been unclear at every shorter length.
    fn told(bytes: &[u8]) -> Recognised {
        let first = (0..=bytes.len()).map(|end| recognise(&bytes[..end])).find(|told| *told != NeedMore);
        assert_eq!(
            recognise(bytes),
            first.unwrap_or(NeedMore),
            "later bytes change the verdict: {bytes:02x?}"
        );
        recognise(bytes)
    }

    #[test]
    fn each_protocol_is_told_by_its_first_bytes() {
        assert_eq!(told(b"\x7E\x02\x00\x00\x4D"), Is(Protocol::Jt808));
        assert_eq!(told(b"\xE7\x02\x00"), Is(Protocol::Jt808));
        assert_eq!(told(b"$$~0"), Is(Protocol::Jt808));
        assert_eq!(told(b"\r\n$~0"), Is(Protocol::Jt808));
        assert_eq!(told(b"(740190311185,1,001,ELOCK,3,529439)"), Is(Protocol::Jt808));
        assert_eq!(told(b"(2050018634,P45,051124"), Is(Protocol::Jointech));
        assert_eq!(told(b"(740190311185,P45,051124"), Is(Protocol::Jt808));
        assert_eq!(told(b"(013612345678BR00110524A"), Is(Protocol::Tk103));
        assert_eq!(told(b"(352606090042050,ZC17,240414"), Is(Protocol::Tk103));
        assert_eq!(told(b"$\x80\x41\x30\x09\x78\x19"), Is(Protocol::Jointech));
        assert_eq!(told(b"$\x24\x41\x30\x09\x78\x19"), Is(Protocol::Jointech));
        assert_eq!(told(b"\x78\x78\x0D\x01"), Is(Protocol::Gt06));
        assert_eq!(told(b"\x79\x79\x00\x5B"), Is(Protocol::Gt06));
        assert_eq!(told(b"\x00\x0F123456789012345"), Is(Protocol::Teltonika));
        assert_eq!(told(b"\x00\x00\x00\x00\x00\x00\x01\x0E\x8E\x02"), Is(Protocol::Teltonika));
        assert_eq!(told(b"\x00\x3D\xCA\xFE\x01\x05\x00\x0F123456789012345\x08"), Is(Protocol::Teltonika));
        assert_eq!(told(b"\x01\x00\x2C\x01\x00\x1C\x01\x02"), Is(Protocol::Iridium));
        assert_eq!(told(b"\x01\x17\x80\x01\x01\x02\x00\x03123456789012345\x04"), Is(Protocol::Galileosky));
        assert_eq!(told(b"\x01\x17\x80\x01\x00\x02\x10\x03123456789012345\x04"), Is(Protocol::Galileosky));
        assert_eq!(told(b"\x01\x13\x80\x03123456789012345\x04\x32\x00"), Is(Protocol::Galileosky));
        assert_eq!(told(b"\x01\x3D\xCA\x01\x01\x02\x00\x0F123456789012345\x08"), Is(Protocol::Teltonika));
        assert_eq!(told(b"\x02\x55\x00\x29\x00\x01"), Is(Protocol::Digitalmatter));
        assert_eq!(told(b"\x01\x3D\xCA\x01\x01\x05\x00\x0F123456789012345\x08"), Is(Protocol::Teltonika));
        assert_eq!(told(b"##S,eSeal,1000821"), Is(Protocol::Eseal));
        assert_eq!(told(b"#L#2.0;356307040000001;NA;"), Is(Protocol::WialonIps));
        assert_eq!(told(b"*HQ,4110051415,V1,091233"), Is(Protocol::H02));
        assert_eq!(told(b"*ET,135790246811221,HB"), Is(Protocol::H02));
        assert_eq!(told(b"ST300STT;100850000"), Is(Protocol::Suntech));
        assert_eq!(told(b"ALT;0950030205;3FFFFF"), Is(Protocol::Suntech));
        assert_eq!(told(b"\x81\x00\x4E\x05\x20\x00\x13\x38\x3F"), Is(Protocol::Suntech));
        assert_eq!(told(b"+RESP:GTFRI,060100"), Is(Protocol::Queclink));
        assert_eq!(told(b"@NTC\x01\x00\x00\x00"), Is(Protocol::Navtelecom));
        assert_eq!(told(b"{\"MDeviceID\":\"022043756090\""), Is(Protocol::Teratrack));
        assert_eq!(told(b"$80SLM,62,000F"), Is(Protocol::Envotech));
        assert_eq!(told(b"\x01\x00\x02\x0B\x00\x25\x00"), Is(Protocol::Egts));
        assert_eq!(told(b"$80IVM,03,E002215"), Is(Protocol::Envotech));
        assert_eq!(
            told(b"\x27\x27\x02\x00\x49\x7D\x88\x08\x60\x11\x20\x47\x06\x64\x87\x47"),
            Is(Protocol::Topflytech)
        );
        assert_eq!(told(b"+EVT\x2D\x00"), Is(Protocol::Queclink));
        assert_eq!(told(b"+\x00\x00\x38"), Is(Protocol::Queclink));
        assert_eq!(told(b"\x05\x3D\xCA\xFE\x01\x05\x00\x0F123456789012345\x08"), Is(Protocol::Teltonika));
    }

    #[test]
    fn what_is_none_is_unknown() {
        for bytes in [
            &b"GET / HTTP/1.1"[..],
            b"\x16\x03\x01\x02\x00",
            b"(ABC)",
            b"*H1,41",
            b"*HQX,41",
            b"#LX",
            b"(12345,",
            b"(013612345678AP05)",
            b"(123456789012345678901,",
            b"$\xAB",
            b"\x78\x79",
            b"\x00\x0F12345a",
            b"\x00\x00\x00\x00\x00\x00\x00\x10\x55",
            b"\x00\x3D\xCA\xFE\x02",
            b"\r\n\r\n\r\n\r\n\r\n",
        ] {
            assert_eq!(told(bytes), Unknown, "{bytes:02x?}");
        }
    }
}
