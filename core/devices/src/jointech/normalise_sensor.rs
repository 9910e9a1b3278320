//! Reports of sub-devices (JT126 sensors, JT709 sub-locks) to events: the third part of `normalise.rs`.
//!
//! The sender is the master, the event is about the sub-device, and so are its readings. Place and time are the
//! master's; the sub-device's own clock is a reading. Event codes without a public meaning stay numbers.
//! Source: `docs/protocols/jointech.md`, "Layout".

use plomb_model::{
    CentiCelsius, CentiPercent, Delivery, DeviceId, Event, EventKind, Issue, Millivolts, Reading, Scheme,
    SealPart, Signal, UnlockMethod, UnlockReport, UnlockVerdict,
};
use plomb_wire::to_hex;

use super::normalise::{battery, bytes, code, evidence, occurred, place};
use super::wlnet::{Body, Report};
use crate::Decoded;

/// Temperature of a sensor that has none.
const NO_TEMPERATURE: u16 = 0xFFFF;
/// Humidity of a sensor that has none.
const NO_HUMIDITY: u8 = 0xFF;
/// Top bit of an event: kept by the sub-lock and sent again.
const SENT_AGAIN: u16 = 1 << 15;
/// Event: back cover opened.
const EVENT_COVER_OPENED: u16 = 4;
/// Event: unlocked by radio.
const EVENT_UNLOCKED: u16 = 8;
/// Offset of the battery in the payload.
const BATTERY_OFFSET: usize = 31;
/// Offset of what depends on the type.
const BODY_OFFSET: usize = 34;

/// A sub-device's report; offsets of issues are those of the payload.
pub(super) fn report(report: &Report<'_>, out: &mut Decoded) -> Event {
    let mut event = Event::new(EventKind::Position);
    event.occurred_at = occurred(report.location.time, report.location.offset, out);
    event.position = place(&report.location, false, out);
    event.serial = Some(u32::from(report.serial));
    event.peripheral = sensor(report.sensor);
    if let Some(at) = occurred(report.sensor_time, report.sensor_time_offset, out) {
        // Unix time in seconds: the readings have no word for a second clock.
        event.readings.push(code("sensor_time", at.0.as_millis() / 1_000));
    }
    event.readings.push(Reading::BatteryVoltage(Millivolts(u32::from(report.voltage) * 10)));
    event.readings.extend(battery(report.battery, BATTERY_OFFSET, out));
    event.readings.push(Reading::Rssi(-i16::from(report.rssi)));
    event.readings.push(code("sensor_type", report.kind));
    match report.body {
        Body::Climate { temperature, humidity, stored, gateway } => {
            climate(&mut event, temperature, humidity, out);
            event.readings.push(code("stored_records", stored));
            gateway_bits(&mut event, gateway);
        }
        Body::Lock { event: what, status, cycles, gateway } => {
            lock(&mut event, what, status);
            event.readings.push(Reading::LockCycles(u32::from(cycles)));
            gateway_bits(&mut event, gateway);
        }
        Body::Other([]) => {}
        Body::Other(body) => event.readings.push(bytes("body", body)),
    }
    if !report.rest.is_empty() {
        event.readings.push(bytes("rest", report.rest));
    }
    event
}

/// The sub-device with this number, as the vendor writes it: ten hex digits in capitals.
pub(super) fn sensor(number: [u8; 5]) -> Option<DeviceId> {
    DeviceId::new(Scheme::JointechSensor, &to_hex(&number).to_ascii_uppercase()).ok()
}

/// Whether the report says that a sub-lock was opened just now by radio.
pub(super) const fn is_opening(report: &Report<'_>) -> bool {
    matches!(report.body, Body::Lock { event: EVENT_UNLOCKED, .. })
}

fn climate(event: &mut Event, temperature: u16, humidity: u8, out: &mut Decoded) {
    if temperature != NO_TEMPERATURE {
        let tenths = i32::from(temperature & 0x0FFF);
        let value = CentiCelsius(if temperature >> 12 == 0 { tenths * 10 } else { tenths * -10 });
        event.readings.push(Reading::Temperature { sensor: 0, value });
    }
    match humidity {
        NO_HUMIDITY => {}
        0..=100 => {
            let value = CentiPercent(u16::from(humidity) * 100);
            event.readings.push(Reading::Humidity { sensor: 0, value });
        }
        _ => out.issue(Issue::new(BODY_OFFSET + 2, "humidity above 100 percent", humidity)),
    }
}

fn lock(event: &mut Event, what: u16, status: u16) {
    let (again, what) = (what & SENT_AGAIN != 0, what & !SENT_AGAIN);
    let on = |bit: u16| status & 1 << bit != 0;
    event.kind = EventKind::Seal;
    event.delivery = if again { Delivery::Buffered } else { Delivery::Live };
    event.seal = event
        .seal
        .with(SealPart::RopeInserted, !on(0))
        .with(SealPart::MotorLocked, !on(1))
        .with(SealPart::CoverClosed, !on(2));
    event.signals = event
        .signals
        .with_if(what == EVENT_COVER_OPENED, Signal::CoverOpen)
        .with_if(what == EVENT_UNLOCKED, Signal::Unlocked);
    event.trust.seal = evidence(event, what == EVENT_COVER_OPENED || on(2));
    event.readings.push(Reading::Charging(on(3)));
    event.readings.push(code("event", what));
    event.readings.push(code("status", status));
    if what == EVENT_UNLOCKED {
        event.readings.push(Reading::Unlock(UnlockReport {
            method: UnlockMethod::SubLockRadio,
            verdict: UnlockVerdict::Allowed,
            password_right: None,
            wrong_passwords: None,
            card: None,
            fence: None,
        }));
    }
}

/// Bit 1: the gateway no longer hears the sub-device; bit 2: low voltage.
fn gateway_bits(event: &mut Event, bits: u8) {
    event.signals = event
        .signals
        .with_if(bits & 2 != 0, Signal::PeripheralLost)
        .with_if(bits & 4 != 0, Signal::LowBattery);
    if bits != 0 {
        event.readings.push(code("gateway_status", bits));
    }
}
