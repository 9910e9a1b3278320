//! Ruuvi sensors: data formats 5 and 3 (ruuvi/ruuvi-sensor-protocols), and the JSON of the Ruuvi Gateway.

use std::borrow::Cow;

use plomb_model::{
    CentiCelsius, CentiPercent, DeviceId, Event, EventKind, Issue, Millivolts, OccurredAt, Protocol, Reading,
    Scheme, Timestamp,
};
use plomb_session::{Decoded, Description, Request, Session, SessionConfig};
use plomb_wire::{Reader, Short};
use serde_json::Value;

use crate::advert::{self, Advert};
use crate::hear::hear;
use crate::session::Whole;

/// Company identifier of Ruuvi Innovations.
pub(crate) const COMPANY: u16 = 0x0499;

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    crate::session::session(config, Protocol::Ruuvi, decode)
}

/// The payload: bare, after the company identifier, or in a whole advert.
fn payload(data: &[u8]) -> &[u8] {
    let inside = advert::manufacturer_data(data, COMPANY).map(|(_, payload)| payload);
    inside.or_else(|| data.strip_prefix(&COMPANY.to_le_bytes())).unwrap_or(data)
}

/// The event of a payload, and the address in it (data format 5).
pub(crate) fn event(payload: &[u8]) -> Result<(Event, Option<DeviceId>), Issue> {
    let short = |_: Short| Issue::new(0, "payload cut off", plomb_wire::to_hex(payload));
    match payload.first() {
        Some(5) => format_5(&mut Reader::new(payload)).map_err(short),
        Some(3) => format_3(&mut Reader::new(payload)).map(|event| (event, None)).map_err(short),
        other => Err(Issue::new(0, "no Ruuvi data format that is read here", format_args!("{other:?}"))),
    }
}

fn signed(value: u16) -> i32 {
    i32::from(i16::from_be_bytes(value.to_be_bytes()))
}

/// Temperature 0.005 C, humidity 0.0025 %, pressure Pa above 50 000, acceleration mg, battery mV above 1600 in 11 bits;
/// the greatest value (of signed ones the least) says that it is not available.
fn format_5(reader: &mut Reader<'_>) -> Result<(Event, Option<DeviceId>), Short> {
    let mut event = Event::new(EventKind::Status);
    reader.skip(1)?;
    let (temperature, humidity, pressure) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let (x, y, z) = (reader.u16()?, reader.u16()?, reader.u16()?);
    let (power, movements, sequence) = (reader.u16()?, reader.u8()?, reader.u16()?);
    let address: [u8; 6] = reader.array()?;
    let readings = &mut event.readings;
    if temperature != 0x8000 {
        readings.push(Reading::Temperature { sensor: 0, value: CentiCelsius(signed(temperature) / 2) });
    }
    if humidity != 0xFFFF {
        readings.push(Reading::Humidity { sensor: 0, value: CentiPercent(humidity / 4) });
    }
    if pressure != 0xFFFF {
        readings.push(Reading::Pressure(u32::from(pressure) + 50_000));
    }
    if ![x, y, z].contains(&0x8000) {
        readings.push(Reading::Acceleration { x: signed(x), y: signed(y), z: signed(z) });
    }
    if power >> 5 != 0x7FF {
        readings.push(Reading::BatteryVoltage(Millivolts(u32::from(power >> 5) + 1600)));
    }
    if movements != 0xFF {
        readings.push(Reading::Code { name: Cow::Borrowed("movement counter"), value: i64::from(movements) });
    }
    event.serial = (sequence != 0xFFFF).then_some(u32::from(sequence));
    Ok((event, (address != [0xFF; 6]).then(|| advert::device(address)).flatten()))
}

/// Humidity 0.5 %, temperature as sign, degrees and hundredths, pressure and acceleration as above, battery mV.
fn format_3(reader: &mut Reader<'_>) -> Result<Event, Short> {
    let mut event = Event::new(EventKind::Status);
    reader.skip(1)?;
    let (humidity, degrees, hundredths, pressure) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u16()?);
    let (x, y, z, battery) = (reader.u16()?, reader.u16()?, reader.u16()?, reader.u16()?);
    let size = i32::from(degrees & 0x7F) * 100 + i32::from(hundredths);
    event.readings = vec![
        Reading::Temperature {
            sensor: 0,
            value: CentiCelsius(if degrees & 0x80 == 0 { size } else { -size }),
        },
        Reading::Humidity { sensor: 0, value: CentiPercent(u16::from(humidity) * 50) },
        Reading::Pressure(u32::from(pressure) + 50_000),
        Reading::Acceleration { x: signed(x), y: signed(y), z: signed(z) },
        Reading::BatteryVoltage(Millivolts(u32::from(battery))),
    ];
    Ok(event)
}

/// What one tag sent, by the gateway's JSON, as events about that tag.
fn tag(name: Option<&str>, value: &Value, session: &Whole, out: &mut Decoded) {
    let number = |key: &str| value.get(key).and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
    let hex = value.get("data").and_then(Value::as_str).unwrap_or_default();
    let Ok(data) = plomb_wire::from_hex(hex) else {
        out.issue(Issue::new(0, "data is no hex", hex));
        return;
    };
    let rssi = number("rssi").and_then(|rssi| i16::try_from(rssi).ok());
    let advert = Advert { address: name.and_then(advert::address), data, rssi, gateway: None };
    let heard = hear(&advert, &session.config, session.now);
    let time =
        number("timestamp").or_else(|| number("ts")).map(|seconds| OccurredAt(Timestamp::from_secs(seconds)));
    for mut event in heard.events {
        event.peripheral = heard.device;
        event.occurred_at = event.occurred_at.or(time);
        out.event(event);
    }
    for issue in heard.issues {
        out.issue(issue);
    }
}

/// The gateway's JSON: many tags (HTTP), or one whose address ends the topic (MQTT).
pub(crate) fn gateway(body: &Value, topic: &str, session: &Whole, out: &mut Decoded) -> Option<DeviceId> {
    let body = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    if let Some(tags) = body.get("tags").and_then(Value::as_object) {
        for (name, value) in tags {
            tag(Some(name), value, session, out);
        }
    } else {
        // The topic ends with the tag's address: ruuvi/<gateway>/<tag>.
        tag(topic.rsplit('/').next().filter(|name| !name.is_empty()), body, session, out);
    }
    let name = body.get("gw_mac").and_then(Value::as_str)?.replace(':', "");
    DeviceId::new(Scheme::Gateway, &name).ok()
}

fn decode(session: &Whole, request: &Request<'_>, out: &mut Decoded) -> Option<DeviceId> {
    if let Ok(body) = serde_json::from_slice::<Value>(request.body)
        && body.is_object()
    {
        return gateway(&body, request.path(), session, out);
    }
    let text = std::str::from_utf8(request.body).unwrap_or_default().trim();
    let data = plomb_wire::from_hex(text).ok().filter(|data| !data.is_empty());
    match event(payload(data.as_deref().unwrap_or(request.body))) {
        Ok((event, device)) => {
            out.event(event);
            device
        }
        Err(issue) => {
            out.issue(issue);
            None
        }
    }
}

/// Names and lengths of the fields of data formats 5 and 3, behind the format's number.
const FIELDS_5: &[(&str, usize)] = &[
    ("temperature, 0.005 deg C", 2),
    ("humidity, 0.0025 %", 2),
    ("pressure, Pa above 50000", 2),
    ("acceleration x, mg", 2),
    ("acceleration y, mg", 2),
    ("acceleration z, mg", 2),
    ("battery and transmit power", 2),
    ("movement counter", 1),
    ("sequence number", 2),
    ("address", 6),
];
const FIELDS_3: &[(&str, usize)] = &[
    ("humidity, 0.5 %", 1),
    ("temperature, sign and deg C", 1),
    ("temperature, 0.01 deg C", 1),
    ("pressure, Pa above 50000", 2),
    ("acceleration x, mg", 2),
    ("acceleration y, mg", 2),
    ("acceleration z, mg", 2),
    ("battery, mV", 2),
];

/// The message laid open: the fields of its payload (offsets count in the payload's data), or the gateway's JSON as it is.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    advert::describe("Ruuvi", frame, COMPANY, |payload, base, description| {
        let Some((&format, rest)) = payload.split_first() else { return };
        description.name = format!("Ruuvi data format {format}");
        description.field(base, 1, "data format", format);
        let fields = match format {
            5 => FIELDS_5,
            3 => FIELDS_3,
            _ => return,
        };
        let mut reader = Reader::at(rest, base + 1);
        for (name, length) in fields {
            let offset = reader.offset();
            let Ok(bytes) = reader.take(*length) else { return };
            if let Ok(two) = <[u8; 2]>::try_from(bytes) {
                let signed =
                    name.starts_with("acceleration") || format == 5 && name.starts_with("temperature");
                let value = u16::from_be_bytes(two);
                let value = if signed { self::signed(value) } else { i32::from(value) };
                description.field(offset, *length, name, value);
            } else if let [one] = bytes {
                description.field(offset, 1, name, one);
            } else {
                description.field(offset, *length, name, plomb_wire::to_hex(bytes));
            }
        }
    })
}
