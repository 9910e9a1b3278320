//! What can go wrong with a seal, by script: the kinds, which protocols can tell them, and what each changes.

use std::fmt;
use std::str::FromStr;

use plomb_model::{Protocol, Signal};

use crate::protocol::simulated;

/// A kind of incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Incident {
    /// The rope or tamper loop is cut.
    Cut,
    /// Lock and door are opened without authority.
    Opened,
    /// Not a word for a while, and nothing kept.
    Silent,
    /// Satellites are jammed or spoofed: the place jumps.
    Jammed,
    /// Reports of an hour ago arrive now.
    LateUpload,
    /// The battery is nearly empty.
    LowBattery,
    /// Wrong passwords were tried.
    WrongPassword,
    /// The back cover is opened.
    CaseOpen,
    /// A blow.
    Shock,
    /// Left unlocked too long.
    LongUnlocked,
    /// The motor is stuck.
    MotorFault,
    /// The device's clock runs wrong.
    ClockDrift,
}

impl Incident {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Cut,
        Self::Opened,
        Self::Silent,
        Self::Jammed,
        Self::LateUpload,
        Self::LowBattery,
        Self::WrongPassword,
        Self::CaseOpen,
        Self::Shock,
        Self::LongUnlocked,
        Self::MotorFault,
        Self::ClockDrift,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Opened => "opened",
            Self::Silent => "silent",
            Self::Jammed => "jammed",
            Self::LateUpload => "late-upload",
            Self::LowBattery => "low-battery",
            Self::WrongPassword => "wrong-password",
            Self::CaseOpen => "case-open",
            Self::Shock => "shock",
            Self::LongUnlocked => "long-unlocked",
            Self::MotorFault => "motor-fault",
            Self::ClockDrift => "clock-drift",
        }
    }

    /// The condition that the device reports, where it is one.
    #[must_use]
    pub const fn signal(self) -> Option<Signal> {
        match self {
            Self::Cut => Some(Signal::RopeCut),
            Self::Opened => Some(Signal::UnauthorisedOpen),
            Self::Jammed => Some(Signal::GnssJamming),
            Self::LowBattery => Some(Signal::LowBattery),
            Self::WrongPassword => Some(Signal::WrongPassword),
            Self::CaseOpen => Some(Signal::CoverOpen),
            Self::Shock => Some(Signal::Shock),
            Self::LongUnlocked => Some(Signal::LongUnlocked),
            Self::MotorFault => Some(Signal::MotorFault),
            Self::Silent | Self::LateUpload | Self::ClockDrift => None,
        }
    }

    /// Whether devices of this protocol can tell it.
    #[must_use]
    pub fn told_by(self, protocol: Protocol) -> bool {
        simulated(protocol)
            .is_some_and(|spoken| self.signal().is_none_or(|signal| spoken.told.contains(&signal)))
    }

    /// How long its condition holds, seconds: long enough for an operator to see it, short enough for a demonstration.
    #[must_use]
    pub const fn holds_s(self) -> i64 {
        match self {
            Self::Shock | Self::WrongPassword | Self::LateUpload => 5,
            Self::Jammed => 45,
            Self::Silent => 150,
            Self::Cut
            | Self::Opened
            | Self::LowBattery
            | Self::CaseOpen
            | Self::LongUnlocked
            | Self::MotorFault
            | Self::ClockDrift => 180,
        }
    }
}

impl fmt::Display for Incident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Incident {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|kind| kind.name()).collect();
            format!("no such incident; there are {}", names.join(", "))
        })
    }
}

/// An incident of the command line: `KIND[:device-index][@seconds]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// What.
    pub incident: Incident,
    /// Which device, counted from 0; the first that can tell it, if none.
    pub device: Option<usize>,
    /// When, in seconds after the start.
    pub at_s: u64,
}

/// When a scripted incident without a time happens, seconds after the start: the fleet is connected by then.
const AT_S: u64 = 15;

impl FromStr for Scripted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse().map_err(|_| format!("{text:?} is no whole number"));
        let (rest, at_s) = match text.split_once('@') {
            Some((rest, seconds)) => (rest, number(seconds.trim_end_matches('s'))?),
            None => (text, AT_S),
        };
        let (kind, device) = match rest.split_once(':') {
            Some((kind, index)) => {
                let index = number(index)?;
                (kind, Some(usize::try_from(index).map_err(|_| format!("{index} is too large"))?))
            }
            None => (rest, None),
        };
        Ok(Self { incident: kind.parse()?, device, at_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_form() {
        let all = Scripted { incident: Incident::Cut, device: Some(3), at_s: 20 };
        assert_eq!("cut:3@20s".parse(), Ok(all));
        assert_eq!("cut:3@20".parse(), Ok(all));
        let short = Scripted { incident: Incident::LateUpload, device: None, at_s: AT_S };
        assert_eq!("late-upload".parse(), Ok(short));
        assert!("cut:x".parse::<Scripted>().is_err());
        assert!("burn".parse::<Scripted>().unwrap_err().contains("clock-drift"));
    }
}
