//! A grid over the globe whose cells know what lies in them, whole or in part: most points are answered by one look.

use rustc_hash::FxHashMap;

use crate::arc::Point;
use crate::area::Polygon;
use crate::place::{Place, Shape};

/// Cells of a degree on the fine and on the coarse grid. A place goes on the first where it takes few enough cells.
const LEVELS: [f64; 2] = [20.0, 1.0];
/// Cells of one place at most; one with more is looked at for every point.
const CELLS_MAX: f64 = 4096.0;
/// Metres of a degree of latitude, rounded down, so that a circle never takes too few cells.
const DEGREE_M: f64 = 111_000.0;
/// Nearer to a pole than this, a circle is looked at for every point.
const POLAR: f64 = 89.0;

/// How much of a cell a place takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    Whole,
    Part,
}

/// Which places may contain a point. Places are known by their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grid {
    cells: FxHashMap<u64, Vec<(u32, Share)>>,
    everywhere: Vec<u32>,
}

impl Grid {
    /// Adds a place under a number. Routes are not on the grid.
    pub(crate) fn add(&mut self, number: u32, place: &Place) {
        let Some(cells) = cells_of(place) else {
            self.everywhere.push(number);
            return;
        };
        for (key, share) in cells {
            self.cells.entry(key).or_default().push((number, share));
        }
    }

    /// Takes it off again.
    pub(crate) fn remove(&mut self, number: u32, place: &Place) {
        self.everywhere.retain(|known| *known != number);
        for (key, _) in cells_of(place).into_iter().flatten() {
            if let Some(cell) = self.cells.get_mut(&key) {
                cell.retain(|(known, _)| *known != number);
                if cell.is_empty() {
                    self.cells.remove(&key);
                }
            }
        }
    }

    /// Calls for each place that may contain a point, and whether it surely does.
    pub(crate) fn at(&self, point: Point, mut may: impl FnMut(u32, bool)) {
        for (level, per_degree) in LEVELS.iter().enumerate() {
            let key = key(
                level,
                cell(point.longitude, *per_degree),
                cell(point.latitude, *per_degree),
                *per_degree,
            );
            for (number, share) in self.cells.get(&key).into_iter().flatten() {
                may(*number, *share == Share::Whole);
            }
        }
        for number in &self.everywhere {
            may(*number, false);
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "degrees times twenty, rounded down")]
fn cell(degrees: f64, per_degree: f64) -> i64 {
    (degrees * per_degree).floor() as i64
}

/// Columns go round the globe.
fn key(level: usize, column: i64, row: i64, per_degree: f64) -> u64 {
    let round = cell(360.0, per_degree);
    let column = column.rem_euclid(round);
    let level = i64::try_from(level).unwrap_or(0);
    (level << 40 | column << 20 | (row + (1 << 19))).cast_unsigned()
}

/// The cells of a place; none where it is to be looked at for every point.
fn cells_of(place: &Place) -> Option<Vec<(u64, Share)>> {
    match &place.shape {
        Shape::Corridor(_) => Some(Vec::new()),
        Shape::Circle { centre, radius_m } => {
            let high = radius_m / DEGREE_M;
            let top = centre.latitude.abs() + high;
            if top > POLAR {
                return None;
            }
            // How long a degree of longitude is, where it is shortest.
            let shrink = crate::arc::cosine(top.to_radians());
            let wide = high / shrink;
            let bounds = [
                centre.longitude - wide,
                centre.latitude - high,
                centre.longitude + wide,
                centre.latitude + high,
            ];
            if wide >= 180.0 {
                return None;
            }
            let (level, per_degree) = level_for(bounds)?;
            let mut cells = Vec::new();
            each_cell(bounds, per_degree, |column, row| {
                cells.push((key(level, column, row, per_degree), Share::Part))
            });
            Some(cells)
        }
        Shape::Area(polygons) => {
            let mut cells = Vec::new();
            for polygon in polygons {
                polygon_cells(polygon, &mut cells)?;
            }
            Some(cells)
        }
    }
}

fn level_for(bounds: [f64; 4]) -> Option<(usize, f64)> {
    let [west, south, east, north] = bounds;
    LEVELS.iter().copied().enumerate().find(|(_, per_degree)| {
        ((east - west) * per_degree + 2.0) * ((north - south) * per_degree + 2.0) <= CELLS_MAX
    })
}

fn each_cell(bounds: [f64; 4], per_degree: f64, mut each: impl FnMut(i64, i64)) {
    let [west, south, east, north] = bounds.map(|degrees| cell(degrees, per_degree));
    for column in west..=east {
        for row in south..=north {
            each(column, row);
        }
    }
}

/// Cells that an edge touches are taken in part; of the others those whose middle lies within, whole.
fn polygon_cells(polygon: &Polygon, cells: &mut Vec<(u64, Share)>) -> Option<()> {
    let bounds = polygon.outer.bounds();
    let (level, per_degree) = level_for(bounds)?;
    let mut touched = std::collections::BTreeSet::new();
    for ring in polygon.rings() {
        // A hole may lie in another turn round the globe than its outer ring.
        let shift = [-360.0, 0.0, 360.0]
            .into_iter()
            .find(|shift| ring.bounds()[2] + shift >= bounds[0] && ring.bounds()[0] + shift <= bounds[2]);
        let shift = shift.unwrap_or(0.0);
        for (from, to) in ring.edges() {
            let (from, to) = ((from.0 + shift, from.1), (to.0 + shift, to.1));
            let edge = [from.0.min(to.0), from.1.min(to.1), from.0.max(to.0), from.1.max(to.1)];
            each_cell(edge, per_degree, |column, row| {
                if touches(from, to, column, row, per_degree) {
                    touched.insert((column, row));
                }
            });
        }
    }
    each_cell(bounds, per_degree, |column, row| {
        let share = if touched.contains(&(column, row)) {
            Share::Part
        } else {
            let longitude = middle(column, per_degree);
            let wrapped = longitude - 360.0 * ((longitude + 180.0) / 360.0).floor();
            if !polygon.contains(Point { latitude: middle(row, per_degree), longitude: wrapped }) {
                return;
            }
            Share::Whole
        };
        cells.push((key(level, column, row, per_degree), share));
    });
    Some(())
}

#[expect(clippy::cast_precision_loss, reason = "cells of the globe are far below 2^53")]
fn middle(cell: i64, per_degree: f64) -> f64 {
    (cell as f64 + 0.5) / per_degree
}

/// Whether an edge touches a cell that is a hair larger than it is: by clipping (Liang and Barsky, 1984).
fn touches(from: (f64, f64), to: (f64, f64), column: i64, row: i64, per_degree: f64) -> bool {
    /// Of a degree: a centimetre on the ground.
    const HAIR: f64 = 1e-7;
    let half = 0.5 / per_degree + HAIR;
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for (start, end, middle) in
        [(from.0, to.0, middle(column, per_degree)), (from.1, to.1, middle(row, per_degree))]
    {
        let way = end - start;
        let (low, high) = (middle - half - start, middle + half - start);
        if way == 0.0 {
            if low > 0.0 || high < 0.0 {
                return false;
            }
            continue;
        }
        let (first, last) = if way > 0.0 { (low / way, high / way) } else { (high / way, low / way) };
        enter = enter.max(first);
        leave = leave.min(last);
    }
    enter <= leave
}
