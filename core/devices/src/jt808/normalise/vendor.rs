//! Items of the vendors about power, sensors and identity.
//!
//! The same number means different things to different vendors; length and content decide, and what fits no
//! layout keeps its number. Source: device captures [each one source];
//! D3, F5 with numbers and EB.00CE as another platform reads them [no capture].

use plomb_model::{CentiCelsius, CentiPercent, DeviceId, Millivolts, Percent, Reading, Scheme};
use plomb_wire::{Reader, Short, to_hex};

use super::item::{battery, centivolts, limited_text, texts};
use super::location::Draft;
use super::{Notes, alarm, ascii, radio};

/// Longest text kept of one item inside EB: a list of ten access points.
const TEXT_BYTES_MAX: usize = 256;
/// First word of item EB above which it is a country code (200 to 799) and not a length.
const COUNTRY_MIN: u16 = 200;

/// Reads a vendor item; false when it is none.
pub(super) fn read(id: u8, value: Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) -> bool {
    if let Some(reading) = texts(id, value.rest()) {
        draft.push(reading);
        return true;
    }
    if id == 0xEB {
        return block(value, draft, notes);
    }
    let mut reader = value;
    power(id, value.rest(), draft) || sensors(id, &mut reader, draft).unwrap_or(false)
}

/// Batteries, supplies and charging.
fn power(id: u8, value: &[u8], draft: &mut Draft) -> bool {
    match (id, value) {
        (0x56, &[level, _]) => draft.push(Reading::Battery(Percent::share(u32::from(level), 10))),
        (0x61, &[a, b]) => draft.push(Reading::ExternalPower(centivolts(u16::from_be_bytes([a, b])))),
        (0x69 | 0xD5, &[a, b]) => {
            draft.push(Reading::BatteryVoltage(centivolts(u16::from_be_bytes([a, b]))));
        }
        (0x82 | 0xD3, &[a, b]) => {
            let tenths = u32::from(u16::from_be_bytes([a, b]));
            draft.push(Reading::ExternalPower(Millivolts(tenths * 100)));
        }
        (0xD4 | 0xFE, &[percent]) => battery(percent, id, draft),
        (0xE3, &[0, percent, a, b, _, _]) => {
            battery(percent, id, draft);
            draft.push(Reading::BatteryVoltage(centivolts(u16::from_be_bytes([a, b]))));
        }
        // The first byte is 0 while charging.
        (0xE4, &[charging, percent]) => {
            draft.push(Reading::Charging(charging == 0));
            battery(percent, id, draft);
        }
        (0xE5, &[motion]) => draft.push(Reading::Motion(motion != 0)),
        (0xAC, &[a, b, c, d]) => {
            let metres = u32::from_be_bytes([a, b, c, d]);
            draft.push(Reading::Odometer(plomb_model::Metres(i64::from(metres))));
        }
        (0xF1, &[a, b, c, d]) => {
            draft.push(Reading::ExternalPower(Millivolts(u32::from_be_bytes([a, b, c, d]))));
        }
        (0xF5, &[a, b]) => draft.push(Reading::Illuminance(u32::from(u16::from_be_bytes([a, b])))),
        (0xF5, &[a, b, c, d]) => draft.push(Reading::Illuminance(u32::from_be_bytes([a, b, c, d]))),
        // Millivolts, charging state (2 charging, 1 not), percent.
        (0xF7, &[a, b, c, d, state, percent]) => {
            draft.push(Reading::BatteryVoltage(Millivolts(u32::from_be_bytes([a, b, c, d]))));
            if matches!(state, 1 | 2) {
                draft.push(Reading::Charging(state == 2));
            }
            battery(percent, id, draft);
        }
        _ => return false,
    }
    true
}

/// Sensors and identities.
fn sensors(id: u8, reader: &mut Reader<'_>, draft: &mut Draft) -> Result<bool, Short> {
    match (id, reader.left()) {
        (0x51, 2 | 16) => temperatures(reader, draft)?,
        (0xE6, length @ 11..) if length.is_multiple_of(11) => wireless(reader, draft)?,
        (0xF6, 22) => environment(reader, draft)?,
        (0xF6, 8) => return Ok(imei_bcd(reader.rest(), draft)),
        (0xF8, 29) => identity(reader, draft)?,
        // Dilution of precision in tenths at byte 10.
        (0xF9, 18) => {
            reader.skip(10)?;
            draft.push(Reading::Hdop(reader.u16()?.saturating_mul(10)));
        }
        _ => return Ok(false),
    }
    Ok(true)
}

/// 51: temperatures in 0.1 degree with a sign bit; all ones (with or without the sign) is no sensor.
fn temperatures(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    let mut sensor = 0;
    while !reader.is_empty() {
        sensor += 1;
        let raw = reader.u16()?;
        let (negative, tenths) = (raw & 0x8000 != 0, i32::from(raw & 0x7FFF));
        if tenths != 0x7FFF {
            let value = CentiCelsius(if negative { -tenths * 10 } else { tenths * 10 });
            draft.push(Reading::Temperature { sensor, value });
        }
    }
    Ok(())
}

/// E6: Bluetooth sensors of 11 bytes {number, address 6, temperature and humidity in 1/256}.
fn wireless(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    while !reader.is_empty() {
        let sensor = reader.u8()?;
        let address = to_hex(reader.take(6)?);
        let (temperature, humidity) = (i32::from(reader.i16()?), u32::from(reader.u16()?));
        let readings = [
            Reading::Temperature { sensor, value: CentiCelsius(temperature * 100 / 256) },
            Reading::Humidity {
                sensor,
                value: CentiPercent(u16::try_from(humidity * 100 / 256).unwrap_or(u16::MAX)),
            },
        ];
        if let Ok(device) = DeviceId::new(Scheme::Bluetooth, &address) {
            draft.push(Reading::Peripheral { device, readings: readings.into() });
        }
    }
    Ok(())
}

/// F6 with 22 bytes: event, mask, temperature and humidity in tenths, and raw values of the other sensors.
fn environment(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    draft.code("event.F6", reader.u8()?);
    reader.skip(1)?;
    let (temperature, humidity) = (i32::from(reader.i16()?), reader.u16()?);
    draft.push(Reading::Temperature { sensor: 0, value: CentiCelsius(temperature * 10) });
    draft.push(Reading::Humidity { sensor: 0, value: CentiPercent(humidity.saturating_mul(10)) });
    draft.push(Reading::Bytes { name: "sensors.F6".into(), value: reader.rest().into() });
    Ok(())
}

/// Eight bytes whose last 15 digits are an IMEI.
fn imei_bcd(bytes: &[u8], draft: &mut Draft) -> bool {
    let digits = to_hex(bytes);
    let digits = digits.get(1..).unwrap_or_default();
    let imei = digits.bytes().all(|digit| digit.is_ascii_digit());
    if imei && let Ok(device) = DeviceId::new(Scheme::Imei, digits) {
        draft.push(Reading::Imei(device));
        return true;
    }
    false
}

/// F8 with 29 bytes: a state, IMEI, SIM number and model.
fn identity(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), Short> {
    draft.code("state.F8", reader.u8()?);
    imei_bcd(reader.take(8)?, draft);
    draft.push(Reading::Iccid(to_hex(reader.take(10)?).into()));
    if let Some(model) = ascii(reader.take(10)?) {
        draft.push(Reading::Model(model));
    }
    Ok(())
}

/// EB: cells behind a country code, or items with two bytes of length and two of number.
fn block(value: Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) -> bool {
    let Ok(first) = { value }.u16() else { return false };
    if first >= COUNTRY_MIN {
        return radio::cells_eb(value, draft).is_ok();
    }
    let mut reader = value;
    while !reader.is_empty() {
        let at = reader.offset();
        let part = reader.u16().ok().filter(|length| *length >= 2).and_then(|length| {
            let mut part = reader.part(usize::from(length)).ok()?;
            Some((part.u16().ok()?, part))
        });
        match part {
            Some((id, part)) => extended(id, part, draft, notes),
            None => {
                // A single trailing zero closes some blocks.
                if reader.rest() != [0] {
                    notes.issue(
                        at,
                        "an item inside EB runs past the end",
                        format_args!("{} bytes", reader.left()),
                    );
                }
                break;
            }
        }
    }
    true
}

/// An item inside EB.
fn extended(id: u16, value: Reader<'_>, draft: &mut Draft, notes: &mut Notes<'_>) {
    match (id, value.rest()) {
        (0x00A8 | 0x00E1, &[percent]) => battery(percent, 0xEB, draft),
        (0x002D, &[a, b]) => {
            draft.push(Reading::BatteryVoltage(Millivolts(u32::from(u16::from_be_bytes([a, b])))));
        }
        (0x00CE, &[a, b]) => draft.push(Reading::ExternalPower(centivolts(u16::from_be_bytes([a, b])))),
        (0x00B2, iccid @ &[_, _, _, _, _, _, _, _, _, _]) => {
            draft.push(Reading::Iccid(to_hex(iccid).into()));
        }
        (0x0089, &[a, b, c, d]) => {
            let word = u32::from_be_bytes([a, b, c, d]);
            let signals = draft.event.signals.bits() | alarm::of_status_0089(word).bits();
            draft.event.signals = plomb_model::Signals::from_bits(signals);
            draft.code("status.EB.0089", word);
        }
        (0x00C5, &[a, b, c, d]) => {
            draft.code("status.EB.00C5", u32::from_be_bytes([a, b, c, d]));
        }
        (0x00D8, _) if value.left() >= 9 => {
            if let Err(short) = radio::cell_d8(value, draft) {
                notes.short(short);
            }
        }
        (0x00D5, text) => match ascii(text).and_then(|imei| DeviceId::new(Scheme::Imei, &imei).ok()) {
            Some(imei) => draft.push(Reading::Imei(imei)),
            None => unnamed(id, text, draft),
        },
        (0x00B9, &[_, ref text @ ..]) => draft.push(Reading::Text(limited_text(text, TEXT_BYTES_MAX))),
        (_, bytes) => unnamed(id, bytes, draft),
    }
}

/// An item inside EB that nobody knows.
fn unnamed(id: u16, bytes: &[u8], draft: &mut Draft) {
    let name = format!("item.EB.{id:04X}");
    if let 1..=4 = bytes.len() {
        let value = bytes.iter().fold(0, |number, byte| number << 8 | i64::from(*byte));
        draft.push(Reading::Code { name: name.into(), value });
    } else if !bytes.is_empty() {
        draft.push(Reading::Bytes { name: name.into(), value: bytes.into() });
    }
}
