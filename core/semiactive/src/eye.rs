//! Teltonika EYE sensors and beacons: version 1 of their manufacturer data, alone or in the JSON of a gateway.

use std::borrow::Cow;

use plomb_model::{
    CentiCelsius, CentiDegrees, CentiPercent, Command, CommandError, CommandTicket, DeviceId, Event,
    EventKind, Issue, Millivolts, OccurredAt, Protocol, Reading, ReceivedAt, Scheme, SealPart, Signal,
    Timestamp,
};
use plomb_session::{Decoded, Description, REQUEST_BYTES_MAX, Request, Session, SessionConfig};
use plomb_wire::{Reader, Short};
use serde_json::Value;

use crate::advert;

/// Company identifier of Teltonika.
const COMPANY: u16 = 0x089A;
/// AD type "Manufacturer Specific Data".
const MANUFACTURER: u8 = 0xFF;

/// A session.
#[must_use]
pub fn session(_: SessionConfig) -> Box<dyn Session> {
    Box::new(Eye { held: Vec::new() })
}

struct Eye {
    held: Vec<u8>,
}

/// The payload: bare, after the company identifier, or in a whole advert.
fn payload(data: &[u8]) -> &[u8] {
    let mut rest = data;
    while let Some((&length, after)) = rest.split_first() {
        let Some((structure, next)) = after.split_at_checked(usize::from(length)) else { break };
        if let [MANUFACTURER, low, high, payload @ ..] = structure
            && u16::from_le_bytes([*low, *high]) == COMPANY
        {
            return payload;
        }
        rest = next;
    }
    data.strip_prefix(&COMPANY.to_le_bytes()).unwrap_or(data)
}

/// The event of a payload.
fn event(payload: &[u8]) -> Result<(Event, Option<DeviceId>), Issue> {
    let short = |_: Short| Issue::new(0, "payload cut off", plomb_wire::to_hex(payload));
    match payload.first() {
        Some(1) => version_1(&mut Reader::new(payload)).map(|event| (event, None)).map_err(short),
        other => Err(Issue::new(0, "no Teltonika EYE version 1", format_args!("{other:?}"))),
    }
}

/// Version 1: flags, then the fields that they announce, big-endian.
fn version_1(reader: &mut Reader<'_>) -> Result<Event, Short> {
    let mut event = Event::new(EventKind::Status);
    reader.skip(1)?;
    let flags = reader.u8()?;
    let has = |bit: u8| flags >> bit & 1 == 1;
    let readings = &mut event.readings;
    if has(0) {
        let value = CentiCelsius(i32::from(i16::from_be_bytes(reader.array()?)));
        readings.push(Reading::Temperature { sensor: 0, value });
    }
    if has(1) {
        readings.push(Reading::Humidity { sensor: 0, value: CentiPercent(u16::from(reader.u8()?) * 100) });
    }
    if has(2) {
        readings.push(Reading::MagnetPresent(has(3)));
        event.seal = event.seal.with(SealPart::DoorClosed, has(3));
        event.signals = event.signals.with_if(!has(3), Signal::DoorOpen);
        event.kind = EventKind::Seal;
    }
    if has(4) {
        let count = reader.u16()?;
        readings.push(Reading::Motion(count & 0x8000 != 0));
        readings
            .push(Reading::Code { name: Cow::Borrowed("movement count"), value: i64::from(count & 0x7FFF) });
    }
    if has(5) {
        let [pitch] = reader.array::<1>()?.map(|byte| i32::from(i8::from_be_bytes([byte])));
        let roll = i32::from(i16::from_be_bytes(reader.array()?));
        let (x, y) = (CentiDegrees::from_degrees(roll), CentiDegrees::from_degrees(pitch));
        readings.push(Reading::Tilt { x, y, z: CentiDegrees(0) });
    }
    event.signals = event.signals.with_if(has(6), Signal::LowBattery);
    if has(7) {
        readings.push(Reading::BatteryVoltage(Millivolts(2000 + u32::from(reader.u8()?) * 10)));
    }
    Ok(event)
}

/// One tag's advert of the gateway's JSON, as an event about that tag.
fn tag(name: Option<&str>, value: &Value, out: &mut Decoded) {
    let hex = value.get("data").and_then(Value::as_str).unwrap_or_default();
    let found = plomb_wire::from_hex(hex)
        .map_err(|_| Issue::new(0, "data is no hex", hex))
        .and_then(|data| event(payload(&data)));
    match found {
        Ok((mut event, inside)) => {
            event.peripheral = name.and_then(advert::address).and_then(advert::device).or(inside);
            let number =
                |key: &str| value.get(key).and_then(|v| v.as_i64().or_else(|| v.as_str()?.parse().ok()));
            let rssi = number("rssi").and_then(|rssi| i16::try_from(rssi).ok());
            event.readings.extend(rssi.map(Reading::Rssi));
            let time = number("timestamp").or_else(|| number("ts"));
            event.occurred_at = time.map(|seconds| OccurredAt(Timestamp::from_secs(seconds)));
            out.event(event);
        }
        Err(issue) => out.issue(issue),
    }
}

fn gateway(body: &Value, topic: &str, out: &mut Decoded) -> Option<DeviceId> {
    let body = body.get("data").filter(|data| data.is_object()).unwrap_or(body);
    if let Some(tags) = body.get("tags").and_then(Value::as_object) {
        for (name, value) in tags {
            tag(Some(name), value, out);
        }
    } else {
        // The topic ends with the tag's address: <gateway>/<tag>.
        tag(topic.rsplit('/').next().filter(|name| !name.is_empty()), body, out);
    }
    let name = body.get("gw_mac").and_then(Value::as_str)?.replace(':', "");
    DeviceId::new(Scheme::Gateway, &name).ok()
}

impl Session for Eye {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.held.extend_from_slice(bytes);
        if self.held.len() > REQUEST_BYTES_MAX {
            out.issue(Issue::new(0, "message too long", self.held.len()));
            out.report(None, &std::mem::take(&mut self.held));
        }
    }

    fn finish(&mut self, _: ReceivedAt, out: &mut Decoded) {
        let frame = std::mem::take(&mut self.held);
        if frame.is_empty() {
            return;
        }
        let request = Request::of(&frame);
        let device = if let Ok(body) = serde_json::from_slice::<Value>(request.body)
            && body.is_object()
        {
            gateway(&body, request.path(), out)
        } else {
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
        };
        out.report(device, &frame);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        _: Option<DeviceId>,
        _: CommandTicket,
        _: &Command,
        _: &mut Decoded,
    ) -> Result<(), CommandError> {
        Err(CommandError::Unsupported { protocol: Protocol::Eye.name() })
    }
}

/// The message laid open: its payload, or the gateway's JSON as it is.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let request = Request::of(frame);
    let mut description = Description::new("Eye");
    description.field(
        request.body_offset,
        request.body.len(),
        "message",
        String::from_utf8_lossy(request.body),
    );
    description
}
