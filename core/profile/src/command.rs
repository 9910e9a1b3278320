//! Commands as packs.

use plomb_constrained::cbor::Buffer;
use plomb_constrained::profile::name;
use plomb_constrained::senml::{PackWriter, Written};
use plomb_model::{Command, CommandError, CommandTicket};

/// Zero of the numbers that the platform's own messages carry: 2026-01-01, milliseconds since 1970. They count the
/// milliseconds from there, so that none comes twice although nothing is stored; 40 bits last until 2060.
pub(crate) const NUMBERS_EPOCH_MS: i64 = 1_767_225_600_000;
/// Longest command: what fits into a message of CoAP with room for its protection.
const COMMAND_BYTES_MAX: usize = 1024;

/// The pack of a command (`docs/profile.md`, "Commands").
pub(crate) fn encode(
    protocol: &'static str,
    ticket: CommandTicket,
    command: &Command,
) -> Result<Vec<u8>, CommandError> {
    let number = i64::try_from(ticket.0).unwrap_or(i64::MAX);
    let mut bytes = vec![0; COMMAND_BYTES_MAX];
    let mut pack = PackWriter::begin(Buffer::new(&mut bytes), "", None);
    pack.record(name::COMMAND, "", 0, Written::Decimal(number, 0));
    let mut say = |verb: &str| {
        pack.record(name::DO, "", 0, Written::Text(verb));
    };
    match command {
        Command::Unlock { password } => {
            say("unlock");
            if let Some(password) = password {
                pack.record(name::PASSWORD, "", 0, Written::Text(password.expose()));
            }
        }
        Command::Lock => say("lock"),
        Command::Locate => say("locate"),
        Command::Restart => say("restart"),
        Command::ReportingInterval { seconds, wake_min } => {
            say("interval");
            pack.record(name::SECONDS, "s", 0, Written::Decimal(i64::from(*seconds), 0));
            if let Some(minutes) = wake_min {
                pack.record(name::WAKE, "min", 0, Written::Decimal(i64::from(*minutes), 0));
            }
        }
        Command::Track { seconds, validity_s } => {
            say("track");
            pack.record(name::SECONDS, "s", 0, Written::Decimal(i64::from(*seconds), 0));
            pack.record(name::VALIDITY, "s", 0, Written::Decimal(i64::from(*validity_s), 0));
        }
        Command::SetTime { now } => {
            say("time");
            pack.record(name::SECONDS, "s", 0, Written::Decimal(now.0.as_millis(), -3));
        }
        Command::ChangePassword { old, new } => {
            say("password");
            pack.record(name::PASSWORD, "", 0, Written::Text(old.expose()));
            pack.record(name::NEW_PASSWORD, "", 0, Written::Text(new.expose()));
        }
        Command::AuthoriseCards { cards } => {
            say("cards");
            for card in cards {
                pack.record(name::CARD, "", 0, Written::Text(card));
            }
        }
        Command::Text(text) => {
            say("text");
            pack.record(name::TEXT, "", 0, Written::Text(text));
        }
        Command::UnlockSubLock { .. } | Command::BindSubLocks { .. } => {
            return Err(CommandError::Unsupported { protocol });
        }
    }
    let length = pack.end().written().map_err(|_| CommandError::Value {
        what: "the command",
        found: "too long".to_owned(),
        allowed: "1,024 bytes in all",
    })?;
    bytes.truncate(length);
    Ok(bytes)
}
