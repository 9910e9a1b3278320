//! A fleet of e-locks and trackers that speak their real protocols over real sockets, and a load generator.
//!
//! Written against the protocol notes and not against the platform's decoders, so that the two test each other.

pub mod protocol;

pub mod fleet;
pub mod gate;
pub mod gateway;
pub mod latency;
pub mod load;
pub mod platform;
pub mod seal;
pub mod tag;
pub mod trigger;

mod connect;
pub mod log;
mod number;
