//! Finds out what a directory holds: checks that nothing is missing, cuts a torn last batch, says where to go on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use plomb_evidence::merkle::{Frontier, Hash, leaf_hash};
use plomb_model::EntryId;

use crate::StoreError;
use crate::batch::entries;
use crate::directory::{self, Name};
use crate::history::HistoryFile;
use crate::layout::SegmentHeader;
use crate::segment::{BatchRef, Segment, read_header, scan};
use crate::snapshot;

/// What was found when the journal was opened.
#[derive(Debug)]
pub struct Recovered {
    /// Number of the next entry: how many there are.
    pub next_entry: EntryId,
    /// Root of the Merkle tree over them.
    pub root: Hash,
    /// The Merkle tree's frontier.
    pub frontier: Frontier,
    /// The newest usable snapshot: the state before this entry.
    pub snapshot: Option<(EntryId, Vec<u8>)>,
    /// Snapshots that are not usable, and why.
    pub rejected_snapshots: Vec<(PathBuf, String)>,
    /// What was cut off at the end.
    pub torn: Option<Torn>,
}

/// A last batch that was not whole. It had not been acknowledged, unless the disk damaged it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Which file.
    pub path: PathBuf,
    /// Where the batch begins.
    pub offset: u64,
    /// What is wrong with it.
    pub what: &'static str,
}

/// Everything the journal begins with.
pub(crate) struct Found {
    pub(crate) recovered: Recovered,
    pub(crate) history: Vec<Arc<HistoryFile>>,
    pub(crate) wal: Vec<Arc<Segment>>,
    /// Where to go on in the last segment.
    pub(crate) end: u64,
    pub(crate) next_batch: u64,
    pub(crate) next_sequence: u64,
    pub(crate) snapshots: Vec<u64>,
    pub(crate) spares: Vec<PathBuf>,
    pub(crate) next_spare: u64,
}

struct Scanned {
    path: PathBuf,
    header: SegmentHeader,
    batches: Vec<BatchRef>,
    end: u64,
    torn: Option<&'static str>,
}

/// Reads the directory, which must be locked.
pub(crate) fn recover(directory: &Path, segment_bytes: u64) -> Result<Found, StoreError> {
    let names = directory::list(directory)?;
    let history = open_history(directory, &names)?;
    let mut spares = Spares { directory, segment_bytes, ready: Vec::new(), next: 0 };
    spares.keep(&names)?;
    let (mut scanned, next_sequence) = scan_segments(directory, &names, &history, &mut spares)?;
    cut_overlaps(&mut scanned);
    check_order(&scanned, &history)?;
    let (frontier, next_batch) = follow(&scanned, &history)?;
    let torn = scanned
        .last()
        .and_then(|last| last.torn.map(|what| Torn { path: last.path.clone(), offset: last.end, what }));
    let end = scanned.last().map_or(0, |last| last.end);
    let wal: Vec<_> = scanned
        .into_iter()
        .map(|scanned| Segment::new(scanned.path, scanned.header, scanned.batches).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let next = frontier.size();
    let oldest = history.first().map(|file| file.first()).or_else(|| wal.first().map(|first| first.first()));
    let mut snapshots: Vec<_> = names
        .iter()
        .filter_map(|name| if let Name::Snapshot(at) = name { Some(*at) } else { None })
        .collect();
    let (snapshot, rejected_snapshots) =
        snapshot::newest(directory, &snapshots, oldest.unwrap_or(next), next)?;
    snapshots.retain(|at| {
        !rejected_snapshots.iter().any(|(path, _)| *path == Name::Snapshot(*at).path(directory))
    });
    Ok(Found {
        recovered: Recovered {
            next_entry: EntryId(next),
            root: frontier.root(),
            frontier,
            snapshot,
            rejected_snapshots,
            torn,
        },
        history,
        wal,
        end,
        next_batch,
        next_sequence,
        snapshots,
        spares: spares.ready,
        next_spare: spares.next,
    })
}

fn open_history(directory: &Path, names: &[Name]) -> Result<Vec<Arc<HistoryFile>>, StoreError> {
    let mut history: Vec<Arc<HistoryFile>> = Vec::new();
    for name in names {
        let Name::History(first, end) = *name else { continue };
        let path = name.path(directory);
        let file = HistoryFile::open(path.clone())?;
        if (file.first(), file.end()) != (first, end) {
            return Err(StoreError::damaged(&path, 0, "the file has the name of another"));
        }
        if let Some(before) = history.last() {
            follows(before.end_tree(), file.start_tree(), &path)?;
        }
        history.push(Arc::new(file));
    }
    Ok(history)
}

/// Whether a file begins where the one before ended.
fn follows(end: &Frontier, start: &Frontier, path: &Path) -> Result<(), StoreError> {
    if start.size() > end.size() {
        return Err(StoreError::Missing {
            from: EntryId(end.size()),
            to: EntryId(start.size()),
            path: path.to_owned(),
        });
    }
    if start != end {
        return Err(StoreError::damaged(path, 0, "it does not continue the tree of the file before"));
    }
    Ok(())
}

/// Empty segments that are of use.
struct Spares<'a> {
    directory: &'a Path,
    segment_bytes: u64,
    ready: Vec<PathBuf>,
    next: u64,
}

impl Spares<'_> {
    fn keep(&mut self, names: &[Name]) -> Result<(), StoreError> {
        for name in names {
            let Name::Spare(number) = *name else { continue };
            self.next = self.next.max(number + 1);
            let path = name.path(self.directory);
            self.keep_if_fitting(path)?;
        }
        Ok(())
    }

    /// Of another size than wanted now: a setting was changed.
    fn keep_if_fitting(&mut self, path: PathBuf) -> Result<(), StoreError> {
        let measured = std::fs::metadata(&path).map_err(StoreError::io("measure", &path))?;
        if measured.len() == self.segment_bytes {
            self.ready.push(path);
            Ok(())
        } else {
            directory::remove(&path)
        }
    }

    fn recycle(&mut self, path: &Path) -> Result<(), StoreError> {
        let spare = Name::Spare(self.next).path(self.directory);
        self.next += 1;
        directory::rename(path, &spare)?;
        self.keep_if_fitting(spare)
    }
}

/// The segments that are not sealed, by sequence. One that was sealed before a crash is given to the spare ones.
fn scan_segments(
    directory: &Path,
    names: &[Name],
    history: &[Arc<HistoryFile>],
    spares: &mut Spares<'_>,
) -> Result<(Vec<Scanned>, u64), StoreError> {
    let sealed_end = history.last().map_or(0, |file| file.end());
    let mut segments = Vec::new();
    let mut next_sequence = 1;
    for name in names {
        let Name::Wal(sequence) = *name else { continue };
        let path = name.path(directory);
        let header = read_header(&path)?;
        if header.sequence != sequence {
            return Err(StoreError::damaged(&path, 0, "the file has the name of another"));
        }
        next_sequence = sequence + 1;
        segments.push((path, header));
    }
    let mut scanned = Vec::new();
    for place in 0..segments.len() {
        let Some((path, header)) = segments.get(place) else { continue };
        let next_first = segments.get(place + 1).map(|(_, next)| next.start.size());
        // Only a segment with a later one behind it is ever sealed.
        if next_first.is_some_and(|next| next <= sealed_end && header.start.size() < sealed_end) {
            spares.recycle(path)?;
            continue;
        }
        let scan = scan(path, header)?;
        scanned.push(Scanned {
            path: path.clone(),
            header: header.clone(),
            batches: scan.batches,
            end: scan.end,
            torn: scan.torn,
        });
    }
    Ok((scanned, next_sequence))
}

/// A batch whose writing failed may have reached the disk all the same; then a new segment was begun before it.
fn cut_overlaps(scanned: &mut [Scanned]) {
    let firsts: Vec<u64> = scanned.iter().skip(1).map(|later| later.header.start.size()).collect();
    for (segment, next_first) in scanned.iter_mut().zip(firsts) {
        segment.batches.retain(|batch| batch.header.first < next_first);
    }
}

fn check_order(scanned: &[Scanned], history: &[Arc<HistoryFile>]) -> Result<(), StoreError> {
    let Some(first) = scanned.first() else { return Ok(()) };
    if let Some(sealed) = history.last() {
        follows(sealed.end_tree(), &first.header.start, &first.path)?;
    }
    for (segment, next) in scanned.iter().zip(scanned.iter().skip(1)) {
        let start = &next.header.start;
        let (end, root) = match segment.batches.last() {
            Some(batch) => (batch.header.tree_size, batch.header.root),
            None => (segment.header.start.size(), segment.header.start.root()),
        };
        if end < start.size() {
            let what = format!(
                "entries from {end} on are damaged, but a later segment goes on with {}",
                start.size()
            );
            return Err(StoreError::damaged(&segment.path, segment.end, what));
        }
        if end != start.size() || root != start.root() {
            return Err(StoreError::damaged(
                &next.path,
                0,
                "it does not continue the tree of the segment before",
            ));
        }
    }
    Ok(())
}

/// The tree at the end, recomputed over the last segment, and the number of the next batch.
fn follow(scanned: &[Scanned], history: &[Arc<HistoryFile>]) -> Result<(Frontier, u64), StoreError> {
    let Some(last) = scanned.last() else {
        return Ok((history.last().map(|file| file.end_tree().clone()).unwrap_or_default(), 0));
    };
    let segment = Segment::new(last.path.clone(), last.header.clone(), last.batches.clone())?;
    let mut tree = last.header.start.clone();
    for batch in &last.batches {
        let payload = segment.read(batch)?;
        tree.extend(entries(&payload).flatten().map(leaf_hash));
        if tree.size() != batch.header.tree_size || tree.root() != batch.header.root {
            let what = format!("the entries of batch {} do not lead to its root", batch.header.number);
            return Err(StoreError::damaged(&last.path, batch.offset, what));
        }
    }
    let next_batch = last.batches.last().map_or(last.header.first_batch, |batch| batch.header.number + 1);
    Ok((tree, next_batch))
}
