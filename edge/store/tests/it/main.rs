//! The journal over its public interface, on a real file system.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a test stops at the first thing that is not so"
)]

mod basics;
mod concurrent;
mod crash;
mod damage;
mod hashes;
mod model;
mod oracle;
mod paging;
mod retention;
mod space;
mod support;
