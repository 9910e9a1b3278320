//! The seal as a state machine: what it is told, what it becomes, what is to be recorded. No clock, no memory.

/// A part that is sensed; "whole" is always its state under seal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Part {
    /// The rope (or bolt) is in the lock.
    RopeInserted = 0,
    /// The rope, bolt or tamper loop is whole.
    RopeIntact = 1,
    /// The motor holds the lock.
    MotorLocked = 2,
    /// The case of the device is closed.
    CaseClosed = 3,
    /// The cargo door is closed.
    DoorClosed = 4,
    /// It is dark where it should be.
    Dark = 5,
}

impl Part {
    /// Every part.
    pub const ALL: [Self; 6] = [
        Self::RopeInserted,
        Self::RopeIntact,
        Self::MotorLocked,
        Self::CaseClosed,
        Self::DoorClosed,
        Self::Dark,
    ];

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts(u8);

impl Parts {
    /// All six.
    pub const ALL: Self = Self(0x3F);
    /// None.
    pub const NONE: Self = Self(0);

    /// From bits, as they are stored.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The bits.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether it holds a part.
    #[must_use]
    pub const fn has(self, part: Part) -> bool {
        self.0 & part.bit() != 0
    }

    /// With a part, or without it.
    #[must_use]
    pub const fn with(self, part: Part, is_in: bool) -> Self {
        if is_in { Self(self.0 | part.bit()) } else { Self(self.0 & !part.bit()) }
    }

    /// What is in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// In what state the seal is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// It guards nothing and was told to guard nothing.
    #[default]
    Open = 0,
    /// It was told to guard; a part is not in place yet.
    Armed = 1,
    /// Every part is in place, and watched.
    Sealed = 2,
    /// It was opened by someone who might.
    OpenedWithRight = 3,
    /// It was broken while sealed: cut, pulled, forced, or the door opened. [`Seal::ever`] says which.
    Cut = 4,
    /// The device itself was opened or attacked. Its keys are gone; only new keys end this.
    Tampered = 5,
}

impl Phase {
    /// From its number, as it is stored.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Open,
            1 => Self::Armed,
            2 => Self::Sealed,
            3 => Self::OpenedWithRight,
            4 => Self::Cut,
            5 => Self::Tampered,
            _ => return None,
        })
    }
}

/// What happened, as it is recorded. The numbers are those of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Cause {
    /// A report that was due.
    Report = 0,
    /// A report that was asked for.
    Located = 1,
    /// The device started.
    Started = 2,
    /// A part changed where nothing is guarded, or is whole again.
    PartChanged = 3,
    /// A command that took its time has ended.
    CommandEnded = 4,
    /// A blow.
    Shock = 5,
    /// The battery is low.
    LowBattery = 6,
    /// It was told to guard, and a part is still missing.
    SealTimeout = 7,
    /// It was opened with right and left so.
    LongUnlocked = 8,
    /// The motor did not do what it should.
    MotorFault = 9,
    /// An opening was asked for and refused.
    Refused = 10,
    /// It was told to guard.
    Armed = 11,
    /// Every part is in place.
    Sealed = 12,
    /// It was opened with right.
    OpenedWithRight = 13,
    /// The rope was cut.
    RopeCut = 14,
    /// The rope was pulled out.
    RopePulled = 15,
    /// The motor was forced open.
    Forced = 16,
    /// The door was opened under seal.
    DoorOpened = 17,
    /// Light fell in under seal.
    LightSeen = 18,
    /// The device was opened or attacked. Recorded without proof: the keys are gone.
    Tampered = 19,
}

impl Cause {
    /// Every cause, by number.
    pub const ALL: [Self; 20] = [
        Self::Report,
        Self::Located,
        Self::Started,
        Self::PartChanged,
        Self::CommandEnded,
        Self::Shock,
        Self::LowBattery,
        Self::SealTimeout,
        Self::LongUnlocked,
        Self::MotorFault,
        Self::Refused,
        Self::Armed,
        Self::Sealed,
        Self::OpenedWithRight,
        Self::RopeCut,
        Self::RopePulled,
        Self::Forced,
        Self::DoorOpened,
        Self::LightSeen,
        Self::Tampered,
    ];

    /// From its number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// How it breaks a seal: a bit of [`Breaks`]; none when it does not.
    const fn breaks(self) -> Option<u8> {
        Some(match self {
            Self::RopeCut => 1,
            Self::RopePulled => 1 << 1,
            Self::Forced => 1 << 2,
            Self::DoorOpened => 1 << 3,
            Self::LightSeen => 1 << 4,
            Self::Tampered => 1 << 5,
            _ => return None,
        })
    }
}

/// In which ways a seal was broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaks(pub u8);

impl Breaks {
    /// In none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether in this one.
    #[must_use]
    pub const fn has(self, cause: Cause) -> bool {
        match cause.breaks() {
            Some(bit) => self.0 & bit != 0,
            None => false,
        }
    }
}

/// How much an event matters: what is kept when memory is short, and sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Importance {
    /// The next one says it again.
    Routine = 0,
    /// Good to know.
    Notice = 1,
    /// Someone should look; or a break that is known from an earlier event of this arming.
    Alarm = 2,
    /// The seal's own story: signed, and kept until the platform has it.
    Seal = 3,
}

impl Importance {
    /// From its number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Routine,
            1 => Self::Notice,
            2 => Self::Alarm,
            _ => Self::Seal,
        }
    }
}

/// Events of the importance [`Importance::Seal`] that one arming can bring: each of these once. Room for them is
/// seen to before the seal is armed.
pub const SEAL_EVENTS_MAX: usize = 8;

/// The state of the seal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seal {
    /// The state.
    pub phase: Phase,
    /// Which parts are whole now.
    pub now: Parts,
    /// How it was ever broken since it was armed. Only a new arming clears it.
    pub ever: Breaks,
    /// Number of the arming.
    pub arming: u32,
    /// How often the rope was cut, ever.
    pub cuts: u16,
    /// How often it was sealed, ever.
    pub cycles: u16,
}

/// What came of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The state after it. It is to be taken only once the event is recorded.
    pub seal: Seal,
    /// What is to be recorded.
    pub cause: Cause,
    /// How much it matters.
    pub importance: Importance,
}

impl Seal {
    const fn turn(self, cause: Cause, importance: Importance) -> Turn {
        Turn { seal: self, cause, importance }
    }

    /// A part was seen to have changed. None when it was known.
    #[must_use]
    pub fn sense(mut self, part: Part, whole: bool) -> Option<Turn> {
        if self.now.has(part) == whole {
            return None;
        }
        self.now = self.now.with(part, whole);
        let watched = matches!(self.phase, Phase::Sealed | Phase::Cut);
        let cause = match part {
            _ if whole || !watched => None,
            Part::RopeIntact => Some(Cause::RopeCut),
            Part::RopeInserted => Some(Cause::RopePulled),
            Part::MotorLocked => Some(Cause::Forced),
            Part::DoorClosed => Some(Cause::DoorOpened),
            Part::Dark => Some(Cause::LightSeen),
            // The device's own case is the business of `tamper`; here it may be opened.
            Part::CaseClosed => None,
        };
        let Some(cause) = cause else {
            let matters = if watched { Importance::Alarm } else { Importance::Notice };
            return Some(self.turn(Cause::PartChanged, matters));
        };
        let importance = if self.ever.has(cause) { Importance::Alarm } else { Importance::Seal };
        self.phase = Phase::Cut;
        self.ever.0 |= cause.breaks().unwrap_or_default();
        self.cuts = self.cuts.saturating_add(u16::from(cause == Cause::RopeCut));
        Some(self.turn(cause, importance))
    }

    /// It is told to guard. None when it does already, or cannot any more.
    #[must_use]
    pub fn arm(mut self) -> Option<Turn> {
        if matches!(self.phase, Phase::Armed | Phase::Sealed | Phase::Tampered) {
            return None;
        }
        self.phase = Phase::Armed;
        self.ever = Breaks::default();
        self.arming = self.arming.saturating_add(1);
        Some(self.turn(Cause::Armed, Importance::Seal))
    }

    /// It is armed, and every part that is fitted may be in place. None when not.
    #[must_use]
    pub fn close(mut self, fitted: Parts) -> Option<Turn> {
        if self.phase != Phase::Armed || self.now.and(fitted) != fitted {
            return None;
        }
        self.phase = Phase::Sealed;
        self.cycles = self.cycles.saturating_add(1);
        Some(self.turn(Cause::Sealed, Importance::Seal))
    }

    /// Someone who may opens it. None when nothing is guarded.
    #[must_use]
    pub fn open(mut self) -> Option<Turn> {
        if !matches!(self.phase, Phase::Armed | Phase::Sealed | Phase::Cut) {
            return None;
        }
        self.phase = Phase::OpenedWithRight;
        Some(self.turn(Cause::OpenedWithRight, Importance::Seal))
    }

    /// The device was opened or attacked. None when that is known.
    #[must_use]
    pub fn tamper(mut self) -> Option<Turn> {
        if self.phase == Phase::Tampered {
            return None;
        }
        self.phase = Phase::Tampered;
        self.ever.0 |= Cause::Tampered.breaks().unwrap_or_default();
        Some(self.turn(Cause::Tampered, Importance::Alarm))
    }

    /// Whether it is told to guard and does.
    #[must_use]
    pub const fn is_on_guard(&self) -> bool {
        matches!(self.phase, Phase::Armed | Phase::Sealed)
    }
}
