//! Recorded bytes through the decoders again: do they still mean what was recorded?

use std::collections::{BTreeMap, VecDeque};

use plomb_devices::{Decoded, Session, SessionConfig, open, takes_password};
use plomb_evidence::{Dispatched, Entry, Received, Sent};
use plomb_model::{CommandTicket, ConnectionId, Dispatch, EntryId, Event, Protocol, Redacted, Transport};

/// Conversations kept at once; beyond it the oldest is given up.
const CONVERSATIONS_MAX: usize = 1_000_000;

/// What decoding again has found.
#[derive(Debug, Default)]
pub struct RedecodeReport {
    /// Reports whose events were compared.
    pub compared: u64,
    /// Entries whose events differ now, the first hundred.
    pub differing: Vec<EntryId>,
    /// All of them.
    pub differing_total: u64,
    /// Reports of conversations whose beginning is no longer in the journal.
    pub unverifiable: u64,
}

struct Conversation {
    transport: Transport,
    session: Option<Box<dyn Session>>,
    recorded: VecDeque<(EntryId, Vec<Event>)>,
    again: VecDeque<Vec<Event>>,
    protocol: Option<Protocol>,
    sent: BTreeMap<CommandTicket, Sent>,
}

/// Stands for a lock's password, which the journal does not have; answers do not depend on it.
const ANY_PASSWORD: &str = "000000";

/// Decodes recorded conversations again, each through a session of its own.
pub struct Redecode {
    config: SessionConfig,
    conversations: BTreeMap<ConnectionId, Conversation>,
    report: RedecodeReport,
}

impl Redecode {
    /// With the configuration that the listeners had.
    #[must_use]
    pub fn new(config: SessionConfig) -> Self {
        Self { config, conversations: BTreeMap::new(), report: RedecodeReport::default() }
    }

    /// Takes the next entry of the journal.
    pub fn entry(&mut self, id: EntryId, entry: &Entry) {
        match entry {
            Entry::Opened(opened) => {
                if self.conversations.len() >= CONVERSATIONS_MAX {
                    self.conversations.pop_first();
                }
                let conversation = Conversation {
                    transport: opened.transport,
                    session: None,
                    recorded: VecDeque::new(),
                    again: VecDeque::new(),
                    protocol: opened.protocol,
                    sent: BTreeMap::new(),
                };
                self.conversations.insert(opened.connection, conversation);
            }
            Entry::Received(received) => self.received(id, received),
            Entry::Closed(closed) => {
                if let Some(mut conversation) = self.conversations.remove(&closed.connection) {
                    let mut out = Decoded::default();
                    if let Some(session) = &mut conversation.session {
                        session.finish(closed.at, &mut out);
                    }
                    conversation.take(&out);
                    self.compare(&mut conversation);
                }
            }
            Entry::Sent(sent) => {
                if let Some(conversation) = self.conversations.get_mut(&sent.connection) {
                    conversation.sent.insert(sent.ticket, sent.clone());
                }
            }
            Entry::Dispatched(dispatched) => self.dispatched(dispatched),
            Entry::Operated(_) | Entry::Clocked(_) | Entry::Decided(_) | Entry::Configured(_) => {}
        }
    }

    /// Has the session make the command again, so that it knows the answer when it comes.
    fn dispatched(&mut self, dispatched: &Dispatched) {
        let Some(conversation) = self.conversations.get_mut(&dispatched.connection) else { return };
        let Some(sent) = conversation.sent.remove(&dispatched.ticket) else { return };
        let Some(protocol) = conversation.protocol.filter(|_| dispatched.dispatch == Dispatch::Written)
        else {
            return;
        };
        let config = SessionConfig { datagrams: conversation.transport.is_message(), ..self.config.clone() };
        let session = conversation.session.get_or_insert_with(|| open(protocol, config));
        let password = takes_password(protocol).then(|| Redacted::new(ANY_PASSWORD));
        let command = sent.order.command(dispatched.at, password);
        let mut out = Decoded::default();
        // What it makes of it was recorded; here only the answer counts.
        drop(session.command(dispatched.at, Some(sent.device), sent.ticket, &command, &mut out));
    }

    fn received(&mut self, id: EntryId, received: &Received) {
        let Some(mut conversation) = self.conversations.remove(&received.connection) else {
            self.report.unverifiable += 1;
            return;
        };
        let config = SessionConfig { datagrams: conversation.transport.is_message(), ..self.config.clone() };
        conversation.protocol = Some(received.protocol);
        let session = conversation.session.get_or_insert_with(|| open(received.protocol, config));
        let mut out = Decoded::default();
        if received.frame.is_empty() {
            session.tick(received.at, &mut out);
        } else {
            session.receive(received.at, &received.frame, &mut out);
        }
        if conversation.transport.is_message() {
            session.finish(received.at, &mut out);
        }
        conversation.recorded.push_back((id, received.events.to_vec()));
        conversation.take(&out);
        self.compare(&mut conversation);
        self.conversations.insert(received.connection, conversation);
    }

    fn compare(&mut self, conversation: &mut Conversation) {
        while !conversation.again.is_empty() {
            let (Some((id, recorded)), Some(again)) =
                (conversation.recorded.pop_front(), conversation.again.pop_front())
            else {
                return;
            };
            self.report.compared += 1;
            if recorded != again {
                self.report.differing_total += 1;
                if self.report.differing.len() < 100 {
                    self.report.differing.push(id);
                }
            }
        }
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> RedecodeReport {
        self.report
    }
}

impl Conversation {
    fn take(&mut self, out: &Decoded) {
        self.again.extend(out.reports().map(|report| report.events.to_vec()));
    }
}
