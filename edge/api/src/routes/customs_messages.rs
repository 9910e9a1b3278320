//! Drafts of messages of customs about a movement.

use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use plomb_customs::{DraftKind, Heading, draft};
use plomb_model::MovementId;
use serde::Deserialize;

use crate::access::{Authorised, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Parameters, optional};

/// Who sends a draft when nothing is said.
const SENDER: &str = "PLOMB";

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DraftParameters {
    /// Who sends it; `PLOMB` unless said.
    #[serde(deserialize_with = "optional")]
    sender: Option<String>,
    /// Who gets it; `NTA.` and the country of the office of departure unless said.
    #[serde(deserialize_with = "optional")]
    recipient: Option<String>,
    /// The office that it is of: of destination, or where the incident was registered. The movement's unless said.
    #[serde(deserialize_with = "optional")]
    office: Option<String>,
    /// Identification number of the trader at destination; the consignee's unless said.
    #[serde(deserialize_with = "optional")]
    trader: Option<String>,
}

/// A draft of a message of NCTS about a movement: CC007C, CC044C or CC182C.
#[utoipa::path(get, operation_id = "draft_message", path = "/movements/{id}/messages/{message}", tag = "movements",
    params(("id" = u64, Path, example = 1), ("message" = String, Path, example = "CC182C"), DraftParameters), responses(
    (status = 200, body = String, content_type = "application/xml"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn draft_message(
    reader: Authorised<Read>,
    Path((id, message)): Path<(u64, String)>,
    Parameters(parameters): Parameters<DraftParameters>,
) -> Result<Response, Problem> {
    let kind = DraftKind::of(&message).ok_or_else(|| {
        let names = DraftKind::ALL.map(DraftKind::name).join(", ");
        Problem::not_found(format!("message {message} that is drafted here: there are {names}"))
    })?;
    let movement = reader.ask(move |state| state.movements.get(MovementId(id)).cloned()).await?;
    let movement = movement.ok_or_else(|| Problem::not_found(format!("movement {id}")))?;
    let now = reader.now();
    let heading = Heading {
        sender: parameters.sender.unwrap_or_else(|| SENDER.to_owned()),
        recipient: parameters.recipient.unwrap_or_default(),
        office: parameters.office.unwrap_or_default(),
        trader: parameters.trader.unwrap_or_default(),
        identification: format!("M{id}-{}", now.as_millis()),
    };
    let xml = draft(kind, &movement, &heading, now).map_err(|faults| {
        let texts: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Problem::unacceptable(format!("{} cannot be drafted yet: {}", kind.name(), texts.join("; ")))
    })?;
    let name = format!("attachment; filename=\"{}-movement-{id}.xml\"", kind.name());
    Ok(([(CONTENT_TYPE, "application/xml".to_owned()), (CONTENT_DISPOSITION, name)], xml).into_response())
}
