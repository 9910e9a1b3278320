//! Where the flow writes its entries; the edge decides what stands behind it.

use plomb_model::EntryId;

/// Takes encoded entries in order and numbers them.
pub trait Ledger {
    /// The number that the next entry will have.
    fn next(&self) -> EntryId;

    /// Appends one entry: `write` puts its encoding at the end of the buffer it is given.
    fn append(&mut self, write: &mut dyn FnMut(&mut Vec<u8>));
}
