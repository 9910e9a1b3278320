//! HTTP: one port for every protocol whose messages come as web requests, told apart by the first part of the path
//! (`/osmand`, `/rockblock` ...).
//!
//! A request is written down as the one frame that [`Request`] defines, and answered when its report is durable:
//! 200 with what the protocol replies, 400 with the issues where nothing could be made of it, 503 where it could
//! not be kept, so that the sender tries again.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_devices::{Decoded, REQUEST_BYTES_MAX, Request, SessionConfig};
use plomb_evidence::{Closed, Opened};
use plomb_model::{ConnectionId, Protocol, Transport};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio::time::{interval, timeout};
use tracing::{error, info, warn};

use crate::arrival::{Arrival, Batch, Release};
use crate::conversation::Conversation;
use crate::counters::IngestCounters;
use crate::limits::{HTTP_PEERS_MAX, HTTP_UNANSWERED_MAX, WRITE_S_MAX};
use crate::{Listening, now};

/// Headers that protocols read; the others are not written down, secrets among them.
const HEADERS_KEPT: [&str; 5] = ["content-type", "x-limit-u", "x-limit-d", "forwarded", "user-agent"];
/// How often senders are looked at for their silence.
const ROUND: Duration = Duration::from_secs(10);

/// Who sends: a protocol's messages from one address are one conversation.
type Sender = (Protocol, IpAddr);

struct Peer {
    connection: ConnectionId,
    conversation: Conversation,
    heard_s: u64,
}

struct Peers {
    by_sender: HashMap<Sender, Peer>,
    /// By when they were last heard (seconds since the start), for expiry.
    by_age: BTreeMap<(u64, ConnectionId), Sender>,
    seconds: u64,
}

struct Shared {
    listening: Listening,
    peers: Mutex<Peers>,
    places: Semaphore,
}

/// Serves requests until it is told to stop.
pub async fn serve_http(listener: TcpListener, listening: Listening) {
    let mut stop = listening.stop.clone();
    let peers = Peers { by_sender: HashMap::new(), by_age: BTreeMap::new(), seconds: 0 };
    let shared =
        Arc::new(Shared { listening, peers: Mutex::new(peers), places: Semaphore::new(HTTP_UNANSWERED_MAX) });
    let rounds = tokio::spawn(rounds(Arc::clone(&shared)));
    let router = Router::new().fallback(take).with_state(shared);
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    let serving =
        axum::serve(listener, service).with_graceful_shutdown(async move { drop(stop.changed().await) });
    if let Err(error) = serving.await {
        error!(%error, "The listener for web requests failed");
    }
    rounds.abort();
    info!(transport = "http", "Listener stopped");
}

/// The protocol of a path: that of its first part, or OsmAnd at the root, where its applications send.
fn protocol_of(path: &str) -> Option<Protocol> {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    let name = if first.is_empty() { "osmand" } else { first };
    Protocol::from_name(name).filter(|protocol| protocol.transports().contains(&Transport::Http))
}

async fn take(
    State(shared): State<Arc<Shared>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: axum::extract::Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let Some(protocol) = protocol_of(parts.uri.path()) else {
        warn!(%peer, path = parts.uri.path(), "A web request for no protocol");
        let names: Vec<&str> = Protocol::ALL
            .into_iter()
            .filter(|protocol| protocol.transports().contains(&Transport::Http))
            .map(Protocol::name)
            .collect();
        let text = format!("The path must begin with the name of a protocol: /{}\n", names.join(", /"));
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    let Ok(_place) = shared.places.try_acquire() else {
        IngestCounters::add(&shared.listening.counters.refused, 1);
        return unavailable("Too many requests are waiting");
    };
    match frame(&parts, body).await {
        Ok(frame) => shared.keep(protocol, peer.ip(), &frame).await,
        Err(refusal) => {
            warn!(%peer, protocol = protocol.name(), limit = REQUEST_BYTES_MAX, "A request is too large or broke off");
            refusal
        }
    }
}

/// The request as it is written down.
async fn frame(parts: &Parts, body: Body) -> Result<Vec<u8>, Response> {
    let Ok(Ok(body)) = timeout(Duration::from_secs(WRITE_S_MAX), to_bytes(body, REQUEST_BYTES_MAX)).await
    else {
        let text = format!(
            "A request must be whole and have at most {REQUEST_BYTES_MAX} bytes, within {WRITE_S_MAX} s\n"
        );
        return Err((StatusCode::PAYLOAD_TOO_LARGE, text).into_response());
    };
    let kept = |name: &HeaderName| HEADERS_KEPT.contains(&name.as_str());
    let headers: Vec<(&str, &[u8])> = parts
        .headers
        .iter()
        .filter(|(name, _)| kept(name))
        .map(|(name, value)| (name.as_str(), value.as_bytes()))
        .collect();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let mut frame = Vec::with_capacity(body.len() + 256);
    Request::write(parts.method.as_str(), target, &headers, &body, &mut frame);
    Ok(frame)
}

impl Shared {
    /// Has the frame decoded and made durable, and answers.
    async fn keep(&self, protocol: Protocol, address: IpAddr, frame: &[u8]) -> Response {
        let listening = &self.listening;
        IngestCounters::add(&listening.counters.bytes_received, frame.len());
        let (back, mut released) = mpsc::channel(1);
        let mut decoded = Box::<Decoded>::default();
        let at = now();
        let connection = {
            // Held until the platform knows of a new sender, so that none of its reports can come before that.
            let mut peers = self.peers.lock().await;
            for arrival in peers.remember((protocol, address), listening) {
                if listening.intake.send(arrival).await.is_err() {
                    return unavailable("The platform is stopping");
                }
            }
            let Some(peer) = peers.by_sender.get_mut(&(protocol, address)) else {
                return unavailable("Too many senders");
            };
            if peer.conversation.receive(at, frame, &mut decoded).is_err() {
                IngestCounters::add(&listening.counters.decoder_faults, 1);
                // The next message is a new one: the fault must not make this sender unheard.
                let config = SessionConfig { datagrams: true, ..listening.session.clone() };
                peer.conversation = Conversation::new(Some(protocol), config);
            }
            peer.conversation.finish(at, &mut decoded);
            peer.connection
        };
        let batch = Batch { connection, protocol, at, decoded, back };
        if listening.intake.send(Arrival::Received(batch)).await.is_err() {
            return unavailable("The platform is stopping");
        }
        match timeout(Duration::from_secs(WRITE_S_MAX), released.recv()).await {
            Ok(Some(Release::Durable { decoded, .. })) => {
                let response = answer(&decoded);
                IngestCounters::add(&listening.counters.bytes_sent, decoded.all_replies().len());
                response
            }
            Ok(Some(Release::Refused { .. }) | None) | Err(_) => {
                unavailable("Reports cannot be kept at the moment")
            }
        }
    }
}

impl Peers {
    /// Notes that a sender is heard; gives what the platform must be told of it before its report.
    fn remember(&mut self, sender: Sender, listening: &Listening) -> Vec<Arrival> {
        let seconds = self.seconds;
        if let Some(peer) = self.by_sender.get_mut(&sender) {
            self.by_age.remove(&(peer.heard_s, peer.connection));
            peer.heard_s = seconds;
            self.by_age.insert((seconds, peer.connection), sender);
            return Vec::new();
        }
        let mut arrivals = Vec::new();
        if self.by_sender.len() >= HTTP_PEERS_MAX
            && let Some(oldest) = self.by_age.first_key_value().map(|(_, sender)| *sender)
        {
            arrivals.extend(self.forget(
                oldest,
                listening,
                "too many senders: the one heard least lately gave way",
            ));
        }
        let (protocol, address) = sender;
        let connection = listening.next_connection();
        IngestCounters::add(&listening.counters.opened, 1);
        IngestCounters::add(&listening.counters.connections, 1);
        let config = SessionConfig { datagrams: true, ..listening.session.clone() };
        let conversation = Conversation::new(Some(protocol), config);
        self.by_sender.insert(sender, Peer { connection, conversation, heard_s: seconds });
        self.by_age.insert((seconds, connection), sender);
        arrivals.push(Arrival::Opened(Opened {
            connection,
            protocol: Some(protocol),
            transport: Transport::Http,
            peer: address.to_string().into(),
            at: now(),
        }));
        arrivals
    }

    fn forget(&mut self, sender: Sender, listening: &Listening, reason: &str) -> Option<Arrival> {
        let peer = self.by_sender.remove(&sender)?;
        self.by_age.remove(&(peer.heard_s, peer.connection));
        IngestCounters::subtract_one(&listening.counters.connections);
        Some(Arrival::Closed(Closed { connection: peer.connection, reason: reason.into(), at: now() }))
    }
}

/// Forgets the senders that have been silent too long.
async fn rounds(shared: Arc<Shared>) {
    let mut round = interval(ROUND);
    loop {
        round.tick().await;
        let mut closed = Vec::new();
        {
            let mut peers = shared.peers.lock().await;
            peers.seconds += ROUND.as_secs();
            while let Some((&(heard_s, _), &sender)) = peers.by_age.first_key_value() {
                if heard_s + shared.listening.idle_s_max > peers.seconds {
                    break;
                }
                closed.extend(peers.forget(sender, &shared.listening, "nothing was heard for too long"));
            }
        }
        for arrival in closed {
            if shared.listening.intake.send(arrival).await.is_err() {
                return;
            }
        }
    }
}

/// What the sender is told of a report that is durable.
fn answer(decoded: &Decoded) -> Response {
    let understood = decoded.reports().any(|report| report.issues.is_empty() || !report.events.is_empty());
    let replies = decoded.all_replies();
    if !understood && replies.is_empty() {
        let issues: Vec<String> =
            decoded.reports().flat_map(|report| report.issues).map(ToString::to_string).collect();
        return (StatusCode::BAD_REQUEST, format!("{}\n", issues.join("\n"))).into_response();
    }
    let kind = match replies.first() {
        Some(b'{' | b'[') => "application/json",
        Some(b'<') => "text/xml; charset=utf-8",
        _ => "text/plain; charset=utf-8",
    };
    let status = if understood { StatusCode::OK } else { StatusCode::BAD_REQUEST };
    (status, [(CONTENT_TYPE, kind)], replies.to_vec()).into_response()
}

fn unavailable(text: &'static str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "30")], format!("{text}; try again\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_the_protocol() {
        assert_eq!(protocol_of("/"), Some(Protocol::Osmand));
        assert_eq!(protocol_of(""), Some(Protocol::Osmand));
        assert_eq!(protocol_of("/owntracks"), Some(Protocol::Owntracks));
        assert_eq!(protocol_of("/sigfox/uplink"), Some(Protocol::Sigfox));
        assert_eq!(protocol_of("/gt06"), None, "it does not come by HTTP");
        assert_eq!(protocol_of("/robots.txt"), None);
    }
}
