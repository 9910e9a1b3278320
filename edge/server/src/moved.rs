//! Which devices have changed since the map was last told.

use std::collections::VecDeque;

use plomb_model::EntryId;
use plomb_rules::{Change, DeviceIndex, State};

/// Devices to be told of, each once, in the order of their first change.
#[derive(Debug, Default)]
pub(crate) struct Moved {
    waiting: VecDeque<DeviceIndex>,
    /// One mark a device of the table.
    marked: Vec<bool>,
}

impl Moved {
    pub(crate) fn add(&mut self, devices: &[DeviceIndex]) {
        for index in devices {
            let place = index.0 as usize;
            if self.marked.len() <= place {
                self.marked.resize(place + 1, false);
            }
            if let Some(marked) = self.marked.get_mut(place)
                && !std::mem::replace(marked, true)
            {
                self.waiting.push_back(*index);
            }
        }
    }

    /// An alarm changes how its device stands, also when no report came.
    pub(crate) fn add_alarmed(&mut self, changes: &[(EntryId, Change)], state: &State) {
        for (_, (_, alarm)) in changes {
            if let Some(index) = state.devices.find(&alarm.device) {
                self.add(&[index]);
            }
        }
    }

    /// The next devices to tell of.
    pub(crate) fn take(&mut self, most: usize) -> Vec<DeviceIndex> {
        let taken: Vec<DeviceIndex> = self.waiting.drain(..most.min(self.waiting.len())).collect();
        for index in &taken {
            if let Some(marked) = self.marked.get_mut(index.0 as usize) {
                *marked = false;
            }
        }
        taken
    }
}
