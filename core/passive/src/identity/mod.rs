//! Identities of seals and of what they are on: what is printed, what a chip says, what a code holds.

mod alias;
mod container;
pub mod epc;
mod mark;
mod resolve;
mod text;
mod tid;

pub use alias::{Aliases, JoinError, Likeness, canonical, likeness};
pub use container::{ContainerError, ContainerNumber};
pub use epc::{Epc, EpcError};
pub use mark::SealMark;
pub use resolve::{Identified, Tap, resolve};
pub use tid::{Class, Tid};
