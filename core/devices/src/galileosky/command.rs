//! Commands are texts in a packet of the same form; the answer repeats the number of its command.

use std::borrow::Cow;

use plomb_model::{Command, CommandError, CommandTicket, DeviceId, ReceivedAt};

use super::frame;

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits, milliseconds.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;

/// Commands that wait for their answers.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    last: u32,
    tickets: Vec<(u32, CommandTicket, ReceivedAt)>,
}

impl Waiting {
    /// Takes a command in and gives it a number.
    pub(super) fn add(&mut self, now: ReceivedAt, ticket: CommandTicket) -> Result<u32, CommandError> {
        self.tickets.retain(|(_, _, at)| now.0.since(at.0) < ANSWER_MS_MAX);
        if self.tickets.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.tickets.len() });
        }
        self.last = self.last.wrapping_add(1).max(1);
        self.tickets.push((self.last, ticket, now));
        Ok(self.last)
    }

    /// The command that is answered under a number.
    pub(super) fn answered(&mut self, number: Option<u32>) -> Option<CommandTicket> {
        let place = self.tickets.iter().position(|(sent, _, _)| Some(*sent) == number)?;
        Some(self.tickets.remove(place).1)
    }
}

/// A command in the vendor's words.
pub(super) fn text(command: &Command) -> Result<Cow<'_, str>, CommandError> {
    match command {
        Command::Locate => Ok("where".into()),
        Command::Restart => Ok("reset".into()),
        Command::Text(text)
            if (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) =>
        {
            Ok(text.as_ref().into())
        }
        Command::Text(text) => Err(CommandError::Value {
            what: "the text",
            found: format!("{} bytes", text.len()),
            allowed: "1 to 255 bytes of printable ASCII",
        }),
        _ => Err(CommandError::Unsupported { protocol: "galileosky" }),
    }
}

/// The packet: IMEI, the terminal's number, the command's number and its text.
pub(super) fn packet(device: DeviceId, terminal: u16, number: u32, text: &str) -> Vec<u8> {
    let mut content = vec![0x03];
    content.extend_from_slice(device.value().as_bytes());
    content.push(0x04);
    content.extend_from_slice(&terminal.to_le_bytes());
    content.push(0xE0);
    content.extend_from_slice(&number.to_le_bytes());
    content.push(0xE1);
    content.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
    content.extend_from_slice(text.as_bytes());
    let mut packet = vec![0x01];
    packet.extend_from_slice(&u16::try_from(content.len()).unwrap_or(u16::MAX).to_le_bytes());
    packet.extend_from_slice(&content);
    packet.extend_from_slice(&frame::sum(&packet).to_le_bytes());
    packet
}
