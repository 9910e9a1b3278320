//! What can happen to a seal, by script.

use std::str::FromStr;

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incident {
    /// The rope is cut.
    Cut,
    /// The door is opened under the seal.
    DoorOpen,
    /// Light falls in.
    Light,
    /// The case of the device is opened: it erases its keys.
    CaseOpen,
    /// A blow.
    Shock,
    /// A card that it does not know.
    WrongCard,
}

const NAMES: [(&str, Incident); 6] = [
    ("cut", Incident::Cut),
    ("door-open", Incident::DoorOpen),
    ("light", Incident::Light),
    ("case-open", Incident::CaseOpen),
    ("shock", Incident::Shock),
    ("wrong-card", Incident::WrongCard),
];

/// An incident of the command line: `KIND[:seal][@seconds]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scripted {
    /// What.
    pub incident: Incident,
    /// Which seal, counted from 1.
    pub seal: u16,
    /// When, in seconds after the start.
    pub at_s: u64,
}

/// When an incident without a time happens, seconds after the start: the seals are sealed by then.
const AT_S: u64 = 30;

impl FromStr for Scripted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = |text: &str| format!("{text:?} is no whole number");
        let (rest, at_s) = match text.split_once('@') {
            Some((rest, at)) => (rest, at.trim_end_matches('s').parse().map_err(|_| bad(at))?),
            None => (text, AT_S),
        };
        let (kind, seal) = match rest.split_once(':') {
            Some((kind, seal)) => (kind, seal.parse().map_err(|_| bad(seal))?),
            None => (rest, 1),
        };
        let Some((_, incident)) = NAMES.into_iter().find(|(name, _)| *name == kind) else {
            let names: Vec<&str> = NAMES.into_iter().map(|(name, _)| name).collect();
            return Err(format!("nothing such happens to a seal; there are {}", names.join(", ")));
        };
        Ok(Self { incident, seal, at_s })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_line_form() {
        let all = Scripted { incident: Incident::CaseOpen, seal: 2, at_s: 120 };
        assert_eq!("case-open:2@120s".parse(), Ok(all));
        assert_eq!("cut".parse(), Ok(Scripted { incident: Incident::Cut, seal: 1, at_s: AT_S }));
        assert!("burn".parse::<Scripted>().unwrap_err().contains("door-open"));
        assert!("cut:x".parse::<Scripted>().is_err());
    }
}
