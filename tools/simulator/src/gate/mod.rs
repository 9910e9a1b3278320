//! Gates: LLRP readers that wait for the platform to call them, before which sealed trucks pass.
//!
//! Written from the standard, independently of the platform's host.

mod capabilities;
mod reader;
mod serve;
mod specs;
mod tags;
mod wire;

pub use reader::Reader;
pub use serve::{now_ms, serve};
pub use tags::{SealTag, population};
