//! What the protocols share that come as web requests or MQTT messages: the session around one whole message, and
//! numbers, times, names, JSON and XML as such messages write them.

mod decimal;
mod describe;
mod downlink;
mod json;
mod name;
mod place;
mod session;
mod time;
mod xml;

pub(crate) use decimal::scaled;
pub(crate) use describe::{bytes_shown, describe};
pub(crate) use json::{elements, member, object_at, text, truth};
pub(crate) use name::{device, named, tracker};
pub(crate) use place::{course, in_place, metres, millivolts, percent, speed};
pub(crate) use session::{Message, session, talking};
pub(crate) use time::instant;
pub(crate) use xml::{Element, parse as parse_xml};
