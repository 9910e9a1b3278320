//! What to inspect next, and why.

use plomb_risk::live::{Assessment, Contribution, Lane, LiveReason};
use serde::Serialize;
use utoipa::ToSchema;

use super::{LaneWord, LiveReasonWord, MovementSummaryView};

/// The movements that are not over, likeliest guilty first.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RiskQueue)]
pub(crate) struct RiskQueueView {
    pub(crate) items: Vec<RiskView>,
    /// How many match the filter.
    pub(crate) total: u64,
}

/// A movement with what speaks against it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Risk)]
pub(crate) struct RiskView {
    pub(crate) movement: MovementSummaryView,
    lane: LaneWord,
    /// The lane is that of an event that goes to red whatever the sum.
    mandatory: bool,
    /// What it starts from and all that its reasons add.
    log_odds: f64,
    /// What every movement starts from.
    start: f64,
    /// The log-odds as a probability. The weights are set by judgement: it ranks, and is not a measured rate.
    probability: f64,
    /// Largest first; their sum and the start are the log-odds.
    reasons: Vec<RiskReasonView>,
}

/// A reason with the events that make it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RiskReason)]
pub(crate) struct RiskReasonView {
    reason: LiveReasonWord,
    log_odds: f64,
    events: Vec<RiskEventView>,
}

/// An event and what it adds.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RiskEvent)]
pub(crate) struct RiskEventView {
    /// A kind of alarm, or `overdue`, `incident` or `guarantee-short`.
    kind: String,
    log_odds: f64,
    /// Hours since it was last so; 0 while it is.
    age_h: f64,
    /// The alarm that tells of it.
    #[schema(required)]
    alarm: Option<u64>,
    /// A person judged it false or authorised, or an authority confirmed the reason: it adds nothing.
    excused: bool,
}

impl RiskView {
    pub(crate) fn new(movement: MovementSummaryView, assessment: Assessment) -> Self {
        let reason = |(reason, log_odds, events): (LiveReason, f64, Vec<Contribution>)| RiskReasonView {
            reason: LiveReasonWord(reason),
            log_odds,
            events: events.into_iter().map(RiskEventView::from).collect(),
        };
        Self {
            movement,
            lane: LaneWord(assessment.lane),
            mandatory: assessment.mandatory,
            log_odds: assessment.log_odds,
            start: plomb_risk::live::START,
            probability: assessment.probability,
            reasons: assessment.reasons.into_iter().map(reason).collect(),
        }
    }

    /// Red before yellow before green, and within a lane by the sum.
    pub(crate) fn rank(&self) -> (Lane, f64) {
        (self.lane.0, -self.log_odds)
    }
}

impl From<Contribution> for RiskEventView {
    fn from(contribution: Contribution) -> Self {
        let Contribution { evidence, log_odds } = contribution;
        Self {
            kind: evidence.kind,
            log_odds,
            age_h: evidence.age_h,
            alarm: evidence.alarm,
            excused: evidence.excused,
        }
    }
}
