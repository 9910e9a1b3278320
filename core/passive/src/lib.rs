//! Passive seals: chips without a battery, read by a telephone, a handheld or a fixed reader.

pub mod crypto;
pub mod identity;
pub mod llrp;
pub mod ntag424;
pub mod tam;
