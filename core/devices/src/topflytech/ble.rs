//! Bluetooth sensors heard by the device (0x10, and 0x12 with a place): tyres, buttons, thermometers, doors, relays, fuel.

use plomb_model::{
    CentiCelsius, CentiPercent, Delivery, DeviceId, Event, EventKind, Millivolts, OccurredAt, Percent,
    Reading, Scheme, SealPart, Signal,
};
use plomb_wire::to_hex;

use super::frame::Frame;
use super::{message, place};

pub(super) fn event(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = place::time(frame, 15).map(OccurredAt);
    event.readings.extend(frame.u8(21).map(|byte| Reading::Ignition(byte & 1 == 1)));
    let mut at = 22;
    if frame.kind == 0x12 {
        let state = frame.u8(22).unwrap_or(0);
        if state & 0x40 != 0 {
            event.delivery = Delivery::Buffered;
        }
        message::located(frame, state & 0x1F, state & 0x80 != 0, 23, &mut event);
        at = 39;
    }
    let kind = frame.u16(at).unwrap_or(0);
    at += 2;
    let size = match kind {
        1 => 10,
        2 | 3 => frame.wire.len().saturating_sub(at),
        4 | 7 => 15,
        5 | 6 => 12,
        _ => return event,
    };
    while let Some(record) = frame.wire.get(at..at + size).filter(|record| !record.is_empty()) {
        sensor(frame, kind, at, record, &mut event);
        at += size;
    }
    event
}

fn voltage(byte: u8, base: u32) -> Option<Reading> {
    (byte != 0xFF).then(|| Reading::BatteryVoltage(Millivolts(base + u32::from(byte) * 10)))
}

/// Bit 15 means above zero.
fn temperature(high: u8, low: u8) -> Option<Reading> {
    let raw = u16::from_be_bytes([high, low]);
    let value = i32::from(raw & 0x7FFF);
    let value = CentiCelsius(if raw & 0x8000 != 0 { value } else { -value });
    (raw != 0xFFFF).then_some(Reading::Temperature { sensor: 0, value })
}

fn rssi(byte: u8) -> Option<Reading> {
    (byte != 0xFF).then(|| Reading::Rssi(i16::from(byte) - 256))
}

fn sensor(frame: &Frame<'_>, kind: u16, at: usize, record: &[u8], event: &mut Event) {
    let Some((mac, rest)) = record.split_at_checked(6) else { return };
    let Ok(device) = DeviceId::new(Scheme::Bluetooth, &to_hex(mac).to_uppercase()) else { return };
    let mut readings: Vec<Reading> = Vec::new();
    match (kind, rest) {
        (1, [volts, _, air, status]) => {
            readings.extend(voltage(*volts, 1220));
            if *air != 0xFF {
                let value = CentiCelsius((i32::from(*air) - 55) * 100);
                readings.push(Reading::Temperature { sensor: 0, value });
            }
            readings.push(Reading::Code { name: "tyre_status".into(), value: i64::from(*status) });
        }
        (2 | 3, [_, alert, state, ..]) => {
            let signal = match (kind, *alert) {
                (_, 1) => Some(Signal::LowBattery),
                (2, _) => Some(Signal::Sos),
                _ => None,
            };
            event.signals = event.signals.with_if(signal.is_some(), signal.unwrap_or(Signal::General));
            if frame.kind == 0x10 {
                if *state & 0x80 != 0 {
                    event.delivery = Delivery::Buffered;
                }
                message::located(frame, *state, *state & 0x40 != 0, at + 9, event);
            }
            if kind == 3 {
                readings.push(Reading::Code { name: "driver_sign_in".into(), value: 1 });
            }
        }
        (4, [volts, charge, t0, t1, h0, h1, l0, l1, strength]) => {
            readings.extend(voltage(*volts, 2000));
            readings.extend(Percent::new(*charge).ok().map(Reading::Battery));
            readings.extend(temperature(*t0, *t1));
            let humidity = u16::from_be_bytes([*h0, *h1]);
            if humidity != 0xFFFF {
                readings.push(Reading::Humidity { sensor: 0, value: CentiPercent(humidity) });
            }
            let light = u16::from_be_bytes([*l0, *l1]);
            if light != 0xFFFF {
                readings.push(Reading::Code { name: "light".into(), value: i64::from(light & 1) });
            }
            readings.extend(rssi(*strength));
        }
        (5 | 6, [volts, charge, t0, t1, status, strength]) => {
            readings.extend(voltage(*volts, 2000));
            readings.extend(Percent::new(*charge).ok().map(Reading::Battery));
            readings.extend(temperature(*t0, *t1));
            match (kind, *status) {
                (_, 0xFF) => event.signals = event.signals.with(Signal::PeripheralLost),
                (5, status) => {
                    readings.push(Reading::MagnetPresent(status == 0));
                    event.seal = event.seal.with(SealPart::DoorClosed, status == 0);
                    event.signals = event.signals.with_if(status != 0, Signal::DoorOpen);
                }
                (_, status) => readings.push(Reading::Output { number: 1, on: status != 0 }),
            }
            readings.extend(rssi(*strength));
        }
        (7, [volts, f0, f1, t0, t1, _, _, status, strength]) => {
            readings.extend(voltage(*volts, 2000));
            let fuel = u16::from_be_bytes([*f0, *f1]);
            readings.push(Reading::Code { name: "fuel".into(), value: i64::from(fuel) });
            readings.extend(temperature(*t0, *t1));
            event.signals = event.signals.with_if(*status == 2, Signal::FuelFault);
            readings.extend(rssi(*strength));
        }
        _ => {}
    }
    event.readings.push(Reading::Peripheral { device, readings: readings.into() });
}
