//! BTHome version 2 (bthome.io): service data of UUID 0xFCD2, plain or encrypted with the device's bind key.

mod message;
mod normalise;
mod table;

use aes::Aes128;
use ccm::aead::generic_array::GenericArray;
use ccm::aead::{Aead, KeyInit};
use ccm::consts::{U4, U13};
use plomb_model::{DeviceId, Identity, Issue, Protocol, Reading};
use plomb_session::{Decoded, Description, DeviceKey, KeyPurpose, Request, Session, SessionConfig};

use crate::advert::{self, Advert};
use crate::session::Whole;

/// UUID of the service data.
pub(crate) const UUID: u16 = 0xFCD2;
/// Bit of the device information: the payload is encrypted.
const ENCRYPTED: u8 = 0x01;
/// Bit of the device information: the address comes before the payload, least significant byte first.
const WITH_ADDRESS: u8 = 0x02;
/// Counter and message integrity code at the end of an encrypted payload, bytes.
const COUNTER_BYTES: usize = 4;
const MIC_BYTES: usize = 4;
/// Keys that are tried for a payload that came without its address.
const TRIED_KEYS_MAX: usize = 64;

type Ccm = ccm::Ccm<Aes128, U4, U13>;

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    crate::session::session(config, Protocol::Bthome, decode)
}

fn decode(session: &Whole, request: &Request<'_>, out: &mut Decoded) -> Option<DeviceId> {
    match advert::read(request.body) {
        Ok(advert) => advertised(&advert, &session.config, out),
        Err(what) => {
            out.issue(Issue::new(request.body_offset, what, String::from_utf8_lossy(request.body)));
            None
        }
    }
}

/// The payload with its device information, and where it begins in the data.
fn payload(data: &[u8]) -> (usize, &[u8]) {
    advert::service_data(data, UUID)
        .or_else(|| data.strip_prefix(&UUID.to_le_bytes()).map(|payload| (2, payload)))
        .unwrap_or((0, data))
}

/// Writes what an advert says, and returns whose it is.
pub(crate) fn advertised(advert: &Advert, config: &SessionConfig, out: &mut Decoded) -> Option<DeviceId> {
    let (base, service) = payload(&advert.data);
    let Some((&info, mut rest)) = service.split_first() else {
        out.issue(Issue::new(base, "no BTHome service data", "nothing"));
        return advert.address.and_then(advert::device);
    };
    if info >> 5 != 2 {
        out.issue(Issue::new(base, "not BTHome version 2", format_args!("device information {info:#04x}")));
        return advert.address.and_then(advert::device);
    }
    let (mut address, mut start) = (advert.address, base + 1);
    if info & WITH_ADDRESS != 0 {
        let Some((inside, after)) = rest.split_first_chunk::<6>() else {
            out.issue(Issue::new(start, "address cut off", plomb_wire::to_hex(rest)));
            return address.and_then(advert::device);
        };
        let mut inside = *inside;
        inside.reverse();
        if address.is_some_and(|outside| outside != inside) {
            out.issue(Issue::new(start, "address differs from the sender's", plomb_wire::to_hex(&inside)));
            return address.and_then(advert::device);
        }
        (address, rest, start) = (Some(inside), after, start + 6);
    }
    let mut keys = Vec::new();
    match address {
        Some(address) => config.secrets.find(KeyPurpose::BthomeBind, &address, &mut keys),
        None => config.secrets.all(KeyPurpose::BthomeBind, &mut keys),
    }
    if info & ENCRYPTED == 0 {
        let device = address.and_then(advert::device);
        if address.is_some() && !keys.is_empty() {
            out.issue(Issue::new(
                base,
                "plain although a bind key is known (downgrade)",
                format_args!("{info:#04x}"),
            ));
        } else {
            tell(rest, start, advert, None, out);
        }
        return device;
    }
    let Some((ciphertext, counter, mic)) = parts(rest) else {
        out.issue(Issue::new(start, "encrypted payload cut off", format_args!("{} bytes", rest.len())));
        return address.and_then(advert::device);
    };
    keys.truncate(TRIED_KEYS_MAX);
    for key in &keys {
        if let Some(plain) = open(key, info, ciphertext, counter, mic) {
            tell(&plain, start, advert, Some(u32::from_le_bytes(counter)), out);
            let sender = <[u8; 6]>::try_from(&*key.id).ok();
            return key.device.or_else(|| sender.and_then(advert::device));
        }
    }
    let (what, found) = match (keys.is_empty(), address) {
        (true, Some(_)) => ("encrypted, and no bind key is known", "no key"),
        (_, None) => ("encrypted, and the sender's address is not known", "no address"),
        (false, _) => ("message integrity code differs", "another code"),
    };
    out.issue(Issue::new(start, what, found));
    address.and_then(advert::device)
}

/// Ciphertext, counter and message integrity code.
fn parts(rest: &[u8]) -> Option<(&[u8], [u8; COUNTER_BYTES], [u8; MIC_BYTES])> {
    let (rest, mic) = rest.split_last_chunk::<MIC_BYTES>()?;
    let (ciphertext, counter) = rest.split_last_chunk::<COUNTER_BYTES>()?;
    Some((ciphertext, *counter, *mic))
}

/// Opens a payload (bthome.io/encryption): AES-128-CCM, nonce of address, UUID, device information and counter. The
/// key's id is the address. The code is compared in constant time by the library.
fn open(key: &DeviceKey, info: u8, ciphertext: &[u8], counter: [u8; 4], mic: [u8; 4]) -> Option<Vec<u8>> {
    let cipher = Ccm::new_from_slice(key.secret.expose()).ok()?;
    let nonce: Vec<u8> = [&*key.id, &UUID.to_le_bytes(), &[info], &counter].concat();
    let nonce: [u8; 13] = nonce.try_into().ok()?;
    cipher.decrypt(GenericArray::from_slice(&nonce), [ciphertext, &mic].concat().as_slice()).ok()
}

fn tell(payload: &[u8], start: usize, advert: &Advert, counter: Option<u32>, out: &mut Decoded) {
    let (objects, broken) = message::objects(payload, start);
    let mut issues: Vec<Issue> = broken.into_iter().collect();
    if !objects.is_empty() {
        let mut event = normalise::event(&objects, &mut issues);
        if let Some(counter) = counter {
            event.trust.identity = Identity::Mac;
            event.readings.push(Reading::Counter(u64::from(counter)));
        }
        event.readings.extend(advert.rssi.map(Reading::Rssi));
        event.readings.extend(advert.gateway.map(Reading::Alias));
        out.event(event);
    } else if issues.is_empty() {
        issues.push(Issue::new(start, "no objects", "an empty payload"));
    }
    for issue in issues {
        out.issue(issue);
    }
}

/// The payload laid open; an encrypted one only by its parts. Offsets count in the payload's data.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let mut description = Description::new("BTHome v2");
    let Ok(advert) = advert::read(Request::of(frame).body) else { return description };
    let (base, service) = payload(&advert.data);
    let Some((&info, rest)) = service.split_first() else { return description };
    description.field(base, 1, "device information", format_args!("{info:#04x}"));
    let (mut rest, mut start) = (rest, base + 1);
    if info & WITH_ADDRESS != 0
        && let Some((address, after)) = rest.split_first_chunk::<6>()
    {
        description.field(start, 6, "address, reversed", plomb_wire::to_hex(address));
        (rest, start) = (after, start + 6);
    }
    if info & ENCRYPTED == 0 {
        for object in message::objects(rest, start).0 {
            let value = if matches!(object.id, message::TEXT | message::RAW) {
                plomb_wire::to_hex(object.bytes)
            } else {
                object.value.to_string()
            };
            description.field(object.offset, object.bytes.len() + 1, object.name, value);
        }
    } else if let Some((ciphertext, counter, mic)) = parts(rest) {
        let end = start + ciphertext.len();
        description.field(start, ciphertext.len(), "ciphertext", plomb_wire::to_hex(ciphertext));
        description.field(end, COUNTER_BYTES, "counter", u32::from_le_bytes(counter));
        description.field(end + COUNTER_BYTES, MIC_BYTES, "message integrity code", plomb_wire::to_hex(&mic));
    }
    description
}
