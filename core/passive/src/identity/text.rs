//! What people and scanners do to a number, undone.

/// A text with its letters upper case and without what is only there to be read more easily.
pub(super) struct Plain(String);

impl Plain {
    /// Letters and digits of `text`; full-width forms as their ASCII ones. Any other character stays, so that a text
    /// with one is not taken for a number.
    pub(super) fn of(text: &str) -> Self {
        Self(text.chars().map(ascii).filter(|c| !is_separator(*c)).map(|c| c.to_ascii_uppercase()).collect())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The ASCII character of a full-width one (keyboards of East Asia), and of the dashes that word processors put.
pub(super) fn ascii(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => u8::try_from(u32::from(character) - 0xFEE0).map_or(character, char::from),
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        '\u{A0}' | '\u{3000}' => ' ',
        _ => character,
    }
}

pub(super) fn is_separator(character: char) -> bool {
    character.is_whitespace() || "-./_\u{200B}\u{FEFF}".contains(character)
}
