//! Alarms: what needs a person's action.

use crate::{AlarmId, DeviceId, EventId, OccurredAt, Position, ReceivedAt};

/// How urgent, worst first. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Priority {
    /// Act at once.
    Critical = 1,
    /// Act within minutes.
    High = 2,
    /// Act within the shift.
    Medium = 3,
    /// Note and plan.
    Low = 4,
}

impl Priority {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// The alarms of the catalogue. The discriminants are bit numbers and part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AlarmKind {
    /// Rope, shackle, bolt or tamper loop broken.
    SealCut = 0,
    /// Lock or door opened without an unlocking that the device calls authorised.
    UnauthorisedOpen = 1,
    /// Housing of the device opened, or the device taken off.
    CaseOpen = 2,
    /// Wrong password or unknown card, or an unlocking refused outside its zone.
    UnlockRefused = 3,
    /// Left unlocked too long.
    LongUnlocked = 4,
    /// Motor stuck.
    MotorFault = 5,
    /// Vibration, impact or fall.
    Shock = 6,
    /// Battery low.
    LowBattery = 7,
    /// Two reporting periods without a word.
    SignalLoss = 8,
    /// A report that reached us long after it happened.
    LateUpload = 9,
    /// The device's clock is wrong.
    ClockDrift = 10,
    /// An impossible jump, or jamming by the device's word.
    GnssImplausible = 11,
    /// A proof that does not hold: a wrong key, or a forged or damaged message.
    ProofInvalid = 12,
    /// A proof that was used before, or is older than one that was.
    ProofReplayed = 13,
    /// Two tags with one identity: one of them is a copy.
    ClonedTag = 14,
    /// A passive seal read at two places in less time than it can travel.
    SealAtTwoPlaces = 15,
    /// A seal read that its record says was destroyed.
    DestroyedSealRead = 16,
    /// A seal that should have been read at a gate and was not.
    ExpectedReadMissed = 17,
    /// Off the route that was declared.
    RouteDeviation = 18,
    /// Where a movement under seal must not be.
    RestrictedZone = 19,
    /// Standing longer than allowed where nobody may stop.
    Overstay = 20,
    /// Two devices of one movement that should travel together do not.
    Split = 21,
    /// The limit of the movement has passed.
    Overdue = 22,
    /// A seal on a unit is not the one that was declared for it.
    SealMismatch = 23,
    /// An opening that was authorised has not taken place in its time.
    OpeningMissed = 24,
}

impl AlarmKind {
    /// Every kind, by bit number.
    pub const ALL: [Self; 25] = [
        Self::SealCut,
        Self::UnauthorisedOpen,
        Self::CaseOpen,
        Self::UnlockRefused,
        Self::LongUnlocked,
        Self::MotorFault,
        Self::Shock,
        Self::LowBattery,
        Self::SignalLoss,
        Self::LateUpload,
        Self::ClockDrift,
        Self::GnssImplausible,
        Self::ProofInvalid,
        Self::ProofReplayed,
        Self::ClonedTag,
        Self::SealAtTwoPlaces,
        Self::DestroyedSealRead,
        Self::ExpectedReadMissed,
        Self::RouteDeviation,
        Self::RestrictedZone,
        Self::Overstay,
        Self::Split,
        Self::Overdue,
        Self::SealMismatch,
        Self::OpeningMissed,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SealCut => "seal-cut",
            Self::UnauthorisedOpen => "unauthorised-open",
            Self::CaseOpen => "case-open",
            Self::UnlockRefused => "unlock-refused",
            Self::LongUnlocked => "long-unlocked",
            Self::MotorFault => "motor-fault",
            Self::Shock => "shock",
            Self::LowBattery => "low-battery",
            Self::SignalLoss => "signal-loss",
            Self::LateUpload => "late-upload",
            Self::ClockDrift => "clock-drift",
            Self::GnssImplausible => "gnss-implausible",
            Self::ProofInvalid => "proof-invalid",
            Self::ProofReplayed => "proof-replayed",
            Self::ClonedTag => "cloned-tag",
            Self::SealAtTwoPlaces => "seal-at-two-places",
            Self::DestroyedSealRead => "destroyed-seal-read",
            Self::ExpectedReadMissed => "expected-read-missed",
            Self::RouteDeviation => "route-deviation",
            Self::RestrictedZone => "restricted-zone",
            Self::Overstay => "overstay",
            Self::Split => "split",
            Self::Overdue => "overdue",
            Self::SealMismatch => "seal-mismatch",
            Self::OpeningMissed => "opening-missed",
        }
    }

    /// The kind with this journal code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// Where an alarm stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlarmState {
    /// The condition holds and nobody has taken note.
    Raised,
    /// The condition holds and somebody has it.
    Acknowledged,
    /// The condition has ended and nobody has taken note: it still waits for a person.
    Cleared,
    /// Ended and noted.
    Closed,
}

impl AlarmState {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Acknowledged => "acknowledged",
            Self::Cleared => "cleared",
            Self::Closed => "closed",
        }
    }
}

/// What happened to an alarm. The discriminants are part of the journal's format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AlarmChange {
    /// It was raised.
    Raised = 1,
    /// Its condition came again.
    Repeated = 2,
    /// Its condition ended.
    Cleared = 3,
    /// Somebody took note.
    Acknowledged = 4,
}

impl AlarmChange {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raised => "raised",
            Self::Repeated => "repeated",
            Self::Cleared => "cleared",
            Self::Acknowledged => "acknowledged",
        }
    }
}

/// Who took note of an alarm, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Account name.
    pub by: Box<str>,
    /// When.
    pub at: ReceivedAt,
    /// Reason code, e.g. `called-driver`.
    pub reason: Box<str>,
    /// Free text.
    pub note: Box<str>,
}

/// One alarm of one device, from raising to closing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alarm {
    /// Number.
    pub id: AlarmId,
    /// What.
    pub kind: AlarmKind,
    /// How urgent.
    pub priority: Priority,
    /// Whose.
    pub device: DeviceId,
    /// When it happened, by the device's clock (for silence: when the report was due).
    pub occurred_at: OccurredAt,
    /// When we raised it.
    pub raised_at: ReceivedAt,
    /// When the condition ended.
    pub cleared_at: Option<ReceivedAt>,
    /// Whether it happened long before it reached us.
    pub late: bool,
    /// Where.
    pub position: Option<Position>,
    /// The events that led to it, oldest first.
    pub causes: Vec<EventId>,
    /// What exactly, in a sentence.
    pub detail: Box<str>,
    /// How often the condition came again while the alarm was open.
    pub repeats: u32,
    /// When it last came again.
    pub last_repeat_at: Option<ReceivedAt>,
    /// Who took note.
    pub acknowledged: Option<Acknowledgement>,
}

impl Alarm {
    /// Where it stands. A low alarm closes when its condition ends, noted or not: it asks nobody for anything more.
    #[must_use]
    pub const fn state(&self) -> AlarmState {
        if self.cleared_at.is_some() && matches!(self.priority, Priority::Low) {
            return AlarmState::Closed;
        }
        match (self.cleared_at.is_some(), self.acknowledged.is_some()) {
            (false, false) => AlarmState::Raised,
            (false, true) => AlarmState::Acknowledged,
            (true, false) => AlarmState::Cleared,
            (true, true) => AlarmState::Closed,
        }
    }

    /// Whether it still needs somebody or its condition still holds.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !matches!(self.state(), AlarmState::Closed)
    }
}
