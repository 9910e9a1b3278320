//! What changed rules would have done.

use std::collections::BTreeMap;

use plomb_flow::{BacktestReport, KindShift, Rung, Shift};
use plomb_model::AlarmKind;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AlarmKindWord, OutcomeWord, Time};

/// Most differences of one kind that are told one by one.
const SHIFTS_MAX: usize = 200;

/// Which alarms would have appeared, vanished or moved.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Backtest)]
pub struct BacktestView {
    /// Entries of the journal that were looked at.
    entries: u64,
    /// Steps of movements that could not have been taken.
    steps_refused: u64,
    /// Kinds of alarms that were raised, or would be.
    kinds: Vec<KindShiftView>,
}

/// The same of one kind.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BacktestKind)]
pub(crate) struct KindShiftView {
    kind: AlarmKindWord,
    /// Raised with the settings of the time, were nobody to take note of anything.
    was: u64,
    /// Raised with the changed settings.
    would: u64,
    appears: u64,
    vanishes: u64,
    moves: u64,
    /// Of those that would vanish or move: how many by what people found behind them.
    #[schema(value_type = Object)]
    outcomes: BTreeMap<&'static str, u64>,
    /// The first of them, one by one.
    shifts: Vec<ShiftView>,
}

/// One alarm that would be otherwise.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BacktestShift)]
pub(crate) struct ShiftView {
    /// `appears`, `vanishes` or `moves`.
    #[schema(example = "vanishes")]
    shift: &'static str,
    device: String,
    occurred_at: Time,
    /// When it was raised; null where it would appear.
    #[schema(required)]
    was_raised_at: Option<Time>,
    /// When it would be raised; null where it would vanish.
    #[schema(required)]
    would_raised_at: Option<Time>,
    /// What people found behind it.
    #[schema(required)]
    outcome: Option<OutcomeWord>,
}

impl From<&BacktestReport> for BacktestView {
    fn from(report: &BacktestReport) -> Self {
        Self {
            entries: report.entries,
            steps_refused: report.steps_refused,
            kinds: report.kinds.iter().map(|(kind, shift)| KindShiftView::new(*kind, shift)).collect(),
        }
    }
}

impl KindShiftView {
    fn new(kind: AlarmKind, KindShift { was, would, shifts }: &KindShift) -> Self {
        let (mut appears, mut vanishes, mut moves, mut outcomes) = (0, 0, 0, BTreeMap::new());
        for shift in shifts {
            let (count, outcome) = match shift {
                Shift::Appears(_) => (&mut appears, None),
                Shift::Vanishes(_, outcome) => (&mut vanishes, *outcome),
                Shift::Moves { outcome, .. } => (&mut moves, *outcome),
            };
            *count += 1;
            if let Some(outcome) = outcome {
                *outcomes.entry(outcome.name()).or_default() += 1;
            }
        }
        let shifts = shifts.iter().take(SHIFTS_MAX).map(ShiftView::from).collect();
        Self {
            kind: AlarmKindWord(kind),
            was: *was,
            would: *would,
            appears,
            vanishes,
            moves,
            outcomes,
            shifts,
        }
    }
}

impl From<&Shift> for ShiftView {
    fn from(shift: &Shift) -> Self {
        let (word, was, would, outcome) = match shift {
            Shift::Appears(would) => ("appears", None, Some(would), None),
            Shift::Vanishes(was, outcome) => ("vanishes", Some(was), None, *outcome),
            Shift::Moves { was, would, outcome } => ("moves", Some(was), Some(would), *outcome),
        };
        let raised = |rung: &Rung| Time(rung.raised_at);
        let some = was.or(would);
        Self {
            shift: word,
            device: some.map(|rung| rung.device.to_string()).unwrap_or_default(),
            occurred_at: Time(some.map_or(plomb_model::Timestamp::from_millis(0), |rung| rung.occurred_at)),
            was_raised_at: was.map(raised),
            would_raised_at: would.map(raised),
            outcome: outcome.map(OutcomeWord),
        }
    }
}
