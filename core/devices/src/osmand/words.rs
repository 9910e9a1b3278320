//! The attributes that clients add, by the names that the Traccar Client and server made common.

use plomb_model::{CardNumber, CentiCelsius, CentiPercent, Event, Metres, Reading, SealPart, Signal};

use crate::web;

/// Most attributes without a word of ours that are kept of one report.
const UNKNOWN_MAX: usize = 64;
/// Longest name of one.
const NAME_BYTES_MAX: usize = 64;

/// Adds what the attribute `name` says to the event.
pub(super) fn attribute(name: &str, value: &str, event: &mut Event) {
    let truth = || web::truth(value);
    let number = |places| web::scaled(value, places);
    let reading = match name {
        "alarm" => {
            for word in value.split(',') {
                event.signals = event.signals.with(signal(word.trim()));
            }
            return;
        }
        "lock" => return part(event, SealPart::MotorLocked, truth()),
        "door" => return part(event, SealPart::DoorClosed, truth().map(|open| !open)),
        "armed" => return part(event, SealPart::Sealed, truth()),
        "tamper" => {
            event.signals = event.signals.with_if(truth() == Some(true), Signal::CoverOpen);
            return part(event, SealPart::CoverClosed, truth().map(|open| !open));
        }
        "motion" => truth().map(Reading::Motion),
        "ignition" => truth().map(Reading::Ignition),
        "odometer" => number(0).map(|metres| Reading::Odometer(Metres(metres))),
        "battery" => web::millivolts(value, 3).map(Reading::BatteryVoltage),
        "power" => web::millivolts(value, 3).map(Reading::ExternalPower),
        "humidity" => centi_percent(value).map(|value| Reading::Humidity { sensor: 0, value }),
        "deviceTemp" | "temperature" | "temp" => temperature(0, value),
        "rssi" => number(0).and_then(|rssi| rssi.try_into().ok()).map(Reading::Rssi),
        "driverUniqueId" | "card" => Some(Reading::Card(CardNumber(value.into()))),
        "iccid" => Some(Reading::Iccid(value.into())),
        "versionFw" => Some(Reading::Firmware(value.into())),
        "geofence" => number(0).and_then(|fence| fence.try_into().ok()).map(Reading::Fence),
        "lightSensor" | "illuminance" => {
            number(0).and_then(|lux| lux.try_into().ok()).map(Reading::Illuminance)
        }
        name => numbered(name, value),
    };
    match reading {
        Some(reading) => event.readings.push(reading),
        None => unknown(name, value, event),
    }
}

/// `in1`, `out1`, `adc1`, `temp1`, each with its number.
fn numbered(name: &str, value: &str) -> Option<Reading> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (word, number) = name.split_at(digits);
    let number: u8 = number.parse().ok()?;
    match word {
        "in" => web::truth(value).map(|on| Reading::Input { number, on }),
        "out" => web::truth(value).map(|on| Reading::Output { number, on }),
        "adc" => web::millivolts(value, 3).map(|value| Reading::Analog { number, value }),
        "temp" => temperature(number, value),
        _ => None,
    }
}

fn temperature(sensor: u8, value: &str) -> Option<Reading> {
    let centi = web::scaled(value, 2).and_then(|centi| i32::try_from(centi).ok())?;
    Some(Reading::Temperature { sensor, value: CentiCelsius(centi) })
}

fn centi_percent(value: &str) -> Option<CentiPercent> {
    web::scaled(value, 2).and_then(|centi| u16::try_from(centi).ok()).map(CentiPercent)
}

fn part(event: &mut Event, part: SealPart, whole: Option<bool>) {
    if let Some(whole) = whole {
        event.seal = event.seal.with(part, whole);
    }
}

/// What has no word of ours: numbers and truth values by their name.
fn unknown(name: &str, value: &str, event: &mut Event) {
    let kept = event.readings.iter().filter(|reading| matches!(reading, Reading::Code { .. })).count();
    let whole = (!value.contains(['.', 'e', 'E'])).then(|| web::scaled(value, 0)).flatten();
    let number = whole.or_else(|| web::truth(value).map(i64::from));
    if let Some(value) = number.filter(|_| kept < UNKNOWN_MAX && name.len() <= NAME_BYTES_MAX) {
        event.readings.push(Reading::Code { name: name.to_owned().into(), value });
    }
}

/// The signal of an alarm's name; a name without one is the general alarm.
fn signal(word: &str) -> Signal {
    match word {
        "sos" => Signal::Sos,
        "vibration" => Signal::Shock,
        "movement" => Signal::Motion,
        "overspeed" => Signal::Overspeed,
        "fallDown" => Signal::Drop,
        "lowPower" => Signal::PowerLow,
        "lowBattery" => Signal::LowBattery,
        "fault" => Signal::DeviceFault,
        "powerOff" => Signal::PowerOff,
        "powerCut" => Signal::PowerCut,
        "powerRestored" => Signal::ExternalPowerRestored,
        "door" => Signal::DoorOpen,
        "lock" => Signal::Locked,
        "unlock" => Signal::Unlocked,
        "geofenceEnter" => Signal::FenceEntered,
        "geofenceExit" => Signal::FenceLeft,
        "gpsAntennaCut" => Signal::GnssAntennaFault,
        "accident" => Signal::Collision,
        "tow" => Signal::Displaced,
        "temperature" => Signal::TemperatureOut,
        "parking" => Signal::OverStay,
        "jamming" => Signal::NetworkJamming,
        "tampering" => Signal::CoverOpen,
        "removing" => Signal::Removed,
        "fatigueDriving" => Signal::Fatigue,
        "fuelLeak" => Signal::FuelFault,
        _ => Signal::General,
    }
}
