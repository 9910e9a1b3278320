//! Parts of a message to an event in our words and units: the only place of conversion.

use std::borrow::Cow;

use plomb_model::{
    CardNumber, CentiDegrees, DeviceId, Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres,
    OccurredAt, Position, Reading, Scheme, SealEvidence, SealPart, SealReading, Signal, Signals, Speed,
    Timestamp,
};
use plomb_wire::{Short, to_hex};

use super::command::Waiting;
use super::part::{Part, Sink};
use super::text;
use super::{alarm, frame::Frame, message};

/// Most readings of one event: the longest modular messages carry some fifty.
const READINGS_MAX: usize = 256;
/// Readings of a usual alarm message: so many are made room for at once.
const READINGS_USUAL: usize = 8;
/// Greatest difference of a time zone to UTC, minutes.
const ZONE_MINUTES_MAX: i32 = 14 * 60;

/// What one connection has shown so far and a message's meaning depends on.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// The device that logged in.
    pub(super) device: Option<DeviceId>,
    /// What the device's clock is ahead of UTC, minutes; fixed by the first message of the connection.
    pub(super) zone_min: Option<i32>,
    /// Whether the connection has shown the messages of an asset lock (0xF2).
    pub(super) asset_lock: bool,
}

/// What a message became.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Its events but the last, in order: only a message of several places has any.
    pub(super) earlier: Vec<Event>,
    /// Its last event.
    pub(super) event: Event,
    /// What is wrong with it.
    pub(super) issues: Vec<Issue>,
    /// Who the message itself says it is from.
    pub(super) imei: Option<DeviceId>,
}

/// Reads a frame and says what it means.
pub(super) fn event(frame: &Frame<'_>, context: &mut Context, waiting: &mut Waiting) -> Outcome {
    let mut builder = Builder::new(frame, context, waiting);
    if let Err(short) = message::read(frame, &mut builder) {
        builder.short(short);
    }
    builder.finish(frame)
}

/// Collects the parts of a message.
pub(super) struct Builder<'c> {
    context: &'c mut Context,
    pub(super) waiting: &'c mut Waiting,
    pub(super) event: Event,
    earlier: Vec<Event>,
    pub(super) issues: Vec<Issue>,
    kind: EventKind,
    satellites: Option<u8>,
    latitude: Option<(usize, u32)>,
    longitude: Option<(usize, u32)>,
    speed: Option<Speed>,
    altitude: Option<Metres>,
    pub(super) flag: Option<u32>,
    imei: Option<DeviceId>,
    login: bool,
}

impl<'c> Builder<'c> {
    fn new(frame: &Frame<'_>, context: &'c mut Context, waiting: &'c mut Waiting) -> Self {
        context.asset_lock |= frame.number == 0xF2;
        let kind = kind_of(frame.number, frame.extended);
        let mut event = Event::new(kind);
        event.serial = frame.has_trailer.then_some(frame.serial.into());
        let mut builder = Self {
            context,
            waiting,
            event,
            earlier: Vec::new(),
            issues: Vec::new(),
            kind,
            satellites: None,
            latitude: None,
            longitude: None,
            speed: None,
            altitude: None,
            flag: None,
            imei: None,
            login: frame.number == 0x01,
        };
        if kind == EventKind::Message {
            builder.code("message", frame.number.into());
        }
        builder
    }

    fn short(&mut self, short: Short) {
        let found = format_args!("{} of {} bytes", short.left, short.needed);
        self.issues.push(Issue::new(short.offset, "message ends early", found));
    }

    fn finish(mut self, frame: &Frame<'_>) -> Outcome {
        if self.login {
            self.log_in(frame);
        } else {
            self.context.zone_min.get_or_insert(0);
        }
        if self.event.position.is_some()
            && matches!(self.event.kind, EventKind::Status | EventKind::Heartbeat)
        {
            self.event.kind = EventKind::Position;
        }
        if self.event.signals.contains(Signal::Locked) || self.event.signals.contains(Signal::Unlocked) {
            self.event.kind = EventKind::Seal;
        }
        self.event.trust.seal = evidence(&self.event);
        Outcome { earlier: self.earlier, event: self.event, issues: self.issues, imei: self.imei }
    }

    fn log_in(&mut self, frame: &Frame<'_>) {
        match self.imei {
            Some(_) => self.context.device = self.imei,
            None => {
                let digits = to_hex(frame.content.get(..8).unwrap_or(frame.content));
                self.issues.push(Issue::new(frame.content_at, "no equipment identity", digits));
            }
        }
    }

    pub(super) fn reading(&mut self, reading: Reading) {
        if self.event.readings.len() < READINGS_MAX {
            if self.event.readings.is_empty() {
                self.event.readings.reserve(READINGS_USUAL);
            }
            self.event.readings.push(reading);
        } else if self.event.readings.len() == READINGS_MAX
            && !self.issues.iter().any(|i| i.what == "too many parts")
        {
            self.issues.push(Issue::new(0, "too many parts", READINGS_MAX));
        }
    }

    pub(super) fn code(&mut self, name: &'static str, value: i64) {
        self.reading(Reading::Code { name: Cow::Borrowed(name), value });
    }

    fn alarms(&mut self, (signals, seal): (Signals, SealReading)) {
        self.event.signals = Signals::from_bits(self.event.signals.bits() | signals.bits());
        self.event.seal = self.event.seal.updated_by(seal);
    }

    fn date(&mut self, offset: usize, [year, month, day, hour, minute, second]: [u8; 6]) {
        let number = |value: u8| i8::try_from(value).unwrap_or(i8::MAX);
        let local = Timestamp::from_utc(
            2000 + i16::from(year),
            number(month),
            number(day),
            number(hour),
            number(minute),
            number(second),
        );
        match local {
            Some(local) => {
                let zone = self.context.zone_min.unwrap_or(0);
                self.event.occurred_at = Some(OccurredAt(local.plus_secs(-60 * i64::from(zone))));
            }
            None => {
                let found = format_args!("{year:02}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
                self.issues.push(Issue::new(offset, "no such date and time", found));
            }
        }
    }

    /// A second place in one message is a record of its own.
    fn next_record(&mut self) {
        if self.event.position.is_some() {
            let next = Event { serial: self.event.serial, ..Event::new(self.kind) };
            let mut done = std::mem::replace(&mut self.event, next);
            if matches!(done.kind, EventKind::Status) {
                done.kind = EventKind::Position;
            }
            done.trust.seal = evidence(&done);
            self.earlier.push(done);
        }
    }

    fn place(&mut self, offset: usize, flags: u16) {
        let (Some(latitude), Some(longitude)) = (self.latitude.take(), self.longitude.take()) else { return };
        // Bit 14: bit 15 tells the ignition (on vehicle trackers that wire it).
        if flags & 0x4000 != 0 {
            self.reading(Reading::Ignition(flags & 0x8000 != 0));
        }
        let north = if flags & 0x0400 != 0 { 1 } else { -1 };
        let east = if flags & 0x0800 != 0 { -1 } else { 1 };
        let fixed = if flags & 0x1000 != 0 { Fix::Gnss } else { Fix::Stale };
        let (latitude_at, latitude) = latitude;
        let (longitude_at, longitude) = longitude;
        let found =
            (LatitudeE7::new(north * degrees_e7(latitude)), LongitudeE7::new(east * degrees_e7(longitude)));
        let (Ok(latitude), Ok(longitude)) = found else {
            if found.0.is_err() {
                self.issues.push(Issue::new(latitude_at, "latitude beyond 90 degrees", latitude));
            }
            if found.1.is_err() {
                self.issues.push(Issue::new(longitude_at, "longitude beyond 180 degrees", longitude));
            }
            return;
        };
        let course = i32::from(flags & 0x03FF);
        if course > 360 {
            self.issues.push(Issue::new(offset, "course beyond 360 degrees", course));
        }
        self.event.position = Some(Position {
            latitude,
            longitude,
            fix: fixed,
            altitude: self.altitude.take(),
            speed: self.speed.take(),
            course: (course <= 360).then(|| CentiDegrees::from_degrees(course % 360)),
            satellites: self.satellites,
        });
    }

    fn terminal(&mut self, information: u8) {
        let bit = |number: u8| information >> number & 1 != 0;
        self.event.seal = self.event.seal.with(SealPart::Sealed, bit(0));
        self.reading(Reading::Ignition(bit(1)));
        self.reading(Reading::Charging(bit(2)));
        self.reading(Reading::Output { number: 1, on: bit(7) });
        self.code("terminal_information", information.into());
        self.alarms(alarm::of_terminal(information));
    }

    fn zone(&mut self, offset: usize, word: u16) {
        let (hours, minutes) = (i32::from(word >> 4) / 100, i32::from(word >> 4) % 100);
        let ahead = (hours * 60 + minutes) * if word & 0x08 == 0 { 1 } else { -1 };
        if minutes >= 60 || ahead.abs() > ZONE_MINUTES_MAX {
            self.issues.push(Issue::new(offset, "no such time zone", format_args!("0x{word:04x}")));
            return;
        }
        self.code("time_zone_min", ahead.into());
        self.context.zone_min.get_or_insert(ahead);
    }

    fn identity(&mut self, offset: usize, bytes: [u8; 8]) {
        let digits = to_hex(&bytes);
        let imei = digits.get(1..).filter(|imei| imei.bytes().all(|digit| digit.is_ascii_digit()));
        // All zero: the module has not read it.
        let imei = imei.filter(|imei| imei.bytes().any(|digit| digit != b'0'));
        match imei.and_then(|imei| DeviceId::new(Scheme::Imei, imei).ok()) {
            Some(id) => {
                self.imei = Some(id);
                if !self.login {
                    self.reading(Reading::Imei(id));
                }
            }
            None if self.login => {}
            None => self.issues.push(Issue::new(offset, "no equipment identity", digits)),
        }
    }

    fn bytes(&mut self, name: &'static str, value: &[u8]) {
        if let Some(words) = text::secret_words(value) {
            self.reading(Reading::Text(words.into()));
        } else if value.iter().any(|byte| *byte != 0) {
            self.reading(Reading::Bytes { name: Cow::Borrowed(name), value: value.into() });
        }
    }

    fn card(&mut self, number: String) {
        if !number.is_empty() {
            self.reading(Reading::Card(CardNumber(number.into())));
        }
    }

    /// Parts of the place and its time.
    fn take_place(&mut self, offset: usize, part: Part<'_>) {
        match part {
            Part::Date(date) => self.date(offset, date),
            Part::BcdDate(date) => match date.map(plomb_wire::bcd_u8) {
                [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f)] => {
                    self.date(offset, [a, b, c, d, e, f])
                }
                _ => self.issues.push(Issue::new(offset, "no such date and time", to_hex(&date))),
            },
            Part::Epoch(seconds) => {
                self.next_record();
                self.event.occurred_at = Some(OccurredAt(Timestamp::from_secs(seconds.into())));
            }
            Part::Satellites(quantity) => self.satellites = Some(quantity & 0x0F),
            Part::Latitude(raw) => self.latitude = Some((offset, raw)),
            Part::Longitude(raw) => self.longitude = Some((offset, raw)),
            Part::Speed(kmh) => {
                let speed = Some(Speed::from_kmh(kmh.into()));
                // Cameras write it after the course.
                match &mut self.event.position {
                    Some(position) => position.speed = speed,
                    None => self.speed = speed,
                }
            }
            Part::CourseStatus(flags) => self.place(offset, flags),
            Part::Altitude(metres) => self.altitude = Some(Metres(metres.into())),
            _ => {}
        }
    }
}

impl Sink for Builder<'_> {
    fn take(&mut self, offset: usize, _length: usize, part: Part<'_>) {
        match part {
            Part::Terminal(information) => self.terminal(information),
            Part::Alarm(0) | Part::Language(_) | Part::Reserved => {}
            Part::Alarm(code) => {
                self.code("alarm", code.into());
                self.alarms(alarm::of_code(code, self.context.asset_lock));
            }
            Part::Az735Alarm(code) => {
                self.code("alarm", code.into());
                self.alarms(alarm::of_az735(code.into()));
            }
            Part::CameraEvent { code, with_place } => {
                self.code("event", code.into());
                self.alarms((alarm::of_camera(code, with_place), SealReading::default()));
            }
            Part::Door { open } => self.event.seal = self.event.seal.with(SealPart::DoorClosed, !open),
            Part::Tamper { tampered } => {
                self.event.seal = self.event.seal.with(SealPart::CoverClosed, !tampered);
                self.event.signals = self.event.signals.with_if(tampered, Signal::CoverOpen);
            }
            Part::Fence(number) if number != 0xFF => self.reading(Reading::Fence(number.into())),
            Part::Cell { cell, strength } => {
                self.reading(Reading::CellTower(cell));
                if let Some(strength) = strength {
                    self.reading(Reading::Rssi(-i16::from(strength)));
                }
            }
            Part::AccessPoint { address: [a, b, c, d, e, f], strength } => {
                self.bytes("wifi_access_point", &[a, b, c, d, e, f, strength]);
            }
            Part::Imei(bytes) => self.identity(offset, bytes),
            Part::ZoneLanguage(word) => self.zone(offset, word),
            Part::Iccid(bcd) => {
                let digits = to_hex(bcd);
                let digits = digits.trim_end_matches('f');
                if digits.bytes().any(|digit| digit != b'0') {
                    self.reading(Reading::Iccid(digits.into()));
                }
            }
            Part::Card(bytes) if bytes.iter().any(|byte| *byte != 0) => self.card(to_hex(bytes)),
            Part::CardNumber(number) if number != 0 => self.card(number.to_string()),
            Part::CardText(text) => {
                let text = String::from_utf8_lossy(text);
                let number = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
                self.card(number.strip_prefix("RFID:").unwrap_or(number).to_owned());
            }
            Part::Flag(flag) => self.flag = Some(flag),
            Part::Text(text) => self.text(&String::from_utf8_lossy(text)),
            Part::Utf16(text) => {
                let (pairs, _) = text.as_chunks::<2>();
                let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
                let text: String = char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')).collect();
                self.text(&text);
            }
            Part::Request(what) => self.reading(Reading::Request(Cow::Borrowed(what))),
            Part::Code { name: "lbs_length", .. } => {}
            Part::Code { name, value } => self.code(name, value),
            Part::Bytes { name, value } => self.bytes(name, value),
            Part::Module { number, value } => self.bytes("module", &[&number.to_be_bytes(), value].concat()),
            part => {
                self.take_place(offset, part);
                self.take_condition(part);
            }
        }
    }
}

/// 1/1,800,000 degree (1/30,000 minute) to 1e-7 degree, rounded to nearest.
const fn degrees_e7(raw: u32) -> i64 {
    (raw as i64 * 50 + 4) / 9
}

/// What the event is as evidence of the seal.
fn evidence(event: &Event) -> SealEvidence {
    let tamper = [Signal::RopeCut, Signal::UnauthorisedOpen, Signal::CoverOpen, Signal::Removed];
    let holds = |part| event.seal.part(part) == Some(true);
    if tamper.into_iter().any(|signal| event.signals.contains(signal)) {
        SealEvidence::ValidTampered
    } else if holds(SealPart::Sealed) || holds(SealPart::MotorLocked) || holds(SealPart::CoverClosed) {
        SealEvidence::ValidIntact
    } else {
        SealEvidence::None
    }
}

const fn kind_of(number: u8, extended: bool) -> EventKind {
    match number {
        0x01 => EventKind::Login,
        0x13 | 0x23 => EventKind::Heartbeat,
        0x35 | 0x41 => EventKind::Media,
        0x36 if extended => EventKind::Media,
        0x36 => EventKind::Heartbeat,
        0x10..=0x12
        | 0x16
        | 0x1E
        | 0x22
        | 0x26
        | 0x27
        | 0x2D
        | 0x31
        | 0x32
        | 0x37
        | 0x38
        | 0x61
        | 0xA0
        | 0xA4 => EventKind::Position,
        0x17..=0x19
        | 0x24
        | 0x28
        | 0x2C
        | 0x2E
        | 0x33
        | 0x34
        | 0x40
        | 0x65
        | 0x66
        | 0x69
        | 0x70
        | 0x8C
        | 0x94
        | 0x95
        | 0x9B
        | 0xA1..=0xA3
        | 0xA5
        | 0xF2
        | 0xF3 => EventKind::Status,
        _ => EventKind::Message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_rounded_to_nearest() {
        assert_eq!(degrees_e7(1_800_000), 10_000_000);
        assert_eq!(degrees_e7(0x027A_C7EB), 231_116_683);
        assert_eq!(degrees_e7(90 * 1_800_000), 900_000_000);
    }
}
