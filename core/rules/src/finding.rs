//! What is said of a seal to somebody who stands before it: whole, broken, open, or that nobody can tell; and on what
//! ground.

use plomb_model::{
    DeviceId, Event, Identity, Protocol, ReceivedAt, SealEvidence, SealPart, SealReading, Standing,
};

use crate::{DeviceState, Proof, State};

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is whole, and that is proved.
    Whole,
    /// It was cut, forced or tampered with.
    Broken,
    /// It is not closed: not set yet, or unlocked.
    Open,
    /// Neither can be said: look at the seal itself.
    Unproven,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 4] = [Self::Whole, Self::Broken, Self::Open, Self::Unproven];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Broken => "broken",
            Self::Open => "open",
            Self::Unproven => "unproven",
        }
    }
}

/// Why that is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The seal proved it.
    Proved,
    /// It says so without proof. Believed where it says that it is broken or open.
    Claimed,
    /// The seal was destroyed by the record: what reads now is no seal any more.
    Destroyed,
    /// The code does not hold: a forgery, or a wrong key in the register.
    WrongCode,
    /// The code was used before: a copy of an earlier reading.
    UsedBefore,
    /// No key of this seal is known, so that its code cannot be checked.
    NoKey,
    /// It says nothing of whether it is whole.
    NothingSaid,
    /// It was never heard.
    NeverHeard,
}

impl Ground {
    /// Every ground.
    pub const ALL: [Self; 8] = [
        Self::Proved,
        Self::Claimed,
        Self::Destroyed,
        Self::WrongCode,
        Self::UsedBefore,
        Self::NoKey,
        Self::NothingSaid,
        Self::NeverHeard,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proved => "proved",
            Self::Claimed => "claimed",
            Self::Destroyed => "destroyed",
            Self::WrongCode => "wrong-code",
            Self::UsedBefore => "used-before",
            Self::NoKey => "no-key",
            Self::NothingSaid => "nothing-said",
            Self::NeverHeard => "never-heard",
        }
    }
}

/// A verdict with its ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The answer.
    pub verdict: Verdict,
    /// Why.
    pub ground: Ground,
}

impl Finding {
    const fn new(verdict: Verdict, ground: Ground) -> Self {
        Self { verdict, ground }
    }

    const fn unproven(ground: Ground) -> Self {
        Self::new(Verdict::Unproven, ground)
    }

    /// What a reading of this moment says, after it was folded into the state.
    #[must_use]
    pub fn of_reading(
        state: &State,
        device: &DeviceId,
        protocol: Protocol,
        at: ReceivedAt,
        event: &Event,
    ) -> Self {
        if state.standings.of(device) == Standing::Destroyed {
            return Self::unproven(Ground::Destroyed);
        }
        let proof = state.devices.get(device).map(|row| Proof::of(row, protocol, at, event));
        match proof {
            None => Self::unproven(Ground::NeverHeard),
            Some(Proof::Invalid | Proof::OtherChip) => Self::unproven(Ground::WrongCode),
            Some(Proof::Replayed) => Self::unproven(Ground::UsedBefore),
            Some(Proof::Holds(_) | Proof::Again | Proof::None) => {
                said(event.trust.identity, event.trust.seal, event.seal)
            }
        }
    }

    /// What a device said last, for somebody who has only its number.
    #[must_use]
    pub fn of_last(state: &State, device: &DeviceState) -> Self {
        if state.standings.of(&device.id) == Standing::Destroyed {
            return Self::unproven(Ground::Destroyed);
        }
        said(device.trust.identity, device.trust.seal, device.seal)
    }
}

/// Parts that are open on a seal that was unlocked or not set yet.
const CLOSING: [SealPart; 6] = [
    SealPart::Sealed,
    SealPart::RopeInserted,
    SealPart::MotorLocked,
    SealPart::ShackleClosed,
    SealPart::CoverClosed,
    SealPart::DoorClosed,
];

fn said(identity: Identity, evidence: SealEvidence, seal: SealReading) -> Finding {
    let is = |part: SealPart, state: bool| seal.part(part) == Some(state);
    let proved = identity >= Identity::Mac;
    let ground = if proved { Ground::Proved } else { Ground::Claimed };
    let cut = is(SealPart::RopeIntact, false) || is(SealPart::NeverOpened, false);
    match evidence {
        SealEvidence::Invalid => Finding::unproven(Ground::WrongCode),
        SealEvidence::ValidTampered => Finding::new(Verdict::Broken, ground),
        _ if cut => Finding::new(Verdict::Broken, ground),
        _ if CLOSING.into_iter().any(|part| is(part, false)) => Finding::new(Verdict::Open, ground),
        SealEvidence::ValidIntact if proved => Finding::new(Verdict::Whole, Ground::Proved),
        _ if evidence == SealEvidence::ValidIntact || !seal.is_empty() => Finding::unproven(Ground::Claimed),
        _ => Finding::unproven(Ground::NothingSaid),
    }
}
