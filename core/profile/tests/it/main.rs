//! The profile's platform side, spoken to by a device built of `plomb-constrained`, by recorded frames and by the
//! implementations of others.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first thing that is not so"
)]

mod coap;
mod command;
mod device;
mod edhoc;
mod vectors;
