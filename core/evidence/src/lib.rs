//! What the journal holds, how it is encoded, and how it is proved.

mod entry;

pub use entry::{Action, Closed, Decided, Entry, Opened, Operated, Received, ReceivedRef};
