//! Identities: numbers, codes and chips.

mod container;
mod mark;
mod tid;
