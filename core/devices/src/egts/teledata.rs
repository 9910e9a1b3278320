//! Subrecords of the services TELEDATA and ECALL to events.

use std::borrow::Cow;

use plomb_model::{
    CentiDegrees, Delivery, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts,
    OccurredAt, Position, Reading, SealEvidence, SealPart, Signal, Speed, Timestamp,
};
use plomb_wire::{Reader, Short};

use super::record::{ECALL, Record, Subrecord, subrecord};

/// 2010-01-01, from which seconds are counted.
const EPOCH_S: i64 = 1_262_304_000;
/// What stands for the whole of 90 or of 180 degrees.
const ANGLE_MAX: i64 = 0xFFFF_FFFF;
/// Length of a state.
const STATE_BYTES: usize = 5;
const QUARTER_E7: i64 = 900_000_000;
const HALF_E7: i64 = 1_800_000_000;

/// Seconds since 2010.
pub(super) fn instant(seconds: u32) -> OccurredAt {
    OccurredAt(Timestamp::from_secs(EPOCH_S + i64::from(seconds)))
}

/// The events of a record: one for each place, or one without.
pub(super) fn events(record: &Record<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut done = Vec::new();
    let mut event: Option<Event> = None;
    let mut placed = false;
    let mut reader = Reader::at(record.content, record.content_at);
    while !reader.is_empty() {
        let offset = reader.offset();
        let part = match subrecord(&mut reader) {
            Ok(part) => part,
            Err(short) => {
                issues.push(Issue::new(offset, "the subrecord ends early", short));
                break;
            }
        };
        let is_place = part.kind == 16 && record.service != ECALL;
        // A second place in a record is of another moment.
        if is_place && placed {
            done.extend(event.take());
        }
        placed |= is_place;
        let event = event.get_or_insert_with(|| fresh(record));
        let read = if record.service == ECALL { ecall(&part, event) } else { apply(&part, event, issues) };
        if let Err(short) = read {
            issues.push(Issue::new(part.offset, "the subrecord ends early", short));
        }
    }
    done.extend(event);
    done
}

fn fresh(record: &Record<'_>) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = record.time.map(instant);
    event.serial = Some(u32::from(record.number));
    event
}

fn code(name: impl Into<Cow<'static, str>>, value: u32) -> Reading {
    Reading::Code { name: name.into(), value: i64::from(value) }
}

fn u24(part: &mut Reader<'_>) -> Result<u32, Short> {
    let [a, b, c] = part.array()?;
    Ok(u32::from_le_bytes([a, b, c, 0]))
}

fn apply(sub: &Subrecord<'_>, event: &mut Event, issues: &mut Vec<Issue>) -> Result<(), Short> {
    let mut part = sub.reader();
    match sub.kind {
        16 => place(&mut part, event, issues)?,
        17 => extended(&mut part, event)?,
        18 => sensors(&mut part, event)?,
        19 => {
            let flags = part.u8()?;
            for number in 1..=8_u8 {
                if flags >> (number - 1) & 1 == 1 {
                    event.readings.push(code(format!("counter_{number}"), u24(&mut part)?));
                }
            }
        }
        // 20 by the order of 2012, where it is told from acceleration by its length; 21 by the GOST.
        20 | 21 if sub.data.len() == STATE_BYTES => state(&mut part, event)?,
        23 => {
            let word = part.u16_le()?;
            let [number, _] = (word >> 4).to_le_bytes();
            event.readings.push(Reading::Input { number, on: word & 0x0F != 0 });
        }
        24 => {
            let number = part.u8()?;
            event.readings.push(code(format!("analog_{number}"), u24(&mut part)?));
        }
        25 => {
            let number = part.u8()?;
            event.readings.push(code(format!("counter_{number}"), u24(&mut part)?));
        }
        27 => {
            let flags = part.u8()?;
            part.skip(2)?;
            let number = flags & 7;
            if flags & 8 == 0 {
                event.readings.push(code(format!("level_{number}"), part.u32_le()?));
            } else {
                let name = format!("level_{number}").into();
                event.readings.push(Reading::Bytes { name, value: part.rest().into() });
            }
        }
        // The answer to a record of ours.
        0 => {}
        kind => {
            let name = format!("subrecord_{kind}").into();
            event.readings.push(Reading::Bytes { name, value: sub.data.into() });
        }
    }
    Ok(())
}

/// Emergency calls: raw minimum set of data (MSD), acceleration, track.
fn ecall(sub: &Subrecord<'_>, event: &mut Event) -> Result<(), Short> {
    let name = match sub.kind {
        0 => return Ok(()),
        20 => "acceleration",
        40 => {
            event.signals = event.signals.with(Signal::Sos);
            "msd"
        }
        50 => "track",
        _ => "ecall",
    };
    event.readings.push(Reading::Bytes { name: name.into(), value: sub.data.into() });
    Ok(())
}

fn place(part: &mut Reader<'_>, event: &mut Event, issues: &mut Vec<Issue>) -> Result<(), Short> {
    let offset = part.offset();
    event.occurred_at = Some(instant(part.u32_le()?));
    let north = i64::from(part.u32_le()?) * QUARTER_E7 / ANGLE_MAX;
    let east = i64::from(part.u32_le()?) * HALF_E7 / ANGLE_MAX;
    let flags = part.u8()?;
    let on = |bit: u8| flags >> bit & 1 == 1;
    let speed = part.u16_le()?;
    let course = i32::from(part.u8()?) + if speed & 0x8000 == 0 { 0 } else { 0x100 };
    let odometer = u24(part)?;
    let inputs = part.u8()?;
    let source = part.u8()?;
    let altitude = if on(7) && part.left() >= 3 { Some(i64::from(u24(part)?)) } else { None };
    event.delivery = if on(3) { Delivery::Buffered } else { Delivery::Live };
    let north = if on(5) { -north } else { north };
    let east = if on(6) { -east } else { east };
    match (LatitudeE7::new(north), LongitudeE7::new(east)) {
        // A place that the device itself calls invalid is none.
        _ if !on(0) => {}
        (Ok(latitude), Ok(longitude)) => {
            let mut position = Position::new(latitude, longitude, Fix::Gnss);
            position.speed = Some(Speed::from_tenths_kmh(u32::from(speed & 0x3FFF)));
            position.course = (course <= 360).then_some(CentiDegrees::from_degrees(course % 360));
            let below = speed & 0x4000 != 0;
            position.altitude = altitude.map(|metres| Metres(if below { -metres } else { metres }));
            event.kind = EventKind::Position;
            event.position = Some(position);
        }
        _ => issues.push(Issue::new(offset + 4, "no such place", format_args!("{north}, {east}"))),
    }
    event.readings.push(Reading::Motion(on(4)));
    event.readings.push(Reading::Odometer(Metres(i64::from(odometer) * 100)));
    for number in 1..=8_u8 {
        event.readings.push(Reading::Input { number, on: inputs >> (number - 1) & 1 == 1 });
    }
    event.readings.push(code("source", u32::from(source)));
    why(source, event);
    Ok(())
}

/// What made the device send, where it is an alarm.
fn why(source: u8, event: &mut Event) {
    let signal = match source {
        7 => Signal::Overspeed,
        10 => Signal::CoverOpen,
        11 => Signal::PowerCut,
        12 => Signal::LowBattery,
        13 | 15 => Signal::Sos,
        19 | 23 => Signal::DeviceFault,
        22 => Signal::GnssFault,
        25 => Signal::GnssAntennaFault,
        28 => Signal::Displaced,
        _ => return,
    };
    event.signals = event.signals.with(signal);
    if signal == Signal::CoverOpen {
        event.seal = event.seal.with(SealPart::CoverClosed, false);
        event.trust.seal = SealEvidence::ValidTampered;
    }
    if signal == Signal::PowerCut {
        event.readings.push(Reading::ExternalPowerPresent(false));
    }
}

/// Dilutions in hundredths, satellites, systems.
fn extended(part: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let flags = part.u8()?;
    if flags & 1 != 0 {
        part.skip(2)?;
    }
    if flags & 2 != 0 {
        event.readings.push(Reading::Hdop(part.u16_le()?));
    }
    if flags & 4 != 0 {
        part.skip(2)?;
    }
    if flags & 8 != 0 {
        let satellites = part.u8()?;
        if let Some(position) = &mut event.position {
            position.satellites = Some(satellites);
        }
    }
    Ok(())
}

/// Groups of eight inputs that are there, outputs, analogue inputs that are there.
fn sensors(part: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let (groups, outputs, analog) = (part.u8()?, part.u8()?, part.u8()?);
    for number in 1..=8_u8 {
        event.readings.push(Reading::Output { number, on: outputs >> (number - 1) & 1 == 1 });
    }
    for group in 0..8_u8 {
        if groups >> group & 1 == 1 {
            let inputs = part.u8()?;
            for bit in 0..8_u8 {
                // The first eight are those of the place.
                let number = 9 + group * 8 + bit;
                if inputs >> bit & 1 == 1 {
                    event.readings.push(Reading::Input { number, on: true });
                }
            }
        }
    }
    for number in 1..=8_u8 {
        if analog >> (number - 1) & 1 == 1 {
            event.readings.push(code(format!("analog_{number}"), u24(part)?));
        }
    }
    Ok(())
}

/// Mode, and supply, backup and internal battery in tenths of a volt.
fn state(part: &mut Reader<'_>, event: &mut Event) -> Result<(), Short> {
    let mode = part.u8()?;
    let (supply, backup, internal) = (part.u8()?, part.u8()?, part.u8()?);
    let volts = |tenths: u8| Millivolts(u32::from(tenths) * 100);
    event.readings.push(code("mode", u32::from(mode)));
    event.readings.push(Reading::ExternalPower(volts(supply)));
    if let Some(battery) = [internal, backup].into_iter().find(|tenths| *tenths != 0) {
        event.readings.push(Reading::BatteryVoltage(volts(battery)));
    }
    // 3 an emergency call, 4 emergency tracking.
    event.signals = event.signals.with_if(matches!(mode, 3 | 4), Signal::Sos);
    Ok(())
}
