//! Seals that run the real firmware core (`plomb-device`) over a real UDP socket: what stands here is the board around it.

mod board;
mod incident;
pub mod keys;
mod memory;
pub mod run;
mod unit;

pub use incident::{Incident, Scripted};
pub use memory::{Flash, Safe};
pub use unit::{Setup, Unit};
