//! GS1 Digital Link URIs (GS1 Digital Link URI Syntax 1.5) and element strings of bar codes.

use super::EpcError;
use super::escape::{escape, unescape};
use super::key::{Gs1, Key, Serial, without_check};

/// Names that stood for application identifiers in the first version of the standard.
const NAMES: [(&str, &str); 20] = [
    ("gtin", "01"),
    ("itip", "8006"),
    ("cpi", "8010"),
    ("cpid", "8010"),
    ("gln", "414"),
    ("party", "417"),
    ("gsrnp", "8017"),
    ("gsrn", "8018"),
    ("gcn", "255"),
    ("sscc", "00"),
    ("gdti", "253"),
    ("ginc", "401"),
    ("gsin", "402"),
    ("grai", "8003"),
    ("giai", "8004"),
    ("cpv", "22"),
    ("lot", "10"),
    ("ser", "21"),
    ("glnx", "254"),
    ("cpsn", "8011"),
];

/// Identifiers that may follow a key: variant, lot, serial numbers, extension of a place, party of a place.
const QUALIFIERS: [&str; 8] = ["22", "10", "21", "235", "254", "8011", "8020", "7040"];

/// The key of a link of any domain.
pub(super) fn parse(text: &str) -> Result<Gs1, EpcError> {
    let (scheme, rest) = text.split_once("://").ok_or(EpcError::Kind)?;
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return Err(EpcError::Kind);
    }
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    let segments: Vec<String> = path.split('/').skip(1).map(unescape).collect();
    // Before the key there may be any path; what only looks like a key does not hide one behind it.
    let mut first = None;
    for start in 0..segments.len() {
        let Some([name, value, tail @ ..]) = segments.get(start..) else { break };
        let ai = identifier(name);
        if !Key::ALL.into_iter().any(|key| key.rule().ai == ai) {
            continue;
        }
        match pairs(tail).and_then(|qualifiers| key(ai, value, &qualifiers)) {
            Ok(gs1) => return Ok(gs1),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or(EpcError::Kind))
}

fn identifier(name: &str) -> &str {
    NAMES.iter().find(|(known, _)| name.eq_ignore_ascii_case(known)).map_or(name, |(_, ai)| ai)
}

fn pairs(segments: &[String]) -> Result<Vec<(&str, &str)>, EpcError> {
    // A stroke at the end says nothing.
    let segments = match segments {
        [rest @ .., last] if last.is_empty() && rest.len().is_multiple_of(2) => rest,
        _ => segments,
    };
    let (pairs, odd) = segments.as_chunks::<2>();
    let known = |name: &str| QUALIFIERS.contains(&name);
    let pairs = pairs.iter().map(|[name, value]| (identifier(name), value.as_str()));
    let pairs: Vec<_> = pairs.collect();
    if odd.is_empty() && pairs.iter().all(|(name, value)| known(name) && !value.is_empty()) {
        Ok(pairs)
    } else {
        Err(EpcError::Form("something follows the key that is no qualifier of it"))
    }
}

/// The key of an application identifier, its value and those of its qualifiers.
fn key(ai: &str, value: &str, qualifiers: &[(&str, &str)]) -> Result<Gs1, EpcError> {
    let of = |wanted: &str| {
        qualifiers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| (*value).to_owned())
    };
    let key = match ai {
        "01" if of("21").is_some() => Key::Sgtin,
        "01" if of("235").is_some() => Key::Upui,
        "01" if of("10").is_some() => Key::Lgtin,
        _ => Key::ALL.into_iter().find(|key| key.rule().ai == ai).ok_or(EpcError::Kind)?,
    };
    let (number, serial) = match key.rule().serial {
        Serial::None => (value.to_owned(), None),
        Serial::Own(own, _) => (trade_item(ai, value)?, of(own)),
        Serial::Joined(_) => joined(key, value)?,
    };
    let serial = serial.or_else(|| (key == Key::Sgln).then(|| "0".to_owned()));
    Gs1::new(key, without_check(key, &number)?, serial, None)
}

/// GTIN-8, 12 and 13 as GTIN-14.
fn trade_item(ai: &str, value: &str) -> Result<String, EpcError> {
    match value.len() {
        8 | 12 | 13 | 14 if ai == "01" => Ok(format!("{value:0>14}")),
        _ if ai == "01" => Err(EpcError::Form("a GTIN has 8, 12, 13 or 14 digits")),
        _ => Ok(value.to_owned()),
    }
}

/// Number with check digit, and the serial number behind it. A GRAI has a nought before.
fn joined(key: Key, value: &str) -> Result<(String, Option<String>), EpcError> {
    let value = match key {
        Key::Grai => value.strip_prefix('0').ok_or(EpcError::Form("a GRAI begins with 0"))?,
        _ => value,
    };
    let length = key.digits().map_or(0, |digits| digits + 1);
    let (number, serial) = value.split_at_checked(length).ok_or(EpcError::Form("the number is too short"))?;
    Ok((number.to_owned(), Some(serial).filter(|serial| !serial.is_empty()).map(str::to_owned)))
}

/// Application identifiers and their values, in order.
fn values(gs1: &Gs1) -> Vec<(&'static str, String)> {
    let rule = gs1.key().rule();
    let nought = if gs1.key() == Key::Grai { "0" } else { "" };
    let number = format!("{nought}{}", gs1.checked_number());
    match (rule.serial, gs1.serial()) {
        (Serial::Joined(_), Some(serial)) => vec![(rule.ai, format!("{number}{serial}"))],
        // An extension of 0 says that there is none (TDS section 6.3.3).
        (Serial::Own(..), Some("0")) if gs1.key() == Key::Sgln => vec![(rule.ai, number)],
        (Serial::Own(own, _), Some(serial)) => vec![(rule.ai, number), (own, serial.to_owned())],
        _ => vec![(rule.ai, number)],
    }
}

/// The canonical link.
pub(super) fn of(gs1: &Gs1) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let pair = |(ai, value): (&str, String)| format!("/{ai}/{}", escape(&value, plain));
    let path: String = values(gs1).into_iter().map(pair).collect();
    format!("https://id.gs1.org{path}")
}

impl Gs1 {
    /// The element string as printed below a bar code, such as `(01)80614141123458(21)6789`.
    #[must_use]
    pub fn elements(&self) -> String {
        values(self).into_iter().map(|(ai, value)| format!("({ai}){value}")).collect()
    }
}

/// An element string with brackets. Values may hold brackets: only those around an identifier known here count.
pub(super) fn elements(text: &str) -> Result<Gs1, EpcError> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut rest = text;
    while let Some((ai, tail)) = rest.strip_prefix('(').and_then(|tail| tail.split_once(')')) {
        let end =
            tail.char_indices().map(|(at, _)| at).find(|at| tail.get(*at..).is_some_and(begins_element));
        let (value, next) = tail.split_at_checked(end.unwrap_or(tail.len())).unwrap_or((tail, ""));
        found.push((ai, value));
        rest = next;
    }
    let ((ai, value), qualifiers) = found.split_first().ok_or(EpcError::Kind)?;
    if rest.is_empty() { key(ai, value, qualifiers) } else { Err(EpcError::Kind) }
}

fn begins_element(text: &str) -> bool {
    let ai = text.strip_prefix('(').and_then(|tail| tail.split_once(')')).map(|(ai, _)| ai);
    ai.is_some_and(|ai| QUALIFIERS.contains(&ai))
}

/// The data of a bar code as a scanner gives it: identifiers of known lengths, others ended by the separator `<GS>`.
pub(in crate::identity) fn scanned(text: &str) -> Result<Gs1, EpcError> {
    let mut found: Vec<(&str, &str)> = Vec::new();
    let mut rest = text.trim_start_matches('\u{1D}');
    while !rest.is_empty() {
        let ais = Key::ALL.into_iter().map(|key| key.rule().ai).chain(QUALIFIERS);
        let ai = ais.into_iter().find(|ai| rest.starts_with(ai)).ok_or(EpcError::Kind)?;
        let tail = rest.get(ai.len()..).unwrap_or_default();
        let fixed = match ai {
            "00" | "8006" | "8017" | "8018" => Some(18),
            "01" => Some(14),
            "402" => Some(17),
            "414" | "417" => Some(13),
            _ => None,
        };
        let end = fixed.or_else(|| tail.find('\u{1D}')).unwrap_or(tail.len());
        let (value, next) = tail.split_at_checked(end).ok_or(EpcError::Form("the number is too short"))?;
        found.push((ai, value));
        rest = next.trim_start_matches('\u{1D}');
    }
    let ((ai, value), qualifiers) = found.split_first().ok_or(EpcError::Kind)?;
    key(ai, value, qualifiers)
}
