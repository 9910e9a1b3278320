//! Sealed history: immutable files whose entries are sorted by device and time.
//!
//! Layout: data blocks, peripheral blocks, block index, bloom filter, entry index, footer page. Each part has its own
//! checksums, so that a query reads and verifies only what it needs. Entries stay byte for byte as they were written.
//! See `docs/journal-format.md`.

mod block;
mod bloom;
mod build;
mod cache;
mod file;
mod footer;

pub(crate) use build::{Scratch, build};
pub(crate) use cache::FileCache;
pub(crate) use file::HistoryFile;
pub(crate) use footer::Footer;
