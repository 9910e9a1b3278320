//! Features: read, written, read again; and what is said of those that are wrong.

use plomb_places::{Kind, Place, Shape};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::feature;

#[test]
fn what_is_written_is_read_again() {
    for (kind, geometry) in [
        ("office", json!({"type": "Point", "coordinates": [34.3, 0.63]})),
        ("route", json!({"type": "LineString", "coordinates": [[39.6, -4.0], [32.5, 0.3]]})),
        (
            "gap",
            json!({"type": "Polygon", "coordinates": [[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]]}),
        ),
    ] {
        let place = Place::of(&feature("malaba.1", kind, &geometry)).unwrap();
        assert_eq!((place.kind.name(), &*place.name), (kind, "malaba.1"));
        assert_eq!(Place::of(&place.feature()).unwrap(), place);
    }
    let route = json!({"type": "LineString", "coordinates": [[0.0, 0.0], [1.0, 0.0]]});
    let route = Place::of(&feature("r", "route", &route)).unwrap();
    assert!(matches!(&route.shape, Shape::Corridor(line) if line.half_width_m() == 1000.0));
    assert_eq!(route.kind, Kind::Route);
}

#[test]
fn what_is_wrong_is_named() {
    let point = json!({"type": "Point", "coordinates": [34.3, 0.63]});
    let open = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]});
    let line = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]});
    let nowhere = json!({"type": "LineString", "coordinates": [[34.0, 0.6], [34.0, 0.6]]});
    let swapped = json!({"type": "LineString", "coordinates": [[0.6, 34.0], [0.6, 134.0]]});
    for (given, said) in [
        (json!({"type": "Thing"}), "type: it must be Feature"),
        (feature("a b", "office", &point), "id: letters, digits, '-', '_' and '.', at most 100"),
        (
            feature("a", "palace", &point),
            "properties.kind: it must be one of checkpoint, office, stop, restricted, gap, route",
        ),
        (
            feature("a", "gap", &open),
            "geometry.coordinates[0]: a ring has at least four points, and its last is its first",
        ),
        (
            feature("a", "gap", &line),
            "geometry.coordinates[0]: a ring encloses an area: three points that are not in line",
        ),
        (
            feature("a", "route", &nowhere),
            "geometry.coordinates: a line has at least two points that are not one place",
        ),
        (
            feature("a", "route", &swapped),
            "geometry.coordinates[1]: longitude (-180 to 180), then latitude (-90 to 90), in degrees",
        ),
        (feature("a", "route", &point), "geometry: a route is a LineString, and every other place is none"),
        (
            json!({"type": "Feature", "id": "a", "properties": {"kind": "stop"}, "geometry": point}),
            "properties.radius_m: metres above 0 and up to 500000",
        ),
    ] {
        assert_eq!(Place::of(&given).unwrap_err().to_string(), said);
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-400.0..400.0_f64).prop_map(Value::from),
        "Feature|Point|Polygon|MultiPolygon|LineString|route|gap".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(
                "type|id|properties|geometry|coordinates|kind|radius_m|width_m",
                inner,
                0..6
            )
            .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn anything_is_a_place_or_a_reason(geometry in anything(), whole in anything()) {
        drop(Place::of(&whole));
        for kind in Kind::ALL {
            if let Ok(place) = Place::of(&feature("a", kind.name(), &geometry)) {
                prop_assert_eq!(Place::of(&place.feature()).unwrap(), place);
            }
        }
    }

    #[test]
    fn any_coordinates_are_places_or_reasons(rings in proptest::collection::vec(
        proptest::collection::vec((-181.0..181.0_f64, -91.0..91.0_f64), 0..6), 0..4)) {
        let closed: Vec<Vec<[f64; 2]>> = rings.iter().map(|ring| {
            ring.iter().chain(ring.first()).map(|(x, y)| [*x, *y]).collect()
        }).collect();
        if let Ok(place) = Place::of(&feature("a", "gap", &json!({"type": "Polygon", "coordinates": closed}))) {
            let mut places = plomb_places::Places::default();
            prop_assert!(places.put(place));
        }
    }
}
