//! Record frames of the GL601: `2B|2D 00 | length u16 | flags | [number u16] | IMEI 8 BCD | device type u16 | version u16
//! | custom | reserved length and bytes | records | count u16 | crc8 | 24`. A record is `length | time u32 | index u16 |
//! id | event | values`, a value `id | length | bytes`.

use plomb_model::{
    CellTower, CentiDegrees, DeviceId, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres,
    Millivolts, OccurredAt, Percent, Position, Reading, Scheme, Speed, Timestamp,
};
use plomb_wire::{Reader, bcd_digits};

/// The device and the events of a frame.
pub(super) fn read(wire: &[u8], issues: &mut Vec<Issue>) -> (Option<DeviceId>, Vec<Event>) {
    let mut events = Vec::new();
    let mut device = None;
    let end = wire.len().saturating_sub(4);
    let mut reader = Reader::new(wire.get(..end).unwrap_or_default());
    if let Err(short) = frame(&mut reader, &mut device, &mut events, issues) {
        issues.push(Issue::new(short.offset, "frame ends early", format_args!("{} bytes left", short.left)));
    }
    (device, events)
}

/// A length of one byte, or of two where the first has its high bit set.
fn length(reader: &mut Reader<'_>) -> Result<usize, plomb_wire::Short> {
    let first = reader.u8()?;
    if first & 0x80 == 0 {
        return Ok(usize::from(first));
    }
    Ok(usize::from(first & 0x7F) << 8 | usize::from(reader.u8()?))
}

fn frame(
    reader: &mut Reader<'_>,
    device: &mut Option<DeviceId>,
    events: &mut Vec<Event>,
    issues: &mut Vec<Issue>,
) -> Result<(), plomb_wire::Short> {
    reader.skip(4)?;
    if reader.u8()? & 0x80 != 0 {
        reader.skip(2)?;
    }
    let digits = bcd_digits(reader.take(8)?);
    *device = digits
        .get(1..)
        .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))
        .and_then(|digits| DeviceId::new(Scheme::Imei, digits).ok());
    if device.is_none() {
        issues.push(Issue::new(5, "no equipment identity", digits));
    }
    reader.skip(5)?;
    let reserved = usize::from(reader.u8()?);
    reader.skip(reserved)?;
    while !reader.is_empty() {
        // A record's length counts itself.
        let begin = reader.offset();
        let bytes = length(reader)?;
        let bytes = bytes.saturating_sub(reader.offset() - begin);
        let mut part = reader.part(bytes)?;
        let mut event = Event::new(EventKind::Status);
        event.occurred_at = Some(OccurredAt(Timestamp::from_secs(i64::from(part.u32()?))));
        event.serial = Some(u32::from(part.u16()?));
        let (id, code) = (part.u8()?, part.u8()?);
        event.readings.push(Reading::Code { name: "record".into(), value: i64::from(id) });
        event.readings.push(Reading::Code { name: "event".into(), value: i64::from(code) });
        while !part.is_empty() {
            let id = part.u8()?;
            let bytes = length(&mut part)?;
            value(id, part.part(bytes)?, &mut event)?;
        }
        events.push(event);
    }
    Ok(())
}

fn value(id: u8, mut part: Reader<'_>, event: &mut Event) -> Result<(), plomb_wire::Short> {
    match id {
        0x51 | 0x52 => {
            let state = part.u8()?;
            let (longitude, latitude, at) = (part.i32()?, part.i32()?, part.u32()?);
            let speed = part.u16()?;
            let fix = if state >> 2 & 3 == 2 { Fix::Gnss } else { Fix::Stale };
            let longitude = LongitudeE7::new(i64::from(longitude) * 10).ok();
            let latitude = LatitudeE7::new(i64::from(latitude) * 10).ok();
            let Some((latitude, longitude)) = latitude.zip(longitude) else { return Ok(()) };
            let mut position = Position::new(latitude, longitude, fix);
            position.speed = Some(Speed::from_tenths_kmh(u32::from(speed)));
            if id == 0x52 {
                event.readings.push(Reading::Hdop(u16::from(part.u8()?) * 10));
                let course = part.u16()?;
                position.course = (course < 360).then(|| CentiDegrees::from_degrees(i32::from(course)));
                let high = part.i8()?;
                let decimetres = i64::from(high) << 16 | i64::from(part.u16()?);
                position.altitude = Some(Metres(decimetres / 10));
                position.satellites = Some(part.u8()?);
            }
            event.kind = EventKind::Position;
            event.position = Some(position);
            event.occurred_at = Some(OccurredAt(Timestamp::from_secs(i64::from(at))));
        }
        0x55 => {
            part.skip(1)?;
            let network = part.u24()?;
            let scale = if network < 100_000 { 100 } else { 1000 };
            let codes = u16::try_from(network / scale).ok().zip(u16::try_from(network % scale).ok());
            let (area, cell) = (u32::from(part.u16()?), u64::from(part.u32()?));
            event
                .readings
                .extend(codes.map(|(mcc, mnc)| Reading::CellTower(CellTower { mcc, mnc, area, cell })));
        }
        0x61 => {
            part.skip(1)?;
            event.readings.push(Reading::BatteryVoltage(Millivolts(u32::from(part.u16()?))));
            event.readings.extend(Percent::new(part.u8()?).ok().map(Reading::Battery));
            event.readings.push(Reading::Charging(part.u8()? & 1 == 1));
        }
        _ => event
            .readings
            .push(Reading::Bytes { name: format!("value_{id:02x}").into(), value: part.rest().into() }),
    }
    Ok(())
}
