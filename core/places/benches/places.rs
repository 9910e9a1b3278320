//! Nanoseconds a point: in which of 10,000 zones it lies, and where on a route of 200 legs.
//!
//! Zones have 32 corners and are 2 to 22 km wide, clustered round 500 hubs over 60 by 60 degrees; half of the points are
//! near hubs. Run with `cargo bench -p plomb-places`.

#![allow(
    clippy::indexing_slicing,
    clippy::expect_used,
    reason = "a benchmark stops at the first thing that is not so"
)]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use plomb_places::{Place, Places, Point};
use serde_json::json;

const POINTS: usize = 10_000;

fn main() {
    divan::main();
}

/// SplitMix64, as a share of 1.
struct Draw(u64);

impl Draw {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    fn of(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.share()
    }
}

fn zones(draw: &mut Draw) -> (Places, Vec<Point>) {
    let hubs: Vec<(f64, f64)> = (0..500).map(|_| (draw.of(0.0, 60.0), draw.of(0.0, 60.0))).collect();
    let mut places = Places::default();
    for number in 0..10_000 {
        let hub = hubs[number % hubs.len()];
        let middle = (hub.0 + draw.of(-0.3, 0.3), hub.1 + draw.of(-0.3, 0.3));
        let radius = draw.of(0.01, 0.1);
        let mut ring: Vec<[f64; 2]> = (0..32_u32)
            .map(|corner| {
                let (angle, far) =
                    (f64::from(corner) * std::f64::consts::TAU / 32.0, radius * draw.of(0.7, 1.0));
                [middle.0 + far * angle.cos(), middle.1 + far * angle.sin()]
            })
            .collect();
        ring.push(ring[0]);
        let feature = json!({"type": "Feature", "id": format!("z{number}"), "properties": {"kind": "restricted"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}});
        assert!(places.put(Place::of(&feature).expect("a zone")));
    }
    let points = (0..POINTS)
        .map(|number| {
            let hub = hubs[number % hubs.len()];
            let (x, y) = if number % 2 == 0 {
                (hub.0 + draw.of(-0.3, 0.3), hub.1 + draw.of(-0.3, 0.3))
            } else {
                (draw.of(0.0, 60.0), draw.of(0.0, 60.0))
            };
            Point { latitude: y, longitude: x }
        })
        .collect();
    (places, points)
}

#[divan::bench]
fn point_in_10_000_zones(bencher: Bencher<'_, '_>) {
    let (places, points) = zones(&mut Draw(7));
    bencher
        .counter(ItemsCount::new(POINTS))
        .bench_local(|| points.iter().map(|point| places.at(black_box(*point)).count()).sum::<usize>());
}

fn route(draw: &mut Draw) -> (Place, Vec<Point>) {
    let mut line = vec![[39.6, -4.0]];
    for _ in 0..200 {
        let [x, y] = line[line.len() - 1];
        line.push([x - draw.of(0.02, 0.05), y + draw.of(-0.01, 0.03)]);
    }
    let points = line
        .windows(2)
        .flat_map(|leg| {
            let shares: Vec<f64> = (0..50).map(|step| f64::from(step) / 50.0).collect();
            shares
                .into_iter()
                .map(|share| {
                    let mut mix = |axis: usize| {
                        leg[0][axis] + (leg[1][axis] - leg[0][axis]) * share + draw.of(-0.002, 0.002)
                    };
                    Point { longitude: mix(0), latitude: mix(1) }
                })
                .collect::<Vec<_>>()
        })
        .collect();
    let feature = json!({"type": "Feature", "id": "r", "properties": {"kind": "route", "width_m": 2000.0},
        "geometry": {"type": "LineString", "coordinates": line}});
    (Place::of(&feature).expect("a route"), points)
}

#[divan::bench]
fn corridor_of_200_legs_with_a_warm_hint(bencher: Bencher<'_, '_>) {
    let (place, points) = route(&mut Draw(7));
    let corridor = place.corridor().expect("a corridor");
    bencher.counter(ItemsCount::new(points.len())).bench_local(|| {
        let mut hint = 0;
        points
            .iter()
            .map(|point| {
                let found = corridor.progress(black_box(*point), hint);
                hint = found.leg;
                found.off_m
            })
            .sum::<f64>()
    });
}
