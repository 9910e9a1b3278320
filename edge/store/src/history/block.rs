//! A block: rows of one or more devices, compressed together.
//!
//! A data block's rows carry the bytes of entries. A peripheral block's rows say which data row mentions the
//! peripheral. Both are found through the same kind of reference in the block index.

use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};

use crate::device_key::{DEVICE_KEY_BYTES, DeviceKey};
use crate::layout::Fields;

/// A block is closed when its rows take this much: small enough that one lookup unpacks little, large enough to
/// compress well.
pub(super) const BLOCK_BYTES: usize = 48 << 10;
/// Largest block before compression: one entry of the longest kind, and its row.
const BLOCK_BYTES_MAX: usize = 8 << 20;
/// Bytes of a reference in the block index.
pub(super) const BLOCK_REF_BYTES: usize = 2 * DEVICE_KEY_BYTES + 3 * 8 + 5 * 4;

/// One row of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Number of the entry, counted from the first of the file.
    pub(crate) id_offset: u32,
    /// Earliest time of its events, milliseconds.
    pub(crate) first: i64,
    /// Latest time of its events, milliseconds.
    pub(crate) last: i64,
    /// Data block: length of the entry. Peripheral block: rank of the data row.
    pub(crate) value: u32,
}

/// Where a block lies and what it can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockRef {
    pub(crate) first_device: DeviceKey,
    pub(crate) last_device: DeviceKey,
    /// Least `first` of its rows.
    pub(crate) first: i64,
    /// Greatest `last` of its rows.
    pub(crate) last: i64,
    pub(crate) offset: u64,
    pub(crate) bytes: u32,
    pub(crate) raw_bytes: u32,
    pub(crate) checksum: u32,
    /// Rank of its first row among all rows of its kind.
    pub(crate) first_rank: u32,
    pub(crate) rows: u32,
}

impl BlockRef {
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.first_device.0);
        out.extend_from_slice(&self.last_device.0);
        out.extend_from_slice(&self.first.to_le_bytes());
        out.extend_from_slice(&self.last.to_le_bytes());
        out.extend_from_slice(&self.offset.to_le_bytes());
        for number in [self.bytes, self.raw_bytes, self.checksum, self.first_rank, self.rows] {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes);
        Some(Self {
            first_device: DeviceKey(*fields.take(DEVICE_KEY_BYTES)?.first_chunk()?),
            last_device: DeviceKey(*fields.take(DEVICE_KEY_BYTES)?.first_chunk()?),
            first: fields.u64()?.cast_signed(),
            last: fields.u64()?.cast_signed(),
            offset: fields.u64()?,
            bytes: fields.u32()?,
            raw_bytes: fields.u32()?,
            checksum: fields.u32()?,
            first_rank: fields.u32()?,
            rows: fields.u32()?,
        })
    }
}

/// Collects the rows of one block.
#[derive(Default)]
pub(super) struct BlockWriter {
    runs: Vec<(DeviceKey, u32)>,
    rows: Vec<u8>,
    bytes: Vec<u8>,
    count: u32,
    first: i64,
    last: i64,
    previous: i64,
    raw: Vec<u8>,
    packed: Vec<u8>,
    table: CompressTable,
}

impl BlockWriter {
    /// Whether it has enough rows.
    pub(super) fn is_full(&self) -> bool {
        self.runs.len() * (DEVICE_KEY_BYTES + 4) + self.rows.len() + self.bytes.len() >= BLOCK_BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn push(&mut self, device: &DeviceKey, row: &Row, bytes: &[u8]) {
        match self.runs.last_mut() {
            Some((last, rows)) if last == device => *rows += 1,
            _ => self.runs.push((*device, 1)),
        }
        if self.count == 0 {
            (self.first, self.last, self.previous) = (row.first, row.last, 0);
        }
        self.first = self.first.min(row.first);
        self.last = self.last.max(row.last);
        write_varint(&mut self.rows, row.id_offset.into());
        write_varint(&mut self.rows, zigzag(row.first.wrapping_sub(self.previous)));
        write_varint(&mut self.rows, row.last.wrapping_sub(row.first).cast_unsigned());
        write_varint(&mut self.rows, row.value.into());
        self.previous = row.first;
        self.bytes.extend_from_slice(bytes);
        self.count += 1;
    }

    /// The compressed block and its reference (without place and rank), and an empty writer.
    pub(super) fn finish(&mut self) -> (&[u8], BlockRef) {
        self.raw.clear();
        let runs = u32::try_from(self.runs.len()).unwrap_or(u32::MAX);
        self.raw.extend_from_slice(&runs.to_le_bytes());
        self.raw.extend_from_slice(&self.count.to_le_bytes());
        for (device, rows) in &self.runs {
            self.raw.extend_from_slice(&device.0);
            self.raw.extend_from_slice(&rows.to_le_bytes());
        }
        self.raw.extend_from_slice(&self.rows);
        self.raw.extend_from_slice(&self.bytes);
        self.packed.resize(get_maximum_output_size(self.raw.len()), 0);
        // The room is what the format needs at most, so it is always enough.
        let length =
            compress_into_with_table(&self.raw, &mut self.packed, &mut self.table).unwrap_or_default();
        let packed = self.packed.get(..length).unwrap_or_default();
        let reference = BlockRef {
            first_device: self.runs.first().map_or(DeviceKey::NONE, |run| run.0),
            last_device: self.runs.last().map_or(DeviceKey::NONE, |run| run.0),
            first: self.first,
            last: self.last,
            offset: 0,
            bytes: u32::try_from(packed.len()).unwrap_or(u32::MAX),
            raw_bytes: u32::try_from(self.raw.len()).unwrap_or(u32::MAX),
            checksum: crc32fast::hash(packed),
            first_rank: 0,
            rows: self.count,
        };
        self.runs.clear();
        self.rows.clear();
        self.bytes.clear();
        self.count = 0;
        (packed, reference)
    }
}

/// A block, unpacked.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) runs: Vec<(DeviceKey, u32)>,
    pub(crate) rows: Vec<Row>,
    raw: Vec<u8>,
    /// Where the bytes of each row begin in `raw`, and after the last one where they end.
    starts: Vec<usize>,
}

impl Block {
    /// Unpacks a block; `None` when it does not hold.
    pub(super) fn decode(packed: &[u8], reference: &BlockRef, with_bytes: bool) -> Option<Self> {
        let raw_bytes = usize::try_from(reference.raw_bytes).ok()?;
        if raw_bytes > BLOCK_BYTES_MAX || crc32fast::hash(packed) != reference.checksum {
            return None;
        }
        let raw = lz4_flex::block::decompress(packed, raw_bytes).ok()?;
        let mut fields = Fields(&raw);
        let (runs, count) = (fields.u32()?, fields.u32()?);
        if count != reference.rows {
            return None;
        }
        let mut block = Self { runs: Vec::new(), rows: Vec::new(), raw: Vec::new(), starts: Vec::new() };
        for _ in 0..runs {
            let device = DeviceKey(*fields.take(DEVICE_KEY_BYTES)?.first_chunk()?);
            block.runs.push((device, fields.u32()?));
        }
        let mut previous = 0_i64;
        for _ in 0..count {
            let id_offset = u32::try_from(read_varint(&mut fields)?).ok()?;
            let first = previous.wrapping_add(unzigzag(read_varint(&mut fields)?));
            let last = first.wrapping_add(read_varint(&mut fields)?.cast_signed());
            let value = u32::try_from(read_varint(&mut fields)?).ok()?;
            block.rows.push(Row { id_offset, first, last, value });
            previous = first;
        }
        let mut start = raw.len() - fields.0.len();
        if with_bytes {
            block.starts.push(start);
            for row in &block.rows {
                start = start.checked_add(usize::try_from(row.value).ok()?)?;
                block.starts.push(start);
            }
        }
        let in_runs: u64 = block.runs.iter().map(|run| u64::from(run.1)).sum();
        if start != raw.len() || in_runs != u64::from(count) {
            return None;
        }
        block.raw = raw;
        Some(block)
    }

    /// The bytes of a row of a data block.
    pub(crate) fn bytes(&self, row: usize) -> Option<&[u8]> {
        self.raw.get(*self.starts.get(row)?..*self.starts.get(row + 1)?)
    }

    /// The rows of a device, as a range.
    pub(crate) fn run(&self, device: &DeviceKey) -> std::ops::Range<usize> {
        let mut start = 0;
        for (owner, rows) in &self.runs {
            let end = start + usize::try_from(*rows).unwrap_or(0);
            if owner == device {
                return start..end;
            }
            start = end;
        }
        0..0
    }
}

const fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

const fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// Seven bits a byte, the lowest first; the top bit says that more follow (LEB128).
fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

fn read_varint(fields: &mut Fields<'_>) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = fields.0.split_first()?;
        fields.0 = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back() {
        let devices = [DeviceKey([1; DEVICE_KEY_BYTES]), DeviceKey([2; DEVICE_KEY_BYTES])];
        let mut writer = BlockWriter::default();
        let mut expected = Vec::new();
        let times = [0, -1, i64::MAX, i64::MIN, 1_700_000_000_000];
        for (number, first) in times.into_iter().enumerate() {
            let bytes = vec![7; number * 10];
            let row = Row {
                id_offset: u32::try_from(number).unwrap(),
                first,
                last: first.saturating_add(5),
                value: u32::try_from(bytes.len()).unwrap(),
            };
            writer.push(&devices[number / 3], &row, &bytes);
            expected.push((row, bytes));
        }
        let (packed, reference) = writer.finish();
        let packed = packed.to_vec();
        let block = Block::decode(&packed, &reference, true).unwrap();
        for (number, (row, bytes)) in expected.iter().enumerate() {
            assert_eq!(&block.rows[number], row);
            assert_eq!(block.bytes(number).unwrap(), bytes);
        }
        assert_eq!(block.run(&devices[1]), 3..5);
        let mut encoded = Vec::new();
        reference.encode(&mut encoded);
        assert_eq!(encoded.len(), BLOCK_REF_BYTES);
        assert_eq!(BlockRef::decode(&encoded), Some(reference));
        let mut broken = packed.clone();
        broken[3] ^= 1;
        assert!(Block::decode(&broken, &reference, true).is_none());
    }
}
