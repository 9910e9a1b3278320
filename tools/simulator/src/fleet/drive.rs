//! Movement along a route: speeds that vary, halts at borders, turning back at the end, and the noise of a receiver.

use std::sync::Arc;

use super::route::{Carrier, Point, Route};

/// Standard deviation of a receiver's position in metres, and how much of an error is left a report later.
const NOISE_M: f64 = 5.0;
const NOISE_KEPT: f64 = 0.8;
/// Trucks slow down on so many km before a halt.
const APPROACH_KM: f64 = 4.0;
/// Halt at either end of the route, minutes.
const END_HALT_MIN: f64 = 90.0;

/// A vehicle on a route.
#[derive(Clone, Debug)]
pub struct Drive {
    route: Arc<Route>,
    at_km: f64,
    forward: bool,
    cruise_kmh: f64,
    speed_kmh: f64,
    halt_s: f64,
    odometer_km: f64,
    noise_m: (f64, f64),
}

impl Drive {
    /// Somewhere on the route, in either direction.
    #[must_use]
    pub fn new(route: Arc<Route>, rng: &mut fastrand::Rng) -> Self {
        let (slow, range) = match route.carrier() {
            Carrier::Truck => (60.0, 22.0),
            Carrier::Ship => (25.0, 9.0),
        };
        let cruise_kmh = slow + range * rng.f64();
        Self {
            at_km: route.length_km() * rng.f64(),
            route,
            forward: rng.bool(),
            cruise_kmh,
            speed_kmh: cruise_kmh,
            halt_s: 0.0,
            odometer_km: 1_000.0 + 90_000.0 * rng.f64(),
            noise_m: (0.0, 0.0),
        }
    }

    /// The route.
    #[must_use]
    pub fn route(&self) -> &Route {
        &self.route
    }

    /// Drives for `seconds` of travel time, at most `limit_km` far.
    pub fn advance(&mut self, seconds: f64, limit_km: f64, rng: &mut fastrand::Rng) {
        self.vary(rng);
        let mut left_s = seconds;
        let mut left_km = limit_km;
        while left_s > 0.0 && left_km > 0.0 {
            if self.halt_s > 0.0 {
                let waited = self.halt_s.min(left_s);
                self.halt_s -= waited;
                left_s -= waited;
                continue;
            }
            let speed = self.speed_kmh.max(5.0);
            let (goal, halt_min) = self.next_halt();
            let way = (goal - self.at_km).abs();
            let possible = (speed * left_s / 3600.0).min(left_km);
            let run = way.min(possible);
            self.at_km += if self.forward { run } else { -run };
            self.odometer_km += run;
            left_km -= run;
            left_s -= run / speed * 3600.0;
            if way > possible {
                return;
            }
            self.at_km = goal;
            self.halt_s = halt_min * 60.0 * (0.6 + 0.8 * rng.f64());
            if goal <= 0.0 || goal >= self.route.length_km() {
                self.forward = goal <= 0.0;
            }
        }
    }

    /// The next halt ahead: kilometre mark and minutes.
    fn next_halt(&self) -> (f64, f64) {
        // A halt just left is not ahead any more.
        const MARGIN_KM: f64 = 0.001;
        let stops = self.route.stops();
        if self.forward {
            let next = stops.iter().find(|stop| stop.at_km > self.at_km + MARGIN_KM);
            let end = (self.route.length_km(), END_HALT_MIN);
            next.map_or(end, |stop| (stop.at_km, stop.minutes))
        } else {
            let next = stops.iter().rev().find(|stop| stop.at_km < self.at_km - MARGIN_KM);
            next.map_or((0.0, END_HALT_MIN), |stop| (stop.at_km, stop.minutes))
        }
    }

    fn vary(&mut self, rng: &mut fastrand::Rng) {
        let mut target = self.cruise_kmh * (0.85 + 0.3 * rng.f64());
        if self.route.carrier() == Carrier::Truck && (self.next_halt().0 - self.at_km).abs() < APPROACH_KM {
            target *= 0.5;
        }
        self.speed_kmh += (target - self.speed_kmh) * 0.3;
        let keep =
            |old: f64, new: f64| old * NOISE_KEPT + new * NOISE_M * (1.0 - NOISE_KEPT * NOISE_KEPT).sqrt();
        self.noise_m = (keep(self.noise_m.0, gauss(rng)), keep(self.noise_m.1, gauss(rng)));
    }

    /// Where the receiver says it is, and the course in degrees.
    #[must_use]
    pub fn place(&self) -> (Point, f64) {
        self.place_at(self.at_km)
    }

    /// Where it was `km` earlier on this way.
    #[must_use]
    pub fn place_before(&self, km: f64) -> (Point, f64) {
        self.place_at(if self.forward { self.at_km - km } else { self.at_km + km })
    }

    fn place_at(&self, km: f64) -> (Point, f64) {
        let (point, bearing) = self.route.at(km);
        let course = if self.forward { bearing } else { (bearing + 180.0) % 360.0 };
        (point.moved(self.noise_m.0, self.noise_m.1), course)
    }

    /// Speed in km/h; 0 at a halt.
    #[must_use]
    pub const fn speed_kmh(&self) -> f64 {
        if self.halt_s > 0.0 { 0.0 } else { self.speed_kmh }
    }

    /// Distance run in km.
    #[must_use]
    pub const fn odometer_km(&self) -> f64 {
        self.odometer_km
    }
}

/// Roughly normal with standard deviation 1: the sum of twelve uniform numbers (Irwin-Hall).
fn gauss(rng: &mut fastrand::Rng) -> f64 {
    (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_halts_and_turns_back() {
        let points = vec![Point::new(0.0, 0.0), Point::new(0.0, 1.0), Point::new(0.0, 2.0)];
        let route = Arc::new(Route::new("equator".to_owned(), Carrier::Truck, points, &[(1, 30.0)]));
        let mut rng = fastrand::Rng::with_seed(7);
        let mut drive = Drive::new(Arc::clone(&route), &mut rng);
        let (mut halted, mut turned, mut forward) = (0, 0, drive.forward);
        let mut last = drive.place().0;
        for _ in 0..2_000 {
            drive.advance(60.0, f64::INFINITY, &mut rng);
            let here = drive.place().0;
            assert!(last.distance_km(here) < 2.0, "no jump");
            last = here;
            halted += u32::from(drive.speed_kmh() == 0.0);
            turned += u32::from(std::mem::replace(&mut forward, drive.forward) != drive.forward);
        }
        assert!(halted > 100 && turned >= 3, "{halted} {turned}");
        let before = drive.odometer_km();
        drive.halt_s = 0.0;
        drive.advance(3600.0, 0.5, &mut rng);
        assert!(drive.odometer_km() - before <= 0.5 + 1e-9);
    }
}
