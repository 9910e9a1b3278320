//! What a report means, in our words and units.

use crate::{DeviceId, OccurredAt, Position, Reading, SealReading, Signals, Trust};

/// What sort of thing happened. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// The device introduced itself (login, registration, authentication).
    Login = 1,
    /// A sign of life.
    Heartbeat = 2,
    /// Where the device is, with whatever else it tells.
    Position = 3,
    /// Something was done at the lock or seal: locked, unlocked, refused, pulled, cut.
    Seal = 4,
    /// A state or measurement without a position of its own.
    Status = 5,
    /// An answer to a command.
    CommandResult = 6,
    /// A text or request of the device.
    Message = 7,
    /// A picture, sound or part of one.
    Media = 8,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Login,
        Self::Heartbeat,
        Self::Position,
        Self::Seal,
        Self::Status,
        Self::CommandResult,
        Self::Message,
        Self::Media,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Heartbeat => "heartbeat",
            Self::Position => "position",
            Self::Seal => "seal",
            Self::Status => "status",
            Self::CommandResult => "command-result",
            Self::Message => "message",
            Self::Media => "media",
        }
    }
}

/// Whether the report is fresh or comes out of the device's memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Delivery {
    /// Sent when it happened.
    #[default]
    Live = 0,
    /// Kept by the device while it had no network ("blind area", "+BUFF", batch type 1), by its own word.
    Buffered = 1,
}

impl Delivery {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Buffered => "buffered",
        }
    }
}

/// One thing that a device reported.
///
/// The device itself is named by the report that brings the event; `peripheral` names another device that the
/// event is about (a wireless sub-lock heard through its master).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What sort of thing.
    pub kind: EventKind,
    /// Fresh or from the device's memory.
    pub delivery: Delivery,
    /// When, by the device's clock; `None` when the message carries no time.
    pub occurred_at: Option<OccurredAt>,
    /// Where; `None` when the message carries no place.
    pub position: Option<Position>,
    /// The parts of the seal that the message mentions.
    pub seal: SealReading,
    /// The alarm conditions that the message carries.
    pub signals: Signals,
    /// The message's serial number, where the protocol has one.
    pub serial: Option<u32>,
    /// How far it can be trusted.
    pub trust: Trust,
    /// The device the event is about, where it is not the sender.
    pub peripheral: Option<DeviceId>,
    /// All the rest.
    pub readings: Vec<Reading>,
}

impl Event {
    /// An event of `kind` that says nothing else yet.
    #[must_use]
    pub const fn new(kind: EventKind) -> Self {
        Self {
            kind,
            delivery: Delivery::Live,
            occurred_at: None,
            position: None,
            seal: SealReading::from_bits(0, 0),
            signals: Signals::NONE,
            serial: None,
            trust: Trust { identity: crate::Identity::Claimed, seal: crate::SealEvidence::None },
            peripheral: None,
            readings: Vec::new(),
        }
    }
}
