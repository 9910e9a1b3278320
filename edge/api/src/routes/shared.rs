//! Links for people without an account: made by an operator, good for one movement and some time.

use axum::Json;
use axum::extract::{Path, State as Axum};
use axum::http::StatusCode;
use plomb_model::{DeviceId, MovementId, Position, ReceivedAt, Timestamp};
use plomb_movements::{Audience, Form, LINK_H_MAX, Movement, holder_of};
use plomb_rules::State;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

use crate::Refused;
use crate::access::{Api, Authorised, Move};
use crate::problem::{Problem, ProblemView};
use crate::request::Body;
use crate::view::{LinkView, SharedView, Time};

/// Bytes of the code at the end of a link, as hex digits twice as many.
const CODE_BYTES: usize = 16;

/// A link that is asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLink)]
pub(crate) struct NewLink {
    /// `shipper` or `driver`.
    audience: String,
    /// For how many hours it is good, 720 at most.
    hours: i64,
}

/// An incident that a driver declares.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDriverIncident)]
pub(crate) struct NewDriverIncident {
    /// Code of CL019, 1 to 6.
    code: u8,
    /// What happened.
    text: String,
    /// Where.
    #[serde(default)]
    place: String,
}

/// Make a link to a movement for somebody without an account. Who made it is on record; the step `withdraw-link` takes it
/// back.
#[utoipa::path(post, operation_id = "make_link", path = "/movements/{id}/links", tag = "movements",
    params(("id" = u64, Path, example = 1)), request_body = NewLink, responses(
    (status = 201, body = LinkView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn make(
    mover: Authorised<Move>,
    Path(id): Path<u64>,
    Body(NewLink { audience, hours }): Body<NewLink>,
) -> Result<(StatusCode, Json<LinkView>), Problem> {
    if !(1..=LINK_H_MAX).contains(&hours) {
        return Err(Problem::unacceptable(format!("hours: it must be from 1 to {LINK_H_MAX}")));
    }
    let until = Timestamp::from_millis(mover.now().as_millis() / 1000 * 1000).plus_secs(hours * 3600);
    let form = Form::of([("audience", audience.clone()), ("until", until.to_string())]);
    let movement = mover.step(Some(MovementId(id)), "share", form).await?;
    let number = u8::try_from(movement.links.len()).unwrap_or(u8::MAX);
    let token = mover.link_token(&subject(movement.id, number, until));
    let token = format!("{id}.{number}.{}.{token}", until.as_millis() / 1000);
    Ok((
        StatusCode::CREATED,
        Json(LinkView { number, audience, path: format!("/s/{token}"), until: Time(until) }),
    ))
}

/// What the code of a link is over.
fn subject(movement: MovementId, link: u8, until: Timestamp) -> String {
    format!("plomb link {movement} {link} {}", until.as_millis())
}

/// A link whose code holds.
struct Held {
    movement: MovementId,
    number: u8,
}

impl Held {
    /// Reads `MOVEMENT.LINK.UNTIL.CODE`. All that is wrong is one answer, so that nothing can be learnt by trying.
    fn of(api: &Api, token: &str) -> Result<Self, Problem> {
        let mut parts = token.split('.');
        let (Some(movement), Some(number), Some(until), Some(code), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(gone());
        };
        let movement = MovementId(movement.parse().map_err(|_| gone())?);
        let number = number.parse().map_err(|_| gone())?;
        let until = Timestamp::from_secs(until.parse().map_err(|_| gone())?);
        let expected = api.link_token(&subject(movement, number, until));
        let same = expected.bytes().zip(code.bytes()).fold(0, |all, (one, other)| all | (one ^ other));
        if code.len() != 2 * CODE_BYTES || std::hint::black_box(same) != 0 || api.now() > until {
            return Err(gone());
        }
        Ok(Self { movement, number })
    }

    /// The movement, while the link is good.
    fn movement<'a>(&self, state: &'a State, now: Timestamp) -> Option<(&'a Movement, Audience)> {
        let movement = state.movements.get(self.movement)?;
        let link = movement.link(self.number).filter(|link| link.is_good(now))?;
        Some((movement, link.audience))
    }
}

fn gone() -> Problem {
    Problem::not_found(
        "such link: it was mistyped, has ended, or was taken back. Ask whoever gave it to you for another",
    )
}

/// What a link shows: where the cargo is, how its seals are, and when it must arrive.
#[utoipa::path(get, operation_id = "get_shared", path = "/shared/{token}", tag = "movements", security(()),
    params(("token" = String, Path)), responses(
    (status = 200, body = SharedView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(
    Axum(api): Axum<Arc<Api>>,
    Path(token): Path<String>,
) -> Result<Json<SharedView>, Problem> {
    let (held, now) = (Held::of(&api, &token)?, api.now());
    let view = api.shared(move |state| {
        let (movement, audience) = held.movement(state, now)?;
        Some(SharedView::new(state, movement, audience, last_fix(state, movement), ReceivedAt(now)))
    });
    view.await?.map(Json).ok_or_else(gone)
}

/// The newest fix of the devices on it.
fn last_fix(state: &State, movement: &Movement) -> Option<(Position, Timestamp)> {
    let fix = |device: DeviceId| {
        let row = state.devices.get(&device)?;
        Some((row.position?, row.position_at?.0))
    };
    movement.devices().filter_map(fix).max_by_key(|(_, at)| *at)
}

/// A driver declares what happened.
#[utoipa::path(post, operation_id = "report_incident", path = "/shared/{token}/incidents", tag = "movements", security(()),
    params(("token" = String, Path)), request_body = NewDriverIncident, responses(
    (status = 201, description = "It is on record"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn incident(
    Axum(api): Axum<Arc<Api>>,
    Path(token): Path<String>,
    Body(NewDriverIncident { code, text, place }): Body<NewDriverIncident>,
) -> Result<StatusCode, Problem> {
    let (held, now) = (Held::of(&api, &token)?, api.now());
    let (movement, by) = (held.movement, holder_of(held.number));
    let audience = api.shared(move |state| held.movement(state, now).map(|(_, audience)| audience)).await?;
    match audience {
        None => return Err(gone()),
        Some(Audience::Shipper) => {
            return Err(
                Refused::AnotherPerson("this link is for looking; the driver's declares".to_owned()).into()
            );
        }
        Some(Audience::Driver) => {}
    }
    let form = Form::of([("code", code.to_string()), ("text", text), ("place", place)]);
    api.step_of_link(&by, movement, "incident", form).await?;
    Ok(StatusCode::CREATED)
}
