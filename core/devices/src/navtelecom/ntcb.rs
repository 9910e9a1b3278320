//! Records of the fixed formats F1 to F6, of devices that do not speak FLEX. The high digit of the second format tells
//! variants: F5.1 is 15, F5.2 is 25.

use plomb_model::{Metres, Millivolts, Reading, Timestamp};
use plomb_wire::{Reader, Short};

use super::flex::thermometer;
use super::record::{self, Record};

/// Why a record cannot be read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Short(Short),
    Format(u8),
}

impl From<Short> for Fault {
    fn from(short: Short) -> Self {
        Self::Short(short)
    }
}

/// `hh mm ss DD MM YY`, the month from 0.
fn instant(part: &mut Reader<'_>) -> Result<Option<Timestamp>, Short> {
    let [hour, minute, second, day, month, year] = part.array::<6>()?;
    let small = |byte: u8| i8::try_from(byte).ok();
    let read = || {
        let year = 2000 + i16::from(year);
        Timestamp::from_utc(
            year,
            small(month)? + 1,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
        )
    };
    Ok(if month < 12 && year < 100 { read() } else { None })
}

/// Radians to units of 1e-7 degree.
#[expect(clippy::cast_possible_truncation, reason = "a finite angle within a circle")]
fn radians(value: Option<f32>) -> Option<i64> {
    let value = f64::from(value?);
    (value.abs() <= std::f64::consts::TAU).then(|| (value.to_degrees() * 1e7).round() as i64)
}

/// One record.
pub(super) fn record(part: &mut Reader<'_>) -> Result<Record, Fault> {
    // The number has one byte, or two of which the first is 0.
    let format = match part.u8()? {
        0 => part.u8()?,
        format => format,
    };
    let family = match format {
        1..=6 => format,
        0x15 | 0x25 => 5,
        other => return Err(Fault::Format(other)),
    };
    let mut record = Record { index: Some(part.u32_le()?), event: Some(part.u16_le()?), ..Record::default() };
    record.happened_at = instant(part)?;
    state(family, part, &mut record)?;
    let sixth = family == 6;
    let readings = &mut record.readings;
    readings.push(Reading::ExternalPower(Millivolts(u32::from(part.u16_le()?))));
    readings.push(Reading::BatteryVoltage(Millivolts(u32::from(part.u16_le()?))));
    if matches!(family, 1..=3) {
        let degrees = i32::from(part.i16_le()?);
        readings.push(Reading::Temperature { sensor: 1, value: plomb_model::CentiCelsius(degrees * 100) });
    }
    let analog = match family {
        1 | 2 | 5 => 2,
        6 => 3,
        _ => 0,
    };
    for number in 1..=analog {
        readings.push(Reading::Analog { number, value: Millivolts(u32::from(part.u16_le()?)) });
    }
    if matches!(family, 2 | 5 | 6) {
        // Two counters of pulses.
        part.skip(8)?;
    }
    if sixth {
        // Two frequencies, and level and temperature of eight fuel sensors.
        part.skip(28)?;
        for sensor in 1..=4 {
            thermometer(sensor, part.i8()?, &mut record.readings);
        }
        // Axle load and engine speed.
        part.skip(6)?;
    }
    if matches!(family, 2 | 5 | 6) {
        navigation(sixth, part, &mut record)?;
    }
    if matches!(format, 0x15 | 0x25) {
        // Fuel sensors.
        part.skip(15)?;
    }
    if matches!(format, 4 | 0x25) {
        for sensor in 1..=4 {
            thermometer(sensor, part.i8()?, &mut record.readings);
        }
    }
    Ok(record)
}

/// State, modules, network, outputs and inputs.
fn state(family: u8, part: &mut Reader<'_>, record: &mut Record) -> Result<(), Short> {
    let status = part.u8()?;
    if family == 6 {
        record.status(status);
    } else {
        // The older state: bit 7 is the alarm.
        record.alarm = status & 0x80 != 0;
        record.readings.push(record::code("status", i64::from(status)));
    }
    record.readings.push(record::code("modules", i64::from(part.u8()?)));
    record.network(part.u8()?);
    let outputs = match family {
        1..=3 => (u32::from(part.u16_le()?), 16),
        5 => {
            let both = part.u8()?;
            record.satellites = Some(both >> 2);
            (u32::from(both), 2)
        }
        _ => (u32::from(part.u8()?), 4),
    };
    record::bits(outputs.0, outputs.1, &mut record.readings, |number, on| Reading::Output { number, on });
    let inputs = match family {
        1..=3 => (u32::from(part.u16_le()?), 16),
        // The fourth format packs states of wired sensors: its first four are inputs.
        4 => (u32::from(part.u16_le()?), 4),
        _ => (u32::from(part.u8()?), 8),
    };
    record::bits(inputs.0, inputs.1, &mut record.readings, |number, on| Reading::Input { number, on });
    Ok(())
}

fn navigation(sixth: bool, part: &mut Reader<'_>, record: &mut Record) -> Result<(), Short> {
    let state = part.u8()?;
    record.valid = Some(state & 2 != 0);
    if sixth {
        record.satellites = Some(state >> 2);
    }
    record.fixed_at = instant(part)?;
    if sixth {
        record.latitude = Some(record::ten_thousandths(part.i32_le()?));
        record.longitude = Some(record::ten_thousandths(part.i32_le()?));
        record.altitude = Some(Metres(i64::from(part.i32_le()?) / 10));
    } else {
        record.latitude = radians(record::float(part)?);
        record.longitude = radians(record::float(part)?);
    }
    record.speed = record::float(part)?.and_then(record::speed);
    record.course = Some(part.u16_le()?);
    let odometer = record::float(part)?.and_then(record::kilometres);
    record.readings.extend(odometer.map(Reading::Odometer));
    // The last stretch, and its seconds.
    part.skip(8)
}
