//! How devices stand, by the word of those who are responsible for them.

use std::collections::BTreeMap;

use plomb_model::{DeviceId, ReceivedAt, Standing};

/// The standing of every device. Only devices that stand otherwise than most take room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standings(BTreeMap<DeviceId, (Standing, ReceivedAt)>);

impl Standings {
    /// How a device stands; one of which nobody has spoken is in service.
    #[must_use]
    pub fn of(&self, device: &DeviceId) -> Standing {
        self.since(device).map(|(standing, _)| standing).unwrap_or_default()
    }

    /// How a device stands and since when; `None` for most.
    #[must_use]
    pub fn since(&self, device: &DeviceId) -> Option<(Standing, ReceivedAt)> {
        if self.0.is_empty() { None } else { self.0.get(device).copied() }
    }

    /// Sets how a device stands; it need not have been heard.
    pub fn set(&mut self, device: DeviceId, standing: Standing, at: ReceivedAt) {
        if standing == Standing::default() {
            self.0.remove(&device);
        } else {
            self.0.insert(device, (standing, at));
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

    /// The devices that stand otherwise than most, by identifier, and since when they do.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, Standing, ReceivedAt)> {
        self.0.iter().map(|(device, (standing, since))| (device, *standing, *since))
    }
}
