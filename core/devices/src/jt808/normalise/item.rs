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
        && !numbered(id, value, draft)
        && !lock::read(scope, id, value, draft, notes)
        && !radio::read(id, value, draft)
        && !vendor::read(id, value, draft, notes)
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
            draft.code("kind.12", kind);
            draft.push(Reading::Fence(u32::from_be_bytes([a, b, c, d])));
        }
        (0x13, &[a, b, c, d, e, f, result]) => {
            draft.push(Reading::Fence(u32::from_be_bytes([a, b, c, d])));
            draft.code("time.13", u16::from_be_bytes([e, f]));
            draft.code("result.13", result);
        }
        (0x2B, &[a, b, c, d]) => {
            draft.code("adc0.2B", u16::from_be_bytes([c, d]));
            draft.code("adc1.2B", u16::from_be_bytes([a, b]));
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

/// Plain numbers: item, length, name. What they are and their units: [`names::words`].
const NUMBERED: &[(u8, usize, &str)] = &[
    (0x02, 2, "item.02"),
    (0x03, 2, "item.03"),
    (0x04, 2, "item.04"),
    (0x14, 4, "item.14"),
    (0x15, 4, "item.15"),
    (0x16, 4, "item.16"),
    (0x17, 2, "item.17"),
    (0x18, 2, "item.18"),
    (0x25, 4, "item.25"),
    (0x2A, 2, "io.2A"),
    (0x33, 1, "item.33"),
    (0x80, 1, "item.80"),
    (0x81, 2, "item.81"),
    (0x83, 1, "item.83"),
    (0x84, 1, "item.84"),
    (0x85, 2, "item.85"),
    (0x86, 1, "item.86"),
    (0x87, 2, "item.87"),
    (0x88, 1, "item.88"),
    (0x89, 1, "item.89"),
    (0x8C, 4, "item.8C"),
    (0x8D, 2, "item.8D"),
    (0x8E, 1, "item.8E"),
];

/// The same by item, so that it need not be searched: length (0 for none) and name.
static NUMBERED_BY_ITEM: [(usize, &str); 256] = by_item();

#[expect(clippy::indexing_slicing, reason = "runs at compile time: a wrong index would not build")]
const fn by_item() -> [(usize, &'static str); 256] {
    let mut table = [(0, ""); 256];
    let mut row = 0;
    while row < NUMBERED.len() {
        let (id, length, name) = NUMBERED[row];
        table[id as usize] = (length, name);
        row += 1;
    }
    table
}

/// A plain number with a name.
fn numbered(id: u8, value: Reader<'_>, draft: &mut Draft) -> bool {
    match NUMBERED_BY_ITEM.get(usize::from(id)) {
        Some((length @ 1.., name)) if *length == value.left() => draft.code(name, number(value.rest())),
        _ => return false,
    }
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
