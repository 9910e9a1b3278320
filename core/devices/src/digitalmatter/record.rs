//! The records of a device in the manual's units, from the binary forms.

use plomb_model::{
    CardNumber, CentiCelsius, CentiDegrees, Event, EventKind, Fix, LatitudeE7, LongitudeE7, Metres,
    Millivolts, OccurredAt, Position, Reading, SealPart, Signal, Signals, Speed, Timestamp,
};
use plomb_wire::{Reader, Short, to_hex};

/// 2013-01-01T00:00:00Z, from which the device counts seconds.
pub(super) const EPOCH_S: i64 = 1_356_998_400;
/// Bytes of a record of the fixed form.
const FIXED_BYTES: usize = 64;

/// What a record tells: the place has a time of its own.
pub(super) struct Record {
    pub(super) event: Event,
    pub(super) place: Option<(Option<OccurredAt>, Position)>,
}

impl Record {
    pub(super) fn new(serial: Option<u32>, occurred_at: Option<OccurredAt>, reason: i64) -> Self {
        let mut event = Event::new(EventKind::Status);
        event.serial = serial;
        event.occurred_at = occurred_at;
        event.signals = signals(reason);
        if event.signals.contains(Signal::CoverOpen) {
            event.seal = event.seal.with(SealPart::CoverClosed, false);
        }
        event.readings.push(Reading::Code { name: "reason".into(), value: reason });
        Self { event, place: None }
    }

    /// The events: one where place and record are of one time, else the older place first.
    pub(super) fn events(mut self) -> Vec<Event> {
        match self.place {
            None => vec![self.event],
            Some((at, position))
                if at.is_none() || at == self.event.occurred_at || self.event.occurred_at.is_none() =>
            {
                self.event.occurred_at = self.event.occurred_at.or(at);
                self.event.kind = EventKind::Position;
                self.event.position = Some(position);
                vec![self.event]
            }
            Some((at, position)) => {
                let mut place = Event::new(EventKind::Position);
                place.occurred_at = at;
                place.serial = self.event.serial;
                place.position = Some(position);
                vec![place, self.event]
            }
        }
    }
}

/// What the reason of a record shouts.
fn signals(reason: i64) -> Signals {
    let signal = match reason {
        18 => Signal::Overspeed,
        20 => Signal::Displaced,
        23 => Signal::Collision,
        29 => Signal::CoverOpen,
        44 => Signal::FenceEntered,
        45 => Signal::FenceLeft,
        _ => return Signals::NONE,
    };
    Signals::from(signal)
}

pub(super) const fn since_2013(seconds: u32) -> OccurredAt {
    OccurredAt(Timestamp::from_secs(EPOCH_S + seconds as i64))
}

/// Speed in centimetres a second: 36 metres an hour each.
pub(super) const fn speed(centimetres: u32) -> Speed {
    Speed(centimetres.saturating_mul(36))
}

/// Adds the digital inputs, outputs and the status: bit 1 the battery is good, bit 6 tampered with.
pub(super) fn digital(inputs: u32, outputs: u16, status: u16, event: &mut Event) {
    event.readings.push(Reading::Ignition(inputs & 1 != 0));
    event.readings.push(Reading::Code { name: "inputs".into(), value: inputs.into() });
    event.readings.push(Reading::Code { name: "outputs".into(), value: outputs.into() });
    event.readings.push(Reading::Code { name: "status".into(), value: status.into() });
    event.signals = event.signals.with_if(status & 0x02 == 0, Signal::LowBattery);
    event.signals = event.signals.with_if(status & 0x02 != 0 && status & 0x40 != 0, Signal::CoverOpen);
}

/// Adds an analogue value by its number: 1 battery mV, 2 supply cV, 3 temperature, 4 network 0 to 31, 5 solar mV.
pub(super) fn analogue(number: u8, value: i32, event: &mut Event) {
    let positive = u32::try_from(value).ok();
    let reading = match (number, positive) {
        (1, Some(value)) => Reading::BatteryVoltage(Millivolts(value)),
        (2, Some(value)) => Reading::ExternalPower(Millivolts(value.saturating_mul(10))),
        (3, _) => Reading::Temperature { sensor: 0, value: CentiCelsius(value) },
        (4, Some(value)) if value <= 31 => Reading::NetworkSignal(plomb_model::Percent::share(value, 31)),
        (5, Some(value)) => Reading::Analog { number: 5, value: Millivolts(value) },
        _ => Reading::Code { name: format!("analogue.{number}").into(), value: value.into() },
    };
    event.readings.push(reading);
}

/// Records of the fixed form, 64 bytes each.
pub(super) fn fixed(content: &[u8]) -> (Vec<Record>, usize) {
    let whole = content.len() / FIXED_BYTES * FIXED_BYTES;
    let records = content.chunks_exact(FIXED_BYTES).filter_map(|bytes| fixed_one(bytes).ok());
    (records.collect(), whole)
}

fn fixed_one(bytes: &[u8]) -> Result<Record, Short> {
    let mut reader = Reader::new(bytes);
    reader.skip(1)?;
    let serial = reader.u32_le()?;
    let time = reader.u32_le()?;
    let (longitude, latitude) = (reader.i32_le()?, reader.i32_le()?);
    let (centimetres, course, altitude) = (reader.u16_le()?, reader.u8()?, reader.i16_le()?);
    let (accuracy, _, reason, flags) = (reader.u16_le()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let mut record = Record::new(Some(serial), packed_time(time).map(OccurredAt), reason.into());
    let fix = if flags & 1 == 1 { Fix::Gnss } else { Fix::Stale };
    if let Some(position) = position((latitude, longitude), fix, altitude, centimetres, course) {
        record.place = Some((record.event.occurred_at, position));
    }
    let event = &mut record.event;
    event.readings.push(Reading::Code { name: "position accuracy".into(), value: accuracy.into() });
    let (inputs, outputs) = (reader.u32_le()?, reader.u16_le()?);
    event.readings.push(Reading::Code { name: "inputs".into(), value: inputs.into() });
    event.readings.push(Reading::Code { name: "outputs".into(), value: outputs.into() });
    for number in 1..=5_u8 {
        let value = reader.i16_le()?;
        event.readings.push(Reading::Code { name: format!("analogue.{number}").into(), value: value.into() });
    }
    let celsius = reader.u8()?.cast_signed();
    if celsius != i8::MAX {
        let value = CentiCelsius(i32::from(celsius) * 100);
        event.readings.push(Reading::Temperature { sensor: 0, value });
    }
    Ok(record)
}

/// Year since 2000 in 6 bits, month 4, day 5, hour 5, minute 6, second 6, from the lowest bit.
fn packed_time(time: u32) -> Option<Timestamp> {
    let part = |shift: u32, bits: u32| i8::try_from(time >> shift & ((1 << bits) - 1)).ok();
    let year = 2000 + i16::from(part(0, 6)?);
    Timestamp::from_utc(year, part(6, 4)?, part(10, 5)?, part(15, 5)?, part(20, 6)?, part(26, 6)?)
}

fn position(place: (i32, i32), fix: Fix, altitude: i16, centimetres: u16, course: u8) -> Option<Position> {
    let latitude = LatitudeE7::new(place.0.into()).ok()?;
    let longitude = LongitudeE7::new(place.1.into()).ok()?;
    let mut position = Position::new(latitude, longitude, fix);
    position.altitude = Some(Metres(altitude.into()));
    position.speed = Some(speed(centimetres.into()));
    position.course = Some(CentiDegrees::from_degrees(i32::from(course) * 2 % 360));
    Some(position)
}

/// One record of fields, behind its length.
pub(super) fn fields(bytes: &[u8]) -> Result<Record, Short> {
    let mut reader = Reader::new(bytes);
    let (serial, time, reason) = (reader.u32_le()?, reader.u32_le()?, reader.u8()?);
    let mut record = Record::new(Some(serial), Some(since_2013(time)), reason.into());
    while !reader.is_empty() {
        let number = reader.u8()?;
        let length = match reader.u8()? {
            255 => usize::from(reader.u16_le()?),
            length => usize::from(length),
        };
        let content = reader.take(length)?;
        field(number, content, &mut record)?;
    }
    Ok(record)
}

fn field(number: u8, content: &[u8], record: &mut Record) -> Result<(), Short> {
    let mut reader = Reader::new(content);
    let event = &mut record.event;
    match number {
        0 => {
            let time = reader.u32_le()?;
            let place = (reader.i32_le()?, reader.i32_le()?);
            let (altitude, centimetres, _, course) =
                (reader.i16_le()?, reader.u16_le()?, reader.u8()?, reader.u8()?);
            let (_, accuracy, status) = (reader.u8()?, reader.u8()?, reader.u8()?);
            let fix = if status == 0 { Fix::Stale } else { Fix::Gnss };
            event.readings.push(Reading::Accuracy(Metres(accuracy.into())));
            let position = position(place, fix, altitude, centimetres, course);
            record.place = position.map(|position| (Some(since_2013(time)), position));
        }
        1 => event
            .readings
            .push(Reading::Text(String::from_utf8_lossy(content.get(2..).unwrap_or_default()).into())),
        2 => digital(reader.u32_le()?, reader.u16_le()?, reader.u16_le()?, event),
        3 => {
            let kind = reader.u8()?;
            let text = match kind {
                3..=6 => String::from_utf8_lossy(reader.rest()).trim().to_owned(),
                _ => to_hex(reader.rest()),
            };
            event.readings.push(Reading::Card(CardNumber(text.into())));
        }
        6 => {
            while !reader.is_empty() {
                let (number, value) = (reader.u8()?, reader.u16_le()?);
                let value = if number == 3 { i32::from(value.cast_signed()) } else { value.into() };
                analogue(number, value, event);
            }
        }
        27 => event.readings.push(Reading::Odometer(Metres(reader.u32_le()?.into()))),
        number => event
            .readings
            .push(Reading::Bytes { name: format!("field.{number}").into(), value: content.into() }),
    }
    Ok(())
}
