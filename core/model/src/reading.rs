//! Everything else a report may carry, each with its unit.

#![expect(missing_docs, reason = "each variant's sentence says what its fields are")]

use std::borrow::Cow;

use crate::{CentiCelsius, CentiDegrees, CentiPercent, CommandTicket, DeviceId, Metres, Millivolts, Percent};

/// One measured or reported thing. The journal has a number for each (see `plomb-evidence`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Charge of the device's own battery.
    Battery(Percent),
    /// Voltage of the device's own battery.
    BatteryVoltage(Millivolts),
    /// Voltage of the vehicle's or another outside supply.
    ExternalPower(Millivolts),
    /// Whether the outside supply is there.
    ExternalPowerPresent(bool),
    /// Whether the battery is being charged.
    Charging(bool),
    /// Strength of the cellular (or other) network: CSQ 0-31, a level of n, or dBm, as a share of the scale.
    NetworkSignal(Percent),
    /// Distance run, as the device counts it.
    Odometer(Metres),
    /// Temperature of sensor `sensor` (0 is the device itself).
    Temperature { sensor: u8, value: CentiCelsius },
    /// Relative humidity of sensor `sensor`.
    Humidity { sensor: u8, value: CentiPercent },
    /// Illuminance in lux.
    Illuminance(u32),
    /// Attitude about three axes.
    Tilt { x: CentiDegrees, y: CentiDegrees, z: CentiDegrees },
    /// Acceleration in thousandths of g along three axes.
    Acceleration { x: i32, y: i32, z: i32 },
    /// Ignition of the vehicle.
    Ignition(bool),
    /// Whether the device thinks it moves.
    Motion(bool),
    /// Digital input, numbered from 1.
    Input { number: u8, on: bool },
    /// Digital output, numbered from 1.
    Output { number: u8, on: bool },
    /// Analogue input, numbered from 1.
    Analog { number: u8, value: Millivolts },
    /// Horizontal dilution of precision, hundredths.
    Hdop(u16),
    /// A cell tower in use or heard.
    CellTower(CellTower),
    /// The device's number for what woke it.
    WakeSource(u8),
    /// Fence, kept in the device, that the report is about.
    Fence(u32),
    /// A card that was shown.
    Card(CardNumber),
    /// An unlocking that was tried, with its verdicts.
    Unlock(UnlockReport),
    /// How often the lock has been closed.
    LockCycles(u32),
    /// How often the rope or string has been cut.
    CutCount(u32),
    /// Vehicle or container that the device believes to be bound to.
    BoundTo(Box<str>),
    /// Equipment identity, where the terminal number is another.
    Imei(DeviceId),
    /// SIM card number.
    Iccid(Box<str>),
    /// Firmware version.
    Firmware(Box<str>),
    /// Model, as the device names itself.
    Model(Box<str>),
    /// A wireless sensor, sub-lock or tag heard by this device, with what it said.
    Peripheral { device: DeviceId, readings: Box<[Self]> },
    /// Received strength of the peripheral or sender, dBm.
    Rssi(i16),
    /// A magnetic contact: true when the field is there (closed).
    MagnetPresent(bool),
    /// Answer to a command of ours.
    CommandResult { ticket: CommandTicket, outcome: CommandOutcome },
    /// The device asks for something in this protocol (time, address, configuration).
    Request(Cow<'static, str>),
    /// Free text.
    Text(Box<str>),
    /// A number of the vendor with no word of ours: the protocol's name for it, and the value.
    Code { name: Cow<'static, str>, value: i64 },
    /// Bytes of the vendor with no word of ours.
    Bytes { name: Cow<'static, str>, value: Box<[u8]> },
    /// Count of messages or readings that the proof of origin covers and that only rises: one that does not is a replay.
    Counter(u64),
    /// Air pressure in pascal.
    Pressure(u32),
    /// Antenna or port of a reader that heard the device.
    Antenna(u16),
    /// Radius of uncertainty of the position.
    Accuracy(Metres),
    /// Another identifier of the same device: EPC, TID, printed seal mark.
    Alias(DeviceId),
    /// How often the device was heard since the last report.
    ReadCount(u32),
}

/// Number of an access card as the device reads it, in its decimal or hex digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CardNumber(pub Box<str>);

/// A cell of a mobile network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellTower {
    /// Mobile country code.
    pub mcc: u16,
    /// Mobile network code.
    pub mnc: u16,
    /// Location or tracking area code.
    pub area: u32,
    /// Cell identity.
    pub cell: u64,
}

/// How an unlocking was tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum UnlockMethod {
    /// A card.
    Card = 1,
    /// A card bound to the vehicle.
    VehicleCard = 2,
    /// A command of the platform (for some devices with the static password).
    Remote = 3,
    /// A code that changes (time or serial based).
    DynamicPassword = 4,
    /// Bluetooth.
    Bluetooth = 5,
    /// A text message.
    Sms = 6,
    /// A password typed at the device.
    Password = 7,
    /// The lock closed by itself.
    AutomaticLock = 8,
    /// The rope was pulled out.
    RopePulledOut = 9,
    /// Over LoRa or another sub-lock radio.
    SubLockRadio = 10,
    /// Another or unnamed one.
    Other = 11,
}

/// What the device decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum UnlockVerdict {
    /// Opened.
    Allowed = 1,
    /// Refused: the card or the password is not good.
    Refused = 2,
    /// Refused: outside the permitted fence.
    RefusedOutsideZone = 3,
    /// Not an unlocking (the lock closed, the rope was pulled).
    NotApplicable = 4,
}

/// An unlocking that was tried at the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnlockReport {
    /// How.
    pub method: UnlockMethod,
    /// What the device decided.
    pub verdict: UnlockVerdict,
    /// Whether the password was right, where one was given.
    pub password_right: Option<bool>,
    /// Wrong passwords in a row.
    pub wrong_passwords: Option<u16>,
    /// The card, where one was shown.
    pub card: Option<CardNumber>,
    /// The fence inside which it was allowed.
    pub fence: Option<u32>,
}

/// How a command ended, by the device's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CommandOutcome {
    /// The device has it and will act.
    Acknowledged = 1,
    /// Done.
    Done = 2,
    /// Refused or failed.
    Failed = 3,
    /// The device does not know it.
    Unsupported = 4,
    /// An answer that does not say.
    Answered = 5,
}
