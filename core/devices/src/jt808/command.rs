//! Commands as platform messages, and the answers that come back to them.
//!
//! An answer finds its command by our serial number, our message number and the terminal together; each may
//! come in two steps ("taken", then the result). Refuses what the protocol has no field for, a password among
//! it. Source: JT/T 808-2013 §8.9 (0x8103), §8.13 (0x8105), §8.19 (0x8201), §8.21 (0x8202), §8.22 (0x8300),
//! §8.32 (0x8500); JT/T 808-2019 §8.20 (text type) and §8.30 (typed vehicle control).

use std::collections::BTreeMap;

use plomb_model::{Command, CommandError, CommandOutcome, CommandTicket, Reading, ReceivedAt};

use super::header::TerminalId;
use super::message::GeneralAnswer;
use super::reply::BODY_BYTES_MAX;

/// Most commands that wait for an answer on one connection; a gateway's operators rarely send a hundred a minute.
const WAITING_MAX: usize = 1_024;
/// How long an answer may take: a terminal out of reach answers when the platform asks again.
const WAIT_MS: i64 = 10 * 60 * 1000;
/// Parameters of 0x8103, table 12 of 2013.
const SLEEP_INTERVAL: u32 = 0x0027;
const DEFAULT_INTERVAL: u32 = 0x0029;
/// 0x8105: restart of the terminal.
const RESTART: u8 = 4;
/// 0x8300, bit 0: urgent, which is what vendors' command texts are sent with.
const TEXT_URGENT: u8 = 1;
/// 0x8300 since 2019: kind of text 1, a notice.
const TEXT_NOTICE: u8 = 1;
/// 0x8500 since 2019: control 0x0001, the doors.
const DOORS: u16 = 0x0001;

/// A command in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Encoded {
    /// Our message number.
    pub(super) message: u16,
    /// Its body.
    pub(super) body: Vec<u8>,
    /// For a door control: whether the doors are to be locked.
    pub(super) locked: Option<bool>,
}

/// Puts a command into the body of a platform message.
pub(super) fn encode(command: &Command, edition_2019: bool) -> Result<Encoded, CommandError> {
    let plain = |message, body| Ok(Encoded { message, body, locked: None });
    match command {
        Command::Unlock { password: Some(_) } => Err(CommandError::Value {
            what: "password",
            found: "[redacted]".into(),
            allowed: "none: the protocol's door control carries no password",
        }),
        Command::Unlock { password: None } => Ok(doors(false, edition_2019)),
        Command::Lock => Ok(doors(true, edition_2019)),
        Command::ReportingInterval { seconds, wake_min } => plain(0x8103, intervals(*seconds, *wake_min)?),
        Command::Locate => plain(0x8201, Vec::new()),
        Command::Track { seconds, validity_s } => {
            plain(0x8202, [&seconds.to_be_bytes()[..], &validity_s.to_be_bytes()].concat())
        }
        Command::Restart => plain(0x8105, vec![RESTART]),
        Command::Text(text) => plain(0x8300, text_body(text, edition_2019)?),
        _ => Err(CommandError::Unsupported { protocol: "jt808" }),
    }
}

/// 0x8500: until 2013 a flag byte (bit 0: 0 unlock, 1 lock); since 2019 a list of one control (0 lock, 1 unlock).
fn doors(lock: bool, edition_2019: bool) -> Encoded {
    let body = if edition_2019 {
        let [a, b] = DOORS.to_be_bytes();
        vec![0, 1, a, b, u8::from(!lock)]
    } else {
        vec![u8::from(lock)]
    };
    Encoded { message: 0x8500, body, locked: Some(lock) }
}

/// 0x8103 with the default interval and, where wanted, the one of sleep.
fn intervals(seconds: u32, wake_min: Option<u32>) -> Result<Vec<u8>, CommandError> {
    if seconds == 0 {
        return Err(CommandError::Value {
            what: "reporting interval",
            found: "0 s".into(),
            allowed: "one second or more",
        });
    }
    let sleep_s = wake_min.map(|minutes| {
        minutes.checked_mul(60).ok_or_else(|| CommandError::Value {
            what: "wake interval",
            found: format!("{minutes} min"),
            allowed: "up to 71,582,788 min",
        })
    });
    let parameters = [Some((DEFAULT_INTERVAL, seconds)), sleep_s.transpose()?.map(|s| (SLEEP_INTERVAL, s))];
    let mut body = vec![if wake_min.is_some() { 2 } else { 1 }];
    for (id, value) in parameters.into_iter().flatten() {
        body.extend_from_slice(&id.to_be_bytes());
        body.push(4);
        body.extend_from_slice(&value.to_be_bytes());
    }
    Ok(body)
}

/// 0x8300: flags, since 2019 the kind, and the text in GBK.
fn text_body(text: &str, edition_2019: bool) -> Result<Vec<u8>, CommandError> {
    let (encoded, _, unmapped) = encoding_rs::GBK.encode(text);
    let value =
        |allowed| CommandError::Value { what: "text", found: format!("{} characters", text.len()), allowed };
    if unmapped {
        return Err(value("characters that GBK has"));
    }
    let mut body = vec![TEXT_URGENT];
    if edition_2019 {
        body.push(TEXT_NOTICE);
    }
    if encoded.is_empty() || body.len() + encoded.len() > BODY_BYTES_MAX {
        return Err(value("1 to 1,021 bytes"));
    }
    body.extend_from_slice(&encoded);
    Ok(body)
}

/// A command that waits for its answer.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    terminal: TerminalId,
    message: u16,
    ticket: CommandTicket,
    locked: Option<bool>,
    until: ReceivedAt,
}

/// The commands that wait, by our serial number.
#[derive(Debug, Default)]
pub(super) struct Commands(BTreeMap<u16, Waiting>);

impl Commands {
    /// Makes sure that one more command can wait.
    pub(super) fn room(&mut self, now: ReceivedAt) -> Result<(), CommandError> {
        if self.0.len() >= WAITING_MAX {
            self.0.retain(|_, waiting| waiting.until > now);
        }
        match self.0.len() {
            waiting if waiting >= WAITING_MAX => Err(CommandError::TooMany { waiting }),
            _ => Ok(()),
        }
    }

    /// A command was sent.
    pub(super) fn sent(
        &mut self,
        now: ReceivedAt,
        serial: u16,
        terminal: TerminalId,
        ticket: CommandTicket,
        encoded: &Encoded,
    ) {
        let until = ReceivedAt(now.0.plus_millis(WAIT_MS));
        let Encoded { message, locked, .. } = *encoded;
        self.0.insert(serial, Waiting { terminal, message, ticket, locked, until });
    }

    /// The general answer 0x0001: ends a command, unless its result comes in a message of its own.
    pub(super) fn answered(&mut self, terminal: &TerminalId, answer: GeneralAnswer) -> Option<Reading> {
        let waiting = self.find(answer.serial, terminal).filter(|w| w.message == answer.message)?;
        let two_steps = matches!(waiting.message, 0x8201 | 0x8300 | 0x8500);
        let outcome = match answer.result {
            0 if two_steps => CommandOutcome::Acknowledged,
            0 | 4 => CommandOutcome::Done,
            3 => CommandOutcome::Unsupported,
            _ => CommandOutcome::Failed,
        };
        if outcome != CommandOutcome::Acknowledged {
            self.0.remove(&answer.serial);
        }
        Some(Reading::CommandResult { ticket: waiting.ticket, outcome })
    }

    /// The answer 0x0201 to a locating, or another that ends its command by coming.
    pub(super) fn ended(&mut self, terminal: &TerminalId, serial: u16, message: u16) -> Option<Reading> {
        let waiting = self.find(serial, terminal).filter(|waiting| waiting.message == message)?;
        self.0.remove(&serial);
        let outcome = if message == 0x8300 { CommandOutcome::Answered } else { CommandOutcome::Done };
        Some(Reading::CommandResult { ticket: waiting.ticket, outcome })
    }

    /// The answer 0x0500 to a door control, with what the doors are now.
    pub(super) fn controlled(&mut self, terminal: &TerminalId, serial: u16, locked: bool) -> Option<Reading> {
        let waiting = self.find(serial, terminal).filter(|waiting| waiting.message == 0x8500)?;
        self.0.remove(&serial);
        let outcome =
            if waiting.locked == Some(locked) { CommandOutcome::Done } else { CommandOutcome::Failed };
        Some(Reading::CommandResult { ticket: waiting.ticket, outcome })
    }

    /// A text of a terminal that names no serial number: it answers the oldest text that waits for it.
    pub(super) fn texted(&mut self, terminal: &TerminalId) -> Option<Reading> {
        let waits = |waiting: &Waiting| waiting.terminal == *terminal && waiting.message == 0x8300;
        let oldest = self.0.iter().filter(|(_, w)| waits(w)).min_by_key(|(_, w)| w.until).map(|(s, _)| *s)?;
        self.ended(terminal, oldest, 0x8300)
    }

    fn find(&self, serial: u16, terminal: &TerminalId) -> Option<Waiting> {
        self.0.get(&serial).copied().filter(|waiting| waiting.terminal == *terminal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plomb_model::Redacted;

    #[test]
    fn doors_are_told_in_the_form_of_the_edition() {
        let unlock = Command::Unlock { password: None };
        assert_eq!(encode(&unlock, false).unwrap().body, [0]);
        assert_eq!(encode(&unlock, true).unwrap().body, [0, 1, 0, 1, 1]);
        assert_eq!(encode(&Command::Lock, false).unwrap().body, [1]);
        assert_eq!(encode(&Command::Lock, true).unwrap().body, [0, 1, 0, 1, 0]);
    }

    #[test]
    fn values_that_the_protocol_cannot_carry_are_refused() {
        let password = Command::Unlock { password: Some(Redacted::new("888888")) };
        let error = encode(&password, false).unwrap_err();
        assert!(matches!(&error, CommandError::Value { what: "password", .. }));
        assert!(!format!("{error} {error:?}").contains("888888"));
        assert!(encode(&Command::ReportingInterval { seconds: 0, wake_min: None }, false).is_err());
        assert!(encode(&Command::ReportingInterval { seconds: 9, wake_min: Some(u32::MAX) }, false).is_err());
        assert!(encode(&Command::Text("a".repeat(1023).into()), false).is_err());
        assert!(encode(&Command::Text("\u{1F512}".into()), false).is_err());
        assert!(matches!(
            encode(&Command::AuthoriseCards { cards: [].into() }, false),
            Err(CommandError::Unsupported { protocol: "jt808" })
        ));
    }

    #[test]
    fn intervals_are_parameters_27_and_29() {
        let command = Command::ReportingInterval { seconds: 30, wake_min: Some(10) };
        let body = encode(&command, false).unwrap().body;
        assert_eq!(plomb_wire::to_hex(&body), "0200000029040000001e000000270400000258");
    }
}
