//! Makes a history file out of a segment: sorts by device, time and entry, packs blocks, writes indexes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};

use plomb_evidence::keys;
use plomb_evidence::merkle::Frontier;

use super::block::{BlockRef, BlockWriter, Row};
use super::bloom;
use super::file::{HistoryFile, RANKS_PER_PAGE};
use super::footer::Footer;
use crate::batch::entries;
use crate::device_key::DeviceKey;
use crate::directory::{self, Name};
use crate::segment::Segment;
use crate::shared::Shared;
use crate::{JournalCounters, StoreError};

/// Piece by which the file is written.
const WRITE_BYTES: usize = 1 << 20;

/// An entry on its way into its place.
struct Placed {
    device: u32,
    row: Row,
    /// Where its bytes begin among those of the segment.
    start: usize,
}

/// The entries of a segment, unsorted.
#[derive(Default)]
struct Gathered {
    /// Bytes of all entries.
    bytes: Vec<u8>,
    entries: Vec<Placed>,
    /// One for each peripheral of each entry.
    peripherals: Vec<Placed>,
    /// Devices by first mention, and their numbers.
    devices: Vec<DeviceKey>,
    numbers: HashMap<DeviceKey, u32>,
    written: Option<(i64, i64)>,
}

/// Seals a finished segment. `end` is the tree after it.
pub(crate) fn build(shared: &Shared, segment: &Segment, end: &Frontier) -> Result<HistoryFile, StoreError> {
    let mut gathered = Gathered::default();
    for batch in segment.batches().iter() {
        let payload = segment.read(batch)?;
        let (first, _) = gathered.written.unwrap_or((batch.header.written_at, 0));
        gathered.written = Some((first, batch.header.written_at));
        for entry in entries(&payload) {
            let entry = entry.ok_or_else(|| {
                StoreError::damaged(&segment.path, batch.offset, "the lengths of the entries do not add up")
            })?;
            gathered.add(shared, entry);
        }
    }
    gathered.sort();
    let (first, count) = (segment.first(), gathered.entries.len() as u64);
    let name = Name::History(first, first + count);
    let directory = &shared.config.directory;
    let unfinished = name.unfinished(directory);
    let file = File::create(&unfinished).map_err(StoreError::io("create", &unfinished))?;
    let mut out = Output { file: BufWriter::with_capacity(WRITE_BYTES, file), offset: 0 };
    if let Err(error) = write(&mut out, &gathered, segment.header.start.clone(), end.clone()) {
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
    fn add(&mut self, shared: &Shared, entry: &[u8]) {
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
        self.entries.push(Placed { device, row, start: self.bytes.len() });
        for peripheral in keys.iter().flat_map(|keys| &keys.peripherals) {
            let device = self.number(peripheral.into());
            self.peripherals.push(Placed { device, row, start: 0 });
        }
        self.bytes.extend_from_slice(entry);
    }

    fn number(&mut self, device: DeviceKey) -> u32 {
        *self.numbers.entry(device).or_insert_with(|| {
            self.devices.push(device);
            u32::try_from(self.devices.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// Sorts devices, and by them the entries; peripherals then point to the entries' ranks.
    fn sort(&mut self) {
        let mut order: Vec<u32> = (0..).zip(&self.devices).map(|(number, _)| number).collect();
        let device = |number: &u32| self.devices.get(usize::try_from(*number).ok()?);
        order.sort_unstable_by_key(|number| device(number));
        let mut ranks = vec![0_u32; order.len()];
        for (rank, number) in (0..).zip(&order) {
            if let Some(place) = usize::try_from(*number).ok().and_then(|number| ranks.get_mut(number)) {
                *place = rank;
            }
        }
        let rank = |number: u32| usize::try_from(number).ok().and_then(|number| ranks.get(number)).copied();
        for placed in self.entries.iter_mut().chain(&mut self.peripherals) {
            placed.device = rank(placed.device).unwrap_or(u32::MAX);
        }
        self.devices.sort_unstable();
        self.entries.sort_unstable_by_key(Placed::order);
        self.peripherals.sort_unstable_by_key(Placed::order);
        let ranks = self.entry_ranks();
        for placed in &mut self.peripherals {
            let entry = usize::try_from(placed.row.id_offset).ok();
            placed.row.value = entry.and_then(|entry| ranks.get(entry)).copied().unwrap_or(u32::MAX);
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

fn write(out: &mut Output, gathered: &Gathered, start: Frontier, end: Frontier) -> io::Result<()> {
    let data = write_blocks(out, gathered, &gathered.entries, true)?;
    let peripheral = write_blocks(out, gathered, &gathered.peripherals, false)?;
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
        entry_bytes: gathered.bytes.len() as u64,
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
    with_bytes: bool,
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
        out.write(&packed)
    };
    for placed in rows {
        let device = usize::try_from(placed.device).ok().and_then(|device| gathered.devices.get(device));
        let bytes = if with_bytes { placed.bytes(&gathered.bytes) } else { &[] };
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
