//! Identities of seals and of what they are on: what is printed, what a chip says, what a code holds.

mod container;
pub mod epc;
mod mark;
mod text;
mod tid;

pub use container::{ContainerError, ContainerNumber};
pub use epc::{Epc, EpcError};
pub use mark::SealMark;
pub use tid::{Class, Tid};
