//! Text frames in the vendor's words: fields with their places, numbers still as text.
//!
//! A frame is `(id,word,…)`, or `(id,1,serial,module,number,…)` of devices with sub-devices. Which values may be
//! shown is decided here as well: a lock's password never is. Source: `docs/protocols/jointech.md`.

/// Words whose values are, or may hold, a password: server account, unlock, change, dynamic password.
const SECRET_WORDS: [&[u8]; 4] = [b"P06", b"P43", b"P44", b"P52"];
/// Values of such words that are shown nevertheless: results and types have one or two digits, passwords six.
const RESULT_BYTES_MAX: usize = 2;
/// Digits of a lock's static password.
pub(super) const PASSWORD_DIGITS: usize = 6;

/// One field: where it begins in the frame, and its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Offset in the frame.
    pub(super) offset: usize,
    /// The bytes between the commas.
    pub(super) value: &'a [u8],
}

impl Field<'_> {
    /// The value as text, other bytes than ASCII replaced.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(self.value).into_owned()
    }

    /// The value as a whole number.
    pub(super) fn number(&self) -> Option<u64> {
        digits(self.value)
    }

    /// The value as a decimal number in units of 10^-`places`; further digits are cut.
    pub(super) fn decimal(&self, places: usize) -> Option<u64> {
        let (whole, part) = match self.value.iter().position(|byte| *byte == b'.') {
            Some(point) => (self.value.get(..point)?, self.value.get(point + 1..)?),
            None => (self.value, &[][..]),
        };
        if !part.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let padded = part.iter().copied().chain(std::iter::repeat(b'0')).take(places);
        padded.fold(digits(whole), |sum, digit| sum?.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
    }

    /// Pairs of digits, as dates and times are written.
    pub(super) fn pairs<const N: usize>(&self) -> Option<[u8; N]> {
        let mut pairs = [0; N];
        let (chunks, rest) = self.value.as_chunks::<2>();
        if chunks.len() != N || !rest.is_empty() || !self.value.iter().all(u8::is_ascii_digit) {
            return None;
        }
        for (pair, [tens, ones]) in pairs.iter_mut().zip(chunks) {
            *pair = (tens - b'0') * 10 + (ones - b'0');
        }
        Some(pairs)
    }
}

fn digits(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |sum, byte| {
        byte.is_ascii_digit().then_some(())?;
        sum.checked_mul(10)?.checked_add(u64::from(byte - b'0'))
    })
}

/// The fields of a frame, one after another.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    content: &'a [u8],
    at: Option<usize>,
}

impl<'a> Fields<'a> {
    /// The fields of `frame`, with or without its closing mark.
    pub(super) fn of(frame: &'a [u8]) -> Self {
        let content = frame.strip_suffix(b")").unwrap_or(frame);
        Self { content, at: Some(1) }
    }

    /// All that is left, commas included.
    pub(super) fn rest(&self) -> Field<'a> {
        let offset = self.at.unwrap_or(self.content.len());
        Field { offset, value: self.content.get(offset..).unwrap_or_default() }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let offset = self.at?;
        let rest = self.content.get(offset..)?;
        let length = rest.iter().position(|byte| *byte == b',');
        self.at = length.map(|length| offset + length + 1);
        Some(Field { offset, value: rest.get(..length.unwrap_or(rest.len()))? })
    }
}

/// What a text frame is about.
#[derive(Clone, Debug)]
pub(super) enum Message<'a> {
    /// Sign of life: `@JT`, or `WLNET,18`.
    Heartbeat,
    /// Oldest form of a position.
    W01(Fields<'a>),
    /// `U01`, `U02`, `U03`, `U06`: position of an older tracker.
    U { word: Field<'a>, fields: Fields<'a> },
    /// Lock event.
    P45(Fields<'a>),
    /// What a sub-device says; the serial number is that of the frame, the payload is still escaped.
    Report { serial: Option<u64>, data_type: Option<u64>, payload: Field<'a> },
    /// Anything else of a module: `(id,1,serial,module,number,…)`.
    Module { serial: Option<u64>, module: Field<'a>, fields: Fields<'a> },
    /// Any other word: an answer to a command, or a request.
    Word { word: Field<'a>, fields: Fields<'a> },
}

impl<'a> Message<'a> {
    /// Reads a frame after its terminal number. `None` without a word.
    pub(super) fn read(frame: &'a [u8]) -> Option<(Field<'a>, Self)> {
        let mut fields = Fields::of(frame);
        let id = fields.next()?;
        let word = fields.next()?;
        let message = match word.value {
            b"@JT" => Self::Heartbeat,
            b"W01" => Self::W01(fields),
            b"P45" => Self::P45(fields),
            [b'U', b'0', b'1'..=b'9'] => Self::U { word, fields },
            [b'0'..=b'9'] => Self::module(word, fields),
            _ => Self::Word { word, fields },
        };
        Some((id, message))
    }

    fn module(version: Field<'a>, fields: Fields<'a>) -> Self {
        let mut ahead = fields.clone();
        let (Some(serial), Some(module)) = (ahead.next(), ahead.next()) else {
            return Self::Word { word: version, fields };
        };
        let mut inside = ahead.clone();
        match (module.value, inside.next().map(|field| field.value)) {
            (b"WLNET", Some(b"5")) => {
                let data_type = inside.next().and_then(|field| field.number());
                Self::Report { serial: serial.number(), data_type, payload: inside.rest() }
            }
            (b"WLNET", Some(b"18")) => Self::Heartbeat,
            _ => Self::Module { serial: serial.number(), module, fields: ahead },
        }
    }
}

/// The fields as one text, passwords left out.
pub(super) fn shown(word: &[u8], fields: Fields<'_>) -> String {
    let mut text = String::from_utf8_lossy(word).into_owned();
    for field in fields {
        text.push(',');
        if is_secret(word, field.value) {
            text.push_str("[redacted]");
        } else {
            text.push_str(&field.text());
        }
    }
    text
}

/// Whether a value must not be shown: anything long behind a word of passwords, and anywhere six digits, the
/// form of a static password.
pub(super) fn is_secret(word: &[u8], value: &[u8]) -> bool {
    SECRET_WORDS.contains(&word) && value.len() > RESULT_BYTES_MAX
        || value.len() == PASSWORD_DIGITS && value.iter().all(u8::is_ascii_digit)
}

/// Exclusive or of everything between `(` and the checksum, the comma before it included: as two captures of
/// `U01` have it (a sum of the bytes fits neither).
pub(super) fn checksum(frame: &[u8], checksum_offset: usize) -> u8 {
    plomb_wire::xor8(frame.get(1..checksum_offset).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(text: &str) -> Field<'_> {
        Field { offset: 0, value: text.as_bytes() }
    }

    #[test]
    fn numbers_are_read_exactly() {
        assert_eq!(field("83.950336").decimal(7), Some(839_503_360));
        assert_eq!(field("27").decimal(2), Some(2_700));
        assert_eq!(field("0.439").decimal(2), Some(43));
        assert_eq!(field("-1.5").decimal(2), None);
        assert_eq!(field("1.5x").decimal(1), None);
        assert_eq!(field("").decimal(1), None);
        assert_eq!(field("99999999999999999999999").decimal(2), None);
        assert_eq!(field("051124").pairs(), Some([5, 11, 24]));
        assert_eq!(field("0511").pairs::<3>(), None);
    }

    #[test]
    fn fields_keep_their_places() {
        let fields: Vec<_> = Fields::of(b"(12345,P35,,x)").map(|f| (f.offset, f.text())).collect();
        let expected = [(1, "12345"), (7, "P35"), (11, ""), (12, "x")];
        assert_eq!(fields, expected.map(|(offset, text)| (offset, text.to_owned())));
    }

    #[test]
    fn passwords_are_not_shown() {
        assert_eq!(shown(b"P43", Fields::of(b"(1,888888)")), "P43,1,[redacted]");
        assert_eq!(shown(b"P52", Fields::of(b"(2,12345678)")), "P52,2,[redacted]");
        assert_eq!(shown(b"P99", Fields::of(b"(888888,7)")), "P99,[redacted],7");
        assert_eq!(shown(b"P04", Fields::of(b"(1,60,30)")), "P04,1,60,30");
    }

    #[test]
    fn the_checksum_of_u01_is_an_exclusive_or() {
        let frame = b"(3551001012,U01,010100,000032,F,0.000000,N,0.000000,E,0.00,0,0,10%,00000000010000,15748,7923,23,0,0,3E)";
        assert_eq!(checksum(frame, frame.len() - 3), 0x3E);
    }
}
