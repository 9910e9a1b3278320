//! Records and texts of a Teltonika device become events: the only place where their units are converted
//! (wireless sensors, whose lists have units of their own, are converted in `bluetooth.rs`).
//!
//! An element without a word of ours is kept as `io.<id>`. An element whose meaning differs between device
//! families is understood only in the width in which all of them agree, or not at all.
//! Source: Teltonika "Data sending protocols" and the AVL id tables of the FMB, FMC, FMM, FTC and TAT families.

use plomb_model::{
    CardNumber, CellTower, CentiCelsius, CentiDegrees, CentiPercent, DeviceId, Event, EventKind, Fix, Issue,
    LatitudeE7, LongitudeE7, Metres, Millivolts, OccurredAt, Percent, Position, Reading, SealPart, Signal,
    Speed, Timestamp,
};

use super::bluetooth::{self, EyeReadings};
use super::element;
use super::record::{Element, Head, MaskedHead};

/// Milliseconds of 2100-01-01: no device of today lives to see it.
const TIME_MS_MAX: u64 = 4_102_444_800_000;
/// Seconds from 1970 to 2007-01-01, from which codec 7 counts.
const SECONDS_TO_2007: i64 = 1_167_609_600;
/// Readings for which room is made at once; a record may bring more.
const READINGS_RESERVED_MAX: usize = 64;
/// Priority of a record that the device calls a panic.
const PRIORITY_PANIC: u8 = 2;
/// IO element "alarm".
const IO_ALARM: u16 = 236;
/// IO element "unplug".
const IO_UNPLUG: u16 = 252;

/// One record on its way to an event.
pub(super) struct Draft {
    event: Event,
    gateway: Option<DeviceId>,
    cause: u16,
    panic: bool,
    inputs_on: u8,
    alarm: bool,
    acceleration: [Option<i16>; 3],
    iccid: [Option<u64>; 2],
    network: Network,
    eyes: EyeReadings,
}

/// The elements that name a cell together.
#[derive(Default)]
struct Network {
    operator: Option<u64>,
    area: Option<u64>,
    cell: Option<u64>,
    wide_cell: Option<u64>,
}

impl Draft {
    fn new(gateway: Option<DeviceId>, elements: usize, cause: u16, priority: u8) -> Self {
        let mut event = Event::new(EventKind::Position);
        event.readings.reserve_exact((elements + 3).min(READINGS_RESERVED_MAX));
        if cause != 0 {
            event.readings.push(code("event_io", i64::from(cause)));
        }
        if priority != 0 {
            event.readings.push(code("priority", i64::from(priority)));
        }
        Self {
            event,
            gateway,
            cause,
            panic: priority == PRIORITY_PANIC,
            inputs_on: 0,
            alarm: false,
            acceleration: [None; 3],
            iccid: [None; 2],
            network: Network::default(),
            eyes: EyeReadings::default(),
        }
    }

    /// A record of codecs 8, 8 Extended and 16; what is impossible goes to `issue`.
    pub(super) fn of(head: &Head, gateway: Option<DeviceId>, mut issue: impl FnMut(Issue)) -> Self {
        let mut draft = Self::new(gateway, usize::from(head.total), head.event, head.priority);
        if head.time_ms < TIME_MS_MAX {
            let millis = i64::try_from(head.time_ms).unwrap_or(i64::MAX);
            draft.event.occurred_at = Some(OccurredAt(Timestamp::from_millis(millis)));
        } else {
            issue(Issue::new(head.offset, "time is out of range", format_args!("{} ms", head.time_ms)));
        }
        if let Some(generation) = head.generation {
            draft.event.readings.push(code("generation_type", i64::from(generation)));
        }
        let latitude = LatitudeE7::new(i64::from(head.latitude));
        let longitude = LongitudeE7::new(i64::from(head.longitude));
        let (Ok(latitude), Ok(longitude)) = (latitude, longitude) else {
            let found = format_args!("{} / {} e-7 degree", head.latitude, head.longitude);
            issue(Issue::new(head.offset + 9, "place is not on earth", found));
            return draft;
        };
        let fix = if head.satellites == 0 { Fix::Stale } else { Fix::Gnss };
        let mut position = Position::new(latitude, longitude, fix);
        position.altitude = Some(Metres(i64::from(head.altitude)));
        position.speed = Some(Speed::from_kmh(u32::from(head.speed)));
        position.satellites = Some(head.satellites);
        if head.angle <= 360 {
            position.course = Some(CentiDegrees::from_degrees(i32::from(head.angle % 360)));
        } else {
            issue(Issue::new(head.offset + 19, "angle is above 360 degrees", head.angle));
        }
        draft.event.position = Some(position);
        draft
    }

    /// A record of codec 7.
    pub(super) fn of_masked(
        head: &MaskedHead,
        gateway: Option<DeviceId>,
        mut issue: impl FnMut(Issue),
    ) -> Self {
        let priority = u8::try_from(head.time >> 30).unwrap_or(0);
        let mut draft = Self::new(gateway, 0, 0, 0);
        if priority != 0 {
            draft.event.readings.push(code("priority", i64::from(priority)));
        }
        let seconds = i64::from(head.time & 0x3FFF_FFFF) + SECONDS_TO_2007;
        draft.event.occurred_at = Some(OccurredAt(Timestamp::from_secs(seconds)));
        if let Some((latitude, longitude)) = head.place {
            match (
                degrees_to_e7(latitude).map(LatitudeE7::new),
                degrees_to_e7(longitude).map(LongitudeE7::new),
            ) {
                (Some(Ok(latitude)), Some(Ok(longitude))) => {
                    let fix = if head.satellites == Some(0) { Fix::Stale } else { Fix::Gnss };
                    let mut position = Position::new(latitude, longitude, fix);
                    position.altitude = head.altitude.map(|metres| Metres(i64::from(metres)));
                    position.speed = head.speed.map(|kmh| Speed::from_kmh(u32::from(kmh)));
                    position.course = head.angle.map(|part| CentiDegrees(i32::from(part) * 36_000 / 256));
                    position.satellites = head.satellites;
                    draft.event.position = Some(position);
                }
                _ => {
                    let found = format_args!("{latitude} / {longitude} degrees");
                    issue(Issue::new(head.place_offset, "place is not on earth", found));
                }
            }
        }
        if draft.event.position.is_none() {
            draft.event.kind = EventKind::Status;
        }
        draft.network.area = head.cell.map(|(area, _)| u64::from(area));
        draft.network.cell = head.cell.map(|(_, cell)| u64::from(cell));
        draft.network.operator = head.operator.map(u64::from);
        if let Some(level) = head.signal {
            draft.event.readings.push(signal_level(u64::from(level)));
        }
        draft
    }

    /// Takes one IO element in; a list that is cut off goes to `issue`.
    pub(super) fn element(&mut self, element: Element<'_>, issue: impl FnOnce(Issue)) {
        let (Some(number), Some(signed)) = (element.unsigned(), element.signed()) else {
            return self.long(element, issue);
        };
        if is_list_or_text(element.id) {
            return self.long(element, issue);
        }
        let on = number != 0;
        let width = element.value.len();
        let byte = u8::try_from(number).unwrap_or(u8::MAX);
        let reading = match (element.id, width) {
            (1..=4, 1) => {
                let input = element.id.to_le_bytes()[0];
                self.inputs_on |= u8::from(on) << input;
                Reading::Input { number: input, on }
            }
            (179, 1) => Reading::Output { number: 1, on },
            (180, 1) => Reading::Output { number: 2, on },
            (380, 1) => Reading::Output { number: 3, on },
            (9, 2) => Reading::Analog { number: 1, value: millivolts(number) },
            (6 | 10, 2) => Reading::Analog { number: 2, value: millivolts(number) },
            (11, 2) => Reading::Analog { number: 3, value: millivolts(number) },
            (66, ..=4) => Reading::ExternalPower(millivolts(number)),
            (67, ..=4) => Reading::BatteryVoltage(millivolts(number)),
            (113, 1) if number <= 100 => Reading::Battery(Percent::share(u32::from(byte), 100)),
            (16, 4) => Reading::Odometer(Metres(signed_of(number))),
            (21, 1) => signal_level(number),
            (182, _) => Reading::Hdop(u16::try_from(number.saturating_mul(10)).unwrap_or(u16::MAX)),
            (239, 1) => Reading::Ignition(on),
            (240, 1) => Reading::Motion(on),
            (70, _) if (-1000..=1000).contains(&signed) => temperature(0, signed * 10),
            (72..=75, _) if (-550..=1250).contains(&signed) => temperature(element.id - 71, signed * 10),
            // The highest three numbers are the vendor's error codes.
            (25..=28, 2) if signed < 32_765 => temperature(element.id - 14, signed),
            (86, 2) if number <= 1000 => humidity(11, number),
            (104 | 106 | 108, 2) if number <= 1000 => humidity(12 + (element.id - 104) / 2, number),
            (78, 8) if on => Reading::Card(CardNumber(format!("{:016X}", number.swap_bytes()).into())),
            (207, 8) if on => Reading::Card(CardNumber(format!("{number:016X}").into())),
            (155..=159 | 175, 1) => self.fence(element.id, number),
            (IO_ALARM | 246 | 247 | 249 | IO_UNPLUG | 255 | 318 | 662, _) => {
                self.condition(element.id, number)
            }
            _ => return self.quiet(element, number),
        };
        self.event.readings.push(reading);
    }

    /// An element that names a condition.
    fn condition(&mut self, id: u16, number: u64) -> Reading {
        let on = number != 0;
        let caused = self.cause == id;
        let (raised, signal) = match id {
            246 => (on, Signal::Displaced),
            247 => (on, Signal::Collision),
            249 => (on, Signal::NetworkJamming),
            255 => (on && caused, Signal::Overspeed),
            318 => (on, Signal::GnssJamming),
            662 => {
                self.event.seal = self.event.seal.with(SealPart::DoorClosed, !on);
                (on && caused, Signal::DoorOpen)
            }
            IO_UNPLUG => {
                if !on && caused {
                    self.event.signals = self.event.signals.with(Signal::ExternalPowerRestored);
                }
                self.event.signals = self.event.signals.with_if(on, Signal::PowerCut);
                return Reading::ExternalPowerPresent(!on);
            }
            _ => {
                self.alarm |= on;
                // Raised at the end, unless it turns out to be a call for help.
                (false, Signal::General)
            }
        };
        self.event.signals = self.event.signals.with_if(raised, signal);
        Reading::Code { name: element::name(id), value: signed_of(number) }
    }

    /// An element of a fence that the device keeps: 0 left, 1 entered; others are not about entering.
    fn fence(&mut self, id: u16, number: u64) -> Reading {
        if self.cause == id {
            let signals = self.event.signals.with_if(number == 0, Signal::FenceLeft);
            self.event.signals = signals.with_if(number == 1, Signal::FenceEntered);
            let fence = if id == 175 { 0 } else { u32::from(id - 154) };
            self.event.readings.push(Reading::Fence(fence));
        }
        Reading::Code { name: element::name(id), value: signed_of(number) }
    }

    /// An element that means something only beside others, or nothing to us.
    fn quiet(&mut self, element: Element<'_>, number: u64) {
        match (element.id, element.value.len()) {
            (17..=19, 2) => {
                let milli_g = element.signed().and_then(|value| i16::try_from(value).ok());
                if let Some(axis) = self.acceleration.get_mut(usize::from(element.id - 17)) {
                    *axis = milli_g;
                }
            }
            (11, 8) => self.iccid[0] = Some(number),
            (14, 8) => self.iccid[1] = Some(number),
            (205, 2 | 4) => self.network.cell = Some(number),
            (206, 2) => self.network.area = Some(number),
            (241, 4) => self.network.operator = Some(number),
            (636, 4) => self.network.wide_cell = Some(number),
            (10_800..=10_843, _) => match bluetooth::eye(element) {
                Some((place, reading)) => {
                    if let Some(said) = self.eyes.get_mut(place) {
                        said.push(reading);
                    }
                }
                None => self.keep_number(element, number),
            },
            _ => self.keep_number(element, number),
        }
    }

    /// An element of more than eight bytes, of none, or whose bytes are no number.
    fn long(&mut self, element: Element<'_>, issue: impl FnOnce(Issue)) {
        let readings = &mut self.event.readings;
        let read = match element.id {
            385 => bluetooth::beacons(element, readings),
            548 | 10_828 | 10_829 | 10_831 | 11_317 => bluetooth::tags(element, self.gateway, readings),
            256 | 264 | 281 if element.value.iter().all(|byte| (0x20..0x7F).contains(byte)) => {
                let text: String = element.value.iter().copied().map(char::from).collect();
                let text = text.trim();
                readings.push(if element.id == 256 {
                    Reading::BoundTo(text.into())
                } else {
                    Reading::Text(text.into())
                });
                Ok(())
            }
            _ => return self.keep(element),
        };
        if let Err(damage) = read {
            issue(damage);
            self.keep(element);
        }
    }

    /// Keeps a number under its protocol's name.
    fn keep_number(&mut self, element: Element<'_>, number: u64) {
        match i64::try_from(number) {
            Ok(value) => self.event.readings.push(Reading::Code { name: element::name(element.id), value }),
            Err(_) => self.keep(element),
        }
    }

    /// Keeps bytes under their protocol's name.
    fn keep(&mut self, element: Element<'_>) {
        let value = element.value.into();
        self.event.readings.push(Reading::Bytes { name: element::name(element.id), value });
    }

    /// The event, once all elements are in.
    pub(super) fn finish(mut self) -> Event {
        let readings = &mut self.event.readings;
        self.network.finish(readings);
        match self.acceleration {
            [Some(x), Some(y), Some(z)] => {
                readings.push(Reading::Acceleration { x: i32::from(x), y: i32::from(y), z: i32::from(z) });
            }
            axes => {
                for (axis, id) in axes.into_iter().zip(17..) {
                    readings
                        .extend(axis.map(|v| Reading::Code { name: element::name(id), value: i64::from(v) }));
                }
            }
        }
        for (part, id) in self.iccid.into_iter().zip([11, 14]) {
            readings.extend(part.map(|v| Reading::Code { name: element::name(id), value: signed_of(v) }));
        }
        readings.extend(iccid(self.iccid));
        bluetooth::eyes(self.eyes, self.gateway, readings);
        // A panic is a call for help when the driver's button or nothing else made the record.
        let button = match self.cause {
            0 | IO_ALARM => true,
            1..=4 => self.inputs_on >> self.cause & 1 == 1,
            _ => false,
        };
        let sos = self.panic && button;
        self.event.signals = self.event.signals.with_if(sos, Signal::Sos);
        self.event.signals = self.event.signals.with_if(self.alarm && !sos, Signal::General);
        self.event
    }
}

impl Network {
    /// One tower where operator, area and cell are there, else each for itself.
    fn finish(&self, readings: &mut Vec<Reading>) {
        let cell = self.wide_cell.filter(|cell| *cell != 0).or(self.cell);
        if let (Some(operator), Some(area), Some(cell)) = (self.operator.and_then(operator), self.area, cell)
        {
            let area = u32::try_from(area).unwrap_or(u32::MAX);
            readings.push(Reading::CellTower(CellTower { mcc: operator.0, mnc: operator.1, area, cell }));
            let other = self.cell.filter(|other| *other != cell);
            readings.extend(
                other.map(|value| Reading::Code { name: element::name(205), value: signed_of(value) }),
            );
            return;
        }
        let parts = [(205, self.cell), (206, self.area), (241, self.operator), (636, self.wide_cell)];
        for (id, value) in parts {
            readings.extend(
                value.map(|value| Reading::Code { name: element::name(id), value: signed_of(value) }),
            );
        }
    }
}

/// Whether the bytes of an element are no number, however few they are.
const fn is_list_or_text(id: u16) -> bool {
    matches!(id, 256 | 264 | 281 | 385 | 548 | 10_828 | 10_829 | 10_831 | 11_317)
}

/// Country and network of an operator such as 24602 or 310410.
fn operator(number: u64) -> Option<(u16, u16)> {
    let (country, network) = match number {
        10_000..=99_999 => (number / 100, number % 100),
        100_000..=999_999 => (number / 1000, number % 1000),
        _ => return None,
    };
    Some((u16::try_from(country).ok()?, u16::try_from(network).ok()?))
}

/// The card's number out of its two halves, where no zero can have been lost between them.
fn iccid(halves: [Option<u64>; 2]) -> Option<Reading> {
    let text = match halves {
        [Some(first), Some(second)] if first > 0 && second >= 100_000_000 => format!("{first}{second}"),
        [Some(whole), None] if whole >= 100_000_000_000_000_000 => whole.to_string(),
        _ => return None,
    };
    Some(Reading::Iccid(text.into()))
}

/// GSM level 0 to 5; some families write 0 to 31.
fn signal_level(level: u64) -> Reading {
    let level = u32::try_from(level).unwrap_or(u32::MAX);
    Reading::NetworkSignal(Percent::share(level, if level <= 5 { 5 } else { 31 }))
}

#[expect(clippy::cast_possible_truncation, reason = "the number is held to what fits before")]
fn degrees_to_e7(degrees: f32) -> Option<i64> {
    let e7 = (f64::from(degrees) * 1e7).round();
    (e7.abs() < 1e15).then_some(e7 as i64)
}

fn millivolts(number: u64) -> Millivolts {
    Millivolts(u32::try_from(number).unwrap_or(u32::MAX))
}

fn temperature(sensor: u16, hundredths: i64) -> Reading {
    let value = CentiCelsius(i32::try_from(hundredths).unwrap_or(i32::MAX));
    Reading::Temperature { sensor: u8::try_from(sensor).unwrap_or(u8::MAX), value }
}

fn humidity(sensor: u16, tenths: u64) -> Reading {
    let value = CentiPercent(u16::try_from(tenths * 10).unwrap_or(u16::MAX));
    Reading::Humidity { sensor: u8::try_from(sensor).unwrap_or(u8::MAX), value }
}

fn signed_of(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn code(name: &'static str, value: i64) -> Reading {
    Reading::Code { name: name.into(), value }
}
