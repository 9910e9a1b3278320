//! The inspection queue: every movement that is not over, by what happened on its way.

use std::collections::BTreeMap;

use axum::Json;
use plomb_model::{Alarm, AlarmKind, DeviceId, ReceivedAt, Timestamp};
use plomb_movements::{Movement, MovementState};
use plomb_risk::live::{Evidence, assess, weight_of};
use plomb_rules::State;
use serde::Deserialize;

use crate::access::{Assess, Authorised};
use crate::problem::{Problem, ProblemView};
use crate::request::{Limit, Parameters, optional};
use crate::view::{LaneWord, MovementSummaryView, RiskQueueView, RiskView};

/// Reasons of an acknowledgement after which an alarm speaks against nobody.
const EXCUSES: [&str; 4] = ["false-alarm", "authorised-opening", "maintenance", "inspected-intact"];
const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QueueParameters {
    /// Only those of this lane.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    lane: Option<LaneWord>,
    /// The first so many.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// What to inspect next: movements that are not over, red lane first, each with its reasons. Computed from the state of
/// this moment (docs/risk.md).
#[utoipa::path(get, operation_id = "inspection_queue", path = "/risk/queue", tag = "movements",
    params(QueueParameters), responses(
    (status = 200, body = RiskQueueView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn queue(
    analyst: Authorised<Assess>,
    Parameters(parameters): Parameters<QueueParameters>,
) -> Result<Json<RiskQueueView>, Problem> {
    let now = analyst.now();
    let mut items = analyst.ask(move |state| assessed(state, now)).await?;
    items.retain(|item| parameters.lane.is_none_or(|lane| lane.0 == item.rank().0));
    items.sort_by(|a, b| {
        let ((lane_a, score_a), (lane_b, score_b)) = (a.rank(), b.rank());
        lane_a.cmp(&lane_b).then(score_a.total_cmp(&score_b))
    });
    let total = items.len() as u64;
    items.truncate(parameters.limit.unwrap_or_default().get());
    Ok(Json(RiskQueueView { items, total }))
}

fn assessed(state: &State, now: Timestamp) -> Vec<RiskView> {
    let live = |movement: &&Movement| {
        !movement.state.is_over()
            && !matches!(movement.state, MovementState::Draft | MovementState::Submitted)
    };
    let movements: Vec<&Movement> = state.movements.iter().filter(live).collect();
    let mut alarms: BTreeMap<DeviceId, Vec<&Alarm>> = movements
        .iter()
        .flat_map(|movement| &movement.seals)
        .filter_map(|seal| Some((seal.device?, Vec::new())))
        .collect();
    for alarm in state.alarms.iter() {
        if let Some(of_device) = alarms.get_mut(&alarm.device) {
            of_device.push(alarm);
        }
    }
    movements
        .into_iter()
        .map(|movement| {
            let evidence = evidence(movement, &alarms, now);
            RiskView::new(MovementSummaryView::new(state, movement), assess(evidence))
        })
        .collect()
}

/// What its devices told while they were on it, and what its papers say.
fn evidence(movement: &Movement, alarms: &BTreeMap<DeviceId, Vec<&Alarm>>, now: Timestamp) -> Vec<Evidence> {
    let hours = |since: ReceivedAt| age_h(now, since.0);
    let mut all = Vec::new();
    for seal in &movement.seals {
        let before_end = |at: Timestamp| seal.ended.as_ref().is_none_or(|(end, ..)| at <= end.0);
        for alarm in seal.device.and_then(|device| alarms.get(&device)).into_iter().flatten() {
            // The limit is the movement's, which may have no device: it counts below.
            if alarm.kind == AlarmKind::Overdue {
                continue;
            }
            let within = alarm.occurred_at.0 >= seal.set_at.0 && before_end(alarm.occurred_at.0);
            if within && weight_of(alarm.kind.name()).is_some() {
                all.push(of_alarm(alarm, now));
            }
        }
    }
    let mut told = |kind: &str, age_h: f64, excused: bool| {
        all.push(Evidence { kind: kind.to_owned(), age_h, alarm: None, excused });
    };
    if movement.overdue.is_some() {
        told("overdue", 0.0, false);
    }
    for incident in &movement.incidents {
        told("incident", hours(incident.at), incident.endorsed.is_some());
    }
    let declared = &movement.declaration;
    let short = declared.duty.zip(declared.guaranteed).is_some_and(|(duty, guaranteed)| {
        duty.currency == guaranteed.currency && guaranteed.cents < duty.cents
    });
    if short {
        told("guarantee-short", 0.0, false);
    }
    all
}

fn of_alarm(alarm: &Alarm, now: Timestamp) -> Evidence {
    let excuse = alarm.acknowledged.as_ref().is_some_and(|known| EXCUSES.contains(&&*known.reason));
    Evidence {
        kind: alarm.kind.name().to_owned(),
        age_h: alarm.cleared_at.map_or(0.0, |cleared| age_h(now, cleared.0)),
        alarm: Some(alarm.id.0),
        excused: excuse,
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of centuries are exact in a double")]
fn age_h(now: Timestamp, since: Timestamp) -> f64 {
    now.since(since).max(0) as f64 / HOUR_MS as f64
}
