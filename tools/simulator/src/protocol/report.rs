//! What a lock has to say, before any protocol puts it into bytes.

use plomb_model::{Signals, Timestamp};

/// Where the device is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Latitude in 1e-7 degree, north positive.
    pub latitude_e7: i32,
    /// Longitude in 1e-7 degree, east positive.
    pub longitude_e7: i32,
    /// Whether satellites gave it.
    pub fixed: bool,
    /// Height in metres.
    pub altitude_m: i16,
    /// Speed in km/h.
    pub speed_kmh: u16,
    /// Course in degrees, 0 to 359.
    pub course_deg: u16,
    /// Satellites used.
    pub satellites: u8,
}

/// The parts of the lock; `true` is the state under seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The rope is inserted.
    pub rope_inserted: bool,
    /// The motor holds the lock.
    pub motor_locked: bool,
    /// The back cover is closed.
    pub cover_closed: bool,
    /// The cargo door is closed.
    pub door_closed: bool,
}

impl Lock {
    /// Everything closed.
    pub const SEALED: Self =
        Self { rope_inserted: true, motor_locked: true, cover_closed: true, door_closed: true };
}

/// One report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// When, by the device's clock.
    pub at: Timestamp,
    /// Where.
    pub fix: Fix,
    /// Distance run in km.
    pub odometer_km: u32,
    /// Battery charge in %.
    pub battery_percent: u8,
    /// Network signal as CSQ, 0 to 31.
    pub csq: u8,
    /// The parts of the lock.
    pub lock: Lock,
    /// Alarm conditions that hold.
    pub signals: Signals,
    /// Whether a condition has just begun: protocols that tell events and not states tell it then only.
    pub fresh: bool,
}

/// What happened at the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockEvent {
    /// An authorised card opened it.
    CardUnlock {
        /// Decimal card number.
        card: u32,
    },
    /// A card that is not authorised was shown.
    CardRefused {
        /// Decimal card number.
        card: u32,
    },
    /// A wrong password came, the `count`th in a row.
    WrongPassword {
        /// Wrong passwords in a row.
        count: u16,
    },
    /// It closed by itself.
    AutomaticLock,
    /// The rope was pulled out.
    RopePulledOut,
}
