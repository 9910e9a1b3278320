//! The binary as its users have it: a real process, real sockets, a real disk.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first thing that is not so"
)]

mod commands;
mod decode;
mod epcis;
mod evidence;
mod firmware;
mod gateways;
mod kill;
mod live;
mod llrp;
mod movements;
mod mqtt;
mod mqtt_commands;
mod profile;
mod registry;
mod senders;
mod server;
mod tags;
