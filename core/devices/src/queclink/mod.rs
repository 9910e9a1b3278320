//! Queclink @Track: the ASCII and HEX forms of the GL, GV, GB and CV families, and the record frames of the GL601.
//!
//! Source: "GL300 @Tracker Air Interface Protocol" 1.02 (TRACGL300AN001, 2013), pages of "GV200 @Track Air Interface
//! Protocol" (TRACGV200AN003) and of the vendor's pages for the GL601, and recorded frames (`vectors/trackers`).
//! `docs/protocols/queclink.md` says what is covered.

mod check;
mod command;
mod describe;
mod hex;
mod record;
mod report;
mod split;
mod text;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Issue, OccurredAt,
    Reading, ReceivedAt, Scheme,
};

use crate::{Decoded, Session, SessionConfig};
use command::Waiting;
use split::Kind;
use text::Text;

/// How much of bytes of no frame an issue shows.
const SHOWN_BYTES_MAX: usize = 12;

/// Opens a conversation with a Queclink device.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Queclink { lenient: config.lenient, ..Queclink::default() })
}

#[derive(Debug, Default)]
struct Queclink {
    lenient: bool,
    held: Vec<u8>,
    device: Option<DeviceId>,
    model: Option<&'static str>,
    waiting: Waiting,
}

impl Queclink {
    fn take(&mut self, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(piece) = split::next(rest, finished) else { break };
            let wire = rest.get(..piece.bytes).unwrap_or(rest);
            self.piece(piece.kind, wire, out);
            at += piece.bytes.max(1);
        }
        data.drain(..at.min(data.len()));
        self.held = data;
    }

    fn piece(&mut self, kind: Kind, wire: &[u8], out: &mut Decoded) {
        let shown = plomb_wire::to_hex(wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire));
        match kind {
            Kind::Text => return self.text(wire, true, out),
            Kind::OpenText => {
                out.issue(Issue::new(wire.len(), "no tail character", format_args!("{} bytes", wire.len())));
                return self.text(wire, false, out);
            }
            Kind::Hex => return self.hex(wire, out),
            Kind::Record => return self.record(wire, out),
            Kind::BadHex | Kind::BadRecord => {
                out.issue(Issue::new(wire.len().saturating_sub(4), "checksum differs", &shown));
                if self.lenient {
                    return if kind == Kind::BadHex { self.hex(wire, out) } else { self.record(wire, out) };
                }
            }
            Kind::Cut => out.issue(Issue::new(wire.len(), "frame is incomplete", &shown)),
            Kind::Blank => {}
            Kind::Noise => out.issue(Issue::new(0, "bytes outside any frame", &shown)),
        }
        out.report(self.device, wire);
    }

    fn text(&mut self, wire: &[u8], whole: bool, out: &mut Decoded) {
        let Some(text) = text::read(wire) else {
            out.issue(Issue::new(0, "text is no ASCII", wire.len()));
            return out.report(self.device, wire);
        };
        // Without its tail a text is believed if its last fields, send time and count number, are there.
        if !whole && !self.lenient && (text.count().is_none() || text.sent_at().is_none()) {
            return out.report(self.device, wire);
        }
        let named = text.identity.and_then(|at| DeviceId::new(Scheme::Imei, text.at(at)).ok());
        match named {
            Some(device) => self.device = Some(device),
            None => out.issue(Issue::new(text.offset(2), "no equipment identity", text.at(2))),
        }
        self.model = command::model(text.version()).or(self.model);
        let mut issues = Vec::new();
        match text.head {
            "ACK" | "NACK" | "NAK" | "QRY" if text.name != "HBD" => out.event(self.answer(&text)),
            "SACK" => {}
            _ => report::events(&text, &mut issues).into_iter().for_each(|event| out.event(event)),
        }
        issues.into_iter().for_each(|issue| out.issue(issue));
        if whole {
            match text.head {
                "ACK" if text.name == "HBD" => {
                    out.reply(format!("+SACK:GTHBD,{},{}$", text.at(1), text.back(0)).as_bytes());
                }
                "RESP" | "BUFF" if text.count().is_some() => {
                    out.reply(format!("+SACK:{}$", text.back(0)).as_bytes());
                }
                _ => {}
            }
        }
        out.report(self.device, wire);
    }

    fn answer(&mut self, text: &Text<'_>) -> Event {
        let mut event = Event::new(EventKind::Message);
        event.occurred_at = text.sent_at().map(OccurredAt);
        event.serial = text.count();
        if let Some(ticket) = self.waiting.take(text.back(2)) {
            event.kind = EventKind::CommandResult;
            let failed = matches!(text.head, "NACK" | "NAK");
            let outcome = if failed { CommandOutcome::Failed } else { CommandOutcome::Acknowledged };
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        event.readings.push(Reading::Text(format!("{} {}", text.head, text.name).into()));
        event
    }

    fn hex(&mut self, wire: &[u8], out: &mut Decoded) {
        match hex::read(wire) {
            Some(hex) => {
                self.device = hex.device.or(self.device);
                hex::events(&hex).into_iter().for_each(|event| out.event(event));
                if hex.head == "HBD" {
                    let (kind, version, count) = (hex.device_type, hex.version, hex.count);
                    out.reply(format!("+SACK:GTHBD,{kind:02X}{version:04X},{count:04X}$").as_bytes());
                } else if hex.head != "ACK" {
                    out.reply(format!("+SACK:{:04X}$", hex.count).as_bytes());
                }
            }
            None => out.issue(Issue::new(4, "frame ends early", wire.len())),
        }
        out.report(self.device, wire);
    }

    fn record(&mut self, wire: &[u8], out: &mut Decoded) {
        let mut issues = Vec::new();
        let (device, events) = record::read(wire, &mut issues);
        self.device = device.or(self.device);
        events.into_iter().for_each(|event| out.event(event));
        issues.into_iter().for_each(|issue| out.issue(issue));
        out.report(self.device, wire);
    }
}

impl Session for Queclink {
    fn receive(&mut self, _: ReceivedAt, bytes: &[u8], out: &mut Decoded) {
        self.take(bytes, false, out);
    }

    fn finish(&mut self, _: ReceivedAt, out: &mut Decoded) {
        self.take(&[], true, out);
    }

    fn tick(&mut self, _: ReceivedAt, _: &mut Decoded) {}

    fn deadline(&self) -> Option<ReceivedAt> {
        None
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        to: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        out: &mut Decoded,
    ) -> Result<(), CommandError> {
        let device = self.device.ok_or(CommandError::UnknownDevice)?;
        if to.is_some_and(|to| to != device) {
            return Err(CommandError::UnknownDevice);
        }
        let bytes = self.waiting.encode(now, ticket, command, self.model)?;
        out.reply_only(Some(device), &bytes);
        Ok(())
    }
}
