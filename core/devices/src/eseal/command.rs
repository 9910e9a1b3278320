//! Remote commands, `RC-name[,values]`, answered `RC-name ACK` when they arrive and `RC-name OK` when they are done.

use plomb_model::{
    Command, CommandError, CommandOutcome, Event, EventKind, Reading, SealPart, UnlockMethod, UnlockReport,
    UnlockVerdict,
};

use super::message::Message;
use crate::stream::Waiting;

/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 500;

/// The body of a command.
pub(super) fn body(command: &Command) -> Result<String, CommandError> {
    match command {
        Command::Unlock { .. } => Ok("RC-Unlock".to_owned()),
        Command::Text(text) => {
            let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte) && byte != b'#');
            if !plain || !text.starts_with("RC-") || text.len() > TEXT_BYTES_MAX {
                return Err(CommandError::Value {
                    what: "text",
                    found: "another one".to_owned(),
                    allowed: "RC-name and its values in printable ASCII without #, at most 500 characters",
                });
            }
            Ok(text.to_string())
        }
        _ => Err(CommandError::Unsupported { protocol: "eseal" }),
    }
}

/// The name by which the answer will call a command.
pub(super) fn name(body: &str) -> &str {
    body.split(',').next().unwrap_or(body).trim()
}

/// The event of an answer.
pub(super) fn answer(message: &Message<'_>, waiting: &mut Waiting) -> Event {
    let mut event = Event::new(EventKind::Message);
    let (name, word) = message.name().rsplit_once(' ').unwrap_or_else(|| (message.name(), ""));
    let outcome = match word {
        "ACK" => CommandOutcome::Acknowledged,
        "OK" => CommandOutcome::Done,
        "FAIL" | "FAILED" | "ERROR" | "NACK" | "NAK" | "NG" => CommandOutcome::Failed,
        _ => CommandOutcome::Answered,
    };
    // After an acknowledgement the result is still to come.
    let ticket =
        if outcome == CommandOutcome::Acknowledged { waiting.find(name) } else { waiting.take(name) };
    if let Some(ticket) = ticket {
        event.kind = EventKind::CommandResult;
        event.readings.push(Reading::CommandResult { ticket, outcome });
    }
    if name == "RC-Unlock" && outcome == CommandOutcome::Done {
        event.seal = event.seal.with(SealPart::Sealed, false).with(SealPart::MotorLocked, false);
        event.readings.push(Reading::Unlock(UnlockReport {
            method: UnlockMethod::Remote,
            verdict: UnlockVerdict::Allowed,
            password_right: None,
            wrong_passwords: None,
            card: None,
            fence: None,
        }));
    }
    let rest = message.rest();
    let separator = if rest.is_empty() { "" } else { "," };
    event.readings.push(Reading::Text(format!("{}{separator}{rest}", message.name()).into()));
    event
}
