//! Decoded frames as a table that a person can read.

use std::fmt::Write;

use plomb_wire::to_hex;
use serde_json::Value;

use crate::decode::{Line, events_of};

/// The rows of one line.
pub(crate) fn table_of(number: u64, line: &Line) -> String {
    let mut text = format!("{number}  {}  {}\n", line.protocol.name(), line.device.as_deref().unwrap_or("-"));
    for event in line.reports.iter().flat_map(events_of) {
        push_event(&mut text, &event);
    }
    for report in line.reports.iter().filter(|report| !report.replies.is_empty()) {
        push(&mut text, format_args!("   reply           {}\n", to_hex(&report.replies)));
    }
    for issue in &line.issues {
        push(&mut text, format_args!("   issue           {issue}\n"));
    }
    text
}

fn push_event(text: &mut String, event: &Value) {
    push(text, format_args!("   {:<15} {:<24}", word(event, "kind"), word(event, "occurred_at")));
    if let Some(position) = event.get("position").filter(|position| position.is_object()) {
        let number = |key: &str| position.get(key).and_then(Value::as_f64).unwrap_or_default();
        let valid = position.get("valid").and_then(Value::as_bool).unwrap_or_default();
        let valid = if valid { "valid" } else { "not valid" };
        push(text, format_args!(" {:.6}, {:.6} ({valid})", number("latitude"), number("longitude")));
    }
    for signal in items(event, "signals") {
        push(text, format_args!(" !{}", signal.as_str().unwrap_or_default()));
    }
    text.push('\n');
    let seal = event.get("seal").and_then(Value::as_object);
    for (part, whole) in seal.into_iter().flatten().filter_map(|(part, whole)| Some((part, whole.as_bool()?)))
    {
        push(
            text,
            format_args!("      {:<24} {}\n", part.replace('_', " "), if whole { "yes" } else { "NO" }),
        );
    }
    for reading in items(event, "readings") {
        push(text, format_args!("      {:<24} {}\n", word(reading, "name"), word(reading, "text")));
    }
}

fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("-")
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let written = text.write_fmt(arguments);
    debug_assert!(written.is_ok(), "a string takes all that is written");
}
