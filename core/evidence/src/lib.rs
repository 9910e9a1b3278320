//! What the journal holds, how it is encoded, and how it is proved.

mod encoding;
mod entry;
pub mod log;
pub mod merkle;

pub use encoding::{DecodeError, EntryKeys, EntryKind, decode, encode, encode_received, is_canonical, keys};
pub use entry::{
    Action, Closed, CommandChange, Configured, Decided, Dispatched, Entry, Opened, Operated, Received,
    ReceivedRef, Sent,
};
