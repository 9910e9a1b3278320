//! The history files that are open, with their block indexes: the most recently used ones, a bounded number.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::{Arc, Mutex};

use super::block::BlockRef;
use crate::shared::lock;

/// Open files kept; a block index of a full segment takes 150 KB, so all take some 40 MB.
const FILES_OPEN_MAX: usize = 256;

/// An open file.
pub(crate) struct OpenFile {
    first: u64,
    pub(super) file: File,
    pub(super) index: Mutex<Option<Arc<Index>>>,
}

/// References to the blocks of a file, in order.
pub(crate) struct Index {
    pub(super) data: Vec<BlockRef>,
    pub(super) peripheral: Vec<BlockRef>,
}

/// Open files by first entry.
#[derive(Default)]
pub(crate) struct FileCache {
    files: Mutex<VecDeque<Arc<OpenFile>>>,
}

impl FileCache {
    pub(super) fn find(&self, first: u64) -> Option<Arc<OpenFile>> {
        let mut files = lock(&self.files);
        let place = files.iter().position(|open| open.first == first)?;
        let open = files.remove(place)?;
        files.push_back(Arc::clone(&open));
        Some(open)
    }

    pub(super) fn add(&self, first: u64, file: File) -> Arc<OpenFile> {
        let open = Arc::new(OpenFile { first, file, index: Mutex::new(None) });
        let mut files = lock(&self.files);
        if files.len() >= FILES_OPEN_MAX {
            files.pop_front();
        }
        files.push_back(Arc::clone(&open));
        open
    }

    pub(crate) fn forget(&self, first: u64) {
        lock(&self.files).retain(|open| open.first != first);
    }
}
