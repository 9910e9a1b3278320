//! Reads everything that is held and recomputes the Merkle tree over it.

use std::path::PathBuf;

use plomb_evidence::merkle::{Frontier, Hash, leaf_hash};
use plomb_model::EntryId;

use crate::StoreError;
use crate::batch::entries;
use crate::history::HistoryFile;
use crate::segment::Segment;
use crate::shared::Shared;

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// First entry that is held; what came before is known only by its hashes.
    pub first_entry: EntryId,
    /// The entry after the last one verified: the size of the tree.
    pub tree_size: u64,
    /// Root of the tree, recomputed from the bytes of the entries.
    pub root: Hash,
    /// Entries read.
    pub entries: u64,
    /// Bytes of these entries.
    pub entry_bytes: u64,
    /// What does not hold. Empty: everything is as it was written.
    pub problems: Vec<Problem>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which file.
    pub path: PathBuf,
    /// What, for people; names the place.
    pub what: String,
}

struct Verifier {
    tree: Frontier,
    report: VerifyReport,
}

/// Verifies what is durable now.
pub(crate) fn verify(shared: &Shared) -> VerifyReport {
    let (files, segments, oldest) = {
        let state = shared.state();
        (state.history.clone(), state.wal.clone(), state.oldest())
    };
    let start = files.first().map(|file| file.start_tree());
    let start = start.or_else(|| segments.first().map(|segment| &segment.header.start));
    let tree = start.cloned().unwrap_or_default();
    let report = VerifyReport {
        first_entry: EntryId(oldest),
        tree_size: tree.size(),
        root: tree.root(),
        entries: 0,
        entry_bytes: 0,
        problems: Vec::new(),
    };
    let mut verifier = Verifier { tree, report };
    files.iter().for_each(|file| verifier.file(file));
    segments.iter().for_each(|segment| verifier.segment(segment));
    verifier.report.tree_size = verifier.tree.size();
    verifier.report.root = verifier.tree.root();
    verifier.report
}

impl Verifier {
    fn problem(&mut self, path: &std::path::Path, what: impl ToString) {
        self.report.problems.push(Problem { path: path.to_owned(), what: what.to_string() });
    }

    fn add<'a>(&mut self, entries: impl Iterator<Item = &'a [u8]>) {
        for entry in entries {
            self.tree.push(leaf_hash(entry));
            self.report.entries += 1;
            self.report.entry_bytes += entry.len() as u64;
        }
    }

    /// Goes on with the tree that a file begins or ends with, after saying that it is another.
    fn expect(&mut self, path: &std::path::Path, tree: &Frontier, what: &str) {
        if self.tree != *tree {
            self.problem(path, what);
            self.tree = tree.clone();
        }
    }

    fn file(&mut self, file: &HistoryFile) {
        self.expect(&file.path, file.start_tree(), "it does not begin with the tree that came before");
        let whole = file.whole();
        let indexes = file.verify_indexes();
        if file.is_removed() {
            self.tree = file.end_tree().clone();
            return;
        }
        let mut errors = Vec::new();
        match whole {
            Ok(whole) => {
                self.add(whole.entries());
                self.expect(&file.path, file.end_tree(), "its entries do not lead to the tree it ends with");
            }
            Err(error) => {
                errors.push(error.to_string());
                self.tree = file.end_tree().clone();
            }
        }
        errors.extend(indexes.err().map(|error| error.to_string()));
        // Both need the block index: one fault is told once.
        errors.dedup();
        errors.into_iter().for_each(|error| self.problem(&file.path, error));
    }

    fn segment(&mut self, segment: &Segment) {
        self.expect(&segment.path, &segment.header.start, "it does not begin with the tree that came before");
        for batch in segment.batches().iter() {
            match segment.read(batch) {
                Ok(payload) => self.add(entries(&payload).flatten()),
                Err(error @ StoreError::Damaged { .. }) => {
                    // The tree cannot be followed past lost entries; the rest of the segment is left unproved.
                    self.problem(&segment.path, error);
                    return;
                }
                Err(error) => {
                    self.problem(&segment.path, error);
                    return;
                }
            }
            if self.tree.size() != batch.header.tree_size || self.tree.root() != batch.header.root {
                let number = batch.header.number;
                self.problem(&segment.path, format!("the entries of batch {number} do not lead to its root"));
                return;
            }
        }
    }
}
