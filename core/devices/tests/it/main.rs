//! Every protocol against its vectors, and the properties that hold for all.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::too_many_lines,
    reason = "a test stops at the first thing that is not so"
)]

mod aprilbrother;
mod bthome;
mod chirpstack;
mod digitalmatter;
mod eddystone;
mod egts;
mod eseal;
mod eseal_json;
mod eye;
mod flespi;
mod galileosky;
mod globalstar;
mod gt06;
mod h02;
mod impinj;
mod iridium;
mod iso29167;
mod jointech;
mod jt808;
mod jt808_talk;
mod meitrack;
mod navtelecom;
mod osmand;
mod owntracks;
mod peers;
mod queclink;
mod relays;
mod ruuvi;
mod sigfox;
mod suntech;
mod talk;
mod talks;
mod teltonika;
mod theengs;
mod tk103;
mod topflytech;
mod vectors;
mod web;
mod wialon_ips;
mod zebra;
