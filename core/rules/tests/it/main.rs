//! The rules, one story each: what a device reports, and which alarms must follow.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

mod gnss;
mod life;
mod proof;
mod seal;
mod silence;
mod strangers;
mod supply;
mod tag;
mod time;
mod world;
