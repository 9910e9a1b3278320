//! Teltonika EYE sensors and beacons: version 1 of their manufacturer data, alone or in the JSON of a gateway.

use std::borrow::Cow;

use plomb_model::{
    CentiCelsius, CentiDegrees, CentiPercent, DeviceId, Event, EventKind, Issue, Millivolts, Protocol,
    Reading, SealPart, Signal,
};
use plomb_session::{Decoded, Description, Request, Session, SessionConfig};
use plomb_wire::{Reader, Short};
use serde_json::Value;

use crate::advert;
use crate::session::Whole;

/// Company identifier of Teltonika.
pub(crate) const COMPANY: u16 = 0x089A;

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    crate::session::session(config, Protocol::Eye, decode)
}

/// The payload: bare, after the company identifier, or in a whole advert.
fn payload(data: &[u8]) -> &[u8] {
    let inside = advert::manufacturer_data(data, COMPANY).map(|(_, payload)| payload);
    inside.or_else(|| data.strip_prefix(&COMPANY.to_le_bytes())).unwrap_or(data)
}

/// The event of a payload.
pub(crate) fn event(payload: &[u8]) -> Result<(Event, Option<DeviceId>), Issue> {
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

fn decode(session: &Whole, request: &Request<'_>, out: &mut Decoded) -> Option<DeviceId> {
    if let Ok(body) = serde_json::from_slice::<Value>(request.body)
        && body.is_object()
    {
        return crate::ruuvi::gateway(&body, request.path(), session, out);
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

/// The message laid open: the fields that its flags announce (offsets count in the payload's data), or the gateway's JSON
/// as it is.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    advert::describe("Teltonika EYE", frame, COMPANY, |payload, base, description| {
        let mut reader = Reader::at(payload, base);
        let (Ok(version), Ok(flags)) = (reader.u8(), reader.u8()) else { return };
        description.field(base, 1, "version", version);
        description.field(base + 1, 1, "flags", format_args!("{flags:#010b}"));
        let announced = [
            (0, 2, "temperature, 0.01 deg C"),
            (1, 1, "humidity, %"),
            (4, 2, "moving and movement count"),
            (5, 1, "pitch, deg"),
            (5, 2, "roll, deg"),
            (7, 1, "battery, 10 mV above 2000"),
        ];
        for (_, length, name) in announced.into_iter().filter(|(bit, ..)| flags >> bit & 1 == 1) {
            let offset = reader.offset();
            let Ok(bytes) = reader.take(length) else { return };
            let value = match *bytes {
                [high, low] if name.starts_with("moving") => i32::from(u16::from_be_bytes([high, low])),
                [high, low] => i32::from(i16::from_be_bytes([high, low])),
                [one] if name.starts_with("pitch") => i32::from(one.cast_signed()),
                [one] => i32::from(one),
                _ => return,
            };
            description.field(offset, length, name, value);
        }
    })
}
