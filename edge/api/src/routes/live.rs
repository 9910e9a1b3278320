//! The fleet to start from, and the stream of what happens then.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, Interval, interval_at};
use utoipa::ToSchema;

use crate::access::{Api, Authorised, Read};
use crate::live::sse_frame;
use crate::problem::{Problem, ProblemView};
use crate::request::{Parameters, optional, takes};
use crate::view::{FleetView, Time};
use crate::{DeviceMark, Subscription, Told, Unavailable};

/// Streams open at once: a control room, its wall and every office of a nation; each costs a few kB.
const STREAMS_MAX: u64 = 500;
/// A comment so often keeps proxies and browsers from giving the connection up.
const PING: Duration = Duration::from_secs(10);
/// The session is looked at with every so many pings: a log-out ends the stream within half a minute.
const PINGS_PER_SESSION_CHECK: u32 = 3;
/// What a browser waits before it comes back, milliseconds.
const RETRY_MS: u32 = 2_000;

/// Every device with its place and condition, as columns.
#[utoipa::path(get, operation_id = "get_fleet", path = "/fleet", tag = "live", responses(
    (status = 200, body = FleetView),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
    (status = 503, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn fleet(reader: Authorised<Read>, headers: HeaderMap) -> Result<Response, Problem> {
    // Taken before the state is asked: what comes after this number is in the stream, and what is in both does no harm.
    let sequence = reader.status().sequence;
    let marks: Vec<DeviceMark> =
        reader.ask(|state| state.devices.iter().map(|(_, device)| DeviceMark::of(device)).collect()).await?;
    let (at, pack) = (reader.now(), takes(&headers, "gzip"));
    // Megabytes of JSON for a whole fleet: not on a thread that serves others.
    let written = tokio::task::spawn_blocking(move || {
        let json = serde_json::to_vec(&FleetView::new(sequence, at, &marks)).unwrap_or_default();
        if pack { gzip(&json).map(|packed| (packed, true)).unwrap_or((json, false)) } else { (json, false) }
    });
    let written = written.await.map_err(|_| Unavailable("the fleet could not be written".to_owned()));
    let (body, packed) = written?;
    let mut response =
        ([(CONTENT_TYPE, "application/json"), (VARY, "accept-encoding")], body).into_response();
    if packed {
        response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(response)
}

/// Packed lightly: a fifth of the bytes for a moment of work.
fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamParameters {
    /// Sequence number after which nothing has been heard; the header `Last-Event-ID` goes before it.
    #[serde(deserialize_with = "optional")]
    after: Option<u64>,
}

/// Data of the event `hello`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Hello)]
pub(crate) struct HelloView {
    sequence: u64,
    server_time: Time,
    version: String,
}

/// What happens, as server-sent events: `hello`, `positions`, `alarm`, `case`, `command` and `reset`.
#[utoipa::path(get, operation_id = "open_stream", path = "/stream", tag = "live", params(StreamParameters), responses(
    (status = 200, body = String, content_type = "text/event-stream"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
    (status = 503, body = ProblemView, content_type = "application/problem+json", description = "Too many streams"),
))]
pub(crate) async fn stream(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<StreamParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let after = last_event_id(&headers)?.or(parameters.after);
    let open = Open::new(reader.api())?;
    let mut updates = reader.updates(after);
    let status = reader.status();
    if after.is_some_and(|after| after > status.sequence.max(updates.sequence())) {
        updates.restart("the sequence number is not of this journal");
    }
    let hello =
        HelloView { sequence: updates.sequence(), server_time: Time(reader.now()), version: status.version };
    let hello = serde_json::to_string(&hello).unwrap_or_default();
    // A client that comes back must not take this number for its own before it has been given what it missed.
    let id = after.is_none().then(|| updates.sequence());
    let first = format!("retry: {RETRY_MS}\n{}", sse_frame(id, "hello", &hello));
    let live = Live {
        reader,
        updates,
        pings: interval_at(Instant::now() + PING, PING),
        pings_sent: 0,
        ready: VecDeque::from([Bytes::from(first)]),
        ended: false,
        _open: open,
    };
    let headers = [
        (CONTENT_TYPE, "text/event-stream"),
        (CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(unfold(live, Live::next))).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id").filter(|value| !value.is_empty()) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok());
    let problem = || Problem::bad_parameter("Last-Event-ID: it must be a whole number from 0 up");
    number.ok_or_else(problem).map(Some)
}

/// One open stream among those that may be.
struct Open(Arc<Api>);

impl Open {
    fn new(api: &Arc<Api>) -> Result<Self, Problem> {
        let before = api.telemetry.streams.fetch_add(1, Ordering::Relaxed);
        let open = Self(Arc::clone(api));
        if before >= STREAMS_MAX {
            return Err(Problem::too_many(format!("{STREAMS_MAX} live streams are open.")));
        }
        Ok(open)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.telemetry.streams.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A stream on its way to a client.
struct Live {
    reader: Authorised<Read>,
    updates: Subscription,
    pings: Interval,
    pings_sent: u32,
    ready: VecDeque<Bytes>,
    ended: bool,
    _open: Open,
}

impl Live {
    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        if self.ready.is_empty() && !self.ended {
            let bytes = tokio::select! {
                told = self.updates.next() => self.told(told),
                _ = self.pings.tick() => self.ping().await,
            };
            self.ready.extend(bytes);
        }
        let bytes = self.ready.pop_front()?;
        Some((Ok(bytes), self))
    }

    fn told(&mut self, told: Told) -> Option<Bytes> {
        match told {
            Told::Event(bytes) => Some(bytes),
            Told::Reset { reason, sequence } => {
                self.reader.api().telemetry.stream_resets.fetch_add(1, Ordering::Relaxed);
                Some(reset(Some(sequence), reason))
            }
            Told::Closed => {
                self.ended = true;
                None
            }
        }
    }

    async fn ping(&mut self) -> Option<Bytes> {
        self.pings_sent = self.pings_sent.wrapping_add(1);
        if self.pings_sent.is_multiple_of(PINGS_PER_SESSION_CHECK) && !self.reader.is_still_good().await {
            self.ended = true;
            return Some(reset(None, "the session has ended"));
        }
        Some(Bytes::from_static(b": ping\n\n"))
    }
}

fn reset(id: Option<u64>, reason: &str) -> Bytes {
    Bytes::from(sse_frame(id, "reset", &serde_json::json!({ "reason": reason }).to_string()))
}
