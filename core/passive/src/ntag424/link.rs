//! The link of a tap: which parameter is which mirror, and where each stands in the text that the code covers.

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

/// The mirrors of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Link<'a> {
    /// The link or query as it came.
    pub text: &'a str,
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
        let body = std::str::from_utf8(request.body).unwrap_or_default().trim();
        let text = if body.is_empty() { request.target } else { body };
        let query = text.find('?').map_or(0, |mark| mark + 1);
        let mut link = Self { text, ..Self::default() };
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

    /// The texts that the code may cover, as tags are commonly set up: from some mirror to the code, or nothing.
    /// Always as many, so that their number tells nothing.
    #[must_use]
    pub fn covered(&self) -> [&'a str; 7] {
        let end = self.code.map_or(self.text.len(), |code| code.offset);
        let from =
            |start: Option<usize>| start.and_then(|start| self.text.get(start..end)).unwrap_or_default();
        let at = |mirror: Option<Mirror<'_>>| mirror.map(|mirror| mirror.offset);
        let scheme = self.text.find("://").map_or(0, |mark| mark + 3);
        [
            "",
            from(at(self.file)),
            self.file.map_or("", |file| file.text),
            from(at(self.picc).or_else(|| at(self.uid))),
            from(at(self.tamper)),
            from(at(self.counter)),
            from(Some(scheme)),
        ]
    }
}
