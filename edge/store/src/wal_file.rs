//! The segment that is being written: opened past the page cache where that works, one page-aligned write a batch.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plomb_evidence::merkle::Frontier;
use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::aligned::AlignedBuffer;
use crate::directory::{self, Name};
use crate::layout::SegmentHeader;
use crate::segment::{FIRST_BATCH_OFFSET, Segment};
use crate::shared::{Shared, now_millis};
use crate::{DirectIo, StoreError};

/// Room for a full group commit and its header without growing.
const BUFFER_BYTES: usize = (1 << 20) + (64 << 10);

/// The segment being written.
pub(crate) struct Active {
    pub(crate) segment: Arc<Segment>,
    file: WalFile,
    /// Where the next batch goes.
    offset: u64,
    capacity: u64,
    buffer: AlignedBuffer,
    /// When its first batch was written, or was found at the start.
    used_since: Option<Instant>,
}

enum WalFile {
    /// Durable when the write returns.
    Direct(File),
    /// Durable after `sync_data`.
    Cached(File),
}

impl WalFile {
    fn open(path: &Path, direct_io: DirectIo) -> Result<Self, StoreError> {
        if direct_io == DirectIo::Auto {
            let flags = (OFlags::DIRECT | OFlags::DSYNC).bits().cast_signed();
            match OpenOptions::new().write(true).custom_flags(flags).open(path) {
                Ok(file) => return Ok(Self::Direct(file)),
                // What a file system without O_DIRECT answers, open(2).
                Err(error) if error.raw_os_error() == Some(Errno::INVAL.raw_os_error()) => {}
                Err(error) => return Err(StoreError::io("open", path)(error)),
            }
        }
        let opened = OpenOptions::new().write(true).open(path);
        opened.map(Self::Cached).map_err(StoreError::io("open", path))
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        match self {
            Self::Direct(file) => file.write_all_at(bytes, offset),
            Self::Cached(file) => {
                file.write_all_at(bytes, offset)?;
                file.sync_data()
            }
        }
    }
}

impl Active {
    /// Goes on with a segment after `offset`.
    pub(crate) fn resume(shared: &Shared, segment: Arc<Segment>, offset: u64) -> Result<Self, StoreError> {
        let file = WalFile::open(&segment.path, shared.config.direct_io)?;
        let measured = std::fs::metadata(&segment.path).map_err(StoreError::io("measure", &segment.path))?;
        Ok(Self {
            used_since: (offset > FIRST_BATCH_OFFSET).then(Instant::now),
            segment,
            file,
            offset,
            capacity: measured.len(),
            buffer: AlignedBuffer::with_capacity(BUFFER_BYTES),
        })
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn has_room(&self, bytes: u64) -> bool {
        self.offset + bytes <= self.capacity
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.offset == FIRST_BATCH_OFFSET
    }

    pub(crate) fn is_older_than(&self, age: Duration) -> bool {
        self.used_since.is_some_and(|since| since.elapsed() >= age)
    }

    /// Begins a batch with room for its header.
    pub(crate) fn begin(&mut self, header_bytes: usize) {
        self.buffer.clear();
        self.buffer.extend(&vec![0; header_bytes]);
    }

    pub(crate) fn extend(&mut self, payload: &[u8]) {
        self.buffer.extend(payload);
    }

    /// Puts the header before the payload and makes both durable.
    pub(crate) fn write(&mut self, shared: &Shared, header: &[u8]) -> Result<(), StoreError> {
        #[cfg(not(test))]
        let _: &Shared = shared;
        self.buffer.pad();
        self.buffer.as_mut_slice().iter_mut().zip(header).for_each(|(place, byte)| *place = *byte);
        #[cfg(test)]
        if let Some(share) = failing_share(shared) {
            // Part of it reaches the disk, as when the power goes.
            let (part, _) = self.buffer.as_slice().split_at(self.buffer.len() / 4096 * share / 2 * 4096);
            self.file.write(part, self.offset).map_err(StoreError::io("write", &self.segment.path))?;
            return Err(StoreError::io("write", &self.segment.path)(Errno::IO.into()));
        }
        let written = self.file.write(self.buffer.as_slice(), self.offset);
        written.map_err(StoreError::io("write", &self.segment.path))?;
        self.offset += self.buffer.len() as u64;
        self.used_since.get_or_insert_with(Instant::now);
        Ok(())
    }
}

/// How many halves of this write reach the disk, if a test wants it to fail.
#[cfg(test)]
fn failing_share(shared: &Shared) -> Option<usize> {
    let share = shared.failing_write.swap(0, std::sync::atomic::Ordering::Relaxed);
    (share > 0).then_some(share)
}

/// Makes an empty segment the one to be written: its header becomes durable before its name does.
pub(crate) fn begin_segment(
    shared: &Shared,
    spare: &Path,
    sequence: u64,
    first_batch: u64,
    start: Frontier,
) -> Result<Active, StoreError> {
    let nonce = random().map_err(StoreError::io("read", Path::new(RANDOM)))?;
    let header = SegmentHeader { sequence, nonce, first_batch, created_at: now_millis(), start };
    let mut page = AlignedBuffer::with_capacity(crate::layout::PAGE_BYTES);
    page.extend(&header.encode());
    write_header(spare, shared.config.direct_io, page.as_slice())?;
    let path = Name::Wal(sequence).path(&shared.config.directory);
    directory::rename(spare, &path)?;
    let segment = Arc::new(Segment::new(path, header, Vec::new())?);
    Active::resume(shared, segment, FIRST_BATCH_OFFSET)
}

fn write_header(path: &Path, direct_io: DirectIo, page: &[u8]) -> Result<(), StoreError> {
    let file = WalFile::open(path, direct_io)?;
    file.write(page, 0).map_err(StoreError::io("write", path))
}

/// The system's source of random bytes, random(4).
const RANDOM: &str = "/dev/urandom";

fn random() -> io::Result<u64> {
    let mut bytes = [0; 8];
    File::open(RANDOM)?.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}
