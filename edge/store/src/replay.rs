//! Gives the entries back in the order in which they were written.

use std::ops::ControlFlow;

use plomb_model::EntryId;

use crate::StoreError;
use crate::batch::entries;
use crate::shared::Shared;

/// Calls `each` for every durable entry from `from` on, until it breaks.
pub(crate) fn replay(
    shared: &Shared,
    from: EntryId,
    each: &mut dyn FnMut(EntryId, &[u8]) -> ControlFlow<()>,
) -> Result<(), StoreError> {
    let (files, segments, oldest) = {
        let state = shared.state();
        (state.history.clone(), state.wal.clone(), state.oldest())
    };
    if from.0 < oldest {
        return Err(StoreError::Expired { asked: from, oldest: EntryId(oldest) });
    }
    let mut each = |first: u64, bytes: &mut dyn Iterator<Item = &[u8]>| {
        (first..)
            .zip(bytes)
            .filter(|(id, _)| *id >= from.0)
            .try_for_each(|(id, entry)| each(EntryId(id), entry))
    };
    for file in files.iter().filter(|file| file.end() > from.0) {
        let whole = file.whole()?;
        if each(file.first(), &mut whole.entries()).is_break() {
            return Ok(());
        }
    }
    for segment in segments.iter().filter(|segment| segment.end() > from.0) {
        for batch in segment.batches().iter().filter(|batch| batch.end() > from.0) {
            let payload = segment.read(batch)?;
            if each(batch.header.first, &mut entries(&payload).flatten()).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}
