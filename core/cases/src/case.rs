//! One case as it stands, and all that was done about it.

use std::collections::BTreeSet;

use plomb_model::{
    AlarmId, AlarmKind, CaseId, DeviceId, EntryId, MovementId, Priority, ReceivedAt, Timestamp,
};
use plomb_movements::Form;

/// How often a case that nobody notes is escalated at most: operator, shift leader, head of the centre.
pub const LEVEL_MAX: u8 = 3;

/// What a case is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A movement under seal: whatever happens to it is one case.
    Movement(MovementId),
    /// A device that is on no movement.
    Device(DeviceId),
    /// Devices that fell silent behind one gateway.
    Gateway(DeviceId),
    /// Devices of one carrier that fell silent.
    Carrier(Box<str>),
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CaseState {
    /// Nobody has taken note of it.
    Open,
    /// Somebody has.
    Acknowledged,
    /// Somebody finds out what is behind it.
    Assessing,
    /// A unit is on its way.
    Dispatched,
    /// A unit is there.
    OnScene,
    /// It is over, with an outcome.
    Resolved,
    /// It has become part of another one.
    Merged,
}

impl CaseState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Open,
        Self::Acknowledged,
        Self::Assessing,
        Self::Dispatched,
        Self::OnScene,
        Self::Resolved,
        Self::Merged,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Assessing => "assessing",
            Self::Dispatched => "dispatched",
            Self::OnScene => "on-scene",
            Self::Resolved => "resolved",
            Self::Merged => "merged",
        }
    }

    /// Whether nothing more is to be done.
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Resolved | Self::Merged)
    }
}

/// What was behind a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Somebody did what may not be done.
    Violation,
    /// It happened, and there is evidence why it had to.
    Excused,
    /// The device was at fault.
    DeviceFault,
    /// There was no network.
    CoverageGap,
    /// Nothing has happened.
    FalseAlarm,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 5] =
        [Self::Violation, Self::Excused, Self::DeviceFault, Self::CoverageGap, Self::FalseAlarm];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Excused => "excused",
            Self::DeviceFault => "device-fault",
            Self::CoverageGap => "coverage-gap",
            Self::FalseAlarm => "false-alarm",
        }
    }

    /// The outcome of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// Whether the alarms should not have been: they cost attention and told of nothing that anybody did.
    #[must_use]
    pub const fn is_false(self) -> bool {
        matches!(self, Self::DeviceFault | Self::CoverageGap | Self::FalseAlarm)
    }
}

/// Until when a case asks for nobody's attention.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    /// Until then, on our clock.
    pub until: Timestamp,
    /// By whom.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
}

/// A step that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The journal entry that records it.
    pub entry: EntryId,
    /// When.
    pub at: ReceivedAt,
    /// By whom; [`crate::CLOCK`] where time took it.
    pub by: Box<str>,
    /// Its name.
    pub step: Box<str>,
    /// What was filled in.
    pub form: Form,
    /// Where it led.
    pub state: CaseState,
}

/// One case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// From 1.
    pub id: CaseId,
    /// What it is about.
    pub subject: Subject,
    /// Its first alarm was raised then.
    pub opened_at: ReceivedAt,
    /// Where it stands.
    pub state: CaseState,
    /// Since when.
    pub since: ReceivedAt,
    /// That of its worst alarm.
    pub priority: Priority,
    /// Its alarms, oldest first; the first [`crate::book::ALARMS_MAX`] of them.
    pub alarms: Vec<AlarmId>,
    /// How many it has had.
    pub alarm_count: u32,
    /// Their kinds.
    pub kinds: BTreeSet<AlarmKind>,
    /// The devices that raised them; as many as alarms are kept.
    pub devices: BTreeSet<DeviceId>,
    /// Alarms of it whose condition still holds.
    pub holding: BTreeSet<AlarmId>,
    /// Since when none holds.
    pub quiet_since: Option<ReceivedAt>,
    /// Alarms that were raised since somebody took note last.
    pub unseen: u32,
    /// By when somebody must take note, or it is escalated.
    pub attention_by: Option<Timestamp>,
    /// How long that is from an alarm on, seconds.
    pub attention_s: u32,
    /// How often it was escalated since somebody took note last.
    pub level: u8,
    /// Who has it.
    pub assignee: Option<Box<str>>,
    /// Set aside for a while.
    pub shelf: Option<Shelf>,
    /// When somebody took note first.
    pub acknowledged_at: Option<ReceivedAt>,
    /// What was behind it.
    pub outcome: Option<Outcome>,
    /// What it has become part of.
    pub merged_into: Option<CaseId>,
    /// All that was done, oldest first.
    pub history: Vec<Done>,
}

impl Case {
    /// The movement that it is about.
    #[must_use]
    pub const fn movement(&self) -> Option<MovementId> {
        match self.subject {
            Subject::Movement(movement) => Some(movement),
            _ => None,
        }
    }

    /// When it was over.
    #[must_use]
    pub fn ended_at(&self) -> Option<ReceivedAt> {
        self.state.is_over().then_some(self.since)
    }

    /// Nobody has done anything about it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.state == CaseState::Open && self.assignee.is_none() && self.shelf.is_none()
    }

    /// All that it has had is silence.
    pub(crate) fn is_silence(&self) -> bool {
        self.kinds.iter().all(|kind| *kind == AlarmKind::SignalLoss)
    }

    /// When time has something to do with it: the end of the shelf, an escalation, or the end of a silence that was
    /// none of anybody's doing.
    pub(crate) fn due(&self, quiet_s: i64) -> Option<Timestamp> {
        if self.state.is_over() {
            return None;
        }
        if let Some(shelf) = &self.shelf {
            return Some(shelf.until);
        }
        let quiet = self.quiet_since.filter(|_| self.is_untouched() && self.is_silence());
        let quiet = quiet.map(|since| since.0.plus_secs(quiet_s));
        let attention = self.attention_by.filter(|_| self.level < LEVEL_MAX);
        [attention, quiet].into_iter().flatten().min()
    }
}
