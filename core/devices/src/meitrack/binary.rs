//! `CCC` (records of fixed width) and `CCE` (records of numbered parameters), low byte first.
//! Source: Meitrack GPRS Protocol, "CCC" and "CCE".

use plomb_model::{
    CardNumber, CellTower, CentiCelsius, CentiDegrees, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7,
    Metres, Millivolts, OccurredAt, Percent, Position, Reading, SealPart, Speed, Timestamp,
};
use plomb_wire::{Reader, Short, to_hex};

use super::frame::Frame;
use super::{text, words};

/// Seconds from 1970 to 2000, from which the devices count.
const EPOCH_2000_S: i64 = 946_684_800;
/// Width of a record of `CCC`.
const CCC_RECORD_BYTES: usize = 52;

fn time(seconds: u32) -> OccurredAt {
    OccurredAt(Timestamp::from_secs(EPOCH_2000_S + i64::from(seconds)))
}

fn place(latitude: i32, longitude: i32, valid: bool) -> Option<Position> {
    let latitude = LatitudeE7::new(i64::from(latitude) * 10).ok()?;
    let longitude = LongitudeE7::new(i64::from(longitude) * 10).ok()?;
    Some(Position::new(latitude, longitude, if valid { Fix::Gnss } else { Fix::Stale }))
}

fn course(degrees: u16) -> Option<CentiDegrees> {
    (degrees <= 360).then(|| CentiDegrees::from_degrees(i32::from(degrees % 360)))
}

/// Hundredths of a volt.
fn volts(value: u16) -> Millivolts {
    Millivolts(u32::from(value) * 10)
}

fn code(name: &'static str, value: impl Into<i64>) -> Reading {
    Reading::Code { name: name.into(), value: value.into() }
}

/// The events of a `CCC` frame: version, record width, records still kept, records.
pub(super) fn ccc(frame: &Frame<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut reader = Reader::at(frame.content, frame.content_at);
    let mut events = Vec::new();
    let Ok((_, width)) = head(&mut reader) else {
        issues.push(Issue::new(frame.content_at, "CCC has no head", to_hex(frame.content)));
        return events;
    };
    if usize::from(width) < CCC_RECORD_BYTES {
        issues.push(Issue::new(frame.content_at + 2, "records of CCC are too narrow", width));
        return events;
    }
    while let Ok(mut record) = reader.part(usize::from(width)) {
        let offset = record.offset();
        match ccc_record(&mut record) {
            Ok(event) if event.position.is_some() => events.push(event),
            Ok(event) => {
                issues.push(Issue::new(
                    offset,
                    "place of a record is off the earth",
                    "beyond 90 or 180 degrees",
                ));
                events.push(event);
            }
            Err(short) => issues.push(Issue::new(short.offset, "record is incomplete", short.left)),
        }
    }
    if !reader.is_empty() {
        issues.push(Issue::new(reader.offset(), "bytes behind the last record", to_hex(reader.rest())));
    }
    events
}

fn head(reader: &mut Reader<'_>) -> Result<(u16, u16), Short> {
    let head = (reader.u16_le()?, reader.u16_le()?);
    reader.skip(4)?;
    Ok(head)
}

fn ccc_record(record: &mut Reader<'_>) -> Result<Event, Short> {
    let mut event = Event::new(EventKind::Position);
    let number = record.u8()?;
    event.signals = words::signals(i64::from(number));
    event.readings.push(code("event", number));
    let (latitude, longitude) = (record.i32_le()?, record.i32_le()?);
    event.occurred_at = Some(time(record.u32_le()?));
    let valid = record.u8()? == 1;
    event.position = place(latitude, longitude, valid);
    let satellites = record.u8()?;
    event.readings.extend(text::strength(record.u8()?));
    let (speed, azimuth) = (record.u16_le()?, record.u16_le()?);
    event.readings.push(Reading::Hdop(record.u16_le()?.saturating_mul(10)));
    let altitude = record.i16_le()?;
    if let Some(position) = &mut event.position {
        position.satellites = Some(satellites);
        position.speed = Some(Speed::from_kmh(u32::from(speed)));
        position.course = course(azimuth);
        position.altitude = Some(Metres(i64::from(altitude)));
    } else {
        event.kind = EventKind::Status;
    }
    event.readings.push(Reading::Odometer(Metres(i64::from(record.u32_le()?))));
    event.readings.push(code("runtime s", record.u32_le()?));
    let (mcc, mnc) = (record.u16_le()?, record.u16_le()?);
    let (area, cell) = (u32::from(record.u16_le()?), u64::from(record.u16_le()?));
    if mcc != 0 {
        event.readings.push(Reading::CellTower(CellTower { mcc, mnc, area, cell }));
    }
    let (outputs, inputs) = (record.u8()?, record.u8()?);
    text::ports(inputs, outputs, &mut event.readings);
    event.readings.push(Reading::Analog { number: 1, value: volts(record.u16_le()?) });
    event.readings.push(Reading::BatteryVoltage(volts(record.u16_le()?)));
    event.readings.push(Reading::ExternalPower(volts(record.u16_le()?)));
    Ok(event)
}

/// The events of a `CCE` frame: records still kept, number of records, records.
pub(super) fn cce(frame: &Frame<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut reader = Reader::at(frame.content, frame.content_at);
    let mut events = Vec::new();
    let count = reader.skip(4).and_then(|()| reader.u16_le()).unwrap_or(0);
    for _ in 0..count {
        let record = reader.u16_le().and_then(|bytes| reader.part(usize::from(bytes)));
        let Ok(mut record) = record else {
            issues.push(Issue::new(reader.offset(), "a record of CCE is missing", reader.left()));
            return events;
        };
        let mut parts = Parts::default();
        if let Err(short) = parts.read(&mut record) {
            issues.push(Issue::new(short.offset, "record is incomplete", short.left));
        }
        events.push(parts.event());
    }
    if count == 0 || !reader.is_empty() {
        issues.push(Issue::new(reader.offset(), "bytes behind the last record", to_hex(reader.rest())));
    }
    events
}

/// The parameters of one record that make a position together; the rest are readings at once.
#[derive(Debug, Default)]
struct Parts {
    event: Option<u16>,
    latitude: Option<i32>,
    longitude: Option<i32>,
    time: Option<u32>,
    valid: bool,
    satellites: Option<u8>,
    speed: Option<u16>,
    course: Option<u16>,
    altitude: Option<i16>,
    inputs: Option<u8>,
    outputs: Option<u8>,
    locked: Option<bool>,
    readings: Vec<Reading>,
}

/// A parameter's number: one byte, or two behind 0xFE.
fn number(record: &mut Reader<'_>) -> Result<u16, Short> {
    let first = record.u8()?;
    if first == 0xFE { Ok(0xFE00 | u16::from(record.u8()?)) } else { Ok(u16::from(first)) }
}

impl Parts {
    fn read(&mut self, record: &mut Reader<'_>) -> Result<(), Short> {
        record.skip(2)?;
        for _ in 0..record.u8()? {
            let (id, value) = (number(record)?, record.u8()?);
            self.one(id, value);
        }
        for _ in 0..record.u8()? {
            let (id, value) = (number(record)?, record.u16_le()?);
            self.two(id, value);
        }
        for _ in 0..record.u8()? {
            let (id, value) = (number(record)?, record.u32_le()?);
            self.four(id, value);
        }
        for _ in 0..record.u8()? {
            let id = number(record)?;
            let bytes = usize::from(record.u8()?);
            let value = record.take(bytes)?;
            self.many(id, value);
        }
        Ok(())
    }

    fn one(&mut self, id: u16, value: u8) {
        match id {
            0x01 => self.event = Some(u16::from(value)),
            0x05 => self.valid = value == 1,
            0x06 => self.satellites = Some(value),
            0x07 => self.readings.extend(text::strength(value)),
            0x14 => self.outputs = Some(value),
            0x15 => self.inputs = Some(value),
            // 1 is open and 2 is locked; 0 is a device without a lock.
            0x47 if value > 0 => self.locked = Some(value == 2),
            0xFE69 => self.readings.extend(Percent::new(value).ok().map(Reading::Battery)),
            _ => self.readings.push(unnamed(id, i64::from(value))),
        }
    }

    fn two(&mut self, id: u16, value: u16) {
        match id {
            0x08 => self.speed = Some(value),
            0x09 => self.course = Some(value),
            0x0A => self.readings.push(Reading::Hdop(value.saturating_mul(10))),
            0x0B => self.altitude = Some(i16::from_le_bytes(value.to_le_bytes())),
            0x16..=0x18 => {
                let number = u8::try_from(id - 0x15).unwrap_or(0);
                self.readings.push(Reading::Analog { number, value: volts(value) });
            }
            0x19 => self.readings.push(Reading::BatteryVoltage(volts(value))),
            0x1A => self.readings.push(Reading::ExternalPower(volts(value))),
            0x40 => self.event = Some(value),
            _ => self.readings.push(unnamed(id, i64::from(value))),
        }
    }

    fn four(&mut self, id: u16, value: u32) {
        let signed = i32::from_le_bytes(value.to_le_bytes());
        match id {
            0x02 => self.latitude = Some(signed),
            0x03 => self.longitude = Some(signed),
            0x04 => self.time = Some(value),
            0x0C => self.readings.push(Reading::Odometer(Metres(i64::from(value)))),
            0x0D => self.readings.push(code("runtime s", value)),
            0x25 => self.readings.push(Reading::Card(CardNumber(format!("{value:08X}").into()))),
            _ => self.readings.push(unnamed(id, i64::from(value))),
        }
    }

    fn many(&mut self, id: u16, value: &[u8]) {
        let reading = match id {
            0x0E..=0x13 => cell(value),
            0x2A..=0x31 => temperature(value),
            _ => None,
        };
        let bytes = || Reading::Bytes { name: format!("parameter {id:04X}").into(), value: value.into() };
        self.readings.push(reading.unwrap_or_else(bytes));
    }

    fn event(self) -> Event {
        let mut event = Event::new(EventKind::Status);
        event.occurred_at = self.time.map(time);
        event.position = self.latitude.zip(self.longitude).and_then(|(lat, lon)| place(lat, lon, self.valid));
        if let Some(position) = &mut event.position {
            event.kind = EventKind::Position;
            position.satellites = self.satellites;
            position.speed = self.speed.map(|speed| Speed::from_kmh(u32::from(speed)));
            position.course = self.course.and_then(course);
            position.altitude = self.altitude.map(|metres| Metres(i64::from(metres)));
        }
        event.readings = self.readings;
        if let Some(number) = self.event {
            event.signals = words::signals(i64::from(number));
            event.readings.push(code("event", number));
        }
        if self.inputs.is_some() || self.outputs.is_some() {
            text::ports(self.inputs.unwrap_or(0), self.outputs.unwrap_or(0), &mut event.readings);
        }
        if let Some(locked) = self.locked {
            event.seal = event.seal.with(SealPart::MotorLocked, locked);
        }
        event
    }
}

fn unnamed(id: u16, value: i64) -> Reading {
    Reading::Code { name: format!("parameter {id:04X}").into(), value }
}

fn cell(value: &[u8]) -> Option<Reading> {
    let mut reader = Reader::new(value);
    let (mcc, mnc) = (reader.u16_le().ok()?, reader.u16_le().ok()?);
    let (area, cell) = (u32::from(reader.u16_le().ok()?), u64::from(reader.u32_le().ok()?));
    (mcc != 0).then_some(Reading::CellTower(CellTower { mcc, mnc, area, cell }))
}

/// Sensor number and hundredths of a degree.
fn temperature(value: &[u8]) -> Option<Reading> {
    let [sensor, low, high] = *value else { return None };
    let value = CentiCelsius(i32::from(i16::from_le_bytes([low, high])));
    Some(Reading::Temperature { sensor, value })
}
