//! What a device reported, as pages of JSON or as one CSV file.

use axum::Json;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use plomb_model::{DeviceId, EventId, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::devices::Order;
use super::events_csv;
use super::events_of::{EventPlace, Source};
use crate::access::{Authorised, Read};
use crate::cursor;
use crate::problem::{Problem, ProblemView};
use crate::request::{Id, Limit, Parameters, optional};
use crate::view::{FromText, HistoryView, Time, one_of};
use crate::{HistoryOrder, HistoryQuery};

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryParameters {
    /// Happened then or later, by the device's clock.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    from: Option<Time>,
    /// Happened before, by the device's clock.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    to: Option<Time>,
    /// By when it happened; `desc` (newest first) unless said.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    order: Option<Order>,
    /// `next_cursor` of the page before, with the same range and order.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
    /// `csv` for all pages of the range as one file; also asked for with `Accept: text/csv`.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    format: Option<Format>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub(crate) enum Format {
    Json,
    Csv,
}

impl FromText for Format {
    fn from_text(text: &str) -> Result<Self, String> {
        one_of(text, &[Self::Json, Self::Csv], |format| match format {
            Self::Json => "json",
            Self::Csv => "csv",
        })
    }
}

/// Events of a device, a page at a time.
#[utoipa::path(
    get, operation_id = "list_device_history", path = "/devices/{id}/history", tag = "devices",
    params(("id" = String, Path, example = "jointech:8041300978"), HistoryParameters), responses(
        (status = 200, content((HistoryView = "application/json"), (String = "text/csv"))),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Id(id): Id<DeviceId>,
    Parameters(parameters): Parameters<HistoryParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let source = Source::of(&reader, id).await?;
    let query = HistoryQuery {
        device: source.device(),
        from: parameters.from.map(|from| from.0),
        to: parameters.to.map(|to| to.0),
        order: match parameters.order {
            Some(Order::Asc) => HistoryOrder::OldestFirst,
            Some(Order::Desc) | None => HistoryOrder::NewestFirst,
        },
        beyond: None,
        limit: 0,
    };
    let after = parameters.cursor.as_deref().map(event_cursor).transpose()?;
    if parameters.format.map_or_else(|| prefers_csv(&headers), |format| format == Format::Csv) {
        return Ok(events_csv::response(reader, id, source, query, after));
    }
    let page = source.page(&reader, &query, after, parameters.limit.unwrap_or_default().get()).await?;
    let next_cursor = page.next.map(|next| cursor::write(next.time.as_millis(), next.id));
    Ok(Json(HistoryView { items: page.events, next_cursor }).into_response())
}

fn event_cursor(text: &str) -> Result<EventPlace, Problem> {
    let (millis, id): (i64, EventId) = cursor::read(text)?;
    Ok(EventPlace { time: Timestamp::from_millis(millis), id })
}

/// Whether the first type that is asked for is CSV.
fn prefers_csv(headers: &HeaderMap) -> bool {
    let accept = headers.get(ACCEPT).and_then(|value: &HeaderValue| value.to_str().ok()).unwrap_or_default();
    accept.split([',', ';']).next().is_some_and(|first| first.trim().eq_ignore_ascii_case("text/csv"))
}
