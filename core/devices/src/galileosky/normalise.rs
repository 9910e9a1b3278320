//! One record in our words and units.

use plomb_model::{
    CardNumber, CellTower, CentiCelsius, CentiDegrees, CentiPercent, Event, EventKind, Fix, Issue,
    LatitudeE7, LongitudeE7, Metres, Millivolts, OccurredAt, Percent, Position, Reading, SealPart, Signal,
    Speed, Timestamp,
};
use plomb_wire::{Reader, Short, bcd_digits};

use super::message::{Item, Minimum, extended_bytes};

/// Sensor number of the device's own thermometer.
const INSIDE: u8 = 0;
/// What a thermometer says that is not connected.
const NO_THERMOMETER: [u8; 2] = [127, 0x80];
/// Inputs and outputs whose state is always told; of the others those up to the highest that is on.
const LINES_MIN: u8 = 4;

/// A record as its tags come.
#[derive(Debug)]
pub(super) struct Record {
    event: Event,
    /// Whether anything came but who the device is.
    told: bool,
    answered: bool,
    millis: i64,
    cell: CellTower,
    altitude: Option<Metres>,
    motion: Option<(Speed, CentiDegrees)>,
    error: Option<u8>,
    /// Number of the command that is answered.
    pub(super) command: Option<u32>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            event: Event::new(EventKind::Status),
            told: false,
            answered: false,
            millis: 0,
            cell: CellTower { mcc: 0, mnc: 0, area: 0, cell: 0 },
            altitude: None,
            motion: None,
            error: None,
            command: None,
        }
    }
}

impl Record {
    /// The event, once all tags are there.
    pub(super) fn event(mut self) -> Event {
        if let Some(position) = &mut self.event.position {
            position.altitude = self.altitude;
            if let Some((speed, course)) = self.motion {
                position.speed = Some(speed);
                position.course = Some(course);
            }
            self.event.kind = EventKind::Position;
            let radio = position.fix == Fix::Network;
            self.event.readings.extend(self.error.map(|error| {
                let tens = u16::from(error) * 10;
                if radio { Reading::Accuracy(Metres(tens.into())) } else { Reading::Hdop(tens) }
            }));
        } else if self.answered {
            self.event.kind = EventKind::CommandResult;
        } else if !self.told {
            self.event.kind = EventKind::Login;
        }
        if let Some(OccurredAt(at)) = &mut self.event.occurred_at {
            *at = at.plus_millis(self.millis);
        }
        if self.cell.mcc != 0 && self.cell.cell != 0 {
            self.event.readings.push(Reading::CellTower(self.cell));
        }
        self.event
    }

    /// Whether a time is known.
    pub(super) const fn has_time(&self) -> bool {
        self.event.occurred_at.is_some()
    }

    /// Whether a place is known.
    pub(super) const fn has_place(&self) -> bool {
        self.event.position.is_some()
    }

    /// Sets the time.
    pub(super) fn at(&mut self, at: Timestamp) {
        self.told = true;
        self.event.occurred_at = Some(OccurredAt(at));
    }

    /// Sets the place that a satellite network computed, and its radius.
    pub(super) fn in_place(&mut self, position: Position, radius: Metres) {
        self.told = true;
        self.event.position = Some(position);
        self.event.readings.push(Reading::Accuracy(radius));
    }

    /// Takes a minimum data set; `year` is when its year began.
    pub(super) fn minimum(&mut self, minimum: &Minimum, year: Timestamp) {
        self.at(year.plus_secs(minimum.second_of_year.into()));
        // Parts of the circle to units of 1e-7 degree, rounded to nearest.
        let longitude = (i64::from(minimum.longitude) * 3_600_000_000 + (1 << 21)) / (1 << 22);
        let latitude = (i64::from(minimum.latitude) * 1_800_000_000 + (1 << 20)) / (1 << 21);
        let place = LatitudeE7::new(latitude - 900_000_000).ok();
        if let Some((north, east)) = place.zip(LongitudeE7::new(longitude - 1_800_000_000).ok()) {
            let fix = if minimum.valid { Fix::Gnss } else { Fix::Stale };
            self.event.position = Some(Position::new(north, east, fix));
        }
        self.event.signals = self.event.signals.with_if(minimum.alarm, Signal::General);
    }

    /// Takes a tag; what is wrong with it is the error.
    pub(super) fn take(&mut self, item: &Item<'_>) -> Result<(), Issue> {
        self.told |= !matches!(item.tag, 0x01..=0x04);
        let mut reader = Reader::at(item.data, item.offset);
        let wrong = |short: Short| Issue::new(item.offset, "a tag is cut off", short);
        match item.tag {
            0x30 => return self.coordinates(item),
            0x33 => {
                let speed = reader.u16_le().map_err(wrong)?;
                let course = i32::from(reader.u16_le().map_err(wrong)?) * 10;
                self.motion = Some((Speed::from_tenths_kmh(speed.into()), CentiDegrees(course % 36_000)));
            }
            0xE1 => {
                self.answered = true;
                self.event.readings.push(Reading::Text(String::from_utf8_lossy(item.data).into()));
            }
            0xEA => self
                .event
                .readings
                .push(Reading::Bytes { name: "user_array".into(), value: item.data.into() }),
            0xFD => self.card(item.data),
            0xFE => return self.extended(&mut reader),
            0x70..=0x77 if item.data != NO_THERMOMETER => {
                let [_, degrees] = reader.array().map_err(wrong)?;
                self.temperature(item.tag - 0x6F, i8::from_le_bytes([degrees]));
            }
            0x80..=0x87 => {
                let [_, degrees, humidity] = reader.array().map_err(wrong)?;
                let sensor = item.tag - 0x77;
                self.temperature(sensor, i8::from_le_bytes([degrees]));
                let value =
                    CentiPercent(u16::try_from(u32::from(humidity) * 10_000 / 255).unwrap_or_default());
                self.event.readings.push(Reading::Humidity { sensor, value });
            }
            0xC1 => {
                let [fuel, _, low, high] = reader.array().map_err(wrong)?;
                let rpm = u16::from_le_bytes([low, high]) / 8;
                if fuel != 0 || rpm != 0 {
                    self.code("fuel_level_percent", i64::from(fuel) * 2 / 5);
                    self.code("engine_rpm", rpm.into());
                }
            }
            _ if item.data.len() <= 4 => {
                let value = item.data.iter().rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
                self.number(item.tag, value);
            }
            _ => {}
        }
        Ok(())
    }

    /// Tags of one number.
    fn number(&mut self, tag: u8, value: u32) {
        let low = value.to_le_bytes()[0];
        let word = u16::try_from(value & 0xFFFF).unwrap_or_default();
        match tag {
            0x01 => self.event.readings.push(Reading::Model(format!("hardware {value}").into())),
            0x02 => self.event.readings.push(Reading::Firmware(value.to_string().into())),
            0x04 => self.code("device_number", value.into()),
            0x10 | 0x11 => self.event.serial = Some(value),
            0x20 => self.at(Timestamp::from_secs(value.into())),
            0x21 => self.millis = i64::from(value.min(999)),
            0x34 => self.altitude = Some(Metres(i16::from_le_bytes(word.to_le_bytes()).into())),
            0x35 => self.error = Some(low),
            0x40 => self.status(word),
            0x41 => self.event.readings.push(Reading::ExternalPower(Millivolts(value))),
            0x42 => self.event.readings.push(Reading::BatteryVoltage(Millivolts(value))),
            0x43 => self.temperature(INSIDE, i8::from_le_bytes([low])),
            0x44 => {
                // Ten bits an axis, 512 is none, 186 is 1 g.
                let axis = |place: u32| {
                    let raw = i32::try_from(value >> place & 0x3FF).unwrap_or_default();
                    (raw - 512) * 1000 / 186
                };
                let (x, y, z) = (axis(0), axis(10), axis(20));
                self.event.readings.push(Reading::Acceleration { x, y, z });
            }
            0x45 => self.lines(word, |number, on| Reading::Output { number, on }),
            0x46 => self.lines(word, |number, on| Reading::Input { number, on }),
            0x48 => {
                let signals = self.event.signals.with_if(word & 4 != 0, Signal::NetworkJamming);
                self.event.signals = signals.with_if(word & 16 != 0, Signal::GnssJamming);
            }
            0x50..=0x57 => self.analog(tag - 0x4F, value),
            0x78..=0x7D => self.analog(tag - 0x6F, value),
            0x90 | 0xD3 if value != 0 => {
                self.event.readings.push(Reading::Card(CardNumber(value.to_string().into())));
            }
            0xD4 => self.event.readings.push(Reading::Odometer(Metres(value.into()))),
            0xD5 if value != 0 => self.code("ibutton_states", value.into()),
            0xE0 => self.command = Some(value),
            0xE2..=0xE9 if value != 0 => {
                let name = format!("user_data_{}", tag - 0xE2);
                self.event.readings.push(Reading::Code { name: name.into(), value: value.into() });
            }
            _ => {}
        }
    }

    fn coordinates(&mut self, item: &Item<'_>) -> Result<(), Issue> {
        let mut reader = Reader::at(item.data, item.offset);
        let read = |reader: &mut Reader<'_>| Ok((reader.u8()?, reader.i32_le()?, reader.i32_le()?));
        let (head, north, east) =
            read(&mut reader).map_err(|short: Short| Issue::new(item.offset, "a tag is cut off", short))?;
        let latitude = LatitudeE7::new(i64::from(north) * 10).ok();
        let Some((latitude, longitude)) = latitude.zip(LongitudeE7::new(i64::from(east) * 10).ok()) else {
            let found = format!("{north} {east} millionths of a degree");
            return Err(Issue::new(item.offset, "no such place", found));
        };
        let fix = match head >> 4 {
            0 => Fix::Gnss,
            2 => Fix::Network,
            _ => Fix::Stale,
        };
        let mut position = Position::new(latitude, longitude, fix);
        position.satellites = Some(head & 0x0F);
        self.event.position = Some(position);
        Ok(())
    }

    fn status(&mut self, bits: u16) {
        let bit = |place: u16| bits >> place & 1 == 1;
        self.event.readings.push(Reading::Motion(bit(0)));
        self.event.readings.push(Reading::Ignition(bit(9)));
        self.event.readings.push(Reading::NetworkSignal(Percent::share(u32::from(bits >> 12 & 3), 3)));
        self.event.seal = self.event.seal.with(SealPart::Sealed, bit(14));
        for (place, signal) in [
            (1, Signal::Rollover),
            (5, Signal::LowBattery),
            (6, Signal::GnssAntennaFault),
            (7, Signal::DeviceFault),
            (8, Signal::PowerLow),
            (10, Signal::Collision),
            (15, Signal::General),
        ] {
            self.event.signals = self.event.signals.with_if(bit(place), signal);
        }
    }

    /// Extended tags: number u16, data; those of unknown length end the list.
    fn extended(&mut self, reader: &mut Reader<'_>) -> Result<(), Issue> {
        while !reader.is_empty() {
            let place = reader.offset();
            let wrong = |short: Short| Issue::new(place, "an extended tag is cut off", short);
            let tag = reader.u16_le().map_err(wrong)?;
            let Some(bytes) = extended_bytes(tag) else {
                let value = reader.rest().into();
                let name = format!("extended_tags_from_{tag:04x}").into();
                self.event.readings.push(Reading::Bytes { name, value });
                return Ok(());
            };
            let data = reader.take(bytes).map_err(wrong)?;
            let value = data.iter().take(4).rev().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            let word = u16::try_from(value & 0xFFFF).unwrap_or_default();
            match tag {
                0x0081 => self.cell.cell = value.into(),
                0x0082 => self.cell.area = value,
                0x0083 => self.cell.mcc = word,
                0x0084 => self.cell.mnc = word,
                0x0086..=0x008D if word != 127 => {
                    let raw = i16::from_le_bytes([*data.get(2).unwrap_or(&0), *data.get(3).unwrap_or(&0)]);
                    let sensor = u8::try_from(tag - 0x0086 + 17).unwrap_or_default();
                    let value = CentiCelsius(i32::from(raw) * 100 / 256);
                    self.event.readings.push(Reading::Temperature { sensor, value });
                }
                0x0094 => {
                    let digits = String::from_utf8_lossy(data).trim_matches(['\0', ' ']).to_owned();
                    self.event.readings.push(Reading::Iccid(digits.into()));
                }
                0x00FC => {
                    self.code("record_reason", value.into());
                    let signals = self.event.signals.with_if(value == 12, Signal::General);
                    self.event.signals = signals.with_if(value == 13, Signal::Sos);
                }
                0x00FD | 0x00FE => self.card(data),
                _ => {}
            }
        }
        Ok(())
    }

    fn card(&mut self, data: &[u8]) {
        if data.iter().any(|byte| *byte != 0) {
            self.event.readings.push(Reading::Card(CardNumber(bcd_digits(data).into())));
        }
    }

    fn temperature(&mut self, sensor: u8, degrees: i8) {
        let value = CentiCelsius(i32::from(degrees) * 100);
        self.event.readings.push(Reading::Temperature { sensor, value });
    }

    fn analog(&mut self, number: u8, value: u32) {
        self.event.readings.push(Reading::Analog { number, value: Millivolts(value) });
    }

    fn code(&mut self, name: &'static str, value: i64) {
        self.event.readings.push(Reading::Code { name: name.into(), value });
    }

    fn lines(&mut self, bits: u16, reading: impl Fn(u8, bool) -> Reading) {
        let used = u8::try_from(16 - bits.leading_zeros()).unwrap_or(16).max(LINES_MIN);
        self.event.readings.extend((0..used).map(|place| reading(place + 1, bits >> place & 1 == 1)));
    }
}
