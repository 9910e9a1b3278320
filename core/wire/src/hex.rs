//! Hexadecimal text.

/// The text is not hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HexError {
    /// A character that is no hex digit.
    #[error("character {0} is no hex digit")]
    Digit(usize),
    /// An odd number of digits.
    #[error("an odd number of hex digits")]
    Odd,
}

/// Bytes as lower-case hex.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0F] {
            text.push(char::from(if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }));
        }
    }
    text
}

/// Hex digits of either case as bytes; spaces between are left out.
///
/// # Errors
/// [`HexError`] at the first character that does not fit.
pub fn from_hex(text: &str) -> Result<Vec<u8>, HexError> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for (index, character) in text.chars().enumerate().filter(|(_, c)| !c.is_ascii_whitespace()) {
        let digit = character.to_digit(16).and_then(|d| u8::try_from(d).ok());
        let digit = digit.ok_or(HexError::Digit(index))?;
        match high.take() {
            None => high = Some(digit),
            Some(first) => bytes.push(first << 4 | digit),
        }
    }
    if high.is_some() { Err(HexError::Odd) } else { Ok(bytes) }
}
