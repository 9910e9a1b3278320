//! Beacons, tags and EYE sensors that a Teltonika device hears, each as a reading of its own device.
//!
//! IO 385 lists iBeacon and Eddystone frames; IO 548, 10828, 10829, 10831 and 11317 list tags as tag-length-values;
//! IO 10800 to 10843 hold four EYE sensors in numbered places without an address. Conversion to our units is
//! done here because each list has its own. Identifiers longer than 15 bytes do not fit a device id as hex and
//! are written in base64url; the bytes themselves stay beside it.
//! Source: Teltonika AVL id tables and "EYE Sensor" advertising format.

use plomb_model::{CentiCelsius, CentiPercent, DeviceId, Issue, Millivolts, Reading, Scheme};
use plomb_wire::{Reader, Short, to_hex};

use super::record::Element;

/// Longest identifier written as hex: a device id holds 30 characters.
const HEX_ID_BYTES_MAX: usize = 15;
/// Namespace 10 and instance 6 of an Eddystone frame.
const EDDYSTONE_BYTES: usize = 16;
/// UUID 16, major 2 and minor 2 of an iBeacon frame.
const IBEACON_BYTES: usize = 20;
/// EYE sensors that a device hears in numbered places.
pub(super) const EYE_PLACES: usize = 4;

/// Readings of the EYE sensors in numbered places.
pub(super) type EyeReadings = [Vec<Reading>; EYE_PLACES];

/// The beacons of IO 385.
pub(super) fn beacons(element: Element<'_>, readings: &mut Vec<Reading>) -> Result<(), Issue> {
    let mut reader = Reader::at(element.value, element.offset);
    let cut = |short: Short| Issue::new(short.offset, "beacon list is cut off", short);
    if reader.is_empty() {
        return Ok(());
    }
    // Which part of how many the list is.
    reader.skip(1).map_err(cut)?;
    while !reader.is_empty() {
        let (device, said) = beacon(&mut reader).map_err(cut)?;
        readings.extend(peripheral(device, said));
    }
    Ok(())
}

fn beacon(reader: &mut Reader<'_>) -> Result<(Option<DeviceId>, Vec<Reading>), Short> {
    let flags = reader.u8()?;
    let there = |bit: u8| flags >> bit & 1 == 1;
    let id = reader.take(if flags >> 4 == 0 { EDDYSTONE_BYTES } else { IBEACON_BYTES })?;
    let mut said = vec![Reading::Bytes { name: "beacon".into(), value: id.into() }];
    if there(0) {
        said.push(Reading::Rssi(i16::from(reader.i8()?)));
    }
    if there(1) {
        // Hundredths of a volt.
        said.push(Reading::BatteryVoltage(Millivolts(u32::from(reader.u16()?) * 10)));
    }
    if there(2) {
        said.push(Reading::Temperature { sensor: 0, value: CentiCelsius(i32::from(reader.i16()?)) });
    }
    Ok((beacon_id(id), said))
}

/// The tags of IO 548, 10828, 10829, 10831 and 11317. `gateway` names tags that show no address.
pub(super) fn tags(
    element: Element<'_>,
    gateway: Option<DeviceId>,
    readings: &mut Vec<Reading>,
) -> Result<(), Issue> {
    let mut reader = Reader::at(element.value, element.offset);
    let cut = |short: Short| Issue::new(short.offset, "tag list is cut off", short);
    if reader.is_empty() {
        return Ok(());
    }
    // Which part of how many the list is.
    reader.skip(1).map_err(cut)?;
    let mut place = 0;
    while !reader.is_empty() {
        place += 1;
        let length = usize::from(reader.u8().map_err(cut)?);
        let whole = reader.left() >= length;
        let mut part = reader.part(length.min(reader.left())).map_err(cut)?;
        let (device, said) = tag(&mut part);
        readings.extend(peripheral(device.or_else(|| placed(gateway, "tag", place)), said));
        if !whole || !part.is_empty() {
            return Err(Issue::new(
                part.offset(),
                "tag is cut off",
                format_args!("{} bytes left", part.left()),
            ));
        }
    }
    Ok(())
}

/// One tag; stops before a value that is cut off.
fn tag(reader: &mut Reader<'_>) -> (Option<DeviceId>, Vec<Reading>) {
    let (mut address, mut beacon) = (None, None);
    let mut said = Vec::new();
    loop {
        let before = *reader;
        let Ok(field) = field(reader) else {
            *reader = before;
            break;
        };
        match field {
            (15, bytes) if bytes.len() == 6 => {
                address = DeviceId::new(Scheme::Bluetooth, &to_hex(bytes)).ok()
            }
            (1, bytes) => {
                beacon = beacon_id(bytes);
                said.push(Reading::Bytes { name: "beacon".into(), value: bytes.into() });
            }
            (2, bytes) => advertised(bytes, &mut said),
            (number, bytes) => tag_field(number, bytes, &mut said),
        }
    }
    (address.or(beacon), said)
}

fn field<'a>(reader: &mut Reader<'a>) -> Result<(u8, &'a [u8]), Short> {
    let number = reader.u8()?;
    let length = reader.u8()?;
    Ok((number, reader.take(usize::from(length))?))
}

/// One value of a tag by its number in the manual.
fn tag_field(number: u8, bytes: &[u8], said: &mut Vec<Reading>) {
    said.push(match (number, bytes) {
        (0, &[rssi]) => Reading::Rssi(i16::from(i8::from_be_bytes([rssi]))),
        (5, name) => {
            let name = String::from_utf8_lossy(name);
            Reading::Text(name.trim_end_matches('\0').into())
        }
        (6, &[a, b]) => temperature(i16::from_be_bytes([a, b])),
        (7, &[percent]) if percent <= 100 => humidity(percent),
        (8, &[magnet]) => Reading::MagnetPresent(magnet > 0),
        (9, &[moves]) => Reading::Motion(moves > 0),
        (9, &[a, b]) => {
            movement(u16::from_be_bytes([a, b]), said);
            return;
        }
        (10, &[a, b]) => code("movement_count", i64::from(u16::from_be_bytes([a, b]))),
        (11, &[pitch]) => code("pitch_deg", i64::from(i8::from_be_bytes([pitch]))),
        (12, &[a, b]) => code("roll_deg", i64::from(i16::from_be_bytes([a, b]))),
        (13, &[low]) => code("low_battery", i64::from(low > 0)),
        (14, &[a, b]) => Reading::BatteryVoltage(Millivolts(u32::from(u16::from_be_bytes([a, b])))),
        _ => Reading::Bytes { name: format!("tag.{number}").into(), value: bytes.into() },
    });
}

/// What an EYE sensor advertises: flags, then the values they announce.
fn advertised(bytes: &[u8], said: &mut Vec<Reading>) {
    let mut reader = Reader::new(bytes);
    if advertised_values(&mut reader, said).is_err() || !reader.is_empty() {
        said.push(Reading::Bytes { name: "tag.2".into(), value: bytes.into() });
    }
}

fn advertised_values(reader: &mut Reader<'_>, said: &mut Vec<Reading>) -> Result<(), Short> {
    let flags = reader.u8()?;
    let there = |bit: u8| flags >> bit & 1 == 1;
    if there(0) {
        said.push(temperature(reader.i16()?));
    }
    if there(1) {
        let percent = reader.u8()?;
        said.push(if percent <= 100 { humidity(percent) } else { code("humidity", i64::from(percent)) });
    }
    if there(2) {
        said.push(Reading::MagnetPresent(there(3)));
    }
    if there(4) {
        movement(reader.u16()?, said);
    }
    if there(5) {
        said.push(code("pitch_deg", i64::from(reader.i8()?)));
        said.push(code("roll_deg", i64::from(reader.i16()?)));
    }
    if there(6) {
        said.push(code("low_battery", 1));
    }
    if there(7) {
        // 10 mV above 2,000 mV.
        said.push(Reading::BatteryVoltage(Millivolts(2000 + u32::from(reader.u8()?) * 10)));
    }
    Ok(())
}

/// Movement: bit 15 says whether it moves, the rest counts.
fn movement(value: u16, said: &mut Vec<Reading>) {
    said.push(Reading::Motion(value >> 15 == 1));
    said.push(code("movement_count", i64::from(value & 0x7FFF)));
}

/// A value of an EYE sensor in a numbered place (IO 10800 to 10843); `None` when it is no such element.
pub(super) fn eye(element: Element<'_>) -> Option<(usize, Reading)> {
    let from_first = element.id.checked_sub(10_800)?;
    let place = usize::from(from_first) % EYE_PLACES;
    let number = element.unsigned()?;
    let signed = element.signed()?;
    let reading = match (from_first / 4, element.value.len()) {
        // The highest three numbers are the vendor's error codes.
        (0, 2) if signed < 32_765 => temperature(i16::try_from(signed).ok()?),
        (1, 1) if number <= 100 => humidity(u8::try_from(number).ok()?),
        // 0 no magnet, 1 magnet; higher numbers are errors.
        (2, 1) if number <= 1 => Reading::MagnetPresent(number == 1),
        (3, 1) if number <= 1 => Reading::Motion(number == 1),
        (4, 1) => code("pitch_deg", signed),
        (5, 1) if number <= 1 => code("low_battery", signed),
        (6, 2) => Reading::BatteryVoltage(Millivolts(u32::try_from(number).ok()?)),
        (8, 2) => code("roll_deg", signed),
        (9, _) => code("movement_count", i64::try_from(number).ok()?),
        (10, _) => code("magnet_count", i64::try_from(number).ok()?),
        _ => return None,
    };
    Some((place, reading))
}

/// The EYE sensors in numbered places as devices that the gateway names.
pub(super) fn eyes(places: EyeReadings, gateway: Option<DeviceId>, readings: &mut Vec<Reading>) {
    for (place, said) in places.into_iter().enumerate() {
        if !said.is_empty() {
            readings.extend(peripheral(placed(gateway, "eye", place + 1), said));
        }
    }
}

fn peripheral(device: Option<DeviceId>, said: Vec<Reading>) -> Option<Reading> {
    device.map(|device| Reading::Peripheral { device, readings: said.into_boxed_slice() })
}

/// The identifier of a tag: hex where it fits, else `b.` and base64url.
fn beacon_id(bytes: &[u8]) -> Option<DeviceId> {
    let value =
        if bytes.len() <= HEX_ID_BYTES_MAX { to_hex(bytes) } else { format!("b.{}", base64url(bytes)) };
    DeviceId::new(Scheme::Beacon, &value).ok()
}

/// A tag without an address: the gateway's number and its place there.
fn placed(gateway: Option<DeviceId>, kind: &str, place: usize) -> Option<DeviceId> {
    let value = match gateway {
        Some(gateway) => format!("{}-{kind}{place}", gateway.value()),
        None => format!("{kind}{place}"),
    };
    DeviceId::new(Scheme::Beacon, &value).ok()
}

/// RFC 4648 section 5, without padding.
fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word =
            chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            let place = usize::try_from(word >> (18 - 6 * digit) & 63).unwrap_or(0);
            text.push(char::from(ALPHABET.get(place).copied().unwrap_or(b'A')));
        }
    }
    text
}

const fn temperature(hundredths: i16) -> Reading {
    Reading::Temperature { sensor: 0, value: CentiCelsius(hundredths as i32) }
}

const fn humidity(percent: u8) -> Reading {
    Reading::Humidity { sensor: 0, value: CentiPercent(percent as u16 * 100) }
}

fn code(name: &'static str, value: i64) -> Reading {
    Reading::Code { name: name.into(), value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_as_in_the_rfc() {
        assert_eq!(base64url(b"foobar"), "Zm9vYmFy");
        assert_eq!(base64url(b"foob"), "Zm9vYg");
        assert_eq!(base64url(&[0xFB, 0xFF]), "-_8");
        assert_eq!(base64url(b""), "");
    }

    #[test]
    fn every_value_an_eye_sensor_advertises() {
        let mut said = Vec::new();
        advertised(&[0xFF, 0x0A, 0x8F, 0x26, 0x80, 0x05, 0xF6, 0xFF, 0xFF, 0x6B], &mut said);
        assert_eq!(
            said,
            vec![
                temperature(2703),
                humidity(38),
                Reading::MagnetPresent(true),
                Reading::Motion(true),
                code("movement_count", 5),
                code("pitch_deg", -10),
                code("roll_deg", -1),
                code("low_battery", 1),
                Reading::BatteryVoltage(Millivolts(3070)),
            ]
        );
    }

    #[test]
    fn a_list_that_is_cut_off_keeps_what_was_whole() {
        let value = [1, 3, 0, 1, 0xC6, 9, 0, 1, 0xC7, 14];
        let mut readings = Vec::new();
        let element = Element { id: 548, offset: 40, value: &value };
        let issue = tags(element, None, &mut readings).unwrap_err();
        assert_eq!(readings.len(), 2);
        assert_eq!(issue.offset, 49);
    }
}
