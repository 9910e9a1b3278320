//! Universal lines: `STT;id;mask;...`, whose mask tells which fields follow.

use plomb_model::{Delivery, DeviceId, Event, EventKind, Fix, Issue, OccurredAt, Position, Reading, Scheme};

use super::line::Line;
use super::words::{alert, code, inputs, level, outputs, tower};
use crate::stream::date_time;
use crate::web::{course, in_place, speed};

/// The fields of a line of Bluetooth beacons, which has no mask: model, version, date, time, latitude, longitude.
const BEACONS: u32 = 0b1_1000_0011_0110;
/// Fields of one beacon: strength (mean, least, greatest), address, how often, major, minor.
const BEACON_FIELDS: usize = 7;
/// Most beacons of a line.
const BEACONS_MAX: usize = 64;
/// Bits of the mask.
pub(super) const MODEL: u32 = 1;
pub(super) const VERSION: u32 = 2;
pub(super) const FRESH: u32 = 3;
pub(super) const DATE: u32 = 4;
pub(super) const TIME: u32 = 5;
pub(super) const CELL: u32 = 6;
pub(super) const MCC: u32 = 7;
pub(super) const MNC: u32 = 8;
pub(super) const AREA: u32 = 9;
pub(super) const LEVEL: u32 = 10;
pub(super) const LATITUDE: u32 = 11;
pub(super) const LONGITUDE: u32 = 12;
pub(super) const SPEED: u32 = 13;
pub(super) const COURSE: u32 = 14;
pub(super) const SATELLITES: u32 = 15;
pub(super) const FIX: u32 = 16;
pub(super) const INPUTS: u32 = 17;
pub(super) const OUTPUTS: u32 = 18;
/// Mode of a status, number of an alert.
pub(super) const FIRST: u32 = 19;
/// Reason of a status, modifier of an alert.
pub(super) const SECOND: u32 = 20;
/// Message number of a status, data of an alert.
pub(super) const THIRD: u32 = 21;

/// The fields that the mask announces.
struct Masked<'a> {
    line: &'a Line,
    mask: u32,
    first: usize,
}

impl Masked<'_> {
    /// Where the field of a bit stands.
    fn index(&self, bit: u32) -> Option<usize> {
        let before = self.mask & ((1 << bit) - 1) & !1;
        let before = usize::try_from(before.count_ones()).ok()?;
        (self.mask >> bit & 1 == 1).then(|| self.first + before)
    }

    fn at(&self, bit: u32) -> &str {
        self.index(bit).map_or("", |index| self.line.at(index))
    }

    fn number(&self, bit: u32) -> Option<u32> {
        self.at(bit).parse().ok()
    }

    fn hex(&self, bit: u32) -> Option<u32> {
        u32::from_str_radix(self.at(bit), 16).ok()
    }

    fn bits(&self, bit: u32) -> Option<u8> {
        u8::from_str_radix(self.at(bit), 2).ok()
    }
}

/// The events of a line.
pub(super) fn events(line: &Line, issues: &mut Vec<Issue>) -> Vec<Event> {
    let mut event = Event::new(EventKind::Status);
    let (mask, first) = match line.head() {
        "STT" | "ALT" | "UEX" | "EMG" | "EVT" => (line.hex(2), 3),
        "BLE" => (Some(BEACONS), 2),
        _ => {
            event.kind = EventKind::Message;
            event.readings.push(Reading::Text(line.join(0).into()));
            return vec![event];
        }
    };
    let Some(mask) = mask else {
        issues.push(Issue::new(line.offset(2), "mask is no hex number", line.at(2)));
        return Vec::new();
    };
    let fields = Masked { line, mask, first };
    if fields.index(DATE).is_some() {
        event.occurred_at = date_time(fields.at(DATE), fields.at(TIME), false).map(OccurredAt);
        if event.occurred_at.is_none() {
            let found = format!("{} {}", fields.at(DATE), fields.at(TIME));
            let at = fields.index(DATE).unwrap_or_default();
            issues.push(Issue::new(line.offset(at), "no such time", found));
            return Vec::new();
        }
    }
    event.position = position(&fields, issues);
    if event.position.is_some() {
        event.kind = EventKind::Position;
    }
    if fields.at(FRESH) == "0" {
        event.delivery = Delivery::Buffered;
    }
    condition(&fields, &mut event);
    match line.head() {
        "ALT" | "EMG" => {
            if let Some(number) = fields.number(FIRST) {
                alert(number, &mut event);
            }
        }
        "STT" => {
            event.readings.extend(code("mode", fields.number(FIRST)));
            event.readings.extend(code("reason", fields.number(SECOND)));
            event.serial = fields.number(THIRD);
        }
        "BLE" => event.readings.extend(beacons(line)),
        _ => {}
    }
    vec![event]
}

fn position(fields: &Masked<'_>, issues: &mut Vec<Issue>) -> Option<Position> {
    let at = fields.index(LATITUDE)?;
    // Lines of beacons do not tell the fix: they are sent with one.
    let fixed = fields.index(FIX).is_none() || fields.at(FIX) == "1";
    let fix = if fixed { Fix::Gnss } else { Fix::Stale };
    match in_place(fields.at(LATITUDE), fields.at(LONGITUDE), fix, fields.line.offset(at)) {
        Ok(position) => Some(Position {
            speed: speed(fields.at(SPEED), 1000),
            course: course(fields.at(COURSE)),
            satellites: fields.at(SATELLITES).parse().ok(),
            ..position
        }),
        Err(issue) => {
            issues.push(issue);
            None
        }
    }
}

fn condition(fields: &Masked<'_>, event: &mut Event) {
    let found = [
        fields.index(MODEL).map(|_| Reading::Model(fields.at(MODEL).into())),
        fields.index(VERSION).map(|_| Reading::Firmware(fields.at(VERSION).into())),
        tower(fields.number(MCC), fields.number(MNC), fields.hex(AREA), fields.hex(CELL)),
        level(fields.number(LEVEL)),
    ];
    event.readings.extend(found.into_iter().flatten());
    event.readings.extend(fields.bits(INPUTS).into_iter().flat_map(inputs));
    event.readings.extend(fields.bits(OUTPUTS).into_iter().flat_map(outputs));
}

fn beacons(line: &Line) -> Vec<Reading> {
    let count = line.number::<usize>(8).unwrap_or_default().min(BEACONS_MAX);
    let beacon = |number: usize| {
        let at = 9 + number * BEACON_FIELDS;
        let device = DeviceId::new(Scheme::Bluetooth, &line.at(at + 3).replace(':', "")).ok()?;
        let rssi = line.number(at).map(Reading::Rssi);
        let heard = line.number(at + 4).map(Reading::ReadCount);
        let numbers = [code("major", line.number(at + 5)), code("minor", line.number(at + 6))];
        let readings = [rssi, heard].into_iter().chain(numbers).flatten().collect();
        Some(Reading::Peripheral { device, readings })
    };
    (0..count).filter_map(beacon).collect()
}
