//! Bluetooth adverts, and the forms in which they reach us: bare payloads, AD structures, JSON with an address.

use plomb_model::{DeviceId, Scheme};
use plomb_session::{Description, Request};
use serde_json::Value;

/// AD type "Service Data - 16-bit UUID" (Bluetooth Assigned Numbers, 2.3).
pub(crate) const SERVICE_DATA_16: u8 = 0x16;
/// AD type "Manufacturer Specific Data".
pub(crate) const MANUFACTURER_DATA: u8 = 0xFF;

/// One advert as it was heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advert {
    /// Address of the sender, most significant byte first; `None` where the message does not carry it.
    pub address: Option<[u8; 6]>,
    /// AD structures or the payload alone.
    pub data: Vec<u8>,
    /// Received strength, dBm.
    pub rssi: Option<i16>,
    /// The gateway that heard it.
    pub gateway: Option<DeviceId>,
}

/// The device of a Bluetooth address.
#[must_use]
pub fn device(address: [u8; 6]) -> Option<DeviceId> {
    DeviceId::new(Scheme::Bluetooth, &plomb_wire::to_hex(&address).to_ascii_uppercase()).ok()
}

/// An address as people write it: `AA:BB:CC:DD:EE:FF`, with `-` or without anything between.
#[must_use]
pub fn address(text: &str) -> Option<[u8; 6]> {
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

/// The AD structures of `data`: type, payload and the payload's offset. `None` where it is no whole row of them; zeros at
/// the end fill it up.
pub(crate) fn structures(data: &[u8]) -> Option<Vec<(u8, &[u8], usize)>> {
    let (mut offset, mut found) = (0_usize, Vec::new());
    while let Some((&length, rest)) = data.get(offset..)?.split_first() {
        if length == 0 {
            break;
        }
        let (&kind, payload) = rest.get(..usize::from(length))?.split_first()?;
        found.push((kind, payload, offset + 2));
        offset += 1 + usize::from(length);
    }
    Some(found)
}

/// Service data of a 16-bit UUID, with its offset, if `data` is a whole row of AD structures that has it.
pub(crate) fn service_data(data: &[u8], uuid: u16) -> Option<(usize, &[u8])> {
    of_kind(data, SERVICE_DATA_16, uuid)
}

/// Data of a maker, with its offset, if `data` is a whole row of AD structures that has it.
pub(crate) fn manufacturer_data(data: &[u8], company: u16) -> Option<(usize, &[u8])> {
    of_kind(data, MANUFACTURER_DATA, company)
}

fn of_kind(data: &[u8], kind: u8, number: u16) -> Option<(usize, &[u8])> {
    structures(data)?.into_iter().find_map(|(found, payload, offset)| {
        let payload = payload.strip_prefix(&number.to_le_bytes())?;
        (found == kind).then_some((offset + 2, payload))
    })
}

/// A message called `name` laid open: its payload of a maker by `fields` (given where it begins in the data), or JSON as it is.
pub(crate) fn describe(
    name: &str,
    frame: &[u8],
    company: u16,
    fields: impl Fn(&[u8], usize, &mut Description),
) -> Description {
    let request = Request::of(frame);
    let mut description = Description::new(name);
    let text = std::str::from_utf8(request.body).unwrap_or_default().trim();
    if text.starts_with('{') {
        description.field(request.body_offset, request.body.len(), "message", text);
        return description;
    }
    let bytes = plomb_wire::from_hex(text).ok().filter(|bytes| !bytes.is_empty());
    let data = bytes.as_deref().unwrap_or(request.body);
    let (base, payload) = manufacturer_data(data, company)
        .or_else(|| data.strip_prefix(&company.to_le_bytes()).map(|payload| (2, payload)))
        .unwrap_or((0, data));
    fields(payload, base, &mut description);
    description
}
