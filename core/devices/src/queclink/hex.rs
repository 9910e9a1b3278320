//! HEX frames: head, message type, mask, length, identity, and the points, which are found by their dates; and the
//! compressed points of the GB100.
//!
//! `head[4] | type | mask u32 | length u16 | device type | version u16 | firmware u16 | identity[8] | ... | send time[7]
//! | count u16 | crc u16 | 0D0A`. A point is `accuracy | speed 3 (km/h u16 and tenths) | azimuth u16 | altitude i16 |
//! longitude i32 1e-6 | latitude i32 1e-6 | UTC 7`. The identity holds two decimal digits a byte.

use plomb_model::{
    CentiDegrees, Delivery, DeviceId, Event, EventKind, Fix, LatitudeE7, LongitudeE7, Metres, OccurredAt,
    Position, Reading, Scheme, Signal, Speed, Timestamp,
};
use plomb_wire::Reader;

/// Message type of `+RSP` whose points are compressed (GB100).
const COMPRESSED: u8 = 100;

/// What a frame says of itself.
#[derive(Debug)]
pub(super) struct Hex<'a> {
    /// `RSP`, `EVT` ...
    pub(super) head: &'a str,
    pub(super) message: u8,
    pub(super) device_type: u8,
    pub(super) version: u16,
    pub(super) device: Option<DeviceId>,
    pub(super) count: u16,
    pub(super) sent_at: Option<Timestamp>,
    /// What is between the identity and the send time.
    body: &'a [u8],
}

/// Reads a whole frame.
pub(super) fn read(wire: &[u8]) -> Option<Hex<'_>> {
    let head = std::str::from_utf8(wire.get(1..4)?).ok()?;
    let located = matches!(head, "RSP" | "EVT" | "BSP" | "BVT");
    let tail_at = wire.len().checked_sub(13)?;
    let tail = wire.get(tail_at..)?;
    let mut hex = Hex {
        head,
        message: if head == "HBD" { 0 } else { *wire.get(4)? },
        device_type: 0,
        version: 0,
        device: None,
        count: u16::from_be_bytes([*tail.get(7)?, *tail.get(8)?]),
        sent_at: time(tail.get(..7)?),
        body: &[],
    };
    // What follows the length: device type, version and firmware, then the identity; INF has the identity first.
    let (at, identity_first) = match head {
        "INF" | "BNF" => (9, true),
        "HBD" => (6, false),
        "ACK" => (7, false),
        "CRD" | "BRD" => (8, false),
        _ => (11, false),
    };
    let mut reader = Reader::new(wire.get(at..tail_at)?);
    if identity_first {
        hex.device = imei(reader.take(8).ok()?);
    }
    hex.device_type = reader.u8().ok()?;
    hex.version = reader.u16().ok()?;
    if !identity_first {
        reader.skip(2).ok()?;
        hex.device = imei(reader.take(8).ok()?);
    }
    if located {
        hex.body = reader.rest();
    }
    Some(hex)
}

fn imei(bytes: &[u8]) -> Option<DeviceId> {
    if !bytes.iter().all(|byte| *byte < 100) || bytes.first() == Some(&0) {
        return None;
    }
    let mut digits: String = bytes.iter().take(7).map(|pair| format!("{pair:02}")).collect();
    let last = bytes.get(7).filter(|last| **last < 10)?;
    digits.push_str(&last.to_string());
    DeviceId::new(Scheme::Imei, &digits).ok()
}

fn time(bytes: &[u8]) -> Option<Timestamp> {
    let [high, low, month, day, hour, minute, second] = *bytes else { return None };
    let year =
        i16::try_from(u16::from_be_bytes([high, low])).ok().filter(|year| (2000..2100).contains(year))?;
    let small = |byte: u8| i8::try_from(byte).ok();
    Timestamp::from_utc(year, small(month)?, small(day)?, small(hour)?, small(minute)?, small(second)?)
}

/// The events of a frame.
pub(super) fn events(hex: &Hex<'_>) -> Vec<Event> {
    let mut events = if matches!(hex.head, "RSP" | "BSP") && hex.message == COMPRESSED {
        compressed(hex.body)
    } else {
        points(hex.body)
    };
    if events.is_empty() {
        let kind = if hex.head == "HBD" { EventKind::Heartbeat } else { EventKind::Status };
        let mut event = Event::new(kind);
        event.occurred_at = hex.sent_at.map(OccurredAt);
        events.push(event);
    }
    for event in &mut events {
        event.serial = Some(u32::from(hex.count));
        if hex.head.starts_with('B') {
            event.delivery = Delivery::Buffered;
        }
    }
    if let Some(event) = events.last_mut()
        && matches!(hex.head, "EVT" | "BVT")
    {
        said(hex.message, event);
    }
    events
}

/// Events of `+EVT` that are known by their number.
fn said(message: u8, event: &mut Event) {
    let signal = match message {
        1 => Some(Signal::PowerOff),
        2 => Some(Signal::ExternalPowerRestored),
        3 => Some(Signal::PowerCut),
        6 => Some(Signal::LowBattery),
        23 => Some(Signal::Collision),
        13 | 45 => {
            event.readings.push(Reading::Ignition(true));
            None
        }
        14 | 46 => {
            event.readings.push(Reading::Ignition(false));
            None
        }
        _ => None,
    };
    event.signals = event.signals.with_if(signal.is_some(), signal.unwrap_or(Signal::General));
}

fn points(body: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut at = 0;
    while let Some(bytes) = body.get(at..at + 23) {
        match one(bytes) {
            Some(event) => {
                events.push(event);
                at += 23;
            }
            None => at += 1,
        }
    }
    events
}

fn one(bytes: &[u8]) -> Option<Event> {
    let mut reader = Reader::new(bytes);
    let accuracy = reader.u8().ok().filter(|accuracy| *accuracy <= 50)?;
    let speed = reader.u16().ok().filter(|speed| *speed <= 999)?;
    let tenths = reader.u8().ok().filter(|tenths| *tenths <= 9)?;
    let course = reader.u16().ok().filter(|course| *course < 360)?;
    let altitude = reader.i16().ok().filter(|altitude| (-1_000..=20_000).contains(altitude))?;
    let longitude = reader.i32().ok()?;
    let latitude = reader.i32().ok()?;
    if longitude == 0 && latitude == 0 {
        return None;
    }
    let fix = if accuracy == 0 { Fix::Stale } else { Fix::Gnss };
    let mut position = place(longitude, latitude, fix)?;
    position.speed = Some(Speed::from_tenths_kmh(u32::from(speed) * 10 + u32::from(tenths)));
    position.course = Some(CentiDegrees::from_degrees(i32::from(course)));
    position.altitude = Some(Metres(i64::from(altitude)));
    Some(positioned(position, time(reader.take(7).ok()?)?))
}

fn place(longitude: i32, latitude: i32, fix: Fix) -> Option<Position> {
    let longitude = LongitudeE7::new(i64::from(longitude) * 10).ok()?;
    let latitude = LatitudeE7::new(i64::from(latitude) * 10).ok()?;
    Some(Position::new(latitude, longitude, fix))
}

fn positioned(position: Position, at: Timestamp) -> Event {
    let mut event = Event::new(EventKind::Position);
    event.position = Some(position);
    event.occurred_at = Some(OccurredAt(at));
    event
}

/// One point a second. A byte's high three bits tell what follows: 3 a whole point (speed 12 bits, azimuth 9, longitude
/// and latitude 32 each, time 32), 5 the differences to the last one (7, 7, 12 and 11 bits), 7 no fix in this second.
fn compressed(body: &[u8]) -> Vec<Event> {
    // Battery, supply (2), motion, satellites.
    let mut reader = Reader::new(body);
    let mut events = Vec::new();
    let Ok(count) = reader.skip(5).and_then(|()| reader.u16()) else { return events };
    let mut last: Option<(i64, i64, i64, i64, i64)> = None;
    for _ in 0..count {
        match reader.peek().map(|byte| byte >> 5) {
            Some(3) => {
                let (Ok(head), Ok(longitude), Ok(latitude), Ok(at)) =
                    (reader.u24(), reader.i32(), reader.i32(), reader.u32())
                else {
                    break;
                };
                let speed = i64::from(head >> 9 & 0xFFF);
                last = Some((speed, i64::from(head & 0x1FF), longitude.into(), latitude.into(), at.into()));
            }
            Some(5) => {
                let (Ok(bytes), Some(point)) = (reader.array::<5>(), last) else { break };
                let [a, b, c, d, e] = bytes;
                let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]);
                last = Some((
                    point.0 + signed(bits >> 30, 7),
                    point.1 + signed(bits >> 23, 7),
                    point.2 + signed(bits >> 11, 12),
                    point.3 + signed(bits, 11),
                    point.4 + 1,
                ));
            }
            Some(7) => {
                if reader.u8().is_err() {
                    break;
                }
                last = last.map(|point| (point.0, point.1, point.2, point.3, point.4 + 1));
                continue;
            }
            _ => break,
        }
        let Some((speed, course, longitude, latitude, at)) = last else { break };
        let coordinates = i32::try_from(longitude).ok().zip(i32::try_from(latitude).ok());
        let Some(mut position) = coordinates.and_then(|(x, y)| place(x, y, Fix::Gnss)) else { continue };
        position.speed = u32::try_from(speed).ok().map(Speed::from_tenths_kmh);
        position.course = i32::try_from(course.rem_euclid(360)).ok().map(CentiDegrees::from_degrees);
        events.push(positioned(position, Timestamp::from_secs(at)));
    }
    events
}

/// The low bits of a number as a signed one.
fn signed(bits: u64, width: u32) -> i64 {
    let value = i64::try_from(bits & ((1 << width) - 1)).unwrap_or(0);
    if value >> (width - 1) == 1 { value - (1 << width) } else { value }
}
