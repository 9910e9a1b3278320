//! Where a device is to be read, and by when.

use axum::Json;
use axum::http::StatusCode;
use plomb_evidence::Action;
use plomb_model::{DeviceId, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Authorised, Operate, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id};
use crate::view::{ExpectedView, FromText, Time};

/// Furthest time ahead of now that a reading is awaited: a container may be at sea for weeks.
const AHEAD_DAYS_MAX: i64 = 366;

/// A gate at which the device is to be read, and by when. Another time for the same gate replaces the first.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewExpectation {
    /// The reader or gateway, `scheme:value`.
    #[schema(example = "reader:gate-1")]
    gate: String,
    /// By our clock, in the future. When it passes without a reading there, an alarm is raised.
    #[schema(value_type = Time)]
    by: String,
}

/// Say where a device is to be read, and by when. It need not have been heard yet.
#[utoipa::path(
    post, operation_id = "expect_read", path = "/devices/{id}/expectations", tag = "devices",
    params(("id" = String, Path, example = "epc:3034257BF400B7800004CB2F")),
    request_body = NewExpectation, responses(
        (status = 201, body = ExpectedView, description = "Awaited, and durable"),
        (status = 400, body = ProblemView, content_type = "application/problem+json"),
        (status = 403, body = ProblemView, content_type = "application/problem+json"),
        (status = 409, body = ProblemView, content_type = "application/problem+json"),
        (status = 422, body = ProblemView, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn create(
    operator: Authorised<Operate>,
    reader: Authorised<Read>,
    Id(device): Id<DeviceId>,
    Body(new): Body<NewExpectation>,
) -> Result<(StatusCode, Json<ExpectedView>), Problem> {
    let gate = new.gate.parse::<DeviceId>();
    let gate = gate.map_err(|error| Problem::unacceptable(format!("gate: {error}")))?;
    let by = Time::from_text(&new.by).map_err(|error| Problem::unacceptable(format!("by: {error}")))?.0;
    check(by, reader.now())?;
    if !reader.ask(move |state| state.expected.has_room(&device, &gate)).await? {
        return Err(Problem::conflict("No more readings can be awaited: too many are already"));
    }
    operator.operate(Action::Expect { device, gate, by }).await?;
    Ok((StatusCode::CREATED, Json(ExpectedView::new(gate, by, false))))
}

fn check(by: Timestamp, now: Timestamp) -> Result<(), Problem> {
    if by <= now {
        return Err(Problem::unacceptable("by: it must be in the future"));
    }
    if by > now.plus_secs(AHEAD_DAYS_MAX * 86_400) {
        return Err(Problem::unacceptable(format!("by: it is more than {AHEAD_DAYS_MAX} days ahead")));
    }
    Ok(())
}
