//! What is kept of a device on a movement between two fixes: how it stands to its route and to zones.

use std::collections::BTreeMap;

use plomb_model::{LatitudeE7, LongitudeE7, OccurredAt};

use crate::DeviceIndex;

/// How a device stood at its last fix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Watch {
    /// The leg of the route it was nearest to.
    pub leg: u32,
    /// Fixes in a row outside the corridor.
    pub off_route: u8,
    /// Fixes in a row outside every restricted zone.
    pub out_of_zones: u8,
    /// Fixes in a row apart from the device it should travel with.
    pub apart: u8,
    /// Where it has stood, and since when, as far as it has not left yet.
    pub standstill: Option<Standstill>,
}

/// Where and since when a device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standstill {
    /// The first fix of it.
    pub at: (LatitudeE7, LongitudeE7),
    /// When that was.
    pub since: OccurredAt,
}

/// The devices that are watched.
#[derive(Clone, Debug, Default)]
pub struct Watches(BTreeMap<DeviceIndex, Watch>);

impl Watches {
    /// How a device stood; as fresh where it is not watched.
    #[must_use]
    pub fn of(&self, device: DeviceIndex) -> Watch {
        self.0.get(&device).copied().unwrap_or_default()
    }

    /// Whether a device is watched.
    #[must_use]
    pub fn has(&self, device: DeviceIndex) -> bool {
        self.0.contains_key(&device)
    }

    /// Keeps how a device stands.
    pub fn set(&mut self, device: DeviceIndex, watch: Watch) {
        self.0.insert(device, watch);
    }

    /// A device is watched no longer.
    pub fn forget(&mut self, device: DeviceIndex) {
        self.0.remove(&device);
    }

    /// Every one that is watched.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (DeviceIndex, Watch)> + '_ {
        self.0.iter().map(|(device, watch)| (*device, *watch))
    }
}
