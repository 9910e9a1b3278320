//! TK103: frames in parentheses, of the TK103 and its many kin, bicycle and wireless asset trackers among them.
//!
//! Source: the public "GPS tracker communication protocol" of the TK103 (commands `AP`, `BP`, `BR`, `BO` ...), and
//! recorded frames of both layouts (`vectors/trackers`). See `docs/protocols/tk103.md`.
//! Covered: positions of both layouts, log-in and handshake with their answers, alarms, cells, supply, quoted answers.
//! Not covered: values of OBD (`BQ86`) and of battery systems, which are kept as text.

mod command;
mod describe;
mod message;
mod normalise;
mod split;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, EventKind, Issue, Reading, ReceivedAt,
    Scheme, SealPart,
};

use crate::{Decoded, Session, SessionConfig};
use command::Waiting;
use message::Message;
use split::Kind;

/// How much of bytes of no frame an issue shows.
const SHOWN_BYTES_MAX: usize = 12;

/// Opens a conversation with a tracker.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Tk103 { lenient: config.lenient, ..Tk103::default() })
}

#[derive(Debug, Default)]
struct Tk103 {
    lenient: bool,
    held: Vec<u8>,
    device: Option<DeviceId>,
    /// The device has shown an open door: what it says of it no more, it says by the same switch.
    door: bool,
    waiting: Waiting,
}

impl Tk103 {
    fn take(&mut self, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some((kind, length)) = split::next(rest, finished) else { break };
            self.piece(kind, rest.get(..length).unwrap_or(rest), out);
            at += length.max(1);
        }
        data.drain(..at.min(data.len()));
        self.held = data;
    }

    fn piece(&mut self, kind: Kind, wire: &[u8], out: &mut Decoded) {
        let shown = || plomb_wire::to_hex(wire.get(..SHOWN_BYTES_MAX).unwrap_or(wire));
        match kind {
            Kind::Frame => self.frame(wire, out),
            Kind::Cut => {
                out.issue(Issue::new(
                    wire.len(),
                    "the frame is cut off",
                    format_args!("{} bytes", wire.len()),
                ));
                if self.lenient {
                    self.frame(wire, out);
                }
            }
            Kind::Blank => {}
            Kind::Noise => out.issue(Issue::new(0, "bytes outside any frame", shown())),
        }
        out.report(self.device, wire);
    }

    fn frame(&mut self, wire: &[u8], out: &mut Decoded) {
        let Some(message) = Message::of(wire) else {
            return out.issue(Issue::new(0, "the frame is no message", String::from_utf8_lossy(wire)));
        };
        let (number, word) = (message.text(&message.number), message.word());
        match DeviceId::new(Scheme::Tracker, number) {
            Ok(device) if self.device == Some(device) => {}
            Ok(device) => (self.device, self.door) = (Some(device), false),
            Err(error) => out.issue(Issue::new(message.number.start, error.to_string(), number)),
        }
        let mut issues = Vec::new();
        let mut event = normalise::event(&message, &mut issues);
        issues.into_iter().for_each(|issue| out.issue(issue));
        let has_state = message.place.as_ref().is_some_and(|place| !place.state.is_empty());
        if event.seal.part(SealPart::DoorClosed) == Some(false) {
            self.door = true;
        } else if self.door && has_state {
            event.seal = event.seal.with(SealPart::DoorClosed, true);
        }
        if let Some(ticket) = self.waiting.take(word) {
            event.kind = EventKind::CommandResult;
            let outcome = CommandOutcome::Acknowledged;
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        out.event(event);
        // Only the older layout has answers; an alarm is told to have arrived by its number.
        if !message.commas {
            let body = message.text(&message.body);
            match word {
                "BP00" => out.reply(format!("({number}AP01HSO)").as_bytes()),
                "BP05" => out.reply(format!("({number}AP05)").as_bytes()),
                "BO01" => {
                    let alarm = body.get(..1).unwrap_or_default();
                    out.reply(format!("({number}AS01{alarm})").as_bytes());
                }
                _ => {}
            }
        }
    }
}

impl Session for Tk103 {
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
        let bytes = self.waiting.encode(now, ticket, command, device.value())?;
        out.reply_only(Some(device), &bytes);
        Ok(())
    }
}
