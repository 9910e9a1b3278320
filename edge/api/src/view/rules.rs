//! The settings of the rules and their changes.

use std::collections::BTreeMap;

use plomb_rules::{Decision, RuleChange, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// The settings in force, and every change that was proposed.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Rules)]
pub(crate) struct RulesView {
    /// By name, as they are in force.
    #[schema(value_type = Object)]
    settings: BTreeMap<&'static str, i64>,
    /// Newest first.
    changes: Vec<RuleChangeView>,
}

/// A change of the rules.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RuleChange)]
pub(crate) struct RuleChangeView {
    /// From 1.
    number: u64,
    /// Settings by name.
    #[schema(value_type = Object)]
    rules: BTreeMap<String, i64>,
    reason: String,
    /// `proposed`, `approved` or `refused`.
    #[schema(example = "proposed")]
    state: &'static str,
    proposed_at: Time,
    proposed_by: String,
    #[schema(required)]
    decided_at: Option<Time>,
    #[schema(required)]
    decided_by: Option<String>,
    /// Why it was refused.
    #[schema(required)]
    refusal: Option<String>,
}

impl RulesView {
    pub(crate) fn new(state: &State) -> Self {
        Self {
            settings: state.settings().pairs().into_iter().collect(),
            changes: state.rule_changes.iter().rev().map(RuleChangeView::from).collect(),
        }
    }
}

impl From<&RuleChange> for RuleChangeView {
    fn from(change: &RuleChange) -> Self {
        let decided = change.decided.as_ref();
        Self {
            number: change.number,
            rules: change.settings.iter().map(|(name, value)| (name.to_string(), *value)).collect(),
            reason: change.reason.to_string(),
            state: match decided {
                None => "proposed",
                Some((_, _, Decision::Approved)) => "approved",
                Some((_, _, Decision::Refused(_))) => "refused",
            },
            proposed_at: change.proposed.0.into(),
            proposed_by: change.proposed.1.to_string(),
            decided_at: decided.map(|(at, ..)| Time::from(*at)),
            decided_by: decided.map(|(_, by, _)| by.to_string()),
            refusal: decided.and_then(|(_, _, decision)| match decision {
                Decision::Refused(reason) => Some(reason.to_string()),
                Decision::Approved => None,
            }),
        }
    }
}
