//! Cases: the list, one of them, what is done about it, and what they say in figures.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use plomb_cases::{Case, CaseState, Figures, tally};
use plomb_model::{CaseId, DeviceId, MovementId, Timestamp};
use plomb_rules::State;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::{Authorised, Operate, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, form_of, optional, span};
use crate::view::{CaseFiguresView, CaseSummaryView, CaseView, CasesView, NamedTallyView, Time};

/// The stretch in which alarms are counted against people, milliseconds (ISA-18.2).
const STRETCH_MS: i64 = 600_000;
/// More alarms than this for each operator in a stretch are a flood (ISA-18.2).
const FLOOD: u64 = 10;
/// Devices whose model is looked up in one request.
const LOOKED_UP_MAX: usize = 20_000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CaseParameters {
    /// Only those in this state; `all`: those that are over too. Unless said, those that are not over.
    #[serde(deserialize_with = "optional")]
    #[param(example = "open")]
    state: Option<String>,
    /// Only those of this person; `nobody`: of nobody.
    #[serde(deserialize_with = "optional")]
    assignee: Option<String>,
    /// Only those of this movement.
    #[serde(deserialize_with = "optional")]
    movement: Option<u64>,
    /// Only those with alarms of this device.
    #[serde(deserialize_with = "optional")]
    #[param(example = "jointech:8041300978")]
    device: Option<String>,
    /// `next_cursor` of the page before, with the same filter.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// Cases that are not over first, then the worst, then the newest.
type Key = (bool, bool, u8, u64);

fn key(case: &Case) -> Key {
    // What is shelved is behind what is not.
    (case.state.is_over(), case.shelf.is_some(), case.priority as u8, u64::MAX - case.id.0)
}

/// Cases, worst and newest first, a page at a time.
#[utoipa::path(get, operation_id = "list_cases", path = "/cases", tag = "cases", params(CaseParameters), responses(
    (status = 200, body = CasesView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<CaseParameters>,
) -> Result<Json<CasesView>, Problem> {
    let wanted = Wanted::new(&parameters)?;
    Ok(Json(reader.ask(move |state| wanted.page(state)).await?))
}

struct Wanted {
    state: Option<CaseState>,
    over: bool,
    assignee: Option<String>,
    movement: Option<MovementId>,
    device: Option<DeviceId>,
    skip: usize,
    limit: usize,
}

impl Wanted {
    fn new(parameters: &CaseParameters) -> Result<Self, Problem> {
        let state = parameters.state.as_deref().filter(|state| *state != "all");
        let known = |text: &str| CaseState::ALL.into_iter().find(|state| state.name() == text);
        let names = CaseState::ALL.map(CaseState::name).join(", ");
        let state = state.map(|text| {
            known(text)
                .ok_or_else(|| Problem::bad_parameter(format!("state: it must be all or one of {names}")))
        });
        let device = parameters.device.as_ref().map(|text| text.parse::<DeviceId>());
        let device =
            device.transpose().map_err(|error| Problem::bad_parameter(format!("device: {error}")))?;
        let skip = parameters.cursor.as_deref().unwrap_or("0").parse();
        Ok(Self {
            state: state.transpose()?,
            over: parameters.state.is_some(),
            assignee: parameters.assignee.clone(),
            movement: parameters.movement.map(MovementId),
            device,
            skip: skip.map_err(|_| Problem::bad_parameter("cursor: it is not of this list"))?,
            limit: parameters.limit.unwrap_or_default().get(),
        })
    }

    fn takes(&self, case: &Case) -> bool {
        let of = |wanted: &String| match &case.assignee {
            Some(assignee) => **assignee == **wanted,
            None => wanted == "nobody",
        };
        self.state.is_none_or(|state| state == case.state)
            && (self.over || !case.state.is_over())
            && self.assignee.as_ref().is_none_or(of)
            && self.movement.is_none_or(|movement| case.movement() == Some(movement))
            && self.device.is_none_or(|device| case.devices.contains(&device))
    }

    fn page(&self, state: &State) -> CasesView {
        let mut cases: Vec<&Case> = state.cases.iter().filter(|case| self.takes(case)).collect();
        cases.sort_unstable_by_key(|case| key(case));
        let total = cases.len();
        let items = cases.into_iter().skip(self.skip).take(self.limit).map(CaseSummaryView::new).collect();
        let end = self.skip.saturating_add(self.limit);
        CasesView { items, next_cursor: (end < total).then(|| end.to_string()), total: total as u64 }
    }
}

/// One case.
#[utoipa::path(get, operation_id = "get_case", path = "/cases/{id}", tag = "cases",
    params(("id" = u64, Path, example = 1)), responses(
    (status = 200, body = CaseView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<u64>) -> Result<Json<CaseView>, Problem> {
    let view = reader.ask(move |state| Some(CaseView::new(state, state.cases.get(CaseId(id))?))).await?;
    view.map(Json).ok_or_else(|| Problem::not_found(format!("case {id}")))
}

/// Take a step of a case: `acknowledge`, `assess`, `dispatch`, `resolve` ... with its fields (docs/cases.md).
#[utoipa::path(post, operation_id = "take_case_step", path = "/cases/{id}/steps/{step}", tag = "cases",
    params(("id" = u64, Path, example = 1), ("step" = String, Path, example = "acknowledge")),
    request_body(content = Object), responses(
    (status = 200, body = CaseView, description = "Taken, and durable"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn step(
    operator: Authorised<Operate>,
    Path((id, step)): Path<(u64, String)>,
    Body(fields): Body<Value>,
) -> Result<Json<CaseView>, Problem> {
    if id == CaseId::ALL.0 {
        return Err(Problem::not_found(format!("case {id}")));
    }
    operator.case_step(CaseId(id), &step, form_of(&fields)?).await?;
    let view = operator.ask(move |state| Some(CaseView::new(state, state.cases.get(CaseId(id))?))).await?;
    view.map(Json).ok_or_else(|| Problem::not_found(format!("case {id}")))
}

/// To whom a shift's cases go.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHandOver {
    /// Account name.
    to: String,
    /// What the next shift must know.
    #[serde(default)]
    note: String,
}

/// Hand all cases that one has over to somebody else, at the end of a shift.
#[utoipa::path(post, operation_id = "hand_over_cases", path = "/cases/hand-over", tag = "cases",
    request_body = NewHandOver, responses(
    (status = 200, body = CasesView, description = "What the other one has now"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn hand_over(
    operator: Authorised<Operate>,
    Body(new): Body<NewHandOver>,
) -> Result<Json<CasesView>, Problem> {
    let fields = serde_json::json!({ "to": new.to, "note": new.note });
    operator.case_step(CaseId::ALL, "hand-over", form_of(&fields)?).await?;
    let parameters = CaseParameters { assignee: Some(new.to), ..CaseParameters::default() };
    let wanted = Wanted::new(&parameters)?;
    Ok(Json(operator.ask(move |state| wanted.page(state)).await?))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FigureParameters {
    /// Cases opened then or later; unless said, 30 days ago.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    from: Option<Time>,
    /// Opened before; unless said, now.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    to: Option<Time>,
}

/// How fast people take note, how many alarms should not have been, and how many there are for each operator.
#[utoipa::path(get, operation_id = "get_case_figures", path = "/cases/figures", tag = "cases",
    params(FigureParameters), responses(
    (status = 200, body = CaseFiguresView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn figures(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<FigureParameters>,
) -> Result<Json<CaseFiguresView>, Problem> {
    let (from, to) = span(parameters.from, parameters.to, reader.now())?;
    let asked = reader.ask(move |state| (summed(state, from, to), inside(state, from, to)));
    let (mut view, cases) = asked.await?;
    let looked_up = reader.look(move |registry| {
        let makers: BTreeMap<String, String> =
            registry.models()?.into_iter().map(|model| (model.name, model.manufacturer)).collect();
        let mut model_of: BTreeMap<DeviceId, String> = BTreeMap::new();
        for device in cases.iter().flat_map(|case| &case.devices) {
            if model_of.len() < LOOKED_UP_MAX
                && !model_of.contains_key(device)
                && let Some(known) = registry.device(device)?
            {
                model_of.insert(*device, known.model);
            }
        }
        let models_of =
            |case: &Case| case.devices.iter().filter_map(|id| model_of.get(id).cloned()).collect::<Vec<_>>();
        let vendors_of = |case: &Case| {
            models_of(case).iter().filter_map(|model| makers.get(model).cloned()).collect::<Vec<_>>()
        };
        Ok((tally(cases.iter(), models_of), tally(cases.iter(), vendors_of)))
    });
    let (models, vendors) = looked_up.await?;
    (view.by_model, view.by_vendor) = (NamedTallyView::list(models), NamedTallyView::list(vendors));
    Ok(Json(view))
}

fn inside(state: &State, from: Timestamp, to: Timestamp) -> Vec<Case> {
    state.cases.iter().filter(|case| (from..to).contains(&case.opened_at.0)).cloned().collect()
}

fn summed(state: &State, from: Timestamp, to: Timestamp) -> CaseFiguresView {
    let figures = Figures::of(state.cases.iter(), from, to);
    let mut view = CaseFiguresView::new(Time(from), Time(to), &figures);
    let cases = || state.cases.iter().filter(|case| (from..to).contains(&case.opened_at.0));
    let open = || state.cases.iter().filter(|case| !case.state.is_over());
    view.open = open().count() as u64;
    view.unacknowledged = open().filter(|case| case.unseen > 0).count() as u64;
    let rules = tally(cases(), |case| case.kinds.iter().map(|kind| kind.name()).collect());
    view.by_rule = NamedTallyView::list(rules);
    view.by_route = NamedTallyView::list(tally(cases(), |case| {
        let movement = case.movement().and_then(|movement| state.movements.get(movement));
        let route = movement.map(|movement| movement.declaration.route.to_string());
        route.filter(|route| !route.is_empty()).into_iter().collect::<Vec<String>>()
    }));
    let mut stretches: BTreeMap<i64, u64> = BTreeMap::new();
    for alarm in state.alarms.iter().filter(|alarm| (from..to).contains(&alarm.raised_at.0)) {
        *stretches.entry(alarm.raised_at.0.as_millis() / STRETCH_MS).or_default() += 1;
    }
    let operators = view.load.operators.max(1);
    let all = (to.since(from) / STRETCH_MS).max(1);
    view.load.alarms = stretches.values().sum();
    view.load.peak_10_min = stretches.values().copied().max().unwrap_or(0);
    view.load.floods = stretches.values().filter(|count| **count > FLOOD * operators).count() as u64;
    let part = |count: u64| u32::try_from(count).map_or(f64::MAX, f64::from);
    view.load.per_operator_10_min =
        part(view.load.alarms) / part(operators) / part(u64::try_from(all).unwrap_or(1));
    view
}
