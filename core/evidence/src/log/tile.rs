//! Pieces of the tree that never change once they are full, and their paths (c2sp.org/tlog-tiles, "Merkle tree").

use std::fmt;
use std::str::FromStr;

/// Hashes of a full tile.
pub const TILE_HASHES: u64 = 256;
/// Levels of tiles above the leaves, at most: 2^64 leaves make 8.
pub const TILE_LEVELS_MAX: u8 = 8;

/// Some of the hashes side by side at a height of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tile {
    /// Eighth of the height above the leaves.
    pub level: u8,
    /// Place among the tiles of the level, from 0.
    pub index: u64,
    /// How many hashes: 256 of a full tile.
    pub width: u16,
}

/// A path that is not one of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no path of a tile, such as tile/0/x001/x234/067 or tile/1/000.p/17")]
pub struct TileError;

impl Tile {
    /// How many hashes a tile has in a tree of `size` leaves; `None` where there are none.
    #[must_use]
    pub fn of(level: u8, index: u64, size: u64) -> Option<Self> {
        let hashes = size.checked_shr(8 * u32::from(level))?;
        let width = hashes.checked_sub(index.checked_mul(TILE_HASHES)?)?.min(TILE_HASHES);
        let width = u16::try_from(width).ok().filter(|width| *width > 0)?;
        Some(Self { level, index, width })
    }

    /// Number of its first hash among those of the level.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.index.saturating_mul(TILE_HASHES)
    }

    /// Whether it is full, so that it never changes.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.width as u64 == TILE_HASHES
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        let last = groups.len() - 1;
        for (place, group) in groups.iter().rev().enumerate() {
            if place < last { write!(f, "x{group:03}/")? } else { write!(f, "{group:03}")? }
        }
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        let rest = path.strip_prefix("tile/").ok_or(TileError)?;
        let (level, rest) = rest.split_once('/').ok_or(TileError)?;
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().map_err(|_| TileError)?),
            None => (rest, 256),
        };
        let mut number: u64 = 0;
        for group in index.split('/') {
            let digits = group.strip_prefix('x').unwrap_or(group);
            let group: u64 = digits.parse().map_err(|_| TileError)?;
            number =
                number.checked_mul(1000).and_then(|number| number.checked_add(group)).ok_or(TileError)?;
        }
        let tile = Self { level: level.parse().map_err(|_| TileError)?, index: number, width };
        // There is one way to write each path.
        let known = tile.level < TILE_LEVELS_MAX && (1..=256).contains(&tile.width);
        if known && tile.to_string() == path { Ok(tile) } else { Err(TileError) }
    }
}
