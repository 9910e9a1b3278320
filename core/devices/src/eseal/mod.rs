//! eSeal: GNSS electronic seals whose messages are lines of text, `##S,...,E##`.
//!
//! Source: the protocol as public integrations of these seals have it (no vendor's manual is public), and recorded
//! messages (`vectors/trackers`). `docs/protocols/eseal.md` says what is covered and what is inferred.
//! Covered: start-up, periodic and button reports, termination, the events of door, lock, remote unlocking, shock and
//! drop, their acknowledgements, remote commands (`RC-...`) and their answers.

mod command;
mod message;
mod normalise;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, Issue, ReceivedAt, Scheme};

use crate::stream::{Dialect, Start, Stream, Waiting};
use crate::{Decoded, Description, Session, SessionConfig};
use message::Message;

/// Longest message that is waited for: those recorded have 130 bytes, a configuration may take twice that.
const MESSAGE_BYTES_MAX: usize = 1024;
/// Blanks (line ends) before a message that are part of it.
const BLANKS_MAX: usize = 8;
/// How a message begins and ends.
const HEAD: &[u8] = b"##S,";
const TAIL: &[u8] = b",E##";

/// Opens a conversation with a seal.
#[must_use]
pub fn session(config: SessionConfig) -> Box<dyn Session> {
    Stream::session(Eseal::default(), config.lenient)
}

/// Lays a message open.
#[must_use]
pub fn describe(wire: &[u8]) -> Description {
    message::describe(wire)
}

#[derive(Debug, Default)]
struct Eseal {
    device: Option<DeviceId>,
    /// `##S,type,id,customer,firmware,` of the last message: what answers and commands begin with.
    prefix: String,
    waiting: Waiting,
}

impl Dialect for Eseal {
    fn start(data: &[u8], finished: bool) -> Start {
        let blanks = data.iter().take(BLANKS_MAX).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let text = data.get(blanks..).unwrap_or_default();
        if !text.starts_with(HEAD) {
            let begun = text.len() < HEAD.len() && HEAD.starts_with(text);
            return if begun && !finished { Start::NeedMore } else { Start::Nothing };
        }
        let window = text.get(..MESSAGE_BYTES_MAX).unwrap_or(text);
        let find = |mark: &[u8], from: usize| {
            window.get(from..)?.windows(mark.len()).position(|part| part == mark).map(|at| at + from)
        };
        let tail = find(TAIL, HEAD.len() - 1).map(|at| at + TAIL.len());
        match (tail, find(HEAD, HEAD.len())) {
            (Some(end), next) if next.is_none_or(|next| end <= next) => Start::Whole(blanks + end),
            (_, Some(next)) => Start::Cut(blanks + next),
            _ if finished || window.len() == MESSAGE_BYTES_MAX => Start::Cut(blanks + window.len()),
            _ => Start::NeedMore,
        }
    }

    fn frame(&mut self, _: ReceivedAt, wire: &[u8], out: &mut Decoded) {
        let Some(message) = Message::of(wire) else {
            return out.issue(Issue::new(
                0,
                "message is no ASCII text",
                format_args!("{} bytes", wire.len()),
            ));
        };
        match DeviceId::new(Scheme::Tracker, message.id()) {
            Ok(device) => {
                self.device = Some(device);
                self.prefix = message.prefix();
            }
            Err(error) => {
                return out.issue(Issue::new(message.id_offset(), error.to_string(), message.id()));
            }
        }
        if message.is_answer() {
            let event = command::answer(&message, &mut self.waiting);
            return out.event(event);
        }
        let mut issues = Vec::new();
        let event = normalise::event(&message, &mut issues);
        issues.into_iter().for_each(|issue| out.issue(issue));
        if let Some(event) = event {
            out.event(event);
            out.reply(message.acknowledgement().as_bytes());
        }
    }

    fn device(&self) -> Option<DeviceId> {
        self.device
    }

    fn command(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
    ) -> Result<Vec<u8>, CommandError> {
        let body = command::body(command)?;
        self.waiting.add(now, command::name(&body), ticket)?;
        Ok(format!("{}{body},E##", self.prefix).into_bytes())
    }
}
