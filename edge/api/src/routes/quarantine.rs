//! Quarantine: devices that nobody has registered, and what becomes of them.

use axum::Json;
use axum::http::StatusCode;
use plomb_model::{DeviceId, Standing};
use plomb_registry::Adoption;
use plomb_rules::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Authorised, Read, Register};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, optional};
use crate::view::{QuarantineView, QuarantinedView};

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct QuarantineParameters {
    /// `next_cursor` of the page before.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// Devices that nobody has registered, by identifier, a page at a time. What they send is kept, and their alarms are raised.
#[utoipa::path(get, operation_id = "list_quarantine", path = "/registry/quarantine", tag = "registry",
    params(QuarantineParameters), responses(
    (status = 200, body = QuarantineView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<QuarantineParameters>,
) -> Result<Json<QuarantineView>, Problem> {
    let after = parameters.cursor.as_deref().map(str::parse::<DeviceId>).transpose();
    let after = after.map_err(|_| crate::cursor::problem())?;
    let limit = parameters.limit.unwrap_or_default().get();
    let mut page = reader.ask(move |state| page(state, after, limit)).await?;
    let refusals = reader.look(|registry| registry.refusals()).await?;
    let refusal = |id: &str| refusals.iter().find(|refusal| refusal.device.to_string() == id);
    page.items = page
        .items
        .into_iter()
        .map(|item| {
            let refusal = refusal(&item.id);
            item.refused(refusal)
        })
        .collect();
    Ok(Json(page))
}

fn page(state: &State, after: Option<DeviceId>, limit: usize) -> QuarantineView {
    let unregistered = state.standings.iter().filter(|(_, standing, _)| *standing == Standing::Unregistered);
    let heard = unregistered.filter_map(|(device, ..)| state.devices.get(device));
    let (mut items, mut total, mut more) = (Vec::new(), 0, false);
    for device in heard {
        total += 1;
        if after.is_some_and(|after| device.id <= after) {
            continue;
        }
        if items.len() < limit {
            items.push(QuarantinedView::new(device));
        } else {
            more = true;
        }
    }
    let next_cursor = items.last().filter(|_| more).map(|last| last.id.clone());
    QuarantineView { items, next_cursor, total }
}

/// What makes a device in quarantine one of ours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAdoption {
    /// Name of its model.
    model: String,
    /// Who holds it from now on.
    holder: String,
    /// What is written on it.
    #[serde(default)]
    label: String,
    /// Why it is taken for ours.
    #[serde(default)]
    note: String,
}

/// Make a device in quarantine one of ours. It is in service within two seconds; what it sent before stays as it was.
#[utoipa::path(post, operation_id = "adopt_device", path = "/registry/quarantine/{id}/adopt", tag = "registry",
    params(("id" = String, Path, example = "imei:356307042441013")), request_body = NewAdoption, responses(
    (status = 201, description = "Registered"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn adopt(
    keeper: Authorised<Register>,
    Id(device): Id<DeviceId>,
    Body(new): Body<NewAdoption>,
) -> Result<StatusCode, Problem> {
    let adoption = Adoption { model: new.model, label: new.label, holder: new.holder, note: new.note };
    keeper.change(move |registry, by, at| registry.adopt(by, at, device, &adoption)).await?;
    Ok(StatusCode::CREATED)
}

/// Why a device is not ours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewDeviceRefusal {
    /// For people.
    reason: String,
}

/// Note that a device in quarantine is not ours. It stays there, and can still be adopted.
#[utoipa::path(post, operation_id = "refuse_device", path = "/registry/quarantine/{id}/refuse", tag = "registry",
    params(("id" = String, Path, example = "imei:356307042441013")), request_body = NewDeviceRefusal, responses(
    (status = 204, description = "Noted"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn refuse(
    keeper: Authorised<Register>,
    Id(device): Id<DeviceId>,
    Body(new): Body<NewDeviceRefusal>,
) -> Result<StatusCode, Problem> {
    if new.reason.trim().is_empty() {
        return Err(Problem::unacceptable("reason: say why"));
    }
    keeper.change(move |registry, by, at| registry.refuse(by, at, &device, new.reason.trim())).await?;
    Ok(StatusCode::NO_CONTENT)
}
