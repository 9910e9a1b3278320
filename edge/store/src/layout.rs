//! How a write-ahead segment lies on the disk: one header page, then batches that begin on page boundaries.
//!
//! All integers are little endian. A segment's nonce is random, so that neither what an earlier use of the file left
//! behind nor bytes that a device chose can be taken for a batch. See `docs/journal-format.md`.

use plomb_evidence::merkle::{Frontier, Hash};

/// Unit of writing: the page of the processor, and a multiple of every disk's sector.
pub(crate) const PAGE_BYTES: usize = 4096;
/// Bytes of a batch's header.
pub(crate) const BATCH_HEADER_BYTES: usize = 128;
/// Version of the files' format.
pub(crate) const FORMAT_VERSION: u16 = 1;

const SEGMENT_MAGIC: [u8; 8] = *b"PLOMBWAL";
const BATCH_MAGIC: [u8; 8] = *b"PLOMBBAT";
/// Place of the checksum in the two headers: their last four bytes.
const CHECKSUM_BYTES: usize = 4;

/// First page of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    /// Counted from 1 over the life of the journal.
    pub(crate) sequence: u64,
    pub(crate) nonce: u64,
    /// Number of the first batch in it.
    pub(crate) first_batch: u64,
    /// When it was begun, milliseconds since 1970.
    pub(crate) created_at: i64,
    /// The tree before its first entry, whose number is the tree's size.
    pub(crate) start: Frontier,
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderError {
    /// Not such a header at all.
    Absent,
    /// Its checksum does not hold.
    Checksum,
    /// A version that is not known.
    Version(u16),
}

/// Header of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchHeader {
    pub(crate) nonce: u64,
    /// Counted from 0 over the life of the journal.
    pub(crate) number: u64,
    pub(crate) first: u64,
    pub(crate) count: u32,
    pub(crate) payload_bytes: u32,
    pub(crate) written_at: i64,
    /// Tree after the batch.
    pub(crate) tree_size: u64,
    pub(crate) root: Hash,
    pub(crate) payload_crc: u32,
}

impl SegmentHeader {
    pub(crate) fn encode(&self) -> [u8; PAGE_BYTES] {
        let mut frontier = Vec::new();
        self.start.encode(&mut frontier);
        let mut bytes = Vec::with_capacity(PAGE_BYTES);
        bytes.extend_from_slice(&SEGMENT_MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&u32::try_from(frontier.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.nonce.to_le_bytes());
        bytes.extend_from_slice(&self.first_batch.to_le_bytes());
        bytes.extend_from_slice(&self.created_at.to_le_bytes());
        bytes.extend_from_slice(&frontier);
        sealed(&bytes)
    }

    pub(crate) fn decode(page: &[u8; PAGE_BYTES]) -> Result<Self, HeaderError> {
        let mut fields = opened(page, SEGMENT_MAGIC)?;
        let frontier_bytes = fields.u32().ok_or(HeaderError::Checksum)?;
        let mut read = || {
            let (sequence, nonce, first_batch) = (fields.u64()?, fields.u64()?, fields.u64()?);
            let created_at = fields.u64()?.cast_signed();
            let start = Frontier::decode(fields.take(usize::try_from(frontier_bytes).ok()?)?).ok()?;
            Some(Self { sequence, nonce, first_batch, created_at, start })
        };
        read().ok_or(HeaderError::Checksum)
    }
}

impl BatchHeader {
    pub(crate) fn encode(&self) -> [u8; BATCH_HEADER_BYTES] {
        let mut bytes = Vec::with_capacity(BATCH_HEADER_BYTES);
        bytes.extend_from_slice(&BATCH_MAGIC);
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&[0; 2]);
        bytes.extend_from_slice(&self.count.to_le_bytes());
        bytes.extend_from_slice(&self.nonce.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(&self.first.to_le_bytes());
        bytes.extend_from_slice(&self.payload_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.payload_crc.to_le_bytes());
        bytes.extend_from_slice(&self.written_at.to_le_bytes());
        bytes.extend_from_slice(&self.tree_size.to_le_bytes());
        bytes.extend_from_slice(&self.root.0);
        sealed(&bytes)
    }

    pub(crate) fn decode(bytes: &[u8; BATCH_HEADER_BYTES]) -> Result<Self, HeaderError> {
        let mut fields = opened(bytes, BATCH_MAGIC)?;
        let mut read = || {
            let count = fields.u32()?;
            let (nonce, number, first) = (fields.u64()?, fields.u64()?, fields.u64()?);
            let (payload_bytes, payload_crc) = (fields.u32()?, fields.u32()?);
            let written_at = fields.u64()?.cast_signed();
            let tree_size = fields.u64()?;
            let root = Hash(*fields.take(32)?.first_chunk()?);
            Some(Self {
                nonce,
                number,
                first,
                count,
                payload_bytes,
                written_at,
                tree_size,
                root,
                payload_crc,
            })
        };
        read().ok_or(HeaderError::Checksum)
    }

    /// Bytes that the batch takes on the disk.
    pub(crate) fn disk_bytes(&self) -> u64 {
        disk_bytes(self.payload_bytes)
    }
}

/// Bytes on the disk for a payload of this size.
pub(crate) fn disk_bytes(payload_bytes: u32) -> u64 {
    (u64::from(payload_bytes) + BATCH_HEADER_BYTES as u64).next_multiple_of(PAGE_BYTES as u64)
}

/// `bytes` filled up to `N` with zeroes and a checksum at the end.
pub(crate) fn sealed<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut page = [0; N];
    page.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
    if let Some((rest, place)) = page.split_last_chunk_mut::<CHECKSUM_BYTES>() {
        *place = crc32fast::hash(rest).to_le_bytes();
    }
    page
}

/// The fields after magic and version, if magic, checksum and version are right.
pub(crate) fn opened<const N: usize>(page: &[u8; N], magic: [u8; 8]) -> Result<Fields<'_>, HeaderError> {
    let (rest, checksum) = page.split_last_chunk::<CHECKSUM_BYTES>().ok_or(HeaderError::Absent)?;
    let mut fields = Fields(rest);
    if fields.take(8) != Some(&magic) {
        return Err(HeaderError::Absent);
    }
    if crc32fast::hash(rest) != u32::from_le_bytes(*checksum) {
        return Err(HeaderError::Checksum);
    }
    let version = fields.u16().ok_or(HeaderError::Absent)?;
    if version != FORMAT_VERSION {
        return Err(HeaderError::Version(version));
    }
    fields.take(2).ok_or(HeaderError::Absent)?;
    Ok(fields)
}

/// Bytes read from the front.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(*self.take(2)?.first_chunk()?))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(*self.take(4)?.first_chunk()?))
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(*self.take(8)?.first_chunk()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back_and_no_bit_may_flip() {
        let mut start = Frontier::default();
        start.extend((0..77_u8).map(|leaf| plomb_evidence::merkle::leaf_hash(&[leaf])));
        let segment =
            SegmentHeader { sequence: 3, nonce: 0x1234_5678, first_batch: 9, created_at: -5, start };
        let page = segment.encode();
        assert_eq!(SegmentHeader::decode(&page), Ok(segment));
        let batch = BatchHeader {
            nonce: 1,
            number: 2,
            first: 3,
            count: 4,
            payload_bytes: 5,
            written_at: 6,
            tree_size: 7,
            root: Hash([8; 32]),
            payload_crc: 9,
        };
        let bytes = batch.encode();
        assert_eq!(BatchHeader::decode(&bytes), Ok(batch));
        for bit in 0..BATCH_HEADER_BYTES * 8 {
            let mut flipped = bytes;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(BatchHeader::decode(&flipped).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn the_largest_frontier_fits_the_page() {
        let mut bytes = u64::MAX.to_le_bytes().to_vec();
        bytes.resize(8 + 32 * plomb_evidence::merkle::PEAKS_MAX, 7);
        let start = Frontier::decode(&bytes).unwrap();
        let header = SegmentHeader { sequence: 1, nonce: 2, first_batch: 3, created_at: 4, start };
        assert_eq!(SegmentHeader::decode(&header.encode()), Ok(header));
    }
}
