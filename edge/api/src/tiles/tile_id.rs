//! Places of tiles: zoom, column and row, and their number on the Hilbert curve (PMTiles v3, section 4.1).

/// Deepest zoom that the format's numbering and ours allow.
const ZOOM_MAX: u8 = 26;

/// A tile's place. Invariant: column and row are below 2^zoom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TileId {
    pub(crate) zoom: u8,
    column: u32,
    row: u32,
}

impl TileId {
    /// The tile at a place, if there can be one.
    pub(crate) fn new(zoom: u8, column: u32, row: u32) -> Option<Self> {
        let side = 1_u32.checked_shl(u32::from(zoom)).filter(|_| zoom <= ZOOM_MAX)?;
        (column < side && row < side).then_some(Self { zoom, column, row })
    }

    /// Its number: all tiles of lower zooms, then its place on the Hilbert curve of its own.
    pub(crate) fn number(self) -> u64 {
        let mut number = ((1_u64 << (2 * u32::from(self.zoom))) - 1) / 3;
        let (mut x, mut y) = (u64::from(self.column), u64::from(self.row));
        let mut side = 1_u64 << self.zoom >> 1;
        while side > 0 {
            let (right, lower) = (u64::from(x & side > 0), u64::from(y & side > 0));
            number += side * side * ((3 * right) ^ lower);
            if lower == 0 {
                if right == 1 {
                    x = (side - 1).wrapping_sub(x);
                    y = (side - 1).wrapping_sub(y);
                }
                std::mem::swap(&mut x, &mut y);
            }
            side >>= 1;
        }
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(zoom: u8, column: u32, row: u32) -> u64 {
        TileId::new(zoom, column, row).unwrap().number()
    }

    #[test]
    fn numbers_are_those_of_the_specification() {
        let first = [(0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0), (2, 0, 0)];
        for (expect, (zoom, column, row)) in (0_u64..).zip(first) {
            assert_eq!(number(zoom, column, row), expect, "{zoom}/{column}/{row}");
        }
        assert_eq!(number(12, 3423, 1763), 19_078_479);
    }

    #[test]
    fn every_tile_of_a_zoom_has_a_number_of_its_own() {
        let mut numbers: Vec<u64> = (0..16).flat_map(|x| (0..16).map(move |y| number(4, x, y))).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (85..85 + 256).collect::<Vec<u64>>());
    }

    #[test]
    fn places_outside_the_world_are_none() {
        assert_eq!(TileId::new(0, 1, 0), None);
        assert_eq!(TileId::new(3, 0, 8), None);
        assert_eq!(TileId::new(27, 0, 0), None);
        assert_eq!(TileId::new(255, 0, 0), None);
    }
}
