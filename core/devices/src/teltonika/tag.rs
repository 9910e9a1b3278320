//! Bluetooth tags and beacons that a device has heard: elements 385, 548, 10828, 10829, 10831 and 11317.
//!
//! Source: Teltonika's pages on "Beacon list" (385) and "Advanced and EYE beacons" (548, 108xx, 11317).

use plomb_model::{CentiCelsius, CentiPercent, DeviceId, Millivolts, Percent, Reading, Scheme};
use plomb_wire::{Reader, Short, to_hex};

use super::element::whole_degrees;

/// Tags taken from one element.
const TAGS_MAX: usize = 64;

/// Element 385: a byte of counts, then each beacon with its flags, identity, and what the flags announce.
pub(super) fn beacons(value: &[u8], readings: &mut Vec<Reading>) {
    let mut reader = Reader::new(value);
    if reader.u8().is_err() {
        return;
    }
    for _ in 0..TAGS_MAX {
        if reader.is_empty() {
            return;
        }
        let at = reader.rest();
        match beacon(&mut reader) {
            Ok(Some(reading)) => readings.push(reading),
            Ok(None) => {}
            Err(_) => return readings.push(Reading::Bytes { name: "beacons.rest".into(), value: at.into() }),
        }
    }
}

fn beacon(reader: &mut Reader<'_>) -> Result<Option<Reading>, Short> {
    let flags = reader.u8()?;
    let mut heard = Vec::new();
    let device = if flags & 0x20 != 0 {
        let uuid = reader.take(16)?;
        let (major, minor) = (reader.u16()?, reader.u16()?);
        heard.push(Reading::Bytes { name: "uuid".into(), value: uuid.into() });
        // The last four bytes of the UUID keep beacons of two owners apart within the identifier's length.
        let owner = to_hex(uuid.get(12..).unwrap_or_default());
        DeviceId::new(Scheme::Beacon, &format!("{owner}-{major}-{minor}"))
    } else {
        let (namespace, instance) = (reader.take(10)?, reader.take(6)?);
        heard.push(Reading::Bytes { name: "namespace".into(), value: namespace.into() });
        DeviceId::new(Scheme::Beacon, &to_hex(instance))
    };
    if flags & 1 != 0 {
        heard.push(Reading::Rssi(i16::from(reader.i8()?)));
    }
    if flags & 2 != 0 {
        heard.push(Reading::BatteryVoltage(Millivolts(u32::from(reader.u16()?))));
    }
    if flags & 4 != 0 {
        heard.push(Reading::Temperature { sensor: 0, value: CentiCelsius(i32::from(reader.i16()?)) });
    }
    Ok(device.ok().map(|device| Reading::Peripheral { device, readings: heard.into() }))
}

/// The other elements: a version byte, then for each tag its length and its type-length-values.
pub(super) fn tags(value: &[u8], readings: &mut Vec<Reading>) {
    let mut reader = Reader::new(value);
    if reader.u8().is_err() {
        return;
    }
    for _ in 0..TAGS_MAX {
        let at = reader.rest();
        if at.is_empty() {
            return;
        }
        let Some(part) = reader.u8().ok().and_then(|length| reader.take(usize::from(length)).ok()) else {
            return readings.push(Reading::Bytes { name: "tags.rest".into(), value: at.into() });
        };
        readings.extend(tag(part));
    }
}

fn tag(part: &[u8]) -> Option<Reading> {
    let mut heard = Vec::new();
    let (mut address, mut identity) = (None, None);
    let mut reader = Reader::new(part);
    while let (Ok(kind), Ok(length)) = (reader.u8(), reader.u8()) {
        let Ok(value) = reader.take(usize::from(length)) else { break };
        match (kind, value) {
            (0x01, [_, ..]) => identity = Some(value),
            (0x0F, [_, ..]) => address = Some(value),
            _ => heard.push(part_of(kind, value)),
        }
    }
    if let (Some(identity), true) = (identity, address.is_some()) {
        heard.push(Reading::Bytes { name: "id".into(), value: identity.into() });
    }
    let device = match (address, identity) {
        (Some(address), _) => DeviceId::new(Scheme::Bluetooth, &to_hex(address)).ok()?,
        // Namespace and instance of Eddystone are 16 bytes; the last 15 fit an identifier.
        (None, Some(identity)) => {
            let tail = identity.get(identity.len().saturating_sub(15)..).unwrap_or(identity);
            DeviceId::new(Scheme::Beacon, &to_hex(tail)).ok()?
        }
        (None, None) if heard.is_empty() => return None,
        (None, None) => return Some(Reading::Bytes { name: "tag".into(), value: part.into() }),
    };
    Some(Reading::Peripheral { device, readings: heard.into() })
}

fn part_of(kind: u8, value: &[u8]) -> Reading {
    let bytes = |name: String| Reading::Bytes { name: name.into(), value: value.into() };
    match (kind, value) {
        (0x00, [rssi]) => Reading::Rssi(i16::from(i8::from_be_bytes([*rssi]))),
        // A beacon's own data: its second byte is the voltage above 2 V in steps of 10 mV.
        (0x02, [_, steps, ..]) => Reading::BatteryVoltage(Millivolts(2_000 + 10 * u32::from(*steps))),
        (0x05, name) => {
            let name = String::from_utf8_lossy(name);
            Reading::Text(name.trim_end_matches('\0').into())
        }
        (0x06, [high, low]) => {
            let value = i32::from(i16::from_be_bytes([*high, *low]));
            Reading::Temperature { sensor: 0, value: CentiCelsius(value) }
        }
        (0x07, [percent]) if *percent <= 100 => {
            Reading::Humidity { sensor: 0, value: CentiPercent(u16::from(*percent) * 100) }
        }
        (0x08, [magnet]) => Reading::MagnetPresent(*magnet != 0),
        (0x09, [moving]) => Reading::Motion(*moving != 0),
        (0x0A, [pitch]) => Reading::Tilt {
            x: whole_degrees(i32::from(i8::from_be_bytes([*pitch]))),
            y: whole_degrees(0),
            z: whole_degrees(0),
        },
        (0x0B, [high, low]) => Reading::Tilt {
            x: whole_degrees(0),
            y: whole_degrees(i32::from(i16::from_be_bytes([*high, *low]))),
            z: whole_degrees(0),
        },
        (0x0C, [percent]) => Reading::Battery(Percent::share(u32::from(*percent), 100)),
        (0x0D, [low]) => Reading::Code { name: "low-battery".into(), value: i64::from(*low) },
        (0x0E, [high, low]) => {
            Reading::BatteryVoltage(Millivolts(u32::from(u16::from_be_bytes([*high, *low]))))
        }
        _ => bytes(format!("tag.{kind:02x}")),
    }
}
