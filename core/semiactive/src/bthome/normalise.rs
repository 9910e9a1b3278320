//! Objects in our words and units: the only place of conversion.

use std::borrow::Cow;

use plomb_model::{
    CentiCelsius, CentiPercent, Event, EventKind, Issue, Millivolts, OccurredAt, Percent, Reading,
    SealEvidence, SealPart, Signal, Timestamp,
};

use super::message::{Object, RAW, TEXT};

/// The event of a payload's objects.
pub(super) fn event(objects: &[Object<'_>], issues: &mut Vec<Issue>) -> Event {
    let mut event = Event::new(EventKind::Status);
    let (mut thermometers, mut hygrometers) = (0_u8, 0_u8);
    for object in objects {
        let value = object.value;
        let on = value != 0;
        match object.id {
            0x00 => event.serial = u32::try_from(value).ok(),
            0x01 => match u8::try_from(value).ok().and_then(|value| Percent::new(value).ok()) {
                Some(charge) => event.readings.push(Reading::Battery(charge)),
                None => issues.push(Issue::new(object.offset, "battery above 100 %", value)),
            },
            0x02 | 0x45 | 0x57 | 0x58 => {
                let step = match object.id {
                    0x02 => 1,
                    0x45 => 10,
                    0x57 => 100,
                    _ => 35,
                };
                let value = CentiCelsius(i32::try_from(value * step).unwrap_or_default());
                event.readings.push(Reading::Temperature { sensor: thermometers, value });
                thermometers = thermometers.saturating_add(1);
            }
            0x03 | 0x2E => {
                let step = if object.id == 0x03 { 1 } else { 100 };
                let value = CentiPercent(u16::try_from(value * step).unwrap_or(u16::MAX));
                event.readings.push(Reading::Humidity { sensor: hygrometers, value });
                hygrometers = hygrometers.saturating_add(1);
            }
            // 0.01 hPa is 1 Pa.
            0x04 => event.readings.push(Reading::Pressure(u32::try_from(value).unwrap_or_default())),
            0x05 => event.readings.push(Reading::Illuminance(u32::try_from(value / 100).unwrap_or_default())),
            0x0C => event
                .readings
                .push(Reading::BatteryVoltage(Millivolts(u32::try_from(value).unwrap_or_default()))),
            0x15 => event.signals = event.signals.with_if(on, Signal::LowBattery),
            0x16 => event.readings.push(Reading::Charging(on)),
            0x1E => event.signals = event.signals.with_if(on, Signal::LightDetected),
            0x22 => event.readings.push(Reading::Motion(on)),
            0x24 => event.readings.push(Reading::ExternalPowerPresent(on)),
            0x26 => event.signals = event.signals.with_if(on, Signal::DeviceFault),
            0x11 | 0x1A | 0x1B | 0x1F | 0x2B | 0x2D => seal(&mut event, object.id, on),
            0x2C => event.signals = event.signals.with_if(on, Signal::Shock),
            0x50 => event.occurred_at = Some(OccurredAt(Timestamp::from_secs(value))),
            0xF1 | 0xF2 => {
                let parts: Vec<String> = object.bytes.iter().rev().map(ToString::to_string).collect();
                event.readings.push(Reading::Firmware(parts.join(".").into()));
            }
            TEXT => match std::str::from_utf8(object.bytes) {
                Ok(text) => event.readings.push(Reading::Text(text.into())),
                Err(_) => issues.push(Issue::new(
                    object.offset,
                    "text is not UTF-8",
                    plomb_wire::to_hex(object.bytes),
                )),
            },
            RAW => {
                event.readings.push(Reading::Bytes { name: Cow::Borrowed("raw"), value: object.bytes.into() })
            }
            _ => event.readings.push(Reading::Code { name: Cow::Borrowed(object.name), value }),
        }
    }
    if !event.seal.is_empty() {
        event.kind = EventKind::Seal;
    }
    event
}

/// What an object says of the seal.
fn seal(event: &mut Event, id: u8, on: bool) {
    match id {
        0x1F => {
            event.seal = event.seal.with(SealPart::MotorLocked, !on);
            event.signals = event.signals.with_if(on, Signal::Unlocked);
        }
        0x2B => {
            event.seal = event.seal.with(SealPart::CoverClosed, !on);
            event.signals = event.signals.with_if(on, Signal::CoverOpen);
            event.trust.seal = if on { SealEvidence::ValidTampered } else { SealEvidence::ValidIntact };
        }
        _ => {
            // Of several leaves one that is open counts.
            let closed = !on && event.seal.part(SealPart::DoorClosed) != Some(false);
            event.seal = event.seal.with(SealPart::DoorClosed, closed);
            event.signals = event.signals.with_if(on, Signal::DoorOpen);
        }
    }
}
