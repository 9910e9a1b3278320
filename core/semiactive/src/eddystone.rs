//! Eddystone beacons: ephemeral identifiers that only the holder of the identity key can tell apart, and the open frames.
//!
//! Source: github.com/google/eddystone, protocol specification and `eid-computation.md`. See `docs/protocols/eddystone-eid.md`.
//! The key is `eddystone-identity`; its salt says the rotation exponent (one byte) and, where the beacon does not
//! count seconds since 1970, what time it was (seconds since 1970, four bytes) when the beacon's clock showed what (four bytes).

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};
use plomb_model::{
    CentiCelsius, DeviceId, Event, EventKind, Identity, Issue, Millivolts, Protocol, Reading, ReceivedAt,
    Scheme,
};
use plomb_session::{Decoded, Description, DeviceKey, KeyPurpose, Request, Session, SessionConfig};
use plomb_wire::{Reader, Short};

use crate::advert::{self, Advert};
use crate::session::Whole;

/// UUID of the service data.
pub(crate) const UUID: u16 = 0xFEAA;
const UID: u8 = 0x00;
const URL: u8 = 0x10;
const TLM: u8 = 0x20;
const EID: u8 = 0x30;
/// Exponent of the rotation, where the key does not say it: 1024 seconds, as the specification recommends.
const ROTATION_EXPONENT: u8 = 10;
/// Greatest exponent of the specification.
const ROTATION_EXPONENT_MAX: u8 = 15;
/// By how much the beacon's clock may be wrong, seconds, and by how much more for each second since it was noted
/// (one ten-thousandth), up to a limit.
const CLOCK_TOLERANCE_S: i64 = 300;
const CLOCK_DRIFT_DIVISOR: i64 = 10_000;
const CLOCK_TOLERANCE_MAX_S: i64 = 4 * 3600;
/// Identifiers that are computed for one frame, all keys together.
const COMPUTED_MAX: usize = 200_000;

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    crate::session::session(config, Protocol::EddystoneEid, decode)
}

fn decode(session: &Whole, request: &Request<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let advert = match advert::read(request.body) {
        Ok(advert) => advert,
        Err(what) => {
            out.issue(Issue::new(request.body_offset, what, String::from_utf8_lossy(request.body)));
            return None;
        }
    };
    let address = advert.address.and_then(advert::device);
    match event(payload(&advert).1, &session.config, session.now) {
        Ok((mut event, device, unresolved)) => {
            if let Some(issue) = unresolved {
                out.issue(issue);
            }
            event.readings.extend(advert.rssi.map(Reading::Rssi));
            out.event(event);
            device.or(address)
        }
        Err(issue) => {
            out.issue(issue);
            address
        }
    }
}

/// The frame and where it begins in the data: alone, behind its UUID, or in a whole advert.
fn payload(advert: &Advert) -> (usize, &[u8]) {
    let data = &advert.data;
    advert::service_data(data, UUID)
        .or_else(|| data.strip_prefix(&UUID.to_le_bytes()).map(|frame| (2, frame)))
        .unwrap_or((0, data))
}

/// The event of a frame, the beacon that it names or that its key belongs to, and why it belongs to none.
pub(crate) fn event(
    frame: &[u8],
    config: &SessionConfig,
    now: ReceivedAt,
) -> Result<(Event, Option<DeviceId>, Option<Issue>), Issue> {
    let short = |short: Short| Issue::new(short.offset, "frame cut off", plomb_wire::to_hex(frame));
    let mut reader = Reader::new(frame);
    let mut event = Event::new(EventKind::Status);
    let kind = reader.u8().map_err(short)?;
    match kind {
        UID => {
            event.readings.push(power(reader.u8().map_err(short)?));
            let id = plomb_wire::to_hex(reader.take(16).map_err(short)?);
            Ok((event, DeviceId::new(Scheme::Beacon, &id).ok(), None))
        }
        URL => {
            event.readings.push(power(reader.u8().map_err(short)?));
            let scheme = reader.u8().map_err(short)?;
            event.readings.push(Reading::Text(url(scheme, reader.rest()).into()));
            Ok((event, None, None))
        }
        TLM => telemetry(&mut reader, event).map(|event| (event, None, None)).map_err(short),
        EID => {
            event.readings.push(power(reader.u8().map_err(short)?));
            let shown: [u8; 8] = reader.array().map_err(short)?;
            match resolve(shown, config, now) {
                Ok((key, drift)) => {
                    event.trust.identity = Identity::Network;
                    event.readings.push(Reading::Code { name: "clock differs, s".into(), value: drift });
                    Ok((event, key.device.or_else(|| beacon(&key.id)), None))
                }
                // A stranger's beacon, or an old recording: heard, and nobody's.
                Err(issue) => {
                    let value = shown.into();
                    event.readings.push(Reading::Bytes { name: "ephemeral identifier".into(), value });
                    Ok((event, None, Some(issue)))
                }
            }
        }
        other => Err(Issue::new(0, "no Eddystone frame", format_args!("{other:#04x}"))),
    }
}

fn beacon(id: &[u8]) -> Option<DeviceId> {
    DeviceId::new(Scheme::Beacon, &plomb_wire::to_hex(id)).ok()
}

/// Power at no distance, dBm.
fn power(byte: u8) -> Reading {
    Reading::Code { name: "transmit power, dBm".into(), value: i64::from(byte.cast_signed()) }
}

/// The address with its prefix and endings written out.
fn url(scheme: u8, rest: &[u8]) -> String {
    const ENDINGS: [&str; 7] = [".com", ".org", ".edu", ".net", ".info", ".biz", ".gov"];
    let mut text = ["http://www.", "https://www.", "http://", "https://"]
        .get(usize::from(scheme))
        .copied()
        .unwrap_or_default()
        .to_owned();
    for &byte in rest {
        match byte {
            0..=6 => text.extend([ENDINGS.get(usize::from(byte)).copied().unwrap_or_default(), "/"]),
            7..=13 => text.push_str(ENDINGS.get(usize::from(byte - 7)).copied().unwrap_or_default()),
            0x21..=0x7E => text.push(char::from(byte)),
            _ => text.push('_'),
        }
    }
    text
}

/// Plain telemetry (version 0): battery mV, temperature in 1/256 degree, adverts sent, tenths of seconds since start.
fn telemetry(reader: &mut Reader<'_>, mut event: Event) -> Result<Event, Short> {
    let version = reader.u8()?;
    if version != 0 {
        let value = reader.rest().into();
        event.readings.push(Reading::Bytes { name: "encrypted telemetry".into(), value });
        return Ok(event);
    }
    let (battery, temperature, adverts, tenths) =
        (reader.u16()?, reader.u16()?, reader.u32()?, reader.u32()?);
    if battery != 0 {
        event.readings.push(Reading::BatteryVoltage(Millivolts(battery.into())));
    }
    if temperature != 0x8000 {
        let value = CentiCelsius(i32::from(temperature.cast_signed()) * 100 / 256);
        event.readings.push(Reading::Temperature { sensor: 0, value });
    }
    for (name, value) in [("adverts sent", adverts), ("running, 0.1 s", tenths)] {
        event.readings.push(Reading::Code { name: name.into(), value: value.into() });
    }
    Ok(event)
}

/// How a key's beacon keeps time.
struct Clock {
    exponent: u8,
    /// What its clock should show now.
    counter: i64,
    tolerance_s: i64,
}

impl Clock {
    fn of(key: &DeviceKey, now_s: i64) -> Self {
        let (exponent, noted) =
            key.salt.split_first().map_or((ROTATION_EXPONENT, &[][..]), |(k, rest)| (*k, rest));
        let exponent = exponent.min(ROTATION_EXPONENT_MAX);
        let mut reader = Reader::new(noted);
        match (reader.u32(), reader.u32()) {
            (Ok(at), Ok(showed)) => {
                let passed = now_s - i64::from(at);
                let tolerance_s = CLOCK_TOLERANCE_S + passed.abs() / CLOCK_DRIFT_DIVISOR;
                Self {
                    exponent,
                    counter: i64::from(showed) + passed,
                    tolerance_s: tolerance_s.min(CLOCK_TOLERANCE_MAX_S),
                }
            }
            _ => Self { exponent, counter: now_s, tolerance_s: CLOCK_TOLERANCE_S },
        }
    }
}

/// The key whose beacon shows `shown` about now, and by how many seconds its clock is ahead at least.
fn resolve(shown: [u8; 8], config: &SessionConfig, now: ReceivedAt) -> Result<(DeviceKey, i64), Issue> {
    let mut keys = Vec::new();
    config.secrets.all(KeyPurpose::EddystoneIdentity, &mut keys);
    if keys.is_empty() {
        return Err(Issue::new(
            2,
            "an ephemeral identifier, and no identity key is known",
            plomb_wire::to_hex(&shown),
        ));
    }
    let mut computed = 0;
    let now_s = now.0.as_millis().div_euclid(1000);
    for key in keys {
        let Ok(secret) = <[u8; 16]>::try_from(key.secret.expose()) else { continue };
        let clock = Clock::of(&key, now_s);
        let period = 1_i64 << clock.exponent;
        let present = clock.counter.div_euclid(period);
        // At least one period to each side: the beacon may be just before or behind its change.
        let periods = (clock.tolerance_s / period + 1).max(1);
        let mut schedule = Schedule::new(&secret);
        // The nearest first.
        for distance in (0..=periods).flat_map(|away| if away == 0 { vec![0] } else { vec![away, -away] }) {
            let Ok(start) = u32::try_from((present + distance) * period) else { continue };
            computed += 1;
            if computed > COMPUTED_MAX {
                return Err(Issue::new(2, "more identity keys than can be tried", computed));
            }
            if same(schedule.identifier(start, clock.exponent), shown) {
                let start = i64::from(start);
                let drift = if clock.counter < start {
                    start - clock.counter
                } else {
                    (start + period - 1 - clock.counter).min(0)
                };
                return Ok((key, drift));
            }
        }
    }
    Err(Issue::new(2, "no identity key gives this identifier now", plomb_wire::to_hex(&shown)))
}

/// Whether both are the same, in constant time.
fn same(one: [u8; 8], other: [u8; 8]) -> bool {
    std::hint::black_box(u64::from_be_bytes(one) ^ u64::from_be_bytes(other)) == 0
}

/// Identifiers of one key; the temporary key is kept while the upper half of the time stays.
struct Schedule {
    identity: Aes128,
    temporary: Option<(u16, Aes128)>,
}

impl Schedule {
    fn new(identity_key: &[u8; 16]) -> Self {
        Self { identity: Aes128::new(identity_key.into()), temporary: None }
    }

    /// Temporary key: AES(identity key; 11 zeros, FF, 2 zeros, upper half of the time); identifier: the first eight bytes of
    /// AES(temporary key; 11 zeros, exponent, time with its lowest bits cleared).
    fn identifier(&mut self, time: u32, exponent: u8) -> [u8; 8] {
        let [first, second, ..] = time.to_be_bytes();
        let high = u16::from_be_bytes([first, second]);
        let temporary = match &self.temporary {
            Some((known, temporary)) if *known == high => temporary,
            _ => {
                let mut block = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0, 0, first, second].into();
                self.identity.encrypt_block(&mut block);
                &self.temporary.insert((high, Aes128::new(&block))).1
            }
        };
        let [a, b, c, d] = (time >> exponent << exponent).to_be_bytes();
        let mut block = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, exponent, a, b, c, d].into();
        temporary.encrypt_block(&mut block);
        block.first_chunk().copied().unwrap_or_default()
    }
}

/// The frame laid open.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let mut description = Description::new("Eddystone");
    let Ok(advert) = advert::read(Request::of(frame).body) else { return description };
    let (base, frame) = payload(&advert);
    let Some((&kind, rest)) = frame.split_first() else { return description };
    let name = match kind {
        UID => "UID",
        URL => "URL",
        TLM => "TLM",
        EID => "EID",
        _ => "of an unknown kind",
    };
    description.name = format!("Eddystone {name}");
    description.field(base, 1, "frame type", format_args!("{kind:#04x}"));
    let Some((&second, rest)) = rest.split_first() else { return description };
    if kind == TLM {
        description.field(base + 1, 1, "version", second);
        description.field(base + 2, rest.len(), "telemetry", plomb_wire::to_hex(rest));
        return description;
    }
    description.field(base + 1, 1, "transmit power, dBm", second.cast_signed());
    match kind {
        URL if let Some((&scheme, address)) = rest.split_first() => {
            description.field(base + 2, rest.len(), "address", url(scheme, address));
        }
        EID => description.field(base + 2, rest.len(), "ephemeral identifier", plomb_wire::to_hex(rest)),
        _ => description.field(base + 2, rest.len(), "namespace and instance", plomb_wire::to_hex(rest)),
    }
    description
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_those_derived_from_the_text_of_the_specification() {
        let key = |hex: &str| -> [u8; 16] { plomb_wire::from_hex(hex).unwrap().try_into().unwrap() };
        let one = "00112233445566778899aabbccddeeff";
        for (identity, exponent, time, expected) in [
            (one, 0, 65_280, "b644b279c51adbab"),
            (one, 10, 65_280, "823ea23e8675bc96"),
            (one, 10, 66_000, "f4c6d4d1464d5a60"),
            ("ffeeddccbbaa99887766554433221100", 15, 4_000_000_000, "d7b7e4d34253c7cc"),
        ] {
            let found = Schedule::new(&key(identity)).identifier(time, exponent);
            assert_eq!(plomb_wire::to_hex(&found), expected);
        }
    }
}
