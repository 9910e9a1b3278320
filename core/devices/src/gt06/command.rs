//! Commands of the platform as texts of the vendor's command language in message 0x80, and the server's answers.
//!
//! `7878 | length | 80 | length of flag and text | flag u32 | text | serial | crc | 0D0A`. The device brings the
//! flag back in 0x15 or 0x21: by it the answer finds its command. Source: common knowledge of the vendors' command
//! texts, no vendor manual; `UNLOCK#` in particular is unverified.

use std::fmt::Write as _;

use plomb_model::{Command, CommandError, CommandTicket, ReceivedAt, Timestamp};
use plomb_wire::Crc16;

use super::frame::END_MARK;

/// Commands that may wait for an answer on one connection: a person sends a few, a script hardly more.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits: devices answer within seconds, over a slow network within minutes.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text: the length of the short form counts a byte, of which 10 are taken by number, length, flag, serial and checksum.
const TEXT_BYTES_MAX: usize = 245;
/// Reporting intervals of `TIMER`, seconds (range unverified).
const TIMER_SECONDS: std::ops::RangeInclusive<u32> = 5..=18_000;

/// The commands that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    commands: Vec<Sent>,
    last_flag: u32,
    last_serial: u16,
}

#[derive(Debug)]
struct Sent {
    flag: u32,
    ticket: CommandTicket,
    /// The answer may repeat a password in words that are not known.
    secret: bool,
    at: Timestamp,
}

/// The command that an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    /// The platform's number for it.
    pub(super) ticket: CommandTicket,
    /// The answer's text must not be kept.
    pub(super) secret: bool,
}

impl Waiting {
    /// Puts a command into bytes in `frame` and remembers its flag.
    ///
    /// # Errors
    /// [`CommandError`] when GT06 devices have no such command, a value does not fit, or too many wait.
    pub(super) fn encode(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
        frame: &mut Vec<u8>,
    ) -> Result<(), CommandError> {
        let text = text_of(command)?;
        check(&text)?;
        self.commands.retain(|sent| now.0.since(sent.at) < ANSWER_MS_MAX);
        if self.commands.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.commands.len() });
        }
        self.last_flag = self.last_flag.wrapping_add(1).max(1);
        self.last_serial = self.last_serial.wrapping_add(1).max(1);
        let secret =
            matches!(command, Command::ChangePassword { .. }) || super::text::redacted(&text) != text;
        self.commands.push(Sent { flag: self.last_flag, ticket, secret, at: now.0 });
        let length = u8::try_from(text.len() + 4).unwrap_or(u8::MAX);
        let mut content = vec![length];
        content.extend_from_slice(&self.last_flag.to_be_bytes());
        content.extend_from_slice(text.as_bytes());
        answer(false, 0x80, &content, self.last_serial, frame);
        Ok(())
    }

    /// Takes out the command that was sent with this flag.
    pub(super) fn take(&mut self, flag: u32) -> Option<Answered> {
        let index = self.commands.iter().position(|sent| sent.flag == flag)?;
        let sent = self.commands.remove(index);
        Some(Answered { ticket: sent.ticket, secret: sent.secret })
    }
}

/// Writes a frame to the device: `content` between the number and the serial.
pub(super) fn answer(extended: bool, number: u8, content: &[u8], serial: u16, frame: &mut Vec<u8>) {
    let start = frame.len();
    let length = u16::try_from(content.len() + 5).unwrap_or(u16::MAX);
    if extended {
        frame.extend_from_slice(&[0x79, 0x79]);
        frame.extend_from_slice(&length.to_be_bytes());
    } else {
        frame.extend_from_slice(&[0x78, 0x78, u8::try_from(length).unwrap_or(u8::MAX)]);
    }
    frame.push(number);
    frame.extend_from_slice(content);
    frame.extend_from_slice(&serial.to_be_bytes());
    let crc = Crc16::X25.of(frame.get(start + 2..).unwrap_or_default());
    frame.extend_from_slice(&crc.to_be_bytes());
    frame.extend_from_slice(&END_MARK);
}

fn text_of(command: &Command) -> Result<String, CommandError> {
    let mut text = String::new();
    match command {
        Command::Unlock { password: None } => text.push_str("UNLOCK#"),
        Command::Unlock { password: Some(_) } => {
            return Err(value("password", "a password", "none: UNLOCK# takes no password"));
        }
        Command::ReportingInterval { seconds, wake_min: None } if TIMER_SECONDS.contains(seconds) => {
            write!(text, "TIMER,{seconds},{seconds}#").map_err(|_| unsupported())?;
        }
        Command::ReportingInterval { seconds, wake_min: None } => {
            return Err(value("interval", &format!("{seconds} s"), "5 to 18000 s"));
        }
        Command::ReportingInterval { wake_min: Some(_), .. } => {
            return Err(value("wake interval", "given", "none: TIMER has no wake interval"));
        }
        Command::Locate => text.push_str("WHERE#"),
        Command::ChangePassword { old, new } => {
            for password in [old, new] {
                if password.expose().is_empty()
                    || !password.expose().bytes().all(|byte| byte.is_ascii_alphanumeric())
                {
                    return Err(value("password", "[redacted]", "letters and digits"));
                }
            }
            text = ["PASSWORD,", old.expose(), ",", new.expose(), "#"].concat();
        }
        Command::Restart => text.push_str("RESET#"),
        Command::Text(words) => text.push_str(words),
        Command::Lock
        | Command::UnlockSubLock { .. }
        | Command::BindSubLocks { .. }
        | Command::Track { .. }
        | Command::SetTime { .. }
        | Command::AuthoriseCards { .. } => return Err(unsupported()),
    }
    Ok(text)
}

fn check(text: &str) -> Result<(), CommandError> {
    if text.is_empty() || text.len() > TEXT_BYTES_MAX {
        return Err(value("text", &format!("{} bytes long", text.len()), "1 to 245 bytes"));
    }
    if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(value("text", "other than printable ASCII", "printable ASCII"));
    }
    Ok(())
}

const fn unsupported() -> CommandError {
    CommandError::Unsupported { protocol: "gt06" }
}

fn value(what: &'static str, found: &str, allowed: &'static str) -> CommandError {
    CommandError::Value { what, found: found.to_owned(), allowed }
}
