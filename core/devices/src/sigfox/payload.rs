//! The up to twelve bytes of an uplink: the layouts that trackers are known to use.

use plomb_model::{
    CentiCelsius, CentiDegrees, DeviceId, Event, EventKind, Fix, LatitudeE7, LongitudeE7, Millivolts,
    Percent, Position, Reading, Scheme, Signal, Speed,
};
use plomb_wire::{Reader, Short};

/// Units of 1e-7 degree in one of 1/60000 minute's degree.
const SIXTY_THOUSANDTH_NUM: i64 = 10_000_000;

/// Adds what the payload says; `tagged` where the callback calls it `payload` and it is a list of tagged values.
///
/// # Errors
/// Where it is cut; what was read before stays.
pub(super) fn read(bytes: &[u8], tagged: bool, event: &mut Event) -> Result<(), Short> {
    event.readings.push(Reading::Bytes { name: "data".into(), value: bytes.into() });
    match bytes {
        _ if tagged => tags(bytes, event),
        [0x0F | 0x1F, ..] if bytes.len() >= 9 => sign_and_magnitude(bytes, event),
        [first, ..] if bytes.len() == 12 && first & 0x0F == 0 && first >> 4 <= 3 => {
            digital_matter(bytes, event)
        }
        [first, ..] if bytes.len() == 12 && first & 0x0F == 1 => amber(bytes, event),
        _ => Ok(()),
    }
}

fn put(event: &mut Event, north: i64, east: i64, fix: Fix) -> bool {
    let (Ok(latitude), Ok(longitude)) = (LatitudeE7::new(north), LongitudeE7::new(east)) else {
        return false;
    };
    if north == 0 && east == 0 {
        return false;
    }
    event.position = Some(Position::new(latitude, longitude, fix));
    event.kind = EventKind::Position;
    true
}

/// 0F or 1F (with a fix), latitude and longitude in 1e-6 degree with the sign in the top bit, battery.
fn sign_and_magnitude(bytes: &[u8], event: &mut Event) -> Result<(), Short> {
    let mut reader = Reader::new(bytes);
    let fix = if reader.u8()? == 0x1F { Fix::Gnss } else { Fix::Stale };
    let mut angle = || -> Result<i64, Short> {
        let raw = reader.u32()?;
        let size = i64::from(raw & 0x7FFF_FFFF) * 10;
        Ok(if raw >> 31 == 1 { -size } else { size })
    };
    let (north, east) = (angle()?, angle()?);
    put(event, north, east, fix);
    if let Ok(battery) = reader.u8() {
        event.readings.push(Reading::Code { name: "battery".into(), value: battery.into() });
    }
    Ok(())
}

/// Type 0, bit 4 in a trip, bit 5 the last fix failed; little-endian 1e-7 degree, course / 2, km/h, battery / 25 mV.
fn digital_matter(bytes: &[u8], event: &mut Event) -> Result<(), Short> {
    let mut reader = Reader::new(bytes);
    let flags = reader.u8()?;
    let (north, east) = (i64::from(reader.i32_le()?), i64::from(reader.i32_le()?));
    let (course, speed, battery) = (reader.u8()?, reader.u8()?, reader.u8()?);
    let fix = if flags & 0x20 == 0 { Fix::Gnss } else { Fix::Stale };
    if put(event, north, east, fix)
        && let Some(position) = &mut event.position
    {
        position.course = Some(CentiDegrees::from_degrees(i32::from(course) * 2 % 360));
        position.speed = Some(Speed::from_kmh(speed.into()));
    }
    event.readings.push(Reading::Motion(flags & 0x10 != 0));
    event.readings.push(Reading::BatteryVoltage(Millivolts(u32::from(battery) * 25)));
    Ok(())
}

/// Type 1, flags (bit 0 moves), battery / 20 mV, temperature, latitude and longitude in 1/60000 degree. Believed only
/// where both are a place: other devices have other messages of this type.
fn amber(bytes: &[u8], event: &mut Event) -> Result<(), Short> {
    let mut reader = Reader::new(bytes);
    reader.skip(1)?;
    let (flags, battery, celsius) = (reader.u8()?, reader.u8()?, reader.u8()?);
    let north = i64::from(reader.i32()?) * SIXTY_THOUSANDTH_NUM / 60_000;
    let east = i64::from(reader.i32()?) * SIXTY_THOUSANDTH_NUM / 60_000;
    if put(event, north, east, Fix::Gnss) {
        event.readings.push(Reading::Motion(flags & 1 != 0));
        event.readings.push(Reading::BatteryVoltage(Millivolts(u32::from(battery) * 20)));
        let value = CentiCelsius(i32::from(celsius.cast_signed()) * 100);
        event.readings.push(Reading::Temperature { sensor: 1, value });
    }
    Ok(())
}

/// The event, then tags with their values.
fn tags(bytes: &[u8], event: &mut Event) -> Result<(), Short> {
    let mut reader = Reader::new(bytes);
    let kind = reader.u8()?;
    event.readings.push(Reading::Code { name: "event".into(), value: kind.into() });
    event.signals = event.signals.with_if(matches!(kind, 0x22 | 0x62), Signal::Sos);
    while !reader.is_empty() {
        match reader.u8()? {
            0x01 => {
                let mut whole = || -> Result<i64, Short> {
                    let raw = i64::from(reader.u24()?);
                    Ok(if raw >= 1 << 23 { raw - (1 << 24) } else { raw } * 10_000_000)
                };
                let (north, east) = (whole()?, whole()?);
                put(event, north, east, Fix::Gnss);
            }
            0x02 => {
                let (north, east) = (float_e7(reader.u32()?), float_e7(reader.u32()?));
                if let (Some(north), Some(east)) = (north, east) {
                    put(event, north, east, Fix::Gnss);
                }
            }
            0x03 => {
                let value = CentiCelsius(i32::from(reader.u8()?.cast_signed()) * 50);
                event.readings.push(Reading::Temperature { sensor: 1, value });
            }
            0x04 => event.readings.push(Reading::BatteryVoltage(Millivolts(u32::from(reader.u8()?) * 100))),
            0x05 => event.readings.extend(Percent::new(reader.u8()?).ok().map(Reading::Battery)),
            0x06 => {
                let address = plomb_wire::to_hex(reader.take(6)?);
                let strength = -i16::from(reader.u8()?);
                let station = DeviceId::new(Scheme::Beacon, &format!("wifi-{address}")).ok();
                let readings = [Reading::Rssi(strength)].into();
                event.readings.extend(station.map(|device| Reading::Peripheral { device, readings }));
            }
            0x07 => reader.skip(10)?,
            0x08 => reader.skip(6)?,
            0x09 => {
                let speed = Speed::from_kmh(reader.u8()?.into());
                if let Some(position) = &mut event.position {
                    position.speed = Some(speed);
                }
            }
            _ => event.readings.push(Reading::Fence(reader.u8()?.into())),
        }
    }
    Ok(())
}

/// A float of degrees in 1e-7 degree, by its shortest decimal form.
fn float_e7(bits: u32) -> Option<i64> {
    crate::web::scaled(&f64::from(f32::from_bits(bits)).to_string(), 7)
}
