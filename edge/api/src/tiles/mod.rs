//! The base map out of a PMTiles file (version 3, <https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md>):
//! embedded, or an operator's own. Tiles are handed on as they are stored; only directories are unpacked.

mod directory;
mod file;
mod header;
mod tile_id;

pub use file::MapError;
pub(crate) use file::{PmTiles, Tile};
pub(crate) use header::Header;
pub(crate) use tile_id::TileId;
