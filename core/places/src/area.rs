//! Polygons as GeoJSON has them: an edge is a straight line in longitude and latitude (RFC 7946, section 3.1.1), and a
//! ring may run over the antimeridian or round a pole.

use crate::arc::{Point, turn};

/// Less than this is no area but rounding: about a square centimetre.
const AREA_SQUARE_DEGREES_MIN: f64 = 1e-14;

/// A closed ring, its longitudes run on beyond 180 where it crosses the antimeridian.
#[derive(Clone, Debug, PartialEq)]
pub struct Ring {
    /// Longitude, latitude; the last is not the first again.
    points: Vec<(f64, f64)>,
    /// West, south, east, north.
    bounds: [f64; 4],
    /// As it was drawn.
    drawn: Vec<Point>,
}

impl Ring {
    /// Of the points of a ring in their order, the first not repeated at the end. At least three, round an area.
    pub(crate) fn of(points: &[Point]) -> Option<Self> {
        let first = points.first()?;
        if points.len() < 3 {
            return None;
        }
        let mut run: Vec<(f64, f64)> = Vec::with_capacity(points.len() + 2);
        let (mut longitude, mut before) = (first.longitude, first.longitude);
        for point in points {
            longitude += turn(before, point.longitude);
            before = point.longitude;
            run.push((longitude, point.latitude));
        }
        let round = longitude + turn(before, first.longitude) - first.longitude;
        if round.abs() > 180.0 {
            // Round a pole: closed along the pole that it is nearer to.
            let mean: f64 = points.iter().map(|point| point.latitude).sum();
            let pole = if mean < 0.0 { -90.0 } else { 90.0 };
            run.push((first.longitude + round, first.latitude));
            run.push((first.longitude + round, pole));
            run.push((first.longitude, pole));
        }
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        for (longitude, latitude) in &run {
            bounds = [
                bounds[0].min(*longitude),
                bounds[1].min(*latitude),
                bounds[2].max(*longitude),
                bounds[3].max(*latitude),
            ];
        }
        let ring = Self { points: run, bounds, drawn: points.to_vec() };
        // Twice the area, in square degrees from the first point on: what is left by rounding is none.
        let (west, south) = (bounds[0], bounds[1]);
        let twice: f64 = ring
            .edges()
            .map(|((ax, ay), (bx, by))| (ax - west) * (by - south) - (bx - west) * (ay - south))
            .sum();
        (twice.abs() > AREA_SQUARE_DEGREES_MIN).then_some(ring)
    }

    /// The points as they were drawn, the first not repeated.
    #[must_use]
    pub fn drawn(&self) -> &[Point] {
        &self.drawn
    }

    /// Edges: longitude and latitude of both ends.
    pub(crate) fn edges(&self) -> impl Iterator<Item = ((f64, f64), (f64, f64))> + '_ {
        self.points.iter().copied().zip(self.points.iter().copied().cycle().skip(1))
    }

    /// West, south, east, north; west may be below -180 or east above 180.
    pub(crate) const fn bounds(&self) -> [f64; 4] {
        self.bounds
    }

    /// Whether a point lies within; on an edge it may be either, and never in two neighbours at once.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        let [west, south, east, north] = self.bounds;
        if point.latitude < south || point.latitude > north {
            return false;
        }
        [-360.0, 0.0, 360.0]
            .into_iter()
            .map(|shift| point.longitude + shift)
            .any(|longitude| (west..=east).contains(&longitude) && self.crossed(longitude, point.latitude))
    }

    /// Whether a ray to the east crosses the ring an odd number of times.
    fn crossed(&self, longitude: f64, latitude: f64) -> bool {
        let mut inside = false;
        for ((from_lon, from_lat), (to_lon, to_lat)) in self.edges() {
            if (from_lat > latitude) != (to_lat > latitude) {
                let at = from_lon + (latitude - from_lat) / (to_lat - from_lat) * (to_lon - from_lon);
                inside ^= longitude < at;
            }
        }
        inside
    }
}

/// A ring with holes.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    /// The outer ring.
    pub outer: Ring,
    /// What is cut out of it.
    pub holes: Vec<Ring>,
}

impl Polygon {
    /// Whether a point lies within.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        self.outer.contains(point) && !self.holes.iter().any(|hole| hole.contains(point))
    }

    pub(crate) fn rings(&self) -> impl Iterator<Item = &Ring> {
        std::iter::once(&self.outer).chain(&self.holes)
    }
}
