//! flespi's parameters in our words.

use plomb_model::{CardNumber, CentiCelsius, CentiPercent, Event, Metres, Reading, SealPart, Signal};

use crate::web;

/// Most parameters without a word of ours that are kept of one message.
const UNKNOWN_MAX: usize = 64;

/// Adds what a parameter says; `name` may end in `#` and the number of the sensor.
pub(super) fn parameter(name: &str, value: &str, event: &mut Event) {
    let (base, number) =
        name.split_once('#').map_or((name, None), |(base, number)| (base, number.parse::<u8>().ok()));
    let truth = web::truth(value);
    let part = seal(base).zip(truth);
    if let Some(((part, whole), truth)) = part {
        event.seal = event.seal.with(part, truth == whole);
    }
    if let Some(signal) = signal(base) {
        event.signals = event.signals.with_if(truth == Some(true), signal);
        return;
    }
    if part.is_some() {
        return;
    }
    let scaled = |places| web::scaled(value, places);
    let reading = match base {
        "battery.level" => web::percent(value, 0).map(Reading::Battery),
        "battery.voltage" => web::millivolts(value, 3).map(Reading::BatteryVoltage),
        "external.powersource.voltage" => web::millivolts(value, 3).map(Reading::ExternalPower),
        "external.powersource.status" => truth.map(Reading::ExternalPowerPresent),
        "battery.charging.status" => truth.map(Reading::Charging),
        "gsm.signal.level" => web::percent(value, 0).map(Reading::NetworkSignal),
        "gsm.signal.dbm" => scaled(0).and_then(|dbm| dbm.try_into().ok()).map(Reading::Rssi),
        // Kilometres.
        "vehicle.mileage" => scaled(3).map(|metres| Reading::Odometer(Metres(metres))),
        "device.temperature" => temperature(0, value),
        "sensor.temperature" | "ble.sensor.temperature" => temperature(number.unwrap_or(1), value),
        "refrigerator.sensor.temperature" => temperature(number.unwrap_or(1), value),
        "sensor.humidity" | "ble.sensor.humidity" => {
            let humidity = scaled(2).and_then(|centi| u16::try_from(centi).ok()).map(CentiPercent);
            humidity.map(|value| Reading::Humidity { sensor: number.unwrap_or(1), value })
        }
        "engine.ignition.status" => truth.map(Reading::Ignition),
        "movement.status" => truth.map(Reading::Motion),
        "position.hdop" => scaled(2).and_then(|hdop| hdop.try_into().ok()).map(Reading::Hdop),
        "position.accuracy" => web::metres(value).filter(|radius| radius.0 >= 0).map(Reading::Accuracy),
        "ibutton.code" | "rfid.code" | "driver.id" => Some(Reading::Card(CardNumber(value.into()))),
        "vehicle.vin" => Some(Reading::BoundTo(value.into())),
        "gsm.sim.iccid" => Some(Reading::Iccid(value.into())),
        "device.firmware.version" => Some(Reading::Firmware(value.into())),
        "light.sensor.lux" => scaled(0).and_then(|lux| lux.try_into().ok()).map(Reading::Illuminance),
        "din" if number.is_some() => truth.zip(number).map(|(on, number)| Reading::Input { number, on }),
        "dout" if number.is_some() => truth.zip(number).map(|(on, number)| Reading::Output { number, on }),
        "ain" => {
            web::millivolts(value, 3).zip(number).map(|(value, number)| Reading::Analog { number, value })
        }
        name if name.starts_with("position.") || matches!(name, "timestamp" | "ident") => return,
        _ => None,
    };
    match reading {
        Some(reading) => event.readings.push(reading),
        None => unknown(name, value, event),
    }
}

/// A part of the seal, and the value of the parameter when it is whole.
fn seal(name: &str) -> Option<(SealPart, bool)> {
    Some(match name {
        "lock.status" | "door.lock.status" => (SealPart::MotorLocked, true),
        "door.open.status" | "cargo.door.open.status" | "container.door.open.status" => {
            (SealPart::DoorClosed, false)
        }
        "case.status" | "case.open.status" | "tamper.status" => (SealPart::CoverClosed, false),
        "rope.status" | "lock.rope.status" => (SealPart::RopeInserted, true),
        "lock.rope.cut.status" | "rope.cut.status" => (SealPart::RopeIntact, false),
        _ => return None,
    })
}

fn signal(name: &str) -> Option<Signal> {
    Some(match name {
        "alarm.event.trigger" => Signal::General,
        "sos.event.trigger" | "sos.status" | "alarm.sos.status" => Signal::Sos,
        "towing.event.trigger" | "towing.alarm.status" => Signal::Displaced,
        "geofence.event.enter" => Signal::FenceEntered,
        "geofence.event.exit" => Signal::FenceLeft,
        "shock.event.trigger" | "vibration.event.trigger" => Signal::Shock,
        "overspeeding.event.trigger" | "overspeeding.status" => Signal::Overspeed,
        "gnss.antenna.cut.status" => Signal::GnssAntennaFault,
        "gnss.jamming.event.trigger" => Signal::GnssJamming,
        "gsm.jamming.event.trigger" | "gsm.jamming.alarm.status" => Signal::NetworkJamming,
        "case.open.event.trigger"
        | "tampering.event.trigger"
        | "tamper.event.trigger"
        | "case.open.status"
        | "tamper.status" => Signal::CoverOpen,
        "lock.rope.cut.status" | "rope.cut.status" => Signal::RopeCut,
        "unauthorized.unlock.event.trigger" => Signal::UnauthorisedOpen,
        "battery.low.event.trigger" | "battery.low.status" => Signal::LowBattery,
        "external.powersource.cut.event.trigger" | "power.cut.event.trigger" => Signal::PowerCut,
        "crash.event.trigger" => Signal::Collision,
        "fall.event.trigger" => Signal::Drop,
        "device.removal.event.trigger" => Signal::Removed,
        "light.event.trigger" => Signal::LightDetected,
        _ => return None,
    })
}

fn temperature(sensor: u8, value: &str) -> Option<Reading> {
    let centi = web::scaled(value, 2).and_then(|centi| i32::try_from(centi).ok())?;
    Some(Reading::Temperature { sensor, value: CentiCelsius(centi) })
}

/// Whole numbers and truth values without a word of ours, by their name.
fn unknown(name: &str, value: &str, event: &mut Event) {
    let kept = event.readings.iter().filter(|reading| matches!(reading, Reading::Code { .. })).count();
    let whole = (!value.contains(['.', 'e', 'E'])).then(|| web::scaled(value, 0)).flatten();
    let number = whole.or_else(|| web::truth(value).map(i64::from));
    if let Some(value) = number.filter(|_| kept < UNKNOWN_MAX && name.len() <= 64) {
        event.readings.push(Reading::Code { name: name.to_owned().into(), value });
    }
}
