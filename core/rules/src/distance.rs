//! Distance between two positions, the same on every machine.
//!
//! Only additions, multiplications and square roots are used, which IEEE 754 makes exact to the last bit
//! everywhere; library cosines are not.

use plomb_model::Position;

/// Mean radius of the earth in metres (IUGG).
const EARTH_RADIUS_M: f64 = 6_371_008.8;

/// Distance in metres on the mean sphere. Within 0.6 % of the ellipsoid; for rules, not for surveying.
#[must_use]
pub fn metres_between(a: &Position, b: &Position) -> i64 {
    let radians = |e7: i64| e7_to_f64(e7) * (std::f64::consts::PI / 180.0 / 1e7);
    let (lat_a, lat_b) = (i64::from(a.latitude.e7()), i64::from(b.latitude.e7()));
    let mut turn = i64::from(b.longitude.e7()) - i64::from(a.longitude.e7());
    if turn > 1_800_000_000 {
        turn -= 3_600_000_000;
    } else if turn < -1_800_000_000 {
        turn += 3_600_000_000;
    }
    // The chord through the sphere, and from it the arc.
    let (sin_lat, sin_lon) = (sine(radians(lat_b - lat_a) / 2.0), sine(radians(turn) / 2.0));
    let h = sin_lat * sin_lat + cosine(radians(lat_a)) * cosine(radians(lat_b)) * sin_lon * sin_lon;
    let metres = 2.0 * EARTH_RADIUS_M * arc_sine(h.clamp(0.0, 1.0).sqrt());
    #[expect(clippy::cast_possible_truncation, reason = "half the earth's girth is far below 2^63")]
    let whole = metres as i64;
    whole
}

#[expect(clippy::cast_precision_loss, reason = "at most 3.6e9, exact in a double")]
const fn e7_to_f64(e7: i64) -> f64 {
    e7 as f64
}

/// Taylor series, for |x| <= π/2 (error below 1e-12).
fn sine(x: f64) -> f64 {
    let square = x * x;
    let mut term = x;
    let mut sum = x;
    for n in [2.0_f64, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0] {
        term = -term * square / (n * (n + 1.0));
        sum += term;
    }
    sum
}

fn cosine(x: f64) -> f64 {
    sine(std::f64::consts::FRAC_PI_2 - x.abs())
}

/// By halving the angle until the series converges fast: asin x = 2 asin(x / (√2 √(1 + √(1 - x²)))).
fn arc_sine(x: f64) -> f64 {
    let mut x = x;
    let mut doublings = 1.0;
    while x > 0.1 {
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
    use plomb_model::{Fix, LatitudeE7, LongitudeE7};

    use super::*;

    fn at(latitude: f64, longitude: f64) -> Position {
        let e7 = |degrees: f64| format!("{:.0}", degrees * 1e7).parse().unwrap();
        Position::new(
            LatitudeE7::new(e7(latitude)).unwrap(),
            LongitudeE7::new(e7(longitude)).unwrap(),
            Fix::Gnss,
        )
    }

    #[test]
    fn agrees_with_the_haversine_formula() {
        let places = [
            (0.0, 0.0),
            (-4.05, 39.66),
            (51.95, 4.14),
            (22.3, 114.17),
            (89.9, 10.0),
            (-33.0, -179.9),
            (12.0, 179.9),
        ];
        for (lat_a, lon_a) in places {
            for (lat_b, lon_b) in places {
                let (p, q) = (f64::to_radians(lat_a), f64::to_radians(lat_b));
                let (dp, dl) = ((q - p) / 2.0, f64::to_radians(lon_b - lon_a) / 2.0);
                let h = dp.sin().powi(2) + p.cos() * q.cos() * dl.sin().powi(2);
                let reference = 2.0 * EARTH_RADIUS_M * h.sqrt().min(1.0).asin();
                let ours = e7_to_f64(metres_between(&at(lat_a, lon_a), &at(lat_b, lon_b)));
                assert!(
                    (ours - reference).abs() <= 2.0,
                    "{lat_a},{lon_a} {lat_b},{lon_b}: {ours} {reference}"
                );
            }
        }
    }
}
