//! Routes: how far along and how far off, near the equator, in the north, over the antimeridian.

use plomb_places::{Corridor, Place, Point, metres_between};
use proptest::prelude::*;
use serde_json::json;

use crate::{at, place};

fn route(points: &[[f64; 2]]) -> Place {
    place("r", "route", &json!({"type": "LineString", "coordinates": points}))
}

fn corridor(place: &Place) -> &Corridor {
    place.corridor().unwrap()
}

/// The point a share of the way along a great circle, by turning one vector to the other.
fn between(from: Point, to: Point, share: f64) -> Point {
    let unit = |p: Point| {
        let (lat, lon) = (p.latitude.to_radians(), p.longitude.to_radians());
        [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
    };
    let (a, b) = (unit(from), unit(to));
    let angle = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]).clamp(-1.0, 1.0).acos();
    let (p, q) = (((1.0 - share) * angle).sin() / angle.sin(), (share * angle).sin() / angle.sin());
    let v = [0, 1, 2].map(|axis| p * a[axis] + q * b[axis]);
    at(v[2].asin().to_degrees(), v[1].atan2(v[0]).to_degrees())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Against the nearest of a thousand points on each leg.
    #[test]
    fn off_and_along_are_those_of_a_dense_line(
        start in (-180.0..180.0_f64, -80.0..80.0_f64),
        steps in proptest::collection::vec((-2.0..2.0_f64, -1.0..1.0_f64), 1..6),
        aside in (-1.0..1.0_f64, -0.5..0.5_f64),
        hint in 0..6_usize,
    ) {
        let wrap = |x: f64| (x + 540.0).rem_euclid(360.0) - 180.0;
        let mut points = vec![[start.0, start.1]];
        let (mut x, mut y) = start;
        for (east, north) in steps {
            x += east + 0.01;
            y = (y + north).clamp(-85.0, 85.0);
            points.push([wrap(x), y]);
        }
        let route = route(&points);
        let point = at((points[0][1] + aside.1).clamp(-89.0, 89.0), wrap(points[0][0] + aside.0));
        let found = corridor(&route).progress(point, hint);
        let mut nearest = f64::INFINITY;
        for leg in points.windows(2) {
            let (from, to) = (at(leg[0][1], leg[0][0]), at(leg[1][1], leg[1][0]));
            for share in 0..=1000 {
                nearest = nearest.min(metres_between(point, between(from, to, f64::from(share) / 1000.0)));
            }
        }
        // A dense line has a point every few hundred metres.
        prop_assert!(found.off_m <= nearest + 0.01, "{} {}", found.off_m, nearest);
        prop_assert!(nearest - found.off_m < 260.0, "{} {}", found.off_m, nearest);
        prop_assert!(found.along_m >= 0.0 && found.along_m <= corridor(&route).length_m() + 0.01);
    }
}

#[test]
fn along_a_leg_over_the_antimeridian() {
    let pacific = route(&[[179.0, 50.0], [-179.0, 50.0], [-177.0, 50.0]]);
    let line = corridor(&pacific);
    let middle = line.progress(at(50.0, 180.0), 0);
    // The great circle runs north of the parallel: tan(top) = tan(50°) / cos(1°).
    let top = (50.0_f64.to_radians().tan() / 1.0_f64.to_radians().cos()).atan();
    let expected = (top - 50.0_f64.to_radians()) * plomb_places::EARTH_RADIUS_M;
    assert!((middle.off_m - expected).abs() < 0.01, "{middle:?}, {expected}");
    assert!((middle.along_m - line.length_m() / 4.0).abs() < 10.0, "{middle:?}");
    assert_eq!(line.progress(at(50.0, -178.0), 0).leg, 1);
    assert!(!pacific.contains(at(51.0, 180.0)) && pacific.contains(at(50.005, 179.5)));
}

#[test]
fn a_hint_does_not_hide_a_nearer_leg_from_a_point_outside() {
    // There and back again, ten kilometres apart.
    let hairpin = route(&[[30.0, 0.0], [31.0, 0.0], [32.0, 0.0], [32.0, 0.1], [31.0, 0.1], [30.0, 0.1]]);
    let line = corridor(&hairpin);
    assert_eq!(line.progress(at(0.1, 30.5), 0).leg, 4);
    assert_eq!(line.progress(at(0.0, 30.5), 4).leg, 0);
}
