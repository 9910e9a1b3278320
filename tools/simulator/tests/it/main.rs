//! The simulator against a small peer on the loopback interface that acknowledges as a platform does.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test stops at the first thing that is not so"
)]

mod decoded;
mod gateways;
mod peer;
mod sockets;
