//! The fields of FLEX 1.0, 2.0 and 3.0: which of them a device sends, how long each is, and records of them.

use plomb_model::{CentiCelsius, Metres, Millivolts, Percent, Reading};
use plomb_wire::{Reader, Short};

use super::record::{self, Record};

/// A thermometer that is not there.
const NO_THERMOMETER: i8 = i8::MIN;
/// Greatest level of the network signal (CSQ).
const SIGNAL_MAX: u8 = 31;

/// Sets of fields in common use: how many there are and their bits. The vendor's configurator ticks them so, and
/// recorded conversations announce them.
const COMMON: [(u8, &[u8]); 3] = [
    (69, &[0xFF, 0xFE, 0x30, 0x0A, 0x0E, 0x08, 0, 0, 0]),
    (69, &[0xFF, 0xFF, 0x30, 0x0A, 0x08, 0x08, 0x0F, 0x83, 0x88]),
    (122, &[0xFF, 0xFF, 0xF0, 0x08, 0x08, 0x08, 0, 0, 0x0E, 0, 0, 0, 0, 0, 0, 0]),
];

/// The fields that a device announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    numbers: Vec<u8>,
    bytes: usize,
}

impl Fields {
    /// Of how many fields there are and their bits, the first field in the highest bit of the first byte.
    pub(super) fn of(count: u8, bits: &[u8]) -> Option<Self> {
        let mut numbers = Vec::new();
        for number in 1..=count {
            let place = usize::from(number - 1);
            let byte = bits.get(place / 8)?;
            if byte << (place % 8) & 0x80 != 0 {
                numbers.push(number);
            }
        }
        let bytes = numbers.iter().map(|number| size(*number)).sum();
        Some(Self { numbers, bytes })
    }

    /// The common set with which a frame that was cut out of its conversation is whole.
    pub(super) fn common(fits: impl Fn(&Self) -> bool) -> Option<Self> {
        COMMON.iter().filter_map(|(count, bits)| Self::of(*count, bits)).find(fits)
    }

    /// How long a record is.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }
}

/// How long a field is, by its number in the manual (from 1).
const fn size(number: u8) -> usize {
    match number {
        4..=8
        | 29..=32
        | 45..=52
        | 56
        | 63..=65
        | 69
        | 72
        | 78..=83
        | 98
        | 99
        | 101
        | 104
        | 118
        | 122..=126
        | 139
        | 140
        | 144
        | 145
        | 167..=170
        | 199
        | 202
        | 207..=222 => 1,
        84..=93 | 142 | 146 | 198 => 3,
        1
        | 3
        | 9..=13
        | 15
        | 16
        | 33
        | 34
        | 37
        | 54
        | 57
        | 67
        | 74
        | 76
        | 102
        | 103
        | 105
        | 127..=132
        | 172..=174
        | 176
        | 179
        | 193..=196
        | 203
        | 205
        | 206
        | 238..=252 => 4,
        204 => 5,
        94 | 107 | 109 | 197 => 6,
        70 | 253..=255 => 8,
        95 => 12,
        73 => 16,
        96 => 24,
        77 => 37,
        97 => 48,
        _ => 2,
    }
}

/// One record.
pub(super) fn record(reader: &mut Reader<'_>, fields: &Fields) -> Result<Record, Short> {
    let mut record = Record::default();
    for number in &fields.numbers {
        let mut part = reader.part(size(*number))?;
        field(*number, &mut part, &mut record)?;
    }
    Ok(record)
}

fn field(number: u8, part: &mut Reader<'_>, record: &mut Record) -> Result<(), Short> {
    let readings = &mut record.readings;
    match number {
        1 => record.index = Some(part.u32_le()?),
        2 => record.event = Some(part.u16_le()?),
        3 => record.happened_at = record::seconds(part.u32_le()?),
        4 => record.status(part.u8()?),
        5 => readings.push(record::code("modules", i64::from(part.u8()?))),
        6 => readings.push(record::code("modules_2", i64::from(part.u8()?))),
        7 => record.network(part.u8()?),
        8 => record.navigation(part.u8()?),
        9 => record.fixed_at = record::seconds(part.u32_le()?),
        10 => record.latitude = Some(record::ten_thousandths(part.i32_le()?)),
        11 => record.longitude = Some(record::ten_thousandths(part.i32_le()?)),
        12 => record.altitude = Some(Metres(i64::from(part.i32_le()?) / 10)),
        13 => record.speed = record::float(part)?.and_then(record::speed),
        14 => record.course = Some(part.u16_le()?),
        15 => readings.extend(record::float(part)?.and_then(record::kilometres).map(Reading::Odometer)),
        19 => readings.push(Reading::ExternalPower(Millivolts(u32::from(part.u16_le()?)))),
        20 => readings.push(Reading::BatteryVoltage(Millivolts(u32::from(part.u16_le()?)))),
        21..=28 => {
            let value = Millivolts(u32::from(part.u16_le()?));
            readings.push(Reading::Analog { number: number - 20, value });
        }
        29 | 30 => {
            record::bits(u32::from(part.u8()?), 8, readings, |n, on| Reading::Input {
                number: n + (number - 29) * 8,
                on,
            });
        }
        31 | 32 => {
            record::bits(u32::from(part.u8()?), 8, readings, |n, on| Reading::Output {
                number: n + (number - 31) * 8,
                on,
            });
        }
        37 => readings.push(record::code("engine_s", i64::from(part.u32_le()?))),
        45..=52 => thermometer(number - 44, part.i8()?, readings),
        55 => readings.push(record::code("engine_rpm", i64::from(part.u16_le()?))),
        69 => readings.push(record::code("can_speed", i64::from(part.u8()?))),
        71 => {
            readings.push(Reading::Hdop(u16::from(part.u8()?) * 10));
        }
        // Fields of vehicles and of other receivers: the description lists them.
        _ => {}
    }
    Ok(())
}

pub(super) fn thermometer(sensor: u8, degrees: i8, readings: &mut Vec<Reading>) {
    if degrees != NO_THERMOMETER {
        readings.push(Reading::Temperature { sensor, value: CentiCelsius(i32::from(degrees) * 100) });
    }
}

/// A level of the network as a share; 99 is none.
pub(super) fn network(level: u8) -> Option<Reading> {
    let share = || Percent::share(u32::from(level), u32::from(SIGNAL_MAX));
    (level <= SIGNAL_MAX).then(|| Reading::NetworkSignal(share()))
}

/// A record of an extra packet of FLEX 2.0: version of the structure, length of its fixed part, and that part.
pub(super) fn extra(reader: &mut Reader<'_>) -> Result<Record, Short> {
    let length = usize::from(reader.u16_le()?);
    let mut part = reader.part(length)?;
    part.skip(2)?;
    let mut record = Record { index: Some(part.u32_le()?), event: Some(part.u16_le()?), ..Record::default() };
    record.happened_at = record::seconds(part.u32_le()?);
    record.navigation(part.u8()?);
    record.fixed_at = record::seconds(part.u32_le()?);
    record.latitude = Some(record::ten_thousandths(part.i32_le()?));
    record.longitude = Some(record::ten_thousandths(part.i32_le()?));
    record.altitude = Some(Metres(i64::from(part.i32_le()?) / 10));
    record.speed = record::float(&mut part)?.and_then(record::speed);
    record.course = Some(part.u16_le()?);
    record.readings.extend(record::float(&mut part)?.and_then(record::kilometres).map(Reading::Odometer));
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_versions_have_their_lengths() {
        let all = |count| Fields::of(count, &[0xFF; 32]).unwrap();
        assert_eq!(all(69).numbers.len(), 69);
        assert_eq!(Fields::of(69, &[0; 8]), None, "a bit for each field");
        assert_eq!(Fields::of(3, &[0b1010_0000]).unwrap(), Fields { numbers: vec![1, 3], bytes: 8 });
        assert!(all(255).bytes() > all(122).bytes());
    }
}
