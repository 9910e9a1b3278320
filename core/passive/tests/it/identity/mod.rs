//! Identities: numbers, codes and chips.

mod alias;
mod container;
mod epc;
mod mark;
mod resolve;
mod tid;
