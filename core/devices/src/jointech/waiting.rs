//! The commands that wait for an answer, and which answer belongs to which.
//!
//! What proves an unlocking is not the answer to `P43` but the lock event `P45` with source 4; for a sub-lock,
//! its report of an unlocking by radio. Refuses to take an event from before the command, or a repeated one, for
//! the proof. Source: `docs/protocols/jointech.md`, "Commands".

use plomb_model::{Command, CommandError, CommandOutcome, CommandTicket, DeviceId, OccurredAt, ReceivedAt};

/// Most commands that wait for an answer on one connection.
const WAITING_MAX: usize = 16;
/// How long an answer is waited for: a lock answers in seconds while it is awake, and sleeps with its connection closed.
const WAIT_S_MAX: i64 = 600;
/// How far a lock's clock may be behind ours for its event to count as later than our command.
const CLOCK_LAG_S_MAX: i64 = 120;
/// Serial numbers of module commands have three digits.
const SERIAL_MAX: u16 = 999;
/// The commands of one connection that wait for their answers.
#[derive(Debug, Default)]
pub(super) struct Commands {
    waiting: Vec<Waiting>,
    serial: Option<u16>,
}

#[derive(Debug)]
struct Waiting {
    ticket: CommandTicket,
    sent_at: ReceivedAt,
    answer: Answer,
}

/// What answers a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// A frame with this word.
    Word(Box<[u8]>),
    /// `P43` is only taken note of; `P45` with source 4 decides.
    Unlock,
    /// `P02`, or the next real-time position.
    Locate,
    /// The module's answer with this number and serial.
    Module { number: u8, serial: u16 },
    /// The module's answer 8 is only taken note of; the report of this sub-lock decides.
    SubLock { sub_lock: [u8; 5], serial: u16 },
}

impl Commands {
    /// Writes `command` to `frame` and keeps what its answer needs.
    ///
    /// # Errors
    /// [`CommandError`] when the protocol has no such command or cannot carry its values.
    pub(super) fn encode(
        &mut self,
        now: ReceivedAt,
        device: Option<DeviceId>,
        ticket: CommandTicket,
        command: &Command,
        frame: &mut Vec<u8>,
    ) -> Result<(), CommandError> {
        self.forget_old(now);
        if self.waiting.len() >= WAITING_MAX {
            return Err(CommandError::TooMany { waiting: self.waiting.len() });
        }
        let serial = self.next_serial(now);
        let (text, answer) = super::command::write(command, device, serial)?;
        if matches!(answer, Answer::Module { .. } | Answer::SubLock { .. }) {
            self.serial = Some(serial);
        }
        frame.clear();
        frame.extend_from_slice(text.as_bytes());
        self.waiting.push(Waiting { ticket, sent_at: now, answer });
        Ok(())
    }

    /// A serial that differs from the last one here; the first comes from the clock, so that it differs from that
    /// of the connection before. A repeated one would be dropped by the device.
    fn next_serial(&self, now: ReceivedAt) -> u16 {
        let count = i64::from(SERIAL_MAX);
        let last = self.serial.map_or_else(|| now.0.as_millis().div_euclid(1_000), i64::from);
        u16::try_from(last.rem_euclid(count) + 1).unwrap_or(1)
    }

    /// Whether no command waits.
    pub(super) const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn forget_old(&mut self, now: ReceivedAt) {
        self.waiting.retain(|waiting| now.0.since(waiting.sent_at.0) < WAIT_S_MAX * 1_000);
    }

    /// Takes the first waiting command that `fits`.
    fn take(&mut self, now: ReceivedAt, fits: impl Fn(&Waiting) -> bool) -> Option<CommandTicket> {
        self.forget_old(now);
        let index = self.waiting.iter().position(fits)?;
        Some(self.waiting.remove(index).ticket)
    }

    /// Whose answer a frame `(id,word,…)` is, and what it says.
    pub(super) fn answered(
        &mut self,
        now: ReceivedAt,
        word: &[u8],
        last: Option<&[u8]>,
    ) -> Option<(CommandTicket, CommandOutcome)> {
        self.forget_old(now);
        if word == b"P43" {
            let unlock = self.waiting.iter().find(|waiting| waiting.answer == Answer::Unlock)?;
            return Some((unlock.ticket, CommandOutcome::Acknowledged));
        }
        let ticket = self.take(now, |waiting| match &waiting.answer {
            Answer::Word(expected) => **expected == *word,
            Answer::Locate => word == b"P02",
            _ => false,
        })?;
        Some((ticket, outcome(last)))
    }

    /// Whose answer a frame `(id,1,serial,WLNET,number,…)` is, and what it says.
    pub(super) fn module_answered(
        &mut self,
        now: ReceivedAt,
        number: u64,
        serial: Option<u64>,
        last: Option<&[u8]>,
    ) -> Option<(CommandTicket, CommandOutcome)> {
        self.forget_old(now);
        let same = |ours: u16| serial == Some(u64::from(ours));
        let opening = self.waiting.iter().find(
            |waiting| matches!(waiting.answer, Answer::SubLock { serial, .. } if number == 8 && same(serial)),
        );
        if let Some(opening) = opening {
            return Some((opening.ticket, CommandOutcome::Acknowledged));
        }
        let ticket = self.take(now, |waiting| {
            matches!(waiting.answer, Answer::Module { number: ours, serial } if u64::from(ours) == number && same(serial))
        })?;
        Some((ticket, outcome(last)))
    }

    /// The unlocking that a lock event with source 4 decides: it must not be older than the command.
    pub(super) fn unlocked(
        &mut self,
        now: ReceivedAt,
        occurred_at: Option<OccurredAt>,
    ) -> Option<CommandTicket> {
        self.take(now, |waiting| waiting.answer == Answer::Unlock && is_after(occurred_at, waiting.sent_at))
    }

    /// The unlocking that a sub-lock's report decides.
    pub(super) fn sub_lock_opened(
        &mut self,
        now: ReceivedAt,
        occurred_at: Option<OccurredAt>,
        sensor: [u8; 5],
    ) -> Option<CommandTicket> {
        self.take(now, |waiting| {
            matches!(waiting.answer, Answer::SubLock { sub_lock, .. } if sub_lock == sensor)
                && is_after(occurred_at, waiting.sent_at)
        })
    }

    /// The request for a position that a real-time report answers.
    pub(super) fn located(
        &mut self,
        now: ReceivedAt,
        occurred_at: Option<OccurredAt>,
    ) -> Option<CommandTicket> {
        self.take(now, |waiting| waiting.answer == Answer::Locate && is_after(occurred_at, waiting.sent_at))
    }
}

/// A repeated report of an earlier unlocking must not count as the proof of this one.
fn is_after(occurred_at: Option<OccurredAt>, sent_at: ReceivedAt) -> bool {
    occurred_at.is_some_and(|at| at.0.since(sent_at.0) >= -CLOCK_LAG_S_MAX * 1_000)
}

fn outcome(last: Option<&[u8]>) -> CommandOutcome {
    match last {
        Some(word) if word.eq_ignore_ascii_case(b"OK") => CommandOutcome::Done,
        Some(word) if word.eq_ignore_ascii_case(b"FAIL") || word.eq_ignore_ascii_case(b"ERROR") => {
            CommandOutcome::Failed
        }
        _ => CommandOutcome::Answered,
    }
}
