//! Commands: `ST300CMD;id;02;name` answered by `ST300CMD;Res;id;version;name`, and universal ones, `CMD;id;group;number`
//! answered by `RES;id;group;number`. A request for the status is answered by the status.

use plomb_model::{Command, CommandError, CommandOutcome, CommandTicket, Event, EventKind, Reading};

use super::line::Line;
use crate::stream::Waiting;

/// Longest text that is sent.
const TEXT_BYTES_MAX: usize = 1000;
/// Under this name a request for the status waits.
pub(super) const STATUS: &str = "StatusReq";

/// How the device is spoken to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Family {
    /// By universal commands.
    #[default]
    Universal,
    /// By those of its family, `ST300`.
    Named(Box<str>),
}

impl Family {
    /// The family of a line's head.
    pub(super) fn of(head: &str) -> Self {
        head.get(..5).map_or(Self::Universal, |family| Self::Named(family.into()))
    }
}

/// The name under which the answer will come, and the bytes.
pub(super) fn encode(
    family: &Family,
    device: &str,
    command: &Command,
) -> Result<(String, Vec<u8>), CommandError> {
    let (name, universal) = match command {
        Command::Locate => (STATUS.to_owned(), "03;01".to_owned()),
        Command::Restart => ("Reboot".to_owned(), "03;03".to_owned()),
        Command::Text(text) => {
            let plain = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            if !plain || text.is_empty() || text.len() > TEXT_BYTES_MAX {
                return Err(CommandError::Value {
                    what: "text",
                    found: "another one".to_owned(),
                    allowed: "a command's name and values in printable ASCII, at most 1000 characters",
                });
            }
            (text.to_string(), text.to_string())
        }
        _ => return Err(CommandError::Unsupported { protocol: "suntech" }),
    };
    Ok(match family {
        Family::Named(family) => {
            let key = name.split(';').next().unwrap_or(&name).to_owned();
            (key, format!("{family}CMD;{device};02;{name}\r").into_bytes())
        }
        Family::Universal => {
            let key = if name == STATUS { name } else { pair(&universal) };
            (key, format!("CMD;{device};{universal}\r").into_bytes())
        }
    })
}

/// Group and number of a universal command.
fn pair(text: &str) -> String {
    text.split(';').take(2).collect::<Vec<_>>().join(";")
}

/// The event of `RES;id;group;number;values`.
pub(super) fn result(text: &str, waiting: &mut Waiting) -> Event {
    event(waiting.take(&pair(text)), text)
}

/// The event of `ST300CMD;Res;id;version;name;values`. The values of parameters hold passwords: they stay out.
pub(super) fn answer(line: &Line, waiting: &mut Waiting) -> Event {
    let name = line.at(4);
    event(waiting.take(name), name)
}

fn event(ticket: Option<CommandTicket>, text: &str) -> Event {
    let mut event = Event::new(EventKind::Message);
    if let Some(ticket) = ticket {
        event.kind = EventKind::CommandResult;
        event.readings.push(answered(ticket));
    }
    event.readings.push(Reading::Text(text.into()));
    event
}

/// An answer has come; it does not say whether it is done.
pub(super) const fn answered(ticket: CommandTicket) -> Reading {
    Reading::CommandResult { ticket, outcome: CommandOutcome::Answered }
}
