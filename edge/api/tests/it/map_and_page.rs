//! Tiles, the page, and the headers that every answer carries.

use std::io::Read;
use std::path::Path;

use plomb_api::BaseMap;
use serde_json::Value;

use crate::client::{Answer, World};

async fn get(world: &World, path: &str, headers: &[(&str, &str)]) -> Answer {
    world.call("GET", path, headers, &Value::Null).await
}

#[tokio::test]
async fn a_tile_is_handed_on_packed() {
    let world = World::new();
    let tile = get(&world, "/tiles/0/0/0", &[]).await;
    assert_eq!(tile.status, 200);
    assert_eq!(tile.header("content-type"), "application/vnd.mapbox-vector-tile");
    assert_eq!(tile.header("content-encoding"), "gzip");
    assert_eq!(tile.header("cache-control"), "public, max-age=604800, immutable");
    let mut unpacked = Vec::new();
    flate2::read::GzDecoder::new(tile.body.as_ref()).read_to_end(&mut unpacked).unwrap();
    assert!(unpacked.windows(4).any(|word| word == b"land"));
    assert_eq!(get(&world, "/tiles/0/0/0.mvt", &[]).await.body, tile.body);
}

#[tokio::test]
async fn the_map_tells_its_range_layers_and_version() {
    let world = World::new();
    let map = get(&world, "/tiles.json", &[]).await.json();
    assert_eq!((&map["minzoom"], &map["maxzoom"]), (&0.into(), &6.into()));
    assert_eq!(map["attribution"], "Made with Natural Earth");
    let layers = map["vector_layers"].as_array().unwrap();
    assert!(layers.iter().any(|layer| layer["id"] == "land"));
    let template = map["tiles"][0].as_str().unwrap();
    let path = template.replace("{z}", "2").replace("{x}", "1").replace("{y}", "1");
    let tile = get(&world, &path, &[]).await;
    assert_eq!(tile.header("cache-control"), "public, max-age=31536000, immutable");
}

#[tokio::test]
async fn tiles_outside_the_map_are_problems() {
    let world = World::new();
    for path in ["/tiles/7/0/0", "/tiles/1/2/0", "/tiles/a/0/0", "/tiles/0/0/-1", "/tiles/300/0/0"] {
        get(&world, path, &[]).await.is_problem(404, "not-found");
    }
}

#[tokio::test]
async fn an_operator_may_bring_another_map() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/basemap.pmtiles");
    let map = BaseMap::open(Path::new(path)).unwrap();
    let world = World::with(|config| config.base_map = map);
    assert_eq!(get(&world, "/tiles/3/4/2", &[]).await.status, 200);
    assert!(BaseMap::open(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))).is_err());
    assert!(BaseMap::open(Path::new("no-such-file.pmtiles")).is_err());
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::new();
    for path in ["/", "/devices", "/api/v1/devices", "/api/none", "/tiles/0/0/0", "/healthz", "/openapi.json"]
    {
        let answer = get(&world, path, &[]).await;
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'self'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' data: blob:; \
             connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert!(!answer.header("permissions-policy").is_empty());
        assert!(!answer.header("cache-control").is_empty());
    }
}

#[tokio::test]
async fn the_page_answers_for_the_clients_own_routes() {
    let world = World::new();
    let page = get(&world, "/", &[]).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    assert!(page.text().contains("<html"));
    assert_eq!(get(&world, "/alarms/77", &[]).await.body, page.body);
    assert_eq!(get(&world, "/index.html", &[]).await.body, page.body);
    let etag = page.header("etag");
    let again = get(&world, "/", &[("if-none-match", etag)]).await;
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    get(&world, "/assets/gone.js", &[]).await.is_problem(404, "no-such-path");
    assert_eq!(get(&world, "/../Cargo.toml", &[]).await.body, page.body);
    world.call("POST", "/alarms", &[], &Value::Null).await.is_problem(405, "method-not-allowed");
}
