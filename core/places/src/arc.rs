//! Points and distances on the mean sphere, the same on every machine.
//!
//! Only additions, multiplications, divisions and square roots are used, which IEEE 754 makes exact to the last bit
//! everywhere; library cosines are not.

/// Mean radius of the earth in metres (IUGG).
pub const EARTH_RADIUS_M: f64 = 6_371_008.8;
const RADIANS: f64 = std::f64::consts::PI / 180.0;

/// A point on the globe, WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Degrees, north positive, -90 to 90.
    pub latitude: f64,
    /// Degrees, east positive, -180 to 180.
    pub longitude: f64,
}

impl Point {
    /// Of hundred-nanodegrees, as devices have them.
    #[must_use]
    pub fn of_e7(latitude: i32, longitude: i32) -> Self {
        Self { latitude: f64::from(latitude) / 1e7, longitude: f64::from(longitude) / 1e7 }
    }

    /// The unit vector from the earth's middle.
    pub(crate) fn unit(self) -> [f64; 3] {
        let (lat, lon) = (self.latitude * RADIANS, self.longitude * RADIANS);
        let flat = cosine(lat);
        [flat * cosine(lon), flat * sine(lon), sine(lat)]
    }
}

/// Distance in metres on the mean sphere; within 0.6 % of the ellipsoid.
#[must_use]
pub fn metres_between(a: Point, b: Point) -> f64 {
    metres_of_chord(a.unit(), b.unit())
}

/// The arc between two unit vectors, by their chord: exact for near points too.
pub(crate) fn metres_of_chord(a: [f64; 3], b: [f64; 3]) -> f64 {
    metres_of_half_chord(chord_square(a, b).sqrt() / 2.0)
}

/// The arc over a chord of which this is half, on the unit sphere.
pub(crate) fn metres_of_half_chord(half: f64) -> f64 {
    2.0 * EARTH_RADIUS_M * arc_sine(half.min(1.0))
}

/// The square of the straight line between two unit vectors.
pub(crate) const fn chord_square(a: [f64; 3], b: [f64; 3]) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

pub(crate) const fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub(crate) const fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// A difference of longitudes in degrees, the short way round.
pub(crate) fn turn(from: f64, to: f64) -> f64 {
    let turn = to - from;
    if turn > 180.0 {
        turn - 360.0
    } else if turn < -180.0 {
        turn + 360.0
    } else {
        turn
    }
}

/// Taylor series, for |x| <= π (error below 1e-12 after folding to π/2).
pub(crate) fn sine(x: f64) -> f64 {
    use std::f64::consts::{FRAC_PI_2, PI};
    let x = if x > FRAC_PI_2 {
        PI - x
    } else if x < -FRAC_PI_2 {
        -PI - x
    } else {
        x
    };
    /// One over the odd factorials up to 17, their signs in turn, the last first.
    const FACTORS: [f64; 8] = [
        1.0 / 355_687_428_096_000.0,
        -1.0 / 1_307_674_368_000.0,
        1.0 / 6_227_020_800.0,
        -1.0 / 39_916_800.0,
        1.0 / 362_880.0,
        -1.0 / 5_040.0,
        1.0 / 120.0,
        -1.0 / 6.0,
    ];
    let square = x * x;
    x + x * square * FACTORS.iter().fold(0.0, |sum, factor| sum * square + factor)
}

/// For |x| <= π.
pub(crate) fn cosine(x: f64) -> f64 {
    sine(std::f64::consts::FRAC_PI_2 - x.abs())
}

/// By halving the angle until the series converges fast: asin x = 2 asin(x / (√2 √(1 + √(1 - x²)))).
pub(crate) fn arc_sine(x: f64) -> f64 {
    let mut x = x;
    let mut doublings = 1.0;
    while x.abs() > 0.1 {
        x /= (2.0 * (1.0 + (1.0 - x * x).sqrt())).sqrt();
        doublings *= 2.0;
    }
    let square = x * x;
    let series = 1.0
        + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (15.0 / 336.0 + square * 105.0 / 3456.0)));
    doublings * x * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sines_and_distances_are_those_of_the_library() {
        for step in -180..=180 {
            let x = f64::from(step) * RADIANS;
            assert!((sine(x) - x.sin()).abs() < 1e-11 && (cosine(x) - x.cos()).abs() < 1e-11, "{step}");
        }
        let mombasa = Point { latitude: -4.0435, longitude: 39.6682 };
        let kampala = Point { latitude: 0.3476, longitude: 32.5825 };
        let (p, q) = (mombasa.latitude * RADIANS, kampala.latitude * RADIANS);
        let dl = (kampala.longitude - mombasa.longitude) * RADIANS;
        let h = ((q - p) / 2.0).sin().powi(2) + p.cos() * q.cos() * (dl / 2.0).sin().powi(2);
        let reference = 2.0 * EARTH_RADIUS_M * h.sqrt().asin();
        assert!((metres_between(mombasa, kampala) - reference).abs() < 0.01);
        let date_line = [179.9, -179.9].map(|longitude| Point { latitude: 0.0, longitude });
        assert!((metres_between(date_line[0], date_line[1]) - 22_239.0).abs() < 1.0);
    }
}
