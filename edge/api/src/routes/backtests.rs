//! Changed rules over the journal: what would have been.

use std::collections::BTreeMap;

use axum::Json;
use plomb_model::Timestamp;
use plomb_rules::RuleSettings;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Assess, Authorised};
use crate::problem::{Problem, ProblemView};
use crate::request::Body;
use crate::view::{BacktestView, FromText, Time};

/// Settings that are to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBacktest)]
pub(crate) struct NewBacktest {
    /// Settings of `[rules]` by name.
    rules: BTreeMap<String, i64>,
    /// Alarms raised from then on; from the beginning where it is missing.
    #[serde(default)]
    from: Option<String>,
    /// Alarms raised before; until now where it is missing.
    #[serde(default)]
    to: Option<String>,
}

/// Run changed settings over the journal: which alarms would appear, vanish or move, and what people found behind them.
#[utoipa::path(post, operation_id = "run_backtest", path = "/backtests", tag = "alarms", request_body = NewBacktest,
    responses(
    (status = 200, body = BacktestView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn run(
    analyst: Authorised<Assess>,
    Body(asked): Body<NewBacktest>,
) -> Result<Json<BacktestView>, Problem> {
    let mut settings = RuleSettings::default();
    let mut overrides = Vec::new();
    for (name, value) in asked.rules {
        settings.set(&name, value).map_err(|error| Problem::unacceptable(format!("rules: {error}")))?;
        overrides.push((name.into(), value));
    }
    if overrides.is_empty() {
        return Err(Problem::unacceptable("rules: name at least one setting that is to change".to_owned()));
    }
    let time = |name: &str, text: Option<String>, otherwise: Timestamp| match text {
        Some(text) => Time::from_text(&text)
            .map(|time| time.0)
            .map_err(|why| Problem::unacceptable(format!("{name}: {why}"))),
        None => Ok(otherwise),
    };
    let from = time("from", asked.from, Timestamp::from_millis(0))?;
    let to = time("to", asked.to, analyst.now())?;
    Ok(Json(BacktestView::from(&analyst.backtest(overrides, from, to).await?)))
}
