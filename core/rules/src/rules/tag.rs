//! Rules about passive seals: copies, places that cannot both be, seals that should not be there, and those that are
//! not where they should be.

use plomb_model::{AlarmKind, EventId, Fix, Position, Standing};

use crate::{Change, DeviceState, Proof, State, Transition, metres_between};

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    if let Some(before) = two_places(state, transition) {
        let detail = "The seal was read at two places in less time than it can travel";
        let causes = [Some(before), Some(transition.event)];
        state.raise(transition, AlarmKind::SealAtTwoPlaces, detail, causes, changes);
    }
    come_after_all(state, transition, changes);
}

/// A seal that was missed has been read where it was to be read.
fn come_after_all(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let kind = AlarmKind::ExpectedReadMissed;
    let chip = state.chips.of(transition.device).and_then(|chip| state.devices.find(chip));
    for index in [Some(transition.device), chip].into_iter().flatten() {
        let missed = |device: &DeviceState| device.holds(kind) && !state.expected.has_missed(&device.id);
        if state.devices.row(index).is_some_and(missed) {
            state.clear_of(index, kind, transition.received_at, changes);
        }
    }
}

/// Whoever speaks in the name of a destroyed seal, and whether or not it proves itself.
pub(super) fn destroyed(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    // The record may know the seal by its code or by its chip.
    let code = state.devices.row(transition.device).map(|row| &row.id);
    let standings = [code, state.chips.of(transition.device)].into_iter().flatten();
    let destroyed = standings
        .filter_map(|name| state.standings.since(name))
        .any(|(standing, since)| standing == Standing::Destroyed && transition.occurred_at.0 >= since.0);
    if destroyed {
        let detail = "A seal that is recorded as destroyed was read";
        state.raise(
            transition,
            AlarmKind::DestroyedSealRead,
            detail,
            [Some(transition.event), None],
            changes,
        );
    }
}

/// Two chips with one identity.
pub(super) fn cloned(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let proved_before =
        state.devices.row(transition.device).is_some_and(|device| device.proof_counter.is_some());
    let detail = match transition.proof {
        Proof::OtherChip => "The code was read from another chip than before; the reading changed nothing",
        Proof::Invalid if transition.passive && proved_before => {
            "A chip of this number proved itself before and cannot now; the reading changed nothing"
        }
        _ => return,
    };
    let causes = [transition.contradicts, Some(transition.event)];
    state.raise(transition, AlarmKind::ClonedTag, detail, causes, changes);
}

/// The event of the reading from which the seal could not have come here, or gone there, in the time.
fn two_places(state: &State, transition: &Transition) -> Option<EventId> {
    let (from, from_at, event) = transition.previous_fix?;
    let to = transition.position.filter(is_sure)?;
    if !transition.passive || !is_sure(&from) || event == transition.event {
        return None;
    }
    let settings = state.settings();
    let metres = metres_between(&from, &to);
    let seconds = (transition.occurred_at.0.since(from_at.0).abs() / 1000).max(1);
    let fastest = seconds * settings.seal_kmh * 1000 / 3600;
    (metres > settings.seal_m && metres > fastest).then_some(event)
}

/// A satellite fix of who read it, or the place of a gate; not a guess by cell towers, nor a place of long ago.
const fn is_sure(position: &Position) -> bool {
    matches!(position.fix, Fix::Gnss | Fix::Reader)
}
