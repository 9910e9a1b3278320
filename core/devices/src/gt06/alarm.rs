//! Alarm codes of the "alarm and language" word, of terminal information and of cameras, as signals.
//!
//! Source: common knowledge of the protocol and recorded frames, no vendor manual; see `docs/protocols/gt06.md`.
//! Where a vendor reuses a code, the reading that guards the seal is taken, and the code itself is always kept as a
//! reading.

use plomb_model::{SealPart, SealReading, Signal, Signals};

/// What an alarm code means: signals, and what it says of the seal's parts.
///
/// `asset_lock` is whether this connection has shown the messages of an asset lock (peripherals 0xF2): only there
/// 0x30 is jamming; on vehicle trackers it is hard braking.
pub(super) fn of_code(code: u16, asset_lock: bool) -> (Signals, SealReading) {
    let signal = match code {
        0x01 => Signal::Sos,
        0x02 => Signal::PowerCut,
        0x03 | 0x09 => Signal::Shock,
        0x04 => Signal::FenceEntered,
        0x05 => Signal::FenceLeft,
        0x06 => Signal::Overspeed,
        // Light sensor, disassembly, tamper: the case is open.
        0x0C | 0x13 | 0x25 => Signal::CoverOpen,
        0x0E | 0x0F => Signal::PowerLow,
        0x10 => Signal::SimChanged,
        0x11 | 0x15 => Signal::PowerOff,
        0x14 => Signal::DoorOpen,
        // Taken off, and pulled out of its holder.
        0x18 | 0x32 => Signal::Removed,
        0x19 => Signal::LowBattery,
        0x23 => Signal::Drop,
        0x2C => Signal::Collision,
        0x2D => Signal::Rollover,
        0x30 if asset_lock => Signal::NetworkJamming,
        0x33 => Signal::Locked,
        0x34 => Signal::Unlocked,
        0x5B | 0x5C => Signal::TemperatureOut,
        0x0107 => Signal::NetworkJamming,
        0x010B => Signal::GnssJamming,
        _ => return (Signals::NONE, SealReading::default()),
    };
    (signal.into(), parts_of(signal))
}

/// Alarm of terminal information, bits 3 to 5.
pub(super) fn of_terminal(information: u8) -> (Signals, SealReading) {
    let signal = match information >> 3 & 7 {
        1 => Signal::Shock,
        2 => Signal::PowerCut,
        3 => Signal::LowBattery,
        4 => Signal::Sos,
        // A fence, entered or left is not said.
        6 => Signal::General,
        7 => Signal::Removed,
        _ => return (Signals::NONE, SealReading::default()),
    };
    (signal.into(), parts_of(signal))
}

/// Alarm byte of the AZ735: what it means.
pub(super) fn of_az735(code: u16) -> (Signals, SealReading) {
    let signal = match code {
        0xA0 => return (Signals::NONE, SealReading::default().with(SealPart::Sealed, true)),
        0xA1 => return (Signals::NONE, SealReading::default().with(SealPart::Sealed, false)),
        0xA2 | 0xA3 => Signal::LowBattery,
        0xA4 => Signal::General,
        0xA5 => Signal::DoorOpen,
        _ => return (Signals::NONE, SealReading::default()),
    };
    (signal.into(), parts_of(signal))
}

/// Event of a JC camera (0x95).
pub(super) fn of_camera(code: u8, with_place: bool) -> Signals {
    match code {
        0x01 if with_place => Signal::Sos.into(),
        0x01 => Signal::General.into(),
        0x80 => Signal::Shock.into(),
        0x87 => Signal::Overspeed.into(),
        0x93 => Signal::Collision.into(),
        _ => Signals::NONE,
    }
}

fn parts_of(signal: Signal) -> SealReading {
    let (part, whole) = match signal {
        Signal::CoverOpen => (SealPart::CoverClosed, false),
        Signal::DoorOpen => (SealPart::DoorClosed, false),
        Signal::Removed => (SealPart::Attached, false),
        Signal::Locked => (SealPart::MotorLocked, true),
        Signal::Unlocked => (SealPart::MotorLocked, false),
        _ => return SealReading::default(),
    };
    SealReading::default().with(part, whole)
}
