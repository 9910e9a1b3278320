//! Scorecards: how the devices of a model, or of a maker, do in the field.

use plomb_cases::{Tally, percentile};
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// Scorecards of a time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Scorecards)]
pub(crate) struct ScorecardsView {
    /// Alarms raised then or later.
    pub(crate) from: Time,
    /// Raised before.
    pub(crate) to: Time,
    /// Most devices first.
    pub(crate) items: Vec<ScorecardView>,
}

/// How the devices of one model or maker do. Alarms are those raised in the time, each once however often it came again.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = Scorecard)]
pub(crate) struct ScorecardView {
    /// Of the model, or the maker; empty where the register does not say.
    pub(crate) name: String,
    /// Registered.
    pub(crate) devices: u64,
    /// Of these, heard at least once.
    pub(crate) heard: u64,
    /// Silences.
    pub(crate) silences: u64,
    /// Positions that cannot be, and jamming.
    pub(crate) implausible: u64,
    /// Batteries that ran low.
    pub(crate) batteries: u64,
    /// Motors that were stuck.
    pub(crate) motors: u64,
    /// Clocks that were wrong.
    pub(crate) clocks: u64,
    /// Proofs that did not hold, or were shown again.
    pub(crate) proofs: u64,
    /// Alarms of every kind.
    pub(crate) alarms: u64,
    /// Cases in which its devices were, and how many have an outcome.
    pub(crate) cases: u64,
    pub(crate) resolved: u64,
    /// The part of those with an outcome that was a device's fault, a gap of coverage or a false alarm.
    #[schema(required)]
    pub(crate) false_rate: Option<f64>,
    /// Reports of which the delay was taken: the newest of some of its devices.
    pub(crate) delays: u64,
    /// Seconds from when it happened until it reached us: half of the reports at most.
    #[schema(required)]
    pub(crate) delay_p50_s: Option<i64>,
    /// All but one in twenty at most.
    #[schema(required)]
    pub(crate) delay_p95_s: Option<i64>,
}

impl ScorecardView {
    pub(crate) fn with_cases(&mut self, tally: Tally) {
        (self.cases, self.resolved, self.false_rate) = (tally.cases, tally.resolved(), tally.false_rate());
    }

    pub(crate) fn with_delays(&mut self, mut delays_s: Vec<i64>) {
        delays_s.sort_unstable();
        self.delays = delays_s.len() as u64;
        (self.delay_p50_s, self.delay_p95_s) = (percentile(&delays_s, 50), percentile(&delays_s, 95));
    }
}
