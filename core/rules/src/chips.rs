//! Which chip carries which Electronic Product Code: a code can be written into any tag, a chip's number cannot.

use std::collections::BTreeMap;

use plomb_model::{DeviceId, Event, EventId, Reading, Scheme};

use crate::DeviceIndex;

/// The chip that each code was first read from, with the event that said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chips(BTreeMap<DeviceIndex, (DeviceId, EventId)>);

impl Chips {
    /// The event that read this code from another chip.
    pub(crate) fn contradicted(&self, index: DeviceIndex, chip: &DeviceId) -> Option<EventId> {
        self.0.get(&index).filter(|(known, _)| !is_same(known, chip)).map(|(_, event)| *event)
    }

    /// The chip that carries this code, by its fullest number.
    #[must_use]
    pub fn of(&self, index: DeviceIndex) -> Option<&DeviceId> {
        self.0.get(&index).map(|(chip, _)| chip)
    }

    /// Takes note of the chip, if none is known, or less of its number.
    pub fn learn(&mut self, index: DeviceIndex, chip: DeviceId, event: EventId) {
        let known = self.0.entry(index).or_insert((chip, event));
        if known.0.value().len() < chip.value().len() {
            *known = (chip, event);
        }
    }

    /// Forgets the chip: the next reading says which it is.
    pub(crate) fn forget(&mut self, index: DeviceIndex) {
        self.0.remove(&index);
    }

    /// How many are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every code with its chip, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (DeviceIndex, &DeviceId, EventId)> {
        self.0.iter().map(|(index, (chip, event))| (*index, chip, *event))
    }
}

/// Some readers read less of a chip's number than others.
fn is_same(one: &DeviceId, other: &DeviceId) -> bool {
    one.value().starts_with(other.value()) || other.value().starts_with(one.value())
}

/// The chip from which an event about a code was read, where the reader says it.
pub(crate) fn chip_of(device: &DeviceId, event: &Event) -> Option<DeviceId> {
    // Chips that nobody has written share the empty code.
    if device.scheme() != Scheme::Epc || device.value().bytes().all(|digit| digit == b'0') {
        return None;
    }
    event.readings.iter().find_map(|reading| match reading {
        Reading::Alias(id) if id.scheme() == Scheme::Tag => Some(*id),
        _ => None,
    })
}
