//! How devices stand, by the word of those who are responsible for them.

use std::collections::BTreeMap;

use plomb_model::{DeviceId, Standing};

/// The standing of every device. Only devices that stand otherwise than most take room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings(BTreeMap<DeviceId, Standing>);

impl Standings {
    /// How a device stands; one of which nobody has spoken is in service.
    #[must_use]
    pub fn of(&self, device: &DeviceId) -> Standing {
        if self.0.is_empty() {
            return Standing::default();
        }
        self.0.get(device).copied().unwrap_or_default()
    }

    /// Sets how a device stands; it need not have been heard.
    pub fn set(&mut self, device: DeviceId, standing: Standing) {
        if standing == Standing::default() {
            self.0.remove(&device);
        } else {
            self.0.insert(device, standing);
        }
    }

    /// How many devices stand otherwise than most.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether all devices are in service.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The devices that stand otherwise than most, by identifier.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, Standing)> {
        self.0.iter().map(|(device, standing)| (device, *standing))
    }
}
