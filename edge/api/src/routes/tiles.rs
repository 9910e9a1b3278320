//! Vector tiles of the base map.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::access::Api;
use crate::problem::{Problem, ProblemView};
use crate::tiles::{Tile, TileId};

/// A tile of this very map never changes: a year, the longest that caches honour.
const CACHE_FOREVER: &str = "public, max-age=31536000, immutable";
/// Without the map's version in the address the operator may have put another map in place meanwhile.
const CACHE_A_WEEK: &str = "public, max-age=604800, immutable";

/// The base map as TileJSON 3.0.0.
#[utoipa::path(get, operation_id = "get_map", path = "/tiles.json", tag = "map", security(()), responses((status = 200, body = Value)))]
pub(crate) async fn map(State(api): State<Arc<Api>>) -> Json<Value> {
    let map = &api.base_map().0;
    let header = map.header();
    let degrees = |e7: i32| f64::from(e7) / 1e7;
    Json(json!({
        "tilejson": "3.0.0",
        "tiles": [format!("/tiles/{{z}}/{{x}}/{{y}}?v={}", map.version())],
        "minzoom": header.zoom_min,
        "maxzoom": header.zoom_max,
        "bounds": header.bounds_e7.map(degrees),
        "vector_layers": map.metadata().get("vector_layers"),
        "attribution": map.attribution(),
    }))
}

/// A tile of the base map (Mapbox Vector Tile), gzip.
#[utoipa::path(
    get, operation_id = "get_tile", path = "/tiles/{z}/{x}/{y}", tag = "map", security(()),
    params(("z" = u8, Path), ("x" = u32, Path), ("y" = u32, Path)), responses(
        (status = 200, body = Vec<u8>, content_type = "application/vnd.mapbox-vector-tile"),
        (status = 204, description = "Nothing is there"),
        (status = 404, body = ProblemView, content_type = "application/problem+json", description = "Outside the map"),
    )
)]
pub(crate) async fn tile(
    State(api): State<Arc<Api>>,
    Path((z, x, y)): Path<(String, String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let outside = || Problem::not_found(format!("tile {z}/{x}/{y} in the base map"));
    let y_number = y.trim_end_matches(".mvt").trim_end_matches(".pbf");
    let id = match (z.parse(), x.parse(), y_number.parse()) {
        (Ok(z), Ok(x), Ok(y)) => TileId::new(z, x, y).ok_or_else(outside)?,
        _ => return Err(outside()),
    };
    let map = Arc::clone(&api.base_map().0);
    let version = map.version();
    let is_versioned = query.is_some_and(|query| query.strip_prefix("v=") == Some(version));
    if !(map.header().zoom_min..=map.header().zoom_max).contains(&id.zoom) {
        return Err(outside());
    }
    let encoding = map.header().tile_encoding;
    let tile = tokio::task::spawn_blocking(move || map.tile(id)).await;
    let tile = tile.map_err(|error| unreadable(&error.to_string()))?;
    let cache = (CACHE_CONTROL, if is_versioned { CACHE_FOREVER } else { CACHE_A_WEEK });
    match tile.map_err(|error| unreadable(&error.to_string()))? {
        Tile::Empty => Ok((StatusCode::NO_CONTENT, [cache]).into_response()),
        Tile::Here(bytes) => {
            let mut response =
                ([cache, (CONTENT_TYPE, "application/vnd.mapbox-vector-tile")], bytes).into_response();
            if let Some(encoding) = encoding {
                response.headers_mut().insert(CONTENT_ENCODING, encoding.parse().map_err(|_| outside())?);
            }
            Ok(response)
        }
    }
}

fn unreadable(error: &str) -> Problem {
    tracing::error!(%error, "The base map cannot be read");
    crate::Unavailable("the base map cannot be read".to_owned()).into()
}
