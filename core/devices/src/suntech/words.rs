//! Numbers of the vendor with words of ours, and what all forms share.

use std::borrow::Cow;

use plomb_model::{CellTower, Event, Percent, Reading, Signal};

/// Greatest received level (RXLEV of GSM 05.08).
const LEVEL_MAX: u32 = 63;
/// Inputs and outputs of the six characters that all models have: ignition, three inputs, two outputs.
const INPUTS: u8 = 3;
const OUTPUTS: u8 = 2;

/// What an alert (`ALT`) says: its number, and the signal or state it stands for.
pub(super) fn alert(number: u32, event: &mut Event) {
    event.readings.push(Reading::Code { name: Cow::Borrowed("alert"), value: i64::from(number) });
    let signal = match number {
        1 | 22 | 23 | 49 => Signal::Overspeed,
        3 | 8 => Signal::GnssAntennaFault,
        5 => Signal::FenceLeft,
        6 => Signal::FenceEntered,
        // The backup battery fails, or is disconnected.
        13 | 45 => Signal::DeviceFault,
        14 => Signal::PowerLow,
        15 => Signal::Shock,
        16 => Signal::Collision,
        18 => Signal::RouteDeviation,
        33 | 34 => {
            event.readings.push(Reading::Ignition(number == 33));
            return;
        }
        40 => Signal::ExternalPowerRestored,
        41 => Signal::PowerCut,
        50 => Signal::NetworkJamming,
        61 | 62 => Signal::OverStay,
        73 => Signal::FuelFault,
        75 | 76 => Signal::TemperatureOut,
        132 => Signal::DoorOpen,
        _ => return,
    };
    event.signals = event.signals.with(signal);
}

/// What an emergency (`EMG`) says.
pub(super) fn emergency(number: u32, event: &mut Event) {
    event.readings.push(Reading::Code { name: Cow::Borrowed("emergency"), value: i64::from(number) });
    event.signals = event.signals.with(match number {
        1 => Signal::Sos,
        // The vehicle moved although its parking lock was set.
        2 => Signal::Displaced,
        3 => Signal::PowerCut,
        // Anti-theft: the door.
        5 | 6 => Signal::DoorOpen,
        7 => Signal::Motion,
        8 => Signal::Shock,
        _ => Signal::General,
    });
}

/// A number with the vendor's word.
pub(super) fn code(name: &'static str, number: Option<u32>) -> Option<Reading> {
    number.map(|number| Reading::Code { name: Cow::Borrowed(name), value: i64::from(number) })
}

/// Received level 0 to 63.
pub(super) fn level(level: Option<u32>) -> Option<Reading> {
    level
        .filter(|level| *level <= LEVEL_MAX)
        .map(|level| Reading::NetworkSignal(Percent::share(level, LEVEL_MAX)))
}

/// A cell; none where the device has none.
pub(super) fn tower(
    mcc: Option<u32>,
    mnc: Option<u32>,
    area: Option<u32>,
    cell: Option<u32>,
) -> Option<Reading> {
    let (mcc, mnc) = (u16::try_from(mcc?).ok()?, u16::try_from(mnc?).ok()?);
    let (area, cell) = (area?, cell?);
    (mcc != 0 && cell != 0).then(|| Reading::CellTower(CellTower { mcc, mnc, area, cell: u64::from(cell) }))
}

/// Ignition, inputs and outputs as characters 0 and 1, in this order.
pub(super) fn in_and_out(text: &str) -> Vec<Reading> {
    let bits: Vec<bool> = text.bytes().map(|byte| byte == b'1').collect();
    if bits.len() < 6 || !text.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
        return Vec::new();
    }
    let bit = |index: u8| bits.get(usize::from(index)).copied().unwrap_or_default();
    let inputs = (1..=INPUTS).map(|number| Reading::Input { number, on: bit(number) });
    let outputs = (1..=OUTPUTS).map(|number| Reading::Output { number, on: bit(INPUTS + number) });
    [Reading::Ignition(bit(0))].into_iter().chain(inputs).chain(outputs).collect()
}

/// Ignition and inputs as bits from the lowest.
pub(super) fn inputs(bits: u8) -> Vec<Reading> {
    let inputs = (1..=7).map(|number| Reading::Input { number, on: bits >> number & 1 == 1 });
    [Reading::Ignition(bits & 1 == 1)].into_iter().chain(inputs).collect()
}

/// Outputs as bits from the lowest.
pub(super) fn outputs(bits: u8) -> Vec<Reading> {
    (1..=8).map(|number| Reading::Output { number, on: bits >> (number - 1) & 1 == 1 }).collect()
}
