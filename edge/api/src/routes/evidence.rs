//! What others check us by: trip reports, proofs of entries, and the journal as a transparency log.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use plomb_evidence::log::{Tile, WitnessRefusal};
use plomb_model::{EntryId, MovementId, ReceivedAt};
use plomb_report::{Document, ENTRIES_MAX};

use crate::access::{Api, Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::Id;
use crate::view::TripView;

/// A full tile never changes: a year, the longest that caches honour.
const CACHE_FOREVER: &str = "public, max-age=31536000, immutable";

fn file(document: &Document, name: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}.json\"")),
    ];
    (headers, document.to_string()).into_response()
}

/// The trip report of a movement: signed, with the entries on which it rests and their proof (docs/evidence.md).
#[utoipa::path(get, operation_id = "get_trip_report", path = "/movements/{id}/report", tag = "evidence",
    params(("id" = u64, Path, example = 1)), responses(
    (status = 200, body = Object, content_type = "application/json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 503, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn trip_report(reader: Authorised<Read>, Id(id): Id<u64>) -> Result<Response, Problem> {
    let (id, now) = (MovementId(id), ReceivedAt(reader.now()));
    let by = reader.session().name.clone();
    let trip =
        reader.ask(move |state| Some(TripView::new(state, state.movements.get(id)?, now, &by))).await?;
    let TripView { mut statement, fields, mut entries, devices } =
        trip.ok_or_else(|| Problem::not_found(format!("movement {id}")))?;
    let mut complete = true;
    for (device, from, to) in devices {
        let room = ENTRIES_MAX.saturating_sub(entries.len());
        let found = reader.entries_of(device, from, to, room + 1).await?;
        complete &= found.len() <= room;
        entries.extend(found.into_iter().take(room));
    }
    let asked = entries.len();
    let evidence = reader.prove(entries.into_iter().collect()).await?;
    // Entries are deleted after their time (retention); what rested on them is said and no longer proved.
    complete &= evidence.entries.len() == asked;
    statement.insert("complete".to_owned(), complete.into());
    Ok(file(&reader.trip_report(statement, fields, &evidence)?, &format!("trip-report-{id}")))
}

/// The proof that an entry is in the journal, with its bytes (docs/evidence.md).
#[utoipa::path(get, operation_id = "get_proof", path = "/entries/{id}/proof", tag = "evidence",
    params(("id" = u64, Path, example = 10452)), responses(
    (status = 200, body = Object, content_type = "application/json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 503, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn proof(reader: Authorised<Read>, Id(id): Id<u64>) -> Result<Response, Problem> {
    let evidence = reader.prove(vec![EntryId(id)]).await?;
    if evidence.entries.is_empty() {
        return Err(Problem::not_found(format!("entry {id}")));
    }
    let document = Document::proof(&evidence).map_err(|error| crate::Unavailable(error.to_string()))?;
    Ok(file(&document, &format!("entry-{id}")))
}

/// The journal's last signed checkpoint (c2sp.org/tlog-checkpoint).
#[utoipa::path(get, operation_id = "get_checkpoint", path = "/log/checkpoint", tag = "evidence", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"),
    (status = 404, body = ProblemView, content_type = "application/problem+json", description = "None is signed yet"),
))]
pub(crate) async fn checkpoint(State(api): State<Arc<Api>>) -> Result<Response, Problem> {
    let checkpoint = api.checkpoint();
    let checkpoint = checkpoint.ok_or_else(|| Problem::not_found("checkpoint yet: the journal is empty"))?;
    Ok(text(checkpoint))
}

/// The public keys that sign checkpoints, the oldest first, a line each.
#[utoipa::path(get, operation_id = "get_log_keys", path = "/log/keys", tag = "evidence", security(()), responses(
    (status = 200, body = String, content_type = "text/plain"),
))]
pub(crate) async fn keys(State(api): State<Arc<Api>>) -> Response {
    text(api.log_keys().iter().map(|key| format!("{key}\n")).collect())
}

fn text(text: String) -> Response {
    ([(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// A tile of the journal's tree (c2sp.org/tlog-tiles): 256 hashes, or as many as `.p/` says. Not in the OpenAPI
/// document, which has no paths of varying length.
pub(crate) async fn tile(State(api): State<Arc<Api>>, Path(path): Path<String>) -> Result<Response, Problem> {
    let path = format!("tile/{path}");
    let tile: Tile = path.parse().map_err(|error| Problem::not_found(format!("{path}: {error}")))?;
    let hashes = api.log_tile(tile).await?;
    let hashes = hashes.ok_or_else(|| Problem::not_found(format!("{path} in a tree of this size")))?;
    let kind = (CONTENT_TYPE, "application/octet-stream");
    Ok(if tile.is_full() {
        (StatusCode::OK, [kind, (CACHE_CONTROL, CACHE_FOREVER)], hashes).into_response()
    } else {
        (StatusCode::OK, [kind], hashes).into_response()
    })
}

/// Sign that a checkpoint of another log was seen (c2sp.org/tlog-witness). Whoever asks proves who he is by the checkpoint.
#[utoipa::path(post, operation_id = "add_checkpoint", path = "/witness/add-checkpoint", tag = "evidence", security(()),
    request_body(content = String, content_type = "text/plain"), responses(
    (status = 200, body = String, content_type = "text/plain", description = "Lines with the signature of the witness"),
    (status = 400, body = String, content_type = "text/plain", description = "It does not read"),
    (status = 403, body = String, content_type = "text/plain", description = "It is not signed by the log"),
    (status = 404, body = String, content_type = "text/plain", description = "The log is not witnessed here"),
    (status = 409, body = String, content_type = "text/x.tlog.size", description = "The size that was seen last"),
    (status = 422, body = String, content_type = "text/plain", description = "It contradicts what was seen before"),
))]
pub(crate) async fn witness(State(api): State<Arc<Api>>, request: String) -> Response {
    let refusal = match api.witness(request).await {
        Ok(lines) => return text(lines),
        Err(refusal) => refusal,
    };
    let status = match refusal {
        WitnessRefusal::Shape(_) => StatusCode::BAD_REQUEST,
        WitnessRefusal::Signature(_) => StatusCode::FORBIDDEN,
        WitnessRefusal::Origin(_) => StatusCode::NOT_FOUND,
        WitnessRefusal::Known(size) => {
            let kind = [(CONTENT_TYPE, "text/x.tlog.size")];
            return (StatusCode::CONFLICT, kind, format!("{size}\n")).into_response();
        }
        WitnessRefusal::Fork { .. } => StatusCode::UNPROCESSABLE_ENTITY,
    };
    (status, text(format!("{refusal}\n"))).into_response()
}
