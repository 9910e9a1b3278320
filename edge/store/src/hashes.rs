//! The hashes of the Merkle tree on disk, so that anything can be proved without reading the entries again.
//!
//! A file for each level of tiles, `0.hashes` for the leaves, `1.hashes` for the roots of 256 of these, and so on: a tile
//! (c2sp.org/tlog-tiles) is a piece of one file. All of it follows from the journal; it is kept because entries are
//! deleted after their time and their hashes are not.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use plomb_evidence::log::{TILE_HASHES, TILE_LEVELS_MAX, Tile};
use plomb_evidence::merkle::{Hash, Node, node_hash};

use crate::StoreError;

const HASH_BYTES: usize = 32;

/// The hashes of a growing tree. One writes, any number read.
#[derive(Debug)]
pub struct HashFiles {
    levels: Vec<(PathBuf, File)>,
    size: AtomicU64,
}

impl HashFiles {
    /// Opens the files in `directory`, or begins them. Leaves from number `durable` on, and what a crash left unfinished,
    /// are cut off.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn open(directory: &Path, durable: u64) -> Result<Self, StoreError> {
        std::fs::create_dir_all(directory).map_err(StoreError::io("create", directory))?;
        let mut levels = Vec::new();
        for level in 0..TILE_LEVELS_MAX {
            let path = directory.join(format!("{level}.hashes"));
            let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
            let file = opened.map_err(StoreError::io("open", &path))?;
            levels.push((path, file));
        }
        let files = Self { levels, size: AtomicU64::new(0) };
        let size = files.count(0)?.min(durable);
        for (place, level) in (0..TILE_LEVELS_MAX).enumerate() {
            let Some((path, file)) = files.levels.get(place) else { break };
            let whole = size.checked_shr(8 * u32::from(level)).unwrap_or(0).min(files.count(level)?);
            file.set_len(whole * HASH_BYTES as u64).map_err(StoreError::io("shorten", path))?;
        }
        files.size.store(size, Ordering::Release);
        files.raise(size)?;
        Ok(files)
    }

    /// Leaves of the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size.load(Ordering::Acquire)
    }

    /// Adds leaves at the end. They are there for readers when it comes back, and after a crash only if
    /// [`Self::sync`] was called since.
    ///
    /// # Errors
    /// [`StoreError::Io`]; the tree is as before.
    pub fn extend(&self, leaves: &[Hash]) -> Result<(), StoreError> {
        let size = self.size();
        self.write(0, size, leaves)?;
        let size = size + leaves.len() as u64;
        self.raise(size)?;
        self.size.store(size, Ordering::Release);
        Ok(())
    }

    /// Makes durable what was added.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn sync(&self) -> Result<(), StoreError> {
        self.levels
            .iter()
            .try_for_each(|(path, file)| file.sync_data().map_err(StoreError::io("make durable", path)))
    }

    /// Writes the roots that are missing above `size` leaves.
    fn raise(&self, size: u64) -> Result<(), StoreError> {
        let mut below = size;
        for level in 1..TILE_LEVELS_MAX {
            let (from, to) = (self.count(level)?, below / TILE_HASHES);
            for index in from..to {
                let hashes = self.read(level - 1, index * TILE_HASHES, TILE_HASHES)?;
                self.write(level, index, &[complete_root(hashes)])?;
            }
            below = to;
        }
        Ok(())
    }

    /// Hash of a complete subtree.
    ///
    /// # Errors
    /// [`StoreError::Io`] also where the tree has no such subtree.
    pub fn node(&self, node: Node) -> Result<Hash, StoreError> {
        let width = 1_u64 << (node.level % 8);
        let hashes = self.read(node.level / 8, node.index.saturating_mul(width), width)?;
        Ok(complete_root(hashes))
    }

    /// The hashes of a tile, one after another; `None` where the tree has no such tile.
    ///
    /// # Errors
    /// [`StoreError::Io`].
    pub fn tile(&self, tile: &Tile) -> Result<Option<Vec<u8>>, StoreError> {
        let there = Tile::of(tile.level, tile.index, self.size());
        if there.is_none_or(|there| there.width < tile.width) {
            return Ok(None);
        }
        let hashes = self.read(tile.level, tile.first(), tile.width.into())?;
        Ok(Some(hashes.iter().flat_map(|hash| hash.0).collect()))
    }

    fn count(&self, level: u8) -> Result<u64, StoreError> {
        let (path, file) = self.level(level)?;
        let bytes = file.metadata().map_err(StoreError::io("look at", path))?.len();
        Ok(bytes / HASH_BYTES as u64)
    }

    fn level(&self, level: u8) -> Result<&(PathBuf, File), StoreError> {
        let missing =
            || StoreError::TooLarge { what: "a tree", found: level.into(), limit: TILE_LEVELS_MAX.into() };
        self.levels.get(usize::from(level)).ok_or_else(missing)
    }

    fn read(&self, level: u8, first: u64, count: u64) -> Result<Vec<Hash>, StoreError> {
        let (path, file) = self.level(level)?;
        let mut bytes = vec![0; usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(HASH_BYTES)];
        let offset = first.saturating_mul(HASH_BYTES as u64);
        file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read", path))?;
        Ok(bytes.as_chunks::<HASH_BYTES>().0.iter().copied().map(Hash).collect())
    }

    fn write(&self, level: u8, first: u64, hashes: &[Hash]) -> Result<(), StoreError> {
        let (path, file) = self.level(level)?;
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        file.write_all_at(&bytes, first * HASH_BYTES as u64).map_err(StoreError::io("write", path))
    }
}

/// Root over hashes whose number is a power of two.
fn complete_root(mut hashes: Vec<Hash>) -> Hash {
    while hashes.len() > 1 {
        hashes = hashes.as_chunks::<2>().0.iter().map(|[left, right]| node_hash(left, right)).collect();
    }
    hashes.first().copied().unwrap_or_default()
}
