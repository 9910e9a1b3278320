//! Messages of customs: what is read, and what is drafted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

mod asycuda;
mod edifact;
mod ncts;

use plomb_movements::Form;

/// A field of a form.
fn field<'a>(form: &'a Form, name: &str) -> &'a str {
    form.get(name).unwrap_or_default()
}
