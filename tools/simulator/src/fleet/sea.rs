//! Ways between ports over the sea-lane graph of `data/sea-lanes.txt`, by Dijkstra's algorithm.
//!
//! Not for navigation: lanes are coarse, draughts and seasons are ignored, polar passages are left out.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};

use super::route::{Carrier, Point, Route};

const LANES: &str = include_str!("../../data/sea-lanes.txt");
const PORTS: &str = include_str!("../../data/ports.txt");
/// Passages that container ships do not take.
const CLOSED: [&str; 3] = ["northwest", "bering", "chili"];
/// Coordinates are written in 1e-4 degree.
const UNITS_PER_DEGREE: f64 = 1e4;

/// Trades the fleet sails: pairs of UN/LOCODEs.
const TRADES: [(&str, &str); 16] = [
    ("CNSHA", "NLRTM"),
    ("CNYTN", "KEMBA"),
    ("INNSA", "TZDAR"),
    ("SGSIN", "ZADUR"),
    ("KRPUS", "USLAX"),
    ("JPYOK", "USHOU"),
    ("BRSSZ", "ESALG"),
    ("AEJEA", "PKKHI"),
    ("LKCMB", "BDCGP"),
    ("SAJED", "TRAMR"),
    ("NLRTM", "USNYC"),
    ("CLSAI", "PECLL"),
    ("AUSYD", "SGSIN"),
    ("GEPTI", "GRPIR"),
    ("ZADUR", "ARBUE"),
    ("MXZLO", "CNNGB"),
];

/// The lanes as a graph.
#[derive(Debug)]
pub struct Lanes {
    nodes: Vec<Point>,
    edges: Vec<Vec<(usize, f64)>>,
}

impl Lanes {
    /// Reads the graph.
    #[must_use]
    pub fn load() -> Self {
        let mut numbers: BTreeMap<(i32, i32), usize> = BTreeMap::new();
        let mut lanes = Self { nodes: Vec::new(), edges: Vec::new() };
        for line in LANES.lines() {
            let mut words = line.split(' ');
            if words.next().is_none_or(|passage| CLOSED.contains(&passage)) {
                continue;
            }
            let mut last = None;
            for at in words.filter_map(pair) {
                let node = *numbers.entry(at).or_insert_with(|| {
                    lanes.nodes.push(point(at));
                    lanes.edges.push(Vec::new());
                    lanes.nodes.len() - 1
                });
                if let Some(last) = last.replace(node) {
                    lanes.join(last, node);
                }
            }
        }
        lanes
    }

    fn join(&mut self, a: usize, b: usize) {
        let (Some(from), Some(to)) = (self.nodes.get(a), self.nodes.get(b)) else { return };
        let km = from.distance_km(*to);
        for (from, to) in [(a, b), (b, a)] {
            if let Some(edges) = self.edges.get_mut(from) {
                edges.push((to, km));
            }
        }
    }

    fn nearest(&self, place: Point) -> Option<usize> {
        let distance = |node: &Point| node.distance_km(place);
        let nearest =
            self.nodes.iter().enumerate().min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
        nearest.map(|(index, _)| index)
    }

    /// The shortest way between two places over the lanes, the places included; `None` when they are not joined.
    #[must_use]
    pub fn way(&self, from: Point, to: Point) -> Option<Vec<Point>> {
        let (start, goal) = (self.nearest(from)?, self.nearest(to)?);
        let mut best = vec![f64::INFINITY; self.nodes.len()];
        let mut before = vec![usize::MAX; self.nodes.len()];
        let mut queue = BinaryHeap::from([Waiting { km: 0.0, node: start }]);
        *best.get_mut(start)? = 0.0;
        while let Some(Waiting { km, node }) = queue.pop() {
            if node == goal {
                break;
            }
            if km > *best.get(node)? {
                continue;
            }
            for (next, length) in self.edges.get(node)? {
                let there = km + length;
                if there < *best.get(*next)? {
                    *best.get_mut(*next)? = there;
                    *before.get_mut(*next)? = node;
                    queue.push(Waiting { km: there, node: *next });
                }
            }
        }
        let mut way = vec![to];
        let mut node = goal;
        while node != start {
            way.push(*self.nodes.get(node)?);
            node = *before.get(node)?;
        }
        way.extend([*self.nodes.get(start)?, from]);
        way.reverse();
        Some(way)
    }

    /// The trades as ways; those whose ports the data lack are left out (a test says that none is).
    #[must_use]
    pub fn trades(&self) -> Vec<Route> {
        TRADES.iter().filter_map(|(from, to)| self.trade(from, to)).collect()
    }

    /// The way between two ports by UN/LOCODE.
    #[must_use]
    pub fn trade(&self, from: &str, to: &str) -> Option<Route> {
        let (start, start_name) = port(from)?;
        let (end, end_name) = port(to)?;
        let way = self.way(start, end)?;
        Some(Route::new(format!("{start_name} - {end_name}"), Carrier::Ship, way, &[]))
    }
}

/// Place and name of a port.
fn port(code: &str) -> Option<(Point, &'static str)> {
    let line = PORTS.lines().find(|line| line.starts_with(code))?;
    let mut words = line.splitn(3, ' ');
    words.next()?;
    Some((point(pair(words.next()?)?), words.next()?))
}

/// `longitude,latitude` in 1e-4 degree.
fn pair(word: &str) -> Option<(i32, i32)> {
    let (longitude, latitude) = word.split_once(',')?;
    Some((longitude.parse().ok()?, latitude.parse().ok()?))
}

fn point((longitude, latitude): (i32, i32)) -> Point {
    Point::new(f64::from(latitude) / UNITS_PER_DEGREE, f64::from(longitude) / UNITS_PER_DEGREE)
}

/// A node in the queue, the nearest first.
#[derive(PartialEq)]
struct Waiting {
    km: f64,
    node: usize,
}

impl Eq for Waiting {}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        other.km.total_cmp(&self.km).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trades_have_the_lengths_that_sailing_tables_give() {
        let lanes = Lanes::load();
        assert_eq!(lanes.trades().len(), TRADES.len());
        for trade in lanes.trades() {
            let ends = trade.at(0.0).0.distance_km(trade.at(1e9).0);
            assert!(
                trade.length_km() >= ends && trade.length_km() < 25_000.0,
                "{} {}",
                trade.name(),
                trade.length_km()
            );
        }
        // Shanghai to Rotterdam by Suez is about 10,500 nautical miles, Rotterdam to New York about 3,350.
        for (from, to, miles) in [("CNSHA", "NLRTM", 10_500.0), ("NLRTM", "USNYC", 3_350.0)] {
            let km = lanes.trade(from, to).unwrap().length_km();
            assert!((km / 1.852 - miles).abs() < 0.06 * miles, "{from} {to} {}", km / 1.852);
        }
        assert!(lanes.trade("CNSHA", "ZZZZZ").is_none());
    }
}
