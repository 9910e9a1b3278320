//! What the journal holds: every input as it came, and every decision that followed.
//!
//! State is a fold over the inputs; the decisions are recorded so that a replay can be compared with what was
//! decided at the time. The encoding is in `encoding`, this file is only the words.

use plomb_model::{
    Alarm, AlarmChange, AlarmId, CaseId, CommandState, CommandTicket, ConnectionId, DeviceId, Dispatch,
    EntryId, Event, Issue, MovementId, Order, Position, Protocol, ReceivedAt, Standing, Timestamp, Transport,
};

/// One entry of the journal. Its number is its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A device, gateway or reader opened a conversation.
    Opened(Opened),
    /// Bytes from a device, with what they were decoded to.
    Received(Received),
    /// A conversation ended.
    Closed(Closed),
    /// A person did something.
    Operated(Operated),
    /// Time came at which something was decided (only such times are recorded).
    Clocked(ReceivedAt),
    /// What the rules decided about an input entry.
    Decided(Decided),
    /// The settings by which the rules judge from here on.
    Configured(Configured),
    /// A command goes to the device's conversation. Nothing is written there before this is durable.
    Sent(Sent),
    /// What the conversation made of a command.
    Dispatched(Dispatched),
}

/// A conversation's beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Its number, unique in the journal.
    pub connection: ConnectionId,
    /// What is spoken; `None` on a shared port until it is recognised.
    pub protocol: Option<Protocol>,
    /// How the bytes travel.
    pub transport: Transport,
    /// Address and port of the other side.
    pub peer: Box<str>,
    /// When.
    pub at: ReceivedAt,
}

/// One frame: the bytes as they came, and what they mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// When the last byte came.
    pub at: ReceivedAt,
    /// In which conversation.
    pub connection: ConnectionId,
    /// What is spoken.
    pub protocol: Protocol,
    /// Who sent it, once known.
    pub device: Option<DeviceId>,
    /// The bytes as they came over the wire.
    pub frame: Box<[u8]>,
    /// What is wrong with them.
    pub issues: Box<[Issue]>,
    /// What they mean.
    pub events: Box<[Event]>,
    /// Bit `n` set: event `n` had been received before (a retransmission) and changed nothing;
    /// events beyond the 64th share the last bit.
    pub duplicates: u64,
    /// What was sent back.
    pub replies: Box<[u8]>,
}

/// [`Received`] by reference, for the hot path.
#[derive(Clone, Copy, Debug)]
pub struct ReceivedRef<'a> {
    /// When the last byte came.
    pub at: ReceivedAt,
    /// In which conversation.
    pub connection: ConnectionId,
    /// What is spoken.
    pub protocol: Protocol,
    /// Who sent it, once known.
    pub device: Option<DeviceId>,
    /// The bytes as they came over the wire.
    pub frame: &'a [u8],
    /// What is wrong with them.
    pub issues: &'a [Issue],
    /// What they mean.
    pub events: &'a [Event],
    /// As [`Received::duplicates`].
    pub duplicates: u64,
    /// What was sent back.
    pub replies: &'a [u8],
}

/// A conversation's end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    /// Which.
    pub connection: ConnectionId,
    /// Why, for people.
    pub reason: Box<str>,
    /// When.
    pub at: ReceivedAt,
}

/// What a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operated {
    /// When.
    pub at: ReceivedAt,
    /// Account name.
    pub by: Box<str>,
    /// What.
    pub action: Action,
}

/// An action of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Took note of an alarm.
    Acknowledge {
        /// Which.
        alarm: AlarmId,
        /// Reason code, e.g. `called-driver`.
        reason: Box<str>,
        /// Free text.
        note: Box<str>,
    },
    /// Said how a device stands from here on.
    SetStanding {
        /// Which device; it need not have been heard yet.
        device: DeviceId,
        /// How it stands.
        standing: Standing,
        /// Why, for people.
        reason: Box<str>,
    },
    /// Said where a device is to be read, and by when.
    Expect {
        /// Which device; it need not have been heard yet.
        device: DeviceId,
        /// The reader or gateway that is to hear it.
        gate: DeviceId,
        /// By when, on our clock.
        by: Timestamp,
    },
    /// Said where a gate stands.
    PlaceGate {
        /// The reader or gateway.
        gate: DeviceId,
        /// Where; `None` takes it off the record.
        place: Option<Position>,
    },
    /// Took a step of a movement under seal.
    Step {
        /// Which movement.
        movement: MovementId,
        /// Name of the step.
        step: Box<str>,
        /// Names and texts of its fields, as they were filled in.
        fields: Box<[(Box<str>, Box<str>)]>,
    },
    /// Took a step of a case.
    Case {
        /// Which case; [`CaseId::ALL`] for all that somebody has.
        case: CaseId,
        /// Name of the step.
        step: Box<str>,
        /// Names and texts of its fields, as they were filled in.
        fields: Box<[(Box<str>, Box<str>)]>,
    },
    /// Took a step of a change of the rules' settings.
    Rules {
        /// Number of the change, from 1.
        change: u64,
        /// `propose`, `approve` or `refuse`.
        step: Box<str>,
        /// Settings by name, and `reason`.
        fields: Box<[(Box<str>, Box<str>)]>,
    },
    /// Drew a place, or took it away.
    Draw {
        /// Its identifier.
        place: Box<str>,
        /// The `GeoJSON` feature; empty where it was taken away.
        feature: Box<str>,
    },
    /// Ordered a device to do something.
    Order {
        /// The command's number.
        ticket: CommandTicket,
        /// Which device.
        device: DeviceId,
        /// What it is to do.
        order: Order,
        /// By which the same wish is known again when it comes twice.
        key: Box<str>,
        /// It is not sent from this time on.
        expires_at: ReceivedAt,
        /// Somebody else must authorise it.
        four_eyes: bool,
    },
    /// Authorised a command.
    Authorise {
        /// Which.
        ticket: CommandTicket,
    },
    /// Would not authorise a command.
    Refuse {
        /// Which.
        ticket: CommandTicket,
        /// Why, for people.
        reason: Box<str>,
    },
    /// Took a command back that has not been sent.
    Cancel {
        /// Which.
        ticket: CommandTicket,
    },
}

/// A command on its way to a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: ReceivedAt,
    /// To which device.
    pub device: DeviceId,
    /// In which conversation.
    pub connection: ConnectionId,
    /// Which command.
    pub ticket: CommandTicket,
    /// What it says, without passwords.
    pub order: Order,
}

/// A command put into bytes, or why it was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dispatched {
    /// When.
    pub at: ReceivedAt,
    /// In which conversation.
    pub connection: ConnectionId,
    /// Which command.
    pub ticket: CommandTicket,
    /// What came of it.
    pub dispatch: Dispatch,
}

/// A command's new state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandChange {
    /// Which command.
    pub ticket: CommandTicket,
    /// Its state from here on.
    pub state: CommandState,
    /// The device's words or ours; empty where there are none.
    pub detail: Box<str>,
}

/// Decisions about one input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The input entry.
    pub about: EntryId,
    /// Alarms raised or changed, in order.
    pub alarms: Box<[(AlarmChange, Alarm)]>,
    /// Commands that came into another state, in order.
    pub commands: Box<[CommandChange]>,
}

/// Settings of the rules that came into force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configured {
    /// When.
    pub at: ReceivedAt,
    /// Every setting's name and value.
    pub settings: Box<[(Box<str>, i64)]>,
}
