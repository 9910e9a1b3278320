//! What small devices and the platform both speak, without heap and without I/O: CBOR (RFC 8949), SenML (RFC 8428),
//! COSE (RFC 9052), CoAP (RFC 7252), OSCORE (RFC 8613) and EDHOC (RFC 9528).
//!
//! Readers borrow from the bytes they are given and name the offset of what is wrong; writers write into memory of
//! the caller and say when it is too small. Keys are wiped when dropped.

#![no_std]

pub mod aead;
pub mod cbor;
pub mod coap;
pub mod cose;
pub mod edhoc;
mod fault;
pub mod oscore;
pub mod p256;
pub mod profile;
pub mod senml;
pub mod stack;

pub use fault::{Fault, Full};
