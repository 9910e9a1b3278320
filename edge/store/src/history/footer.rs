//! The last pages of a history file: what is in it, where, and the Merkle tree before and after.

use plomb_evidence::merkle::Frontier;

use crate::layout::{FORMAT_VERSION, Fields, HeaderError, opened, sealed};

/// Two frontiers of at most 2,056 bytes each, and the fields.
pub(super) const FOOTER_BYTES: usize = 8192;
const MAGIC: [u8; 8] = *b"PLOMBHIS";

/// What a history file says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Footer {
    /// Number of entries.
    pub(crate) count: u64,
    /// Bytes of the entries, before compression.
    pub(crate) entry_bytes: u64,
    /// Least `first` over the rows of devices; above `first_max` when there are none.
    pub(crate) first_min: i64,
    /// Greatest `first`.
    pub(crate) first_max: i64,
    /// Greatest `last`.
    pub(crate) last_max: i64,
    /// When its first batch was written, milliseconds.
    pub(crate) written_first: i64,
    /// When its last batch was written, milliseconds.
    pub(crate) written_last: i64,
    pub(crate) data_blocks: u32,
    pub(crate) peripheral_blocks: u32,
    pub(crate) index_offset: u64,
    pub(crate) index_checksum: u32,
    pub(crate) bloom_offset: u64,
    pub(crate) bloom_blocks: u64,
    pub(crate) ranks_offset: u64,
    /// Tree before the first entry, whose number is its size.
    pub(crate) start: Frontier,
    /// Tree after the last entry.
    pub(crate) end: Frontier,
}

impl Footer {
    pub(super) fn encode(&self) -> [u8; FOOTER_BYTES] {
        let mut out = Vec::with_capacity(FOOTER_BYTES);
        out.extend_from_slice(&MAGIC);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 2]);
        out.extend_from_slice(&self.index_checksum.to_le_bytes());
        for number in [self.count, self.entry_bytes] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for time in [self.first_min, self.first_max, self.last_max, self.written_first, self.written_last] {
            out.extend_from_slice(&time.to_le_bytes());
        }
        out.extend_from_slice(&self.data_blocks.to_le_bytes());
        out.extend_from_slice(&self.peripheral_blocks.to_le_bytes());
        for number in [self.index_offset, self.bloom_offset, self.bloom_blocks, self.ranks_offset] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for frontier in [&self.start, &self.end] {
            let mut bytes = Vec::new();
            frontier.encode(&mut bytes);
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(&bytes);
        }
        sealed(&out)
    }

    pub(super) fn decode(bytes: &[u8; FOOTER_BYTES]) -> Result<Self, HeaderError> {
        let mut fields = opened(bytes, MAGIC)?;
        read(&mut fields).ok_or(HeaderError::Checksum)
    }
}

fn read(fields: &mut Fields<'_>) -> Option<Footer> {
    Some(Footer {
        index_checksum: fields.u32()?,
        count: fields.u64()?,
        entry_bytes: fields.u64()?,
        first_min: fields.u64()?.cast_signed(),
        first_max: fields.u64()?.cast_signed(),
        last_max: fields.u64()?.cast_signed(),
        written_first: fields.u64()?.cast_signed(),
        written_last: fields.u64()?.cast_signed(),
        data_blocks: fields.u32()?,
        peripheral_blocks: fields.u32()?,
        index_offset: fields.u64()?,
        bloom_offset: fields.u64()?,
        bloom_blocks: fields.u64()?,
        ranks_offset: fields.u64()?,
        start: frontier(fields)?,
        end: frontier(fields)?,
    })
}

fn frontier(fields: &mut Fields<'_>) -> Option<Frontier> {
    let length = usize::try_from(fields.u32()?).ok()?;
    Frontier::decode(fields.take(length)?).ok()
}
