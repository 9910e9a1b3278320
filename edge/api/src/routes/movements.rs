//! Movements under seal: declaring them, taking their steps, and looking at them.

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use plomb_model::{DeviceId, MovementId, ReceivedAt};
use plomb_movements::Movement;
use plomb_rules::State;
use serde::Deserialize;
use serde_json::Value;

use crate::access::{Authorised, Move, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, form_of, optional};
use crate::view::{
    CheckView, ChecklistView, MovementStateWord, MovementSummaryView, MovementView, MovementsView,
    PoliciesView, PolicyView,
};

/// Longest text to search for.
const SEARCH_BYTES_MAX: usize = 64;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct MovementParameters {
    /// Only those in this state.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    state: Option<MovementStateWord>,
    /// Part of a reference, number, unit, party or office, upper or lower case.
    #[serde(deserialize_with = "optional")]
    #[param(max_length = 64)]
    search: Option<String>,
    /// `yes`: only those that are not over; `overdue`: only those whose limit has passed.
    #[serde(deserialize_with = "optional")]
    open: Option<String>,
    /// `next_cursor` of the page before, with the same filter.
    #[serde(deserialize_with = "optional")]
    cursor: Option<u64>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// Movements, newest first, a page at a time.
#[utoipa::path(get, operation_id = "list_movements", path = "/movements", tag = "movements",
    params(MovementParameters), responses(
    (status = 200, body = MovementsView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<MovementParameters>,
) -> Result<Json<MovementsView>, Problem> {
    if parameters.search.as_ref().is_some_and(|search| search.len() > SEARCH_BYTES_MAX) {
        return Err(Problem::bad_parameter(format!("search: at most {SEARCH_BYTES_MAX} bytes")));
    }
    if parameters.open.as_deref().is_some_and(|open| !matches!(open, "yes" | "overdue")) {
        return Err(Problem::bad_parameter("open: it must be yes or overdue"));
    }
    Ok(Json(reader.ask(move |state| page(state, &parameters)).await?))
}

fn page(state: &State, parameters: &MovementParameters) -> MovementsView {
    let search = parameters.search.as_ref().map(|search| search.to_lowercase());
    let matches = |movement: &&Movement| {
        parameters.state.is_none_or(|wanted| wanted.0 == movement.state)
            && match parameters.open.as_deref() {
                Some("overdue") => movement.overdue.is_some() && !movement.state.is_over(),
                Some(_) => !movement.state.is_over(),
                None => true,
            }
            && search.as_ref().is_none_or(|search| holds(movement, search))
    };
    let (mut items, mut total, mut more) = (Vec::new(), 0, false);
    for movement in state.movements.iter().rev().filter(matches) {
        total += 1;
        if parameters.cursor.is_some_and(|cursor| movement.id.0 >= cursor) {
            continue;
        }
        if items.len() < parameters.limit.unwrap_or_default().get() {
            items.push(MovementSummaryView::new(state, movement));
        } else {
            more = true;
        }
    }
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.to_string());
    MovementsView { items, next_cursor, total }
}

/// Whether a movement has the text (in lower case) somewhere in what people know it by.
fn holds(movement: &Movement, search: &str) -> bool {
    let declaration = &movement.declaration;
    let texts = [
        &declaration.lrn,
        &declaration.mrn,
        &declaration.holder.name,
        &declaration.carrier.name,
        &declaration.consignee.name,
        &declaration.departure,
        &declaration.destination,
    ];
    let units = declaration.units.iter().map(|unit| &unit.number);
    let seals = movement.seals.iter().map(|seal| &seal.number);
    texts.into_iter().chain(units).chain(seals).any(|text| text.to_lowercase().contains(search))
}

fn no_movement(id: MovementId) -> Problem {
    Problem::not_found(format!("movement {id}"))
}

/// One movement.
#[utoipa::path(get, operation_id = "get_movement", path = "/movements/{id}", tag = "movements",
    params(("id" = u64, Path, example = 1)), responses(
    (status = 200, body = MovementView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<u64>) -> Result<Json<MovementView>, Problem> {
    let id = MovementId(id);
    let view = reader.ask(move |state| Some(MovementView::new(state, state.movements.get(id)?)));
    view.await?.map(Json).ok_or_else(|| no_movement(id))
}

/// Declare a movement. Fields are those of docs/movements.md, nested: `{"lrn":"..","unit":[{"number":".."}]}`.
#[utoipa::path(post, operation_id = "declare_movement", path = "/movements", tag = "movements",
    request_body(content = Object), responses(
    (status = 201, body = MovementView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn declare(
    mover: Authorised<Move>,
    Body(fields): Body<Value>,
) -> Result<(StatusCode, Json<MovementView>), Problem> {
    let movement = mover.step(None, "declare", form_of(&fields)?).await?;
    let view = mover.ask(move |state| MovementView::new(state, &movement)).await?;
    Ok((StatusCode::CREATED, Json(view)))
}

/// Take a step of a movement: `submit`, `accept`, `arm` ... with its fields (docs/movements.md).
#[utoipa::path(post, operation_id = "take_step", path = "/movements/{id}/steps/{step}", tag = "movements",
    params(("id" = u64, Path, example = 1), ("step" = String, Path, example = "arm")),
    request_body(content = Object), responses(
    (status = 200, body = MovementView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn step(
    mover: Authorised<Move>,
    Path((id, step)): Path<(u64, String)>,
    Body(fields): Body<Value>,
) -> Result<Json<MovementView>, Problem> {
    // Time takes this one, a new movement has no number yet, and codes and links are given by calls of their own.
    if matches!(&*step, "overdue" | "declare" | "give-code" | "share") {
        return Err(Problem::unacceptable(format!("{step}: nobody takes this step of a movement")));
    }
    let movement = mover.step(Some(MovementId(id)), &step, form_of(&fields)?).await?;
    Ok(Json(mover.ask(move |state| MovementView::new(state, &movement)).await?))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChecklistParameters {
    /// Which device is to be armed.
    #[param(example = "jointech:8041300978")]
    device: String,
}

/// The checklist of a device that is to be armed on a movement.
#[utoipa::path(get, operation_id = "get_checklist", path = "/movements/{id}/checklist", tag = "movements",
    params(("id" = u64, Path, example = 1), ChecklistParameters), responses(
    (status = 200, body = ChecklistView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn checks(
    reader: Authorised<Read>,
    Id(id): Id<u64>,
    Parameters(parameters): Parameters<ChecklistParameters>,
) -> Result<Json<ChecklistView>, Problem> {
    let device: DeviceId =
        parameters.device.parse().map_err(|error| Problem::bad_parameter(format!("device: {error}")))?;
    let (id, now) = (MovementId(id), ReceivedAt(reader.now()));
    let checks = reader.ask(move |state| state.checklist(id, device, now));
    let checks = checks.await?.ok_or_else(|| no_movement(id))?;
    Ok(Json(ChecklistView { items: checks.into_iter().map(CheckView::from).collect() }))
}

/// The policies in force.
#[utoipa::path(get, operation_id = "list_policies", path = "/policies", tag = "movements", responses(
    (status = 200, body = PoliciesView),
))]
pub(crate) async fn policies(reader: Authorised<Read>) -> Result<Json<PoliciesView>, Problem> {
    let items = reader.ask(|state| state.movements.policies().map(PolicyView::from).collect()).await?;
    Ok(Json(PoliciesView { items }))
}
