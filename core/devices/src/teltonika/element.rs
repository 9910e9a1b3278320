//! Names of IO elements: `io.239`, and the manual's words for those that are understood.
//!
//! The names are made at compile time, so that an element without a word of ours costs no allocation on its way.
//! Source: Teltonika AVL id tables of the FMB, FMC, FMM, FTC and TAT families; ids that mean different things
//! in other families are left without a title on purpose.

use std::borrow::Cow;

/// Longest name in the tables: `io.12287`.
const NAME_BYTES_MAX: usize = 8;
/// First id of the second table: the ids of wireless sensors.
const HIGH_FIRST: u16 = 10_240;

/// The bytes that the names point into.
type Text<const N: usize> = [[u8; NAME_BYTES_MAX]; N];

static LOW_TEXT: Text<2048> = text(0);
static HIGH_TEXT: Text<2048> = text(HIGH_FIRST);
static LOW: [&str; 2048] = names(&LOW_TEXT);
static HIGH: [&str; 2048] = names(&HIGH_TEXT);

/// The protocol's name of an IO element, e.g. `io.10804`.
pub(super) fn name(id: u16) -> Cow<'static, str> {
    let low = LOW.get(usize::from(id));
    let high = || id.checked_sub(HIGH_FIRST).and_then(|place| HIGH.get(usize::from(place)));
    match low.or_else(high) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("io.{id}")),
    }
}

/// `io.` and the digits, filled up with zero bytes.
#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "runs at compile time: a wrong index would not build, and a digit fits a byte"
)]
const fn text<const N: usize>(first: u16) -> Text<N> {
    let mut text = [[0; NAME_BYTES_MAX]; N];
    let mut place = 0;
    while place < N {
        let id = first as usize + place;
        let mut end = 3 + digits(id);
        let mut rest = id;
        while end > 3 {
            end -= 1;
            text[place][end] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        text[place][0] = b'i';
        text[place][1] = b'o';
        text[place][2] = b'.';
        place += 1;
    }
    text
}

const fn digits(id: usize) -> usize {
    1 + (id >= 10) as usize + (id >= 100) as usize + (id >= 1000) as usize + (id >= 10_000) as usize
}

/// The texts without the zero bytes at their ends.
#[expect(clippy::indexing_slicing, reason = "runs at compile time: a wrong index would not build")]
const fn names<const N: usize>(text: &'static Text<N>) -> [&'static str; N] {
    let mut names = [""; N];
    let mut place = 0;
    while place < N {
        let mut length = 0;
        while length < NAME_BYTES_MAX && text[place][length] != 0 {
            length += 1;
        }
        let (name, _) = text[place].split_at(length);
        names[place] = match std::str::from_utf8(name) {
            Ok(name) => name,
            Err(_) => "io",
        };
        place += 1;
    }
    names
}

/// The manual's words for an element, for people; empty where families disagree or nothing is known.
pub(super) const fn title(id: u16) -> &'static str {
    match id {
        1 => "digital input 1",
        2 => "digital input 2",
        3 => "digital input 3",
        4 => "digital input 4",
        6 | 10 => "analog input 2",
        9 => "analog input 1",
        11 => "ICCID, first part",
        14 => "ICCID, second part",
        16 => "total odometer, m",
        17 => "axis X, mg",
        18 => "axis Y, mg",
        19 => "axis Z, mg",
        21 => "GSM signal, 0 to 5",
        24 => "speed, km/h",
        25..=28 => "BLE temperature, 0.01 °C",
        66 => "external voltage, mV",
        67 => "battery voltage, mV",
        68 => "battery current, mA",
        69 => "GNSS status",
        70 => "board temperature, 0.1 °C",
        72..=75 => "Dallas temperature, 0.1 °C",
        78 => "iButton",
        80 => "data mode",
        86 | 104 | 106 | 108 => "BLE humidity, 0.1 %",
        113 => "battery level, %",
        155..=159 => "geofence zone",
        175 => "auto geofence",
        179 => "digital output 1",
        180 => "digital output 2",
        181 => "GNSS PDOP, 0.1",
        182 => "GNSS HDOP, 0.1",
        199 => "trip odometer, m",
        200 => "sleep mode",
        205 => "GSM cell id",
        206 => "GSM area code",
        207 => "RFID",
        236 => "alarm",
        239 => "ignition",
        240 => "movement",
        241 => "active GSM operator",
        246 => "towing",
        247 => "crash detection",
        249 => "jamming",
        250 => "trip",
        251 => "idling",
        252 => "unplug",
        253 => "green driving type",
        254 => "green driving value",
        255 => "overspeeding, km/h",
        256 => "VIN",
        264 => "barcode",
        281 => "fault codes",
        318 => "GNSS jamming",
        380 => "digital output 3",
        385 => "beacons",
        548 | 10_828 | 10_829 | 10_831 | 11_317 => "BLE tags",
        636 => "UMTS or LTE cell id",
        662 => "door",
        10_800..=10_843 => eye_title(id),
        _ => "",
    }
}

/// The same for the EYE sensors in numbered places.
const fn eye_title(id: u16) -> &'static str {
    match id {
        10_800..=10_803 => "EYE temperature, 0.01 °C",
        10_804..=10_807 => "EYE humidity, %",
        10_808..=10_811 => "EYE magnet",
        10_812..=10_815 => "EYE movement",
        10_816..=10_819 => "EYE pitch, degrees",
        10_820..=10_823 => "EYE low battery",
        10_824..=10_827 => "EYE battery voltage, mV",
        10_832..=10_835 => "EYE roll, degrees",
        10_836..=10_839 => "EYE movement count",
        10_840..=10_843 => "EYE magnet count",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_out() {
        for id in [0, 9, 10, 999, 2047, 2048, 10_239, 10_240, 10_804, 12_287, 12_288, u16::MAX] {
            assert_eq!(name(id), format!("io.{id}"));
        }
    }
}
