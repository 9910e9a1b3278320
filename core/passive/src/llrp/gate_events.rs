//! What a reader says of itself, and what its gate adds to the tags it reads.

use plomb_model::{Event, EventKind, Fix, Issue, OccurredAt, Position, Reading, Signal, Signals, Timestamp};
use plomb_wire::to_hex;

use super::codec::Item;
use super::gate::Gate;

/// What a notification of the reader brings.
#[derive(Debug, Default)]
pub(super) struct Notice {
    pub(super) event: Option<Event>,
    pub(super) issues: Vec<Issue>,
    /// The status of a connection attempt.
    pub(super) attempt: Option<u16>,
    /// Whether the reader closes the connection.
    pub(super) closed: bool,
}

/// The words for the status of a connection attempt (ConnectionAttemptEvent).
pub(super) const fn attempt_name(code: u16) -> &'static str {
    match code {
        0 => "it takes us",
        1 => "it has a connection of its own making",
        2 => "another host is connected",
        4 => "another host tries to connect",
        _ => "it fails for another reason",
    }
}

/// Adds to a tag's event what the gate knows: where, by which lane, which way.
pub(super) fn at_gate(event: &mut Event, gate: &Gate) {
    event.position = position(gate);
    let number = event.readings.iter().find_map(|reading| match reading {
        Reading::Antenna(number) => Some(*number),
        _ => None,
    });
    let antenna = number.and_then(|number| gate.antenna(number));
    let mut tell = |what: &str, value: &str| {
        if !value.is_empty() {
            event.readings.push(Reading::Text(format!("{what} {value}").into()));
        }
    };
    tell("checkpoint", &gate.checkpoint);
    tell("lane", antenna.map_or("", |antenna| &antenna.name));
    let direction = antenna.and_then(|antenna| antenna.direction).or(gate.direction);
    tell("direction", direction.map_or("", |direction| direction.name()));
}

fn position(gate: &Gate) -> Option<Position> {
    gate.place.map(|(latitude, longitude)| Position::new(latitude, longitude, Fix::Reader))
}

fn text(item: &Item<'_>) -> String {
    String::from_utf8_lossy(item.bytes).into_owned()
}

fn word(item: &Item<'_>) -> u16 {
    u16::try_from(item.number()).unwrap_or(u16::MAX)
}

fn say(event: &mut Event, text: impl Into<Box<str>>) {
    event.readings.push(Reading::Text(text.into()));
}

fn input(event: &mut Event, number: u16, on: bool) {
    event.readings.push(Reading::Input { number: u8::try_from(number).unwrap_or(u8::MAX), on });
}

/// An antenna came or went; a gate whose antenna is cut reads nothing.
fn antenna(event: &mut Event, number: u16, connected: bool) {
    event.readings.push(Reading::Antenna(number));
    say(event, if connected { "antenna connected" } else { "antenna disconnected" });
    if !connected {
        event.signals = Signals::from(Signal::DeviceFault);
    }
}

/// READER_EVENT_NOTIFICATION.
pub(super) fn notice(items: &[Item<'_>], gate: &Gate) -> Notice {
    let mut notice = Notice::default();
    let mut event = Event::new(EventKind::Status);
    let mut number = 0;
    for item in items.iter().filter(|item| item.field.is_some()) {
        match (item.owner, item.name) {
            (128, _) => {
                let millis = i64::try_from(item.number() / 1000).unwrap_or_default();
                event.occurred_at = Some(OccurredAt(Timestamp::from_millis(millis)));
            }
            (248, "GPIPortNumber") => number = word(item),
            (248, _) => input(&mut event, number, item.number() & 0x80 != 0),
            (250, _) => say(&mut event, format!("report memory {} % full", item.number())),
            (252, "Message") => say(&mut event, text(item)),
            (255, "EventType") => number = word(item),
            (255, _) => antenna(&mut event, word(item), number != 0),
            (256, _) => {
                let code = word(item);
                notice.attempt = Some(code);
                if code == 0 {
                    event.kind = EventKind::Login;
                    event.position = position(gate);
                }
                say(&mut event, attempt_name(code));
            }
            _ => {}
        }
    }
    // These two have no fields.
    let has = |owner: u16| items.iter().any(|item| item.owner == owner);
    if has(251) {
        say(&mut event, "report memory overflowed");
        notice.issues.push(Issue::new(0, "the reader lost reports", "its memory was full"));
    }
    notice.closed = has(257);
    if !event.readings.is_empty() {
        notice.event = Some(event);
    }
    notice
}

/// What an answer, or a message of the vendor's own, says of the reader.
pub(super) fn answer(kind: u16, items: &[Item<'_>], gate: &Gate) -> Option<Event> {
    let mut event = Event::new(EventKind::Status);
    let mut number = 0;
    let mut made = 0;
    for item in items.iter().filter(|item| item.field.is_some()) {
        match (kind, item.owner, item.name) {
            (11, 137, "DeviceManufacturerName") => made = item.number(),
            (11, 137, "ModelName") => {
                let model = format!("vendor {made} model {}", item.number());
                event.readings.push(Reading::Model(model.into()));
            }
            (11, 137, "ReaderFirmwareVersion") => event.readings.push(Reading::Firmware(text(item).into())),
            (12, 218, "ReaderID") => say(&mut event, format!("reader id {}", to_hex(item.bytes))),
            (12, 221, "AntennaConnected") => number = word(item),
            (12, 221, "AntennaID") if number & 0x80 == 0 && gate.antenna(word(item)).is_some() => {
                antenna(&mut event, word(item), false);
            }
            (12, 225, "GPIPortNum") => number = word(item),
            (12, 225, "State") if item.number() < 2 => input(&mut event, number, item.number() == 1),
            (1023, 1023, "VendorIdentifier") => made = item.number(),
            (1023, 1023, "MessageSubtype") => {
                say(&mut event, format!("message of vendor {made} subtype {}", item.number()));
            }
            (1023, 1023, "Data") => {
                event
                    .readings
                    .push(Reading::Bytes { name: "custom message".into(), value: item.bytes.into() });
            }
            _ => {}
        }
    }
    (!event.readings.is_empty()).then_some(event)
}
