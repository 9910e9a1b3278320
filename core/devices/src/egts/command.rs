//! Commands of the service COMMANDS, and their confirmations.

use plomb_model::{
    Command, CommandError, CommandOutcome, CommandTicket, Event, EventKind, Issue, Reading, ReceivedAt,
};
use plomb_wire::Reader;

use super::record::{Record, subrecord};

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits, milliseconds.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 1000;
/// Subrecord of a command.
const COMMAND_DATA: u8 = 51;
/// Types, in the high four bits: a confirmation, a command.
const CONFIRMED: u8 = 1;
const COMMAND: u8 = 5;
/// Codes of commands: bytes of the vendor, restart.
const RAW_DATA: u16 = 0;
const RESTART: u16 = 8;

/// Commands that wait for their confirmation.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    last: u32,
    sent: Vec<(u32, CommandTicket, ReceivedAt)>,
}

impl Waiting {
    /// The subrecord of a command.
    pub(super) fn encode(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
    ) -> Result<Vec<u8>, CommandError> {
        let (code, content) = match command {
            Command::Restart => (RESTART, &[][..]),
            Command::Text(text) if (1..=TEXT_BYTES_MAX).contains(&text.len()) => (RAW_DATA, text.as_bytes()),
            Command::Text(text) => {
                return Err(CommandError::Value {
                    what: "the text",
                    found: format!("{} bytes", text.len()),
                    allowed: "1 to 1000 bytes",
                });
            }
            _ => return Err(CommandError::Unsupported { protocol: "egts" }),
        };
        self.sent.retain(|(_, _, at)| now.0.since(at.0) < ANSWER_MS_MAX);
        if self.sent.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.sent.len() });
        }
        self.last = self.last.wrapping_add(1).max(1);
        self.sent.push((self.last, ticket, now));
        let mut data = vec![COMMAND << 4];
        data.extend_from_slice(&self.last.to_le_bytes());
        // Sender 0, and neither a character set nor an authorisation.
        data.extend_from_slice(&[0, 0, 0, 0, 0]);
        // Address of the module, action, code.
        data.extend_from_slice(&[0, 0, 0]);
        data.extend_from_slice(&code.to_le_bytes());
        data.extend_from_slice(content);
        let mut sub = vec![COMMAND_DATA];
        sub.extend_from_slice(&u16::try_from(data.len()).unwrap_or(u16::MAX).to_le_bytes());
        sub.extend_from_slice(&data);
        Ok(sub)
    }

    fn take(&mut self, number: u32) -> Option<CommandTicket> {
        let place = self.sent.iter().position(|(sent, _, _)| *sent == number)?;
        Some(self.sent.remove(place).1)
    }

    /// The events of a record of the service.
    pub(super) fn answers(&mut self, record: &Record<'_>, issues: &mut Vec<Issue>) -> Vec<Event> {
        let mut events = Vec::new();
        let mut reader = Reader::at(record.content, record.content_at);
        while !reader.is_empty() {
            let offset = reader.offset();
            match subrecord(&mut reader) {
                Ok(part) if part.kind == COMMAND_DATA => match self.answer(part.data) {
                    Some(event) => events.push(event),
                    None => issues.push(Issue::new(offset, "the command ends early", part.data.len())),
                },
                Ok(_) => {}
                Err(short) => {
                    issues.push(Issue::new(offset, "the subrecord ends early", short));
                    break;
                }
            }
        }
        events
    }

    /// A confirmation, or a message.
    fn answer(&mut self, data: &[u8]) -> Option<Event> {
        let mut part = Reader::new(data);
        let first = part.u8().ok()?;
        let number = part.u32_le().ok()?;
        part.skip(4).ok()?;
        let flags = part.u8().ok()?;
        if flags & 1 != 0 {
            part.skip(1).ok()?;
        }
        if flags & 2 != 0 {
            let length = usize::from(part.u8().ok()?);
            part.skip(length).ok()?;
        }
        let mut event = Event::new(EventKind::Message);
        let mut text = part.rest();
        if first >> 4 == CONFIRMED {
            if let Some(ticket) = self.take(number) {
                event.kind = EventKind::CommandResult;
                event.readings.push(Reading::CommandResult { ticket, outcome: outcome(first & 0x0F) });
            }
            // Address, action and code stand before what the command says.
            text = text.get(5..).unwrap_or_default();
        }
        if !text.is_empty() {
            event.readings.push(Reading::Text(String::from_utf8_lossy(text).into()));
        }
        event.readings.push(Reading::Code { name: "confirmation".into(), value: i64::from(first & 0x0F) });
        Some(event)
    }
}

const fn outcome(code: u8) -> CommandOutcome {
    match code {
        0 => CommandOutcome::Done,
        4 => CommandOutcome::Unsupported,
        6 => CommandOutcome::Acknowledged,
        _ => CommandOutcome::Failed,
    }
}
