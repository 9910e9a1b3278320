//! Semi-active devices: a small battery, heard within metres by a gateway that hands their messages on.
//!
//! `advert.rs` finds an advert in what a gateway or a capture gives; each protocol reads its own payload.

mod advert;

pub mod bthome;
pub mod eye;
pub mod ruuvi;
