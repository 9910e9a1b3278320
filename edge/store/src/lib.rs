//! The journal on the disk of one machine: durable before it is acknowledged, found again by device and time.
//!
//! In reading order: what the operator chooses (`config`), what can go wrong (`error`), what goes in (`batch`), how it
//! lies on the disk (`layout`, `segment`, `history`), who writes it (`writer`, `pool`, `sealer`), how it comes back
//! (`recover`, `replay`, `query`, `snapshot`, `verify`), what proves it (`hashes`), and the whole (`journal`). Files and threads, no async.

mod aligned;
mod batch;
mod config;
mod counters;
mod device_key;
mod directory;
mod error;
mod hashes;
mod history;
mod journal;
mod layout;
mod pool;
mod query;
mod reader;
mod recover;
mod replay;
mod row_index;
mod sealer;
mod segment;
mod shared;
mod snapshot;
mod verify;
mod wal_file;
mod writer;

pub use batch::{Batch, Durable};
pub use config::{DirectIo, JournalConfig, SpaceProbe};
pub use counters::{COMMIT_BUCKETS_US, JournalCounters};
pub use error::StoreError;
pub use hashes::HashFiles;
pub use journal::{Health, Journal};
pub use query::{Cursor, HistoryPage, HistoryQuery, NotACursor, Order};
pub use reader::{JournalReader, JournalStats};
pub use recover::{Recovered, Torn};
pub use verify::{Problem, VerifyReport};
pub use writer::JournalWriter;
