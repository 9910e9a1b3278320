//! Bluetooth adverts, and the forms in which they reach us: bare payloads, AD structures, JSON with an address.

use plomb_model::{DeviceId, Scheme};
use serde_json::Value;

/// AD type "Service Data - 16-bit UUID" (Bluetooth Assigned Numbers, 2.3).
const SERVICE_DATA_16: u8 = 0x16;

/// One advert as it was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Advert {
    /// Address of the sender, most significant byte first; `None` where the message does not carry it.
    pub(crate) address: Option<[u8; 6]>,
    /// AD structures or the payload alone.
    pub(crate) data: Vec<u8>,
    /// Received strength, dBm.
    pub(crate) rssi: Option<i16>,
    /// The gateway that heard it.
    pub(crate) gateway: Option<DeviceId>,
}

/// The device of a Bluetooth address.
pub(crate) fn device(address: [u8; 6]) -> Option<DeviceId> {
    DeviceId::new(Scheme::Bluetooth, &plomb_wire::to_hex(&address).to_ascii_uppercase()).ok()
}

/// An address as people write it: `AA:BB:CC:DD:EE:FF`, with `-` or without anything between.
pub(crate) fn address(text: &str) -> Option<[u8; 6]> {
    let digits: String = text.chars().filter(|c| !matches!(c, ':' | '-')).collect();
    plomb_wire::from_hex(&digits).ok()?.try_into().ok()
}

/// The advert of a body: JSON `{"mac", "data", "rssi", "gateway"}`, hex digits, or the bytes themselves.
pub(crate) fn read(body: &[u8]) -> Result<Advert, &'static str> {
    let text = std::str::from_utf8(body).unwrap_or_default().trim();
    if text.starts_with('{') {
        let value: Value = serde_json::from_str(text).map_err(|_| "not JSON")?;
        return of_json(&value);
    }
    if !text.is_empty()
        && let Ok(data) = plomb_wire::from_hex(text)
    {
        return Ok(Advert { data, ..Advert::default() });
    }
    Ok(Advert { data: body.to_vec(), ..Advert::default() })
}

fn of_json(value: &Value) -> Result<Advert, &'static str> {
    let text = |names: &[&str]| names.iter().find_map(|name| value.get(name).and_then(Value::as_str));
    let hex = text(&["data", "payload", "service_data", "servicedata"]).ok_or("no data in the JSON")?;
    let data = plomb_wire::from_hex(hex).map_err(|_| "the data is no hex")?;
    let address = match text(&["mac", "address", "id"]) {
        Some(text) => Some(address(text).ok_or("the mac is no Bluetooth address")?),
        None => None,
    };
    let rssi = value.get("rssi").and_then(Value::as_i64).and_then(|rssi| i16::try_from(rssi).ok());
    let gateway = text(&["gateway", "gw_mac"]).and_then(|name| {
        let name: String = name.chars().filter(|c| *c != ':').collect();
        DeviceId::new(Scheme::Gateway, &name).ok()
    });
    Ok(Advert { address, data, rssi, gateway })
}

/// Service data of a 16-bit UUID, with its offset, if `data` is a whole row of AD structures that has it.
pub(crate) fn service_data(data: &[u8], uuid: u16) -> Option<(usize, &[u8])> {
    let (mut offset, mut found) = (0_usize, None);
    while let Some((&length, rest)) = data.get(offset..)?.split_first() {
        if length == 0 {
            break;
        }
        let structure = rest.get(..usize::from(length))?;
        if let [SERVICE_DATA_16, low, high, payload @ ..] = structure
            && u16::from_le_bytes([*low, *high]) == uuid
        {
            found = found.or(Some((offset + 4, payload)));
        }
        offset += 1 + usize::from(length);
    }
    found
}
