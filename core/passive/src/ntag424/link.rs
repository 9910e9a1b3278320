//! The link of a tap: which parameter is which mirror, and where each stands in the text that the code covers.

use std::borrow::Cow;
use std::ops::Range;

use plomb_session::Request;

/// Names of the encrypted PICC data. Where `e` or `enc` could be either, the length tells (see [`Link::of`]).
const PICC: [&str; 7] = ["picc_data", "piccdata", "picc", "p", "e", "d", "data"];
const FILE: [&str; 5] = ["enc", "file", "enc_data", "encdata", "f"];
const CODE: [&str; 7] = ["cmac", "sdmmac", "mac", "c", "m", "sig", "s"];
const UID: [&str; 4] = ["uid", "u", "id", "tag"];
const COUNTER: [&str; 6] = ["ctr", "counter", "cnt", "n", "x", "readctr"];
const TAMPER: [&str; 5] = ["tt", "tamper", "ttstatus", "tag_tamper", "t"];

/// One mirror in the link: its text and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mirror<'a> {
    /// The characters as they came.
    pub text: &'a str,
    /// Offset in [`Link::text`].
    pub offset: usize,
}

impl Mirror<'_> {
    /// Whether the text of these offsets holds the whole mirror.
    #[must_use]
    pub fn is_within(&self, range: &Range<usize>) -> bool {
        range.start <= self.offset && self.offset + self.text.len() <= range.end
    }
}

/// The mirrors of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link<'a> {
    /// The link or query as it came.
    pub text: &'a str,
    /// Where the text begins in the frame.
    pub start: usize,
    /// Encrypted PICC data: 16 bytes (AES) or 24 (LRP) in hex.
    pub picc: Option<Mirror<'a>>,
    /// Encrypted file data, hex.
    pub file: Option<Mirror<'a>>,
    /// SDMMAC, 8 bytes in hex.
    pub code: Option<Mirror<'a>>,
    /// UID in clear, 7 bytes in hex.
    pub uid: Option<Mirror<'a>>,
    /// Counter in clear, 3 bytes in hex, most significant first.
    pub counter: Option<Mirror<'a>>,
    /// Tamper status in clear, two characters.
    pub tamper: Option<Mirror<'a>>,
}

impl<'a> Link<'a> {
    /// The mirrors of a request, a link, or a query alone.
    #[must_use]
    pub fn of(frame: &'a [u8]) -> Self {
        let request = Request::of(frame);
        let body = std::str::from_utf8(request.body).unwrap_or_default();
        let (text, start) = if body.trim().is_empty() {
            let blank = frame.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let method = if request.method.is_empty() { 0 } else { request.method.len() + 1 };
            (request.target, blank + method)
        } else {
            (body.trim(), request.body_offset + body.len() - body.trim_start().len())
        };
        let query = text.find('?').map_or(0, |mark| mark + 1);
        let mut link = Self { text, start, ..Self::default() };
        let mut offset = query;
        for part in text.get(query..).unwrap_or_default().split('&') {
            if let Some((name, value)) = part.split_once('=') {
                link.place(name, Mirror { text: value, offset: offset + name.len() + 1 });
            }
            offset += part.len() + 1;
        }
        link
    }

    fn place(&mut self, name: &str, mirror: Mirror<'a>) {
        let is = |names: &[&str]| names.iter().any(|known| name.eq_ignore_ascii_case(known));
        let length = mirror.text.len();
        let slot = if is(&CODE) && length == 16 {
            &mut self.code
        } else if is(&UID) && length == 14 {
            &mut self.uid
        } else if is(&COUNTER) && length == 6 {
            &mut self.counter
        } else if is(&TAMPER) && length == 2 {
            &mut self.tamper
        } else if is(&PICC) && matches!(length, 32 | 48) {
            &mut self.picc
        } else if is(&FILE) && length >= 32 && length.is_multiple_of(32) {
            &mut self.file
        } else {
            return;
        };
        slot.get_or_insert(mirror);
    }

    /// The ranges of [`Link::text`] that the code may cover, as tags are commonly set up: from some mirror to the code,
    /// or nothing. Always as many, so that their number tells nothing.
    #[must_use]
    pub fn covered(&self) -> [Range<usize>; 7] {
        let end = self.code.map_or(self.text.len(), |code| code.offset);
        let from =
            |start: Option<usize>| start.filter(|start| *start <= end).map_or(0..0, |start| start..end);
        let at = |mirror: Option<Mirror<'_>>| mirror.map(|mirror| mirror.offset);
        let scheme = self.text.find("://").map_or(0, |mark| mark + 3);
        [
            0..0,
            from(at(self.file)),
            self.file.map_or(0..0, |file| file.offset..file.offset + file.text.len()),
            from(at(self.picc).or_else(|| at(self.uid))),
            from(at(self.tamper)),
            from(at(self.counter)),
            from(Some(scheme)),
        ]
    }
}

/// The frame with `%XX` undone where the link came inside of another text (`url=https%3A%2F%2F...`) and cannot be read
/// otherwise. What a code covers is the link as the tag wrote it: a link that can be read is left as it is.
#[must_use]
pub fn plain(frame: &[u8]) -> Cow<'_, [u8]> {
    if !frame.contains(&b'%') || Link::of(frame).code.is_some() {
        return Cow::Borrowed(frame);
    }
    let mut out = Vec::with_capacity(frame.len());
    let mut rest = frame;
    while let Some((byte, length)) = first(rest) {
        out.push(byte);
        rest = rest.get(length..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// Where in the frame the byte is that stands at this offset of [`plain`].
#[must_use]
pub fn offset_in(frame: &[u8], plain: &[u8], offset: usize) -> usize {
    // Whatever was undone is shorter now.
    if plain.len() == frame.len() {
        return offset;
    }
    let mut at = 0;
    for _ in 0..offset {
        at += first(frame.get(at..).unwrap_or_default()).map_or(0, |(_, length)| length);
    }
    at
}

/// The first byte, `%XX` undone, and how many bytes it is written with.
fn first(bytes: &[u8]) -> Option<(u8, usize)> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match bytes {
        [b'%', high, low, ..] => {
            digit(high).zip(digit(low)).map(|(high, low)| (high << 4 | low, 3)).or(Some((b'%', 1)))
        }
        [byte, ..] => Some((*byte, 1)),
        [] => None,
    }
}
