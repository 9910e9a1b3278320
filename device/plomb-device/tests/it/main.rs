//! The firmware core on a simulated board: its flash, its radio and its power fail when a test says so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "a test stops at the first thing that is not so"
)]
#![allow(unreachable_pub, reason = "helpers of one test crate")]

mod board;
mod flash;
mod peer;

mod commands;
mod log;
mod power;
mod seal;
mod settings;
mod wipe;
mod words;
