//! Commands that wait for an answer which names the command but carries no number of ours.

use plomb_model::{CommandError, CommandTicket, ReceivedAt, Timestamp};

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;

/// The commands that wait, oldest first, each with the name under which its answer comes.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    sent: Vec<(Box<str>, CommandTicket, Timestamp)>,
}

impl Waiting {
    /// Notes that a command was sent.
    ///
    /// # Errors
    /// [`CommandError::TooMany`].
    pub(crate) fn add(
        &mut self,
        now: ReceivedAt,
        name: &str,
        ticket: CommandTicket,
    ) -> Result<(), CommandError> {
        self.sent.retain(|(_, _, at)| now.0.since(*at) < ANSWER_MS_MAX);
        if self.sent.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.sent.len() });
        }
        self.sent.push((name.into(), ticket, now.0));
        Ok(())
    }

    /// The oldest command of this name, which goes on waiting.
    pub(crate) fn find(&self, name: &str) -> Option<CommandTicket> {
        self.sent.iter().find(|(sent, _, _)| **sent == *name).map(|(_, ticket, _)| *ticket)
    }

    /// Takes out the oldest command of this name.
    pub(crate) fn take(&mut self, name: &str) -> Option<CommandTicket> {
        let index = self.sent.iter().position(|(sent, _, _)| **sent == *name)?;
        Some(self.sent.remove(index).1)
    }
}
