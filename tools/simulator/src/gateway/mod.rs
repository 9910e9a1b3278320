//! All that reaches the platform as whole messages: phones, hubs of other makers, back offices of satellites, readers of
//! tags, and gateways that hear sensors around them.
//!
//! Written from the pages of the protocols (`docs/protocols`), and not from the platform's decoders.

pub mod advert;
mod air;
pub mod mqtt;
mod people;
mod readers;
pub mod run;
mod space;

use plomb_model::{Protocol, Timestamp};

pub use advert::BthomeKey;

/// What is true of one source at this moment.
#[derive(Clone, Debug)]
pub struct Moment {
    /// The clock.
    pub now: Timestamp,
    /// Which message of this source it is, from 1.
    pub number: u32,
    /// Which source of its kind.
    pub source: u32,
    /// Degrees.
    pub latitude: f64,
    /// Degrees.
    pub longitude: f64,
    /// Clockwise from north, degrees.
    pub course_deg: f64,
    /// Over ground, km/h.
    pub speed_kmh: f64,
    /// Per cent.
    pub battery_percent: u8,
    /// Something is wrong: the door is open, the seal broken, the cover off, as the source can tell.
    pub broken: bool,
}

/// A message for the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Path with its query.
    pub target: String,
    /// `application/json` and the like.
    pub content_type: &'static str,
    /// The body; empty for one that is all in the query.
    pub body: Vec<u8>,
}

impl Message {
    fn json(target: &str, body: String) -> Self {
        Self { target: target.to_owned(), content_type: "application/json", body: body.into_bytes() }
    }
}

/// The protocols that are played.
pub const PLAYED: [Protocol; 19] = [
    Protocol::Osmand,
    Protocol::Owntracks,
    Protocol::Flespi,
    Protocol::Sigfox,
    Protocol::Globalstar,
    Protocol::Spot,
    Protocol::Rockblock,
    Protocol::Digitalmatter,
    Protocol::Impinj,
    Protocol::Zebra,
    Protocol::Iso29167,
    Protocol::Ruuvi,
    Protocol::Theengs,
    Protocol::Aprilbrother,
    Protocol::Chirpstack,
    Protocol::ESealJson,
    Protocol::Bthome,
    Protocol::Eye,
    Protocol::EddystoneEid,
];

/// The message of a source, or `None` for a protocol that is not played.
#[must_use]
pub fn message(protocol: Protocol, seed: u64, moment: &Moment) -> Option<Message> {
    Some(match protocol {
        Protocol::Osmand => people::osmand(moment),
        Protocol::Owntracks => people::owntracks(moment),
        Protocol::Flespi => people::flespi(moment),
        Protocol::Digitalmatter => people::digitalmatter(moment),
        Protocol::Sigfox => space::sigfox(moment),
        Protocol::Globalstar => space::globalstar(moment),
        Protocol::Spot => space::spot(moment),
        Protocol::Rockblock => space::rockblock(moment),
        Protocol::Impinj => readers::impinj(moment),
        Protocol::Zebra => readers::zebra(moment),
        Protocol::Iso29167 => readers::handheld(moment),
        Protocol::ESealJson => readers::e_seal(moment),
        Protocol::Ruuvi => air::ruuvi(moment),
        Protocol::Theengs => air::theengs(moment, seed),
        Protocol::Aprilbrother => air::aprilbrother(moment),
        Protocol::Chirpstack => air::chirpstack(moment),
        Protocol::Bthome => air::bthome(moment),
        Protocol::Eye => air::eye(moment),
        Protocol::EddystoneEid => air::eddystone(moment),
        _ => return None,
    })
}

/// Seconds since 1970.
fn seconds(moment: &Moment) -> i64 {
    moment.now.as_millis().div_euclid(1000)
}

/// A number of this many digits that differs from source to source.
fn serial(moment: &Moment, from: u64) -> u64 {
    from + u64::from(moment.source)
}
