//! Device protocols: one folder each, from bytes to events and from commands to bytes.
//!
//! A protocol is a [`Session`]: one conversation with one device or gateway, which does no I/O.
//! Inside each folder `frame.rs` splits bytes into frames, `message.rs` reads a frame in the manual's words and
//! raw units, `normalise.rs` turns a message into events in our words and units (the only place of conversion),
//! `command.rs` turns commands into bytes, and `describe.rs` lists a frame's fields for a person to read.

mod describe;
pub mod session;

mod decoded;
mod open;
mod raw;
mod recognise;

pub mod gt06;
pub mod jointech;
pub mod jt808;
pub mod teltonika;

pub use decoded::{Decoded, ReportRef};
pub use describe::{Description, Field};
pub use open::{describe, open};
pub use recognise::{LOOK_AHEAD_BYTES, Recognised, first_bytes, recognise};
pub use session::{Session, SessionConfig, SessionKey};
