//! An alarm and the list of alarms.

use plomb_model::{Acknowledgement, Alarm};
use plomb_rules::rationale;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AlarmKindWord, AlarmStateWord, PositionView, PriorityWord, Time};

/// One alarm of one device.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Alarm)]
pub(crate) struct AlarmView {
    id: u64,
    kind: AlarmKindWord,
    /// The kind for a person to read.
    title: &'static str,
    priority: PriorityWord,
    device: String,
    state: AlarmStateWord,
    /// By the device's clock; for silence, when the report was due.
    occurred_at: Time,
    raised_at: Time,
    #[schema(required)]
    cleared_at: Option<Time>,
    /// It happened long before it reached us.
    late: bool,
    #[schema(required)]
    position: Option<PositionView>,
    /// What exactly, in a sentence.
    detail: String,
    /// The operator's first steps.
    what_to_do: &'static str,
    /// What brings such an alarm about.
    cause: &'static str,
    /// What happens if nobody acts.
    consequence: &'static str,
    /// Events that led to it, oldest first.
    causes: Vec<String>,
    repeats: u32,
    #[schema(required)]
    last_repeat_at: Option<Time>,
    #[schema(required)]
    acknowledged: Option<AcknowledgementView>,
}

/// Who took note, when and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Acknowledgement)]
pub(crate) struct AcknowledgementView {
    by: String,
    at: Time,
    /// Reason code.
    #[schema(example = "called-driver")]
    reason: String,
    note: String,
}

/// A page of alarms.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = AlarmList)]
pub(crate) struct AlarmsView {
    pub(crate) items: Vec<AlarmView>,
    /// Pass it as `cursor` for the next page; null at the end.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// How many match the filter, on all pages.
    pub(crate) total: u64,
}

impl AlarmView {
    /// The view of an alarm with its catalogue entry.
    pub(crate) fn new(alarm: &Alarm) -> Self {
        let catalogue = rationale(alarm.kind);
        Self {
            id: alarm.id.0,
            kind: AlarmKindWord(alarm.kind),
            title: catalogue.title,
            priority: PriorityWord(alarm.priority),
            device: alarm.device.to_string(),
            state: AlarmStateWord(alarm.state()),
            occurred_at: alarm.occurred_at.into(),
            raised_at: alarm.raised_at.into(),
            cleared_at: alarm.cleared_at.map(Time::from),
            late: alarm.late,
            position: alarm.position.as_ref().map(PositionView::from),
            detail: alarm.detail.to_string(),
            what_to_do: catalogue.what_to_do,
            cause: catalogue.cause,
            consequence: catalogue.consequence,
            causes: alarm.causes.iter().map(ToString::to_string).collect(),
            repeats: alarm.repeats,
            last_repeat_at: alarm.last_repeat_at.map(Time::from),
            acknowledged: alarm.acknowledged.as_ref().map(AcknowledgementView::new),
        }
    }
}

impl AcknowledgementView {
    fn new(acknowledgement: &Acknowledgement) -> Self {
        Self {
            by: acknowledgement.by.to_string(),
            at: acknowledgement.at.into(),
            reason: acknowledgement.reason.to_string(),
            note: acknowledgement.note.to_string(),
        }
    }
}
