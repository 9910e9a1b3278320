//! Bodies of registration and location, with the lock's alarms and events.

use plomb_model::Signal;

use super::frame::DIGITS_2019;
use crate::protocol::{Civil, Report, bcd};

/// Times are written in GMT+8 whatever the place.
pub(crate) const OFFSET_MIN: i64 = 480;

/// Alarm bits of 0x0200.
const ALARM_BITS: [(Signal, u32); 6] = [
    (Signal::GnssJamming, 4),
    (Signal::LowBattery, 7),
    (Signal::RouteDeviation, 23),
    (Signal::Displaced, 28),
    (Signal::Shock, 29),
    (Signal::UnauthorisedOpen, 31),
];

/// Event codes of item 0x60 (padlock event table of the notes).
const LOCK_EVENTS: [(Signal, u16); 8] = [
    (Signal::RopeCut, 0x11),
    (Signal::UnauthorisedOpen, 0x0F),
    (Signal::CoverOpen, 0x10),
    (Signal::WrongPassword, 0x13),
    (Signal::UnknownCard, 0x0B),
    (Signal::LongUnlocked, 0x14),
    (Signal::MotorFault, 0x18),
    (Signal::LowBattery, 0x17),
];

pub(super) fn text<const N: usize>(text: &str) -> [u8; N] {
    let mut field = [0; N];
    for (slot, byte) in field.iter_mut().zip(text.bytes()) {
        *slot = byte;
    }
    field
}

/// Body of 0x0100 for this terminal number, in the edition that its length tells.
pub(crate) fn registration(id: &str) -> Vec<u8> {
    let mut body = vec![0, 44, 1, 44]; // Province and city of the vehicle's papers.
    if id.len() == DIGITS_2019 {
        body.extend(text::<11>("PLOMB"));
        body.extend(text::<30>("SIM-LOCK-19"));
        body.extend(text::<30>(id));
    } else {
        body.extend(text::<5>("PLOMB"));
        body.extend(text::<20>("SIM-LOCK-13"));
        body.extend(text::<7>(id.get(id.len().saturating_sub(7)..).unwrap_or(id)));
    }
    body.push(1); // Colour of the plate: blue.
    body.extend_from_slice(b"SIM");
    body.extend_from_slice(id.get(id.len().saturating_sub(5)..).unwrap_or(id).as_bytes());
    body
}

/// Body of 0x0200.
pub(super) fn location(report: &Report) -> Vec<u8> {
    let event = LOCK_EVENTS.iter().find(|(signal, _)| report.fresh && report.signals.contains(*signal));
    location_with(report, event.map(|(_, code)| *code))
}

pub(super) fn location_with(report: &Report, lock_event: Option<u16>) -> Vec<u8> {
    let (fix, lock) = (report.fix, report.lock);
    let mut body = Vec::with_capacity(64);
    let alarm = ALARM_BITS
        .iter()
        .fold(0_u32, |bits, (signal, bit)| bits | u32::from(report.signals.contains(*signal)) << bit);
    body.extend(alarm.to_be_bytes());
    let status = [
        (true, 0),
        (fix.fixed, 1),
        (fix.latitude_e7 < 0, 2),
        (fix.longitude_e7 < 0, 3),
        (lock.motor_locked, 12),
        (!lock.door_closed, 13),
        (true, 18),
        (true, 19),
    ];
    let status = status.iter().fold(0_u32, |bits, (on, bit)| bits | u32::from(*on) << bit);
    body.extend(status.to_be_bytes());
    body.extend((fix.latitude_e7.unsigned_abs() / 10).to_be_bytes());
    body.extend((fix.longitude_e7.unsigned_abs() / 10).to_be_bytes());
    body.extend(fix.altitude_m.to_be_bytes());
    body.extend((fix.speed_kmh.saturating_mul(10)).to_be_bytes());
    body.extend(fix.course_deg.to_be_bytes());
    body.extend(Civil::of(report.at, OFFSET_MIN).year_first().map(bcd));
    body.extend([0x01, 4]);
    body.extend(report.odometer_km.saturating_mul(10).to_be_bytes());
    body.extend([0x30, 1, report.csq]);
    body.extend([0x31, 1, fix.satellites]);
    body.extend([0xD4, 1, report.battery_percent]);
    if let Some(code) = lock_event {
        body.extend([0x60, 2]);
        body.extend(code.to_be_bytes());
    }
    body
}
