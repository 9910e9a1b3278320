//! Distance between two positions, the same on every machine.

use plomb_model::Position;
use plomb_places::Point;

/// Distance in metres on the mean sphere. Within 0.6 % of the ellipsoid; for rules, not for surveying.
#[must_use]
pub fn metres_between(a: &Position, b: &Position) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "half the earth's girth is far below 2^63")]
    let whole = plomb_places::metres_between(point_of(a), point_of(b)) as i64;
    whole
}

/// Where a position is.
pub(crate) fn point_of(position: &Position) -> Point {
    Point::of_e7(position.latitude.e7(), position.longitude.e7())
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
                let reference = 2.0 * plomb_places::EARTH_RADIUS_M * h.sqrt().min(1.0).asin();
                let ours = metres_between(&at(lat_a, lon_a), &at(lat_b, lon_b)) as f64;
                assert!(
                    (ours - reference).abs() <= 2.0,
                    "{lat_a},{lon_a} {lat_b},{lon_b}: {ours} {reference}"
                );
            }
        }
    }
}
