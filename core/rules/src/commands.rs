//! Commands to devices: one state machine for every protocol.
//!
//! ```text
//! created --authorise--> authorised --send--> sent --> acknowledged --> succeeded | rejected
//!    |                      |  ^               |
//!    +------ cancel --------+  +-- postponed --+       any of them --> expired | failed
//!    +------ refuse
//! ```
//!
//! A fold over journalled inputs like the rest of the state. What may not happen is refused by [`Commands::check`]
//! before it is journalled, and changes nothing if it is found in a journal all the same.

use std::collections::{BTreeMap, BTreeSet};

use plomb_model::{
    CommandOutcome, CommandState, CommandTicket, ConnectionId, DeviceId, Dispatch, OccurredAt, Order,
    OrderKind, ReceivedAt, Repeats, Timestamp,
};

/// Commands of one device that are not over; a further one is refused, so that a dead device gathers no heap.
pub const QUEUED_PER_DEVICE_MAX: usize = 16;
/// Commands of all devices that are not over; bounds memory and the snapshot.
const OPEN_MAX: usize = 50_000;
/// Finished commands of one device that are kept to look at; older ones are in the journal.
const FINISHED_PER_DEVICE_MAX: usize = 50;
/// Finished commands of all devices that are kept to look at.
const FINISHED_MAX: usize = 100_000;
/// How often a command goes to a conversation at most.
pub const TRIES_MAX: u8 = 5;
/// A command that may repeat is sent again when it is unanswered for so long.
const ANSWER_MS_MAX: i64 = 60_000;
/// A command waits at least so long before its next try.
const RETRY_MS_MIN: i64 = 5_000;
/// An answer is waited for beyond the command's expiry for so long, when it has been sent before.
const GRACE_MS: i64 = 120_000;
/// A device's clock may be behind ours by so much when it reports what a command did.
const CLOCK_SKEW_MS_MAX: i64 = 300_000;
/// Longest validity of a command: a device that sleeps for a week is no longer told what was meant today.
pub const VALIDITY_MS_MAX: i64 = 7 * 24 * 3_600_000;
/// Longest words that are kept of a device's answer.
pub const DETAIL_CHARS_MAX: usize = 300;
/// Longest idempotency key.
pub const KEY_BYTES_MAX: usize = 128;

/// One command and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// Its number.
    pub ticket: CommandTicket,
    /// Which device.
    pub device: DeviceId,
    /// What it is to do.
    pub order: Order,
    /// By which the same wish is known again.
    pub key: Box<str>,
    /// Who wants it.
    pub created_by: Box<str>,
    /// Since when.
    pub created_at: ReceivedAt,
    /// It is not sent from this time on.
    pub expires_at: ReceivedAt,
    /// Somebody else must authorise it.
    pub four_eyes: bool,
    /// How far it has come.
    pub state: CommandState,
    /// Who authorised it and when; for what needs none, its creator.
    pub authorised: Option<(Box<str>, ReceivedAt)>,
    /// When it was sent last, and in which conversation.
    pub sent: Option<(ReceivedAt, ConnectionId)>,
    /// How often it was sent.
    pub tries: u8,
    /// When the device said that it has it.
    pub acknowledged_at: Option<ReceivedAt>,
    /// When it was over.
    pub ended_at: Option<ReceivedAt>,
    /// The device's words or ours.
    pub detail: Box<str>,
}

impl CommandRecord {
    /// When it expires: an answer is waited for a little longer.
    fn ends_by(&self) -> Timestamp {
        let after = |at: Timestamp| Timestamp::from_millis(at.as_millis().saturating_add(GRACE_MS));
        match (self.state, self.acknowledged_at) {
            (CommandState::Acknowledged, Some(at)) if !self.order.kind().needs_authorisation() => after(at.0),
            (CommandState::Sent | CommandState::Acknowledged, _) => after(self.expires_at.0),
            _ => self.expires_at.0,
        }
    }
}

/// What is wished of the commands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandStep {
    /// A new one.
    Create {
        /// Which device.
        device: DeviceId,
        /// What it is to do.
        order: Order,
        /// By which the same wish is known again.
        key: Box<str>,
        /// It is not sent from this time on.
        expires_at: ReceivedAt,
        /// Somebody else must authorise it.
        four_eyes: bool,
    },
    /// Let it be sent.
    Authorise(CommandTicket),
    /// Take it back.
    Cancel(CommandTicket),
    /// Do not let it be sent; why.
    Refuse(CommandTicket, Box<str>),
}

/// Why a step cannot be taken; says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandRefusal {
    /// No such command.
    #[error("command {0}")]
    Unknown(u64),
    /// The key was used for something else.
    #[error("the key was used for another command; use a new key for a new wish")]
    KeyReused(CommandTicket),
    /// Too many wait for this device.
    #[error("{QUEUED_PER_DEVICE_MAX} commands wait for this device; cancel one or wait until one is over")]
    QueueFull,
    /// Too many wait for all devices.
    #[error("{OPEN_MAX} commands wait; try again when some are over")]
    TooMany,
    /// A time of expiry in the past or too far ahead.
    #[error("a command must expire in the future and within seven days; give another validity")]
    Expiry,
    /// Its time is over.
    #[error("the command has expired; create a new one")]
    Expired,
    /// It is in another state.
    #[error("the command is {0} already")]
    State(&'static str),
    /// It may have reached the device.
    #[error("the command was sent and may have reached the device; it can no longer be cancelled")]
    Sent,
    /// The device stands otherwise.
    #[error("the device is {0}, and only a device in service takes commands; put it in service first")]
    Standing(&'static str),
    /// The creator may not authorise it.
    #[error("somebody else than its creator must authorise this command")]
    FourEyes,
}

/// All commands that are not over, and the latest of those that are.
#[derive(Debug, Default)]
pub struct Commands {
    records: BTreeMap<CommandTicket, CommandRecord>,
    by_device: BTreeMap<DeviceId, Lists>,
    keys: BTreeMap<(Box<str>, Box<str>), CommandTicket>,
    deadlines: BTreeSet<(Timestamp, CommandTicket)>,
    finished: BTreeSet<(Timestamp, CommandTicket)>,
    last: u64,
}

/// A device's commands.
#[derive(Debug, Default)]
struct Lists {
    open: BTreeSet<CommandTicket>,
    finished: BTreeSet<(Timestamp, CommandTicket)>,
}

impl Commands {
    /// The number that the next command will have.
    #[must_use]
    pub const fn next_ticket(&self) -> CommandTicket {
        CommandTicket(self.last.saturating_add(1))
    }

    /// The number of the last command ever.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// A command.
    #[must_use]
    pub fn get(&self, ticket: CommandTicket) -> Option<&CommandRecord> {
        self.records.get(&ticket)
    }

    /// All that are kept, by number.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &CommandRecord> {
        self.records.values()
    }

    /// How many are not over.
    #[must_use]
    pub fn open(&self) -> usize {
        self.deadlines.len()
    }

    /// The commands of a device that are kept, newest first.
    #[must_use]
    pub fn of(&self, device: &DeviceId) -> Vec<&CommandRecord> {
        let Some(lists) = self.by_device.get(device) else { return Vec::new() };
        let finished = lists.finished.iter().map(|(_, ticket)| ticket);
        let mut tickets: Vec<_> = lists.open.iter().chain(finished).collect();
        tickets.sort_unstable_by(|a, b| b.cmp(a));
        tickets.into_iter().filter_map(|ticket| self.records.get(ticket)).collect()
    }

    /// The command that this account created with this key, if it is still kept.
    #[must_use]
    pub fn keyed(&self, by: &str, key: &str) -> Option<&CommandRecord> {
        self.keys.get(&(by.into(), key.into())).and_then(|ticket| self.records.get(ticket))
    }

    /// Devices that have commands which are not over.
    pub fn waiting(&self) -> impl Iterator<Item = &DeviceId> {
        self.by_device.iter().filter(|(_, lists)| !lists.open.is_empty()).map(|(device, _)| device)
    }

    /// Whether a step may be taken. `Ok(Some)` is the command that the same key created before.
    ///
    /// # Errors
    /// [`CommandRefusal`] when it may not.
    pub fn check(
        &self,
        at: ReceivedAt,
        by: &str,
        step: &CommandStep,
    ) -> Result<Option<CommandTicket>, CommandRefusal> {
        match step {
            CommandStep::Create { device, order, key, expires_at, .. } => {
                self.check_new(at, by, (device, order), key, *expires_at)
            }
            CommandStep::Authorise(ticket) => {
                let record = self.known(*ticket)?;
                if record.state != CommandState::Created {
                    return Err(CommandRefusal::State(record.state.name()));
                }
                if record.expires_at <= at {
                    return Err(CommandRefusal::Expired);
                }
                if record.four_eyes && *record.created_by == *by {
                    return Err(CommandRefusal::FourEyes);
                }
                Ok(None)
            }
            CommandStep::Refuse(ticket, _) => match self.known(*ticket)?.state {
                CommandState::Created => Ok(None),
                state => Err(CommandRefusal::State(state.name())),
            },
            CommandStep::Cancel(ticket) => {
                let record = self.known(*ticket)?;
                match record.state {
                    CommandState::Created | CommandState::Authorised => Ok(None),
                    CommandState::Sent | CommandState::Acknowledged => Err(CommandRefusal::Sent),
                    state => Err(CommandRefusal::State(state.name())),
                }
            }
        }
    }

    fn known(&self, ticket: CommandTicket) -> Result<&CommandRecord, CommandRefusal> {
        self.records.get(&ticket).ok_or(CommandRefusal::Unknown(ticket.0))
    }

    fn check_new(
        &self,
        at: ReceivedAt,
        by: &str,
        (device, order): (&DeviceId, &Order),
        key: &str,
        expires_at: ReceivedAt,
    ) -> Result<Option<CommandTicket>, CommandRefusal> {
        if let Some(record) = self.keyed(by, key) {
            let same = record.device == *device && record.order == *order;
            return if same {
                Ok(Some(record.ticket))
            } else {
                Err(CommandRefusal::KeyReused(record.ticket))
            };
        }
        if !(1..=VALIDITY_MS_MAX).contains(&expires_at.0.since(at.0)) {
            return Err(CommandRefusal::Expiry);
        }
        if self.by_device.get(device).is_some_and(|lists| lists.open.len() >= QUEUED_PER_DEVICE_MAX) {
            return Err(CommandRefusal::QueueFull);
        }
        if self.deadlines.len() >= OPEN_MAX {
            return Err(CommandRefusal::TooMany);
        }
        Ok(None)
    }

    /// Takes a step that a person ordered; returns the command it changed.
    pub fn take(&mut self, at: ReceivedAt, by: &str, ticket: CommandTicket, step: &CommandStep) -> bool {
        if !matches!(self.check(at, by, step), Ok(None)) {
            return false;
        }
        match step {
            CommandStep::Create { device, order, key, expires_at, four_eyes } => {
                if ticket.0 <= self.last {
                    return false;
                }
                let needs = order.kind().needs_authorisation();
                self.insert(CommandRecord {
                    ticket,
                    device: *device,
                    order: order.clone(),
                    key: key.clone(),
                    created_by: by.into(),
                    created_at: at,
                    expires_at: *expires_at,
                    four_eyes: *four_eyes && needs,
                    state: if needs { CommandState::Created } else { CommandState::Authorised },
                    authorised: (!needs).then(|| (by.into(), at)),
                    sent: None,
                    tries: 0,
                    acknowledged_at: None,
                    ended_at: None,
                    detail: Box::default(),
                });
                true
            }
            CommandStep::Authorise(ticket) => self.change(*ticket, |record| {
                record.state = CommandState::Authorised;
                record.authorised = Some((by.into(), at));
            }),
            CommandStep::Cancel(ticket) => {
                let detail = format!("taken back by {by}");
                self.end(*ticket, CommandState::Cancelled, at, &detail)
            }
            CommandStep::Refuse(ticket, reason) => {
                let colon = if reason.is_empty() { "" } else { ": " };
                let detail = format!("refused by {by}{colon}{reason}");
                self.end(*ticket, CommandState::Refused, at, &detail)
            }
        }
    }

    /// Which command of this device should go to this conversation at `now`: one at a time, in their order.
    #[must_use]
    pub fn due(&self, device: &DeviceId, connection: ConnectionId, now: ReceivedAt) -> Option<CommandTicket> {
        let open = self.by_device.get(device)?.open.iter().filter_map(|ticket| self.records.get(ticket));
        for record in open {
            if Self::may_send(record, connection, now) {
                return Some(record.ticket);
            }
            let since = record.sent.map(|(at, _)| now.0.since(at.0));
            // Behind it: answers of some protocols are told apart by their order alone.
            if record.state == CommandState::Sent && since.is_some_and(|since| since < ANSWER_MS_MAX) {
                return None;
            }
        }
        None
    }

    fn may_send(record: &CommandRecord, connection: ConnectionId, now: ReceivedAt) -> bool {
        if record.tries >= TRIES_MAX || now >= record.expires_at {
            return false;
        }
        let Some((at, before)) = record.sent else { return record.state == CommandState::Authorised };
        let (since, reconnected) = (now.0.since(at.0), before != connection);
        let unanswered = match record.order.kind().repeats() {
            Repeats::Always => reconnected || since >= ANSWER_MS_MAX,
            Repeats::WhenReconnected => reconnected,
            Repeats::Never => false,
        };
        let state = match record.state {
            CommandState::Authorised => true,
            CommandState::Sent => unanswered,
            _ => false,
        };
        state && since >= RETRY_MS_MIN
    }

    /// A command goes to a conversation. `false` when it may not, and nothing must be sent then.
    pub fn send(&mut self, ticket: CommandTicket, connection: ConnectionId, at: ReceivedAt) -> bool {
        let may = self.records.get(&ticket).is_some_and(|record| Self::may_send(record, connection, at));
        may && self.change(ticket, |record| {
            record.state = CommandState::Sent;
            record.sent = Some((at, connection));
            record.tries = record.tries.saturating_add(1);
            record.detail = Box::default();
        })
    }

    /// What the conversation made of it. `false` when that changes nothing.
    pub fn dispatched(
        &mut self,
        ticket: CommandTicket,
        connection: ConnectionId,
        at: ReceivedAt,
        dispatch: &Dispatch,
    ) -> bool {
        let Some(record) = self.records.get(&ticket) else { return false };
        if record.state != CommandState::Sent || record.sent.is_none_or(|(_, to)| to != connection) {
            return false;
        }
        match dispatch {
            Dispatch::Written => false,
            Dispatch::Postponed(why) if record.tries < TRIES_MAX => self.change(ticket, |record| {
                record.state = CommandState::Authorised;
                record.detail = shortened(why);
            }),
            Dispatch::Postponed(why) | Dispatch::Impossible(why) => {
                self.end(ticket, CommandState::Failed, at, why)
            }
        }
    }

    /// What the device answered. `false` when that changes nothing.
    pub fn answer(
        &mut self,
        ticket: CommandTicket,
        device: &DeviceId,
        outcome: CommandOutcome,
        words: &str,
        at: ReceivedAt,
    ) -> bool {
        let Some(record) = self.records.get(&ticket) else { return false };
        let waits = matches!(record.state, CommandState::Sent | CommandState::Acknowledged);
        if !waits || record.device != *device {
            return false;
        }
        match outcome {
            CommandOutcome::Acknowledged if record.state == CommandState::Acknowledged => false,
            CommandOutcome::Acknowledged => self.change(ticket, |record| {
                record.state = CommandState::Acknowledged;
                record.acknowledged_at = Some(at);
                record.detail = shortened(words);
            }),
            CommandOutcome::Done | CommandOutcome::Answered => {
                self.end(ticket, CommandState::Succeeded, at, words)
            }
            CommandOutcome::Failed => self.end(ticket, CommandState::Rejected, at, words),
            CommandOutcome::Unsupported => {
                let words = if words.is_empty() { "the device does not know this command" } else { words };
                self.end(ticket, CommandState::Rejected, at, words)
            }
        }
    }

    /// The device reports an unlocking by a command of the platform: the oldest unlocking that waits for its answer
    /// has its result, though its answer may have been lost. Returns that command.
    pub fn unlocked(
        &mut self,
        device: &DeviceId,
        occurred_at: Option<OccurredAt>,
        allowed: bool,
        at: ReceivedAt,
    ) -> Option<CommandTicket> {
        let open = self.by_device.get(device)?.open.iter().filter_map(|ticket| self.records.get(ticket));
        let waits = |record: &&CommandRecord| {
            let sent_at = record.sent.map(|(at, _)| at.0).filter(|_| {
                matches!(record.state, CommandState::Sent | CommandState::Acknowledged)
                    && record.order.kind() == OrderKind::Unlock
            });
            sent_at.is_some_and(|sent_at| {
                occurred_at.is_none_or(|occurred_at| occurred_at.0.since(sent_at) >= -CLOCK_SKEW_MS_MAX)
            })
        };
        let ticket = { open }.find(waits)?.ticket;
        let (state, words) = if allowed {
            (CommandState::Succeeded, "the device reported that it was opened by this platform's command")
        } else {
            (CommandState::Rejected, "the device reported that it refused to open")
        };
        self.end(ticket, state, at, words).then_some(ticket)
    }

    /// Ends the commands whose time has passed; returns them.
    pub fn advance(&mut self, now: ReceivedAt) -> Vec<CommandTicket> {
        let mut expired = Vec::new();
        while let Some((at, ticket)) = self.deadlines.first().copied() {
            if at > now.0 {
                break;
            }
            let acknowledged =
                self.records.get(&ticket).filter(|record| record.state == CommandState::Acknowledged);
            // Many protocols have no other answer; but whether a seal was opened must be said in so many words.
            let taken = acknowledged.is_some_and(|record| !record.order.kind().needs_authorisation());
            let state = if taken { CommandState::Succeeded } else { CommandState::Expired };
            let detail = match self.records.get(&ticket) {
                Some(_) if taken => "the device took it, and said no more",

                Some(record) if record.state == CommandState::Created => "nobody authorised it in time",
                Some(record) if record.state == CommandState::Acknowledged => {
                    "the device has it, and did not say in time what came of it"
                }
                Some(record) if record.tries > 0 => "it was sent, and the device did not answer in time",
                _ => "the device could not be reached in time",
            };
            if !self.end(ticket, state, now, detail) {
                self.deadlines.remove(&(at, ticket));
            }
            expired.push(ticket);
        }
        expired
    }

    /// Takes a record of a snapshot in.
    pub fn restore(&mut self, record: CommandRecord) {
        self.insert(record);
    }

    /// Takes the last number of a snapshot in: numbers of commands forgotten since are not used again.
    pub fn restore_last(&mut self, last: u64) {
        self.last = self.last.max(last);
    }

    fn insert(&mut self, record: CommandRecord) {
        self.last = self.last.max(record.ticket.0);
        self.keys.insert((record.created_by.clone(), record.key.clone()), record.ticket);
        self.list(&record);
        self.records.insert(record.ticket, record);
    }

    fn list(&mut self, record: &CommandRecord) {
        let lists = self.by_device.entry(record.device).or_default();
        if record.state.is_final() {
            let place = (record.ended_at.unwrap_or(record.created_at).0, record.ticket);
            lists.finished.insert(place);
            self.finished.insert(place);
        } else {
            lists.open.insert(record.ticket);
            self.deadlines.insert((record.ends_by(), record.ticket));
        }
    }

    fn end(&mut self, ticket: CommandTicket, state: CommandState, at: ReceivedAt, detail: &str) -> bool {
        let changed = self.change(ticket, |record| {
            record.state = state;
            record.ended_at = Some(at);
            record.detail = shortened(detail);
        });
        if let Some(device) = self.records.get(&ticket).map(|record| record.device) {
            self.forget(&device);
        }
        changed
    }

    fn change(&mut self, ticket: CommandTicket, change: impl FnOnce(&mut CommandRecord)) -> bool {
        let Some(mut record) = self.records.remove(&ticket) else { return false };
        self.deadlines.remove(&(record.ends_by(), ticket));
        if let Some(lists) = self.by_device.get_mut(&record.device) {
            lists.open.remove(&ticket);
        }
        change(&mut record);
        self.list(&record);
        self.records.insert(ticket, record);
        true
    }

    /// Lets the oldest finished commands go where there are too many.
    fn forget(&mut self, device: &DeviceId) {
        let of_device = self.by_device.get(device).map_or(0, |lists| lists.finished.len());
        let oldest = if of_device > FINISHED_PER_DEVICE_MAX {
            self.by_device.get(device).and_then(|lists| lists.finished.first().copied())
        } else if self.finished.len() > FINISHED_MAX {
            self.finished.first().copied()
        } else {
            None
        };
        let Some(place) = oldest else { return };
        self.finished.remove(&place);
        if let Some(record) = self.records.remove(&place.1) {
            self.keys.remove(&(record.created_by, record.key));
            if let Some(lists) = self.by_device.get_mut(&record.device) {
                lists.finished.remove(&place);
                if lists.open.is_empty() && lists.finished.is_empty() {
                    self.by_device.remove(&record.device);
                }
            }
        }
    }
}

fn shortened(text: &str) -> Box<str> {
    match text.char_indices().nth(DETAIL_CHARS_MAX) {
        Some((end, _)) => text.get(..end).unwrap_or_default().into(),
        None => text.into(),
    }
}
