//! The one-time code of an authorised opening, for a post without a network.

use axum::Json;
use axum::extract::Path;
use plomb_model::{DeviceId, MovementId, Reading, Timestamp};
use plomb_movements::{Form, Movement, Opening};

use crate::access::{Authorised, Move};
use crate::problem::{Problem, ProblemView};
use crate::view::{CodeView, Time};
use crate::{HistoryOrder, HistoryQuery, Refused};

const HOUR_MS: i64 = 3_600_000;
/// Reports that are looked through for the number of the present arming, newest first; each has it.
const REPORTS_MAX: usize = 50;

/// The one-time code that opens the seal of an authorised opening. Who is given it is on record.
#[utoipa::path(post, operation_id = "give_code", path = "/movements/{id}/openings/{number}/code", tag = "movements",
    params(("id" = u64, Path, example = 1), ("number" = u8, Path, example = 1)), responses(
    (status = 200, body = CodeView),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn give(
    mover: Authorised<Move>,
    Path((id, number)): Path<(u64, u8)>,
) -> Result<Json<CodeView>, Problem> {
    let id = MovementId(id);
    let known =
        mover.ask(move |state| state.movements.get(id).map(|movement| asked(movement, number))).await?;
    let known = known.ok_or_else(|| Problem::not_found(format!("movement {id}")))?;
    let (device, until) =
        known.ok_or_else(|| Problem::not_found(format!("opening {number} of movement {id}")))?;
    let cannot = |why: &str| Problem::from(Refused::Conflict(why.to_owned()));
    let device = device.ok_or_else(|| cannot("the seal has no device that could take a code"))?;
    let now = mover.now();
    if until <= now {
        return Err(cannot("the time of the opening is over"));
    }
    let arming = arming_of(&mover, device).await?;
    let arming = arming.ok_or_else(|| cannot("the device has not said which arming it is in"))?;
    // The device counts in whole hours.
    let until_h = (until.as_millis() + HOUR_MS - 1).div_euclid(HOUR_MS);
    let code = u32::try_from(until_h).ok().and_then(|until_h| mover.opening_code(&device, arming, until_h));
    let code = code.ok_or_else(|| cannot("this device takes no one-time codes of the platform"))?;
    let form = Form::of([("opening", number.to_string())]);
    mover.step(Some(id), "give-code", form).await?;
    Ok(Json(CodeView {
        code,
        device: device.to_string(),
        until: Time(Timestamp::from_millis(until_h * HOUR_MS)),
    }))
}

/// The device of the opening's seal, and until when it may be opened.
fn asked(movement: &Movement, number: u8) -> Option<(Option<DeviceId>, Timestamp)> {
    let Opening { seal, until, .. } = movement.opening(number)?;
    let device = movement.set_seals().find(|set| set.number == *seal).and_then(|set| set.device);
    Some((device, *until))
}

async fn arming_of(mover: &Authorised<Move>, device: DeviceId) -> Result<Option<u32>, Problem> {
    let order = HistoryOrder::NewestFirst;
    let query = HistoryQuery { device, from: None, to: None, order, beyond: None, limit: REPORTS_MAX };
    let reports = mover.history(query).await?.reports;
    let readings =
        reports.iter().flat_map(|report| &report.received.events).flat_map(|event| &event.readings);
    let numbers = readings.filter_map(|reading| match reading {
        Reading::Code { name, value } if name == "arming" => u32::try_from(*value).ok(),
        _ => None,
    });
    // The newest reports may be late ones: armings only rise.
    Ok(numbers.max())
}
