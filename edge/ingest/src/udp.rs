//! UDP: one task a socket, a session for each peer while it keeps talking.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::time::Duration;

use plomb_devices::{Decoded, SessionConfig};
use plomb_evidence::{Closed, Opened};
use plomb_model::{ConnectionId, Protocol, ReceivedAt, Transport};
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::interval;
use tracing::{info, warn};

use crate::arrival::{Arrival, Batch, Release};
use crate::conversation::Conversation;
use crate::counters::IngestCounters;
use crate::limits::{DATAGRAM_BYTES_MAX, UDP_PEERS_MAX, UDP_UNANSWERED_MAX};
use crate::{Listening, now};

/// How often sessions are looked at for their deadlines and their silence.
const ROUND: Duration = Duration::from_secs(1);

struct Peer {
    connection: ConnectionId,
    conversation: Conversation,
    heard_s: u64,
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
    let (back, mut released) = mpsc::channel(UDP_UNANSWERED_MAX + 1);
    let mut peers = Peers { by_address: HashMap::new(), address_of: HashMap::new(), by_age: BTreeMap::new() };
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    let mut stop = listening.stop.clone();
    let mut round = interval(ROUND);
    let mut seconds = 0_u64;
    let mut waiting = 0_usize;
    loop {
        let ended = tokio::select! {
            biased;
            release = released.recv() => {
                waiting = waiting.saturating_sub(1);
                let address = peers.address(release.as_ref());
                reply(&socket, address, &listening, release).await;
                Ok(())
            }
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
    if !peers.by_address.contains_key(&address) {
        if peers.by_address.len() >= UDP_PEERS_MAX
            && let Some((_, oldest)) = peers.by_age.first_key_value().map(|(key, address)| (*key, *address))
        {
            forget(peers, listening, oldest, "too many peers: the one heard least lately gave way").await?;
        }
        remember(peers, listening, address, seconds).await?;
    }
    let Some(peer) = peers.by_address.get_mut(&address) else { return Ok(false) };
    peers.by_age.remove(&(peer.heard_s, peer.connection));
    peer.heard_s = seconds;
    peers.by_age.insert((seconds, peer.connection), address);
    let mut decoded = Box::<Decoded>::default();
    if peer.conversation.receive(at, bytes, &mut decoded).is_err() {
        IngestCounters::add(&listening.counters.decoder_faults, 1);
    }
    peer.conversation.finish(at, &mut decoded);
    let whose = (peer.connection, peer.conversation.protocol());
    hand_on(listening, back, whose, (at, decoded)).await
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
    address: SocketAddr,
    seconds: u64,
) -> Result<(), Stopped> {
    let connection = listening.next_connection();
    IngestCounters::add(&listening.counters.opened, 1);
    IngestCounters::add(&listening.counters.connections, 1);
    let config = SessionConfig { datagrams: true, ..listening.session.clone() };
    let opened = Opened {
        connection,
        protocol: listening.protocol,
        transport: Transport::Udp,
        peer: address.to_string().into(),
        at: now(),
    };
    let peer =
        Peer { connection, conversation: Conversation::new(listening.protocol, config), heard_s: seconds };
    peers.by_address.insert(address, peer);
    peers.address_of.insert(connection, address);
    peers.by_age.insert((seconds, connection), address);
    listening.intake.send(Arrival::Opened(opened)).await.map_err(|_| Stopped)
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
    /// Where the replies of a batch go, if the peer is still known.
    fn address(&self, release: Option<&Release>) -> Option<SocketAddr> {
        match release {
            Some(Release::Durable { connection, .. }) => self.address_of.get(connection).copied(),
            Some(Release::Refused { .. }) | None => None,
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
    // One datagram a report, as the device sent it.
    for report in decoded.reports().filter(|report| !report.replies.is_empty()) {
        match socket.send_to(report.replies, address).await {
            Ok(count) => IngestCounters::add(&listening.counters.bytes_sent, count),
            Err(error) => warn!(%address, %error, "Sending a reply failed"),
        }
    }
}
