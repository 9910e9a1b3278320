//! Messages that come whole, by HTTP or MQTT: a conversation for each sender, and a way to learn when a message is durable.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use plomb_devices::{Decoded, Request, SessionConfig};
use plomb_evidence::{Closed, Dispatched, Opened, Sent};
use plomb_model::{ConnectionId, Dispatch, EntryId, Protocol, Transport};
use tokio::sync::{Mutex, mpsc};
use tokio::time::{interval, timeout};

use crate::arrival::{Arrival, Batch, Door, Release};
use crate::budget::{Budget, Worth, dropped_issue, spent_issue};
use crate::conversation::Conversation;
use crate::counters::IngestCounters;
use crate::limits::{SENDERS_MAX, WRITE_S_MAX};
use crate::orders::{ENDED, dispatch};
use crate::{Listening, now};

/// How often senders are looked at for their silence.
const ROUND: Duration = Duration::from_secs(10);

/// Who sends: a protocol's messages from one peer are one conversation.
type Sender = (Protocol, Arc<str>);

struct Peer {
    connection: ConnectionId,
    conversation: Conversation,
    heard_s: u64,
    budget: Budget,
}

#[derive(Default)]
struct Peers {
    by_sender: HashMap<Sender, Peer>,
    sender_of: HashMap<ConnectionId, Sender>,
    /// Where commands go that are for devices of these senders; they may not have been heard yet.
    doors: HashMap<Sender, Door>,
    /// By when they were last heard (seconds since the start), for expiry.
    by_age: BTreeMap<(u64, ConnectionId), Sender>,
    seconds: u64,
}

/// The messages of one listener.
pub struct Messages {
    pub(crate) listening: Listening,
    transport: Transport,
    peers: Mutex<Peers>,
}

/// A message on its way to the journal.
pub(crate) struct Pending(Way);

/// A message that is durable.
#[derive(Debug)]
pub struct Kept {
    /// Its journal entry; `None` where its sender has brought too many bad messages, so that it is not kept.
    pub entry: Option<EntryId>,
    /// What it says.
    pub decoded: Box<Decoded>,
}

enum Way {
    /// It comes back when it is durable.
    Journal(mpsc::Receiver<Release>),
    /// Its sender has brought too many bad messages: it is not kept, and this is its answer.
    Dropped(Box<Decoded>),
}

impl Pending {
    /// The message once it is durable; none when it could not be kept.
    pub(crate) async fn durable(self) -> Option<Kept> {
        let mut released = match self.0 {
            Way::Journal(released) => released,
            Way::Dropped(decoded) => return Some(Kept { entry: None, decoded }),
        };
        match timeout(Duration::from_secs(WRITE_S_MAX), released.recv()).await {
            Ok(Some(Release::Durable { entry, decoded, .. })) => Some(Kept { entry: Some(entry), decoded }),
            Ok(Some(Release::Refused { .. } | Release::Command(_)) | None) | Err(_) => None,
        }
    }
}

/// The answer to a message that is not kept.
fn not_kept() -> Box<Decoded> {
    let mut answer = Box::<Decoded>::default();
    answer.issue(spent_issue());
    answer.report(None, &[]);
    answer
}

impl fmt::Debug for Messages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Messages")
    }
}

impl Messages {
    /// The messages that people bring through the API, such as the taps of their telephones. Must be called in a runtime,
    /// which then looks after them until the platform stops.
    #[must_use]
    pub fn of_people(listening: Listening) -> Arc<Self> {
        let mut stop = listening.stop.clone();
        let messages = Arc::new(Self::new(listening, Transport::Http));
        let rounds = Arc::clone(&messages).rounds();
        tokio::spawn(async move {
            tokio::select! {
                () = rounds => {}
                _ = stop.changed() => {}
            }
        });
        messages
    }

    /// Has a message kept; comes back once it is durable. `None` when it cannot be.
    pub async fn bring(&self, protocol: Protocol, peer: &str, frame: &[u8]) -> Option<Kept> {
        let kept = self.take(protocol, peer, frame).await?.durable().await?;
        let worth = Worth { bad: kept.decoded.disbelieved(), good: false };
        IngestCounters::add_bad(&self.listening.counters.bad_reports, worth);
        Some(kept)
    }

    pub(crate) fn new(listening: Listening, transport: Transport) -> Self {
        Self { listening, transport, peers: Mutex::new(Peers::default()) }
    }

    /// Has the frame decoded and handed on; none when the platform takes nothing more.
    pub(crate) async fn take(&self, protocol: Protocol, peer: &str, frame: &[u8]) -> Option<Pending> {
        let listening = &self.listening;
        IngestCounters::add(&listening.counters.bytes_received, frame.len());
        let sender: Sender = (protocol, peer.into());
        let (back, released) = mpsc::channel(1);
        let mut decoded = Box::<Decoded>::default();
        let at = now();
        let connection = {
            // Held until the platform knows of a new sender, so that none of its reports can come before that.
            let mut peers = self.peers.lock().await;
            for arrival in self.remember(&mut peers, &sender) {
                listening.intake.send(arrival).await.ok()?;
            }
            let peer = peers.by_sender.get_mut(&sender)?;
            if peer.conversation.receive(at, frame, &mut decoded).is_err() {
                IngestCounters::add(&listening.counters.decoder_faults, 1);
                // The next message is a new one: the fault must not make this sender unheard.
                peer.conversation = self.conversation(protocol);
            }
            peer.conversation.finish(at, &mut decoded);
            // Many devices may come through one gateway or cloud: its good messages are taken all the same.
            let worth = Worth::of(&decoded);
            IngestCounters::add_bad(&listening.counters.bad_reports, worth);
            if worth.bad > 0 && !worth.good && peer.budget.is_spent(at) {
                peer.budget.drop_one();
                IngestCounters::add(&listening.counters.dropped_messages, 1);
                return Some(Pending(Way::Dropped(not_kept())));
            }
            if let dropped @ 1.. = peer.budget.take_dropped() {
                decoded.add_to_last(dropped_issue(dropped));
            }
            if peer.budget.charge(worth, at) {
                decoded.add_to_last(spent_issue());
            }
            peer.connection
        };
        let batch = Batch { connection, protocol, at, decoded, back };
        listening.intake.send(Arrival::Received(batch)).await.ok()?;
        Some(Pending(Way::Journal(released)))
    }

    /// Commands for the devices of a sender go through this door from now on.
    pub(crate) async fn reachable(&self, protocol: Protocol, peer: &str, door: Door) {
        let sender: Sender = (protocol, peer.into());
        let mut peers = self.peers.lock().await;
        peers.doors.insert(sender.clone(), door.clone());
        if let Some(peer) = peers.by_sender.get(&sender) {
            // Where the platform stops nobody waits for commands.
            drop(self.listening.intake.send(Arrival::Reachable(peer.connection, door)).await);
        }
    }

    /// No more commands go through this door; another one of the same sender stays.
    pub(crate) async fn unreachable(&self, protocol: Protocol, peer: &str, door: &Door) {
        let sender: Sender = (protocol, peer.into());
        let mut peers = self.peers.lock().await;
        if !peers.doors.get(&sender).is_some_and(|known| known.same_channel(door)) {
            return;
        }
        peers.doors.remove(&sender);
        if let Some(peer) = peers.by_sender.get(&sender) {
            let unreachable = Arrival::Unreachable(peer.connection, door.clone());
            drop(self.listening.intake.send(unreachable).await);
        }
    }

    /// Puts a command into a message: its topic and payload, where it is to be published. A topic that nobody hears is
    /// none to publish under. What came of it is told to the platform before the message can be answered.
    pub(crate) async fn command(
        &self,
        sent: &Sent,
        is_heard: impl Fn(&str) -> bool,
    ) -> Option<(String, Vec<u8>)> {
        let (connection, ticket, at) = (sent.connection, sent.ticket, now());
        let mut out = Decoded::default();
        let mut peers = self.peers.lock().await;
        let sender = peers.sender_of.get(&connection).cloned();
        let peer = sender.and_then(|sender| peers.by_sender.get_mut(&sender));
        let mut dispatched = match peer {
            Some(peer) => {
                dispatch(&mut peer.conversation, &*self.listening.session.secrets, at, sent, &mut out)
            }
            None => Dispatch::Postponed(ENDED.into()),
        };
        drop(peers);
        let message = Request::of(out.all_replies());
        let written = dispatched == Dispatch::Written;
        if written && !is_heard(message.path()) {
            let path = message.path();
            dispatched = Dispatch::Postponed(format!("the device has not subscribed to {path}").into());
        }
        let publish = dispatched == Dispatch::Written;
        let dispatched = Dispatched { at, connection, ticket, dispatch: dispatched };
        self.listening.intake.send(Arrival::Dispatched(dispatched)).await.ok()?;
        publish.then(|| (message.path().to_owned(), message.body.to_vec()))
    }

    fn conversation(&self, protocol: Protocol) -> Conversation {
        let config = SessionConfig { datagrams: true, ..self.listening.session.clone() };
        Conversation::new(Some(protocol), config)
    }

    /// Notes that a sender is heard; gives what the platform must be told of it before its report.
    fn remember(&self, peers: &mut Peers, sender: &Sender) -> Vec<Arrival> {
        let seconds = peers.seconds;
        if let Some(peer) = peers.by_sender.get_mut(sender) {
            peers.by_age.remove(&(peer.heard_s, peer.connection));
            peer.heard_s = seconds;
            peers.by_age.insert((seconds, peer.connection), sender.clone());
            return Vec::new();
        }
        let mut arrivals = Vec::new();
        if peers.by_sender.len() >= SENDERS_MAX
            && let Some(oldest) = peers.by_age.first_key_value().map(|(_, sender)| sender.clone())
        {
            let reason = "too many senders: the one heard least lately gave way";
            arrivals.extend(self.forget(peers, &oldest, reason));
        }
        let (protocol, peer) = sender;
        let connection = self.listening.next_connection();
        IngestCounters::add(&self.listening.counters.opened, 1);
        IngestCounters::add(&self.listening.counters.connections, 1);
        let conversation = self.conversation(*protocol);
        peers.by_sender.insert(
            sender.clone(),
            Peer { connection, conversation, heard_s: seconds, budget: Budget::default() },
        );
        peers.by_age.insert((seconds, connection), sender.clone());
        peers.sender_of.insert(connection, sender.clone());
        arrivals.push(Arrival::Opened(Opened {
            connection,
            protocol: Some(*protocol),
            transport: self.transport,
            peer: peer.as_ref().into(),
            at: now(),
        }));
        let door = peers.doors.get(sender).cloned();
        arrivals.extend(door.map(|door| Arrival::Reachable(connection, door)));
        arrivals
    }

    fn forget(&self, peers: &mut Peers, sender: &Sender, reason: &str) -> Option<Arrival> {
        let peer = peers.by_sender.remove(sender)?;
        peers.sender_of.remove(&peer.connection);
        peers.by_age.remove(&(peer.heard_s, peer.connection));
        IngestCounters::subtract_one(&self.listening.counters.connections);
        Some(Arrival::Closed(Closed { connection: peer.connection, reason: reason.into(), at: now() }))
    }

    /// Forgets the senders that have been silent too long, round after round.
    pub(crate) async fn rounds(self: Arc<Self>) {
        let mut round = interval(ROUND);
        loop {
            round.tick().await;
            let mut closed = Vec::new();
            {
                let mut peers = self.peers.lock().await;
                peers.seconds += ROUND.as_secs();
                while let Some((&(heard_s, _), sender)) = peers.by_age.first_key_value() {
                    if heard_s + self.listening.idle_s_max > peers.seconds {
                        break;
                    }
                    let sender = sender.clone();
                    closed.extend(self.forget(&mut peers, &sender, "nothing was heard for too long"));
                }
            }
            for arrival in closed {
                if self.listening.intake.send(arrival).await.is_err() {
                    return;
                }
            }
        }
    }
}
