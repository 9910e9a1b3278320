//! What counts as a URI.

/// Whether the text is an absolute URI (RFC 3986, section 4.3, as far as its characters tell): a scheme, and after its
/// colon at least one character, none of them a space, a control or a delimiter that URIs may not hold.
#[must_use]
pub fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let mut letters = scheme.chars();
    let begins = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
    begins
        && letters.all(|letter| letter.is_ascii_alphanumeric() || "+-.".contains(letter))
        && !rest.is_empty()
        && !rest.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c))
}

/// Whether the text names an extension: a compact or absolute URI. XML names allow an underscore in a prefix.
pub(crate) fn is_extension(name: &str) -> bool {
    let Some((prefix, local)) = name.split_once(':') else { return false };
    let mut letters = prefix.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || "+-._".contains(letter))
        && !local.is_empty()
        && !local.chars().any(|c| c.is_whitespace() || c.is_control())
}
