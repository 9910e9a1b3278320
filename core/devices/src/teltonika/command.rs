//! Commands as texts of codec 12, one at a time: the protocol has no number that would bring an answer back.
//!
//! While one command waits for its answer the next ones wait here. A device that says nothing is given up after
//! a while and the next command goes out; an answer that comes later still would be taken for the next one's.
//! Refused are commands that mean other things on other families: locking and unlocking (a digital output may
//! cut an engine as well as open a lock; the caller who knows the wiring sends `setdigout` as text).
//! Source: Teltonika "Data sending protocols", section Codec 12; "FMB SMS/GPRS commands"; FMB parameter list.

use std::borrow::Cow;
use std::collections::VecDeque;

use plomb_model::{Command, CommandError, CommandOutcome, CommandTicket, ReceivedAt};
use plomb_wire::Crc16;

use super::message::{TYPE_CAMERA, TYPE_COMMAND};

/// Longest command text: the vendor's configurator splits longer ones.
const TEXT_BYTES_MAX: usize = 512;
/// Commands that wait for one device, the one in flight included.
const COMMANDS_WAITING_MAX: usize = 8;
/// Seconds that an answer may take; devices answer in seconds, `getver` and the like included.
const ANSWER_S_MAX: i64 = 120;
/// Longest reporting interval of the parameters used: 30 days.
const INTERVAL_S_MAX: u32 = 2_592_000;
/// Minimum period and send period while moving: home, roaming and unknown network.
const MOVING_PARAMETERS: [u16; 6] = [10_050, 10_055, 10_150, 10_155, 10_250, 10_255];
/// The same while standing.
const STANDING_PARAMETERS: [u16; 6] = [10_000, 10_005, 10_100, 10_105, 10_200, 10_205];

/// The commands of one device that have no answer yet.
#[derive(Debug, Default)]
pub(super) struct Commands {
    in_flight: Option<(CommandTicket, ReceivedAt)>,
    waiting: VecDeque<(CommandTicket, Vec<u8>)>,
}

impl Commands {
    /// Takes a command; returns the bytes to send now, if it is its turn.
    ///
    /// # Errors
    /// [`CommandError`] when the protocol has no such command, a value does not fit, or too many wait.
    pub(super) fn push(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
    ) -> Result<Option<Vec<u8>>, CommandError> {
        let bytes = encode(&text(command)?);
        let waiting = self.waiting.len() + usize::from(self.in_flight.is_some());
        if waiting >= COMMANDS_WAITING_MAX {
            return Err(CommandError::TooMany { waiting });
        }
        self.waiting.push_back((ticket, bytes));
        Ok(self.next(now))
    }

    /// The ticket that an answer belongs to.
    pub(super) fn answered(&mut self) -> Option<CommandTicket> {
        self.in_flight.take().map(|(ticket, _)| ticket)
    }

    /// The bytes of the next command, if none is in flight.
    pub(super) fn next(&mut self, now: ReceivedAt) -> Option<Vec<u8>> {
        if self.in_flight.is_some() {
            return None;
        }
        let (ticket, bytes) = self.waiting.pop_front()?;
        self.in_flight = Some((ticket, ReceivedAt(now.0.plus_secs(ANSWER_S_MAX))));
        Some(bytes)
    }

    /// Gives up the command in flight if its time is over; returns whether it did.
    pub(super) fn give_up(&mut self, now: ReceivedAt) -> bool {
        let over = self.deadline().is_some_and(|deadline| deadline <= now);
        if over {
            self.in_flight = None;
        }
        over
    }

    /// When the command in flight is given up.
    pub(super) fn deadline(&self) -> Option<ReceivedAt> {
        self.in_flight.map(|(_, deadline)| deadline)
    }
}

/// What an answer says of its command.
pub(super) fn outcome(answer: &str) -> CommandOutcome {
    let answer = answer.to_ascii_lowercase();
    if answer.contains("unknown command") || answer.contains("command not found") {
        CommandOutcome::Unsupported
    } else {
        CommandOutcome::Answered
    }
}

fn text(command: &Command) -> Result<Cow<'_, str>, CommandError> {
    match command {
        Command::Text(text) if text.is_empty() || text.len() > TEXT_BYTES_MAX => Err(CommandError::Value {
            what: "the length of the text",
            found: text.len().to_string(),
            allowed: "1 to 512 bytes",
        }),
        // No line end, so that one text cannot become two commands.
        Command::Text(text) if !text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) => {
            Err(CommandError::Value {
                what: "the text",
                found: "a character outside printable ASCII".to_owned(),
                allowed: "printable ASCII",
            })
        }
        Command::Text(text) => Ok(Cow::Borrowed(text)),
        Command::Locate => Ok(Cow::Borrowed("getgps")),
        Command::Restart => Ok(Cow::Borrowed("cpureset")),
        Command::ReportingInterval { seconds, wake_min } => interval(*seconds, *wake_min).map(Cow::Owned),
        Command::Unlock { .. }
        | Command::Lock
        | Command::UnlockSubLock { .. }
        | Command::BindSubLocks { .. }
        | Command::Track { .. }
        | Command::SetTime { .. }
        | Command::ChangePassword { .. }
        | Command::AuthoriseCards { .. } => Err(CommandError::Unsupported { protocol: "teltonika" }),
    }
}

fn interval(seconds: u32, wake_min: Option<u32>) -> Result<String, CommandError> {
    let value = |what, found: u32, seconds: Option<u32>, allowed| match seconds {
        Some(seconds @ 1..=INTERVAL_S_MAX) => Ok(seconds),
        _ => Err(CommandError::Value { what, found: found.to_string(), allowed }),
    };
    let moving = value("the interval in seconds", seconds, Some(seconds), "1 to 2592000")?;
    let mut settings: Vec<String> = MOVING_PARAMETERS.iter().map(|id| format!("{id}:{moving}")).collect();
    if let Some(minutes) = wake_min {
        let standing = value("the wake interval in minutes", minutes, minutes.checked_mul(60), "1 to 43200")?;
        settings.extend(STANDING_PARAMETERS.iter().map(|id| format!("{id}:{standing}")));
    }
    Ok(format!("setparam {}", settings.join(";")))
}

/// A text of codec 12 as a packet.
fn encode(text: &str) -> Vec<u8> {
    packet(TYPE_COMMAND, text.as_bytes())
}

/// Asks the camera for the part of a picture that begins at `offset`.
pub(super) fn picture_request(photo: u32, offset: u32, size: u16) -> Vec<u8> {
    let mut content = vec![2];
    content.extend(photo.to_be_bytes());
    content.extend(offset.to_be_bytes());
    content.extend(size.to_be_bytes());
    packet(TYPE_CAMERA, &content)
}

fn packet(kind: u8, content: &[u8]) -> Vec<u8> {
    // Content is short by its callers: a command text or a camera request.
    let size = u32::try_from(content.len()).unwrap_or(u32::MAX);
    let mut body = vec![0x0C, 1, kind];
    body.extend(size.to_be_bytes());
    body.extend(content);
    body.push(1);
    let mut bytes = vec![0; 4];
    bytes.extend(u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend(&body);
    bytes.extend(u32::from(Crc16::ARC.of(&body)).to_be_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use plomb_model::Timestamp;

    fn at(seconds: i64) -> ReceivedAt {
        ReceivedAt(Timestamp::from_secs(seconds))
    }

    #[test]
    fn one_command_at_a_time() {
        let mut commands = Commands::default();
        assert!(commands.push(at(0), CommandTicket(1), &Command::Locate).unwrap().is_some());
        assert!(commands.push(at(0), CommandTicket(2), &Command::Restart).unwrap().is_none());
        assert_eq!(commands.answered(), Some(CommandTicket(1)));
        assert!(commands.next(at(1)).is_some());
        assert!(!commands.give_up(at(120)));
        assert!(commands.give_up(at(121)));
        assert_eq!(commands.answered(), None);
    }

    #[test]
    fn too_many_commands_are_refused() {
        let mut commands = Commands::default();
        for number in 0..8 {
            assert!(commands.push(at(0), CommandTicket(number), &Command::Locate).is_ok());
        }
        let error = commands.push(at(0), CommandTicket(9), &Command::Locate).unwrap_err();
        assert_eq!(error, CommandError::TooMany { waiting: 8 });
    }

    #[test]
    fn intervals_become_parameters() {
        let command = Command::ReportingInterval { seconds: 30, wake_min: None };
        let expected = "setparam 10050:30;10055:30;10150:30;10155:30;10250:30;10255:30";
        assert_eq!(text(&command).unwrap(), expected);
        let command = Command::ReportingInterval { seconds: 30, wake_min: Some(u32::MAX) };
        assert!(matches!(text(&command), Err(CommandError::Value { .. })));
    }

    #[test]
    fn a_text_stays_one_command() {
        assert!(text(&Command::Text("getinfo\r\ncpureset".into())).is_err());
        assert!(text(&Command::Text("".into())).is_err());
    }
}
