//! Rules about proofs that do not count.

use plomb_model::AlarmKind;

use crate::{Change, Proof, State, Transition};

pub(super) fn evaluate(state: &mut State, transition: &Transition, changes: &mut Vec<Change>) {
    let (kind, detail) = match transition.proof {
        Proof::Invalid => {
            (AlarmKind::ProofInvalid, "The code of the message does not hold; it changed nothing")
        }
        Proof::Replayed => {
            (AlarmKind::ProofReplayed, "The counter of the message was used before; it changed nothing")
        }
        Proof::None | Proof::Holds(_) | Proof::Again | Proof::OtherChip => return,
    };
    state.raise(transition, kind, detail, [Some(transition.event), None], changes);
}
