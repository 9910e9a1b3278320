//! Commands `(number` `A...` `)`, whose answers begin with `B` and are otherwise named alike.

use plomb_model::{Command, CommandError, CommandTicket, ReceivedAt, Timestamp};

/// Commands that may wait for an answer on one connection.
const WAITING_MAX: usize = 32;
/// After this a command no longer waits.
const ANSWER_MS_MAX: i64 = 15 * 60 * 1000;
/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 512;
/// Length of a command's name.
const NAME_BYTES: usize = 4;

/// The commands that wait, with the names of the answers that they wait for.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    sent: Vec<(String, CommandTicket, Timestamp)>,
}

impl Waiting {
    /// Puts a command to the device `number` into bytes.
    pub(super) fn encode(
        &mut self,
        now: ReceivedAt,
        ticket: CommandTicket,
        command: &Command,
        number: &str,
    ) -> Result<Vec<u8>, CommandError> {
        let body = body(command)?;
        self.sent.retain(|(_, _, at)| now.0.since(*at) < ANSWER_MS_MAX);
        if self.sent.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.sent.len() });
        }
        self.sent.push((answer(&body), ticket, now.0));
        Ok(format!("({number}{body})").into_bytes())
    }

    /// Takes out the oldest command whose answer is called so.
    pub(super) fn take(&mut self, word: &str) -> Option<CommandTicket> {
        let index = self.sent.iter().position(|(waits, _, _)| waits == word)?;
        Some(self.sent.remove(index).1)
    }
}

/// The name of the answer: the command's with `B`, but for two that the manual names otherwise.
fn answer(body: &str) -> String {
    match body.get(..NAME_BYTES).unwrap_or_default() {
        "AP00" => "BP04".to_owned(),
        "AR00" => "BS08".to_owned(),
        name => format!("B{}", name.get(1..).unwrap_or_default()),
    }
}

fn body(command: &Command) -> Result<String, CommandError> {
    match command {
        Command::Locate => Ok("AP00".to_owned()),
        Command::Restart => Ok("AT00".to_owned()),
        // Seconds in four hex digits, then for how long in hours and minutes: without end.
        Command::ReportingInterval { seconds, .. } => match u16::try_from(*seconds) {
            Ok(seconds) if seconds > 0 => Ok(format!("AR00{seconds:04X}0000")),
            _ => Err(CommandError::Value {
                what: "the interval",
                found: format!("{seconds} s"),
                allowed: "1 to 65535 s",
            }),
        },
        Command::Track { seconds, validity_s } => {
            let minutes = validity_s.div_ceil(60).clamp(1, 255 * 60 + 59);
            Ok(format!("AR00{seconds:04X}{:02X}{:02X}", minutes / 60, minutes % 60))
        }
        Command::Text(text) => {
            let named = text.len() >= NAME_BYTES
                && text.starts_with('A')
                && text
                    .bytes()
                    .take(NAME_BYTES)
                    .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            let fits = text.len() <= TEXT_BYTES_MAX
                && text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && !b"()$".contains(&byte));
            if named && fits {
                Ok(text.to_string())
            } else {
                Err(CommandError::Value {
                    what: "the text",
                    found: "another one".to_owned(),
                    allowed: "a command of four characters such as AP07 and its arguments, without ( ) $",
                })
            }
        }
        _ => Err(CommandError::Unsupported { protocol: "tk103" }),
    }
}
