//! Routes: a line of great-circle legs with a width.

use crate::arc::{Point, chord_square, cross, dot, metres_of_chord, metres_of_half_chord};

/// Legs on either side of the last one that are looked at before all others.
const NEAR_LEGS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Leg {
    from: [f64; 3],
    to: [f64; 3],
    /// Unit vector across the leg; nothing where both ends are one.
    across: [f64; 3],
    /// Normals of the planes that stand upright on its ends.
    begins: [f64; 3],
    ends: [f64; 3],
    /// Metres from the start of the route, and of the leg.
    starts_m: f64,
    metres: f64,
}

/// A route.
#[derive(Clone, Debug, PartialEq)]
pub struct Corridor {
    legs: Vec<Leg>,
    points: Vec<Point>,
    half_width_m: f64,
}

/// Where a point lies on a route.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// The nearest leg.
    pub leg: usize,
    /// Metres from the start, along the route.
    pub along_m: f64,
    /// Metres from the route, to either side.
    pub off_m: f64,
}

impl Corridor {
    /// Of at least two points that are not one place, in their order; `half_width_m` to either side still belongs to it.
    pub(crate) fn of(points: Vec<Point>, half_width_m: f64) -> Option<Self> {
        let units: Vec<[f64; 3]> = points.iter().map(|point| point.unit()).collect();
        let mut legs = Vec::with_capacity(points.len());
        let mut starts_m = 0.0;
        for (from, to) in units.iter().zip(units.iter().skip(1)) {
            let normal = cross(*from, *to);
            let length = dot(normal, normal).sqrt();
            let across = if length > 0.0 { normal.map(|part| part / length) } else { [0.0; 3] };
            let metres = metres_of_chord(*from, *to);
            let (begins, ends) = (cross(across, *from), cross(*to, across));
            legs.push(Leg { from: *from, to: *to, across, begins, ends, starts_m, metres });
            starts_m += metres;
        }
        (starts_m > 0.0).then_some(Self { legs, points, half_width_m })
    }

    /// The points, in their order.
    #[must_use]
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// Metres to either side that still belong to it.
    #[must_use]
    pub const fn half_width_m(&self) -> f64 {
        self.half_width_m
    }

    /// Metres from the start to the end.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.legs.last().map_or(0.0, |leg| leg.starts_m + leg.metres)
    }

    /// Where a point lies. `hint` is the leg of an earlier point: while the point is within the corridor near it, only
    /// the legs around are looked at, otherwise all.
    #[must_use]
    pub fn progress(&self, point: Point, hint: usize) -> Progress {
        let unit = point.unit();
        let near = hint.saturating_sub(NEAR_LEGS)..(hint + NEAR_LEGS + 1).min(self.legs.len());
        let nearest = |legs: std::ops::Range<usize>| {
            let start = legs.start;
            let legs = self.legs.get(legs)?.iter().zip(start..);
            legs.map(|(leg, place)| (leg.chord_square(unit), leg, place)).min_by(|a, b| a.0.total_cmp(&b.0))
        };
        let told = |(square, leg, place): (f64, &Leg, usize)| Progress {
            leg: place,
            along_m: leg.starts_m + leg.along(unit),
            off_m: metres_of_half_chord(square.sqrt() / 2.0),
        };
        nearest(near)
            .map(told)
            .filter(|found| found.off_m <= self.half_width_m)
            .or_else(|| nearest(0..self.legs.len()).map(told))
            .unwrap_or(Progress { leg: 0, along_m: 0.0, off_m: f64::INFINITY })
    }
}

impl Leg {
    fn is_beside(&self, point: [f64; 3]) -> bool {
        self.metres > 0.0 && dot(self.begins, point) >= 0.0 && dot(self.ends, point) >= 0.0
    }

    /// The square of the chord from a point to the nearest of the leg: cheaper than the arc, and in the same order.
    fn chord_square(&self, point: [f64; 3]) -> f64 {
        if self.is_beside(point) {
            // The sine of the angle aside, and by its square the chord, without loss where it is small.
            let sine = dot(self.across, point);
            let square = sine * sine;
            2.0 * square / (1.0 + (1.0 - square).max(0.0).sqrt())
        } else {
            chord_square(self.from, point).min(chord_square(self.to, point))
        }
    }

    /// Metres from its start to the foot of a point.
    fn along(&self, point: [f64; 3]) -> f64 {
        if !self.is_beside(point) {
            let nearer = chord_square(self.from, point) <= chord_square(self.to, point);
            return if nearer { 0.0 } else { self.metres };
        }
        let aside = dot(self.across, point);
        let [x, y, z] = [0, 1, 2].map(|axis: usize| {
            let part = |vector: [f64; 3]| vector.get(axis).copied().unwrap_or_default();
            part(point) - aside * part(self.across)
        });
        let length = (x * x + y * y + z * z).sqrt();
        if length <= 0.0 {
            return 0.0;
        }
        metres_of_chord(self.from, [x / length, y / length, z / length]).min(self.metres)
    }
}
