//! What a person orders a device to do, and how far it has come. Nothing here holds a secret, so that the journal
//! and the API may carry it; passwords join where the bytes are made, as [`Command`].

#![expect(missing_docs, reason = "each variant's sentence says what its fields are")]

use crate::{Command, OccurredAt, ReceivedAt, Redacted};

/// An order in our words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Open the lock.
    Unlock,
    /// Close the lock.
    Lock,
    /// Open a wireless sub-lock through its master, within `window_min` minutes.
    UnlockSubLock { sub_lock: Box<str>, window_min: u8 },
    /// Report every `seconds`; wake every `wake_min` minutes where the device sleeps.
    ReportingInterval { seconds: u32, wake_min: Option<u32> },
    /// Report the position now.
    Locate,
    /// Report every `seconds` for `validity_s` seconds.
    Track { seconds: u16, validity_s: u32 },
    /// Set the clock to ours.
    SetTime,
    /// Restart the device.
    Restart,
    /// A text of the vendor's own command language; `{password}` in it stands for the lock's password.
    Text(Box<str>),
}

/// What sort of order. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum OrderKind {
    /// [`Order::Unlock`].
    Unlock = 1,
    /// [`Order::Lock`].
    Lock = 2,
    /// [`Order::UnlockSubLock`].
    UnlockSubLock = 3,
    /// [`Order::ReportingInterval`].
    ReportingInterval = 4,
    /// [`Order::Locate`].
    Locate = 5,
    /// [`Order::Track`].
    Track = 6,
    /// [`Order::SetTime`].
    SetTime = 7,
    /// [`Order::Restart`].
    Restart = 8,
    /// [`Order::Text`].
    Text = 9,
}

/// When an unanswered order may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeats {
    /// After a while, or in another conversation.
    Always,
    /// Only in another conversation: the one before ended without an answer.
    WhenReconnected,
    /// Once only.
    Never,
}

/// Stands for the lock's password in the text of an order.
pub const PASSWORD_PLACE: &str = "{password}";

impl OrderKind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Unlock,
        Self::Lock,
        Self::UnlockSubLock,
        Self::ReportingInterval,
        Self::Locate,
        Self::Track,
        Self::SetTime,
        Self::Restart,
        Self::Text,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlock => "unlock",
            Self::Lock => "lock",
            Self::UnlockSubLock => "unlock-sub-lock",
            Self::ReportingInterval => "reporting-interval",
            Self::Locate => "locate",
            Self::Track => "track",
            Self::SetTime => "set-time",
            Self::Restart => "restart",
            Self::Text => "text",
        }
    }

    /// The kind with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether somebody must authorise it before it is sent: what opens a seal, or could (a vendor's text).
    #[must_use]
    pub const fn needs_authorisation(self) -> bool {
        matches!(self, Self::Unlock | Self::UnlockSubLock | Self::Text)
    }

    /// When it may be sent again while the device has not answered.
    #[must_use]
    pub const fn repeats(self) -> Repeats {
        match self {
            Self::Lock | Self::ReportingInterval | Self::Locate | Self::Track | Self::SetTime => {
                Repeats::Always
            }
            // Twice in one conversation, they could open what was closed in between.
            Self::Unlock | Self::UnlockSubLock | Self::Text => Repeats::WhenReconnected,
            // The device's coming back is what it does.
            Self::Restart => Repeats::Never,
        }
    }
}

impl Order {
    /// What sort of order.
    #[must_use]
    pub const fn kind(&self) -> OrderKind {
        match self {
            Self::Unlock => OrderKind::Unlock,
            Self::Lock => OrderKind::Lock,
            Self::UnlockSubLock { .. } => OrderKind::UnlockSubLock,
            Self::ReportingInterval { .. } => OrderKind::ReportingInterval,
            Self::Locate => OrderKind::Locate,
            Self::Track { .. } => OrderKind::Track,
            Self::SetTime => OrderKind::SetTime,
            Self::Restart => OrderKind::Restart,
            Self::Text(_) => OrderKind::Text,
        }
    }

    /// The command to put into bytes at `now`, with the lock's password where it goes.
    #[must_use]
    pub fn command(&self, now: ReceivedAt, password: Option<Redacted>) -> Command {
        match self {
            Self::Unlock => Command::Unlock { password },
            Self::Lock => Command::Lock,
            Self::UnlockSubLock { sub_lock, window_min } => {
                Command::UnlockSubLock { sub_lock: sub_lock.clone(), window_min: *window_min }
            }
            Self::ReportingInterval { seconds, wake_min } => {
                Command::ReportingInterval { seconds: *seconds, wake_min: *wake_min }
            }
            Self::Locate => Command::Locate,
            Self::Track { seconds, validity_s } => {
                Command::Track { seconds: *seconds, validity_s: *validity_s }
            }
            Self::SetTime => Command::SetTime { now: OccurredAt(now.0) },
            Self::Restart => Command::Restart,
            Self::Text(text) => Command::Text(match password {
                Some(password) => text.replace(PASSWORD_PLACE, password.expose()).into(),
                None => text.clone(),
            }),
        }
    }
}

/// How far a command has come. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum CommandState {
    /// Somebody wants it; somebody must authorise it.
    Created = 1,
    /// It goes out as soon as the device can be reached.
    Authorised = 2,
    /// It went to the device's conversation.
    Sent = 3,
    /// The device says that it has it.
    Acknowledged = 4,
    /// The device says that it is done, or answered without refusing.
    Succeeded = 5,
    /// The device says that it will not or cannot.
    Rejected = 6,
    /// Its time passed first.
    Expired = 7,
    /// It cannot be sent.
    Failed = 8,
    /// Somebody took it back before it was sent.
    Cancelled = 9,
    /// Somebody who could have authorised it would not.
    Refused = 10,
}

impl CommandState {
    /// Every state.
    pub const ALL: [Self; 10] = [
        Self::Created,
        Self::Authorised,
        Self::Sent,
        Self::Acknowledged,
        Self::Succeeded,
        Self::Rejected,
        Self::Expired,
        Self::Failed,
        Self::Cancelled,
        Self::Refused,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Authorised => "authorised",
            Self::Sent => "sent",
            Self::Acknowledged => "acknowledged",
            Self::Succeeded => "succeeded",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
        }
    }

    /// The state with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state with this number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|state| *state as u8 == code)
    }

    /// Whether nothing more can happen to it.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Created | Self::Authorised | Self::Sent | Self::Acknowledged)
    }
}

/// What came of handing a command to the device's conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dispatch {
    /// Its bytes were made and given to the connection.
    Written,
    /// Not now; nothing was sent. A sentence.
    Postponed(Box<str>),
    /// Never: the protocol cannot carry it. A sentence.
    Impossible(Box<str>),
}
