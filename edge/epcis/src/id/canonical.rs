//! The form that identifiers are compared in. It is more lenient than reading a key: a wrong check digit is still the
//! same wrong check digit on both sides.

use super::urn_to_digital_link;

/// The domain of canonical Digital Links.
const DOMAIN: &str = "https://id.gs1.org";

/// The identifier in the form that the event hash of the Core Business Vocabulary compares (CBV 2.0, section 8.9.2):
/// a canonical GS1 Digital Link with the finest identification only. Anything else as it is.
///
/// # Examples
/// ```
/// use plomb_epcis::canonical;
/// assert_eq!(
///     canonical("https://example.com/gtin/9780345418913/lot/1223/ser/765tz?abc=1"),
///     "https://id.gs1.org/01/09780345418913/21/765tz",
/// );
/// assert_eq!(canonical("urn:epc:id:bic:CSQU3054383"), "urn:epc:id:bic:CSQU3054383");
/// ```
#[must_use]
pub fn canonical(uri: &str) -> String {
    if uri.starts_with("urn:epc:") {
        return urn_to_digital_link(uri).map_or_else(|| uri.to_owned(), plain_apostrophe);
    }
    if uri.starts_with("http://") || uri.starts_with("https://") {
        return finest(uri).map_or_else(|| uri.to_owned(), plain_apostrophe);
    }
    uri.to_owned()
}

/// The reference implementation of the hash leaves this one sub-delimiter as it is.
fn plain_apostrophe(link: String) -> String {
    if link.contains("%27") { link.replace("%27", "'") } else { link }
}

/// A Digital Link taken apart: key and what qualifies it, decoded.
struct Parts<'a> {
    ai: &'static str,
    key: String,
    qualifiers: Vec<(&'a str, String)>,
}

/// Keys by application identifier or short name (Digital Link: URI Syntax, section 4.4; short names of release 1.1).
fn key_ai(segment: &str) -> Option<&'static str> {
    Some(match segment {
        "00" | "sscc" => "00",
        "01" | "gtin" => "01",
        "253" | "gdti" => "253",
        "255" | "gcn" => "255",
        "401" | "ginc" => "401",
        "402" | "gsin" => "402",
        "414" | "gln" => "414",
        "417" | "party" => "417",
        "8003" | "grai" => "8003",
        "8004" | "giai" => "8004",
        "8006" | "itip" => "8006",
        "8010" | "cpid" => "8010",
        "8017" | "gsrnp" => "8017",
        "8018" | "gsrn" => "8018",
        _ => return None,
    })
}

/// Qualifiers by application identifier or short name.
fn qualifier_ai(segment: &str) -> &str {
    match segment {
        "cpv" => "22",
        "lot" => "10",
        "ser" => "21",
        "tpx" => "235",
        "glnx" => "254",
        "cpsn" => "8011",
        other => other,
    }
}

/// Whether the value of a key may be one, and how it is written in full.
fn key_value(ai: &str, value: &str) -> Option<String> {
    let digits = |count: usize| (value.len() == count && is_digits(value)).then(|| value.to_owned());
    let begins = |count: usize| {
        let head = value.get(..count)?;
        (is_digits(head) && !value.chars().any(char::is_control)).then(|| value.to_owned())
    };
    match ai {
        "01" => {
            let is_gtin = is_digits(value) && matches!(value.len(), 8 | 12 | 13 | 14);
            is_gtin.then(|| format!("{value:0>14}"))
        }
        "00" | "8006" | "8017" | "8018" => digits(18),
        "402" => digits(17),
        "414" | "417" => digits(13),
        "253" | "255" => begins(13),
        "8003" => begins(14),
        // 4 digits at least: a company prefix of 6 may begin with a restricted one, but paths such as /8004/x may not.
        "401" | "8004" | "8010" => begins(4),
        _ => None,
    }
}

fn parts(uri: &str) -> Option<Parts<'_>> {
    let (_, rest) = uri.split_once("://")?;
    let path = rest.split(['?', '#']).next()?;
    let mut segments: Vec<&str> = path.split('/').skip(1).collect();
    // A serial number may hold a slash that is not escaped; an empty segment at the end is none.
    while segments.last().is_some_and(|segment| segment.is_empty()) {
        segments.pop();
    }
    for (place, segment) in segments.iter().enumerate() {
        let Some(ai) = key_ai(segment) else { continue };
        let Some(value) = segments.get(place + 1).and_then(|value| percent_decode(value)) else { continue };
        let Some(key) = key_value(ai, &value) else { continue };
        let rest = segments.get(place + 2..)?;
        let mut qualifiers = Vec::new();
        for pair in rest.chunks(2) {
            let [name, value] = pair else { return None };
            qualifiers.push((qualifier_ai(name), percent_decode(value)?));
        }
        return Some(Parts { ai, key, qualifiers });
    }
    None
}

/// The finest identification of a Digital Link (CBV 2.0, section 8.9.2, rule on constrained canonical links).
fn finest(uri: &str) -> Option<String> {
    let parts = parts(uri)?;
    let kept: &[&str] = match parts.ai {
        "01" => &["21", "235", "10"],
        "8006" => &["21", "10"],
        "414" => &["254"],
        "8010" => &["8011"],
        _ => &[],
    };
    let qualifier = kept.iter().find_map(|ai| parts.qualifiers.iter().find(|(name, _)| name == ai));
    let mut link = format!("{DOMAIN}/{}/{}", parts.ai, percent_encode(&parts.key));
    if let Some((ai, value)) = qualifier {
        link.push_str(&format!("/{ai}/{}", percent_encode(value)));
    }
    Some(link)
}

/// Whether these are digits only, and at least one.
fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Decodes percent escapes; `None` when one is broken or the bytes are no UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            decoded.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).ok()
}

/// Escapes everything but unreserved characters (RFC 3986, section 2.3).
fn percent_encode(text: &str) -> String {
    use std::fmt::Write;
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            write!(encoded, "%{byte:02X}").ok();
        }
    }
    encoded
}
