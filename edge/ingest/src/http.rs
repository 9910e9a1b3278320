//! HTTP: one port for every protocol whose messages come as web requests, told apart by the first part of the path
//! (`/osmand`, `/rockblock` ...).
//!
//! A request is written down as the one frame that [`Request`] defines, and answered when its report is durable:
//! 200 with what the protocol replies, 400 with the issues where nothing could be made of it, 503 where it could
//! not be kept, so that the sender tries again.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use plomb_devices::{Decoded, REQUEST_BYTES_MAX, Request};
use plomb_model::{Protocol, Transport};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tracing::{error, info, warn};

use crate::Listening;
use crate::counters::IngestCounters;
use crate::limits::{REQUESTS_WAITING_MAX, WRITE_S_MAX};
use crate::messages::Messages;

/// Headers that protocols read; the others are not written down, secrets among them.
const HEADERS_KEPT: [&str; 5] = ["content-type", "x-limit-u", "x-limit-d", "forwarded", "user-agent"];
struct Shared {
    messages: Arc<Messages>,
    places: Semaphore,
}

/// Serves requests until it is told to stop.
pub async fn serve_http(listener: TcpListener, listening: Listening) {
    let mut stop = listening.stop.clone();
    let messages = Arc::new(Messages::new(listening, Transport::Http));
    let rounds = tokio::spawn(Arc::clone(&messages).rounds());
    let shared = Arc::new(Shared { messages, places: Semaphore::new(REQUESTS_WAITING_MAX) });
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
        IngestCounters::add(&shared.messages.listening.counters.refused, 1);
        return unavailable("Too many requests are waiting");
    };
    match frame(&parts, body).await {
        Ok(frame) => shared.keep(protocol, &peer.ip().to_string(), &frame).await,
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
    /// Has the frame made durable, and answers.
    async fn keep(&self, protocol: Protocol, peer: &str, frame: &[u8]) -> Response {
        let Some(kept) = self.messages.bring(protocol, peer, frame).await else {
            return unavailable("Reports cannot be kept at the moment");
        };
        let sent = kept.decoded.all_replies().len();
        IngestCounters::add(&self.messages.listening.counters.bytes_sent, sent);
        answer(&kept.decoded)
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
