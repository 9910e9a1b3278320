//! Readings: a name, a value for programs with its unit, and a text for people.

use std::borrow::Cow;

use plomb_model::{
    CellTower, CentiDegrees, CommandOutcome, CommandTicket, DeviceId, Millivolts, Reading, UnlockMethod,
    UnlockReport, UnlockVerdict,
};
use plomb_wire::to_hex;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// One measured or reported thing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Reading)]
pub(crate) struct ReadingView {
    /// What.
    #[schema(example = "battery")]
    pub(super) name: Cow<'static, str>,
    /// A number, a truth value, a text or an object.
    value: Value,
    /// Unit of the value.
    #[schema(required, example = "%")]
    unit: Option<&'static str>,
    /// For a person to read.
    #[schema(example = "100 %")]
    pub(super) text: String,
}

impl ReadingView {
    /// The view of a reading.
    pub(crate) fn new(reading: &Reading) -> Self {
        match reading {
            Reading::Battery(percent) => number("battery", percent.get(), "%"),
            Reading::BatteryVoltage(voltage) => volts("battery-voltage", *voltage),
            Reading::ExternalPower(voltage) => volts("external-power", *voltage),
            Reading::ExternalPowerPresent(is) => yes_no("external-power-present", *is),
            Reading::Charging(is) => yes_no("charging", *is),
            Reading::NetworkSignal(percent) => number("network-signal", percent.get(), "%"),
            Reading::Odometer(distance) => number("odometer", distance.0, "m"),
            Reading::Temperature { sensor, value } => {
                hundredths(numbered("temperature", *sensor), value.0, "°C")
            }
            Reading::Humidity { sensor, value } => {
                hundredths(numbered("humidity", *sensor), i32::from(value.0), "%")
            }
            Reading::Illuminance(lux) => number("illuminance", *lux, "lx"),
            Reading::Tilt { x, y, z } => tilt(*x, *y, *z),
            Reading::Acceleration { x, y, z } => Self {
                name: "acceleration".into(),
                value: json!({"x": x, "y": y, "z": z}),
                unit: Some("mg"),
                text: format!("x {x} mg, y {y} mg, z {z} mg"),
            },
            Reading::Ignition(is) => yes_no("ignition", *is),
            Reading::Motion(is) => yes_no("motion", *is),
            Reading::Input { number, on } => yes_no(numbered("input", *number), *on),
            Reading::Output { number, on } => yes_no(numbered("output", *number), *on),
            Reading::Analog { number, value } => volts(numbered("analog", *number), *value),
            Reading::Hdop(hdop) => {
                let (whole, part) = (hdop / 100, hdop % 100);
                plain("hdop", f64::from(*hdop) / 100.0, format!("{whole}.{part:02}"))
            }
            Reading::CellTower(tower) => cell_tower(tower),
            Reading::WakeSource(source) => plain("wake-source", *source, source.to_string()),
            Reading::Fence(fence) => plain("fence", *fence, fence.to_string()),
            Reading::Rssi(rssi) => number("rssi", *rssi, "dBm"),
            Reading::MagnetPresent(is) => yes_no("magnet-present", *is),
            Reading::LockCycles(count) => plain("lock-cycles", *count, count.to_string()),
            Reading::CutCount(count) => plain("cut-count", *count, count.to_string()),
            Reading::Card(card) => word("card", &card.0),
            Reading::Unlock(report) => unlock(report),
            Reading::BoundTo(to) => word("bound-to", to),
            Reading::Imei(imei) => word("imei", imei.value()),
            Reading::Iccid(iccid) => word("iccid", iccid),
            Reading::Firmware(version) => word("firmware", version),
            Reading::Model(model) => word("model", model),
            Reading::Peripheral { device, readings } => peripheral(device, readings),
            Reading::CommandResult { ticket, outcome } => command_result(*ticket, *outcome),
            Reading::Request(what) => word("request", what),
            Reading::Text(text) => word("text", text),
            Reading::Counter(count) => plain("counter", *count, count.to_string()),
            Reading::Pressure(pascal) => number("pressure", *pascal, "Pa"),
            Reading::Antenna(antenna) => plain("antenna", *antenna, antenna.to_string()),
            Reading::Accuracy(radius) => number("accuracy", radius.0, "m"),
            Reading::Alias(id) => word("alias", &id.to_string()),
            Reading::ReadCount(count) => plain("read-count", *count, count.to_string()),
            Reading::Code { name, value } => plain(name.clone(), *value, value.to_string()),
            Reading::Bytes { name, value } => word(name.clone(), &to_hex(value)),
        }
    }
}

fn plain(name: impl Into<Cow<'static, str>>, value: impl Into<Value>, text: String) -> ReadingView {
    ReadingView { name: name.into(), value: value.into(), unit: None, text }
}

fn word(name: impl Into<Cow<'static, str>>, text: &str) -> ReadingView {
    plain(name, text, text.to_owned())
}

fn yes_no(name: impl Into<Cow<'static, str>>, is: bool) -> ReadingView {
    plain(name, is, if is { "yes" } else { "no" }.to_owned())
}

fn number<N: Into<Value> + ToString>(name: &'static str, value: N, unit: &'static str) -> ReadingView {
    let text = format!("{} {unit}", value.to_string());
    ReadingView { name: name.into(), value: value.into(), unit: Some(unit), text }
}

fn volts(name: impl Into<Cow<'static, str>>, Millivolts(mv): Millivolts) -> ReadingView {
    let text = format!("{}.{:03} V", mv / 1000, mv % 1000);
    ReadingView { name: name.into(), value: mv.into(), unit: Some("mV"), text }
}

fn hundredths(name: Cow<'static, str>, value: i32, unit: &'static str) -> ReadingView {
    let text = format!("{} {unit}", fixed_point(value));
    ReadingView { name, value: (f64::from(value) / 100.0).into(), unit: Some(unit), text }
}

/// Hundredths with two decimals, exact.
fn fixed_point(hundredths: i32) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100)
}

/// `name`, or `name-2` for the second and later ones.
fn numbered(name: &'static str, number: u8) -> Cow<'static, str> {
    if number == 0 { name.into() } else { format!("{name}-{number}").into() }
}

fn tilt(x: CentiDegrees, y: CentiDegrees, z: CentiDegrees) -> ReadingView {
    ReadingView {
        name: "tilt".into(),
        value: json!({"x": x.degrees(), "y": y.degrees(), "z": z.degrees()}),
        unit: Some("°"),
        text: format!("x {}°, y {}°, z {}°", fixed_point(x.0), fixed_point(y.0), fixed_point(z.0)),
    }
}

fn cell_tower(tower: &CellTower) -> ReadingView {
    let CellTower { mcc, mnc, area, cell } = tower;
    let value = json!({"mcc": mcc, "mnc": mnc, "area": area, "cell": cell});
    plain("cell-tower", value, format!("{mcc}-{mnc}, area {area}, cell {cell}"))
}

fn unlock(report: &UnlockReport) -> ReadingView {
    let method = match report.method {
        UnlockMethod::Card => "card",
        UnlockMethod::VehicleCard => "vehicle-card",
        UnlockMethod::Remote => "remote",
        UnlockMethod::DynamicPassword => "dynamic-password",
        UnlockMethod::Bluetooth => "bluetooth",
        UnlockMethod::Sms => "sms",
        UnlockMethod::Password => "password",
        UnlockMethod::AutomaticLock => "automatic-lock",
        UnlockMethod::RopePulledOut => "rope-pulled-out",
        UnlockMethod::SubLockRadio => "sub-lock-radio",
        UnlockMethod::Other => "other",
    };
    let verdict = match report.verdict {
        UnlockVerdict::Allowed => "allowed",
        UnlockVerdict::Refused => "refused",
        UnlockVerdict::RefusedOutsideZone => "refused-outside-zone",
        UnlockVerdict::NotApplicable => "not-applicable",
    };
    let card = report.card.as_ref().map(|card| &card.0);
    let value = json!({
        "method": method, "verdict": verdict, "password_right": report.password_right,
        "wrong_passwords": report.wrong_passwords, "card": card, "fence": report.fence,
    });
    let mut text = format!("{method}: {verdict}");
    if let Some(card) = card {
        text = format!("{text}, card {card}");
    }
    if let Some(count) = report.wrong_passwords {
        text = format!("{text}, {count} wrong passwords");
    }
    plain("unlock", value, text)
}

fn peripheral(device: &DeviceId, readings: &[Reading]) -> ReadingView {
    let views: Vec<ReadingView> = readings.iter().map(ReadingView::new).collect();
    let texts: Vec<String> = views.iter().map(|view| format!("{} {}", view.name, view.text)).collect();
    let text = format!("{device}: {}", texts.join(", "));
    plain("peripheral", json!({"device": device.to_string(), "readings": views}), text)
}

fn command_result(ticket: CommandTicket, outcome: CommandOutcome) -> ReadingView {
    let outcome = match outcome {
        CommandOutcome::Acknowledged => "acknowledged",
        CommandOutcome::Done => "done",
        CommandOutcome::Failed => "failed",
        CommandOutcome::Unsupported => "unsupported",
        CommandOutcome::Answered => "answered",
    };
    let value = json!({"ticket": ticket.0, "outcome": outcome});
    plain("command-result", value, format!("command {}: {outcome}", ticket.0))
}

#[cfg(test)]
mod tests {
    use plomb_model::{CardNumber, CentiCelsius, Percent};

    use super::*;

    fn check(reading: &Reading, expect: Value) {
        assert_eq!(serde_json::to_value(ReadingView::new(reading)).unwrap(), expect);
    }

    #[test]
    fn a_reading_has_a_value_with_its_unit_and_a_text() {
        check(
            &Reading::Battery(Percent::new(100).unwrap()),
            json!({"name": "battery", "value": 100, "unit": "%", "text": "100 %"}),
        );
        check(
            &Reading::Temperature { sensor: 2, value: CentiCelsius(-5) },
            json!({"name": "temperature-2", "value": -0.05, "unit": "°C", "text": "-0.05 °C"}),
        );
        check(
            &Reading::BatteryVoltage(Millivolts(3_042)),
            json!({"name": "battery-voltage", "value": 3042, "unit": "mV", "text": "3.042 V"}),
        );
    }

    #[test]
    fn an_unlocking_tells_method_verdict_and_card() {
        let report = UnlockReport {
            method: UnlockMethod::Card,
            verdict: UnlockVerdict::Refused,
            password_right: None,
            wrong_passwords: Some(2),
            card: Some(CardNumber("0012".into())),
            fence: None,
        };
        let view = ReadingView::new(&Reading::Unlock(report));
        assert_eq!(view.text, "card: refused, card 0012, 2 wrong passwords");
        assert_eq!(view.value["card"], "0012");
    }
}
