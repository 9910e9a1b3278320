//! What every device protocol offers and is given.
//!
//! A protocol is a [`Session`]: one conversation with one device or gateway, which does no I/O. It puts what it
//! understood into [`Decoded`], lays frames open for people as a [`Description`], and finds the secrets of its
//! devices in [`Secrets`]. Protocols that come by HTTP or MQTT are given a [`Request`] as their frame.

mod challenge;
mod decoded;
mod describe;
mod raw;
mod request;
mod secrets;
mod session;

pub use challenge::{CHALLENGE_BYTES, CHALLENGE_S_MAX, Issued, challenge, issued};
pub use decoded::{Decoded, ReportRef};
pub use describe::{Description, Field};
pub use raw::raw;
pub use request::{REQUEST_BYTES_MAX, Request};
pub use secrets::{DeviceKey, KeyPurpose, NoSecrets, SecretBytes, SecretTable, Secrets};
pub use session::{Session, SessionConfig, SessionKey};
