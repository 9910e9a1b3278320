//! What people do about a case: a step each, read from its name and a form.

use plomb_model::Timestamp;
use plomb_movements::{Fault, Form};

use crate::case::{CaseState as S, Outcome};

/// Longest time for which a case may be shelved, hours: a shift has to look at it.
pub const SHELF_H_MAX: i64 = 24;

/// How somebody finds out what is behind a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Called the driver.
    CalledDriver,
    /// Called the carrier.
    CalledCarrier,
    /// Asked the device where it is.
    PolledPosition,
    /// Looked at a camera or at pictures.
    LookedAtPictures,
    /// Asked the nearest post.
    AskedPost,
    /// Something else, which the note tells.
    Other,
}

impl Deed {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::CalledDriver,
        Self::CalledCarrier,
        Self::PolledPosition,
        Self::LookedAtPictures,
        Self::AskedPost,
        Self::Other,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CalledDriver => "called-driver",
            Self::CalledCarrier => "called-carrier",
            Self::PolledPosition => "polled-position",
            Self::LookedAtPictures => "looked-at-pictures",
            Self::AskedPost => "asked-post",
            Self::Other => "other",
        }
    }
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Takes note.
    Acknowledge,
    /// Gives it to somebody.
    Assign {
        /// Account name.
        to: Box<str>,
    },
    /// Finds out what is behind it.
    Assess {
        /// How.
        deed: Deed,
    },
    /// Sends a unit.
    Dispatch {
        /// Which.
        unit: Box<str>,
    },
    /// The unit is there.
    OnScene,
    /// Writes something down.
    Note,
    /// Sets it aside for a while.
    Shelve {
        /// Until when.
        until: Timestamp,
        /// Why.
        reason: Box<str>,
    },
    /// Takes it off the shelf.
    Unshelve,
    /// Says what was behind it.
    Resolve {
        /// What.
        outcome: Outcome,
    },
    /// It is not over after all.
    Reopen,
    /// Gives all cases that one has to somebody else.
    HandOver {
        /// Account name.
        to: Box<str>,
    },
}

impl Step {
    /// The steps that people take of one case.
    pub const NAMES: [&'static str; 10] = [
        "acknowledge",
        "assign",
        "assess",
        "dispatch",
        "on-scene",
        "note",
        "shelve",
        "unshelve",
        "resolve",
        "reopen",
    ];

    /// Reads a step.
    ///
    /// # Errors
    /// Every field that is missing or wrong.
    pub fn of(name: &str, form: &Form) -> Result<Self, Vec<Fault>> {
        form.check().and_then(|()| Self::read(name, form)).map_err(|fault| vec![fault])
    }

    fn read(name: &str, form: &Form) -> Result<Self, Fault> {
        let text = |field: &str| form.need(field).map(Box::<str>::from);
        Ok(match name {
            "acknowledge" => Self::Acknowledge,
            "assign" => Self::Assign { to: text("to")? },
            "assess" => {
                let deed = form.need("action")?;
                let names = Deed::ALL.map(Deed::name);
                let found = Deed::ALL.into_iter().find(|known| known.name() == deed);
                let deed = found
                    .ok_or_else(|| Fault::new("action", format!("it must be one of {}", names.join(", "))))?;
                if deed == Deed::Other {
                    form.need("note")?;
                }
                Self::Assess { deed }
            }
            "dispatch" => Self::Dispatch { unit: text("unit")? },
            "on-scene" => Self::OnScene,
            "note" => {
                form.need("note")?;
                Self::Note
            }
            "shelve" => {
                let until = form.read("until", "time such as 2026-12-01T18:00:00Z")?;
                let until = until.ok_or_else(|| Fault::new("until", "it is missing"))?;
                Self::Shelve { until, reason: text("reason")? }
            }
            "unshelve" => Self::Unshelve,
            "resolve" => {
                let names = Outcome::ALL.map(Outcome::name);
                let outcome = Outcome::from_name(form.need("outcome")?).ok_or_else(|| {
                    Fault::new("outcome", format!("it must be one of {}", names.join(", ")))
                })?;
                form.need("note")?;
                if outcome == Outcome::Excused {
                    form.need("evidence")?;
                }
                Self::Resolve { outcome }
            }
            "reopen" => {
                form.need("note")?;
                Self::Reopen
            }
            "hand-over" => Self::HandOver { to: text("to")? },
            _ => return Err(Fault::new("step", format!("it must be one of {}", Self::NAMES.join(", ")))),
        })
    }

    /// The states in which the step of this name may be taken.
    #[must_use]
    pub fn states(name: &str) -> &'static [S] {
        match name {
            // A new alarm wants to be noted whatever is being done about the earlier ones.
            "acknowledge" | "assign" | "assess" | "dispatch" | "note" | "shelve" | "unshelve" => {
                &[S::Open, S::Acknowledged, S::Assessing, S::Dispatched, S::OnScene]
            }
            "on-scene" => &[S::Dispatched],
            // Whoever says what was behind it has taken note of it.
            "resolve" => &[S::Acknowledged, S::Assessing, S::Dispatched, S::OnScene],
            "reopen" => &[S::Resolved],
            _ => &[],
        }
    }
}
