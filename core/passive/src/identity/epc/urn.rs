//! `urn:epc:id:`, `urn:epc:idpat:` and `urn:epc:class:` (TDS section 6).

use super::escape::{escape, unescape};
use super::key::{Gs1, Key, Serial, all_digits, is_invariant};
use super::other::Other;
use super::{Epc, EpcError};
use crate::identity::ContainerNumber;

pub(super) fn parse(text: &str) -> Result<Epc, EpcError> {
    let mut parts = text.splitn(5, ':');
    let mut next = || parts.next().ok_or(EpcError::Kind);
    let (urn, epc, kind, scheme, fields) = (next()?, next()?, next()?, next()?, next()?);
    if !urn.eq_ignore_ascii_case("urn") || !epc.eq_ignore_ascii_case("epc") {
        return Err(EpcError::Kind);
    }
    match (kind, scheme) {
        ("id", "bic") => Ok(Epc::Container(ContainerNumber::parse(fields)?)),
        ("id" | "idpat" | "class", _) => {
            let class = kind == "idpat";
            let key = Key::ALL.into_iter().find(|key| key.name() == scheme);
            match key {
                Some(key) if (key == Key::Lgtin) == (kind == "class") && (!class || key.has_class()) => {
                    self::fields(key, fields, class).map(Epc::Gs1)
                }
                None if kind == "id" => Other::parse(scheme, fields).map(Epc::Other),
                _ => Err(EpcError::Kind),
            }
        }
        _ => Err(EpcError::Kind),
    }
}

/// The fields behind the name of a key: `company.reference.serial`.
pub(super) fn fields(key: Key, text: &str, class: bool) -> Result<Gs1, EpcError> {
    let has_serial = key.rule().serial != Serial::None;
    let piece = key.pieces() / 2;
    // Serial numbers may hold points: they are all that is left.
    let count = if has_serial { 3 + piece } else { 2 };
    let mut parts = text.splitn(count, '.');
    let mut next = || parts.next().ok_or(EpcError::Form("a field is missing"));
    let (company, reference) = (next()?, next()?);
    if !all_digits(company) {
        return Err(EpcError::Form("a company prefix is digits"));
    }
    if key.digits().is_none() && reference.is_empty() {
        return Err(EpcError::Form("a reference is empty"));
    }
    let mut pieces = String::new();
    for _ in 0..piece {
        pieces.push_str(
            Some(next()?).filter(|piece| piece.len() == 2).ok_or(EpcError::Form("a piece is two digits"))?,
        );
    }
    let serial = if !has_serial {
        None
    } else if class {
        Some(next()?)
            .filter(|all| *all != "*")
            .map_or(Ok(None), |_| Err(EpcError::Form("a pattern ends with *")))?
    } else {
        Some(unescape(next()?))
    };
    let number = Gs1::join(key, company, &unescape(reference), &pieces)?;
    Gs1::new(key, number, serial, Some(company.len()))
}

/// The URN of a key whose company prefix has a known length.
pub(super) fn of(gs1: &Gs1) -> Option<String> {
    let kind = match (gs1.key(), gs1.serial()) {
        (Key::Lgtin, _) => "class",
        (key, None) if key.has_class() => "idpat",
        _ => "id",
    };
    Some(format!("urn:epc:{kind}:{}:{}", gs1.key().name(), fields_of(gs1)?))
}

/// `company.reference.serial`.
pub(super) fn fields_of(gs1: &Gs1) -> Option<String> {
    let (company, reference) = gs1.split()?;
    let mut text = format!("{company}.{}", escape(&reference, is_plain));
    if let Some((piece, count)) = gs1.pieces() {
        text.push_str(&format!(".{piece}.{count}"));
    }
    match gs1.serial() {
        Some(serial) => text.push_str(&format!(".{}", escape(serial, is_plain))),
        None if gs1.key().has_class() => text.push_str(".*"),
        None => {}
    }
    Some(text)
}

/// Characters that stand for themselves in a URN (TDS annex A).
pub(super) fn is_plain(character: char) -> bool {
    is_invariant(character) && !"\"%&/<>?".contains(character)
}
