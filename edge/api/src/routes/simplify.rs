//! Fewer points for the same line.

use std::collections::BinaryHeap;

use crate::view::TrackPoint;

/// A longer line is first thinned evenly to so many points, so that the work stays small whatever its shape.
const EXAMINED_MAX: usize = 20_000;

/// Keeps at most `max` points: first and last, then always the one farthest from the line of those kept before it
/// and after it (Douglas and Peucker 1973, cut off by number instead of distance).
pub(crate) fn simplify(mut points: Vec<TrackPoint>, max: usize) -> Vec<TrackPoint> {
    if points.len() <= max {
        return points;
    }
    if points.len() > EXAMINED_MAX {
        let (length, last) = (points.len(), points.last().copied());
        let places = (0..EXAMINED_MAX - 1).map(|step| step * length / (EXAMINED_MAX - 1));
        points = places.filter_map(|place| points.get(place).copied()).chain(last).collect();
    }
    let flat = flatten(&points);
    let end = points.len().saturating_sub(1);
    let mut kept = vec![0, end];
    let mut spans = BinaryHeap::from_iter(Span::of(&flat, 0, end));
    while kept.len() < max
        && let Some(span) = spans.pop()
    {
        kept.push(span.farthest);
        spans.extend(Span::of(&flat, span.from, span.farthest));
        spans.extend(Span::of(&flat, span.farthest, span.to));
    }
    kept.sort_unstable();
    kept.dedup();
    kept.truncate(max);
    kept.into_iter().filter_map(|index| points.get(index).copied()).collect()
}

/// A stretch between two kept points, and the point in between that is farthest from the straight line.
#[derive(Clone, Copy, Debug)]
struct Span {
    distance: f64,
    farthest: usize,
    from: usize,
    to: usize,
}

impl Span {
    /// `None` when nothing lies in between.
    fn of(flat: &[(f64, f64)], from: usize, to: usize) -> Option<Self> {
        let (first, last) = (*flat.get(from)?, *flat.get(to)?);
        let between = flat.get(from + 1..to)?.iter().zip(from + 1..);
        let distances = between.map(|(point, index)| (distance(*point, first, last), index));
        let (distance, farthest) = distances.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        Some(Self { distance, farthest, from, to })
    }
}

impl PartialEq for Span {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Span {}

impl PartialOrd for Span {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Span {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.distance.total_cmp(&other.distance).then(other.farthest.cmp(&self.farthest))
    }
}

/// Degrees as a plane that is true in east and west at each point's latitude, unrolled over the date line.
fn flatten(points: &[TrackPoint]) -> Vec<(f64, f64)> {
    let mut east = 0.0;
    let mut before: Option<f64> = None;
    points
        .iter()
        .map(|point| {
            let step = before.map_or(0.0, |before| (point.0 - before + 540.0).rem_euclid(360.0) - 180.0);
            before = Some(point.0);
            east += step * point.1.to_radians().cos();
            (east, point.1)
        })
        .collect()
}

/// Distance of a point from the stretch between two others.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
    let length = along_x.mul_add(along_x, along_y * along_y);
    let (x, y) = (point.0 - from.0, point.1 - from.1);
    let share = if length > 0.0 { (x.mul_add(along_x, y * along_y) / length).clamp(0.0, 1.0) } else { 0.0 };
    (x - share * along_x).hypot(y - share * along_y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(count: u32) -> Vec<TrackPoint> {
        (0..count).map(|n| TrackPoint(f64::from(n) / 1000.0, 50.0, i64::from(n), Some(60.0))).collect()
    }

    #[test]
    fn a_corner_stays_and_the_straight_goes() {
        let mut points = line(1_000);
        points[400].1 = 50.5;
        let simple = simplify(points.clone(), 5);
        assert!(simple.len() <= 5);
        assert_eq!(simple.first(), points.first());
        assert_eq!(simple.last(), points.last());
        assert!(simple.contains(&points[400]));
        assert!(simple.is_sorted_by_key(|point| point.2));
    }

    #[test]
    fn a_short_line_is_left_alone() {
        let points = line(5);
        assert_eq!(simplify(points.clone(), 5), points);
    }

    #[test]
    fn a_very_long_line_keeps_its_ends_and_its_limit() {
        let points = line(100_000);
        let simple = simplify(points.clone(), 50);
        assert_eq!(simple.len(), 50);
        assert_eq!(simple.first(), points.first());
        assert_eq!(simple.last(), points.last());
    }

    #[test]
    fn the_date_line_is_no_corner() {
        let points: Vec<TrackPoint> = (0..100)
            .map(|n| {
                let east = 179.5 + f64::from(n) / 100.0;
                TrackPoint(if east > 180.0 { east - 360.0 } else { east }, 10.0, i64::from(n), None)
            })
            .collect();
        let flat = flatten(&points);
        assert!((flat[99].0 - 0.99 * 10_f64.to_radians().cos()).abs() < 1e-9);
    }
}
