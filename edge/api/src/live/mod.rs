//! The live stream behind `/stream`: what happened goes once through a bounded ring, from which every client reads
//! at its own speed. A client that falls behind is told to begin anew; nobody's slowness costs memory.

mod mark;
mod ring;

pub use mark::DeviceMark;
pub(crate) use ring::sse_frame;
pub use ring::{Ring, Subscription, Told};

use plomb_cases::Case;
use plomb_model::{Alarm, AlarmChange};
use plomb_rules::CommandRecord;

/// One durable thing that the screens must learn.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// The journal entry behind it.
    pub sequence: u64,
    /// What.
    pub change: UpdateChange,
}

/// What has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum UpdateChange {
    /// An alarm was raised or has changed: told at once.
    Alarm(AlarmChange, Box<Alarm>),
    /// A command has come into another state: told at once.
    Command(Box<CommandRecord>),
    /// A case has changed: told at once.
    Case(Box<Case>),
    /// A device's place, condition or last word is another: told with the next batch, at most once a second.
    Moved(DeviceMark),
}
