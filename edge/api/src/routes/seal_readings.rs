//! Readings that a person brings: the link of a tap, or what a handheld read with answers to a challenge of ours.

use axum::Json;
use axum::body::Bytes;
use axum::http::StatusCode;
use plomb_devices::{CHALLENGE_S_MAX, Request};
use plomb_model::{DeviceId, Event, EventId, Protocol, ReceivedAt, Timestamp};
use plomb_rules::{Finding, Ground, State, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

use super::seals::{Named, heard, registered, with_names};
use super::session::Peer;
use crate::Kept;
use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::view::{FindingView, LookUpKind, LookUpView, Time};

/// Most tags of a reading that are answered; all are kept and judged.
const TAGS_ANSWERED_MAX: usize = 100;

/// A challenge for the tags that a handheld is about to read.
#[derive(Serialize, ToSchema)]
#[schema(as = Challenge)]
pub(crate) struct ChallengeView {
    /// Ten bytes in hex: IChallenge of ISO/IEC 29167-10.
    #[schema(example = "0679b3c2a1f04d55e9c1")]
    challenge: String,
    /// An answer that comes later proves nothing.
    expires_at: Time,
}

/// Draw a challenge for tags. Nobody can foretell it; each tag may answer it once.
#[utoipa::path(post, operation_id = "draw_challenge", path = "/seals/challenges", tag = "seals", responses(
    (status = 201, body = ChallengeView),
))]
pub(crate) async fn challenge(reader: Authorised<Read>) -> (StatusCode, Json<ChallengeView>) {
    let at = reader.now();
    let expires_at = Time(at.plus_secs(CHALLENGE_S_MAX));
    (StatusCode::CREATED, Json(ChallengeView { challenge: reader.challenge(at), expires_at }))
}

/// Bring what a handheld read, in the JSON of `iso29167-10` (docs/protocols/iso29167-10.md). It is kept and judged like any
/// report, in the name of this account.
#[utoipa::path(post, operation_id = "bring_readings", path = "/seals/readings", tag = "seals",
    request_body(content = serde_json::Value, content_type = "application/json"), responses(
    (status = 200, body = LookUpView),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
    (status = 503, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn readings(
    reader: Authorised<Read>,
    Peer(peer): Peer,
    body: Bytes,
) -> Result<Json<LookUpView>, Problem> {
    if body.is_empty() {
        return Err(Problem::unacceptable("the body is empty"));
    }
    let message = Message { protocol: Protocol::Iso29167, content_type: "application/json", body: &body };
    read_now(&reader, &peer.to_string(), LookUpKind::Reading, message).await.map(Json)
}

/// A message that is a reading.
pub(super) struct Message<'a> {
    pub(super) protocol: Protocol,
    pub(super) content_type: &'static str,
    pub(super) body: &'a [u8],
}

/// Keeps a reading, and answers how each seal in it stands.
pub(super) async fn read_now(
    reader: &Authorised<Read>,
    peer: &str,
    kind: LookUpKind,
    message: Message<'_>,
) -> Result<LookUpView, Problem> {
    let Message { protocol, content_type, body } = message;
    let (mut frame, target) = (Vec::new(), format!("/{}", protocol.name()));
    Request::write("POST", &target, &[("content-type", content_type.as_bytes())], body, &mut frame);
    let at = reader.now();
    let Kept { entry, decoded } = reader.bring(protocol, peer, frame).await?;
    let (mut problem, mut read) = (None, Vec::new());
    for (report, place) in decoded.reports().zip(0_u64..) {
        problem = problem.or_else(|| report.issues.first().map(ToString::to_string));
        for (event, index) in report.events.iter().zip(0_u16..) {
            // One report has one entry; of further ones the place in the journal is not told.
            let id = entry.filter(|_| place == 0).map(|entry| EventId { entry, index });
            if let Some(device) = event.peripheral.or(report.device) {
                read.push(Reading { device, event: event.clone(), id });
            }
        }
    }
    read.truncate(TAGS_ANSWERED_MAX);
    if read.is_empty() {
        let event = entry.map(|entry| EventId { entry, index: 0 }.to_string());
        let unproven = FindingView::new(Finding { verdict: Verdict::Unproven, ground: Ground::NoKey });
        let seal = FindingView { read_at: Some(Time(at)), read_now: true, event, ..unproven };
        let seals = if kind == LookUpKind::Tap { vec![seal] } else { Vec::new() };
        return Ok(LookUpView { kind, problem, id: None, seals });
    }
    let id = read.first().map(|reading| reading.device.to_string());
    let names = registered(reader, read.iter().map(|reading| reading.device).collect()).await?;
    let judged = reader.ask(move |state| {
        let judge = |reading: Reading| {
            let seal = names.iter().find(|seal| seal.asked.contains(&reading.device))?;
            Some(judged(state, protocol, at, reading, seal.clone()))
        };
        read.into_iter().filter_map(judge).collect()
    });
    Ok(LookUpView { kind, problem, id, seals: judged.await? })
}

/// One seal that was read now.
struct Reading {
    device: DeviceId,
    event: Event,
    id: Option<EventId>,
}

fn judged(state: &State, protocol: Protocol, at: Timestamp, reading: Reading, seal: Named) -> FindingView {
    let Reading { device, event, id } = reading;
    let finding = Finding::of_reading(state, &device, protocol, ReceivedAt(at), &event);
    let view = FindingView {
        read_at: Some(Time(at)),
        read_now: true,
        event: id.map(|id| id.to_string()),
        ..FindingView::new(finding)
    };
    let row = heard(state, &seal);
    with_names(state, view, row, seal)
}
