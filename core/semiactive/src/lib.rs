//! Semi-active devices: a small battery, heard within metres by a gateway that hands their messages on.
//!
//! `advert.rs` finds an advert in what a gateway or a capture gives, `hear.rs` hands each payload in it to the protocol
//! that reads it.

mod advert;
mod hear;
mod session;

pub mod aprilbrother;
pub mod bthome;
pub mod eddystone;
pub mod eye;
pub mod ruuvi;

pub use advert::{Advert, address, device};
pub use hear::{Heard, hear};
