//! What the platform may tell a device to do.

#![expect(missing_docs, reason = "each variant's sentence says what its fields are")]

use crate::{OccurredAt, Redacted};

/// A command in our words; each protocol encodes those it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open the lock. `password` where the device wants its static one.
    Unlock { password: Option<Redacted> },
    /// Close the lock.
    Lock,
    /// Open a wireless sub-lock through its master, within `window_min` minutes.
    UnlockSubLock { sub_lock: Box<str>, window_min: u8 },
    /// Bind these wireless sub-locks or sensors (the full list).
    BindSubLocks { sub_locks: Box<[Box<str>]> },
    /// Report every `seconds`; wake every `wake_min` minutes where the device sleeps.
    ReportingInterval { seconds: u32, wake_min: Option<u32> },
    /// Report the position now.
    Locate,
    /// Report every `seconds` for `validity_s` seconds.
    Track { seconds: u16, validity_s: u32 },
    /// Set the clock.
    SetTime { now: OccurredAt },
    /// Change the static password of the lock.
    ChangePassword { old: Redacted, new: Redacted },
    /// Authorise these cards (the full list).
    AuthoriseCards { cards: Box<[Box<str>]> },
    /// Restart the device.
    Restart,
    /// Show or execute a text of the vendor's own command language.
    Text(Box<str>),
}

/// Number by which an answer finds its command. Given by the platform; the session keeps what the protocol
/// needs (serial, flag) to bring the answer back to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandTicket(pub u64);

/// Why a command cannot be put into bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The protocol has no such command.
    #[error("the protocol {protocol} has no such command")]
    Unsupported {
        /// Name of the protocol.
        protocol: &'static str,
    },
    /// The device has not said who it is, so that the command cannot be addressed.
    #[error("the device has not identified itself on this connection yet")]
    UnknownDevice,
    /// A value the protocol cannot carry.
    #[error("{what} cannot be {found}: {allowed}")]
    Value {
        /// Which value.
        what: &'static str,
        /// What it was.
        found: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// Too many commands wait for an answer.
    #[error("{waiting} commands wait for an answer; try again later")]
    TooMany {
        /// How many wait.
        waiting: usize,
    },
}
