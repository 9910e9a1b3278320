//! Bluetooth adverts as sensors send them: BTHome (plain and enciphered), Ruuvi, Teltonika EYE, Eddystone.

use aes::Aes128;
use ccm::aead::generic_array::GenericArray;
use ccm::aead::{Aead, KeyInit};
use ccm::consts::{U4, U13};

/// Service of BTHome.
const BTHOME: u16 = 0xFCD2;
/// Version 2, sent when something happened.
const PLAIN: u8 = 0x44;
/// The same, enciphered.
const ENCIPHERED: u8 = 0x45;

/// The key of a sensor, drawn from a seed. It protects nothing.
#[derive(Clone, Copy, Debug)]
pub struct BthomeKey(pub [u8; 16]);

impl BthomeKey {
    /// The key of sensor `source`.
    #[must_use]
    pub fn new(seed: u64, source: u32) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed ^ u64::from(source) << 24 ^ 0x00B7_4032);
        let mut key = [0; 16];
        rng.fill(&mut key);
        Self(key)
    }

    /// The line by which the platform knows it (its file of keys).
    #[must_use]
    pub fn line(&self, address: [u8; 6]) -> String {
        format!("bthome-bind {} {}\n", hex(&address).to_lowercase(), hex(&self.0).to_lowercase())
    }
}

/// Address of sensor `source` of a family.
#[must_use]
pub fn address(family: u8, source: u32) -> [u8; 6] {
    let [_, high, middle, low] = source.to_be_bytes();
    [0xA4, 0xC1, family, high, middle, low]
}

/// Battery, temperature, door and tamper (BTHome objects 01, 02, 1A, 2B; ascending).
fn objects(battery_percent: u8, door_open: bool, tampered: bool) -> Vec<u8> {
    const TEMPERATURE_CENTI: i16 = 2150;
    let [low, high] = TEMPERATURE_CENTI.to_le_bytes();
    vec![0x01, battery_percent, 0x02, low, high, 0x1A, u8::from(door_open), 0x2B, u8::from(tampered)]
}

/// Service data of BTHome behind its UUID, in clear.
#[must_use]
pub fn bthome_plain(battery_percent: u8, broken: bool) -> Vec<u8> {
    [&[PLAIN][..], &objects(battery_percent, broken, broken)].concat()
}

/// The same, enciphered under the key; the counter must rise.
#[must_use]
pub fn bthome_enciphered(
    key: BthomeKey,
    address: [u8; 6],
    counter: u32,
    battery: u8,
    broken: bool,
) -> Vec<u8> {
    let counter = counter.to_le_bytes();
    let nonce = [&address[..], &BTHOME.to_le_bytes(), &[ENCIPHERED], &counter].concat();
    let cipher = ccm::Ccm::<Aes128, U4, U13>::new(&GenericArray::from(key.0));
    let sealed = cipher.encrypt(GenericArray::from_slice(&nonce), &objects(battery, broken, broken)[..]);
    let sealed = sealed.unwrap_or_default();
    let (text, code) = sealed.split_at_checked(sealed.len().saturating_sub(4)).unwrap_or_default();
    [&[ENCIPHERED][..], text, &counter, code].concat()
}

/// A whole advert with service data of 16 bits.
#[must_use]
pub fn service(uuid: u16, data: &[u8]) -> Vec<u8> {
    structure(0x16, &[&uuid.to_le_bytes()[..], data].concat())
}

/// A whole advert with data of a maker.
#[must_use]
pub fn maker(company: u16, data: &[u8]) -> Vec<u8> {
    structure(0xFF, &[&company.to_le_bytes()[..], data].concat())
}

/// Flags, and one structure.
fn structure(kind: u8, data: &[u8]) -> Vec<u8> {
    let length = u8::try_from(data.len() + 1).unwrap_or(u8::MAX);
    [&[0x02, 0x01, 0x06, length, kind][..], data].concat()
}

/// Ruuvi data format 5: 21.5 degrees, 48 %, 1013 hPa, at rest, 2.9 V.
#[must_use]
pub fn ruuvi(address: [u8; 6], sequence: u16) -> Vec<u8> {
    let temperature = 4300_i16.to_be_bytes();
    let humidity = 19_200_u16.to_be_bytes();
    let pressure = 51_300_u16.to_be_bytes();
    let (x, y, z) = (4_i16.to_be_bytes(), (-4_i16).to_be_bytes(), 1036_i16.to_be_bytes());
    // 1.6 V and 1300 mV more, +4 dBm: eleven bits and five.
    let power = (1300_u16 << 5 | 22).to_be_bytes();
    [
        &[0x05][..],
        &temperature,
        &humidity,
        &pressure,
        &x,
        &y,
        &z,
        &power,
        &[66],
        &sequence.to_be_bytes(),
        &address,
    ]
    .concat()
}

/// Teltonika EYE: temperature, humidity, magnet, movement, angle, voltage.
#[must_use]
pub fn eye(magnet_near: bool) -> Vec<u8> {
    // Everything is told; bit 3 is the magnet.
    let flags = 0xB7 | if magnet_near { 0x08 } else { 0 };
    let temperature = 2229_i16.to_be_bytes();
    [&[0x01, flags][..], &temperature, &[18, 0x0C, 0xCB, 0x0B, 0xFF, 0xC7, 0x67]].concat()
}

/// Eddystone UID: namespace, instance and two bytes that are kept.
#[must_use]
pub fn eddystone_uid(source: u32) -> Vec<u8> {
    let [a, b, c, d] = source.to_be_bytes();
    let namespace = [0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99];
    [&[0x00, 0xEE][..], &namespace, &[0xAA, 0xBB, a, b, c, d, 0, 0]].concat()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
