//! The words of the domain, in reading order.
//!
//! Everything beyond a protocol's `normalise.rs` is said in these types: one
//! unit for each quantity, the device's clock and ours apart, and "the device
//! did not say" (`None`) apart from "the device said nonsense" ([`Issue`]).
//! Nothing here does I/O, reads a clock or knows an encoding.

mod alarm;
mod command;
mod event;
mod id;
mod issue;
mod order;
mod position;
mod protocol;
mod quantity;
mod reading;
mod seal;
mod secret;
mod signal;
mod standing;
mod time;
mod trust;

pub use alarm::{Acknowledgement, Alarm, AlarmChange, AlarmKind, AlarmState, Priority};
pub use command::{Command, CommandError, CommandTicket};
pub use event::{Delivery, Event, EventKind};
pub use id::{AlarmId, CaseId, ConnectionId, DeviceId, EntryId, EventId, IdError, MovementId, Scheme};
pub use issue::Issue;
pub use order::{CommandState, Dispatch, Order, OrderKind, PASSWORD_PLACE, Repeats};
pub use position::{Fix, Position};
pub use protocol::{Ability, DeviceClass, Protocol, Transport};
pub use quantity::{
    CentiCelsius, CentiDegrees, CentiPercent, LatitudeE7, LongitudeE7, Metres, Millivolts, OutOfRange,
    Percent, Speed,
};
pub use reading::{
    CardNumber, CellTower, CommandOutcome, Reading, UnlockMethod, UnlockReport, UnlockVerdict,
};
pub use seal::{SealPart, SealReading};
pub use secret::Redacted;
pub use signal::{Signal, Signals};
pub use standing::Standing;
pub use time::{OccurredAt, ReceivedAt, Timestamp};
pub use trust::{Identity, SealEvidence, Trust};
