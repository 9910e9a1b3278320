//! A history file as its readers see it: found by device and time, by number, or read whole in the order of entries.

use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use plomb_evidence::merkle::Frontier;

use super::block::{BLOCK_REF_BYTES, Block, BlockRef, Row};
use super::bloom::{self, BLOOM_BLOCK_BYTES};
use super::cache::{FileCache, Index, OpenFile};
use super::footer::{FOOTER_BYTES, Footer};
use crate::StoreError;
use crate::device_key::DeviceKey;
use crate::layout::HeaderError;
use crate::shared::lock;

/// Entries in one page of the entry index: 4 KB with its checksum.
pub(super) const RANKS_PER_PAGE: usize = 1023;
const RANKS_PAGE_BYTES: usize = 4 * (RANKS_PER_PAGE + 1);

/// A sealed file.
#[derive(Debug)]
pub(crate) struct HistoryFile {
    pub(crate) path: PathBuf,
    pub(crate) footer: Footer,
    pub(crate) file_bytes: u64,
    /// Deleted by retention: a reader that was late finds nothing, which is no error.
    pub(crate) removed: AtomicBool,
}

impl HistoryFile {
    pub(crate) fn open(path: PathBuf) -> Result<Self, StoreError> {
        let file = File::open(&path).map_err(StoreError::io("open", &path))?;
        let file_bytes = file.metadata().map_err(StoreError::io("measure", &path))?.len();
        let Some(offset) = file_bytes.checked_sub(FOOTER_BYTES as u64) else {
            return Err(StoreError::damaged(&path, 0, "the file is too short"));
        };
        let mut footer = [0; FOOTER_BYTES];
        file.read_exact_at(&mut footer, offset).map_err(StoreError::io("read", &path))?;
        let footer = Footer::decode(&footer).map_err(|error| match error {
            HeaderError::Version(found) => StoreError::Version { path: path.clone(), found },
            HeaderError::Absent | HeaderError::Checksum => {
                StoreError::damaged(&path, offset, "the footer does not hold")
            }
        })?;
        if footer.start.size().checked_add(footer.count) != Some(footer.end.size()) {
            return Err(StoreError::damaged(&path, offset, "the footer contradicts itself"));
        }
        Ok(Self { path, footer, file_bytes, removed: AtomicBool::new(false) })
    }

    /// Number of its first entry.
    pub(crate) fn first(&self) -> u64 {
        self.footer.start.size()
    }

    /// The entry after its last.
    pub(crate) fn end(&self) -> u64 {
        self.footer.end.size()
    }

    pub(crate) fn start_tree(&self) -> &Frontier {
        &self.footer.start
    }

    pub(crate) fn end_tree(&self) -> &Frontier {
        &self.footer.end
    }

    /// Whether retention has deleted it meanwhile.
    pub(crate) fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    fn opened(&self, cache: &FileCache) -> Result<Arc<OpenFile>, StoreError> {
        if let Some(open) = cache.find(self.first()) {
            return Ok(open);
        }
        let file = File::open(&self.path).map_err(StoreError::io("open", &self.path))?;
        Ok(cache.add(self.first(), file))
    }

    fn index(&self, open: &OpenFile) -> Result<Arc<Index>, StoreError> {
        let mut kept = lock(&open.index);
        if let Some(index) = &*kept {
            return Ok(Arc::clone(index));
        }
        let footer = &self.footer;
        let blocks = u64::from(footer.data_blocks) + u64::from(footer.peripheral_blocks);
        let length = usize::try_from(blocks).unwrap_or(usize::MAX).saturating_mul(BLOCK_REF_BYTES);
        // The footer's checksum held, so the length is what was written; the file bounds it all the same.
        if length as u64 > self.file_bytes {
            return Err(StoreError::damaged(&self.path, footer.index_offset, "the block index is too long"));
        }
        let bytes = read_at(&self.path, &open.file, footer.index_offset, length)?;
        let damaged =
            || StoreError::damaged(&self.path, footer.index_offset, "the block index does not hold");
        if crc32fast::hash(&bytes) != footer.index_checksum {
            return Err(damaged());
        }
        let mut data: Vec<_> =
            bytes.chunks(BLOCK_REF_BYTES).map(BlockRef::decode).collect::<Option<_>>().ok_or_else(damaged)?;
        let peripheral =
            data.split_off(usize::try_from(footer.data_blocks).unwrap_or(usize::MAX).min(data.len()));
        let index = Arc::new(Index { data, peripheral });
        *kept = Some(Arc::clone(&index));
        Ok(index)
    }

    fn block(&self, open: &OpenFile, reference: &BlockRef, with_bytes: bool) -> Result<Block, StoreError> {
        let length = usize::try_from(reference.bytes).unwrap_or(usize::MAX);
        let packed = read_at(&self.path, &open.file, reference.offset, length)?;
        Block::decode(&packed, reference, with_bytes)
            .ok_or_else(|| StoreError::damaged(&self.path, reference.offset, "the block does not hold"))
    }

    fn may_contain(&self, open: &OpenFile, device: &DeviceKey) -> Result<bool, StoreError> {
        let block = bloom::block_of(device, self.footer.bloom_blocks);
        let offset = self.footer.bloom_offset + block * BLOOM_BLOCK_BYTES as u64;
        let mut bytes = [0; BLOOM_BLOCK_BYTES];
        open.file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read", &self.path))?;
        bloom::may_contain(&bytes, device)
            .ok_or_else(|| StoreError::damaged(&self.path, offset, "the device filter does not hold"))
    }

    /// Calls `row` for the rows of a device in order of time (or against it) until it answers `false`. Rows in which the
    /// device is a peripheral come after those it sent, again in order. The second argument is the entry's bytes, or
    /// `None` for a peripheral's row, whose entry is [`Self::ranked`].
    pub(crate) fn rows(
        &self,
        cache: &FileCache,
        device: &DeviceKey,
        descending: bool,
        wanted: impl Fn(&BlockRef) -> bool,
        mut row: impl FnMut(&Row, Option<&[u8]>) -> bool,
    ) -> Result<(), StoreError> {
        let open = self.opened(cache)?;
        if !self.may_contain(&open, device)? {
            return Ok(());
        }
        let index = self.index(&open)?;
        for (blocks, with_bytes) in [(&index.data, true), (&index.peripheral, false)] {
            let mut between = blocks_of(blocks, device);
            'kind: while let Some(place) = if descending { between.next_back() } else { between.next() } {
                let Some(reference) = blocks.get(place).filter(|reference| wanted(reference)) else {
                    continue;
                };
                let block = self.block(&open, reference, with_bytes)?;
                let mut run = block.run(device);
                while let Some(place) = if descending { run.next_back() } else { run.next() } {
                    let Some(found) = block.rows.get(place) else { continue };
                    if !row(found, block.bytes(place)) {
                        break 'kind;
                    }
                }
            }
        }
        Ok(())
    }

    /// The bytes of the data row with this rank, which is to be that of `entry`.
    pub(crate) fn ranked(&self, cache: &FileCache, rank: u32, entry: u64) -> Result<Vec<u8>, StoreError> {
        let open = self.opened(cache)?;
        let index = self.index(&open)?;
        let place = index.data.partition_point(|block| block.first_rank <= rank).checked_sub(1);
        let reference = place.and_then(|place| index.data.get(place));
        let damaged = |offset| {
            StoreError::damaged(&self.path, offset, format!("entry {entry} is not where it should be"))
        };
        let reference = reference.ok_or_else(|| damaged(self.footer.index_offset))?;
        let block = self.block(&open, reference, true)?;
        let row = usize::try_from(rank - reference.first_rank).unwrap_or(usize::MAX);
        let belongs = block.rows.get(row).is_some_and(|row| self.first() + u64::from(row.id_offset) == entry);
        let bytes = block.bytes(row).filter(|_| belongs).ok_or_else(|| damaged(reference.offset))?;
        Ok(bytes.to_vec())
    }

    /// The bytes of an entry of this file.
    pub(crate) fn entry(&self, cache: &FileCache, entry: u64) -> Result<Vec<u8>, StoreError> {
        let open = self.opened(cache)?;
        let place = usize::try_from(entry.saturating_sub(self.first())).unwrap_or(usize::MAX);
        let ranks = self.ranks_page(&open, place / RANKS_PER_PAGE)?;
        let rank = ranks.get(place % RANKS_PER_PAGE).copied().unwrap_or(u32::MAX);
        drop(open);
        self.ranked(cache, rank, entry)
    }

    fn ranks_page(&self, open: &OpenFile, page: usize) -> Result<Vec<u32>, StoreError> {
        let offset = self.footer.ranks_offset + (page as u64) * RANKS_PAGE_BYTES as u64;
        let bytes = read_at(&self.path, &open.file, offset, RANKS_PAGE_BYTES)?;
        let (words, _) = bytes.as_chunks::<4>();
        let mut words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
        let checksum = words.pop();
        let ranks = bytes.get(..4 * RANKS_PER_PAGE).unwrap_or_default();
        if checksum == Some(crc32fast::hash(ranks)) {
            Ok(words)
        } else {
            Err(StoreError::damaged(&self.path, offset, "the entry index does not hold"))
        }
    }

    /// All entries, in the order of their numbers.
    pub(crate) fn whole(&self) -> Result<WholeFile, StoreError> {
        // Not through the cache: a file that is read once from end to end would only push others out.
        let cache = FileCache::default();
        let open = self.opened(&cache)?;
        let index = self.index(&open)?;
        let count = usize::try_from(self.footer.count).unwrap_or(usize::MAX);
        let mut places = vec![None; count.min(usize::try_from(self.file_bytes).unwrap_or(usize::MAX))];
        let mut blocks = Vec::with_capacity(index.data.len());
        for (number, reference) in index.data.iter().enumerate() {
            let block = self.block(&open, reference, true)?;
            for (row, found) in block.rows.iter().enumerate() {
                let place = usize::try_from(found.id_offset).ok().and_then(|id| places.get_mut(id));
                let Some(place @ None) = place else {
                    return Err(StoreError::damaged(
                        &self.path,
                        reference.offset,
                        "the block has a strange entry",
                    ));
                };
                *place = Some((number, row));
            }
            blocks.push(block);
        }
        if places.len() != count || places.iter().any(Option::is_none) {
            return Err(StoreError::damaged(&self.path, self.footer.index_offset, "entries are missing"));
        }
        Ok(WholeFile { places: places.into_iter().flatten().collect(), blocks })
    }

    /// Verifies what [`Self::whole`] does not read: peripheral blocks, device filter, entry index.
    pub(crate) fn verify_indexes(&self) -> Result<(), StoreError> {
        let cache = FileCache::default();
        let open = self.opened(&cache)?;
        let index = self.index(&open)?;
        for reference in &index.peripheral {
            self.block(&open, reference, false)?;
        }
        for block in 0..self.footer.bloom_blocks {
            let offset = self.footer.bloom_offset + block * BLOOM_BLOCK_BYTES as u64;
            let mut bytes = [0; BLOOM_BLOCK_BYTES];
            open.file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read", &self.path))?;
            bloom::may_contain(&bytes, &DeviceKey::NONE)
                .ok_or_else(|| StoreError::damaged(&self.path, offset, "the device filter does not hold"))?;
        }
        let count = usize::try_from(self.footer.count).unwrap_or(usize::MAX);
        for page in 0..count.div_ceil(RANKS_PER_PAGE) {
            self.ranks_page(&open, page)?;
        }
        Ok(())
    }
}

/// A history file in memory, in the order of entries.
pub(crate) struct WholeFile {
    places: Vec<(usize, usize)>,
    blocks: Vec<Block>,
}

impl WholeFile {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &[u8]> {
        self.places.iter().filter_map(|(block, row)| self.blocks.get(*block)?.bytes(*row))
    }
}

/// Which of the sorted blocks may have rows of the device.
fn blocks_of(blocks: &[BlockRef], device: &DeviceKey) -> Range<usize> {
    let start = blocks.partition_point(|block| block.last_device < *device);
    let end = blocks.partition_point(|block| block.first_device <= *device);
    start..end.max(start)
}

fn read_at(path: &Path, file: &File, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read", path))?;
    Ok(bytes)
}
