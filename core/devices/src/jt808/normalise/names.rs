//! Names of the items that have no word of ours.
//!
//! Names go into every entry of the journal, so they are short: what it is and the item's number in hex, as in
//! `item.03` or `event.60`. The manual's words for them are in [`words`], for a frame that is laid open.
//! Source: as in `item.rs`, `lock.rs`, `radio.rs` and `vendor.rs`.

/// The protocol's name of item 0x00 to 0xFF.
#[rustfmt::skip]
static ITEMS: [&str; 256] = [
    "item.00", "item.01", "item.02", "item.03", "item.04", "item.05", "item.06", "item.07",
    "item.08", "item.09", "item.0A", "item.0B", "item.0C", "item.0D", "item.0E", "item.0F",
    "item.10", "item.11", "item.12", "item.13", "item.14", "item.15", "item.16", "item.17",
    "item.18", "item.19", "item.1A", "item.1B", "item.1C", "item.1D", "item.1E", "item.1F",
    "item.20", "item.21", "item.22", "item.23", "item.24", "item.25", "item.26", "item.27",
    "item.28", "item.29", "item.2A", "item.2B", "item.2C", "item.2D", "item.2E", "item.2F",
    "item.30", "item.31", "item.32", "item.33", "item.34", "item.35", "item.36", "item.37",
    "item.38", "item.39", "item.3A", "item.3B", "item.3C", "item.3D", "item.3E", "item.3F",
    "item.40", "item.41", "item.42", "item.43", "item.44", "item.45", "item.46", "item.47",
    "item.48", "item.49", "item.4A", "item.4B", "item.4C", "item.4D", "item.4E", "item.4F",
    "item.50", "item.51", "item.52", "item.53", "item.54", "item.55", "item.56", "item.57",
    "item.58", "item.59", "item.5A", "item.5B", "item.5C", "item.5D", "item.5E", "item.5F",
    "item.60", "item.61", "item.62", "item.63", "item.64", "item.65", "item.66", "item.67",
    "item.68", "item.69", "item.6A", "item.6B", "item.6C", "item.6D", "item.6E", "item.6F",
    "item.70", "item.71", "item.72", "item.73", "item.74", "item.75", "item.76", "item.77",
    "item.78", "item.79", "item.7A", "item.7B", "item.7C", "item.7D", "item.7E", "item.7F",
    "item.80", "item.81", "item.82", "item.83", "item.84", "item.85", "item.86", "item.87",
    "item.88", "item.89", "item.8A", "item.8B", "item.8C", "item.8D", "item.8E", "item.8F",
    "item.90", "item.91", "item.92", "item.93", "item.94", "item.95", "item.96", "item.97",
    "item.98", "item.99", "item.9A", "item.9B", "item.9C", "item.9D", "item.9E", "item.9F",
    "item.A0", "item.A1", "item.A2", "item.A3", "item.A4", "item.A5", "item.A6", "item.A7",
    "item.A8", "item.A9", "item.AA", "item.AB", "item.AC", "item.AD", "item.AE", "item.AF",
    "item.B0", "item.B1", "item.B2", "item.B3", "item.B4", "item.B5", "item.B6", "item.B7",
    "item.B8", "item.B9", "item.BA", "item.BB", "item.BC", "item.BD", "item.BE", "item.BF",
    "item.C0", "item.C1", "item.C2", "item.C3", "item.C4", "item.C5", "item.C6", "item.C7",
    "item.C8", "item.C9", "item.CA", "item.CB", "item.CC", "item.CD", "item.CE", "item.CF",
    "item.D0", "item.D1", "item.D2", "item.D3", "item.D4", "item.D5", "item.D6", "item.D7",
    "item.D8", "item.D9", "item.DA", "item.DB", "item.DC", "item.DD", "item.DE", "item.DF",
    "item.E0", "item.E1", "item.E2", "item.E3", "item.E4", "item.E5", "item.E6", "item.E7",
    "item.E8", "item.E9", "item.EA", "item.EB", "item.EC", "item.ED", "item.EE", "item.EF",
    "item.F0", "item.F1", "item.F2", "item.F3", "item.F4", "item.F5", "item.F6", "item.F7",
    "item.F8", "item.F9", "item.FA", "item.FB", "item.FC", "item.FD", "item.FE", "item.FF",
];

/// The protocol's name of an item.
pub(super) fn item(id: u8) -> &'static str {
    ITEMS.get(usize::from(id)).copied().unwrap_or("item")
}

/// What the manuals call an item, with its unit; empty for those that the decoder gives a word of ours and those
/// that nobody knows.
pub(in super::super) const fn words(id: u8) -> &'static str {
    match id {
        0x02 => "fuel, 0.1 l",
        0x03 => "recorder speed, 0.1 km/h",
        0x04 => "event to be confirmed by a person",
        0x0B => "lock event",
        0x12 => "area entered or left",
        0x13 => "route time, s, and result: 0 too short, 1 too long",
        0x14 => "video alarms",
        0x15 => "video signal lost by channel",
        0x16 => "video signal covered by channel",
        0x17 => "storage failed",
        0x18 => "abnormal driving",
        0x25 => "extended vehicle signals",
        0x2A => "IO state",
        0x2B => "analogue inputs 1 and 0",
        0x33 => "working mode",
        0x60 => "padlock event",
        0x63 => "sub-locks: number, mV, sealed, physical state, received strength",
        0x67 => "password",
        0x80 => "OBD speed, km/h",
        0x81 => "OBD engine speed, 1/min",
        0x83 => "OBD engine load, %",
        0x84 => "OBD coolant temperature, degrees above -40",
        0x85 => "OBD fuel consumption",
        0x86 => "OBD intake temperature, degrees above -40",
        0x87 => "OBD intake flow",
        0x88 => "OBD intake pressure, kPa",
        0x89 => "OBD throttle, %",
        0x8C => "OBD mileage, 0.1 km",
        0x8D => "OBD mileage of the trip, km",
        0x8E => "OBD fuel level, %",
        0xDA => "rope cuts and lock state",
        0xED => "card",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_item_has_its_number() {
        for id in 0..=u8::MAX {
            assert_eq!(super::item(id), format!("item.{id:02X}"));
        }
    }
}
