//! Changes of the rules' settings: proposed by one person, approved or refused by another, numbered and kept.

use std::collections::BTreeMap;

use plomb_model::ReceivedAt;

use crate::RuleSettings;

/// What is filled in at a step: names and texts.
pub type RuleFields = [(Box<str>, Box<str>)];

/// Most changes that are kept.
pub const RULE_CHANGES_MAX: usize = 1_000;

/// One change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleChange {
    /// From 1: its version.
    pub number: u64,
    /// The settings that are to be otherwise.
    pub settings: BTreeMap<Box<str>, i64>,
    /// Why.
    pub reason: Box<str>,
    /// When and by whom it was proposed.
    pub proposed: (ReceivedAt, Box<str>),
    /// When and by whom it was decided.
    pub decided: Option<(ReceivedAt, Box<str>, Decision)>,
}

/// How a change was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is in force since.
    Approved,
    /// It is not; why.
    Refused(Box<str>),
}

/// Why a step of a change is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleChangeRefusal {
    /// There is no such change.
    #[error("there is no change {0} of the rules")]
    Unknown(u64),
    /// It is as it is.
    #[error("{0}")]
    Rule(String),
    /// Whoever proposed it cannot approve it.
    #[error("whoever proposed a change of the rules cannot approve it: a second person must")]
    SecondPerson,
    /// What is filled in is wrong.
    #[error("{0}")]
    Fields(String),
}

/// All changes, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleChanges(Vec<RuleChange>);

/// A step that was checked.
enum Step {
    Propose(BTreeMap<Box<str>, i64>, Box<str>),
    Decide(Decision),
}

impl RuleChanges {
    /// All of them, the oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &RuleChange> {
        self.0.iter()
    }

    /// The change of this number.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&RuleChange> {
        self.0.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// Number of the next one.
    #[must_use]
    pub const fn next_number(&self) -> u64 {
        self.0.len() as u64 + 1
    }

    /// Whether a step may be taken: `propose` with settings by name and `reason`, `approve`, or `refuse` with `reason`.
    ///
    /// # Errors
    /// [`RuleChangeRefusal`].
    pub fn check(
        &self,
        by: &str,
        number: u64,
        step: &str,
        fields: &RuleFields,
    ) -> Result<(), RuleChangeRefusal> {
        self.read(by, number, step, fields).map(drop)
    }

    fn read(
        &self,
        by: &str,
        number: u64,
        step: &str,
        fields: &RuleFields,
    ) -> Result<Step, RuleChangeRefusal> {
        let wrong = |why: String| Err(RuleChangeRefusal::Fields(why));
        let reason = fields.iter().find(|(name, _)| &**name == "reason").map(|(_, text)| text.trim());
        let reason: Box<str> = reason.unwrap_or_default().into();
        if step == "propose" {
            if number != self.next_number() || self.0.len() >= RULE_CHANGES_MAX {
                return Err(RuleChangeRefusal::Rule(format!("at most {RULE_CHANGES_MAX} changes are kept")));
            }
            let (mut settings, mut tried) = (BTreeMap::new(), RuleSettings::default());
            for (name, text) in fields.iter().filter(|(name, _)| &**name != "reason") {
                let Ok(value) = text.parse() else {
                    return wrong(format!("{name}: {text:?} is no whole number"));
                };
                if let Err(error) = tried.set(name, value) {
                    return wrong(error.to_string());
                }
                settings.insert(name.clone(), value);
            }
            return match (settings.is_empty(), reason.is_empty()) {
                (true, _) => wrong("rules: name at least one setting that is to change".to_owned()),
                (_, true) => wrong("reason: it is missing".to_owned()),
                _ => Ok(Step::Propose(settings, reason)),
            };
        }
        let change = self.get(number).ok_or(RuleChangeRefusal::Unknown(number))?;
        if let Some((_, who, decision)) = &change.decided {
            let what = if *decision == Decision::Approved { "approved" } else { "refused" };
            return Err(RuleChangeRefusal::Rule(format!("{who} has {what} it already")));
        }
        match step {
            "approve" if *change.proposed.1 == *by => Err(RuleChangeRefusal::SecondPerson),
            "approve" => Ok(Step::Decide(Decision::Approved)),
            "refuse" if reason.is_empty() => wrong("reason: it is missing".to_owned()),
            "refuse" => Ok(Step::Decide(Decision::Refused(reason))),
            _ => wrong(format!("there is no step {step:?}: propose, approve or refuse")),
        }
    }

    /// Takes a step that may be taken.
    pub(crate) fn take(&mut self, at: ReceivedAt, by: &str, number: u64, step: &str, fields: &RuleFields) {
        let Ok(step) = self.read(by, number, step, fields) else { return };
        match step {
            Step::Propose(settings, reason) => {
                self.0.push(RuleChange {
                    number,
                    settings,
                    reason,
                    proposed: (at, by.into()),
                    decided: None,
                });
            }
            Step::Decide(decision) => {
                let place = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
                if let Some(change) = place.and_then(|place| self.0.get_mut(place)) {
                    change.decided = Some((at, by.into(), decision));
                }
            }
        }
    }

    /// Puts the changes that are in force above other settings, in the order in which they were approved.
    pub(crate) fn over(&self, settings: &mut RuleSettings) {
        let mut approved: Vec<_> = self
            .0
            .iter()
            .filter_map(|change| match &change.decided {
                Some((at, _, Decision::Approved)) => Some((*at, change)),
                _ => None,
            })
            .collect();
        approved.sort_by_key(|(at, change)| (*at, change.number));
        for (name, value) in approved.iter().flat_map(|(_, change)| &change.settings) {
            // They were checked when they were proposed.
            drop(settings.set(name, *value));
        }
    }

    /// Puts one of a snapshot back.
    pub fn restore(&mut self, change: RuleChange) {
        self.0.push(change);
    }
}
