//! Where points lie, against the crate `geo` and against a search without an index.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

mod areas;
mod corridors;
mod features;

use plomb_places::{Place, Point};
use serde_json::{Value, json};

fn at(latitude: f64, longitude: f64) -> Point {
    Point { latitude, longitude }
}

fn feature(id: &str, kind: &str, geometry: &Value) -> Value {
    json!({"type": "Feature", "id": id, "geometry": geometry,
           "properties": {"kind": kind, "radius_m": 1000.0, "width_m": 2000.0}})
}

fn place(id: &str, kind: &str, geometry: &Value) -> Place {
    Place::of(&feature(id, kind, geometry)).unwrap()
}

/// A zone of one ring, longitude and latitude.
fn zone(id: &str, ring: &[[f64; 2]]) -> Place {
    let closed: Vec<[f64; 2]> = ring.iter().copied().chain(ring.first().copied()).collect();
    place(id, "restricted", &json!({"type": "Polygon", "coordinates": [closed]}))
}
