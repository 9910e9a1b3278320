//! Event codes of the GPRS protocol in our words. Source: Meitrack GPRS Protocol, "Event Code".

use plomb_model::{Signal, Signals};

/// What an event code shouts; most codes only say why a report was made.
pub(super) fn signals(event: i64) -> Signals {
    let signal = match event {
        1 => Signal::Sos,
        17 => Signal::LowBattery,
        18 => Signal::PowerLow,
        19 => Signal::Overspeed,
        20 => Signal::FenceEntered,
        21 => Signal::FenceLeft,
        22 => Signal::ExternalPowerRestored,
        23 => Signal::PowerCut,
        28 => Signal::GnssAntennaFault,
        36 => Signal::Displaced,
        40 => Signal::PowerOff,
        44 => Signal::NetworkJamming,
        50 | 51 => Signal::TemperatureOut,
        53 | 54 => Signal::FuelFault,
        78 => Signal::Collision,
        135 | 136 => Signal::Fatigue,
        _ => return Signals::NONE,
    };
    Signals::from(signal)
}
