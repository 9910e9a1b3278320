//! Device protocols: one folder each, from bytes to events and from commands to bytes.
//!
//! Inside each folder `frame.rs` splits bytes into frames, `message.rs` reads a frame in the manual's words and
//! raw units, `normalise.rs` turns a message into events in our words and units (the only place of conversion),
//! `command.rs` turns commands into bytes, and `describe.rs` lists a frame's fields for a person to read.
//! [`open`](open()) is the one list of them all.

mod fields;
mod open;
mod orders;
mod pieces;
mod recognise;
mod stream;
mod tag;
mod talk;
mod web;

pub mod chirpstack;
pub mod digitalmatter;
pub mod egts;
pub mod envotech;
pub mod eseal;
pub mod eseal_json;
pub mod flespi;
pub mod galileosky;
pub mod globalstar;
pub mod gt06;
pub mod h02;
pub mod impinj;
pub mod iridium;
pub mod iso29167;
pub mod jointech;
pub mod jt808;
pub mod meitrack;
pub mod navtelecom;
pub mod osmand;
pub mod owntracks;
pub mod queclink;
pub mod rockblock;
pub mod sigfox;
pub mod spot;
pub mod suntech;
pub mod teltonika;
pub mod teratrack;
pub mod theengs;
pub mod tk103;
pub mod topflytech;
pub mod wialon_ips;
pub mod wialon_retranslator;
pub mod zebra;

pub use open::{describe, open};
pub use orders::{orders, takes_password};
pub use plomb_passive::llrp;
pub use plomb_profile::{opening_code, platform_key};
pub use plomb_session::{
    CHALLENGE_S_MAX, Decoded, Description, DeviceKey, Field, KeyPurpose, NoSecrets, REQUEST_BYTES_MAX,
    ReportRef, Request, SecretBytes, SecretTable, Secrets, Session, SessionConfig, SessionKey, challenge,
    raw,
};
pub use recognise::{LOOK_AHEAD_BYTES, Recognised, first_bytes, recognise};
