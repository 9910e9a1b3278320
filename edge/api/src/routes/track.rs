//! Where a device was, for the map.

use axum::Json;
use plomb_model::{DeviceId, Event, Fix, OccurredAt, ReceivedAt, Timestamp};
use serde::Deserialize;

use super::events_of::Source;
use super::simplify::simplify;
use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Count, Id, Parameters, optional};
use crate::view::{Time, TrackPoint, TrackView};
use crate::{HistoryOrder, HistoryQuery, StoredReport};

/// Points when nothing is said: finer than a screen shows.
const POINTS_DEFAULT: u32 = 2_000;
/// Points at most.
const POINTS_MAX: u32 = 10_000;
/// How many points are asked for.
type Points = Count<2, POINTS_MAX, POINTS_DEFAULT>;
/// Points read for one track, newest first: a month at one a minute, with room.
const POINTS_READ_MAX: usize = 200_000;
/// Reports fetched at once.
const REPORTS_PER_READ: usize = 1_000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrackParameters {
    /// Happened then or later, by the device's clock.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    from: Option<Time>,
    /// Happened before, by the device's clock.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    to: Option<Time>,
    /// Points at most.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    points: Option<Points>,
}

/// Where a device was, in the order in which it was there.
#[utoipa::path(
    get, operation_id = "get_device_track", path = "/devices/{id}/track", tag = "devices",
    params(("id" = String, Path, example = "jointech:8041300978"), TrackParameters), responses(
        (status = 200, body = TrackView),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 404, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get(
    reader: Authorised<Read>,
    Id(id): Id<DeviceId>,
    Parameters(parameters): Parameters<TrackParameters>,
) -> Result<Json<TrackView>, Problem> {
    let max = parameters.points.unwrap_or_default().get();
    let range = (parameters.from.map(|from| from.0), parameters.to.map(|to| to.0));
    let source = Source::of(&reader, id).await?;
    let (mut points, all_read) = read(&reader, &source, range).await?;
    points.sort_by_key(|point| point.2);
    let found = points.len();
    // Thousands of points take milliseconds: not on a thread that serves others.
    let points = tokio::task::spawn_blocking(move || simplify(points, max)).await.unwrap_or_default();
    let simplified = points.len() < found || !all_read;
    Ok(Json(TrackView { points, simplified }))
}

/// The points in the range, and whether these are all of them.
async fn read(
    reader: &Authorised<Read>,
    source: &Source,
    range: (Option<Timestamp>, Option<Timestamp>),
) -> Result<(Vec<TrackPoint>, bool), Problem> {
    let mut query = HistoryQuery {
        device: source.device(),
        from: range.0,
        to: range.1,
        order: HistoryOrder::NewestFirst,
        beyond: None,
        limit: REPORTS_PER_READ,
    };
    let mut points = Vec::new();
    loop {
        let page = reader.history(query.clone()).await?;
        for report in &page.reports {
            let events = new_events(report).filter(|event| source.takes(event));
            points.extend(events.filter_map(|event| point(event, report.received.at, range)));
        }
        let Some(last) = page.reports.last().filter(|_| page.more) else { return Ok((points, true)) };
        if points.len() >= POINTS_READ_MAX {
            points.truncate(POINTS_READ_MAX);
            return Ok((points, false));
        }
        query.beyond = Some(last.place());
    }
}

/// The events of a report that had not been received before.
fn new_events(report: &StoredReport) -> impl Iterator<Item = &Event> {
    let duplicates = report.received.duplicates;
    let events = report.received.events.iter().zip(0_u32..);
    events.filter(move |(_, index)| duplicates >> (*index).min(63) & 1 == 0).map(|(event, _)| event)
}

/// The point of an event that tells a place of its own within the range.
fn point(
    event: &Event,
    received_at: ReceivedAt,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
) -> Option<TrackPoint> {
    let position = event.position.filter(|position| position.fix != Fix::Stale)?;
    let OccurredAt(at) = event.occurred_at.unwrap_or(OccurredAt(received_at.0));
    if from.is_some_and(|from| at < from) || to.is_some_and(|to| at >= to) {
        return None;
    }
    let speed = position.speed.map(plomb_model::Speed::kmh);
    let (longitude, latitude) = (position.longitude.degrees(), position.latitude.degrees());
    Some(TrackPoint(longitude, latitude, at.as_millis(), speed))
}
