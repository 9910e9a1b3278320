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
    get, path = "/events/{id}", tag = "events", params(("id" = String, Path, example = "10452-0")), responses(
        (status = 200, body = EventView),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<EventId>) -> Result<Json<EventView>, Problem> {
    let (received, _) = report(&reader, id).await?;
    let event = received.events.get(usize::from(id.index)).ok_or_else(|| no_event(id))?;
    Ok(Json(EventView::new(id.entry, id.index, &received, event)))
}

/// The way from the bytes of an event's report to its alarms.
#[utoipa::path(
    get, path = "/events/{id}/chain", tag = "events",
    params(("id" = String, Path, example = "10452-0")), responses(
        (status = 200, body = ChainView),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn chain(reader: Authorised<Read>, Id(id): Id<EventId>) -> Result<Json<ChainView>, Problem> {
    let (received, stored) = report(&reader, id).await?;
    if usize::from(id.index) >= received.events.len() {
        return Err(no_event(id));
    }
    let alarms: Vec<Alarm> = reader
        .ask(move |state| state.alarms.iter().filter(|alarm| alarm.causes.contains(&id)).cloned().collect())
        .await?;
    let message = MessageView::from(reader.describe(received.protocol, &received.frame));
    Ok(Json(ChainView {
        raw: RawView::new(id.entry, &received, stored.peer, &stored.leaf_hash),
        message,
        issues: received.issues.iter().map(IssueView::from).collect(),
        events: EventView::all(id.entry, &received),
        replies: ReplyView::all(&received.replies),
        alarms: alarms.iter().map(AlarmView::new).collect(),
    }))
}

/// The bytes of an event's report as they came over the wire.
#[utoipa::path(
    get, path = "/events/{id}/raw", tag = "events", params(("id" = String, Path, example = "10452-0")), responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn raw(reader: Authorised<Read>, Id(id): Id<EventId>) -> Result<Response, Problem> {
    let (received, _) = report(&reader, id).await?;
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"entry-{}.bin\"", id.entry)),
    ];
    Ok((headers, received.frame.into_vec()).into_response())
}

/// The report that brought an event, and what proves it.
async fn report(reader: &Authorised<Read>, id: EventId) -> Result<(Received, StoredEntry), Problem> {
    let stored = reader.entry(id.entry).await?.ok_or_else(|| no_event(id))?;
    match stored.entry.clone() {
        Entry::Received(received) => Ok((received, stored)),
        _ => Err(no_event(id)),
    }
}

fn no_event(id: EventId) -> Problem {
    Problem::not_found(format!("event {id}"))
}
