//! One write-ahead segment as its readers see it: the batches that are durable, and how they are found after a crash.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, RwLock};

use rustix::fs::OFlags;

use crate::aligned::AlignedBuffer;
use crate::layout::{BATCH_HEADER_BYTES, BatchHeader, HeaderError, PAGE_BYTES, SegmentHeader};
use crate::row_index::RowIndex;
use crate::shared::{read_lock, write_lock};
use crate::{DirectIo, StoreError};

/// Place of the first batch: after the header page.
pub(crate) const FIRST_BATCH_OFFSET: u64 = PAGE_BYTES as u64;

/// A durable batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BatchRef {
    pub(crate) header: BatchHeader,
    pub(crate) offset: u64,
}

impl BatchRef {
    /// The entry after its last.
    pub(crate) fn end(&self) -> u64 {
        self.header.first + u64::from(self.header.count)
    }
}

/// A segment that is being written or waits to be sealed.
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) header: SegmentHeader,
    /// For reading.
    file: File,
    /// Durable ones only: the writer adds a batch after it is on the disk.
    batches: RwLock<Arc<Vec<BatchRef>>>,
    /// Nothing more will be written to it.
    finished: AtomicBool,
    pub(crate) index: Mutex<RowIndex>,
}

impl Segment {
    pub(crate) fn new(
        path: PathBuf,
        header: SegmentHeader,
        batches: Vec<BatchRef>,
    ) -> Result<Self, StoreError> {
        let file = File::open(&path).map_err(StoreError::io("open", &path))?;
        Ok(Self {
            path,
            header,
            file,
            batches: RwLock::new(Arc::new(batches)),
            finished: AtomicBool::new(false),
            index: Mutex::new(RowIndex::default()),
        })
    }

    /// Number of its first entry.
    pub(crate) fn first(&self) -> u64 {
        self.header.start.size()
    }

    /// The entry after its last durable one.
    pub(crate) fn end(&self) -> u64 {
        read_lock(&self.batches).last().map_or_else(|| self.first(), BatchRef::end)
    }

    pub(crate) fn batches(&self) -> Arc<Vec<BatchRef>> {
        Arc::clone(&read_lock(&self.batches))
    }

    pub(crate) fn add(&self, batch: BatchRef) {
        // A reader that holds the list makes this copy it: some KB, and only while somebody asks.
        Arc::make_mut(&mut write_lock(&self.batches)).push(batch);
    }

    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::Release);
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// The payload of a batch, its checksum verified.
    pub(crate) fn read(&self, batch: &BatchRef) -> Result<Vec<u8>, StoreError> {
        read_payload(&self.file, &self.path, batch)
    }

    /// Reads the file up to the end of its last batch, past the page cache where that works: what is sealed is read
    /// once, and its file is written over next. [`Self::payload`] then finds the batches.
    pub(crate) fn read_whole(
        &self,
        direct_io: DirectIo,
        batches: &[BatchRef],
        buffer: &mut AlignedBuffer,
    ) -> Result<(), StoreError> {
        let end = batches.last().map_or(0, |last| last.offset + last.header.disk_bytes());
        let place = buffer.room(usize::try_from(end).unwrap_or(usize::MAX));
        let direct = (direct_io == DirectIo::Auto).then(|| {
            let flags = OFlags::DIRECT.bits().cast_signed();
            OpenOptions::new().read(true).custom_flags(flags).open(&self.path)
        });
        let read = match direct {
            Some(Ok(file)) => file.read_exact_at(place, 0),
            // Without O_DIRECT, or where the file system does not have it.
            Some(Err(_)) | None => self.file.read_exact_at(place, 0),
        };
        read.map_err(StoreError::io("read", &self.path))
    }

    /// The payload of a batch in the bytes of the whole file, its checksum verified.
    pub(crate) fn payload<'b>(&self, whole: &'b [u8], batch: &BatchRef) -> Result<&'b [u8], StoreError> {
        let start =
            usize::try_from(batch.offset).ok().and_then(|offset| offset.checked_add(BATCH_HEADER_BYTES));
        let length = usize::try_from(batch.header.payload_bytes).ok();
        let payload = start.zip(length).and_then(|(start, length)| whole.get(start..)?.get(..length));
        match payload {
            Some(payload) if crc32fast::hash(payload) == batch.header.payload_crc => Ok(payload),
            _ => Err(checksum_fails(&self.path, batch)),
        }
    }

    /// The bytes at a place that a verified batch had.
    pub(crate) fn read_at(&self, offset: u64, length: usize) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; length];
        self.file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read", &self.path))?;
        Ok(bytes)
    }
}

fn read_payload(file: &File, path: &Path, batch: &BatchRef) -> Result<Vec<u8>, StoreError> {
    let length = usize::try_from(batch.header.payload_bytes).unwrap_or(usize::MAX);
    let mut payload = vec![0; length];
    let offset = batch.offset + BATCH_HEADER_BYTES as u64;
    file.read_exact_at(&mut payload, offset).map_err(StoreError::io("read", path))?;
    if crc32fast::hash(&payload) == batch.header.payload_crc {
        Ok(payload)
    } else {
        Err(checksum_fails(path, batch))
    }
}

fn checksum_fails(path: &Path, batch: &BatchRef) -> StoreError {
    StoreError::damaged(path, batch.offset, format!("the checksum of batch {} fails", batch.header.number))
}

/// What a segment holds, found by reading it.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) batches: Vec<BatchRef>,
    /// Where the next batch goes.
    pub(crate) end: u64,
    /// What is wrong with the bytes at `end`, where a batch was begun there.
    pub(crate) torn: Option<&'static str>,
}

/// Reads the header page.
pub(crate) fn read_header(path: &Path) -> Result<SegmentHeader, StoreError> {
    let file = File::open(path).map_err(StoreError::io("open", path))?;
    let mut page = [0; PAGE_BYTES];
    file.read_exact_at(&mut page, 0).map_err(StoreError::io("read", path))?;
    SegmentHeader::decode(&page).map_err(|error| match error {
        HeaderError::Version(found) => StoreError::Version { path: path.to_owned(), found },
        HeaderError::Absent | HeaderError::Checksum => {
            StoreError::damaged(path, 0, "the header of the segment does not hold")
        }
    })
}

/// Finds the batches of a segment. A last batch that is not whole is left out; damage with a later batch behind it
/// is an error.
pub(crate) fn scan(path: &Path, header: &SegmentHeader) -> Result<Scan, StoreError> {
    let file = File::open(path).map_err(StoreError::io("open", path))?;
    let length = file.metadata().map_err(StoreError::io("measure", path))?.len();
    let mut scan = Scan { batches: Vec::new(), end: FIRST_BATCH_OFFSET, torn: None };
    let (mut number, mut first) = (header.first_batch, header.start.size());
    while scan.end + PAGE_BYTES as u64 <= length {
        match read_batch(&file, path, length, scan.end, header.nonce, number, first)? {
            Found::Batch(batch) => {
                number += 1;
                first = batch.end();
                scan.end += batch.header.disk_bytes();
                scan.batches.push(batch);
            }
            Found::Nothing => break,
            Found::Broken(what) => {
                scan.torn = Some(what);
                break;
            }
        }
    }
    // Only one batch is ever under way, so a later one proves that this one had been whole.
    if let Some(later) = later_batch(&file, path, length, scan.end, header.nonce, number)? {
        let what = format!("batch {number} is damaged, but batch {later} behind it is whole");
        return Err(StoreError::damaged(path, scan.end, what));
    }
    Ok(scan)
}

enum Found {
    Batch(BatchRef),
    /// Zeroes, or what an earlier use of the file left.
    Nothing,
    Broken(&'static str),
}

fn read_batch(
    file: &File,
    path: &Path,
    length: u64,
    offset: u64,
    nonce: u64,
    number: u64,
    first: u64,
) -> Result<Found, StoreError> {
    let header = match header_at(file, path, offset)? {
        Ok(header) if header.nonce == nonce => header,
        Ok(_) | Err(HeaderError::Absent) => return Ok(Found::Nothing),
        Err(HeaderError::Version(found)) => {
            return Err(StoreError::Version { path: path.to_owned(), found });
        }
        Err(HeaderError::Checksum) => return Ok(Found::Broken("the header of the batch does not hold")),
    };
    if header.number < number {
        return Ok(Found::Nothing);
    }
    if header.number != number || header.first != first {
        return Ok(Found::Broken("the batch is not the next one"));
    }
    if offset + header.disk_bytes() > length {
        return Ok(Found::Broken("the batch is longer than its segment"));
    }
    let batch = BatchRef { header, offset };
    match read_payload(file, path, &batch) {
        Ok(_) => Ok(Found::Batch(batch)),
        Err(StoreError::Damaged { .. }) => Ok(Found::Broken("the checksum of the batch fails")),
        Err(error) => Err(error),
    }
}

fn header_at(file: &File, path: &Path, offset: u64) -> Result<Result<BatchHeader, HeaderError>, StoreError> {
    let mut bytes = [0; BATCH_HEADER_BYTES];
    file.read_exact_at(&mut bytes, offset).map_err(StoreError::io("read", path))?;
    Ok(BatchHeader::decode(&bytes))
}

/// Number of a batch of this segment after `number`, behind `offset`.
fn later_batch(
    file: &File,
    path: &Path,
    length: u64,
    offset: u64,
    nonce: u64,
    number: u64,
) -> Result<Option<u64>, StoreError> {
    let mut offset = offset;
    while offset + PAGE_BYTES as u64 <= length {
        match header_at(file, path, offset)? {
            Ok(header) if header.nonce == nonce && header.number > number => return Ok(Some(header.number)),
            _ => offset += PAGE_BYTES as u64,
        }
    }
    Ok(None)
}
