//! Snapshots of the state that the entries fold into, so that a start need not replay everything.
//!
//! A snapshot at entry `n` is the state before entry `n`. The store does not know what is in it. Two are kept: if the
//! newer turns out damaged the older still serves, and retention never deletes what a replay from it would need.

use std::path::{Path, PathBuf};

use plomb_model::EntryId;

use crate::StoreError;
use crate::directory::{self, Name};
use crate::layout::{HeaderError, opened, sealed};
use crate::shared::Shared;

const MAGIC: [u8; 8] = *b"PLOMBSNP";
const HEADER_BYTES: usize = 64;
/// Snapshots kept.
const KEPT: usize = 2;

/// A snapshot that could not be used, and why.
pub(crate) type Rejected = (PathBuf, String);

/// The snapshot to begin with, and those rejected before it.
pub(crate) type Newest = (Option<(EntryId, Vec<u8>)>, Vec<Rejected>);

/// Writes a snapshot whole or not at all, and deletes all but the last two.
pub(crate) fn write(shared: &Shared, at: EntryId, bytes: &[u8]) -> Result<(), StoreError> {
    let next = shared.state().next;
    if at.0 > next {
        return Err(StoreError::SnapshotAhead { at, next: EntryId(next) });
    }
    crate::pool::check_space(shared, bytes.len() as u64)?;
    let directory = &shared.config.directory;
    let mut header = Vec::with_capacity(HEADER_BYTES);
    header.extend_from_slice(&MAGIC);
    header.extend_from_slice(&crate::layout::FORMAT_VERSION.to_le_bytes());
    header.extend_from_slice(&[0; 2]);
    header.extend_from_slice(&crc32fast::hash(bytes).to_le_bytes());
    header.extend_from_slice(&at.0.to_le_bytes());
    header.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
    directory::write_whole(directory, Name::Snapshot(at.0), &[&sealed::<HEADER_BYTES>(&header), bytes])?;
    let superseded = {
        let mut state = shared.state();
        state.snapshots.retain(|kept| *kept != at.0);
        state.snapshots.push(at.0);
        state.snapshots.sort_unstable();
        let surplus = state.snapshots.len().saturating_sub(KEPT);
        state.snapshots.drain(..surplus).collect::<Vec<_>>()
    };
    superseded.into_iter().try_for_each(|old| directory::remove(&Name::Snapshot(old).path(directory)))
}

/// Ending that a snapshot gets which is not usable, so that it is never taken for one of a later journal.
const REJECTED: &str = ".rejected";

/// The newest usable snapshot, at most at `next`; and those that are not usable, under the names they had.
pub(crate) fn newest(
    directory: &Path,
    snapshots: &[u64],
    oldest: u64,
    next: u64,
) -> Result<Newest, StoreError> {
    let mut rejected = Vec::new();
    for at in snapshots.iter().rev() {
        let path = Name::Snapshot(*at).path(directory);
        let usable = (oldest..=next).contains(at);
        let read =
            if usable { read(&path, *at) } else { Err("the journal does not hold its place".to_owned()) };
        match read {
            Ok(bytes) => return Ok((Some((EntryId(*at), bytes)), rejected)),
            Err(why) => {
                let mut aside = path.clone().into_os_string();
                aside.push(REJECTED);
                directory::rename(&path, Path::new(&aside))?;
                rejected.push((path, why));
            }
        }
    }
    Ok((None, rejected))
}

fn read(path: &Path, at: u64) -> Result<Vec<u8>, String> {
    let mut bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let header = bytes.first_chunk::<HEADER_BYTES>().ok_or("the file is too short")?;
    let mut fields = opened(header, MAGIC).map_err(|error| match error {
        HeaderError::Version(found) => format!("format version {found} is not known"),
        HeaderError::Absent | HeaderError::Checksum => "the header does not hold".to_owned(),
    })?;
    let (checksum, found_at, length) = (fields.u32(), fields.u64(), fields.u64());
    let state = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let whole = length == Some(state.len() as u64) && checksum == Some(crc32fast::hash(state));
    if !whole || found_at != Some(at) {
        return Err("the checksum fails".to_owned());
    }
    bytes.drain(..HEADER_BYTES);
    Ok(bytes)
}
