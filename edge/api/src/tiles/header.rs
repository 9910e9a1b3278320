//! The first 127 bytes of a PMTiles file (section 3).

use super::MapError;

/// Length of the header.
pub(super) const HEADER_BYTES: usize = 127;

/// A stretch of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// What the header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) root: Stretch,
    pub(crate) metadata: Stretch,
    pub(crate) leaves: Stretch,
    pub(crate) tiles: Stretch,
    /// Whether directories and metadata are packed with gzip.
    pub(crate) is_packed: bool,
    /// Content-Encoding of the tiles.
    pub(crate) tile_encoding: Option<&'static str>,
    pub(crate) zoom_min: u8,
    pub(crate) zoom_max: u8,
    /// West, south, east, north.
    pub(crate) bounds_e7: [i32; 4],
}

impl Header {
    /// Reads the header.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, MapError> {
        let truncated = || MapError::NotAMap("it is too short for a header");
        let bytes: &[u8; HEADER_BYTES] =
            bytes.get(..HEADER_BYTES).and_then(|bytes| bytes.try_into().ok()).ok_or_else(truncated)?;
        if !bytes.starts_with(b"PMTiles") {
            return Err(MapError::NotAMap("it does not begin with PMTiles"));
        }
        let [version, internal, tile, sort, zoom_min, zoom_max] =
            [7, 97, 98, 99, 100, 101].map(|at: usize| bytes.get(at).copied().unwrap_or_default());
        if version != 3 {
            return Err(MapError::NotAMap("its version is not 3"));
        }
        if sort != 1 {
            return Err(MapError::NotAMap("its tiles are not vector tiles"));
        }
        if zoom_min > zoom_max {
            return Err(MapError::NotAMap("its least zoom is above its greatest"));
        }
        let stretch = |at| Stretch { offset: u64_at(bytes, at), length: u64_at(bytes, at + 8) };
        Ok(Self {
            root: stretch(8),
            metadata: stretch(24),
            leaves: stretch(40),
            tiles: stretch(56),
            is_packed: match internal {
                1 => false,
                2 => true,
                _ => {
                    return Err(MapError::NotAMap(
                        "its directories are packed with neither gzip nor nothing",
                    ));
                }
            },
            tile_encoding: match tile {
                1 => None,
                2 => Some("gzip"),
                3 => Some("br"),
                _ => {
                    return Err(MapError::NotAMap(
                        "its tiles are packed with neither gzip, brotli nor nothing",
                    ));
                }
            },
            zoom_min,
            zoom_max,
            bounds_e7: [102, 106, 110, 114].map(|at| i32_at(bytes, at)),
        })
    }
}

fn u64_at(bytes: &[u8; HEADER_BYTES], at: usize) -> u64 {
    let bytes = bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    bytes.map(u64::from_le_bytes).unwrap_or_default()
}

fn i32_at(bytes: &[u8; HEADER_BYTES], at: usize) -> i32 {
    let bytes = bytes.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    bytes.map(i32::from_le_bytes).unwrap_or_default()
}
