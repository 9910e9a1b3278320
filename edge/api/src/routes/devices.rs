//! Devices: the list, searched, filtered, sorted and paged on the server, and one of them.

use std::cmp::Ordering;
use std::fmt::Write;

use axum::Json;
use plomb_model::{DeviceId, Protocol, Standing};
use plomb_rules::{Condition, DeviceIndex, DeviceState, State};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Authorised, Read};
use crate::cursor;
use crate::problem::{Problem, ProblemView};
use crate::request::{Id, Limit, Parameters, optional};
use crate::view::{DeviceView, DevicesView, FromText, ProtocolWord, StandingWord, one_of};

/// Longest text to search for: no identifier is longer.
const SEARCH_BYTES_MAX: usize = 64;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeviceParameters {
    /// Part of the identifier, upper or lower case.
    #[serde(deserialize_with = "optional")]
    #[param(max_length = 64)]
    search: Option<String>,
    /// Only devices that speak this.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    protocol: Option<ProtocolWord>,
    /// Only devices that stand so; `unregistered` are those in quarantine.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    standing: Option<StandingWord>,
    /// Only devices with an open alarm.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    alarm: Option<AlarmFilter>,
    /// By what; `id` unless said. Devices that do not say it come last.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    sort: Option<Sort>,
    /// `asc` unless said. With `condition`, `desc` is worst first.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    order: Option<Order>,
    /// `next_cursor` of the page before, with the same filter and order.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum AlarmFilter {
    Open,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Sort {
    #[default]
    Id,
    LastReceivedAt,
    BatteryPercent,
    Condition,
}

/// In which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Order {
    #[default]
    Asc,
    Desc,
}

impl FromText for AlarmFilter {
    fn from_text(text: &str) -> Result<Self, String> {
        one_of(text, &[Self::Open], |Self::Open| "open")
    }
}

impl FromText for Sort {
    fn from_text(text: &str) -> Result<Self, String> {
        let all = [Self::Id, Self::LastReceivedAt, Self::BatteryPercent, Self::Condition];
        one_of(text, &all, |sort| match sort {
            Self::Id => "id",
            Self::LastReceivedAt => "last_received_at",
            Self::BatteryPercent => "battery_percent",
            Self::Condition => "condition",
        })
    }
}

impl FromText for Order {
    fn from_text(text: &str) -> Result<Self, String> {
        one_of(text, &[Self::Asc, Self::Desc], |order| match order {
            Self::Asc => "asc",
            Self::Desc => "desc",
        })
    }
}

/// Devices, a page at a time.
#[utoipa::path(get, operation_id = "list_devices", path = "/devices", tag = "devices", params(DeviceParameters), responses(
    (status = 200, body = DevicesView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 401, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<DeviceParameters>,
) -> Result<Json<DevicesView>, Problem> {
    let listing = Listing::new(parameters)?;
    Ok(Json(reader.ask(move |state| listing.page(state)).await?))
}

/// One device.
#[utoipa::path(
    get, operation_id = "get_device", path = "/devices/{id}", tag = "devices",
    params(("id" = String, Path, example = "jointech:8041300978")), responses(
        (status = 200, body = DeviceView),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<DeviceId>) -> Result<Json<DeviceView>, Problem> {
    let device = reader.ask(move |state| {
        let index = state.devices.find(&id)?;
        Some(DeviceView::new(state, index, state.devices.row(index)?))
    });
    let device = device.await?.ok_or_else(|| Problem::not_found(format!("device {id}")))?;
    Ok(Json(device))
}

/// Which devices, in which order.
struct Listing {
    search: Option<String>,
    protocol: Option<Protocol>,
    standing: Option<Standing>,
    alarmed: bool,
    sort: Sort,
    order: Order,
    after: Option<Key>,
    limit: usize,
}

/// What a device is sorted by. The identifier makes the order total, so that pages join without gap or overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    value: Option<i64>,
    id: DeviceId,
}

impl Key {
    fn compare(&self, other: &Self, order: Order) -> Ordering {
        let missing = self.value.is_none().cmp(&other.value.is_none());
        let values = self.value.cmp(&other.value).then(self.id.cmp(&other.id));
        missing.then(if order == Order::Asc { values } else { values.reverse() })
    }

    fn cursor(&self) -> String {
        cursor::write(self.value.map_or_else(String::new, |value| value.to_string()), self.id)
    }

    fn from_cursor(text: &str) -> Result<Self, Problem> {
        let (value, id) = cursor::read::<String, DeviceId>(text)?;
        let value = if value.is_empty() { Ok(None) } else { value.parse().map(Some) };
        let value = value.map_err(|_| cursor::problem())?;
        Ok(Self { value, id })
    }
}

impl Listing {
    fn new(parameters: DeviceParameters) -> Result<Self, Problem> {
        if parameters.search.as_ref().is_some_and(|search| search.len() > SEARCH_BYTES_MAX) {
            let detail = format!("search: it must not be longer than {SEARCH_BYTES_MAX} characters");
            return Err(Problem::bad_parameter(detail));
        }
        Ok(Self {
            search: parameters.search.map(|search| search.to_ascii_lowercase()),
            protocol: parameters.protocol.map(|protocol| protocol.0),
            standing: parameters.standing.map(|standing| standing.0),
            alarmed: parameters.alarm.is_some(),
            sort: parameters.sort.unwrap_or_default(),
            order: parameters.order.unwrap_or_default(),
            after: parameters.cursor.as_deref().map(Key::from_cursor).transpose()?,
            limit: parameters.limit.unwrap_or_default().get(),
        })
    }

    /// One pass over all devices for their keys, then only the page itself is sorted and written.
    fn page(&self, state: &State) -> DevicesView {
        let mut name = String::new();
        let mut total = 0;
        let mut rows: Vec<(Key, DeviceIndex)> = Vec::new();
        for (index, device) in state.devices.iter() {
            if !self.takes(state, device, &mut name) {
                continue;
            }
            total += 1;
            let key = self.key(device);
            if self.after.is_none_or(|after| key.compare(&after, self.order).is_gt()) {
                rows.push((key, index));
            }
        }
        let is_last = rows.len() <= self.limit;
        if !is_last {
            rows.select_nth_unstable_by(self.limit, |(a, _), (b, _)| a.compare(b, self.order));
            rows.truncate(self.limit);
        }
        rows.sort_unstable_by(|(a, _), (b, _)| a.compare(b, self.order));
        let next_cursor = rows.last().filter(|_| !is_last).map(|(key, _)| key.cursor());
        let devices = rows.iter().filter_map(|(_, index)| Some((*index, state.devices.row(*index)?)));
        let items = devices.map(|(index, device)| DeviceView::new(state, index, device)).collect();
        DevicesView { items, next_cursor, total }
    }

    fn takes(&self, state: &State, device: &DeviceState, name: &mut String) -> bool {
        if self.protocol.is_some_and(|protocol| protocol != device.protocol) {
            return false;
        }
        if self.standing.is_some_and(|standing| standing != state.standings.of(&device.id)) {
            return false;
        }
        if self.alarmed && device.open_alarms == 0 {
            return false;
        }
        self.search.as_ref().is_none_or(|search| {
            name.clear();
            let written = write!(name, "{}", device.id);
            name.make_ascii_lowercase();
            written.is_ok() && name.contains(search)
        })
    }

    fn key(&self, device: &DeviceState) -> Key {
        let value = match self.sort {
            Sort::Id => Some(0),
            Sort::LastReceivedAt => Some(device.last_received_at.0.as_millis()),
            Sort::BatteryPercent => device.battery.map(|percent| i64::from(percent.get())),
            Sort::Condition => Some(match Condition::of(device) {
                Condition::Normal => 0,
                Condition::Silent => 1,
                Condition::Alarmed(priority) => 10 - i64::from(priority as u8),
            }),
        };
        Key { value, id: device.id }
    }
}
