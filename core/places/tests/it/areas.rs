//! Polygons and circles: on the grid as without, as `geo` has it, over the antimeridian and round the poles.

use geo::{Contains, Coord, LineString, Polygon};
use plomb_places::{Place, Places, Point, metres_between};
use proptest::prelude::*;
use serde_json::json;

use crate::{at, place, zone};

/// A star of so many points round a middle: it never crosses itself.
fn star(middle: (f64, f64), radii: &[f64]) -> Vec<[f64; 2]> {
    let step = std::f64::consts::TAU / f64::from(u32::try_from(radii.len()).unwrap());
    radii
        .iter()
        .zip(0_u32..)
        .map(|(radius, place)| {
            let angle = step * f64::from(place);
            [middle.0 + radius * angle.cos(), middle.1 + radius * angle.sin()]
        })
        .collect()
}

fn found(places: &Places, point: Point) -> Vec<&str> {
    let mut found: Vec<&str> = places.at(point).map(|place| &*place.id).collect();
    found.sort_unstable();
    found
}

fn searched(all: &[Place], point: Point) -> Vec<&str> {
    let mut found: Vec<&str> =
        all.iter().filter(|place| place.contains(point)).map(|place| &*place.id).collect();
    found.sort_unstable();
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_polygon_contains_what_geo_says(
        middle in (-170.0..170.0_f64, -70.0..70.0_f64),
        radii in proptest::collection::vec(0.01..4.0_f64, 3..20),
        offsets in proptest::collection::vec((-5.0..5.0_f64, -5.0..5.0_f64), 40),
    ) {
        let ring = star(middle, &radii);
        let ours = zone("z", &ring);
        let line: LineString<f64> = ring.iter().map(|[x, y]| Coord { x: *x, y: *y }).collect();
        let theirs = Polygon::new(line, vec![]);
        for (east, north) in offsets {
            let (x, y) = (middle.0 + east, middle.1 + north);
            prop_assert_eq!(ours.contains(at(y, x)), theirs.contains(&Coord { x, y }), "{} {}", x, y);
        }
    }

    #[test]
    fn the_grid_finds_what_a_search_finds(
        zones in proptest::collection::vec(
            ((-179.9..179.9_f64, -85.0..85.0_f64), proptest::collection::vec(0.02..3.0_f64, 3..9)), 1..25),
        circles in proptest::collection::vec(((-180.0..180.0_f64, -90.0..90.0_f64), 10.0..200_000.0_f64), 0..10),
        offsets in proptest::collection::vec((-3.0..3.0_f64, -3.0..3.0_f64), 20),
    ) {
        let (mut places, mut all) = (Places::default(), Vec::new());
        // Longitudes beyond the antimeridian come in from the other side.
        let wrap = |x: f64| if x > 180.0 { x - 360.0 } else if x < -180.0 { x + 360.0 } else { x };
        for (number, (middle, radii)) in zones.iter().enumerate() {
            let ring: Vec<[f64; 2]> =
                star(*middle, radii).into_iter().map(|[x, y]| [wrap(x), y.clamp(-90.0, 90.0)]).collect();
            all.push(zone(&format!("z{number}"), &ring));
        }
        for (number, ((x, y), radius)) in circles.iter().enumerate() {
            let feature = json!({"type": "Feature", "id": format!("c{number}"),
                "properties": {"kind": "stop", "radius_m": radius},
                "geometry": {"type": "Point", "coordinates": [x, y]}});
            all.push(Place::of(&feature).unwrap());
        }
        for known in &all {
            prop_assert!(places.put(known.clone()));
        }
        let middles = zones.iter().map(|(middle, _)| *middle).chain(circles.iter().map(|(middle, _)| *middle));
        for (x, y) in middles {
            for (east, north) in &offsets {
                let point = at((y + north / 10.0).clamp(-90.0, 90.0), wrap(x + east / 10.0));
                prop_assert_eq!(found(&places, point), searched(&all, point), "{:?}", point);
            }
        }
        // Taken away and put back, nothing has changed.
        let first = all[0].clone();
        prop_assert!(places.remove(&first.id) && places.get(&first.id).is_none());
        prop_assert!(places.at(at(zones[0].0.1, zones[0].0.0)).all(|place| place.id != first.id));
        prop_assert!(places.put(first) && places.len() == all.len());
    }
}

#[test]
fn over_the_antimeridian() {
    let fiji = [[177.0, -19.0], [-178.0, -19.0], [-178.0, -16.0], [177.0, -16.0]];
    let mut places = Places::default();
    places.put(zone("fiji", &fiji));
    // Split at the line, as RFC 7946 section 3.1.9 has it.
    let halves = json!({"type": "MultiPolygon", "coordinates": [
        [[[177.0, -19.0], [180.0, -19.0], [180.0, -16.0], [177.0, -16.0], [177.0, -19.0]]],
        [[[-180.0, -19.0], [-178.0, -19.0], [-178.0, -16.0], [-180.0, -16.0], [-180.0, -19.0]]],
    ]});
    places.put(place("halves", "stop", &halves));
    for (longitude, inside) in
        [(178.0, true), (180.0, true), (-179.0, true), (-177.9, false), (176.9, false), (0.0, false)]
    {
        let expected: &[&str] = if inside { &["fiji", "halves"] } else { &[] };
        // The line itself belongs to one of the halves or to neither, as any edge.
        let point = at(-17.0, if longitude == 180.0 { 179.999_999 } else { longitude });
        assert_eq!(found(&places, point), expected, "{longitude}");
    }
}

#[test]
fn round_a_pole_and_with_a_hole() {
    let mut places = Places::default();
    places.put(zone("arctic", &[[0.0, 70.0], [90.0, 70.0], [180.0, 70.0], [-90.0, 70.0]]));
    let ring = json!({"type": "Polygon", "coordinates": [
        [[10.0, 10.0], [20.0, 10.0], [20.0, 20.0], [10.0, 20.0], [10.0, 10.0]],
        [[14.0, 14.0], [16.0, 14.0], [16.0, 16.0], [14.0, 16.0], [14.0, 14.0]],
    ]});
    places.put(place("ring", "restricted", &ring));
    for longitude in [-179.0, -90.0, -1.0, 0.0, 45.0, 179.0] {
        assert_eq!(found(&places, at(71.0, longitude)), ["arctic"], "{longitude}");
        assert!(found(&places, at(69.0, longitude)).is_empty());
    }
    assert_eq!(found(&places, at(90.0 - 1e-9, 12.0)), ["arctic"]);
    assert_eq!(found(&places, at(11.0, 11.0)), ["ring"]);
    assert!(found(&places, at(15.0, 15.0)).is_empty());
}

#[test]
fn a_circle_is_round_wherever_it_is() {
    for (latitude, longitude) in [(0.0, 0.0), (67.0, 180.0), (-89.5, 20.0), (89.999, -50.0)] {
        let mut places = Places::default();
        places.put(place("c", "office", &json!({"type": "Point", "coordinates": [longitude, latitude]})));
        let middle = at(latitude, longitude);
        for step in 0..72 {
            let angle = f64::from(step) * 5.0_f64.to_radians();
            for metres in [990.0, 1010.0] {
                let north = metres / 111_195.0 * angle.sin();
                let east = metres / 111_195.0 * angle.cos() / latitude.to_radians().cos();
                let longitude = (longitude + east + 540.0).rem_euclid(360.0) - 180.0;
                let point = at((latitude + north).clamp(-90.0, 90.0), longitude);
                let inside = metres_between(middle, point) <= 1000.0;
                assert_eq!(places.at(point).next().is_some(), inside, "{point:?}");
            }
        }
    }
}
