//! Reading tiles out of the file.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use flate2::read::GzDecoder;
use plomb_wire::to_hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::directory::Directory;
use super::header::{HEADER_BYTES, Stretch};
use super::{Header, TileId};

/// The overview of the world that comes with the program; `assets/SOURCES.md` says where it is from.
static BUNDLED: &[u8] = include_bytes!("../../assets/basemap.pmtiles");
/// Who drew it.
const BUNDLED_ATTRIBUTION: &str = "Made with Natural Earth";
/// Bytes of a directory or of the metadata, unpacked: far above what writers make (below 1 MB).
const UNPACKED_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a tile: map programs advise to stay below 0.5 MB.
const TILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Directories on the way to a tile: the root and three leaves (section 4.2.3).
const DEPTH_MAX: usize = 4;
/// Digits of the version in tile addresses.
const VERSION_DIGITS: usize = 12;

/// Why a map cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MapError {
    /// It cannot be read.
    #[error("the map cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is no PMTiles file that can be served.
    #[error("the map is no PMTiles file of version 3 with vector tiles: {0}")]
    NotAMap(&'static str),
    /// It is one, but damaged.
    #[error("the map is damaged: {0}")]
    Damaged(&'static str),
}

/// A map.
#[derive(Debug)]
pub(crate) struct PmTiles {
    source: Source,
    header: Header,
    root: Directory,
    metadata: Value,
    version: String,
}

#[derive(Debug)]
enum Source {
    Bundled(&'static [u8]),
    File(Mutex<File>),
}

/// What is at a place of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Tile {
    /// Nothing.
    Empty,
    /// A tile, packed as the header says.
    Here(Bytes),
}

impl PmTiles {
    /// The map that comes with the program.
    pub(crate) fn bundled() -> Self {
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        Self::new(Source::Bundled(BUNDLED)).expect("the map that comes with the program is good")
    }

    /// A map in a file.
    pub(crate) fn open(path: &Path) -> Result<Self, MapError> {
        Self::new(Source::File(Mutex::new(File::open(path)?)))
    }

    fn new(source: Source) -> Result<Self, MapError> {
        let start = source.read(Stretch { offset: 0, length: HEADER_BYTES as u64 }, UNPACKED_BYTES_MAX)?;
        let header = Header::read(&start)?;
        let root = source.read_packed(header.root, header.is_packed)?;
        let metadata = source.read_packed(header.metadata, header.is_packed)?;
        let metadata = serde_json::from_slice(&metadata).unwrap_or_default();
        let mut version = to_hex(&Sha256::new().chain_update(&start).chain_update(&root).finalize());
        version.truncate(VERSION_DIGITS);
        Ok(Self { source, header, root: Directory::read(&root)?, metadata, version })
    }

    pub(crate) const fn header(&self) -> &Header {
        &self.header
    }

    /// The map's own words about itself.
    pub(crate) const fn metadata(&self) -> &Value {
        &self.metadata
    }

    /// Changes when the map does.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Who drew the map.
    pub(crate) fn attribution(&self) -> Option<&str> {
        let own = self.metadata.get("attribution").and_then(Value::as_str);
        own.or(match self.source {
            Source::Bundled(_) => Some(BUNDLED_ATTRIBUTION),
            Source::File(_) => None,
        })
    }

    /// The tile at a place. May block on the disk.
    pub(crate) fn tile(&self, id: TileId) -> Result<Tile, MapError> {
        let number = id.number();
        let mut found = self.root.find(number);
        for _ in 0..DEPTH_MAX {
            let Some(entry) = found else { return Ok(Tile::Empty) };
            let within = if entry.run == 0 { self.header.leaves } else { self.header.tiles };
            let stretch = within.part(entry.offset, entry.length)?;
            if entry.run > 0 {
                return Ok(Tile::Here(self.source.read(stretch, TILE_BYTES_MAX)?));
            }
            let leaf = self.source.read_packed(stretch, self.header.is_packed)?;
            found = Directory::read(&leaf)?.find(number);
        }
        Err(MapError::Damaged("its directories do not end"))
    }
}

impl Stretch {
    fn part(self, offset: u64, length: u32) -> Result<Self, MapError> {
        let length = u64::from(length);
        let is_within = offset.checked_add(length).is_some_and(|end| end <= self.length);
        let start = self.offset.checked_add(offset).filter(|_| is_within);
        let start = start.ok_or(MapError::Damaged("an entry points outside its part of the file"))?;
        Ok(Self { offset: start, length })
    }
}

impl Source {
    fn read(&self, stretch: Stretch, length_max: u64) -> Result<Bytes, MapError> {
        let Stretch { offset, length } = stretch;
        if length > length_max {
            return Err(MapError::Damaged("a part of it is too long"));
        }
        let length = usize::try_from(length).map_err(|_| MapError::Damaged("a part of it is too long"))?;
        match self {
            Self::Bundled(bytes) => {
                let start = usize::try_from(offset).ok();
                let range = start.and_then(|start| bytes.get(start..start.checked_add(length)?));
                range.map(Bytes::from_static).ok_or(MapError::Damaged("a part lies beyond its end"))
            }
            Self::File(file) => {
                let mut bytes = vec![0; length];
                // A read that panicked has left nothing but the file's place, which is set anew.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(&mut bytes)?;
                Ok(bytes.into())
            }
        }
    }

    fn read_packed(&self, stretch: Stretch, is_packed: bool) -> Result<Bytes, MapError> {
        let bytes = self.read(stretch, UNPACKED_BYTES_MAX)?;
        if !is_packed || bytes.is_empty() {
            return Ok(bytes);
        }
        let mut unpacked = Vec::new();
        GzDecoder::new(bytes.as_ref()).take(UNPACKED_BYTES_MAX + 1).read_to_end(&mut unpacked)?;
        if unpacked.len() as u64 > UNPACKED_BYTES_MAX {
            return Err(MapError::Damaged("a directory is too long"));
        }
        Ok(unpacked.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(map: &PmTiles, zoom: u8, column: u32, row: u32) -> Tile {
        map.tile(TileId::new(zoom, column, row).unwrap()).unwrap()
    }

    #[test]
    fn the_bundled_map_covers_the_world_to_zoom_6() {
        let map = PmTiles::bundled();
        assert_eq!((map.header().zoom_min, map.header().zoom_max), (0, 6));
        assert_eq!(map.header().tile_encoding, Some("gzip"));
        let Tile::Here(world) = tile(&map, 0, 0, 0) else { panic!("no tile at zoom 0") };
        let mut unpacked = Vec::new();
        GzDecoder::new(world.as_ref()).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked.windows(4).any(|word| word == b"land"));
        assert!(matches!(tile(&map, 6, 33, 21), Tile::Here(_)));
    }

    #[test]
    fn a_file_gives_the_same_tiles_as_the_bundled_map() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/basemap.pmtiles");
        let (bundled, file) = (PmTiles::bundled(), PmTiles::open(Path::new(path)).unwrap());
        assert_eq!(bundled.version(), file.version());
        for (zoom, column, row) in [(0, 0, 0), (3, 4, 2), (6, 33, 21), (6, 63, 63)] {
            assert_eq!(tile(&bundled, zoom, column, row), tile(&file, zoom, column, row));
        }
    }

    #[test]
    fn what_is_no_map_is_refused() {
        let refused = |bytes: &'static [u8]| PmTiles::new(Source::Bundled(bytes)).is_err();
        assert!(refused(b""));
        assert!(refused(&[0; 200]));
        assert!(refused(&BUNDLED[..130]), "a map without its directory");
    }
}
