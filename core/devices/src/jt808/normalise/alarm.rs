//! Alarm flags as tables: which bit is which signal, by edition and by vendor.
//!
//! A bit without a row has no signal of ours; the whole word is kept beside the signals in any case.
//! Source: JT/T 808-2013 table 24 and JT/T 808-2019 table 24; the vendor rows as marked.

use plomb_model::{Signal, Signals};

/// Bit numbers and the signals they raise.
type Map = &'static [(u8, Signal)];

/// Bits that all editions share.
static COMMON: Map = &[
    (0, Signal::Sos),
    (1, Signal::Overspeed),
    (2, Signal::Fatigue),
    (3, Signal::General),
    (4, Signal::GnssFault),
    (5, Signal::GnssAntennaFault),
    (6, Signal::GnssAntennaFault),
    (7, Signal::PowerLow),
    (8, Signal::PowerCut),
    (9, Signal::DeviceFault),
    (10, Signal::DeviceFault),
    (11, Signal::DeviceFault),
    (12, Signal::DeviceFault),
    (18, Signal::Fatigue),
    (19, Signal::OverStay),
    (23, Signal::RouteDeviation),
    (24, Signal::DeviceFault),
    (25, Signal::FuelFault),
    (26, Signal::Displaced),
    (27, Signal::Ignition),
    (28, Signal::Displaced),
    (29, Signal::Collision),
    (30, Signal::Rollover),
    (31, Signal::DoorOpen),
    (31, Signal::UnauthorisedOpen),
];

/// Bits that 2011 and 2013 reserve and that vendors use: two tamper switches
/// [capture of bit 17], vibration [one source].
static RESERVED_UNTIL_2019: Map = &[(15, Signal::Shock), (16, Signal::CoverOpen), (17, Signal::CoverOpen)];

/// Padlocks G-360P and G-508P, which give three bits another meaning [one source].
static PADLOCK: Map = &[(0, Signal::Removed), (1, Signal::CoverOpen), (4, Signal::Removed)];
/// The bits that the padlocks redefine.
const PADLOCK_BITS: u32 = 0b1_0011;

/// Models whose alarm bits follow the padlock table, as they name themselves at registration.
static PADLOCK_MODELS: [&[u8]; 2] = [b"G-360P", b"G-508P"];

/// Whether a model's alarm bits follow the padlock table.
pub(super) fn is_padlock(model: &[u8]) -> bool {
    PADLOCK_MODELS.iter().any(|name| model.starts_with(name))
}

/// Flags of the terminal status item 0x0089 (inside item EB), low when they hold [captures, one source].
static STATUS_0089_LOW: Map = &[(0, Signal::PowerCut), (12, Signal::Removed)];

/// Alarm bits of Jointech's 0x5501 [one source].
static JOINTECH: Map = &[
    (0, Signal::Overspeed),
    (1, Signal::PowerLow),
    (2, Signal::Shock),
    (3, Signal::LowBattery),
    (5, Signal::FenceEntered),
    (6, Signal::FenceLeft),
];

/// Alarm class and type of the cameras' item E8 [captures, one source].
static CAMERA: &[((u8, u8), Signal)] = &[((0x0C, 0x01), Signal::Sos), ((0x04, 0x06), Signal::Shock)];

/// Events of transparent data F0, list 3 [one source, no capture].
static TRANSPARENT: Map = &[
    (0x01, Signal::ExternalPowerRestored),
    (0x02, Signal::PowerCut),
    (0x23, Signal::Fatigue),
    (0x26, Signal::Collision),
    (0x27, Signal::Collision),
    (0x28, Signal::Collision),
    (0x31, Signal::DoorOpen),
    (0x32, Signal::DoorOpen),
];

fn raised(map: Map, word: u32) -> Signals {
    map.iter().fold(Signals::NONE, |signals, (bit, signal)| signals.with_if(word >> bit & 1 == 1, *signal))
}

/// Signals of the alarm flags of a location report.
pub(super) fn of_location(word: u32, edition_2019: bool, padlock: bool) -> Signals {
    if word == 0 {
        return Signals::NONE;
    }
    let standard = if padlock { word & !PADLOCK_BITS } else { word };
    let mut bits = raised(COMMON, standard).bits();
    if !edition_2019 {
        bits |= raised(RESERVED_UNTIL_2019, word).bits();
    }
    if padlock {
        bits |= raised(PADLOCK, word).bits();
    }
    Signals::from_bits(bits)
}

/// Signals of the status word 0x0089, whose flags are low when they hold.
pub(super) fn of_status_0089(word: u32) -> Signals {
    raised(STATUS_0089_LOW, !word)
}

/// Signals of Jointech's alarm word.
pub(super) fn of_jointech(word: u16) -> Signals {
    raised(JOINTECH, u32::from(word))
}

/// The signal of a camera's alarm; one without a row is an alarm all the same.
pub(super) fn of_camera(class: u8, kind: u8) -> Signal {
    let row = CAMERA.iter().find(|(alarm, _)| *alarm == (class, kind));
    row.map_or(Signal::General, |(_, signal)| *signal)
}

/// The signal of an event in transparent data.
pub(super) fn of_transparent(event: u8) -> Option<Signal> {
    TRANSPARENT.iter().find(|(id, _)| *id == event).map(|(_, signal)| *signal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_and_models_read_the_same_bits_differently() {
        let tamper = 1 << 17;
        assert!(of_location(tamper, false, false).contains(Signal::CoverOpen));
        assert!(of_location(tamper, true, false).is_empty());
        assert!(of_location(1, false, false).contains(Signal::Sos));
        let padlock = of_location(1, false, true);
        assert!(padlock.contains(Signal::Removed) && !padlock.contains(Signal::Sos));
        assert!(is_padlock(b"G-360P\0\0") && !is_padlock(b"G-36"));
        let doors = of_location(1 << 31 | 1 << 23, true, false);
        assert!(doors.contains(Signal::UnauthorisedOpen) && doors.contains(Signal::RouteDeviation));
    }
}
