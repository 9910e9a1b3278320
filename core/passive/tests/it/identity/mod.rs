//! Identities: numbers, codes and chips.

mod container;
mod epc;
mod mark;
mod tid;
