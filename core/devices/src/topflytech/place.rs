//! Dates and places: `YYMMDDhhmmss` in BCD and UTC, and 16 bytes of altitude, longitude and latitude (floats, low byte
//! first), speed (BCD, tenths of km/h) and azimuth; without a fix the same bytes hold cells.

use plomb_model::{
    CellTower, CentiDegrees, Fix, LatitudeE7, LongitudeE7, Metres, Position, Reading, Speed, Timestamp,
};
use plomb_wire::bcd_u8;

use super::frame::Frame;

/// The date at a place.
pub(super) fn time(frame: &Frame<'_>, at: usize) -> Option<Timestamp> {
    let field = |index: usize| i8::try_from(bcd_u8(frame.u8(at + index)?)?).ok();
    Timestamp::from_utc(2000 + i16::from(field(0)?), field(1)?, field(2)?, field(3)?, field(4)?, field(5)?)
}

fn float(frame: &Frame<'_>, at: usize) -> Option<f64> {
    let bytes: [u8; 4] = frame.wire.get(at..at + 4)?.try_into().ok()?;
    let value = f32::from_le_bytes(bytes);
    value.is_finite().then(|| f64::from(value))
}

/// Degrees to units of 1e-7.
#[expect(clippy::cast_possible_truncation, reason = "a finite float within 180 degrees")]
fn e7(degrees: f64) -> Option<i64> {
    (degrees.abs() <= 180.0).then(|| (degrees * 1e7).round() as i64)
}

/// The place at an offset.
#[expect(clippy::cast_possible_truncation, reason = "an altitude below 100 km")]
pub(super) fn position(frame: &Frame<'_>, at: usize) -> Option<Position> {
    let altitude = float(frame, at).filter(|metres| metres.abs() < 100_000.0)?;
    let longitude = LongitudeE7::new(e7(float(frame, at + 4)?)?).ok()?;
    let latitude = LatitudeE7::new(e7(float(frame, at + 8)?)?).ok()?;
    if longitude.e7() == 0 && latitude.e7() == 0 {
        return None;
    }
    let mut position = Position::new(latitude, longitude, Fix::Gnss);
    position.altitude = Some(Metres(altitude.round() as i64));
    position.speed = bcd(frame, at + 12).map(Speed::from_tenths_kmh);
    let course = frame.u16(at + 14).filter(|course| *course <= 360)?;
    position.course = Some(CentiDegrees::from_degrees(i32::from(course % 360)));
    Some(position)
}

/// Two bytes of four decimal digits.
pub(super) fn bcd(frame: &Frame<'_>, at: usize) -> Option<u32> {
    Some(u32::from(bcd_u8(frame.u8(at)?)?) * 100 + u32::from(bcd_u8(frame.u8(at + 1)?)?))
}

/// The cells at an offset: bit 15 of the country code means LTE.
pub(super) fn cells(frame: &Frame<'_>, at: usize, readings: &mut Vec<Reading>) {
    let (Some(first), Some(mnc)) = (frame.u16(at), frame.u16(at + 2)) else { return };
    let mcc = first & 0x7FFF;
    if !(200..800).contains(&mcc) || mnc > 999 {
        return;
    }
    let mut put = |area: u32, cell: u64| {
        readings.push(Reading::CellTower(CellTower { mcc, mnc, area, cell }));
    };
    if first & 0x8000 != 0 {
        if let Some(cell) = frame.u32(at + 4) {
            put(0, u64::from(cell));
        }
        return;
    }
    for pair in 0..3 {
        let (Some(area), Some(cell)) = (frame.u16(at + 4 + pair * 4), frame.u16(at + 6 + pair * 4)) else {
            return;
        };
        if area != 0 && area != 0xFFFF {
            put(u32::from(area), u64::from(cell));
        }
    }
}

/// The first date with a place behind it, from an offset: for families whose layout is not known.
pub(super) fn find(frame: &Frame<'_>, from: usize) -> Option<(Timestamp, Position)> {
    (from..frame.wire.len()).find_map(|at| {
        let time = time(frame, at).filter(|time| time.as_millis() > 1_262_304_000_000)?;
        bcd(frame, at + 18)?;
        Some((time, position(frame, at + 6)?))
    })
}
