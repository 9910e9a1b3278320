//! Makes a history file out of a segment: sorts by device, time and entry, packs blocks, writes indexes.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use plomb_evidence::keys;
use plomb_evidence::merkle::Frontier;

use rustc_hash::{FxHashMapSeed, FxSeededState};

use super::block::{BlockRef, BlockWriter, Row};
use super::bloom;
use super::file::{HistoryFile, RANKS_PER_PAGE};
use super::footer::Footer;
use crate::aligned::AlignedBuffer;
use crate::batch::{LENGTH_BYTES, entries};
use crate::device_key::DeviceKey;
use crate::directory::{self, Name};
use crate::layout::BATCH_HEADER_BYTES;
use crate::segment::Segment;
use crate::shared::Shared;
use crate::{JournalCounters, StoreError};

/// Piece by which the file is written.
const WRITE_BYTES: usize = 1 << 20;

/// An entry on its way into its place.
#[derive(Clone, Copy)]
struct Placed {
    device: u32,
    row: Row,
    /// Where its bytes begin among those of the segment.
    start: usize,
}

/// Memory of a sealing that the next one uses again: its pages need not be made and zeroed anew.
#[derive(Default)]
pub(crate) struct Scratch {
    segment: AlignedBuffer,
    gathered: Gathered,
}

/// Numbers of devices.
struct Numbers(FxHashMapSeed<DeviceKey, u32>);

impl Default for Numbers {
    fn default() -> Self {
        Self::seeded(0, 0)
    }
}

impl Numbers {
    /// With room for so many. The seed is random, so that nobody can choose identifiers that all fall together.
    fn seeded(capacity: usize, seed: u64) -> Self {
        let seed = FxSeededState::with_seed(usize::try_from(seed).unwrap_or(usize::MAX));
        Self(FxHashMapSeed::with_capacity_and_hasher(capacity, seed))
    }
}

/// The entries of a segment, unsorted.
#[derive(Default)]
struct Gathered {
    /// Bytes of all entries together.
    entry_bytes: u64,
    entries: Vec<Placed>,
    /// One for each peripheral of each entry.
    peripherals: Vec<Placed>,
    /// Devices by first mention, and their numbers.
    devices: Vec<DeviceKey>,
    numbers: Numbers,
    written: Option<(i64, i64)>,
    /// Room for sorting.
    sorted: Vec<Placed>,
}

/// Seals a finished segment. `end` is the tree after it.
pub(crate) fn build(
    shared: &Shared,
    segment: &Segment,
    end: &Frontier,
    scratch: &mut Scratch,
) -> Result<HistoryFile, StoreError> {
    let Scratch { segment: buffer, gathered } = scratch;
    let batches = segment.batches();
    segment.read_whole(shared.config.direct_io, &batches, buffer)?;
    let whole = buffer.as_slice();
    gathered.clear(segment.header.nonce);
    for batch in batches.iter() {
        let payload = segment.payload(whole, batch)?;
        let mut start =
            usize::try_from(batch.offset).unwrap_or(usize::MAX).saturating_add(BATCH_HEADER_BYTES);
        let (first, _) = gathered.written.unwrap_or((batch.header.written_at, 0));
        gathered.written = Some((first, batch.header.written_at));
        for entry in entries(payload) {
            let entry = entry.ok_or_else(|| {
                StoreError::damaged(&segment.path, batch.offset, "the lengths of the entries do not add up")
            })?;
            start = start.saturating_add(LENGTH_BYTES);
            gathered.add(shared, entry, start);
            start = start.saturating_add(entry.len());
        }
    }
    gathered.sort();
    let (first, count) = (segment.first(), gathered.entries.len() as u64);
    let name = Name::History(first, first + count);
    let directory = &shared.config.directory;
    let unfinished = name.unfinished(directory);
    let file = File::create(&unfinished).map_err(StoreError::io("create", &unfinished))?;
    let mut out = Output { file: BufWriter::with_capacity(WRITE_BYTES, file), offset: 0 };
    if let Err(error) = write(&mut out, gathered, whole, segment.header.start.clone(), end.clone()) {
        drop(out);
        // Deleted at the next start if not now.
        drop(std::fs::remove_file(&unfinished));
        return Err(StoreError::io("write", &unfinished)(error));
    }
    let path = name.path(directory);
    directory::rename(&unfinished, &path)?;
    HistoryFile::open(path)
}

impl Gathered {
    /// Empties it; of the devices as many are expected as last time.
    fn clear(&mut self, seed: u64) {
        self.entry_bytes = 0;
        self.entries.clear();
        self.peripherals.clear();
        self.devices.clear();
        self.numbers = Numbers::seeded(self.numbers.0.len(), seed);
        self.written = None;
    }

    /// Notes an entry whose bytes begin at `start` of the segment.
    fn add(&mut self, shared: &Shared, entry: &[u8], start: usize) {
        let id_offset = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        let keys = keys(entry).ok();
        if keys.is_none() {
            JournalCounters::add(&shared.counters.unindexed_entries, 1);
        }
        let times = keys.as_ref().and_then(|keys| keys.times);
        let (first, last) = times.map_or((0, 0), |(first, last)| (first.as_millis(), last.as_millis()));
        let row = Row { id_offset, first, last, value: u32::try_from(entry.len()).unwrap_or(u32::MAX) };
        let device =
            keys.as_ref().and_then(|keys| keys.device.as_ref()).map_or(DeviceKey::NONE, DeviceKey::from);
        let device = self.number(device);
        self.entries.push(Placed { device, row, start });
        for peripheral in keys.iter().flat_map(|keys| &keys.peripherals) {
            let device = self.number(peripheral.into());
            self.peripherals.push(Placed { device, row, start: 0 });
        }
        self.entry_bytes += entry.len() as u64;
    }

    fn number(&mut self, device: DeviceKey) -> u32 {
        *self.numbers.0.entry(device).or_insert_with(|| {
            self.devices.push(device);
            u32::try_from(self.devices.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Sorts devices, and by them the entries; peripherals then point to the entries' ranks.
    fn sort(&mut self) {
        let mut order: Vec<(DeviceKey, u32)> = self.devices.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let mut ranks = vec![0_u32; order.len()];
        for (rank, (_, number)) in (0..).zip(&order) {
            if let Some(place) = usize::try_from(*number).ok().and_then(|number| ranks.get_mut(number)) {
                *place = rank;
            }
        }
        let rank = |number: u32| usize::try_from(number).ok().and_then(|number| ranks.get(number)).copied();
        for placed in self.entries.iter_mut().chain(&mut self.peripherals) {
            placed.device = rank(placed.device).unwrap_or(u32::MAX);
        }
        self.devices.clear();
        self.devices.extend(order.iter().map(|(device, _)| *device));
        self.sort_entries();
        self.peripherals.sort_unstable_by_key(Placed::order);
        let ranks = self.entry_ranks();
        for placed in &mut self.peripherals {
            let entry = usize::try_from(placed.row.id_offset).ok();
            placed.row.value = entry.and_then(|entry| ranks.get(entry)).copied().unwrap_or(u32::MAX);
        }
    }

    /// Entries come in their order, most of them also in that of time: counting puts each device's together, and
    /// what is left to sort is a few entries that are nearly sorted.
    fn sort_entries(&mut self) {
        let mut places = vec![0_usize; self.devices.len() + 1];
        let index = |placed: &Placed| usize::try_from(placed.device).unwrap_or(usize::MAX);
        for placed in &self.entries {
            if let Some(count) = places.get_mut(index(placed).saturating_add(1)) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for place in &mut places {
            sum += *place;
            *place = sum;
        }
        self.sorted.clear();
        self.sorted.extend_from_slice(&self.entries);
        for placed in &self.entries {
            let Some(next) = places.get_mut(index(placed)) else { continue };
            if let Some(place) = self.sorted.get_mut(*next) {
                *place = *placed;
                *next += 1;
            }
        }
        std::mem::swap(&mut self.entries, &mut self.sorted);
        for of_device in self.entries.chunk_by_mut(|a, b| a.device == b.device) {
            of_device.sort_unstable_by_key(Placed::order);
        }
    }

    /// For each entry, by number, its place after sorting.
    fn entry_ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0_u32; self.entries.len()];
        for (rank, placed) in (0..).zip(&self.entries) {
            if let Some(place) = usize::try_from(placed.row.id_offset).ok().and_then(|id| ranks.get_mut(id)) {
                *place = rank;
            }
        }
        ranks
    }
}

impl Placed {
    fn order(&self) -> (u32, i64, u32) {
        (self.device, self.row.first, self.row.id_offset)
    }

    fn bytes<'a>(&self, all: &'a [u8]) -> &'a [u8] {
        let length = usize::try_from(self.row.value).unwrap_or(usize::MAX);
        all.get(self.start..self.start.saturating_add(length)).unwrap_or_default()
    }
}

struct Output {
    file: BufWriter<File>,
    offset: u64,
}

impl Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.offset += bytes.len() as u64;
        self.file.write_all(bytes)
    }
}

fn write(
    out: &mut Output,
    gathered: &Gathered,
    whole: &[u8],
    start: Frontier,
    end: Frontier,
) -> io::Result<()> {
    let data = write_blocks(out, gathered, &gathered.entries, Some(whole))?;
    let peripheral = write_blocks(out, gathered, &gathered.peripherals, None)?;
    let mut index = Vec::new();
    data.iter().chain(&peripheral).for_each(|block| block.encode(&mut index));
    let index_offset = out.offset;
    out.write(&index)?;
    let bloom = bloom::build(gathered.devices.iter());
    let bloom_offset = out.offset;
    out.write(&bloom)?;
    let ranks_offset = out.offset;
    write_ranks(out, &gathered.entry_ranks())?;
    let of_device =
        |placed: &&Placed| gathered.devices.first() != Some(&DeviceKey::NONE) || placed.device != 0;
    let rows =
        gathered.entries.iter().filter(of_device).chain(&gathered.peripherals).map(|placed| placed.row);
    let span = rows.fold((i64::MAX, i64::MIN, i64::MIN), |(first_min, first_max, last_max), row| {
        (first_min.min(row.first), first_max.max(row.first), last_max.max(row.last))
    });
    let (written_first, written_last) = gathered.written.unwrap_or_default();
    let footer = Footer {
        count: gathered.entries.len() as u64,
        entry_bytes: gathered.entry_bytes,
        first_min: span.0,
        first_max: span.1,
        last_max: span.2,
        written_first,
        written_last,
        data_blocks: u32::try_from(data.len()).unwrap_or(u32::MAX),
        peripheral_blocks: u32::try_from(peripheral.len()).unwrap_or(u32::MAX),
        index_offset,
        index_checksum: crc32fast::hash(&index),
        bloom_offset,
        bloom_blocks: (bloom.len() / bloom::BLOOM_BLOCK_BYTES) as u64,
        ranks_offset,
        start,
        end,
    };
    out.write(&footer.encode())?;
    out.file.flush()?;
    out.file.get_ref().sync_all()
}

fn write_blocks(
    out: &mut Output,
    gathered: &Gathered,
    rows: &[Placed],
    whole: Option<&[u8]>,
) -> io::Result<Vec<BlockRef>> {
    let mut blocks = Vec::new();
    let mut writer = BlockWriter::default();
    let mut first_rank = 0;
    let mut finish = |writer: &mut BlockWriter| {
        let (packed, mut block) = writer.finish();
        block.offset = out.offset;
        block.first_rank = first_rank;
        first_rank += block.rows;
        blocks.push(block);
        out.write(packed)
    };
    for placed in rows {
        let device = usize::try_from(placed.device).ok().and_then(|device| gathered.devices.get(device));
        let bytes = whole.map_or(&[][..], |whole| placed.bytes(whole));
        writer.push(device.unwrap_or(&DeviceKey::NONE), &placed.row, bytes);
        if writer.is_full() {
            finish(&mut writer)?;
        }
    }
    if !writer.is_empty() {
        finish(&mut writer)?;
    }
    Ok(blocks)
}

/// Pages of ranks, each with a checksum of its own.
fn write_ranks(out: &mut Output, ranks: &[u32]) -> io::Result<()> {
    for ranks in ranks.chunks(RANKS_PER_PAGE) {
        let mut page = Vec::with_capacity(4 * RANKS_PER_PAGE + 4);
        ranks.iter().for_each(|rank| page.extend_from_slice(&rank.to_le_bytes()));
        page.resize(4 * RANKS_PER_PAGE, 0);
        page.extend_from_slice(&crc32fast::hash(&page).to_le_bytes());
        out.write(&page)?;
    }
    Ok(())
}
