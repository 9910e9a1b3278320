//! Cases, and the figures of cases.

use std::collections::BTreeMap;

use plomb_cases::{Case, Done, Figures, Outcome, Step, Subject, Tally, percentile};
use plomb_rules::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::movement::nested;
use super::{AlarmKindWord, AlarmView, CaseStateWord, OutcomeWord, PriorityWord, Time};

/// A case in a list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CaseSummary)]
pub(crate) struct CaseSummaryView {
    /// From 1.
    pub(crate) id: u64,
    state: CaseStateWord,
    since: Time,
    opened_at: Time,
    /// Of its worst alarm.
    priority: PriorityWord,
    /// What it is about, to read.
    subject: String,
    /// The movement that it is about.
    #[schema(required)]
    movement: Option<u64>,
    /// Kinds of its alarms.
    kinds: Vec<AlarmKindWord>,
    /// The devices that raised them.
    devices: Vec<String>,
    /// How many alarms it has had.
    alarm_count: u32,
    /// Alarms whose condition still holds.
    holding: u32,
    /// Alarms since somebody took note last.
    unseen: u32,
    /// By when somebody must take note, or it is escalated.
    #[schema(required)]
    attention_by: Option<Time>,
    /// How often it was escalated since somebody took note last: 1 shift leader, 2 head of the centre, 3 nobody came.
    level: u8,
    /// Who has it.
    #[schema(required)]
    assignee: Option<String>,
    /// It asks for nobody's attention until then.
    #[schema(required)]
    shelved_until: Option<Time>,
    #[schema(required)]
    shelf_reason: Option<String>,
    #[schema(required)]
    acknowledged_at: Option<Time>,
    /// What was behind it.
    #[schema(required)]
    outcome: Option<OutcomeWord>,
    /// The case that it has become part of.
    #[schema(required)]
    merged_into: Option<u64>,
}

/// A page of cases.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CaseList)]
pub(crate) struct CasesView {
    pub(crate) items: Vec<CaseSummaryView>,
    /// Pass it as `cursor` for the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// How many match the filter, on all pages.
    pub(crate) total: u64,
}

/// A case with its alarms and all that was done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Case)]
pub(crate) struct CaseView {
    #[serde(flatten)]
    summary: CaseSummaryView,
    /// Its alarms, oldest first, as far as they are kept.
    alarms: Vec<AlarmView>,
    history: Vec<CaseStepView>,
    /// The steps that its state allows; rules may still forbid one.
    steps: Vec<String>,
}

/// A step that was taken.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CaseStep)]
pub(crate) struct CaseStepView {
    /// Number of the journal entry.
    entry: u64,
    at: Time,
    /// Account name; `clock` where time took it.
    by: String,
    step: String,
    /// What was filled in.
    #[schema(value_type = Object)]
    fields: Value,
    /// Where it led.
    state: CaseStateWord,
}

impl CaseSummaryView {
    pub(crate) fn new(case: &Case) -> Self {
        let shelf = case.shelf.as_ref();
        Self {
            id: case.id.0,
            state: CaseStateWord(case.state),
            since: case.since.into(),
            opened_at: case.opened_at.into(),
            priority: PriorityWord(case.priority),
            subject: match &case.subject {
                Subject::Movement(movement) => format!("movement {movement}"),
                Subject::Device(device) => format!("device {device}"),
                Subject::Gateway(device) => format!("devices behind gateway {device}"),
                Subject::Carrier(carrier) => format!("devices of carrier {carrier}"),
            },
            movement: case.movement().map(|movement| movement.0),
            kinds: case.kinds.iter().copied().map(AlarmKindWord).collect(),
            devices: case.devices.iter().map(ToString::to_string).collect(),
            alarm_count: case.alarm_count,
            holding: u32::try_from(case.holding.len()).unwrap_or(u32::MAX),
            unseen: case.unseen,
            attention_by: case.attention_by.map(Time),
            level: case.level,
            assignee: case.assignee.as_ref().map(ToString::to_string),
            shelved_until: shelf.map(|shelf| Time(shelf.until)),
            shelf_reason: shelf.map(|shelf| shelf.reason.to_string()),
            acknowledged_at: case.acknowledged_at.map(Time::from),
            outcome: case.outcome.map(OutcomeWord),
            merged_into: case.merged_into.map(|into| into.0),
        }
    }
}

impl CaseView {
    pub(crate) fn new(state: &State, case: &Case) -> Self {
        let alarms = case.alarms.iter().filter_map(|alarm| state.alarms.get(*alarm));
        let allowed = Step::NAMES.into_iter().filter(|name| Step::states(name).contains(&case.state));
        Self {
            summary: CaseSummaryView::new(case),
            alarms: alarms.map(AlarmView::new).collect(),
            history: case.history.iter().map(CaseStepView::from).collect(),
            steps: allowed.map(ToOwned::to_owned).collect(),
        }
    }
}

impl From<&Done> for CaseStepView {
    fn from(done: &Done) -> Self {
        Self {
            entry: done.entry.0,
            at: done.at.into(),
            by: done.by.to_string(),
            step: done.step.to_string(),
            fields: nested(&done.form),
            state: CaseStateWord(done.state),
        }
    }
}

/// What cases say in figures.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CaseFigures)]
pub(crate) struct CaseFiguresView {
    pub(crate) from: Time,
    pub(crate) to: Time,
    all: TallyView,
    /// Not over now, whenever they were opened.
    pub(crate) open: u64,
    /// Of those, nobody has taken note.
    pub(crate) unacknowledged: u64,
    escalated: u64,
    acknowledge_s: QuantilesView,
    resolve_s: QuantilesView,
    pub(crate) load: LoadView,
    pub(crate) by_rule: Vec<NamedTallyView>,
    /// By the route that was declared.
    pub(crate) by_route: Vec<NamedTallyView>,
    /// By the model of the register.
    pub(crate) by_model: Vec<NamedTallyView>,
    /// By the model's maker.
    pub(crate) by_vendor: Vec<NamedTallyView>,
}

/// How much is asked of the operators (after ISA-18.2: about one alarm in ten minutes for each is manageable, ten are
/// a flood).
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(as = AlarmLoad)]
pub(crate) struct LoadView {
    /// Alarms that were raised.
    pub(crate) alarms: u64,
    /// People who took steps.
    pub(crate) operators: u64,
    /// Alarms in ten minutes for each of them, on average.
    pub(crate) per_operator_10_min: f64,
    /// Most alarms in ten minutes.
    pub(crate) peak_10_min: u64,
    /// Stretches of ten minutes with more than ten alarms for each operator.
    pub(crate) floods: u64,
    /// Steps of each person.
    pub(crate) steps_by: BTreeMap<String, u64>,
}

/// Seconds: half of them are at most `p50`, all but one in twenty at most `p95`.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Quantiles)]
pub(crate) struct QuantilesView {
    count: u64,
    #[schema(required)]
    p50: Option<i64>,
    #[schema(required)]
    p95: Option<i64>,
}

/// Cases and their outcomes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = CaseTally)]
pub(crate) struct TallyView {
    cases: u64,
    resolved: u64,
    /// How many have which outcome.
    outcomes: BTreeMap<&'static str, u64>,
    /// The part of those with an outcome that was a device's fault, a gap of coverage or a false alarm.
    #[schema(required)]
    false_rate: Option<f64>,
}

/// The same of one rule, route, model or vendor.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = NamedCaseTally)]
pub(crate) struct NamedTallyView {
    name: String,
    #[serde(flatten)]
    tally: TallyView,
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> Self {
        Self {
            cases: tally.cases,
            resolved: tally.resolved(),
            outcomes: Outcome::ALL.map(Outcome::name).into_iter().zip(tally.outcomes).collect(),
            false_rate: tally.false_rate(),
        }
    }
}

impl NamedTallyView {
    /// Those of a list, most cases first.
    pub(crate) fn list<K: ToString>(tallies: BTreeMap<K, Tally>) -> Vec<Self> {
        let mut tallies: Vec<(String, Tally)> =
            tallies.into_iter().map(|(name, tally)| (name.to_string(), tally)).collect();
        tallies.sort_by(|(a_name, a), (b_name, b)| b.cases.cmp(&a.cases).then_with(|| a_name.cmp(b_name)));
        tallies.into_iter().map(|(name, tally)| Self { name, tally: tally.into() }).collect()
    }
}

impl QuantilesView {
    fn new(sorted: &[i64]) -> Self {
        let (p50, p95) = (percentile(sorted, 50), percentile(sorted, 95));
        Self { count: sorted.len() as u64, p50, p95 }
    }
}

impl CaseFiguresView {
    pub(crate) fn new(from: Time, to: Time, figures: &Figures) -> Self {
        let steps_by = figures.steps_by.iter().map(|(by, steps)| (by.to_string(), *steps)).collect();
        Self {
            from,
            to,
            all: figures.all.into(),
            open: 0,
            unacknowledged: 0,
            escalated: figures.escalated,
            acknowledge_s: QuantilesView::new(&figures.acknowledge_s),
            resolve_s: QuantilesView::new(&figures.resolve_s),
            load: LoadView { operators: figures.steps_by.len() as u64, steps_by, ..LoadView::default() },
            by_rule: Vec::new(),
            by_route: Vec::new(),
            by_model: Vec::new(),
            by_vendor: Vec::new(),
        }
    }
}
