//! What forbids a step beside the table of states.

use plomb_model::DeviceId;

use crate::book::{Facts, Movements, Refusal};
use crate::checks::{Verdict, checklist};
use crate::form::Fault;
use crate::link::{LINK_H_MAX, LINKS_MAX};
use crate::movement::Movement;
use crate::opening::{OPENING_H_MAX, OPENINGS_MAX, Opening, Way};
use crate::state::MovementState as S;
use crate::step::Step;

/// Most incidents of one movement (NCTS takes 9).
pub const INCIDENTS_MAX: usize = 9;

fn rule<T>(text: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Rule(text.into()))
}

impl Movements {
    /// What the rules say beside the table of states.
    pub(crate) fn check_rule(
        &self,
        movement: &Movement,
        step: &Step,
        by: &str,
        facts: &dyn Facts,
    ) -> Result<(), Refusal> {
        self.check_papers(movement, step)?;
        self.check_seals(movement, step, facts)?;
        check_opening(movement, step, by, facts)?;
        check_link(movement, step, facts)?;
        check_journey(movement, step, facts)
    }

    fn check_papers(&self, movement: &Movement, step: &Step) -> Result<(), Refusal> {
        match step {
            Step::Amend(declaration) => {
                if declaration.lrn != movement.declaration.lrn {
                    return rule("the reference of a movement stays: declare another movement");
                }
                self.check_policy(declaration)
            }
            Step::Submit => match movement.declaration.lacks() {
                faults if faults.is_empty() => Ok(()),
                faults => Err(Refusal::Fields(faults)),
            },
            Step::Book { class } => match self.policy_of(movement) {
                Some(policy) if *class < policy.class => rule(format!(
                    "the policy {} asks for {} devices at least",
                    policy.name,
                    policy.class.name()
                )),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn check_seals(&self, movement: &Movement, step: &Step, facts: &dyn Facts) -> Result<(), Refusal> {
        match step {
            Step::Arm { unit, device, reason } => {
                has_unit(movement, unit)?;
                self.check_arming(movement, *device, reason, facts)
            }
            Step::ApplySeal { unit, number, device, reason } => {
                has_unit(movement, unit)?;
                if movement.set_seals().any(|seal| seal.number == *number) {
                    return rule(format!("the seal {number} is on this movement already"));
                }
                if !movement.declares(unit, number) && reason.is_empty() {
                    let why = "give a reason, or read it again";
                    return rule(format!("the seal {number} was not declared for {unit}: {why}"));
                }
                device.map_or(Ok(()), |device| self.check_free(movement, device))
            }
            Step::Reseal { unit, old, new, device } => {
                has_unit(movement, unit)?;
                if !movement.set_seals().any(|seal| seal.unit == *unit && seal.number == *old) {
                    return rule(format!("there is no seal {old} on {unit}"));
                }
                if movement.seals.iter().any(|seal| seal.number == *new) {
                    return rule(format!("the seal {new} was on this movement already"));
                }
                device.map_or(Ok(()), |device| self.check_free(movement, device))
            }
            Step::Remove { seal } if movement.set_seals().all(|known| known.number != *seal) => {
                rule(format!("there is no seal {seal} on it"))
            }
            Step::Depart { .. } | Step::Resume => match movement.unsealed().next() {
                Some(unit) => rule(format!("{unit} has no seal")),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }

    fn check_free(&self, movement: &Movement, device: DeviceId) -> Result<(), Refusal> {
        match self.armed_on(&device) {
            Some(other) if other != movement.id => {
                Err(Refusal::Rule(format!("{device} is armed on movement {other}")))
            }
            Some(_) => Err(Refusal::Rule(format!("{device} is on this movement already"))),
            None => Ok(()),
        }
    }

    fn check_arming(
        &self,
        movement: &Movement,
        device: DeviceId,
        reason: &str,
        facts: &dyn Facts,
    ) -> Result<(), Refusal> {
        self.check_free(movement, device)?;
        let Some(policy) = self.policy_of(movement) else { return Ok(()) };
        let checks = checklist(self, movement, policy, device, facts);
        let hinders = |verdict| match verdict {
            Verdict::Forbidden => true,
            Verdict::Failed => reason.is_empty(),
            Verdict::Passed | Verdict::Unknown => false,
        };
        let failed: Vec<String> = checks
            .iter()
            .filter(|check| hinders(check.verdict))
            .map(|check| format!("{}: {}", check.name, check.found))
            .collect();
        if failed.is_empty() {
            return Ok(());
        }
        Err(Refusal::Rule(format!("{device} cannot be armed: {}", failed.join("; "))))
    }
}

/// Who may authorise that a seal is opened, where and for how long.
fn check_opening(movement: &Movement, step: &Step, by: &str, facts: &dyn Facts) -> Result<(), Refusal> {
    match step {
        Step::AuthoriseOpening { seal, from, until, place, .. } => {
            let begin = from.unwrap_or_else(|| facts.now());
            if movement.set_seals().all(|known| known.number != *seal) {
                return rule(format!("there is no seal {seal} on it"));
            }
            if movement.openings.len() >= OPENINGS_MAX {
                return rule(format!("at most {OPENINGS_MAX} openings of a movement are authorised"));
            }
            if let Some((number, _)) = movement.open_openings().find(|(_, opening)| opening.seal == *seal) {
                return rule(format!("opening {number} of this seal is not over: withdraw it first"));
            }
            if *until <= facts.now() || *until <= begin {
                return rule("until: it must be later than now, and than its begin");
            }
            if until.since(begin) > OPENING_H_MAX * 3_600_000 {
                return rule(format!("an opening is authorised for at most {OPENING_H_MAX} hours"));
            }
            if !place.is_empty() && !facts.has_post(place) {
                return rule(format!("{place} is no office, checkpoint or approved stop that is drawn"));
            }
            Ok(())
        }
        Step::ConfirmOpening { opening: number } => match open(movement, *number)? {
            opening if opening.is_granted() => rule("it is in force already"),
            opening if *opening.asked.1 == *by => {
                rule("a second person must agree to it, not who asked for it")
            }
            _ => Ok(()),
        },
        Step::GiveCode { opening: number } => match open(movement, *number)? {
            opening if !opening.is_granted() => rule("a second person has not agreed to it yet"),
            opening if !matches!(opening.way, Way::Any | Way::Code) => {
                rule(format!("it is to be opened {} and not with a code", opening.way.name()))
            }
            _ => Ok(()),
        },
        Step::WithdrawOpening { opening, .. } => open(movement, *opening).map(drop),
        _ => Ok(()),
    }
}

/// Links for people without an account.
fn check_link(movement: &Movement, step: &Step, facts: &dyn Facts) -> Result<(), Refusal> {
    match step {
        Step::Share { .. } if movement.links.len() >= LINKS_MAX => {
            rule(format!("a movement has at most {LINKS_MAX} links"))
        }
        Step::Share { until, .. } if !(1..=LINK_H_MAX * 3_600_000).contains(&until.since(facts.now())) => {
            rule(format!("until: it must be within the next {LINK_H_MAX} hours"))
        }
        Step::WithdrawLink { link } => match movement.link(*link) {
            Some(link) if link.withdrawn.is_none() => Ok(()),
            Some(_) => rule("it was taken back already"),
            None => rule(format!("there is no link {link}")),
        },
        _ => Ok(()),
    }
}

fn open(movement: &Movement, number: u8) -> Result<&Opening, Refusal> {
    match movement.opening(number) {
        Some(opening) if opening.end.is_none() => Ok(opening),
        Some(opening) => rule(format!("opening {number} is {}", opening.standing())),
        None => rule(format!("there is no opening {number}")),
    }
}

/// Incidents, partners, and the end of the journey.
fn check_journey(movement: &Movement, step: &Step, facts: &dyn Facts) -> Result<(), Refusal> {
    match step {
        Step::Incident { .. } if movement.incidents.len() >= INCIDENTS_MAX => {
            rule(format!("a movement has at most {INCIDENTS_MAX} incidents"))
        }
        Step::Endorse { incident, .. } => {
            let place = usize::from(*incident).checked_sub(1);
            match place.and_then(|place| movement.incidents.get(place)) {
                Some(incident) if incident.endorsed.is_none() => Ok(()),
                Some(_) => rule("the incident is endorsed already"),
                None => rule(format!("there is no incident {incident}")),
            }
        }
        Step::TakeOver { partner } if handed_to(movement) != Some(&**partner) => {
            rule("it was handed to another partner")
        }
        Step::Verify { .. } => match movement
            .devices()
            .find(|device| facts.device(device).whole == Some(false))
        {
            Some(device) => rule(format!("{device} says that it was cut or opened: record a discrepancy")),
            None => Ok(()),
        },
        Step::Discharge => match facts.open_case(movement.id) {
            Some(case) => rule(format!("case {case} of it has no outcome yet: resolve it first")),
            None => Ok(()),
        },
        Step::Recover { .. } if movement.state == S::InTransit && movement.overdue.is_none() => {
            rule("it is under way and not overdue: intercept it first")
        }
        Step::Extend { limit, .. } if Some(*limit) <= movement.limit() => {
            rule("the new limit is not later than the one that stands")
        }
        _ => Ok(()),
    }
}

fn has_unit(movement: &Movement, unit: &str) -> Result<(), Refusal> {
    if movement.declaration.units.iter().any(|known| &*known.number == unit) {
        return Ok(());
    }
    Err(Refusal::Fields(vec![Fault::new("unit", format!("the declaration has no unit {unit}"))]))
}

/// To whom a movement was handed over last.
fn handed_to(movement: &Movement) -> Option<&str> {
    let last = movement.history.iter().rev().find(|done| &*done.step == "hand-over")?;
    last.form.get("partner")
}
