//! Forms: what a person fills in, as JSON of any depth.

use plomb_movements::{FIELDS_MAX, Fault, Form};
use serde_json::Value;

use crate::problem::Problem;

/// Deepest nesting of a form: `unit` 1 `seal` 1.
const DEPTH_MAX: usize = 8;

/// The form of a JSON object: nested objects and lists become names with points, `{"unit":[{"number":"x"}]}` is
/// `unit.1.number`.
pub(crate) fn form(value: &Value) -> Result<Form, Fault> {
    let mut form = Form::new();
    if !value.is_object() {
        return Err(Fault::new("body", "it must be a JSON object"));
    }
    flatten("", value, DEPTH_MAX, &mut form)?;
    Ok(form)
}

/// The same of a request's body.
pub(crate) fn form_of(value: &Value) -> Result<Form, Problem> {
    form(value).map_err(|fault| Problem::unacceptable(fault.to_string()))
}

fn flatten(name: &str, value: &Value, depth: usize, form: &mut Form) -> Result<(), Fault> {
    if depth == 0 {
        return Err(Fault::new(name, format!("nested more than {DEPTH_MAX} times")));
    }
    if form.fields().len() > FIELDS_MAX {
        return Err(Fault::new(name, format!("more than {FIELDS_MAX} fields")));
    }
    let below = |part: &str| if name.is_empty() { part.to_owned() } else { format!("{name}.{part}") };
    match value {
        Value::Null => {}
        Value::String(text) => form.put(name, text.as_str()),
        Value::Number(number) => form.put(name, number.to_string()),
        Value::Bool(truth) => form.put(name, if *truth { "yes" } else { "no" }),
        Value::Array(items) => {
            for (item, place) in items.iter().zip(1_usize..) {
                flatten(&below(&place.to_string()), item, depth - 1, form)?;
            }
        }
        Value::Object(object) => {
            for (part, inside) in object {
                flatten(&below(part), inside, depth - 1, form)?;
            }
        }
    }
    Ok(())
}
