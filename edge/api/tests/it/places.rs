//! Places over HTTP: drawn, listed, imported, taken away; and what is refused.

use serde_json::json;

use crate::client::World;

#[tokio::test]
async fn places_are_drawn_listed_and_taken_away() {
    let world = World::new();
    let officer = world.client("operator").await;
    let road = json!({"type": "Feature", "properties": {"kind": "route", "name": "Northern corridor", "width_m": 2000},
        "geometry": {"type": "LineString", "coordinates": [[39.67, -4.04], [36.82, -1.29], [34.3, 0.63]]}});
    let drawn = officer.call("PUT", "/api/v1/places/a109", &road).await;
    assert_eq!(drawn.status, 200, "{}", drawn.text());
    assert_eq!(drawn.json()["id"], "a109");
    let all = officer.json("/places").await;
    assert_eq!((&all["type"], &all["version"]), (&json!("FeatureCollection"), &json!(1)));
    assert_eq!(
        all["features"][0]["properties"],
        json!({"kind": "route", "name": "Northern corridor", "width_m": 2000.0})
    );
    assert_eq!(officer.json("/places?kind=gap").await["features"], json!([]));
    officer.call("GET", "/api/v1/places?kind=palace", &json!(null)).await.is_problem(400, "bad-parameter");
    let mut wrong = road.clone();
    wrong["geometry"]["coordinates"][1] = json!([95, 200]);
    let problem = officer.call("PUT", "/api/v1/places/a109", &wrong).await.is_problem(422, "unacceptable");
    assert_eq!(
        problem["detail"],
        "geometry.coordinates[1]: longitude (-180 to 180), then latitude (-90 to 90), in degrees"
    );
    wrong["id"] = json!("other");
    officer.call("PUT", "/api/v1/places/a109", &wrong).await.is_problem(422, "unacceptable");
    assert_eq!(officer.call("DELETE", "/api/v1/places/a109", &json!(null)).await.status, 204);
    officer.call("GET", "/api/v1/places/a109", &json!(null)).await.is_problem(404, "not-found");
}

#[tokio::test]
async fn a_collection_is_looked_at_first_and_taken_without_what_is_wrong() {
    let world = World::new();
    let officer = world.client("operator").await;
    let yard = |id: &str, radius: f64| {
        json!({"type": "Feature", "id": id, "properties": {"kind": "stop", "radius_m": radius},
               "geometry": {"type": "Point", "coordinates": [34.3, 0.63]}})
    };
    let features: Vec<_> =
        (0..600).map(|n| yard(&format!("yard-{n}"), if n == 7 { -1.0 } else { 200.0 })).collect();
    let collection = json!({"type": "FeatureCollection", "features": features});
    let looked = officer.call("POST", "/api/v1/places/import?dry_run=yes", &collection).await.json();
    assert_eq!(
        (&looked["rows"], &looked["taken"], &looked["dry_run"]),
        (&json!(600), &json!(599), &json!(true))
    );
    assert_eq!(
        looked["faults"][0],
        json!({"row": 8, "field": "properties.radius_m", "why": "metres above 0 and up to 500000"})
    );
    assert_eq!(officer.json("/places").await["features"], json!([]));
    let taken = officer.call("POST", "/api/v1/places/import", &collection).await.json();
    assert_eq!(taken["taken"], 599);
    assert_eq!(officer.json("/places").await["features"].as_array().unwrap().len(), 599);
    officer.call("POST", "/api/v1/places/import", &json!([])).await.is_problem(422, "unacceptable");
    let twice = json!({"features": [yard("same", 10.0), yard("same", 20.0)]});
    let taken = officer.call("POST", "/api/v1/places/import", &twice).await.json();
    assert_eq!(taken["taken"], 1);
    let why = "another feature of this file has the identifier same already";
    assert_eq!(taken["faults"], json!([{"row": 2, "field": "id", "why": why}]));
    assert_eq!(officer.json("/places/same").await["properties"]["radius_m"], 10.0);
}
