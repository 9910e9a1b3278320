//! Lives of movements, refusals, and what no order of steps can do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test stops at the first thing that is not so"
)]

mod declaration;
mod lives;
mod openings;
mod orders;
mod policies;
mod world;
