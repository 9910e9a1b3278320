//! A way over land or sea as a line on the globe, and where one is after so many kilometres.

use std::f64::consts::TAU;

/// Mean radius of the earth in km (IUGG).
const EARTH_RADIUS_KM: f64 = 6371.0088;

/// A place in degrees, north and east positive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Latitude.
    pub latitude: f64,
    /// Longitude.
    pub longitude: f64,
}

impl Point {
    /// A place.
    #[must_use]
    pub const fn new(latitude: f64, longitude: f64) -> Self {
        Self { latitude, longitude }
    }

    /// Great-circle distance in km.
    #[must_use]
    pub fn distance_km(self, other: Self) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let half_north = ((b - a) / 2.0).sin();
        let half_east = ((other.longitude - self.longitude).to_radians() / 2.0).sin();
        let h = half_north * half_north + a.cos() * b.cos() * half_east * half_east;
        2.0 * EARTH_RADIUS_KM * h.sqrt().min(1.0).asin()
    }

    /// Initial bearing in degrees, 0 to 360.
    #[must_use]
    pub fn bearing_deg(self, other: Self) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let east = (other.longitude - self.longitude).to_radians();
        let bearing = (east.sin() * b.cos()).atan2(a.cos() * b.sin() - a.sin() * b.cos() * east.cos());
        bearing.rem_euclid(TAU).to_degrees()
    }

    /// The place `north_m` and `east_m` metres away; for short ways.
    #[must_use]
    pub fn moved(self, north_m: f64, east_m: f64) -> Self {
        let latitude = self.latitude + (north_m / 1000.0 / EARTH_RADIUS_KM).to_degrees();
        let circle = EARTH_RADIUS_KM * self.latitude.to_radians().cos().max(0.01);
        let longitude = self.longitude + (east_m / 1000.0 / circle).to_degrees();
        Self { latitude: latitude.clamp(-90.0, 90.0), longitude: wrapped(longitude) }
    }

    /// The place at `share` of the straight way to `other`, over the date line where that is shorter.
    fn towards(self, other: Self, share: f64) -> Self {
        let east = wrapped(other.longitude - self.longitude);
        Self {
            latitude: self.latitude + (other.latitude - self.latitude) * share,
            longitude: wrapped(self.longitude + east * share),
        }
    }
}

/// A longitude brought into -180 to 180.
fn wrapped(longitude: f64) -> f64 {
    (longitude + 180.0).rem_euclid(360.0) - 180.0
}

/// What moves along a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// A truck: 55 to 85 km/h.
    Truck,
    /// A container ship: 13 to 19 knots.
    Ship,
}

/// A usual halt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// Kilometres from the start.
    pub at_km: f64,
    /// How long, in minutes.
    pub minutes: f64,
}

/// A way from end to end.
#[derive(Clone, Debug)]
pub struct Route {
    name: String,
    carrier: Carrier,
    points: Vec<Point>,
    /// Kilometres from the start to each point.
    marks: Vec<f64>,
    stops: Vec<Stop>,
}

impl Route {
    /// A way over `points`, with halts of so many minutes at some of them.
    #[must_use]
    pub fn new(name: String, carrier: Carrier, points: Vec<Point>, halts: &[(usize, f64)]) -> Self {
        let mut marks = Vec::with_capacity(points.len());
        let mut at_km = 0.0;
        let mut last: Option<Point> = None;
        for point in &points {
            at_km += last.map_or(0.0, |last| last.distance_km(*point));
            marks.push(at_km);
            last = Some(*point);
        }
        let stop =
            |(index, minutes): &(usize, f64)| Some(Stop { at_km: *marks.get(*index)?, minutes: *minutes });
        let stops = halts.iter().filter_map(stop).collect();
        Self { name, carrier, points, marks, stops }
    }

    /// For people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What moves along it.
    #[must_use]
    pub const fn carrier(&self) -> Carrier {
        self.carrier
    }

    /// Its length.
    #[must_use]
    pub fn length_km(&self) -> f64 {
        self.marks.last().copied().unwrap_or_default()
    }

    /// Its halts, from the start.
    #[must_use]
    pub fn stops(&self) -> &[Stop] {
        &self.stops
    }

    /// The place after `km`, and the bearing there in the direction of travel.
    #[must_use]
    pub fn at(&self, km: f64) -> (Point, f64) {
        let km = km.clamp(0.0, self.length_km());
        let next = self.marks.partition_point(|mark| *mark <= km).clamp(1, self.points.len().max(2) - 1);
        let pick = |index: usize| Some((*self.points.get(index)?, *self.marks.get(index)?));
        match (pick(next - 1), pick(next)) {
            (Some((from, start)), Some((to, end))) => {
                let share = if end > start { (km - start) / (end - start) } else { 0.0 };
                (from.towards(to, share), from.bearing_deg(to))
            }
            (Some((from, _)), None) => (from, 0.0),
            _ => (Point::new(0.0, 0.0), 0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_bearings() {
        let (rotterdam, moscow) = (Point::new(51.9225, 4.4792), Point::new(55.7558, 37.6173));
        assert!((rotterdam.distance_km(moscow) - 2190.0).abs() < 20.0);
        assert!((Point::new(0.0, 0.0).bearing_deg(Point::new(0.0, 1.0)) - 90.0).abs() < 1e-9);
        let moved = rotterdam.moved(300.0, -400.0);
        assert!((rotterdam.distance_km(moved) - 0.5).abs() < 0.001);
    }

    #[test]
    fn along_the_way_and_over_the_date_line() {
        let points = vec![Point::new(0.0, 179.0), Point::new(0.0, -179.0), Point::new(1.0, -179.0)];
        let route = Route::new("date line".to_owned(), Carrier::Ship, points, &[(1, 30.0)]);
        assert!((route.length_km() - 333.6).abs() < 0.5);
        assert!((route.stops()[0].at_km - 222.4).abs() < 0.5);
        let (place, bearing) = route.at(166.8);
        assert!(
            (place.longitude + 179.5).abs() < 0.01 && (bearing - 90.0).abs() < 1e-6,
            "{place:?} {bearing}"
        );
        let (end, _) = route.at(1e9);
        assert!((end.latitude - 1.0).abs() < 1e-9);
    }
}
