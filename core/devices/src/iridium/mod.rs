//! Iridium Short Burst Data, DirectIP: what the gateway delivers, and messages to terminals.
//!
//! Source: "Iridium Short Burst Data Service Developers Guide", DirectIP (layout as its public implementations have
//! it); see `docs/protocols/iridium.md`. Covered: message originated by a terminal (header, payload, location,
//! confirmation) and message terminated at one (header, payload, confirmation of the gateway). A payload is kept as
//! bytes and as text where it is text. The one command is a text to the terminal.

mod command;
mod describe;
mod frame;
mod message;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Fix, Issue, LatitudeE7,
    LongitudeE7, Metres, OccurredAt, Position, Reading, ReceivedAt, Scheme, Timestamp,
};
use plomb_profile::tagged_events;
use plomb_wire::{Reader, minutes_to_e7, to_hex};

use crate::{Decoded, Session, SessionConfig};
use frame::{HEADER_BYTES, Step};
use message::{Confirmation, Element, Location, OriginatedHeader};

/// Seconds after which a message that does not go on is no longer waited for.
const MESSAGE_WAIT_S_MAX: i64 = 30;
/// Answer to a gateway that wants one: the message is safe.
const CONFIRMED: [u8; 7] = [0x01, 0x00, 0x04, 0x05, 0x00, 0x01, 0x01];
/// Longest payload that is shown as a text.
const TEXT_BYTES_MAX: usize = 512;

/// Opens a conversation with a gateway.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Iridium { config, device: None, tickets: Vec::new(), pending: Vec::new(), until: None })
}

struct Iridium {
    config: SessionConfig,
    /// Who sent the last message: a gateway delivers one of one terminal.
    device: Option<DeviceId>,
    /// Commands that wait for a confirmation, by the number they were sent under.
    tickets: Vec<(u32, CommandTicket)>,
    pending: Vec<u8>,
    until: Option<ReceivedAt>,
}

impl Session for Iridium {
    fn receive(&mut self, now: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.pending.extend_from_slice(bytes);
        self.take(self.config.datagrams, out);
        self.until = (!self.pending.is_empty()).then_some(ReceivedAt(now.0.plus_secs(MESSAGE_WAIT_S_MAX)));
    }

    fn finish(&mut self, _: ReceivedAt, out: &mut Decoded) {
        self.take(true, out);
        self.until = None;
    }

    fn tick(&mut self, now: ReceivedAt, out: &mut Decoded) {
        if self.until.is_some_and(|until| until <= now) {
            self.finish(now, out);
        }
    }

    fn deadline(&self) -> Option<ReceivedAt> {
        self.until
    }

    fn command(
        &mut self,
        _: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = to.or(self.device).ok_or(CommandError::UnknownDevice)?;
        let (client, bytes) = command::encode(device, ticket, command)?;
        if self.tickets.len() >= command::WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.tickets.len() });
        }
        self.tickets.push((client, ticket));
        out.reply_only(Some(device), &bytes);
        Ok(())
    }
}

impl Iridium {
    fn take(&mut self, ended: bool, out: &mut Decoded) {
        let pending = std::mem::take(&mut self.pending);
        let mut rest = pending.as_slice();
        while !rest.is_empty() {
            let length = match frame::next(rest, ended) {
                Step::Wait => break,
                Step::Message { length } => {
                    self.message(rest.get(..length).unwrap_or_default(), out);
                    length
                }
                Step::Noise { length } => {
                    let start = to_hex(rest.get(..length.min(16)).unwrap_or_default());
                    out.issue(Issue::new(0, "no DirectIP message begins here", start));
                    length
                }
                Step::Cut { length } => {
                    out.issue(Issue::new(length, "the message is cut off", format_args!("{length} bytes")));
                    length
                }
            };
            let (frame, after) = rest.split_at_checked(length.max(1)).unwrap_or((rest, &[]));
            out.report(self.device, frame);
            rest = after;
        }
        self.pending = rest.to_vec();
    }

    fn message(&mut self, frame: &[u8], out: &mut Decoded) {
        let mut reader = Reader::at(frame.get(HEADER_BYTES..).unwrap_or_default(), HEADER_BYTES);
        let mut originated: Option<(OriginatedHeader, Event)> = None;
        let mut orphans = Vec::new();
        self.device = None;
        while !reader.is_empty() {
            let element = match message::element(&mut reader) {
                Ok(element) => element,
                Err(short) => {
                    out.issue(Issue::new(short.offset, "an element is cut off", short));
                    break;
                }
            };
            match element.id {
                0x01 => originated = self.header(element, out).or(originated),
                0x44 => self.confirmation(element, out),
                0x02..=0x05 => orphans.push(element),
                0x41..=0x46 => {
                    let found = format_args!("element 0x{:02x}", element.id);
                    out.issue(Issue::new(element.offset, "a message to a terminal, sent to us", found));
                }
                other => {
                    let found = format_args!("element 0x{other:02x}");
                    out.issue(Issue::new(element.offset, "no such element", found));
                }
            }
        }
        let Some((header, mut event)) = originated else {
            if let Some(element) = orphans.first() {
                let found = format_args!("element 0x{:02x}", element.id);
                out.issue(Issue::new(element.offset, "no header says whose this is", found));
            }
            return;
        };
        let mut carried = Vec::new();
        for element in orphans {
            match element.id {
                0x02 => {
                    payload(element.content, &mut event);
                    // A body of the open profile: its times are relative to the session's, where they are.
                    let at = ReceivedAt(Timestamp::from_secs(header.time_s.into()));
                    let told = tagged_events(element.content, element.offset + 3, &self.config, at);
                    let (events, issues) = told.unwrap_or_default();
                    carried.extend(events);
                    issues.into_iter().for_each(|issue| out.issue(issue));
                }
                0x03 => location(element, header.status, &mut event, out),
                id => event.readings.push(Reading::Bytes {
                    name: format!("element.{id:02x}").into(),
                    value: element.content.into(),
                }),
            }
        }
        out.event(event);
        carried.into_iter().for_each(|event| out.event(event));
        out.reply(&CONFIRMED);
    }

    fn header(&mut self, element: Element<'_>, out: &mut Decoded) -> Option<(OriginatedHeader, Event)> {
        let header = OriginatedHeader::read(element.content);
        let header =
            header.map_err(|short| out.issue(Issue::new(element.offset, "a header has 28 bytes", short)));
        let header = header.ok()?;
        self.device = Some(imei(&header.imei, element.offset + 7, out)?);
        let mut event = Event::new(EventKind::Message);
        event.occurred_at = Some(OccurredAt(Timestamp::from_secs(header.time_s.into())));
        event.serial = Some(header.momsn.into());
        event.readings.push(Reading::Code { name: "CDR reference".into(), value: header.reference.into() });
        event.readings.push(Reading::Code { name: "MTMSN".into(), value: header.mtmsn.into() });
        event.readings.push(Reading::Code { name: "session status".into(), value: header.status.into() });
        if header.status != 0 {
            event.readings.push(Reading::Text(message::session_status(header.status).into()));
        }
        Some((header, event))
    }

    fn confirmation(&mut self, element: Element<'_>, out: &mut Decoded) {
        let confirmation = match Confirmation::read(element.content) {
            Ok(confirmation) => confirmation,
            Err(short) => {
                out.issue(Issue::new(element.offset, "a confirmation has 25 bytes", short));
                return;
            }
        };
        let Some(device) = imei(&confirmation.imei, element.offset + 7, out) else { return };
        self.device = Some(device);
        let mut event = Event::new(EventKind::CommandResult);
        event.readings.push(Reading::Code { name: "MT status".into(), value: confirmation.status.into() });
        event
            .readings
            .push(Reading::Code { name: "MT reference".into(), value: confirmation.reference.into() });
        if confirmation.status < 0 {
            event.readings.push(Reading::Text(message::refusal(confirmation.status).into()));
        }
        if let Some(place) = self.tickets.iter().position(|(client, _)| *client == confirmation.client) {
            let (_, ticket) = self.tickets.swap_remove(place);
            // Queued is not delivered: the terminal fetches it when it next wakes.
            let outcome =
                if confirmation.status < 0 { CommandOutcome::Failed } else { CommandOutcome::Acknowledged };
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        out.event(event);
    }
}

fn imei(digits: &[u8; 15], offset: usize, out: &mut Decoded) -> Option<DeviceId> {
    let text = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let device = text.and_then(|text| DeviceId::new(Scheme::Imei, text).ok());
    if device.is_none() {
        out.issue(Issue::new(offset, "an IMEI has 15 digits", to_hex(digits)));
    }
    device
}

fn payload(content: &[u8], event: &mut Event) {
    event.readings.push(Reading::Bytes { name: "payload".into(), value: content.into() });
    let text =
        std::str::from_utf8(content).ok().filter(|text| text.len() <= TEXT_BYTES_MAX && !text.is_empty());
    if let Some(text) = text.filter(|text| !text.chars().any(char::is_control)) {
        event.readings.push(Reading::Text(text.into()));
    }
}

fn location(element: Element<'_>, status: u8, event: &mut Event, out: &mut Decoded) {
    let location = match Location::read(element.content) {
        Ok(location) => location,
        Err(short) => {
            out.issue(Issue::new(element.offset, "a location has 11 bytes", short));
            return;
        }
    };
    let signed = |e7: i64, negative: bool| if negative { -e7 } else { e7 };
    let degrees = |whole: u8, minutes: u16| minutes_to_e7(whole.into(), minutes.into(), 1000);
    let north = signed(degrees(location.north_degrees, location.north_minutes), location.flags & 2 != 0);
    let east = signed(degrees(location.east_degrees, location.east_minutes), location.flags & 1 != 0);
    match (LatitudeE7::new(north), LongitudeE7::new(east)) {
        (Ok(north), Ok(east)) => {
            // Status 2: the network itself does not believe it.
            let fix = if status == 2 { Fix::Stale } else { Fix::Network };
            event.position = Some(Position::new(north, east, fix));
            event.kind = EventKind::Position;
            event.readings.push(Reading::Accuracy(Metres(i64::from(location.radius_km) * 1000)));
        }
        _ => out.issue(Issue::new(element.offset, "no such place", to_hex(element.content))),
    }
}
