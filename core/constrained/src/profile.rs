//! The words of the open Plomb profile that both sides must have alike: paths, tags, names of records, derived keys.
//! `docs/profile.md` says what they mean.

use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroize;

use crate::cbor::{Buffer, Encoder};

/// The platform's identifier: as a sender of OSCORE where keys are provisioned, and of its credential in EDHOC.
pub const PLATFORM_ID: &[u8] = &[0x10];
/// Longest identifier of a device: that of a sender of OSCORE.
pub const DEVICE_ID_BYTES_MAX: usize = 7;
/// Before the device's identifier in hex, in a base name: `plomb:0a0b0c:`.
pub const BASE_NAME: &str = "plomb:";
/// Tag before a body that travels where nothing else says what it is ("PL").
pub const TAG: u64 = 0x504C;
/// The tag as it is written.
pub const TAG_BYTES: [u8; 3] = [0xD9, 0x50, 0x4C];
/// Items (events) of one body.
pub const ITEMS_MAX: usize = 32;

/// Where a device posts its reports, over CoAP.
pub const REPORT_PATH: &[&str] = &["p"];
/// Where the platform posts commands on the device.
pub const COMMAND_PATH: &[&str] = &["c"];
/// Where EDHOC is spoken (RFC 9528, appendix A.2).
pub const EDHOC_PATH: &[&str] = &[".well-known", "edhoc"];

/// Names of records. Seal parts and alarm conditions have the platform's own names, behind [`SEAL`](name::SEAL) and
/// [`ALARM`](name::ALARM).
pub mod name {
    #![expect(missing_docs, reason = "docs/profile.md has the table")]
    pub const SEQUENCE: &str = "seq";
    pub const KIND: &str = "kind";
    pub const BUFFERED: &str = "buf";
    pub const SEAL: &str = "s/";
    pub const ALARM: &str = "a/";
    pub const LATITUDE: &str = "lat";
    pub const LONGITUDE: &str = "lon";
    pub const ALTITUDE: &str = "alt";
    pub const SPEED: &str = "spd";
    pub const COURSE: &str = "crs";
    pub const SATELLITES: &str = "sat";
    pub const ACCURACY: &str = "acc";
    pub const FIX: &str = "fix";
    pub const BATTERY: &str = "bat";
    pub const BATTERY_VOLTAGE: &str = "vbat";
    pub const EXTERNAL_VOLTAGE: &str = "vext";
    pub const EXTERNAL_POWER: &str = "ext";
    pub const CHARGING: &str = "chg";
    pub const NETWORK: &str = "net";
    pub const RSSI: &str = "rssi";
    pub const TEMPERATURE: &str = "temp";
    pub const HUMIDITY: &str = "hum";
    pub const LIGHT: &str = "lux";
    pub const PRESSURE: &str = "pres";
    pub const ODOMETER: &str = "odo";
    pub const MOTION: &str = "mov";
    pub const LOCK_CYCLES: &str = "cyc";
    pub const CUT_COUNT: &str = "cuts";
    pub const MAGNET: &str = "mag";
    pub const CARD: &str = "card";
    pub const UNLOCK: &str = "unl";
    pub const UNLOCK_ALLOWED: &str = "unl/ok";
    pub const BOUND_TO: &str = "bound";
    pub const FIRMWARE: &str = "fw";
    pub const MODEL: &str = "model";
    pub const TEXT: &str = "msg";
    pub const ARMING: &str = "arm";
    pub const BEACON: &str = "beacon";
    pub const COMMAND: &str = "cmd";
    pub const OUTCOME: &str = "res";
    pub const DO: &str = "do";
    pub const PASSWORD: &str = "pw";
    pub const NEW_PASSWORD: &str = "npw";
    pub const SECONDS: &str = "s";
    pub const VALIDITY: &str = "for";
    pub const WAKE: &str = "wake";
}

/// The key of a `COSE_Encrypt0` of the device: 16 bytes. It is never that of OSCORE, so that their nonces cannot meet.
#[must_use]
pub fn encrypt0_key(master: &[u8], salt: &[u8], kid: &[u8]) -> Option<[u8; 16]> {
    let mut key = [0; 16];
    expand(master, salt, "plomb encrypt0", kid, &mut key)?;
    Some(key)
}

/// The key of a `COSE_Encrypt0` of the platform to the device, by which commands go where there is no OSCORE: 16 bytes.
#[must_use]
pub fn command_key(master: &[u8], salt: &[u8], kid: &[u8]) -> Option<[u8; 16]> {
    let mut key = [0; 16];
    expand(master, salt, "plomb command", kid, &mut key)?;
    Some(key)
}

/// The key of a `COSE_Mac0` of the device: of its tamper beacon, as a rule. 32 bytes.
#[must_use]
pub fn mac0_key(master: &[u8], salt: &[u8], kid: &[u8]) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    expand(master, salt, "plomb mac0", kid, &mut key)?;
    Some(key)
}

/// The key of the one-time codes that open a device without a network: 32 bytes.
#[must_use]
pub fn code_key(master: &[u8], salt: &[u8], kid: &[u8]) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    expand(master, salt, "plomb code", kid, &mut key)?;
    Some(key)
}

/// Digits of a one-time code.
pub const CODE_DIGITS: usize = 8;
/// How far ahead a code may end, hours: an opening of at most a day, up to the next full hour.
pub const CODE_HOURS_MAX: u32 = 25;

/// The code, in ASCII digits, that opens a device of this arming until the end of this hour since 1970. It is the HOTP
/// value (RFC 4226, section 5.3, with SHA-256 as in RFC 6238) of the counter `arming * 2^32 + until_h`.
#[must_use]
pub fn opening_code(key: &[u8; 32], arming: u32, until_h: u32) -> [u8; CODE_DIGITS] {
    let mut digits = [b'0'; CODE_DIGITS];
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return digits };
    mac.update(&(u64::from(arming) << 32 | u64::from(until_h)).to_be_bytes());
    let mac: [u8; 32] = mac.finalize().into_bytes().into();
    let offset = usize::from(mac.last().copied().unwrap_or_default() & 15);
    let word = mac.get(offset..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
    let mut value = u32::from_be_bytes(word) & 0x7FFF_FFFF;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(value % 10).unwrap_or_default();
        value /= 10;
    }
    digits
}

/// HKDF-SHA-256 with `info = [label, kid]`.
fn expand(master: &[u8], salt: &[u8], label: &str, kid: &[u8], out: &mut [u8]) -> Option<()> {
    let mut info = [0; 64];
    let mut encoder = Encoder(Buffer::new(&mut info));
    encoder.array(2).text(label).bytes(kid);
    let info = encoder.0.finish().ok()?;
    let done = Hkdf::<Sha256>::new(Some(salt), master).expand(info, out).ok();
    if done.is_none() {
        out.zeroize();
    }
    done
}
