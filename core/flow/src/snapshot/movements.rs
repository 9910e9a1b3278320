//! The steps of movements in a snapshot, each as the journal writes it: taken again in their order they make the book.

use plomb_evidence::{Action, Entry, Operated};
use plomb_model::EntryId;
use plomb_movements::{Done, Form, MovementState};
use plomb_rules::State;

use super::{Reader, SnapshotError, Writer, count, number};

pub(super) fn write(out: &mut Writer, state: &State) {
    let steps = state.movements.steps();
    out.numbers(&[count(steps.len())]);
    for (movement, done) in steps {
        out.numbers(&[number(done.entry.0)]);
        let (step, fields) = (done.step.clone(), done.form.fields().into());
        let action = Action::Step { movement, step, fields };
        out.entry(&Entry::Operated(Operated { at: done.at, by: done.by.clone(), action }));
    }
}

pub(super) fn read(reader: &mut Reader<'_>, state: &mut State) -> Result<(), SnapshotError> {
    let [steps] = reader.fixed()?;
    for _ in 0..steps {
        let [entry] = reader.fixed()?;
        let Entry::Operated(Operated { at, by, action: Action::Step { movement, step, fields } }) =
            reader.entry()?
        else {
            return Err(reader.damaged());
        };
        let form = Form::of(fields);
        let state_then = MovementState::Draft;
        let done = Done { entry: EntryId(entry.cast_unsigned()), at, by, step, form, state: state_then };
        state.movements.restore(movement, done).map_err(|_| reader.damaged())?;
    }
    Ok(())
}
