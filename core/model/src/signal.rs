//! What a device shouts: alarm conditions in its own word, before any rule of ours.

use std::fmt;

/// A condition that a device reports. The discriminants are bit numbers and part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Signal {
    /// The lock rope, shackle, bolt or tamper loop was cut or broken.
    RopeCut = 0,
    /// Opened while sealed, without authority.
    UnauthorisedOpen = 1,
    /// The back cover or case was opened.
    CoverOpen = 2,
    /// The device was taken off what it guards.
    Removed = 3,
    /// Wrong passwords, as many as the device counts as an attack.
    WrongPassword = 4,
    /// A card that is not authorised was shown.
    UnknownCard = 5,
    /// Left unlocked longer than the device allows.
    LongUnlocked = 6,
    /// The lock's motor is stuck.
    MotorFault = 7,
    /// Vibration or an impact.
    Shock = 8,
    /// The device fell.
    Drop = 9,
    /// The device's own battery is low.
    LowBattery = 10,
    /// External power was cut.
    PowerCut = 11,
    /// External power is low.
    PowerLow = 12,
    /// Satellite reception is jammed.
    GnssJamming = 13,
    /// The cellular network is jammed.
    NetworkJamming = 14,
    /// The satellite antenna is open or shorted.
    GnssAntennaFault = 15,
    /// The satellite receiver fails.
    GnssFault = 16,
    /// Entered a fence kept in the device.
    FenceEntered = 17,
    /// Left a fence kept in the device.
    FenceLeft = 18,
    /// Off the route kept in the device.
    RouteDeviation = 19,
    /// Faster than the device's limit.
    Overspeed = 20,
    /// The driver calls for help.
    Sos = 21,
    /// Moved when it should not (tow, theft, illegal displacement).
    Displaced = 22,
    /// A crash.
    Collision = 23,
    /// Tilted beyond the limit, or rolled over.
    Rollover = 24,
    /// A temperature outside its limits.
    TemperatureOut = 25,
    /// A humidity outside its limits.
    HumidityOut = 26,
    /// Light where it should be dark: door or case open.
    LightDetected = 27,
    /// The cargo door was opened.
    DoorOpen = 28,
    /// The SIM was taken out or changed.
    SimChanged = 29,
    /// The device's self-test fails.
    DeviceFault = 30,
    /// An unlocking was tried outside the permitted area.
    UnlockOutsideZone = 31,
    /// The lock should have closed by itself and did not.
    SealTimeout = 32,
    /// A wireless sub-lock or sensor is no longer heard.
    PeripheralLost = 33,
    /// Parked longer than the device allows.
    OverStay = 34,
    /// The engine was started when it should not.
    Ignition = 35,
    /// The device was switched off or shuts down.
    PowerOff = 36,
    /// Motion was noticed while guarded.
    Motion = 37,
    /// The driver has driven too long.
    Fatigue = 38,
    /// Fuel level or fuel sensor is abnormal.
    FuelFault = 39,
    /// Notice: the lock has closed.
    Locked = 40,
    /// Notice: the lock has opened, by the device's word with authority.
    Unlocked = 41,
    /// Notice: external power is back.
    ExternalPowerRestored = 42,
    /// The device's alarm with no further meaning, or one without a name here.
    General = 43,
}

impl Signal {
    /// Every signal, by bit number.
    pub const ALL: [Self; 44] = [
        Self::RopeCut,
        Self::UnauthorisedOpen,
        Self::CoverOpen,
        Self::Removed,
        Self::WrongPassword,
        Self::UnknownCard,
        Self::LongUnlocked,
        Self::MotorFault,
        Self::Shock,
        Self::Drop,
        Self::LowBattery,
        Self::PowerCut,
        Self::PowerLow,
        Self::GnssJamming,
        Self::NetworkJamming,
        Self::GnssAntennaFault,
        Self::GnssFault,
        Self::FenceEntered,
        Self::FenceLeft,
        Self::RouteDeviation,
        Self::Overspeed,
        Self::Sos,
        Self::Displaced,
        Self::Collision,
        Self::Rollover,
        Self::TemperatureOut,
        Self::HumidityOut,
        Self::LightDetected,
        Self::DoorOpen,
        Self::SimChanged,
        Self::DeviceFault,
        Self::UnlockOutsideZone,
        Self::SealTimeout,
        Self::PeripheralLost,
        Self::OverStay,
        Self::Ignition,
        Self::PowerOff,
        Self::Motion,
        Self::Fatigue,
        Self::FuelFault,
        Self::Locked,
        Self::Unlocked,
        Self::ExternalPowerRestored,
        Self::General,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RopeCut => "rope-cut",
            Self::UnauthorisedOpen => "unauthorised-open",
            Self::CoverOpen => "cover-open",
            Self::Removed => "removed",
            Self::WrongPassword => "wrong-password",
            Self::UnknownCard => "unknown-card",
            Self::LongUnlocked => "long-unlocked",
            Self::MotorFault => "motor-fault",
            Self::Shock => "shock",
            Self::Drop => "drop",
            Self::LowBattery => "low-battery",
            Self::PowerCut => "power-cut",
            Self::PowerLow => "power-low",
            Self::GnssJamming => "gnss-jamming",
            Self::NetworkJamming => "network-jamming",
            Self::GnssAntennaFault => "gnss-antenna-fault",
            Self::GnssFault => "gnss-fault",
            Self::FenceEntered => "fence-entered",
            Self::FenceLeft => "fence-left",
            Self::RouteDeviation => "route-deviation",
            Self::Overspeed => "overspeed",
            Self::Sos => "sos",
            Self::Displaced => "displaced",
            Self::Collision => "collision",
            Self::Rollover => "rollover",
            Self::TemperatureOut => "temperature-out",
            Self::HumidityOut => "humidity-out",
            Self::LightDetected => "light-detected",
            Self::DoorOpen => "door-open",
            Self::SimChanged => "sim-changed",
            Self::DeviceFault => "device-fault",
            Self::UnlockOutsideZone => "unlock-outside-zone",
            Self::SealTimeout => "seal-timeout",
            Self::PeripheralLost => "peripheral-lost",
            Self::OverStay => "overstay",
            Self::Ignition => "illegal-ignition",
            Self::PowerOff => "power-off",
            Self::Motion => "unexpected-motion",
            Self::Fatigue => "fatigue",
            Self::FuelFault => "fuel-fault",
            Self::Locked => "locked",
            Self::Unlocked => "unlocked",
            Self::ExternalPowerRestored => "power-restored",
            Self::General => "general-alarm",
        }
    }
}

/// A set of signals.
///
/// ```
/// use plomb_model::{Signal, Signals};
/// let signals = Signals::from(Signal::RopeCut).with(Signal::Shock);
/// assert!(signals.contains(Signal::Shock));
/// assert_eq!(signals.iter().count(), 2);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Signals(u64);

impl Signals {
    /// No signal.
    pub const NONE: Self = Self(0);

    /// From the bit set of the journal.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The bit set.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// With one more.
    #[must_use]
    pub const fn with(self, signal: Signal) -> Self {
        Self(self.0 | 1_u64 << signal as u8)
    }

    /// With one more, if `on`.
    #[must_use]
    pub const fn with_if(self, on: bool, signal: Signal) -> Self {
        if on { self.with(signal) } else { self }
    }

    /// Whether it is in the set.
    #[must_use]
    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & (1_u64 << signal as u8) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The signals, by bit number.
    pub fn iter(self) -> impl Iterator<Item = Signal> {
        Signal::ALL.into_iter().filter(move |signal| self.contains(*signal))
    }
}

impl From<Signal> for Signals {
    fn from(signal: Signal) -> Self {
        Self::NONE.with(signal)
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
