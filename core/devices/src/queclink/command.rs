//! Commands as `AT+GTxxx=password,...,serial$`, whose `+ACK` brings the serial back.
//!
//! The password is the factory's, which is the model's name in small letters; a device with another one is reached by
//! a text of the vendor's language.

use plomb_model::{Command, CommandError, CommandTicket, ReceivedAt, Timestamp};

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 1_000;

/// Device types (first digits of the protocol version) and their models.
const MODELS: &[(&str, &str)] = &[
    ("02", "gl200"),
    ("04", "gv200"),
    ("06", "gv300"),
    ("08", "gmt100"),
    ("09", "gv50"),
    ("0F", "gv55"),
    ("10", "gv55"),
    ("11", "gl500"),
    ("1A", "gl300"),
    ("1F", "gv500"),
    ("25", "gv300"),
    ("27", "gv300w"),
    ("28", "gl300"),
    ("2C", "gl300w"),
    ("2F", "gv55"),
    ("30", "gl300"),
    ("31", "gv65"),
    ("35", "gv200"),
    ("36", "gv500"),
    ("40", "gl500"),
    ("41", "gv75w"),
    ("45", "gb100"),
    ("50", "gv55w"),
    ("5E", "gv500map"),
    ("6E", "gv310lau"),
    ("BD", "cv200"),
    ("C2", "gv600m"),
    ("DE", "gl500m"),
    ("F1", "gv350m"),
    ("F5", "gl300m"),
];

/// The model of a protocol version.
pub(super) fn model(version: &str) -> Option<&'static str> {
    MODELS.iter().find(|(code, _)| version.starts_with(code)).map(|(_, model)| *model)
}

/// The commands that wait for an answer.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    sent: Vec<(u16, CommandTicket, Timestamp)>,
    last: u16,
}

impl Waiting {
    /// Puts a command into bytes.
    pub(super) fn encode(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
        model: Option<&str>,
    ) -> Result<Vec<u8>, CommandError> {
        let body = body(command, model)?;
        self.sent.retain(|(_, _, at)| now.0.since(*at) < ANSWER_MS_MAX);
        if self.sent.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.sent.len() });
        }
        self.last = self.last.wrapping_add(1).max(1);
        self.sent.push((self.last, ticket, now.0));
        Ok(format!("{body},{:04X}$", self.last).into_bytes())
    }

    /// Takes out the command that was sent with this serial.
    pub(super) fn take(&mut self, serial: &str) -> Option<CommandTicket> {
        let serial = u16::from_str_radix(serial, 16).ok()?;
        let index = self.sent.iter().position(|(sent, _, _)| *sent == serial)?;
        Some(self.sent.remove(index).1)
    }
}

fn body(command: &Command, model: Option<&str>) -> Result<String, CommandError> {
    let password = || model.ok_or(CommandError::UnknownDevice);
    match command {
        Command::Locate => Ok(format!("AT+GTRTO={},1,,,,,", password()?)),
        Command::Restart => Ok(format!("AT+GTRTO={},3,,,,,", password()?)),
        Command::Text(text) => {
            let fits = text.starts_with("AT+GT") && text.len() <= TEXT_BYTES_MAX;
            if !fits || !text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'$') {
                return Err(CommandError::Value {
                    what: "text",
                    found: "another one".to_owned(),
                    allowed: "AT+GTxxx=password,... in printable ASCII, without serial and tail character",
                });
            }
            Ok(text.to_string())
        }
        _ => Err(CommandError::Unsupported { protocol: "queclink" }),
    }
}
