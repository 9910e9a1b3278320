//! Trucking corridors over land, read from `data/land-corridors.txt`.

use super::route::{Carrier, Point, Route};

const CORRIDORS: &str = include_str!("../../data/land-corridors.txt");

/// Every corridor, in the order of the file.
///
/// Lines that are neither a name nor a place are left out; a test holds the file to its format.
#[must_use]
pub fn corridors() -> Vec<Route> {
    let mut routes = Vec::new();
    let mut open: Option<Open> = None;
    for line in CORRIDORS.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("> ") {
            routes.extend(open.take().map(close));
            open = Some((name.to_owned(), Vec::new(), Vec::new()));
        } else if let (Some((_, points, halts)), Some((point, halt))) = (open.as_mut(), place(line)) {
            halts.extend(halt.map(|minutes| (points.len(), minutes)));
            points.push(point);
        }
    }
    routes.extend(open.take().map(close));
    routes
}

/// Name, points and halts of the corridor that is being read.
type Open = (String, Vec<Point>, Vec<(usize, f64)>);

fn close((name, points, halts): Open) -> Route {
    Route::new(name, Carrier::Truck, points, &halts)
}

/// `latitude longitude town [stop minutes]`.
fn place(line: &str) -> Option<(Point, Option<f64>)> {
    let mut words = line.split_whitespace();
    let point = Point::new(words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    words.next()?;
    let halt = words.next().filter(|word| *word == "stop").and_then(|_| words.next()?.parse().ok());
    Some((point, halt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read_and_every_corridor_is_one() {
        for line in CORRIDORS.lines().filter(|line| !line.starts_with(['#', '>'])) {
            assert!(place(line).is_some(), "{line}");
        }
        let routes = corridors();
        assert!(routes.len() >= 12);
        for route in &routes {
            assert!((40.0..5000.0).contains(&route.length_km()), "{} {}", route.name(), route.length_km());
            assert!(!route.stops().is_empty(), "{}", route.name());
            let step = route.length_km() / 500.0;
            for part in 0..500 {
                let (a, b) = (route.at(step * f64::from(part)).0, route.at(step * f64::from(part + 1)).0);
                assert!(a.distance_km(b) <= step * 1.01, "{} jumps at {part}", route.name());
            }
        }
    }
}
