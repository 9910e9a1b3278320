//! One event, the way from its bytes to its alarms, and its bytes.

use axum::Json;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use plomb_evidence::{Entry, Received};
use plomb_model::{Alarm, EventId};

use crate::StoredEntry;
use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::Id;
use crate::view::{AlarmView, ChainView, EventView, IssueView, MessageView, RawView, ReplyView};

/// One event.
#[utoipa::path(
    get, operation_id = "get_event", path = "/events/{id}", tag = "events", params(("id" = String, Path, example = "10452-0")), responses(
        (status = 200, body = EventView),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<EventId>) -> Result<Json<EventView>, Problem> {
    let received = Report::of(&reader, id).await?.received;
    let event = received.events.get(usize::from(id.index)).ok_or_else(|| no_event(id))?;
    Ok(Json(EventView::new(id.entry, id.index, &received, event)))
}

/// The way from the bytes of an event's report to its alarms.
#[utoipa::path(
    get, operation_id = "get_event_chain", path = "/events/{id}/chain", tag = "events",
    params(("id" = String, Path, example = "10452-0")), responses(
        (status = 200, body = ChainView),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn chain(reader: Authorised<Read>, Id(id): Id<EventId>) -> Result<Json<ChainView>, Problem> {
    let report = Report::of(&reader, id).await?;
    let Report { received, leaf_hash, peer } = report;
    // Bytes that mean nothing have a chain too: their issues are all there is to show.
    let places = received.events.len().max(1);
    if usize::from(id.index) >= places {
        return Err(no_event(id));
    }
    let alarms: Vec<Alarm> = reader
        .ask(move |state| state.alarms.iter().filter(|alarm| alarm.causes.contains(&id)).cloned().collect())
        .await?;
    let message = MessageView::from(reader.describe(received.protocol, &received.frame));
    Ok(Json(ChainView {
        raw: RawView::new(id.entry, &received, peer, &leaf_hash),
        message,
        issues: received.issues.iter().map(IssueView::from).collect(),
        events: EventView::all(id.entry, &received),
        replies: ReplyView::all(&received.replies),
        alarms: alarms.iter().map(AlarmView::new).collect(),
    }))
}

/// The bytes of an event's report as they came over the wire.
#[utoipa::path(
    get, operation_id = "get_event_raw", path = "/events/{id}/raw", tag = "events", params(("id" = String, Path, example = "10452-0")), responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn raw(reader: Authorised<Read>, Id(id): Id<EventId>) -> Result<Response, Problem> {
    let received = Report::of(&reader, id).await?.received;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"entry-{}.bin\"", id.entry)),
    ];
    Ok((headers, received.frame.into_vec()).into_response())
}

/// The report that brought an event, and what proves it.
struct Report {
    received: Received,
    leaf_hash: [u8; 32],
    peer: Option<String>,
}

impl Report {
    async fn of(reader: &Authorised<Read>, id: EventId) -> Result<Self, Problem> {
        let StoredEntry { entry, leaf_hash, peer } =
            reader.entry(id.entry).await?.ok_or_else(|| no_event(id))?;
        match entry {
            Entry::Received(received) => Ok(Self { received, leaf_hash, peer }),
            _ => Err(no_event(id)),
        }
    }
}

fn no_event(id: EventId) -> Problem {
    Problem::not_found(format!("event {id}"))
}
