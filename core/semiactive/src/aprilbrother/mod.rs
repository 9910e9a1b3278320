//! April Brother AB BLE gateways: what they heard, as MessagePack, JSON or lines of text.
//!
//! Source: the maker's "User Guide For AB BLE Gateway V4" (data format) and that of its older gateways (`$GPRP` lines). See
//! `docs/protocols/aprilbrother.md`. Each advert is read as by any other gateway.

mod message;
mod msgpack;

use plomb_model::{DeviceId, Event, EventKind, Issue, OccurredAt, Protocol, Reading, Scheme, Timestamp};
use plomb_session::{Decoded, Description, Request, Session, SessionConfig};

use crate::hear::hear;
use crate::session::Whole;
use message::{Message, read};

/// 2015-01-01 in seconds: a smaller time counts from the gateway's start.
const EARLIEST_S: i64 = 1_420_070_400;

/// A session.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    crate::session::session(config, Protocol::Aprilbrother, decode)
}

fn decode(session: &Whole, request: &Request<'_>, out: &mut Decoded) -> Option<DeviceId> {
    let (message, issues) = read(request.body, request.body_offset);
    for issue in issues {
        out.issue(issue);
    }
    let message = message?;
    let (silent, alone) = (message.adverts.is_empty(), message.adverts.len() == 1);
    let gateway = message
        .gateway
        .and_then(|mac| DeviceId::new(Scheme::Gateway, &plomb_wire::to_hex(&mac).to_uppercase()).ok());
    let seconds = message.time.filter(|seconds| *seconds >= EARLIEST_S);
    let time = seconds.map(|seconds| OccurredAt(Timestamp::from_secs(seconds)));
    if message.of_gateway || silent && gateway.is_some() {
        out.event(alive(&message, time));
    } else if silent {
        out.issue(Issue::new(request.body_offset, "nothing was heard, by no gateway", "an empty message"));
    }
    let mut sender = gateway;
    for (advert, offset) in message.adverts {
        let heard = hear(&advert, &session.config, session.now);
        for mut event in heard.events {
            // Without a gateway's name the only tag is the sender.
            if gateway.is_none() && alone {
                sender = heard.device;
            } else {
                event.peripheral = heard.device;
            }
            event.occurred_at = event.occurred_at.or(time);
            out.event(event);
        }
        for issue in heard.issues {
            let inside = usize::try_from(issue.offset).unwrap_or(usize::MAX);
            out.issue(Issue::new(offset.saturating_add(inside), issue.what, issue.found));
        }
    }
    sender
}

/// The gateway itself: firmware, number of the message, its address and running time.
fn alive(message: &Message, time: Option<OccurredAt>) -> Event {
    let mut event = Event::new(EventKind::Heartbeat);
    event.occurred_at = time;
    event.serial = message.number;
    event.readings.extend(message.firmware.clone().map(|text| Reading::Firmware(text.into())));
    event.readings.extend(message.ip.as_ref().map(|ip| Reading::Text(format!("ip {ip}").into())));
    event.readings.extend(message.rssi.map(Reading::Rssi));
    event.readings.extend(message.iccid.clone().map(|text| Reading::Iccid(text.into())));
    let running = message.time.filter(|seconds| *seconds < EARLIEST_S);
    event.readings.extend(running.map(|value| Reading::Code { name: "running, s".into(), value }));
    event
}

/// The message laid open: the gateway's members and each advert.
#[must_use]
pub fn describe(frame: &[u8]) -> Description {
    let request = Request::of(frame);
    let mut description = Description::new("April Brother gateway message");
    let (message, issues) = read(request.body, request.body_offset);
    if let Some(message) = message {
        let texts = [
            ("mac", message.gateway.map(|mac| plomb_wire::to_hex(&mac))),
            ("v", message.firmware),
            ("mid", message.number.map(|number| number.to_string())),
            ("time", message.time.map(|time| time.to_string())),
            ("ip", message.ip),
            ("rssi", message.rssi.map(|rssi| rssi.to_string())),
            ("iccid", message.iccid),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                description.field(request.body_offset, 0, name, value);
            }
        }
        for (advert, offset) in message.adverts {
            let mac = advert.address.map(|mac| plomb_wire::to_hex(&mac)).unwrap_or_default();
            let rssi = advert.rssi.map(|rssi| rssi.to_string()).unwrap_or_default();
            let data = plomb_wire::to_hex(&advert.data);
            description.field(offset, 0, "device", format_args!("{mac} {rssi} dBm {data}"));
        }
    }
    for issue in issues {
        let offset = usize::try_from(issue.offset).unwrap_or(usize::MAX);
        description.field(offset, 0, "cannot be read", format_args!("{}: {}", issue.what, issue.found));
    }
    description
}
