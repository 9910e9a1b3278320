//! Listeners with real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

mod platform;
mod senders;
