//! One event as it lies in the log: a hundred bytes, enough to build the same report again at any time.

use crate::bytes::{Put, Take};
use crate::seal::{Breaks, Cause, Importance, Parts, Phase, Seal};

/// Length of a record.
pub(crate) const RECORD_BYTES: usize = 100;
/// Layout of the record.
const VERSION: u8 = 1;
/// Characters of a card's number that are kept.
pub const CARD_BYTES_MAX: usize = 16;

/// Where the device is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Latitude, 1e-7 degrees.
    pub latitude_e7: i32,
    /// Longitude, 1e-7 degrees.
    pub longitude_e7: i32,
    /// Metres above the sea.
    pub altitude_m: i16,
    /// Centimetres a second.
    pub speed_cm_s: u16,
    /// Hundredths of a degree from north.
    pub course_cdeg: u16,
    /// Satellites that were used.
    pub satellites: u8,
    /// Metres within which it is.
    pub accuracy_m: u16,
    /// It is the place of earlier: there was no fix for this event.
    pub is_stale: bool,
}

/// What else was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings {
    /// Charge, per cent.
    pub battery: Option<u8>,
    /// Voltage of the battery, millivolts.
    pub battery_mv: Option<u16>,
    /// Temperature, hundredths of a degree Celsius.
    pub temperature_c100: Option<i16>,
    /// Strength of the network, dBm.
    pub rssi_dbm: Option<i8>,
    /// Light, lux.
    pub light_lx: Option<u16>,
    /// Whether it moves.
    pub moving: Option<bool>,
}

/// How an opening was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Method {
    /// By the platform.
    Remote = 1,
    /// By a card.
    Card = 2,
    /// By a password.
    Password = 3,
    /// By a one-time code.
    Code = 4,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Outcome {
    /// It is done.
    Done = 1,
    /// It failed.
    Failed = 2,
}

/// A card's number, as much of it as is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Card([u8; CARD_BYTES_MAX]);

impl Card {
    /// From its text; characters that are not printable ASCII are left out.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut card = [0; CARD_BYTES_MAX];
        let shown = text.bytes().filter(|byte| (0x21..0x7F).contains(byte));
        card.iter_mut().zip(shown).for_each(|(place, byte)| *place = byte);
        Self(card)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(CARD_BYTES_MAX);
        self.0.get(..length).and_then(|bytes| core::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

/// An event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number; given by the log.
    pub sequence: u32,
    /// When, milliseconds since 1970; none while the clock was not set.
    pub at_ms: Option<i64>,
    /// What happened.
    pub cause: Cause,
    /// How much it matters.
    pub importance: Importance,
    /// It was recorded while the platform could not be reached.
    pub kept: bool,
    /// The state of the seal.
    pub phase: Phase,
    /// The parts that are fitted.
    pub fitted: Parts,
    /// Those that were whole.
    pub parts: Parts,
    /// How it was ever broken since it was armed.
    pub ever: Breaks,
    /// Number of the arming.
    pub arming: u32,
    /// How often the rope was cut, ever.
    pub cuts: u16,
    /// How often it was sealed, ever.
    pub cycles: u16,
    /// Where.
    pub place: Option<Place>,
    /// Measurements.
    pub readings: Readings,
    /// An opening that was asked for, and whether it was allowed.
    pub unlock: Option<(Method, bool)>,
    /// The card that was shown.
    pub card: Card,
    /// The command that ended.
    pub command: Option<(u64, Outcome)>,
    /// How many events were dropped, ever; given by the log.
    pub lost: u32,
    /// The first half of the SHA-256 of the report before this one; given by the log.
    pub previous: [u8; 16],
}

/// The state of the seal, in the upper four bits of the flags.
const PHASE_SHIFT: u8 = 4;
const KEPT: u8 = 1 << 1;
const PLACE: u8 = 1 << 2;
const STALE: u8 = 1 << 3;
const NO_TIME: i64 = i64::MIN;

impl Record {
    /// The state of the seal that it tells.
    #[must_use]
    pub const fn seal(&self) -> Seal {
        let Self { phase, parts, ever, arming, cuts, cycles, .. } = *self;
        Seal { phase, now: parts, ever, arming, cuts, cycles }
    }

    /// As bytes of the log.
    pub(crate) fn encode(&self) -> [u8; RECORD_BYTES] {
        let mut bytes = [0; RECORD_BYTES];
        let place = self.place.unwrap_or_default();
        let flags = (self.phase as u8) << PHASE_SHIFT
            | if self.kept { KEPT } else { 0 }
            | if self.place.is_some() { PLACE } else { 0 }
            | if place.is_stale { STALE } else { 0 };
        let mut put = Put(&mut bytes);
        put.u8(VERSION).u8(self.cause as u8).u8(self.importance as u8).u8(flags);
        put.u8(self.fitted.bits()).u8(self.parts.bits()).u8(self.ever.0);
        put.u32(self.sequence).i64(self.at_ms.unwrap_or(NO_TIME));
        put.u32(self.arming).u16(self.cuts).u16(self.cycles);
        put.bytes(&place.latitude_e7.to_be_bytes()).bytes(&place.longitude_e7.to_be_bytes());
        put.bytes(&place.altitude_m.to_be_bytes()).u16(place.speed_cm_s).u16(place.course_cdeg);
        put.u8(place.satellites).u16(place.accuracy_m);
        let readings = &self.readings;
        put.u8(readings.battery.unwrap_or(u8::MAX)).u16(readings.battery_mv.unwrap_or(u16::MAX));
        put.bytes(&readings.temperature_c100.unwrap_or(i16::MIN).to_be_bytes());
        put.bytes(&readings.rssi_dbm.unwrap_or(i8::MIN).to_be_bytes());
        put.u16(readings.light_lx.unwrap_or(u16::MAX));
        put.u8(readings.moving.map_or(2, u8::from));
        put.u8(self.unlock.map_or(0, |(method, allowed)| method as u8 | if allowed { 0x80 } else { 0 }));
        put.bytes(&self.card.0);
        let (ticket, outcome) = self.command.map_or((0, 0), |(ticket, outcome)| (ticket, outcome as u8));
        put.u64(ticket).u8(outcome).u32(self.lost).bytes(&self.previous);
        bytes
    }

    /// From bytes of the log; none when they are of another layout.
    pub(crate) fn decode(bytes: &[u8; RECORD_BYTES]) -> Option<Self> {
        let mut take = Take(bytes);
        if take.u8() != VERSION {
            return None;
        }
        let (cause, importance) = (Cause::from_number(take.u8())?, Importance::from_number(take.u8()));
        let flags = take.u8();
        let [fitted, parts] = [take.u8(), take.u8()].map(Parts::from_bits);
        let ever = Breaks(take.u8());
        let (sequence, at_ms) = (take.u32(), take.i64());
        let (arming, cuts, cycles) = (take.u32(), take.u16(), take.u16());
        let place = Place {
            latitude_e7: i32::from_be_bytes(take.bytes()),
            longitude_e7: i32::from_be_bytes(take.bytes()),
            altitude_m: i16::from_be_bytes(take.bytes()),
            speed_cm_s: take.u16(),
            course_cdeg: take.u16(),
            satellites: take.u8(),
            accuracy_m: take.u16(),
            is_stale: flags & STALE != 0,
        };
        let readings = Readings {
            battery: Some(take.u8()).filter(|value| *value != u8::MAX),
            battery_mv: Some(take.u16()).filter(|value| *value != u16::MAX),
            temperature_c100: Some(i16::from_be_bytes(take.bytes())).filter(|value| *value != i16::MIN),
            rssi_dbm: Some(i8::from_be_bytes(take.bytes())).filter(|value| *value != i8::MIN),
            light_lx: Some(take.u16()).filter(|value| *value != u16::MAX),
            moving: Some(take.u8()).filter(|value| *value < 2).map(|value| value == 1),
        };
        let unlock = take.u8();
        let method = match unlock & 0x7F {
            1 => Some(Method::Remote),
            2 => Some(Method::Card),
            3 => Some(Method::Password),
            4 => Some(Method::Code),
            _ => None,
        };
        let card = Card(take.bytes());
        let ticket = take.u64();
        let outcome = match take.u8() {
            1 => Some(Outcome::Done),
            2 => Some(Outcome::Failed),
            _ => None,
        };
        Some(Self {
            sequence,
            at_ms: Some(at_ms).filter(|at| *at != NO_TIME),
            cause,
            importance,
            kept: flags & KEPT != 0,
            phase: Phase::from_number(flags >> PHASE_SHIFT)?,
            fitted,
            parts,
            ever,
            arming,
            cuts,
            cycles,
            place: (flags & PLACE != 0).then_some(place),
            readings,
            unlock: method.map(|method| (method, unlock & 0x80 != 0)),
            card,
            command: outcome.map(|outcome| (ticket, outcome)),
            lost: take.u32(),
            previous: take.bytes(),
        })
    }
}
