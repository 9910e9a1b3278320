//! A request laid open for a person: its head, its parameters, and the members or elements of its body.

use serde_json::Value;

use super::xml::{self, Element};
use crate::{Description, Request};

/// Most fields that are shown.
const FIELDS_MAX: usize = 500;
/// Longest value that is shown.
const VALUE_CHARACTERS_MAX: usize = 200;
/// Words in the name of a value that is a secret.
const SECRET_WORDS: &[&str] =
    &["password", "passwd", "token", "secret", "jwt", "auth", "apikey", "signature"];

/// Bytes in hex, as much as is shown.
pub(crate) fn bytes_shown(bytes: &[u8]) -> String {
    let shown = bytes.get(..VALUE_CHARACTERS_MAX / 2).unwrap_or(bytes);
    let more = if shown.len() < bytes.len() { format!("… {} bytes", bytes.len()) } else { String::new() };
    format!("{}{more}", plomb_wire::to_hex(shown))
}

/// The request `frame`, called `name`.
pub(crate) fn describe(name: &str, frame: &[u8]) -> Description {
    let request = Request::of(frame);
    let mut description = Description::new(name);
    if !request.method.is_empty() {
        description.field(0, request.method.len(), "method", request.method);
    }
    let at = request.method.len() + usize::from(!request.method.is_empty());
    if !request.path().is_empty() {
        description.field(at, request.path().len(), "path", request.path());
    }
    for (header, value) in &request.headers {
        let value = String::from_utf8_lossy(value);
        field(
            &mut description,
            offset_of(frame, header.as_bytes(), 0),
            header.len(),
            "header",
            header,
            &value,
        );
    }
    let body = std::str::from_utf8(request.body).unwrap_or_default();
    let begins = body.trim_start_matches('\u{FEFF}').trim_start();
    if begins.starts_with(['{', '[']) {
        match serde_json::from_str::<Value>(body.trim_start_matches('\u{FEFF}')) {
            Ok(value) => members(&mut description, frame, &request, "", &value),
            Err(error) => description.field(request.body_offset, body.len(), "no JSON", error),
        }
    } else if begins.starts_with('<') {
        match xml::parse(body) {
            Ok(root) => root.children.iter().for_each(|child| element(&mut description, &request, "", child)),
            Err(fault) => {
                description.field(request.body_offset + fault.offset, 0, "no XML", &fault.why);
            }
        }
    } else if body.is_empty() && !request.body.is_empty() {
        description.field(request.body_offset, request.body.len(), "body", bytes_shown(request.body));
    }
    for (name, value) in request.parameters() {
        let at = offset_of(frame, name.as_bytes(), 0);
        field(&mut description, at, name.len(), "parameter", &name, &value);
    }
    description
}

fn members(description: &mut Description, frame: &[u8], request: &Request<'_>, path: &str, value: &Value) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                members(description, frame, request, &path, value);
            }
        }
        Value::Array(array) => {
            for (index, value) in array.iter().enumerate() {
                members(description, frame, request, &format!("{path}[{index}]"), value);
            }
        }
        scalar => {
            let last = path.rsplit('.').next().unwrap_or(path);
            let last = last.split('[').next().unwrap_or(last);
            let at = offset_of(frame, format!("\"{last}\"").as_bytes(), request.body_offset);
            let shown = scalar.as_str().map_or_else(|| scalar.to_string(), ToOwned::to_owned);
            field(description, at, last.len() + 2, "member", path, &shown);
        }
    }
}

fn element(description: &mut Description, request: &Request<'_>, path: &str, one: &Element) {
    let path = format!("{path}/{}", one.name);
    let at = request.body_offset + one.end;
    for (name, value) in &one.attributes {
        field(description, at, 0, "attribute", &format!("{path}@{name}"), value);
    }
    if !one.text.is_empty() {
        field(description, at, 0, "element", &path, &one.text);
    }
    one.children.iter().for_each(|child| element(description, request, &path, child));
}

/// Adds `path = value`, secrets redacted.
fn field(
    description: &mut Description,
    at: usize,
    length: usize,
    kind: &'static str,
    path: &str,
    value: &str,
) {
    if description.fields.len() >= FIELDS_MAX {
        return;
    }
    let lower = path.to_ascii_lowercase();
    let secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
    let shown: String =
        if secret { "[redacted]".to_owned() } else { value.chars().take(VALUE_CHARACTERS_MAX).collect() };
    description.field(at, length, kind, format_args!("{path} = {shown}"));
}

/// Where `what` is first found from `from` on; `from` where it is not.
fn offset_of(frame: &[u8], what: &[u8], from: usize) -> usize {
    let rest = frame.get(from..).unwrap_or_default();
    let found = rest.windows(what.len().max(1)).position(|window| window == what);
    from + found.unwrap_or(0)
}
