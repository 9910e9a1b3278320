//! Places and routes: where customs watches, waits and lets pass, and where a point lies in them.
//!
//! A [`Place`] is read from GeoJSON ([`Place::of`]); [`Places`] answers in which places a point lies, and
//! [`Corridor::progress`] how far along a route and off it. Nothing here reads a clock or a file, and only additions,
//! multiplications and square roots touch a coordinate, so that every machine finds the same.

mod arc;
mod area;
mod corridor;
mod geojson;
mod grid;
mod place;
mod places;

pub use arc::{EARTH_RADIUS_M, Point, metres_between};
pub use area::{Polygon, Ring};
pub use corridor::{Corridor, Progress};
pub use geojson::{POINTS_MAX, WIDTH_M_MAX};
pub use place::{BadPlace, Kind, NAME_BYTES_MAX, Place, Shape};
pub use places::{PLACES_MAX, Places};
