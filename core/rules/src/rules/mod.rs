//! The rules: a change is judged, and alarms are raised, repeated or cleared.
//!
//! A late event is judged by when it happened: it can raise an alarm, but only the newest event can end one.

mod clock;
mod gnss;
mod opening;
mod place;
mod proof;
mod seal;
mod split;
mod stop;
mod supply;
mod tag;

use plomb_model::AlarmKind;

use crate::{Change, State, Transition};

/// Judges one change. Raised and changed alarms are added to `changes`, in the order of the catalogue's groups.
pub fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    tag::destroyed(state, transition, changes);
    if transition.proof.is_bad() {
        proof::evaluate(state, transition, changes);
        tag::cloned(state, transition, changes);
        return;
    }
    heard_again(state, transition, changes);
    seal::evaluate(state, transition, changes);
    supply::evaluate(state, transition, changes);
    clock::evaluate(state, transition, changes);
    gnss::evaluate(state, transition, changes);
    tag::evaluate(state, transition, changes);
    place::evaluate(state, transition, changes);
}

/// Any word ends a silence.
fn heard_again(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    state.clear(transition, AlarmKind::SignalLoss, changes);
}

/// Whether an alarm of this kind holds for the device of the transition: lets a rule skip the work of clearing.
fn holds(state: &State, transition: &Transition, kind: AlarmKind) -> bool {
    state.devices.row(transition.device).is_some_and(|device| device.holds(kind))
}

/// An alarm after a signal of the device: raised while it shouts, ended by a newer status without it.
fn follow_signal(
    state: &mut State,
    transition: &Transition,
    shouts: bool,
    kind: AlarmKind,
    detail: &'static str,
    changes: &mut Vec<Change>,
) {
    if shouts {
        state.raise(transition, kind, detail, [Some(transition.event), None], changes);
    }
    if transition.newest && transition.has_status && !shouts && holds(state, transition, kind) {
        state.clear(transition, kind, changes);
    }
}
