//! Places and routes: zones, offices, stops, gaps and corridors, as GeoJSON.

use std::collections::BTreeSet;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use futures_util::future::join_all;
use plomb_evidence::Action;
use plomb_places::{Kind, Place};
use serde::Deserialize;
use serde_json::{Value, json};

use super::movements_import::flag;
use crate::access::{Authorised, Draw, Read};
use crate::problem::{Problem, ProblemView};
use crate::request::{Id, Parameters, optional};
use crate::view::{ImportView, RowFaultView};

/// Largest feature, bytes: ten thousand points have some four hundred thousand.
const FEATURE_BYTES_MAX: usize = 512 << 10;
/// Largest collection, bytes.
const COLLECTION_BYTES_MAX: usize = 64 << 20;
/// Most features of one collection.
const FEATURES_MAX: usize = 50_000;
/// Features that are drawn at once: they become durable together.
const AT_ONCE: usize = 256;
/// Most faults that are told.
const FAULTS_MAX: usize = 1_000;

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlaceParameters {
    /// Only those of this kind: checkpoint, office, stop, restricted, gap or route.
    #[serde(deserialize_with = "optional")]
    kind: Option<String>,
}

/// All places and routes, as a GeoJSON FeatureCollection. `version` rises with each change.
#[utoipa::path(get, operation_id = "list_places", path = "/places", tag = "places", params(PlaceParameters), responses(
    (status = 200, body = Object, content_type = "application/geo+json"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    reader: Authorised<Read>,
    Parameters(parameters): Parameters<PlaceParameters>,
) -> Result<Json<Value>, Problem> {
    let names = Kind::ALL.map(Kind::name).join(", ");
    let wanted = match parameters.kind.as_deref() {
        None => None,
        Some(name) => Some(
            Kind::from_name(name)
                .ok_or_else(|| Problem::bad_parameter(format!("kind: it must be one of {names}")))?,
        ),
    };
    let (version, places) = reader
        .ask(move |state| {
            let chosen = state.places.iter().filter(|place| wanted.is_none_or(|kind| place.kind == kind));
            (state.places.version(), chosen.cloned().collect::<Vec<Place>>())
        })
        .await?;
    let features: Vec<Value> = places.iter().map(Place::feature).collect();
    Ok(Json(json!({"type": "FeatureCollection", "version": version, "features": features})))
}

/// One place or route, as a GeoJSON Feature.
#[utoipa::path(get, operation_id = "get_place", path = "/places/{id}", tag = "places",
    params(("id" = String, Path, example = "malaba")), responses(
    (status = 200, body = Object, content_type = "application/geo+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn get(reader: Authorised<Read>, Id(id): Id<String>) -> Result<Json<Value>, Problem> {
    let asked = id.clone();
    let found = reader.ask(move |state| state.places.get(&asked).map(Place::feature)).await?;
    found.map(Json).ok_or_else(|| Problem::not_found(format!("place {id}")))
}

/// Draw a place or a route, in the stead of one with the same identifier: a GeoJSON Feature (docs/places.md).
#[utoipa::path(put, operation_id = "put_place", path = "/places/{id}", tag = "places",
    params(("id" = String, Path, example = "malaba")), request_body(content = Object, content_type = "application/geo+json"), responses(
    (status = 200, body = Object, content_type = "application/geo+json"),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn put(
    drawer: Authorised<Draw>,
    Id(id): Id<String>,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let mut feature = read(body, FEATURE_BYTES_MAX).await?;
    if let Some(members) = feature.as_object_mut() {
        members.entry("id").or_insert_with(|| id.clone().into());
    }
    let place = Place::of(&feature).map_err(|bad| Problem::unacceptable(bad.to_string()))?;
    if *place.id != *id {
        return Err(Problem::unacceptable(format!("id: it is {} here and {id} in the address", place.id)));
    }
    drawer.draw(drawn(&place)).await?;
    Ok(Json(place.feature()))
}

/// Take a place or a route away. Movements that name it are no longer held to it.
#[utoipa::path(delete, operation_id = "drop_place", path = "/places/{id}", tag = "places",
    params(("id" = String, Path, example = "malaba")), responses(
    (status = 204, description = "Gone"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 404, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn drop_place(drawer: Authorised<Draw>, Id(id): Id<String>) -> Result<StatusCode, Problem> {
    drawer.draw(Action::Draw { place: id.into(), feature: "".into() }).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportParameters {
    /// `yes`: say what is wrong, and change nothing.
    #[serde(deserialize_with = "optional")]
    dry_run: Option<String>,
}

/// Draw many from one GeoJSON FeatureCollection. Features that are wrong are told by their place in it, from 1, and left
/// out; the others are drawn.
#[utoipa::path(post, operation_id = "import_places", path = "/places/import", tag = "places",
    params(ImportParameters), request_body(content = Object, content_type = "application/geo+json"), responses(
    (status = 200, body = ImportView),
    (status = 400, body = ProblemView, content_type = "application/problem+json"),
    (status = 403, body = ProblemView, content_type = "application/problem+json"),
    (status = 422, body = ProblemView, content_type = "application/problem+json"),
))]
pub(crate) async fn import(
    drawer: Authorised<Draw>,
    Parameters(parameters): Parameters<ImportParameters>,
    body: Body,
) -> Result<Json<ImportView>, Problem> {
    let dry_run = flag("dry_run", parameters.dry_run.as_deref())?;
    let collection = read(body, COLLECTION_BYTES_MAX).await?;
    let features = collection.get("features").and_then(Value::as_array).ok_or_else(|| {
        Problem::unacceptable("features: it is missing; a GeoJSON FeatureCollection is expected")
    })?;
    if features.len() > FEATURES_MAX {
        let found = features.len();
        return Err(Problem::unacceptable(format!(
            "there are {found} features, at most {FEATURES_MAX} are taken"
        )));
    }
    let mut report = ImportView { rows: features.len() as u64, dry_run, ..ImportView::default() };
    let mut places = Vec::new();
    let mut seen = BTreeSet::new();
    for (feature, row) in features.iter().zip(1_u64..) {
        match Place::of(feature) {
            Ok(place) if !seen.insert(place.id.clone()) => {
                let why = format!("another feature of this file has the identifier {} already", place.id);
                tell(&mut report, row, "id".to_owned(), why);
            }
            Ok(place) => places.push((row, place)),
            Err(bad) => tell(&mut report, row, bad.member, bad.why),
        }
    }
    if dry_run {
        report.taken = places.len() as u64;
        return Ok(Json(report));
    }
    for part in places.chunks(AT_ONCE) {
        let drawings = part.iter().map(|(_, place)| drawer.draw(drawn(place)));
        for ((row, _), done) in part.iter().zip(join_all(drawings).await) {
            match done {
                Ok(()) => report.taken += 1,
                Err(_) => tell(
                    &mut report,
                    *row,
                    String::new(),
                    "it could not be kept, or there are too many".into(),
                ),
            }
        }
    }
    Ok(Json(report))
}

fn drawn(place: &Place) -> Action {
    Action::Draw { place: place.id.clone(), feature: place.feature().to_string().into() }
}

fn tell(report: &mut ImportView, row: u64, field: String, why: String) {
    if report.faults.len() < FAULTS_MAX {
        report.faults.push(RowFaultView { row, field, why });
    }
}

async fn read(body: Body, bytes_max: usize) -> Result<Value, Problem> {
    let Ok(bytes) = to_bytes(body, bytes_max).await else {
        return Err(Problem::unacceptable(format!("the body has more than {bytes_max} bytes or broke off")));
    };
    serde_json::from_slice(&bytes).map_err(|error| Problem::unacceptable(format!("no JSON: {error}")))
}
