//! The register of devices: models, devices, in whose hands they are, and their other names.

use axum::Json;
use axum::http::StatusCode;
use plomb_model::{DeviceId, Standing};
use plomb_registry::{Custody, CustodyStatus, Device, DeviceFilter};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::{Authorised, Read, Register};
use crate::problem::{Problem, ProblemView};
use crate::request::{Body, Id, Limit, Parameters, optional};
use crate::view::{
    AliasView, AliasesView, CustodiesView, CustodyView, FromText, ModelView, ModelsView, RegisteredView,
    RegisteredsView, StandingWord, Time,
};

/// Longest text to search for.
const SEARCH_BYTES_MAX: usize = 64;

/// Every model, by name.
#[utoipa::path(get, operation_id = "list_models", path = "/registry/models", tag = "registry", responses(
    (status = 200, body = ModelsView),
))]
pub(crate) async fn models(reader: Authorised<Read>) -> Result<Json<ModelsView>, Problem> {
    let models = reader.look(|registry| registry.models()).await?;
    Ok(Json(ModelsView { items: models.into_iter().map(ModelView::from).collect() }))
}

/// Put a model in, or change it.
#[utoipa::path(put, operation_id = "put_model", path = "/registry/models/{name}", tag = "registry",
    params(("name" = String, Path, example = "jt701")), request_body = ModelView, responses(
    (status = 200, body = ModelView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put_model(
    keeper: Authorised<Register>,
    Id(name): Id<String>,
    Body(model): Body<ModelView>,
) -> Result<Json<ModelView>, Problem> {
    same_name(&model.name, &name)?;
    let model = model.named(&name);
    model.check().map_err(|fault| Problem::unacceptable(fault.to_string()))?;
    let put = model.clone();
    keeper.change(move |registry, by, at| registry.put_model(by, at, &put)).await?;
    Ok(Json(model.into()))
}

/// A body that names what it is of must name the same as the path.
pub(crate) fn same_name(in_body: &str, in_path: &str) -> Result<(), Problem> {
    if in_body.is_empty() || in_body == in_path {
        return Ok(());
    }
    Err(Problem::unacceptable(format!("name: the body says {in_body}, the path {in_path}")))
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RegisteredParameters {
    /// Part of identifier, label or holder, upper or lower case.
    #[serde(deserialize_with = "optional")]
    #[param(max_length = 64)]
    search: Option<String>,
    /// Only of this model.
    #[serde(deserialize_with = "optional")]
    model: Option<String>,
    /// Only of this standing.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    standing: Option<StandingWord>,
    /// Only those that are held so: `held`, `charging`, `in-return`, `repair`, `lost`; or `overdue`: those that were to be
    /// back by now.
    #[serde(deserialize_with = "optional")]
    custody: Option<String>,
    /// `next_cursor` of the page before, with the same filter.
    #[serde(deserialize_with = "optional")]
    cursor: Option<String>,
    /// Items of a page.
    #[serde(deserialize_with = "optional")]
    #[param(inline)]
    limit: Option<Limit>,
}

/// Devices of the register, by identifier, a page at a time.
#[utoipa::path(get, operation_id = "list_registered_devices", path = "/registry/devices", tag = "registry",
    params(RegisteredParameters), responses(
    (status = 200, body = RegisteredsView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn devices(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<RegisteredParameters>,
) -> Result<Json<RegisteredsView>, Problem> {
    let search = parameters.search.unwrap_or_default();
    if search.len() > SEARCH_BYTES_MAX {
        return Err(Problem::bad_parameter(format!("search: at most {SEARCH_BYTES_MAX} bytes")));
    }
    let overdue = parameters.custody.as_deref() == Some("overdue");
    let status = match parameters.custody.as_deref().filter(|_| !overdue) {
        None => None,
        Some(name) => Some(CustodyStatus::from_name(name).ok_or_else(|| {
            let names = CustodyStatus::ALL.map(CustodyStatus::name).join(", ");
            Problem::bad_parameter(format!("custody: it must be one of {names}, overdue"))
        })?),
    };
    let filter = DeviceFilter {
        status,
        due_by: overdue.then(|| reader.now()),
        search,
        model: parameters.model,
        standing: parameters.standing.map(|standing| standing.0),
        after: parameters.cursor,
    };
    let limit = parameters.limit.unwrap_or_default().get();
    let (mut devices, total) = reader.look(move |registry| registry.devices(&filter, limit + 1)).await?;
    let more = devices.len() > limit;
    devices.truncate(limit);
    let next_cursor = devices.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Json(RegisteredsView {
        items: devices.into_iter().map(RegisteredView::from).collect(),
        next_cursor,
        total,
    }))
}

/// One device of the register.
#[utoipa::path(get, operation_id = "get_registered_device", path = "/registry/devices/{id}", tag = "registry",
    params(("id" = String, Path, example = "jointech:8041300978")), responses(
    (status = 200, body = RegisteredView),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn device(
    reader: Authorised<Read>,
    Id(id): Id<DeviceId>,
) -> Result<Json<RegisteredView>, Problem> {
    let device = reader.look(move |registry| registry.device(&id)).await?;
    device.map(|device| Json(device.into())).ok_or_else(|| not_registered(&id))
}

fn not_registered(id: &DeviceId) -> Problem {
    Problem::not_found(format!("registered device {id}"))
}

/// What is known of a device of ours.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRegistered {
    /// Name of its model.
    model: String,
    /// In service unless said.
    standing: Option<StandingWord>,
    /// What is written on it.
    #[serde(default)]
    label: String,
    #[serde(default)]
    note: String,
    /// Who holds it; a handover is noted where it is another than before.
    holder: Option<String>,
}

/// Register a device, or change what is known of it.
#[utoipa::path(put, operation_id = "put_registered_device", path = "/registry/devices/{id}", tag = "registry",
    params(("id" = String, Path, example = "jointech:8041300978")), request_body = NewRegistered, responses(
    (status = 200, body = RegisteredView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put_device(
    keeper: Authorised<Register>,
    Id(id): Id<DeviceId>,
    Body(new): Body<NewRegistered>,
) -> Result<Json<RegisteredView>, Problem> {
    let mut device = Device::new(id, &new.model);
    device.standing = new.standing.map_or(Standing::InService, |standing| standing.0);
    (device.label, device.note) = (new.label, new.note);
    let put = keeper.change(move |registry, by, at| {
        registry.put_device(by, at, &device, new.holder.as_deref())?;
        registry.device(&device.id)
    });
    put.await?.map(|device| Json(device.into())).ok_or_else(|| not_registered(&id))
}

/// In whose hands a device was, newest first.
#[utoipa::path(get, operation_id = "list_custody", path = "/registry/devices/{id}/custody", tag = "registry",
    params(("id" = String, Path, example = "jointech:8041300978")), responses(
    (status = 200, body = CustodiesView),
))]
pub(crate) async fn custody(
    reader: Authorised<Read>,
    Id(id): Id<DeviceId>,
) -> Result<Json<CustodiesView>, Problem> {
    let custody = reader.look(move |registry| registry.custody(&id)).await?;
    Ok(Json(CustodiesView { items: custody.into_iter().map(CustodyView::from).collect() }))
}

/// A handover.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCustody {
    /// Who holds it now.
    holder: String,
    /// Since when; now unless said.
    #[schema(value_type = Option<Time>)]
    since: Option<String>,
    /// `held` unless said; `charging`, `in-return`, `repair`, `lost`.
    #[serde(default)]
    status: String,
    /// Where.
    #[serde(default)]
    place: String,
    /// By when it is to be back.
    #[schema(value_type = Option<Time>)]
    due: Option<String>,
    /// Such as the number of a receipt.
    #[serde(default)]
    note: String,
}

/// Note that somebody else holds a device. What was noted is never changed.
#[utoipa::path(post, operation_id = "hand_over", path = "/registry/devices/{id}/custody", tag = "registry",
    params(("id" = String, Path, example = "jointech:8041300978")), request_body = NewCustody, responses(
    (status = 201, description = "Noted"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn hand_over(
    keeper: Authorised<Register>,
    Id(device): Id<DeviceId>,
    Body(new): Body<NewCustody>,
) -> Result<StatusCode, Problem> {
    let since = match &new.since {
        Some(text) => Time::from_text(text).map_err(|why| Problem::unacceptable(format!("since: {why}")))?.0,
        None => keeper.now(),
    };
    if since > keeper.now() {
        return Err(Problem::unacceptable("since: it is in the future"));
    }
    let due = match &new.due {
        Some(text) => {
            Some(Time::from_text(text).map_err(|why| Problem::unacceptable(format!("due: {why}")))?.0)
        }
        None => None,
    };
    let status = match &*new.status {
        "" => CustodyStatus::Held,
        name => CustodyStatus::from_name(name).ok_or_else(|| {
            let names = CustodyStatus::ALL.map(CustodyStatus::name).join(", ");
            Problem::unacceptable(format!("status: it must be one of {names}"))
        })?,
    };
    keeper
        .change(move |registry, by, at| {
            let (place, note) = (new.place, new.note);
            let custody = Custody { status, place, due, note, ..Custody::new(device, &new.holder, since) };
            registry.hand_over(by, at, &custody)
        })
        .await?;
    Ok(StatusCode::CREATED)
}

/// Other names of a device.
#[utoipa::path(get, operation_id = "list_aliases", path = "/registry/devices/{id}/aliases", tag = "registry",
    params(("id" = String, Path, example = "jointech:8041300978")), responses(
    (status = 200, body = AliasesView),
))]
pub(crate) async fn aliases(
    reader: Authorised<Read>,
    Id(id): Id<DeviceId>,
) -> Result<Json<AliasesView>, Problem> {
    let aliases = reader.look(move |registry| registry.aliases(Some(&id))).await?;
    Ok(Json(AliasesView { items: aliases.into_iter().map(AliasView::from).collect() }))
}

/// Another name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewAlias {
    /// An EPC, chip number, printed seal mark, GS1 Digital Link or container number, as it is written.
    alias: String,
}

/// Give a device another name.
#[utoipa::path(post, operation_id = "put_alias", path = "/registry/devices/{id}/aliases", tag = "registry",
    params(("id" = String, Path, example = "jointech:8041300978")), request_body = NewAlias, responses(
    (status = 201, body = AliasView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
    (status = 409, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put_alias(
    keeper: Authorised<Register>,
    Id(device): Id<DeviceId>,
    Body(new): Body<NewAlias>,
) -> Result<(StatusCode, Json<AliasView>), Problem> {
    let put = keeper.change(move |registry, by, at| registry.put_alias(by, at, device, &new.alias));
    Ok((StatusCode::CREATED, Json(put.await?.into())))
}

/// Take a name from the device that has it.
#[utoipa::path(delete, operation_id = "drop_alias", path = "/registry/aliases/{alias}", tag = "registry",
    params(("alias" = String, Path, example = "container:MSKU6011672")), responses(
    (status = 204, description = "Gone"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn drop_alias(
    keeper: Authorised<Register>,
    Id(alias): Id<DeviceId>,
) -> Result<StatusCode, Problem> {
    keeper.change(move |registry, by, at| registry.drop_alias(by, at, &alias)).await?;
    Ok(StatusCode::NO_CONTENT)
}
