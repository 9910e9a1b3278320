//! Meitrack: MVT, T, P and K trackers, `AAA` in words, `CCC` and `CCE` in bytes, photos and answers.
//!
//! Source: Meitrack GPRS Protocol (public) and recorded frames (`vectors/trackers/meitrack.jsonl`).

mod binary;
mod describe;
mod frame;
mod text;
mod words;

pub use describe::describe;

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, DeviceId, Event, EventKind, Issue, Reading,
    ReceivedAt, Timestamp,
};

use crate::{Decoded, Session, SessionConfig};
use frame::{Frame, Piece};

/// Begins the content of a position that a command has asked for (event 34).
const ASKED_FOR: &[u8] = b"34,";
/// Commands that may wait for an answer on one connection: one a flag.
const WAITING_MAX: usize = 26;
/// After this a command no longer waits.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 1_000;

/// Opens a conversation with a Meitrack device.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Box::new(Meitrack { lenient: config.lenient, ..Meitrack::default() })
}

#[derive(Debug, Default)]
struct Meitrack {
    lenient: bool,
    held: Vec<u8>,
    device: Option<DeviceId>,
    waiting: Vec<(u8, CommandTicket, Timestamp)>,
    last: u8,
}

impl Meitrack {
    fn take(&mut self, bytes: &[u8], finished: bool, out: &mut Decoded) {
        let mut data = std::mem::take(&mut self.held);
        data.extend_from_slice(bytes);
        let mut at = 0;
        while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
            let Some(piece) = frame::next(rest, finished) else { break };
            let (Piece::Frame(bytes) | Piece::Noise(bytes) | Piece::Cut(bytes)) = piece;
            let wire = rest.get(..bytes).unwrap_or(rest);
            let shown = plomb_wire::to_hex(wire.get(..12).unwrap_or(wire));
            match (piece, Frame::of(wire)) {
                (Piece::Frame(_), Some(frame)) => self.frame(&frame, out),
                (Piece::Frame(_), None) => out.issue(Issue::new(0, "frame cannot be taken apart", shown)),
                (Piece::Cut(_), _) => out.issue(Issue::new(wire.len(), "frame is incomplete", shown)),
                (Piece::Noise(_), _) => out.issue(Issue::new(0, "bytes outside any frame", shown)),
            }
            out.report(self.device, wire);
            at += bytes.max(1);
        }
        data.drain(..at.min(data.len()));
        self.held = data;
    }

    fn frame(&mut self, frame: &Frame<'_>, out: &mut Decoded) {
        let (sent, computed) = frame.checksum;
        if sent != computed {
            let found = format!("{sent:02X}, computed {computed:02X}");
            out.issue(Issue::new(frame.wire.len().saturating_sub(4), "checksum differs", found));
            if !self.lenient {
                return;
            }
        }
        self.device = frame.device().or(self.device);
        let mut issues = Vec::new();
        let mut events: Vec<Event> = match frame.command {
            "AAA" => text::event(frame, &mut issues).into_iter().collect(),
            "CCC" => binary::ccc(frame, &mut issues),
            "CCE" => binary::cce(frame, &mut issues),
            "D00" | "D03" => vec![media(frame)],
            _ => vec![self.answer(frame)],
        };
        // A position that was asked for comes as any other, under the flag of the command and with an event of its own.
        if frame.command == "AAA"
            && frame.content.starts_with(ASKED_FOR)
            && let Some(ticket) = self.asked(frame.flag)
            && let Some(event) = events.first_mut()
        {
            event.readings.push(Reading::CommandResult { ticket, outcome: CommandOutcome::Done });
        }
        // The device keeps its records until it hears how many have come.
        if frame.command == "CCC" && issues.is_empty() {
            out.reply(&Frame::write(frame.flag, frame.imei, &format!("CCC,{}", events.len())));
        }
        events.into_iter().for_each(|event| out.event(event));
        issues.into_iter().for_each(|issue| out.issue(issue));
    }

    /// The command that waits under a flag, which waits no longer.
    fn asked(&mut self, flag: u8) -> Option<CommandTicket> {
        let index = self.waiting.iter().position(|(waits, _, _)| *waits == flag)?;
        Some(self.waiting.remove(index).1)
    }

    fn answer(&mut self, frame: &Frame<'_>) -> Event {
        let mut event = Event::new(EventKind::Message);
        let answer = String::from_utf8_lossy(frame.content);
        if let Some(ticket) = self.asked(frame.flag) {
            event.kind = EventKind::CommandResult;
            let outcome = match answer.as_ref() {
                "OK" => CommandOutcome::Done,
                wrong if wrong.to_ascii_uppercase().starts_with("ERR") => CommandOutcome::Failed,
                _ => CommandOutcome::Answered,
            };
            event.readings.push(Reading::CommandResult { ticket, outcome });
        }
        event.readings.push(Reading::Text(format!("{},{answer}", frame.command).into()));
        event
    }
}

/// A packet of a photo (`D00`: name, packets, number, bytes) or the word that there is one (`D03`).
fn media(frame: &Frame<'_>) -> Event {
    let mut event = Event::new(EventKind::Media);
    let mut parts = frame.content.splitn(4, |byte| *byte == b',');
    let name = parts.next().unwrap_or_default();
    event.readings.push(Reading::Text(String::from_utf8_lossy(name).into()));
    for word in ["packets", "packet"] {
        let number = parts.next().and_then(|part| std::str::from_utf8(part).ok()?.parse().ok());
        event.readings.extend(number.map(|value| Reading::Code { name: word.into(), value }));
    }
    if let Some(bytes) = parts.next() {
        event.readings.push(Reading::Bytes { name: "photo".into(), value: bytes.into() });
    }
    event
}

/// The command in the words of the manual.
fn words_of(command: &Command) -> Result<String, CommandError> {
    match command {
        Command::Locate => Ok("A10".to_owned()),
        Command::Restart => Ok("F02".to_owned()),
        // In units of ten seconds.
        Command::ReportingInterval { seconds, .. } if (10..=655_350).contains(seconds) => {
            Ok(format!("A12,{}", seconds / 10))
        }
        Command::ReportingInterval { seconds, .. } => Err(CommandError::Value {
            what: "interval",
            found: format!("{seconds} s"),
            allowed: "10 to 655350 seconds",
        }),
        Command::Text(text)
            if !text.is_empty()
                && text.len() <= TEXT_BYTES_MAX
                && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'*') =>
        {
            Ok(text.to_string())
        }
        Command::Text(text) => Err(CommandError::Value {
            what: "text",
            found: format!("{} bytes", text.len()),
            allowed: "1 to 1000 bytes of printable ASCII without an asterisk",
        }),
        _ => Err(CommandError::Unsupported { protocol: "meitrack" }),
    }
}

impl Session for Meitrack {
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
        let words = words_of(command)?;
        self.waiting.retain(|(_, _, at)| now.0.since(*at) < ANSWER_MS_MAX);
        if self.waiting.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.waiting.len() });
        }
        let flag = b'A' + self.last % 26;
        self.last = (self.last + 1) % 26;
        self.waiting.retain(|(waiting, _, _)| *waiting != flag);
        self.waiting.push((flag, ticket, now.0));
        out.reply_only(self.device, &Frame::write(flag, device.value(), &words));
        Ok(())
    }
}
