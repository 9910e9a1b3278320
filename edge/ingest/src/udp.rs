//! UDP: one task a socket, a session for each peer while it keeps talking.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use plomb_devices::{Decoded, SessionConfig};
use plomb_evidence::{Closed, Dispatched, Opened, Sent};
use plomb_model::{ConnectionId, Dispatch, Protocol, ReceivedAt, Transport};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::interval;
use tracing::{info, warn};

use crate::arrival::{Arrival, Batch, Release};
use crate::budget::{Budget, Worth, dropped_issue, spent_issue};
use crate::conversation::Conversation;
use crate::counters::IngestCounters;
use crate::limits::{DATAGRAM_BYTES_MAX, UDP_COMMANDS_WAITING_MAX, UDP_PEERS_MAX, UDP_UNANSWERED_MAX};
use crate::orders::{ENDED, dispatch};
use crate::{Listening, now};

/// How often sessions are looked at for their deadlines and their silence.
const ROUND: Duration = Duration::from_secs(1);

struct Peer {
    connection: ConnectionId,
    conversation: Conversation,
    heard_s: u64,
    budget: Budget,
}

impl Peer {
    fn new(listening: &Listening, heard_s: u64) -> Self {
        let config = SessionConfig { datagrams: true, ..listening.session.clone() };
        let conversation = Conversation::new(listening.protocol, config);
        Self { connection: listening.next_connection(), conversation, heard_s, budget: Budget::default() }
    }
}

/// All peers of one socket.
struct Peers {
    by_address: HashMap<SocketAddr, Peer>,
    address_of: HashMap<ConnectionId, SocketAddr>,
    /// By when they were last heard (seconds since the start), for expiry.
    by_age: BTreeMap<(u64, ConnectionId), SocketAddr>,
}

/// Serves datagrams until it is told to stop.
pub async fn serve_udp(socket: UdpSocket, listening: Listening) {
    let (back, mut released) = mpsc::channel(UDP_UNANSWERED_MAX + 1 + UDP_COMMANDS_WAITING_MAX);
    let mut peers = Peers { by_address: HashMap::new(), address_of: HashMap::new(), by_age: BTreeMap::new() };
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut stop = listening.stop.clone();
    let mut round = interval(ROUND);
    let mut seconds = 0_u64;
    let mut waiting = 0_usize;
    loop {
        let ended = tokio::select! {
            biased;
            release = released.recv() => match release {
                Some(Release::Command(sent)) => command(&mut peers, &socket, &listening, &sent).await,
                release => {
                waiting = waiting.saturating_sub(1);
                peers.charge(release.as_ref(), &listening);
                let address = peers.address(release.as_ref());
                reply(&socket, address, &listening, release).await;
                Ok(())
                }
            },
            received = socket.recv_from(&mut buffer), if waiting < UDP_UNANSWERED_MAX => match received {
                Ok((count, address)) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    let handed = datagram(&mut peers, &listening, &back, address, bytes, seconds).await;
                    waiting += usize::from(handed == Ok(true));
                    handed.map(|_| ())
                }
                Err(error) => {
                    // A port unreachable message of an earlier reply, as a rule.
                    warn!(protocol = listening.protocol_name(), %error, "Receiving a datagram failed");
                    Ok(())
                }
            },
            _ = round.tick() => {
                seconds += 1;
                let handed = look_round(&mut peers, &listening, &back, seconds).await;
                waiting += handed.unwrap_or(0);
                handed.map(|_| ())
            }
            _ = stop.changed() => Err(Stopped),
        };
        if ended.is_err() {
            break;
        }
    }
    while waiting > 0 {
        let Ok(release) = tokio::time::timeout(ROUND * 5, released.recv()).await else { break };
        if matches!(release, Some(Release::Command(_))) {
            continue;
        }
        waiting -= 1;
        let address = peers.address(release.as_ref());
        reply(&socket, address, &listening, release).await;
    }
    info!(protocol = listening.protocol_name(), transport = "udp", "Listener stopped");
}

/// The platform takes nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stopped;

async fn datagram(
    peers: &mut Peers,
    listening: &Listening,
    back: &mpsc::Sender<Release>,
    address: SocketAddr,
    bytes: &[u8],
    seconds: u64,
) -> Result<bool, Stopped> {
    let at = now();
    IngestCounters::add(&listening.counters.bytes_received, bytes.len());
    let mut unknown = None;
    let peer = match peers.by_address.get_mut(&address) {
        Some(peer) => peer,
        None => unknown.insert(Peer::new(listening, seconds)),
    };
    let mut decoded = Box::<Decoded>::default();
    if peer.conversation.receive(at, bytes, &mut decoded).is_err() {
        IngestCounters::add(&listening.counters.decoder_faults, 1);
    }
    peer.conversation.finish(at, &mut decoded);
    if is_dropped(peer, listening, address.ip(), at, &mut decoded) {
        return Ok(false);
    }
    if let Some(peer) = unknown {
        if peers.by_address.len() >= UDP_PEERS_MAX
            && let Some((_, oldest)) = peers.by_age.first_key_value().map(|(key, address)| (*key, *address))
        {
            forget(peers, listening, oldest, "too many peers: the one heard least lately gave way").await?;
        }
        remember(peers, listening, back, address, peer).await?;
    }
    let Some(peer) = peers.by_address.get_mut(&address) else { return Ok(false) };
    peers.by_age.remove(&(peer.heard_s, peer.connection));
    peer.heard_s = seconds;
    peers.by_age.insert((seconds, peer.connection), address);
    let whose = (peer.connection, peer.conversation.protocol());
    hand_on(listening, back, whose, (at, decoded)).await
}

/// Counts what a datagram cost. A bad one of a sender that has brought too many is dropped; a good one never is, for
/// whoever knows the address of a device can send bad ones in its name.
fn is_dropped(
    peer: &mut Peer,
    listening: &Listening,
    address: IpAddr,
    at: ReceivedAt,
    decoded: &mut Decoded,
) -> bool {
    let (budget, Listening { senders, counters, .. }) = (&mut peer.budget, listening);
    let worth = Worth::of(decoded);
    IngestCounters::add_bad(&counters.bad_reports, worth);
    let spent = budget.is_spent(at) || (!budget.has_been_good() && senders.is_spent(address, at));
    senders.charge(address, worth, at);
    if spent && worth.bad > 0 && !worth.good {
        budget.drop_one();
        IngestCounters::add(&counters.dropped_messages, 1);
        return true;
    }
    if let dropped @ 1.. = budget.take_dropped() {
        decoded.add_to_last(dropped_issue(dropped));
    }
    if budget.charge(worth, at) {
        decoded.add_to_last(spent_issue());
    }
    false
}

async fn hand_on(
    listening: &Listening,
    back: &mpsc::Sender<Release>,
    (connection, protocol): (ConnectionId, Protocol),
    // The moment is the one that the session was told: a recorded conversation is gone through again by it.
    (at, decoded): (ReceivedAt, Box<Decoded>),
) -> Result<bool, Stopped> {
    if decoded.is_empty() {
        return Ok(false);
    }
    let batch = Batch { connection, protocol, at, decoded, back: back.clone() };
    listening.intake.send(Arrival::Received(batch)).await.map_err(|_| Stopped)?;
    Ok(true)
}

async fn remember(
    peers: &mut Peers,
    listening: &Listening,
    back: &mpsc::Sender<Release>,
    address: SocketAddr,
    peer: Peer,
) -> Result<(), Stopped> {
    let connection = peer.connection;
    IngestCounters::add(&listening.counters.opened, 1);
    IngestCounters::add(&listening.counters.connections, 1);
    let opened = Opened {
        connection,
        protocol: listening.protocol,
        transport: Transport::Udp,
        peer: address.to_string().into(),
        at: now(),
    };
    peers.address_of.insert(connection, address);
    peers.by_age.insert((peer.heard_s, connection), address);
    peers.by_address.insert(address, peer);
    listening.intake.send(Arrival::Opened(opened)).await.map_err(|_| Stopped)?;
    let reachable = Arrival::Reachable(connection, back.clone());
    listening.intake.send(reachable).await.map_err(|_| Stopped)
}

/// Puts a command into bytes and sends them to the address that the device was heard from last.
async fn command(
    peers: &mut Peers,
    socket: &UdpSocket,
    listening: &Listening,
    sent: &Sent,
) -> Result<(), Stopped> {
    let (connection, ticket, at) = (sent.connection, sent.ticket, now());
    let address = peers.address_of.get(&connection).copied();
    let found = address.and_then(|address| Some((address, peers.by_address.get_mut(&address)?)));
    let mut decoded = Decoded::default();
    let (address, dispatch) = match found {
        Some((address, peer)) => {
            let secrets = &*listening.session.secrets;
            (Some(address), dispatch(&mut peer.conversation, secrets, at, sent, &mut decoded))
        }
        None => (None, Dispatch::Postponed(ENDED.into())),
    };
    let dispatched = Dispatched { at, connection, ticket, dispatch };
    listening.intake.send(Arrival::Dispatched(dispatched)).await.map_err(|_| Stopped)?;
    if let Some(address) = address {
        send_each(socket, address, listening, &decoded).await;
    }
    Ok(())
}

async fn forget(
    peers: &mut Peers,
    listening: &Listening,
    address: SocketAddr,
    reason: &str,
) -> Result<(), Stopped> {
    let Some(peer) = peers.by_address.remove(&address) else { return Ok(()) };
    peers.address_of.remove(&peer.connection);
    peers.by_age.remove(&(peer.heard_s, peer.connection));
    IngestCounters::subtract_one(&listening.counters.connections);
    let closed = Closed { connection: peer.connection, reason: reason.into(), at: now() };
    listening.intake.send(Arrival::Closed(closed)).await.map_err(|_| Stopped)
}

/// Ticks the sessions that are due and forgets the peers that have been silent too long.
async fn look_round(
    peers: &mut Peers,
    listening: &Listening,
    back: &mpsc::Sender<Release>,
    seconds: u64,
) -> Result<usize, Stopped> {
    let at = now();
    let mut handed = 0;
    for peer in peers.by_address.values_mut() {
        if peer.conversation.deadline().is_some_and(|deadline| deadline <= at) {
            let mut decoded = Box::<Decoded>::default();
            peer.conversation.tick(at, &mut decoded);
            let whose = (peer.connection, peer.conversation.protocol());
            handed += usize::from(hand_on(listening, back, whose, (at, decoded)).await?);
        }
    }
    while let Some((&(heard_s, _), &address)) = peers.by_age.first_key_value() {
        if heard_s + listening.idle_s_max > seconds {
            break;
        }
        forget(peers, listening, address, "nothing was heard for too long").await?;
    }
    Ok(handed)
}

impl Peers {
    /// Counts the proofs of a durable batch that did not count.
    fn charge(&mut self, release: Option<&Release>, listening: &Listening) {
        let Some(Release::Durable { connection, decoded, .. }) = release else { return };
        let worth = Worth { bad: decoded.disbelieved(), good: false };
        let Some(address) = self.address_of.get(connection).copied().filter(|_| worth.bad > 0) else {
            return;
        };
        listening.senders.charge(address.ip(), worth, now());
        IngestCounters::add_bad(&listening.counters.bad_reports, worth);
        if let Some(peer) = self.by_address.get_mut(&address) {
            // The alarm of these proofs says what is wrong; there is no report left to say more of.
            let _broken = peer.budget.charge(worth, now());
        }
    }

    /// Where the replies of a batch go, if the peer is still known.
    fn address(&self, release: Option<&Release>) -> Option<SocketAddr> {
        match release {
            Some(Release::Durable { connection, .. }) => self.address_of.get(connection).copied(),
            Some(Release::Refused { .. } | Release::Command(_)) | None => None,
        }
    }
}

async fn reply(
    socket: &UdpSocket,
    address: Option<SocketAddr>,
    listening: &Listening,
    release: Option<Release>,
) {
    let (Some(Release::Durable { decoded, .. }), Some(address)) = (release, address) else { return };
    send_each(socket, address, listening, &decoded).await;
}

/// One datagram a report, as the device sent it.
async fn send_each(socket: &UdpSocket, address: SocketAddr, listening: &Listening, decoded: &Decoded) {
    for report in decoded.reports().filter(|report| !report.replies.is_empty()) {
        match socket.send_to(report.replies, address).await {
            Ok(count) => IngestCounters::add(&listening.counters.bytes_sent, count),
            Err(error) => warn!(%address, %error, "Sending a reply failed"),
        }
    }
}
