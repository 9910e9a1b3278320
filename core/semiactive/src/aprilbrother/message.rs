//! The forms of a gateway's message, each read into the same members.

use plomb_model::Issue;
use plomb_wire::Reader;
use serde_json::Value as Json;

use super::msgpack::{self, Value};
use crate::advert::{self, Advert};

/// Adverts that are taken of one message; a gateway sends at most some hundred a second.
const ADVERTS_MAX: usize = 4096;
/// Greatest number of an advertising type (the maker's table, and extended ones).
const ADVERTISING_TYPE_MAX: u8 = 7;
/// Type, address and strength before the advert.
const RECORD_HEAD_BYTES: usize = 8;

/// What a message holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    pub(super) gateway: Option<[u8; 6]>,
    pub(super) firmware: Option<String>,
    pub(super) number: Option<u32>,
    /// Seconds since the gateway's start, or since 1970.
    pub(super) time: Option<i64>,
    pub(super) ip: Option<String>,
    pub(super) rssi: Option<i16>,
    pub(super) iccid: Option<String>,
    /// Whether the message says anything of the gateway itself.
    pub(super) of_gateway: bool,
    /// Adverts and where they are in the frame.
    pub(super) adverts: Vec<(Advert, usize)>,
}

/// Reads a body that begins at `base` in the frame.
pub(super) fn read(body: &[u8], base: usize) -> (Option<Message>, Vec<Issue>) {
    let mut issues = Vec::new();
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    if text.starts_with('{') {
        let message = match serde_json::from_str::<Json>(text) {
            Ok(json) => Some(of_json(&json, base, &mut issues)),
            Err(error) => {
                issues.push(Issue::new(base, "no JSON", error));
                None
            }
        };
        return (message, issues);
    }
    if text.starts_with('$') {
        return (Some(of_lines(text, base, &mut issues)), issues);
    }
    // Hex digits of a capture are the bytes themselves.
    let bytes = plomb_wire::from_hex(text).ok().filter(|bytes| !bytes.is_empty());
    let bytes = bytes.as_deref().unwrap_or(body);
    let message = match bytes.first() {
        Some(0x80..=0x8F | 0xDE | 0xDF) => of_msgpack(bytes, base, &mut issues),
        Some(0..=ADVERTISING_TYPE_MAX) => {
            let mut message = Message::default();
            record(bytes, base, &mut message, &mut issues);
            Some(message).filter(|message| !message.adverts.is_empty())
        }
        _ => {
            issues.push(Issue::new(
                base,
                "no message of an April Brother gateway",
                plomb_wire::to_hex(bytes),
            ));
            None
        }
    };
    (message, issues)
}

fn push(advert: Advert, offset: usize, message: &mut Message, issues: &mut Vec<Issue>) {
    if message.adverts.len() < ADVERTS_MAX {
        message.adverts.push((advert, offset));
    } else if issues.last().is_none_or(|issue| issue.what != "too many adverts") {
        issues.push(Issue::new(offset, "too many adverts", ADVERTS_MAX));
    }
}

/// One device of MessagePack: type, address, strength minus 256, advert.
fn record(bytes: &[u8], offset: usize, message: &mut Message, issues: &mut Vec<Issue>) {
    let mut reader = Reader::new(bytes);
    let head = reader.u8().and_then(|kind| Ok((kind, reader.array()?, reader.u8()?)));
    match head {
        Ok((0..=ADVERTISING_TYPE_MAX, address, strength)) => {
            let advert = Advert {
                address: Some(address),
                data: reader.rest().to_vec(),
                rssi: Some(strength_of(strength.into())),
                gateway: None,
            };
            push(advert, offset + RECORD_HEAD_BYTES, message, issues);
        }
        Ok((kind, ..)) => issues.push(Issue::new(offset, "no advertising type", kind)),
        Err(_) => issues.push(Issue::new(offset, "device cut off", plomb_wire::to_hex(bytes))),
    }
}

/// A strength as a byte is 256 less; one that is negative is meant as it is.
fn strength_of(number: i64) -> i16 {
    let number = if number > 0 { number - 256 } else { number };
    i16::try_from(number.clamp(-256, 127)).unwrap_or_default()
}

fn of_msgpack(bytes: &[u8], base: usize, issues: &mut Vec<Issue>) -> Option<Message> {
    let mut reader = Reader::at(bytes, base);
    let pairs = match msgpack::value(&mut reader, 0) {
        Ok(Value::Map(pairs)) => pairs,
        Ok(other) => {
            issues.push(Issue::new(base, "no map of MessagePack", format_args!("{other:?}")));
            return None;
        }
        Err(fault) => {
            issues.push(Issue::new(reader.offset(), "no MessagePack", fault));
            return None;
        }
    };
    if !reader.is_empty() {
        issues.push(Issue::new(
            reader.offset(),
            "bytes after the message",
            plomb_wire::to_hex(reader.rest()),
        ));
    }
    let mut message = Message::default();
    let mut named = false;
    for (key, value) in pairs {
        let Value::Bytes(key) = key else { continue };
        let text = match value {
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Value::Int(number) => Some(number.to_string()),
            Value::Float(number) => Some(number.to_string()),
            _ => None,
        };
        match (key, value) {
            (b"devices", Value::Array(devices)) => {
                named = true;
                for device in devices {
                    match device {
                        // Where it stands in the frame is not kept: the issue names the map.
                        Value::Bytes(bytes) => record(bytes, base, &mut message, issues),
                        other => {
                            issues.push(Issue::new(
                                base,
                                "a device that is no bytes",
                                format_args!("{other:?}"),
                            ));
                        }
                    }
                }
            }
            // Six bytes, or their digits.
            (b"mac", Value::Bytes(bytes)) => {
                message.gateway = bytes.try_into().ok().or_else(|| advert::address(text.as_deref()?));
            }
            (key, _) => {
                if let Some(text) = text {
                    member(&String::from_utf8_lossy(key), &text, &mut message);
                }
            }
        }
    }
    if !named && !message.of_gateway && message.gateway.is_none() {
        issues.push(Issue::new(base, "no devices and no gateway in the map", plomb_wire::to_hex(bytes)));
        return None;
    }
    Some(message)
}

/// A member that is one text or number.
fn member(name: &str, text: &str, message: &mut Message) {
    let whole = text.split('.').next().and_then(|whole| whole.parse::<i64>().ok());
    match name {
        "v" => message.firmware = Some(text.to_owned()),
        "mid" => message.number = whole.and_then(|number| u32::try_from(number).ok()),
        "time" => message.time = whole,
        "ip" => message.ip = Some(text.to_owned()),
        "rssi" => message.rssi = whole.and_then(|number| i16::try_from(number).ok()),
        "iccid" => message.iccid = Some(text.to_owned()),
        "mac" => message.gateway = advert::address(text),
        _ => return,
    }
    message.of_gateway |= name != "mac";
}

fn of_json(json: &Json, base: usize, issues: &mut Vec<Issue>) -> Message {
    let mut message = Message::default();
    for (name, value) in json.as_object().into_iter().flatten() {
        match value {
            Json::String(text) => member(name, text, &mut message),
            Json::Number(number) => member(name, &number.to_string(), &mut message),
            _ => {}
        }
    }
    let devices = json.get("devices").and_then(Json::as_array);
    if devices.is_none() && !message.of_gateway {
        issues.push(Issue::new(base, "no devices in the JSON", json));
    }
    for device in devices.into_iter().flatten() {
        match device {
            Json::String(text) => match plomb_wire::from_hex(text) {
                Ok(bytes) => record(&bytes, base, &mut message, issues),
                Err(_) => issues.push(Issue::new(base, "a device that is no hex", text)),
            },
            other => match of_member(other) {
                Some(advert) => push(advert, base, &mut message, issues),
                None => issues.push(Issue::new(base, "a device that cannot be read", other)),
            },
        }
    }
    message
}

/// A device of JSON: `[type, address, strength, advert]`, or an object of these.
fn of_member(device: &Json) -> Option<Advert> {
    let (mac, rssi, data) = match device {
        Json::Array(parts) => match parts.as_slice() {
            [_, mac, rssi, data, ..] | [mac, rssi, data] => (mac, rssi, data),
            _ => return None,
        },
        object => (
            object.get("mac")?,
            object.get("rssi").unwrap_or(&Json::Null),
            ["data", "adv", "payload", "rawData"].iter().find_map(|name| object.get(name))?,
        ),
    };
    let rssi = rssi.as_i64().or_else(|| rssi.as_str()?.parse().ok());
    Some(Advert {
        address: Some(advert::address(mac.as_str()?)?),
        data: plomb_wire::from_hex(data.as_str()?).ok()?,
        rssi: rssi.map(strength_of),
        gateway: None,
    })
}

/// Lines of the older gateways: `$GPRP,device,gateway,strength,advert`.
fn of_lines(text: &str, base: usize, issues: &mut Vec<Issue>) -> Message {
    let mut message = Message::default();
    let mut offset = base;
    for line in text.split_inclusive('\n') {
        let fields: Vec<&str> = line.trim().split(',').map(str::trim).collect();
        let read = match fields.as_slice() {
            [""] => None,
            ["$GPRP" | "$SRRP" | "$1MRP" | "$LRAD", device, gateway, rssi, data, ..] => {
                message.gateway = message.gateway.or_else(|| advert::address(gateway));
                let advert = advert::address(device).zip(plomb_wire::from_hex(data).ok());
                Some(advert.map(|(address, data)| Advert {
                    address: Some(address),
                    data,
                    rssi: rssi.parse().ok(),
                    gateway: None,
                }))
            }
            _ => Some(None),
        };
        match read {
            Some(Some(advert)) => push(advert, offset, &mut message, issues),
            Some(None) => issues.push(Issue::new(offset, "no line of a gateway", line.trim())),
            None => {}
        }
        offset += line.len();
    }
    message
}
