//! What can happen: the one list of everything that goes into the flow.

use plomb_devices::Decoded;
use plomb_evidence::{Closed, Dispatched, Opened, Operated, Sent};
use plomb_model::{ConnectionId, Protocol, ReceivedAt};
use plomb_rules::RuleSettings;

/// One input. All that the platform ever does follows from a sequence of these.
#[derive(Debug)]
pub enum Input<'a> {
    /// A conversation began.
    Opened(&'a Opened),
    /// A session made reports of the bytes that came.
    Received {
        /// In which conversation.
        connection: ConnectionId,
        /// What is spoken.
        protocol: Protocol,
        /// When the bytes came.
        at: ReceivedAt,
        /// The reports.
        decoded: &'a Decoded,
    },
    /// A conversation ended.
    Closed(&'a Closed),
    /// A person did something.
    Operated(&'a Operated),
    /// A command goes to a conversation.
    Sent(&'a Sent),
    /// What the conversation made of a command.
    Dispatched(&'a Dispatched),
    /// Time has come.
    Clock(ReceivedAt),
    /// Other settings of the rules come into force.
    Configured(ReceivedAt, &'a RuleSettings),
}
