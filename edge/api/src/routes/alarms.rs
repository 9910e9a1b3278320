//! Alarms: the list, one of them, and taking note of one.

use std::cmp::Reverse;

use axum::Json;
use plomb_evidence::Action;
use plomb_model::{Alarm, AlarmId, AlarmKind, AlarmState, DeviceId, Priority, Timestamp};
use plomb_rules::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Authorised, Operate, Read};
use crate::cursor;
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, optional};
use crate::view::{AlarmKindWord, AlarmView, AlarmsView, FromText, PriorityWord, Time, one_of};

/// Longest reason code.
const REASON_CHARS_MAX: usize = 40;
/// Longest note: a paragraph.
const NOTE_CHARS_MAX: usize = 1_000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AlarmParameters {
    /// `open` (raised, acknowledged or cleared) unless said.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    state: Option<StateFilter>,
    /// Only of this device.
    #[serde(deserialize_with = "optional")]
    #[param(example = "jointech:8041300978")]
    device: Option<String>,
    /// Only of this kind.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    kind: Option<AlarmKindWord>,
    /// Only of this priority.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    priority: Option<PriorityWord>,
    /// Raised then or later.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    from: Option<Time>,
    /// Raised before.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    to: Option<Time>,
    /// `next_cursor` of the page before, with the same filter.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum StateFilter {
    #[default]
    Open,
    Raised,
    Acknowledged,
    Cleared,
    Closed,
    All,
}

impl StateFilter {
    const ALL: [Self; 6] =
        [Self::Open, Self::Raised, Self::Acknowledged, Self::Cleared, Self::Closed, Self::All];

    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::Cleared => "cleared",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }

    fn takes(self, alarm: &Alarm) -> bool {
        match self {
            Self::Open => alarm.is_open(),
            Self::Raised => alarm.state() == AlarmState::Raised,
            Self::Acknowledged => alarm.state() == AlarmState::Acknowledged,
            Self::Cleared => alarm.state() == AlarmState::Cleared,
            Self::Closed => alarm.state() == AlarmState::Closed,
            Self::All => true,
        }
    }
}

impl FromText for StateFilter {
    fn from_text(text: &str) -> Result<Self, String> {
        one_of(text, &Self::ALL, Self::name)
    }
}

/// Why an alarm needs no more attention, or who has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAcknowledgement {
    /// Code: small letters, digits and hyphens.
    #[schema(example = "called-driver", max_length = 40)]
    reason: String,
    /// Free text.
    #[serde(default)]
    #[schema(max_length = 1000)]
    note: String,
}

/// Alarms, worst and newest first, a page at a time.
#[utoipa::path(get, operation_id = "list_alarms", path = "/alarms", tag = "alarms", params(AlarmParameters), responses(
    (status = 200, body = AlarmsView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<AlarmParameters>,
) -> Result<Json<AlarmsView>, Problem> {
    let listing = Listing::new(&parameters)?;
    let (alarms, next_cursor, total) = reader.ask(move |state| listing.page(state)).await?;
    Ok(Json(AlarmsView { items: alarms.iter().map(AlarmView::new).collect(), next_cursor, total }))
}

/// One alarm.
#[utoipa::path(get, operation_id = "get_alarm", path = "/alarms/{id}", tag = "alarms", params(("id" = u64, Path)), responses(
    (status = 200, body = AlarmView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<u64>) -> Result<Json<AlarmView>, Problem> {
    let alarm = reader.ask(move |state| state.alarms.get(AlarmId(id)).cloned()).await?;
    Ok(Json(AlarmView::new(&alarm.ok_or_else(|| no_alarm(id))?)))
}

/// Take note of an alarm.
#[utoipa::path(
    post, operation_id = "acknowledge_alarm", path = "/alarms/{id}/acknowledge", tag = "alarms", params(("id" = u64, Path)),
    request_body = NewAcknowledgement, responses(
        (status = 200, body = AlarmView, description = "Noted, and durable"),
        (status = 403, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
        (status = 409, body = ProblemView, content_type = "application/problem+json"),
        (status = 422, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn acknowledge(
    operator: Authorised<Operate>,
    Id(id): Id<u64>,
    Body(new): Body<NewAcknowledgement>,
) -> Result<Json<AlarmView>, Problem> {
    let code = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if new.reason.is_empty() || new.reason.len() > REASON_CHARS_MAX || !new.reason.bytes().all(code) {
        let detail = format!("reason: it must be 1 to {REASON_CHARS_MAX} of a-z, 0-9 and '-'");
        return Err(Problem::unacceptable(detail));
    }
    if new.note.chars().count() > NOTE_CHARS_MAX {
        return Err(Problem::unacceptable(format!("note: it has more than {NOTE_CHARS_MAX} characters")));
    }
    let (reason, note) = (new.reason.into_boxed_str(), new.note.into_boxed_str());
    let changes = operator.operate(Action::Acknowledge { alarm: AlarmId(id), reason, note }).await?;
    let alarm = changes.iter().rev().find(|(_, alarm)| alarm.id == AlarmId(id));
    alarm.map(|(_, alarm)| Json(AlarmView::new(alarm))).ok_or_else(|| no_alarm(id))
}

fn no_alarm(id: u64) -> Problem {
    Problem::not_found(format!("alarm {id}"))
}

/// Which alarms.
struct Listing {
    state: StateFilter,
    device: Option<DeviceId>,
    kind: Option<AlarmKind>,
    priority: Option<Priority>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    after: Option<Key>,
    limit: usize,
}

/// Worst first, then newest first. Numbers are given in the order of raising.
type Key = (u8, Reverse<u64>);

fn key(alarm: &Alarm) -> Key {
    (alarm.priority as u8, Reverse(alarm.id.0))
}

impl Listing {
    fn new(parameters: &AlarmParameters) -> Result<Self, Problem> {
        let device = parameters.device.as_ref().map(|text| text.parse::<DeviceId>());
        let device =
            device.transpose().map_err(|error| Problem::bad_parameter(format!("device: {error}")))?;
        let after = parameters.cursor.as_deref().map(cursor::read::<u8, u64>).transpose()?;
        Ok(Self {
            state: parameters.state.unwrap_or_default(),
            device,
            kind: parameters.kind.map(|kind| kind.0),
            priority: parameters.priority.map(|priority| priority.0),
            from: parameters.from.map(|from| from.0),
            to: parameters.to.map(|to| to.0),
            after: after.map(|(priority, id)| (priority, Reverse(id))),
            limit: parameters.limit.unwrap_or_default().get(),
        })
    }

    fn page(&self, state: &State) -> (Vec<Alarm>, Option<String>, u64) {
        let mut total = 0;
        let mut keys: Vec<Key> = Vec::new();
        for alarm in state.alarms.iter().filter(|alarm| self.takes(alarm)) {
            total += 1;
            let key = key(alarm);
            if self.after.is_none_or(|after| key > after) {
                keys.push(key);
            }
        }
        let is_last = keys.len() <= self.limit;
        if !is_last {
            keys.select_nth_unstable(self.limit);
            keys.truncate(self.limit);
        }
        keys.sort_unstable();
        let last = keys.last().filter(|_| !is_last);
        let next_cursor = last.map(|(priority, Reverse(id))| cursor::write(priority, id));
        let alarms = keys.iter().filter_map(|(_, Reverse(id))| state.alarms.get(AlarmId(*id)));
        (alarms.cloned().collect(), next_cursor, total)
    }

    fn takes(&self, alarm: &Alarm) -> bool {
        self.state.takes(alarm)
            && self.device.is_none_or(|device| device == alarm.device)
            && self.kind.is_none_or(|kind| kind == alarm.kind)
            && self.priority.is_none_or(|priority| priority == alarm.priority)
            && self.from.is_none_or(|from| alarm.raised_at.0 >= from)
            && self.to.is_none_or(|to| alarm.raised_at.0 < to)
    }
}
