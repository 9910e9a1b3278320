//! What a step changes.

use plomb_model::DeviceId;

use crate::link::Link;
use crate::movement::{Done, GuaranteeState, Incident, Movement, Seal, SealEnd};
use crate::opening::{Opening, OpeningEnd};
use crate::state::MovementState as S;
use crate::step::Step;

/// Changes a movement by a step; gives where it stands then.
pub(crate) fn advance(movement: &mut Movement, done: &Done, step: Step) -> S {
    let now = movement.state;
    match step {
        Step::Declare(_) | Step::Inspect { .. } => now,
        Step::Submit => S::Submitted,
        Step::Reject { .. } => S::Draft,
        Step::Intercept { .. } => S::Intercepted,
        Step::Resume => S::InTransit,
        Step::HandOver { .. } => S::AtBorder,
        Step::Verify { .. } => S::Verified,
        Step::Differ { .. } => S::Discrepancy,
        Step::Explain { .. } => if_bare(movement, S::Disarmed, S::Verified),
        Step::Amend(_) | Step::Accept { .. } | Step::Book { .. } | Step::Extend { .. } => {
            papers(movement, step)
        }
        Step::Arm { .. } | Step::ApplySeal { .. } | Step::Reseal { .. } | Step::Remove { .. } => {
            seals(movement, done, step)
        }
        Step::Depart { .. }
        | Step::TakeOver { .. }
        | Step::Arrive { .. }
        | Step::Incident { .. }
        | Step::Endorse { .. }
        | Step::Overdue => journey(movement, done, step),
        Step::AuthoriseOpening { .. }
        | Step::ConfirmOpening { .. }
        | Step::GiveCode { .. }
        | Step::WithdrawOpening { .. }
        | Step::Opened { .. }
        | Step::OpeningMissed { .. } => openings(movement, done, step),
        Step::Share { audience, until } => {
            let given = (done.at, done.by.clone());
            movement.links.push(Link { audience, until, given, withdrawn: None });
            now
        }
        Step::WithdrawLink { link } => {
            let place = usize::from(link).checked_sub(1);
            if let Some(link) = place.and_then(|place| movement.links.get_mut(place)) {
                link.withdrawn = Some((done.at, done.by.clone()));
            }
            now
        }
        Step::Discharge => settle(movement, GuaranteeState::Released, S::Discharged),
        Step::Recover { .. } => settle(movement, GuaranteeState::Claimed, S::Recovery),
        Step::Cancel { .. } => settle(movement, GuaranteeState::Released, S::Cancelled),
    }
}

fn if_bare(movement: &Movement, bare: S, sealed: S) -> S {
    if movement.set_seals().next().is_none() { bare } else { sealed }
}

/// A guarantee is settled once: only one that is reserved can be.
fn settle(movement: &mut Movement, guarantee: GuaranteeState, state: S) -> S {
    if movement.guarantee == GuaranteeState::Reserved {
        movement.guarantee = guarantee;
    }
    state
}

fn papers(movement: &mut Movement, step: Step) -> S {
    match step {
        Step::Amend(declaration) => movement.declaration = *declaration,
        Step::Accept { mrn } => {
            if !mrn.is_empty() {
                movement.declaration.mrn = mrn;
            }
            if !movement.declaration.guarantee.is_empty() {
                movement.guarantee = GuaranteeState::Reserved;
            }
            return S::Accepted;
        }
        Step::Book { class } => {
            movement.class = Some(class);
            return S::Booked;
        }
        Step::Extend { limit, .. } => {
            movement.declaration.limit = Some(limit);
            movement.overdue = None;
        }
        _ => {}
    }
    movement.state
}

fn seals(movement: &mut Movement, done: &Done, step: Step) -> S {
    let now = movement.state;
    match step {
        Step::Arm { unit, device, .. } => {
            set_seal(movement, done, unit, device.to_string().into(), Some(device));
            S::Armed
        }
        Step::ApplySeal { unit, number, device, .. } => {
            set_seal(movement, done, unit, number, device);
            S::Armed
        }
        Step::Reseal { unit, old, new, device } => {
            end_seal(movement, done, &old, SealEnd::Replaced(new.clone()));
            set_seal(movement, done, unit, new, device);
            now
        }
        Step::Remove { seal } => {
            end_seal(movement, done, &seal, SealEnd::Removed);
            if now == S::Verified { if_bare(movement, S::Disarmed, now) } else { now }
        }
        _ => now,
    }
}

fn journey(movement: &mut Movement, done: &Done, step: Step) -> S {
    match step {
        Step::Depart { .. } => {
            movement.departed_at = Some(done.at);
            return S::InTransit;
        }
        Step::TakeOver { partner } => {
            movement.partner = Some(partner);
            return S::InTransit;
        }
        Step::Arrive { .. } => {
            movement.arrived_at = Some(done.at);
            return S::Arrived;
        }
        Step::Incident { code, text, place } => {
            let by = done.by.clone();
            movement.incidents.push(Incident { code, text, place, at: done.at, by, endorsed: None });
        }
        Step::Endorse { incident, authority } => {
            let place = usize::from(incident).saturating_sub(1);
            if let Some(incident) = movement.incidents.get_mut(place) {
                incident.endorsed = Some((done.at, authority));
            }
        }
        Step::Overdue => movement.overdue = Some(done.at),
        _ => {}
    }
    movement.state
}

fn openings(movement: &mut Movement, done: &Done, step: Step) -> S {
    let (number, end) = match step {
        Step::AuthoriseOpening { seal, from, until, place, way, card, reason } => {
            let two_persons = movement.is_early() || place.is_empty();
            let (from, asked) = (from.unwrap_or(done.at.0), (done.at, done.by.clone()));
            let (confirmed, end) = (None, None);
            let opening =
                Opening { seal, from, until, place, way, card, reason, asked, two_persons, confirmed, end };
            movement.openings.push(opening);
            return movement.state;
        }
        Step::ConfirmOpening { opening } => (opening, None),
        Step::WithdrawOpening { opening, .. } => (opening, Some(OpeningEnd::Withdrawn)),
        Step::Opened { opening, at } => (opening, Some(OpeningEnd::Used { at, entry: done.entry })),
        Step::OpeningMissed { opening } => (opening, Some(OpeningEnd::Missed)),
        // It is on record who knows the code; the opening is as before.
        _ => return movement.state,
    };
    let place = usize::from(number).checked_sub(1);
    if let Some(opening) = place.and_then(|place| movement.openings.get_mut(place)) {
        match end {
            Some(end) => opening.end = Some(end),
            None => opening.confirmed = Some((done.at, done.by.clone())),
        }
    }
    movement.state
}

fn set_seal(
    movement: &mut Movement,
    done: &Done,
    unit: Box<str>,
    number: Box<str>,
    device: Option<DeviceId>,
) {
    let declared = movement.declares(&unit, &number);
    let seal = Seal { unit, number, device, set_at: done.at, set_by: done.by.clone(), declared, ended: None };
    movement.seals.push(seal);
}

fn end_seal(movement: &mut Movement, done: &Done, number: &str, how: SealEnd) {
    let set = movement.seals.iter_mut().find(|seal| seal.ended.is_none() && &*seal.number == number);
    if let Some(seal) = set {
        seal.ended = Some((done.at, done.by.clone(), how));
    }
    // What is off cannot be opened any more.
    for opening in &mut movement.openings {
        if opening.end.is_none() && &*opening.seal == number {
            opening.end = Some(OpeningEnd::Withdrawn);
        }
    }
}
