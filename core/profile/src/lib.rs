//! The open Plomb profile, the platform's side: what a device says in SenML, under OSCORE or COSE, over CoAP, MQTT or
//! a satellite. `docs/profile.md` is its specification; what both sides share is in `plomb-constrained`.

mod body;
mod coap;
mod command;
mod describe;
mod mqtt;
mod pack;

pub use body::{opening_code, tagged_events};
pub use coap::platform_key;
pub use describe::describe;

/// The profile over CoAP and UDP.
pub mod plomb_coap {
    pub use crate::coap::session;
    pub use crate::describe::describe_coap as describe;
}

/// The profile over MQTT.
pub mod plomb_mqtt {
    pub use crate::describe::describe_mqtt as describe;
    pub use crate::mqtt::session;
}
