//! What a request brings, read strictly: an unknown parameter or field is an error that names what is allowed.

mod body;
mod encoding;
mod form;
mod page;
mod parameters;

pub(crate) use body::{Body, Secret};
pub(crate) use encoding::takes;
pub(crate) use form::{form, form_of};
pub(crate) use page::{Count, Limit};
pub(crate) use parameters::{Id, Parameters, optional, span};
