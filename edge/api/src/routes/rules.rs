//! The settings of the rules: in force, proposed by one person, approved by another.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use plomb_evidence::Action;
use plomb_rules::RuleChangeRefusal;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Refused;
use crate::access::{Assess, Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::Body;
use crate::view::{RuleChangeView, RulesView};

type Fields = Box<[(Box<str>, Box<str>)]>;

/// A change that is proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRuleChange)]
pub(crate) struct NewRuleChange {
    /// Settings of `[rules]` by name.
    rules: BTreeMap<String, i64>,
    /// Why; a back-test says what it would do (`POST /backtests`).
    reason: String,
}

/// Why a change is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRuleRefusal)]
pub(crate) struct NewRuleRefusal {
    reason: String,
}

/// The settings in force, and every change that was proposed.
#[utoipa::path(get, operation_id = "get_rules", path = "/rules", tag = "alarms", responses(
    (status = 200, body = RulesView),
))]
pub(crate) async fn get(reader: Authorised<Read>) -> Result<Json<RulesView>, Problem> {
    Ok(Json(reader.ask(RulesView::new).await?))
}

/// Propose a change of the rules.
#[utoipa::path(post, operation_id = "propose_rules", path = "/rules/changes", tag = "alarms",
    request_body = NewRuleChange, responses(
    (status = 201, body = RuleChangeView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn propose(
    analyst: Authorised<Assess>,
    Body(NewRuleChange { rules, reason }): Body<NewRuleChange>,
) -> Result<(StatusCode, Json<RuleChangeView>), Problem> {
    let number = analyst.ask(|state| state.rule_changes.next_number()).await?;
    let rules = rules.into_iter().map(|(name, value)| (name.into(), value.to_string().into()));
    let fields = rules.chain([("reason".into(), reason.into())]).collect();
    Ok((StatusCode::CREATED, Json(take(&analyst, number, "propose", fields).await?)))
}

/// Put a change that somebody else proposed in force.
#[utoipa::path(post, operation_id = "approve_rules", path = "/rules/changes/{number}/approve", tag = "alarms",
    params(("number" = u64, Path, example = 1)), responses(
    (status = 200, body = RuleChangeView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn approve(
    analyst: Authorised<Assess>,
    Path(number): Path<u64>,
) -> Result<Json<RuleChangeView>, Problem> {
    Ok(Json(take(&analyst, number, "approve", Box::default()).await?))
}

/// Refuse a change.
#[utoipa::path(post, operation_id = "refuse_rules", path = "/rules/changes/{number}/refuse", tag = "alarms",
    params(("number" = u64, Path, example = 1)), request_body = NewRuleRefusal, responses(
    (status = 200, body = RuleChangeView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn refuse(
    analyst: Authorised<Assess>,
    Path(number): Path<u64>,
    Body(NewRuleRefusal { reason }): Body<NewRuleRefusal>,
) -> Result<Json<RuleChangeView>, Problem> {
    Ok(Json(take(&analyst, number, "refuse", Box::new([("reason".into(), reason.into())])).await?))
}

/// Asks whether a step may be taken, so that a refusal says why; takes it; and shows the change as it is then.
async fn take(
    analyst: &Authorised<Assess>,
    number: u64,
    step: &'static str,
    fields: Fields,
) -> Result<RuleChangeView, Problem> {
    let (by, asked) = (analyst.session().name.clone(), fields.clone());
    let may = analyst.ask(move |state| state.rule_changes.check(&by, number, step, &asked)).await?;
    may.map_err(|refusal| match refusal {
        RuleChangeRefusal::Unknown(number) => Refused::Unknown(format!("change {number} of the rules")),
        RuleChangeRefusal::Rule(why) => Refused::Conflict(why),
        RuleChangeRefusal::SecondPerson => Refused::AnotherPerson(refusal.to_string()),
        RuleChangeRefusal::Fields(why) => Refused::Unacceptable(why),
    })?;
    analyst.change_rules(Action::Rules { change: number, step: step.into(), fields }).await?;
    let view = analyst.ask(move |state| state.rule_changes.get(number).map(RuleChangeView::from)).await?;
    view.ok_or_else(|| Problem::not_found(format!("change {number} of the rules")))
}
