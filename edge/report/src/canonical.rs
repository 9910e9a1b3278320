//! One text for one JSON value: RFC 8785 (JSON Canonicalization Scheme).

use std::fmt::Write as _;

use serde_json::Value;

/// A value without a canonical text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number {0} cannot be written in one way only")]
pub struct NotCanonical(String);

/// The canonical text of a value. Numbers are those that are written alike everywhere: whole numbers of at most 53 bits,
/// and others from 10^-6 to below 10^21, which ECMAScript writes without an exponent.
///
/// # Errors
/// [`NotCanonical`] for another number.
pub fn canonical(value: &Value) -> Result<String, NotCanonical> {
    let mut text = String::new();
    write(value, &mut text)?;
    Ok(text)
}

fn write(value: &Value, text: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(is) => text.push_str(if *is { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&written(number)?),
        Value::String(string) => quote(string, text),
        Value::Array(items) => {
            text.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                write(item, text)?;
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            // Section 3.2.3: names are compared as UTF-16.
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            text.push('{');
            for (place, (name, item)) in members.into_iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                quote(name, text);
                text.push(':');
                write(item, text)?;
            }
            text.push('}');
        }
    }
    Ok(())
}

/// Largest whole number that every reader keeps (2^53 - 1).
const WHOLE_MAX: i64 = (1 << 53) - 1;

fn written(number: &serde_json::Number) -> Result<String, NotCanonical> {
    let none = || NotCanonical(number.to_string());
    if let Some(whole) = number.as_i64() {
        return if (-WHOLE_MAX..=WHOLE_MAX).contains(&whole) { Ok(whole.to_string()) } else { Err(none()) };
    }
    if number.is_u64() {
        return Err(none());
    }
    let number = number.as_f64().ok_or_else(none)?;
    if number == 0.0 {
        return Ok("0".to_owned());
    }
    // The shortest digits that come back as the same number, without an exponent: as ECMAScript in this range.
    if (1e-6..1e21).contains(&number.abs()) { Ok(number.to_string()) } else { Err(none()) }
}

fn quote(string: &str, text: &mut String) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            c if c < ' ' => drop(write!(text, "\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text.push('"');
}
