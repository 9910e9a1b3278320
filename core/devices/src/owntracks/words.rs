//! What a location tells besides time and place.

use plomb_model::{CellTower, CentiCelsius, Event, Metres, Reading, Signal};
use serde_json::Value;

use crate::web;

/// `bs`: the battery is being charged, or is full and on the charger.
const CHARGING: [&str; 2] = ["2", "3"];
/// `bs`: it is not.
const UNPLUGGED: &str = "1";
/// Analogue inputs and temperatures that are read.
const INPUTS_MAX: u8 = 16;

/// Adds them to the event.
pub(super) fn readings(value: &Value, event: &mut Event) {
    let at = |name: &str| web::member(value, &[name]);
    let truth = |name: &str| at(name).and_then(|text| web::truth(&text));
    let readings = &mut event.readings;
    readings.extend(at("batt").and_then(|level| web::percent(&level, 0)).map(Reading::Battery));
    if let Some(state) = at("bs") {
        let charging = CHARGING.contains(&state.as_ref());
        readings.extend((charging || state == UNPLUGGED).then_some(Reading::Charging(charging)));
    }
    readings.extend(at("ubatt").and_then(|volts| web::millivolts(&volts, 3)).map(Reading::BatteryVoltage));
    readings.extend(at("uext").and_then(|volts| web::millivolts(&volts, 3)).map(Reading::ExternalPower));
    // Kilopascal.
    let pressure =
        at("p").and_then(|pressure| web::scaled(&pressure, 3)).and_then(|value| value.try_into().ok());
    readings.extend(pressure.map(Reading::Pressure));
    readings.extend(truth("ign").map(Reading::Ignition));
    readings.extend(truth("motion").map(Reading::Motion));
    // Kilometres.
    let odometer = at("odometer").and_then(|odometer| web::scaled(&odometer, 3));
    readings.extend(odometer.map(|metres| Reading::Odometer(Metres(metres))));
    readings.extend(at("vin").or_else(|| at("name")).map(|name| Reading::BoundTo(name.into())));
    readings.extend(tower(value).map(Reading::CellTower));
    for (index, number) in (0..INPUTS_MAX).zip(1..) {
        let volts = at(&format!("adda-{index:02}")).and_then(|volts| web::millivolts(&volts, 3));
        readings.extend(volts.map(|value| Reading::Analog { number, value }));
        let celsius = at(&format!("temp_c-{index:02}")).and_then(|celsius| web::scaled(&celsius, 2));
        let celsius = celsius.and_then(|centi| i32::try_from(centi).ok()).map(CentiCelsius);
        readings.extend(celsius.map(|value| Reading::Temperature { sensor: number, value }));
    }
    for name in ["m", "rpm", "don"] {
        let number = at(name).and_then(|number| web::scaled(&number, 0));
        readings.extend(number.map(|value| Reading::Code { name: name.into(), value }));
    }
    if let Some(trigger) = at("t") {
        cause(&trigger, event);
    }
}

/// Mobile country and network code in decimal, area and cell in hex.
fn tower(value: &Value) -> Option<CellTower> {
    let at = |name: &str| web::member(value, &[name]);
    Some(CellTower {
        mcc: at("mcc")?.parse().ok()?,
        mnc: at("mnc")?.parse().ok()?,
        area: u32::from_str_radix(&at("lac")?, 16).ok()?,
        cell: u64::from_str_radix(&at("cid")?, 16).ok()?,
    })
}

/// What made the device report.
fn cause(trigger: &str, event: &mut Event) {
    let signal = match trigger {
        "9" => Some(Signal::LowBattery),
        "E" => Some(Signal::ExternalPowerRestored),
        "e" => Some(Signal::PowerCut),
        "!" => Some(Signal::Displaced),
        "s" => Some(Signal::Overspeed),
        _ => None,
    };
    event.signals = signal.map_or(event.signals, |signal| event.signals.with(signal));
    match trigger {
        "i" => event.readings.push(Reading::Ignition(true)),
        "I" => event.readings.push(Reading::Ignition(false)),
        _ => {}
    }
}
