//! Tags in the manual's words: how long each is, its name, and where it stands.

use plomb_model::Issue;
use plomb_wire::{Reader, Short};

/// One tag with its data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item<'a> {
    pub(super) tag: u8,
    /// Where the data begins in the frame.
    pub(super) offset: usize,
    pub(super) data: &'a [u8],
}

/// How long a tag's data is.
enum Size {
    Bytes(usize),
    /// The first byte says how many follow.
    CountedByByte,
    /// The first two bytes do, low byte first.
    CountedByWord,
    Unknown,
}

const fn size(tag: u8) -> Size {
    match tag {
        0x01 | 0x02 | 0x35 | 0x36 | 0x43 | 0x49 | 0x88..=0x8C | 0xA0..=0xAF | 0xC4..=0xD2 | 0xD5 => {
            Size::Bytes(1)
        }
        0x04 | 0x10 | 0x21 | 0x34 | 0x40..=0x42 | 0x45 | 0x46 | 0x48 | 0x50..=0x62 if is_word(tag) => {
            Size::Bytes(2)
        }
        0x70..=0x7D | 0xB0..=0xB9 | 0xD6..=0xDA => Size::Bytes(2),
        0x5D | 0x63..=0x6F | 0x80..=0x87 | 0xFA => Size::Bytes(3),
        0x11 | 0x20 | 0x33 | 0x44 | 0x47 | 0x5A | 0x90 | 0xC0..=0xC3 | 0xD3 | 0xD4 | 0xDB..=0xDF => {
            Size::Bytes(4)
        }
        0xE0 | 0xE2..=0xE9 | 0xF0..=0xF9 => Size::Bytes(4),
        0x5B => Size::Bytes(7),
        0xFD => Size::Bytes(8),
        0x30 => Size::Bytes(9),
        0x03 => Size::Bytes(15),
        0x5C => Size::Bytes(68),
        0xE1 | 0xEA => Size::CountedByByte,
        0xFE => Size::CountedByWord,
        _ => Size::Unknown,
    }
}

/// Of the tags from 50 to 62 those with two bytes: inputs, serial ports and fuel sensors.
const fn is_word(tag: u8) -> bool {
    !matches!(tag, 0x5A..=0x5D)
}

/// Whether there is such a tag.
pub(super) const fn is_tag(tag: u8) -> bool {
    !matches!(size(tag), Size::Unknown)
}

/// The next tag with its data.
pub(super) fn item<'a>(reader: &mut Reader<'a>) -> Result<Item<'a>, Issue> {
    let place = reader.offset();
    let tag = reader.u8().map_err(|short| cut(place, short))?;
    data_of(tag, reader)
}

/// The data of a tag whose number is known already.
pub(super) fn data_of<'a>(tag: u8, reader: &mut Reader<'a>) -> Result<Item<'a>, Issue> {
    let place = reader.offset();
    let bytes = match size(tag) {
        Size::Bytes(bytes) => bytes,
        Size::CountedByByte => reader.u8().map_err(|short| cut(place, short))?.into(),
        Size::CountedByWord => reader.u16_le().map_err(|short| cut(place, short))?.into(),
        Size::Unknown => {
            return Err(Issue::new(place, "no such tag: the rest is not read", format_args!("{tag:02x}")));
        }
    };
    let offset = reader.offset();
    let data = reader.take(bytes).map_err(|short| cut(place, short))?;
    Ok(Item { tag, offset, data })
}

fn cut(place: usize, short: Short) -> Issue {
    Issue::new(place, "a tag is cut off", short)
}

/// How long an extended tag's data is; none for those whose length only the vendor's software knows.
pub(super) const fn extended_bytes(tag: u16) -> Option<usize> {
    match tag {
        0x0001..=0x0080 | 0x0086..=0x0091 | 0x00A9 | 0x00AC => Some(4),
        0x0081..=0x0084 => Some(2),
        0x0085 | 0x0093 | 0x00A4..=0x00A8 | 0x00B0..=0x00B2 | 0x00FC => Some(1),
        0x0092 => Some(15),
        0x0094 => Some(20),
        0x00AB | 0x00B3 => Some(12),
        0x00AD | 0x00AE | 0x00B4..=0x00B6 => Some(6),
        0x00AF => Some(14),
        0x00D9..=0x00FA => Some(3),
        0x00FD | 0x00FE => Some(8),
        _ => None,
    }
}

/// The manual's name of a tag.
pub(super) const fn name(tag: u8) -> &'static str {
    match tag {
        0x01 => "hardware version",
        0x02 => "firmware version",
        0x03 => "IMEI",
        0x04 => "device number",
        0x10 => "archive record",
        0x11 => "archive record (long)",
        0x20 => "date and time",
        0x21 => "milliseconds",
        0x30 => "coordinates",
        0x33 => "speed and direction",
        0x34 => "height",
        0x35 => "HDOP or error",
        0x36 => "PDOP",
        0x40 => "status",
        0x41 => "supply voltage",
        0x42 => "battery voltage",
        0x43 => "inside temperature",
        0x44 => "acceleration",
        0x45 => "outputs",
        0x46 => "inputs",
        0x47 => "EcoDrive",
        0x48 => "expanded status",
        0x49 => "transmission channel",
        0x50..=0x57 | 0x78..=0x7D => "input value",
        0x58 | 0x59 => "RS232",
        0x5A => "REP-500 meter",
        0x5B => "refrigeration unit",
        0x5C => "tyre pressure",
        0x5D => "dosimeter",
        0x60..=0x6F => "fuel sensor",
        0x70..=0x77 => "thermometer",
        0x80..=0x87 => "DS1923 sensor",
        0x88..=0x8C => "sensor temperature",
        0x90 => "first iButton key",
        0xA0..=0xD2 | 0xD6..=0xDF | 0xF0..=0xF9 => "CAN",
        0xD3 => "second iButton key",
        0xD4 => "mileage",
        0xD5 => "iButton states",
        0xE0 => "command number",
        0xE1 => "command or answer",
        0xE2..=0xE9 => "user data",
        0xEA => "user array",
        0xFE => "extended tags",
        _ => "tag",
    }
}

/// A minimum data set: ten bytes in front of each compressed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Minimum {
    /// Seconds since the year began.
    pub(super) second_of_year: u32,
    /// Whether the coordinates are right.
    pub(super) valid: bool,
    /// In parts of 360 degrees from 180 west, 22 bits.
    pub(super) longitude: u32,
    /// In parts of 180 degrees from 90 south, 21 bits.
    pub(super) latitude: u32,
    pub(super) alarm: bool,
}

/// Length of a minimum data set.
pub(super) const MINIMUM_BYTES: usize = 10;

impl Minimum {
    /// Reads one: a bit without meaning, 25 bits of time, then one of validity, 22, 21, and one of alarm.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Short> {
        let bytes: [u8; MINIMUM_BYTES] = reader.array()?;
        let bits = bytes.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte));
        let field = |from: u32, count: u32| {
            let value = bits >> (80 - from - count) & ((1 << count) - 1);
            u32::try_from(value).unwrap_or(u32::MAX)
        };
        Ok(Self {
            second_of_year: field(1, 25),
            valid: field(26, 1) == 0,
            longitude: field(27, 22),
            latitude: field(49, 21),
            alarm: field(70, 1) == 1,
        })
    }
}
