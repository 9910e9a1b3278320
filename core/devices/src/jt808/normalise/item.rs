//! Additional items of a location report: which item is which reading.
//!
//! Vendors reuse numbers, so an item is known by number and length together; everything else keeps its number
//! as its name. Source: JT/T 808-2013 table 27, JT/T 808-2019 table 27, JT/T 1078-2016 table 13 (0x14 to 0x18);
//! vendor items from device captures and vendor pages.

use plomb_model::{CentiCelsius, Metres, Millivolts, Percent, Reading, Signal};
use plomb_wire::Reader;

use super::super::message::Item;
use super::location::Draft;
use super::{Notes, Scope, ascii, lock, names, radio, text, vendor};

/// Reads one item into the draft.
pub(super) fn read(scope: &Scope, item: Item<'_>, draft: &mut Draft, notes: &mut Notes<'_>) {
    let Item { id, value } = item;
    if !standard(id, value, draft)
        && !lock::read(scope, id, value, draft, notes)
        && !radio::read(id, value, draft)
        && !vendor::read(id, value, draft, notes)
        && !numbered(id, value, draft)
    {
        unnamed(id, value, draft);
    }
}

/// Items of the standard. False when it is none, or has another length than the standard gives it.
fn standard(id: u8, value: Reader<'_>, draft: &mut Draft) -> bool {
    match (id, value.rest()) {
        (0x01, &[a, b, c, d]) => {
            let tenths = u32::from_be_bytes([a, b, c, d]);
            draft.push(Reading::Odometer(Metres(i64::from(tenths) * 100)));
        }
        (0x30, &[csq]) => draft.push(Reading::NetworkSignal(signal(csq))),
        (0x31, &[satellites]) => draft.satellites = Some(satellites),
        (0x06, &[percent]) => battery(percent, id, draft),
        (0x06, &[a, b]) => {
            let degrees = i32::from(i16::from_be_bytes([a, b]));
            draft.push(Reading::Temperature { sensor: 1, value: CentiCelsius(degrees * 100) });
        }
        (0x11, &[_]) => draft.event.signals = draft.event.signals.with(Signal::Overspeed),
        (0x11, &[_, a, b, c, d]) => {
            draft.event.signals = draft.event.signals.with(Signal::Overspeed);
            draft.push(Reading::Fence(u32::from_be_bytes([a, b, c, d])));
        }
        (0x12, &[kind, a, b, c, d, direction]) => {
            let signal = if direction == 0 { Signal::FenceEntered } else { Signal::FenceLeft };
            draft.event.signals = draft.event.signals.with(signal);
            draft.code("kind of area (12)", kind);
            draft.push(Reading::Fence(u32::from_be_bytes([a, b, c, d])));
        }
        (0x13, &[a, b, c, d, e, f, result]) => {
            draft.push(Reading::Fence(u32::from_be_bytes([a, b, c, d])));
            draft.code("route time (13), s", u16::from_be_bytes([e, f]));
            draft.code("route time result (13): 0 too short, 1 too long", result);
        }
        (0x2B, &[a, b, c, d]) => {
            draft.code("analogue 0 (2B)", u16::from_be_bytes([c, d]));
            draft.code("analogue 1 (2B)", u16::from_be_bytes([a, b]));
        }
        _ => return false,
    }
    true
}

/// CSQ 0 to 31 as a share; some terminals send percent.
fn signal(csq: u8) -> Percent {
    if csq <= 31 { Percent::share(u32::from(csq), 31) } else { Percent::share(u32::from(csq), 100) }
}

/// Charge in percent; above 100 the number keeps the item's name.
pub(super) fn battery(percent: u8, id: u8, draft: &mut Draft) {
    match Percent::new(percent) {
        Ok(percent) => draft.push(Reading::Battery(percent)),
        Err(_) => draft.code(names::item(id), percent),
    }
}

/// Hundredths of a volt.
pub(super) fn centivolts(value: u16) -> Millivolts {
    Millivolts(u32::from(value) * 10)
}

/// Plain numbers with a name: item, length, name with unit.
static NUMBERED: &[(u8, usize, &str)] = &[
    (0x02, 2, "fuel (02), 0.1 l"),
    (0x03, 2, "recorder speed (03), 0.1 km/h"),
    (0x04, 2, "event to be confirmed by a person (04)"),
    (0x14, 4, "video alarms (14)"),
    (0x15, 4, "video signal lost by channel (15)"),
    (0x16, 4, "video signal covered by channel (16)"),
    (0x17, 2, "storage failed (17)"),
    (0x18, 2, "abnormal driving (18)"),
    (0x25, 4, "extended vehicle signals (25)"),
    (0x2A, 2, "IO state (2A)"),
    (0x33, 1, "working mode (33)"),
    (0x80, 1, "OBD speed (80), km/h"),
    (0x81, 2, "OBD engine speed (81), 1/min"),
    (0x83, 1, "OBD engine load (83), %"),
    (0x84, 1, "OBD coolant temperature (84), degrees above -40"),
    (0x85, 2, "OBD fuel consumption (85)"),
    (0x86, 1, "OBD intake temperature (86), degrees above -40"),
    (0x87, 2, "OBD intake flow (87)"),
    (0x88, 1, "OBD intake pressure (88), kPa"),
    (0x89, 1, "OBD throttle (89), %"),
    (0x8C, 4, "OBD mileage (8C), 0.1 km"),
    (0x8D, 2, "OBD mileage of the trip (8D), km"),
    (0x8E, 1, "OBD fuel level (8E), %"),
];

/// A plain number with a name.
fn numbered(id: u8, value: Reader<'_>, draft: &mut Draft) -> bool {
    let Some((_, _, name)) = NUMBERED.iter().find(|(item, length, _)| *item == id && *length == value.left())
    else {
        return false;
    };
    draft.code(name, number(value.rest()));
    true
}

/// Up to four bytes as a number.
fn number(bytes: &[u8]) -> i64 {
    bytes.iter().take(4).fold(0, |number, byte| number << 8 | i64::from(*byte))
}

/// An item that nobody knows: a number, text or bytes under the item's own number.
fn unnamed(id: u8, value: Reader<'_>, draft: &mut Draft) {
    let bytes = value.rest();
    match bytes.len() {
        0 => {}
        1..=4 => draft.code(names::item(id), number(bytes)),
        _ => draft.push(Reading::Bytes { name: names::item(id).into(), value: bytes.into() }),
    }
}

/// Text items: SIM number, VIN, firmware, container.
pub(super) fn texts(id: u8, bytes: &[u8]) -> Option<Reading> {
    match (id, bytes.len()) {
        (0x71 | 0xCC, 18..=22) => Some(Reading::Iccid(ascii(bytes)?)),
        (0x8B, 17) => Some(Reading::BoundTo(ascii(bytes)?)),
        (0xF2, 4..) => Some(Reading::Firmware(ascii(bytes)?)),
        // Container number: anything printable that is long enough to be one.
        (0xFB, 4..) => Some(Reading::BoundTo(ascii(bytes)?)),
        (0x6C, 14..=16) | (0xBC | 0xBD | 0xEB, 4..) => Some(Reading::Text(ascii(bytes)?)),
        (0xE3, 7..) | (0xE6 | 0xF5, 5..) => Some(Reading::Text(ascii(bytes.trim_ascii_end())?)),
        _ => None,
    }
}

/// Text in GBK of at most `limit` bytes.
pub(super) fn limited_text(bytes: &[u8], limit: usize) -> Box<str> {
    text(bytes.get(..limit).unwrap_or(bytes))
}
