//! JSON as devices and their vendors' servers write it.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;

/// Where the values of a body are: the elements of an array, or one value after another.
pub(crate) fn elements(body: &[u8]) -> Vec<Range<usize>> {
    let begins =
        body.iter().position(|byte| !byte.is_ascii_whitespace() && !matches!(byte, 0xEF | 0xBB | 0xBF));
    let Some(begins) = begins else { return Vec::new() };
    let in_array = body.get(begins) == Some(&b'[');
    let mut found = Vec::new();
    let mut start = None;
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in body.iter().copied().enumerate().skip(begins + usize::from(in_array)) {
        if quoted {
            (quoted, escaped) = (escaped || byte != b'"', !escaped && byte == b'\\');
            continue;
        }
        match byte {
            b',' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                found.extend(start.take().map(|start| start..at))
            }
            b']' if depth == 0 && in_array => {
                found.extend(start.take().map(|start| start..at));
                return found;
            }
            _ => {
                start = start.or(Some(at));
                quoted = byte == b'"';
                match byte {
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        if depth == 0 {
                            found.extend(start.take().map(|start| start..at + 1));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
    found.extend(start.map(|start| start..body.len()));
    found
}

/// A string, number or truth value as text; nothing for an empty string, `null`, objects and arrays.
pub(crate) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) if text.trim().is_empty() || text == "null" => None,
        Value::String(text) => Some(Cow::Borrowed(text.trim())),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(true) => Some(Cow::Borrowed("true")),
        Value::Bool(false) => Some(Cow::Borrowed("false")),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The first member of `object` that has one of these names and a value, as text.
pub(crate) fn member<'a>(object: &'a Value, names: &[&str]) -> Option<Cow<'a, str>> {
    names.iter().find_map(|name| text(object.get(name)?))
}

/// The first member of `object` with one of these names that is an object.
pub(crate) fn object_at<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(name).filter(|value| value.is_object()))
}

/// Yes and no in their usual words.
pub(crate) fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "1.0" | "yes" | "on" => Some(true),
        "false" | "0" | "0.0" | "no" | "off" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::elements;

    fn parts(body: &str) -> Vec<&str> {
        elements(body.as_bytes()).into_iter().map(|range| body.get(range).unwrap()).collect()
    }

    #[test]
    fn elements_are_found_whatever_is_in_them() {
        assert_eq!(parts(r#" [ {"a":"]},\""} , {"b":[1,{}]} ] "#), [r#"{"a":"]},\""}"#, r#"{"b":[1,{}]}"#]);
        assert_eq!(parts(r#"{"a":1}"#), [r#"{"a":1}"#]);
        assert_eq!(parts("{\"a\":1}\n{\"b\":2}"), [r#"{"a":1}"#, r#"{"b":2}"#]);
        assert_eq!(parts(r#"[1,"x",{"cut":"#), ["1", "\"x\"", "{\"cut\":"]);
        assert!(parts("[]").is_empty() && parts(" ").is_empty());
    }
}
