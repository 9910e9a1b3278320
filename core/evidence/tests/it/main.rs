//! The encoding's and the tree's properties, and the standard's own test vectors.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    reason = "a test stops at the first thing that is not so"
)]

mod arbitrary;
mod encoding;
mod log;
mod merkle;
