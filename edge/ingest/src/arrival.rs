//! What a listener hands on, and what it gets back.

use plomb_devices::Decoded;
use plomb_evidence::{Closed, Dispatched, Opened, Sent};
use plomb_model::{ConnectionId, EntryId, Protocol, ReceivedAt};
use tokio::sync::mpsc;

/// Reports of one read, on their way to the journal and back.
#[derive(Debug)]
pub struct Batch {
    /// In which conversation.
    pub connection: ConnectionId,
    /// What is spoken.
    pub protocol: Protocol,
    /// When the bytes came.
    pub at: ReceivedAt,
    /// The reports.
    pub decoded: Box<Decoded>,
    /// Where they return to.
    pub back: mpsc::Sender<Release>,
}

/// What happens at a listener.
#[derive(Debug)]
pub enum Arrival {
    /// A conversation began.
    Opened(Opened),
    /// Reports came.
    Received(Batch),
    /// Commands can be given to the conversation through this door; comes after its beginning.
    Reachable(ConnectionId, Door),
    /// Nothing goes through this door any more, though the conversation goes on.
    Unreachable(ConnectionId, Door),
    /// A command was put into bytes, or was not. Comes before the answer that it gets.
    Dispatched(Dispatched),
    /// A conversation ended.
    Closed(Closed),
}

/// A batch that comes back.
#[derive(Debug)]
pub enum Release {
    /// It is durable: the replies may go out.
    Durable {
        /// In which conversation.
        connection: ConnectionId,
        /// Journal entry of the first report.
        entry: EntryId,
        /// The reports with their replies.
        decoded: Box<Decoded>,
    },
    /// It could not be kept: nothing may be answered, and the conversation ends so that the device sends again.
    Refused {
        /// In which conversation.
        connection: ConnectionId,
    },
    /// A command for the device; that it is sent is durable.
    Command(Box<Sent>),
}

/// Where a conversation gets its batches back, and its commands.
pub type Door = mpsc::Sender<Release>;

/// Where arrivals go.
pub type Intake = mpsc::Sender<Arrival>;
