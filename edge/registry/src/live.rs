//! What the running platform asks at every report, in memory.

use std::collections::{BTreeMap, HashMap, HashSet};

use plomb_model::{DeviceId, Position, Standing};
use plomb_session::{DeviceKey, KeyPurpose};

/// The register as it is looked up.
#[derive(Debug, Default)]
pub(crate) struct Live {
    pub(crate) devices: HashMap<DeviceId, Standing>,
    pub(crate) aliases: HashMap<DeviceId, DeviceId>,
    /// With their places, where those are on record.
    pub(crate) readers: HashMap<DeviceId, Option<Position>>,
    pub(crate) refused: HashSet<DeviceId>,
    pub(crate) keys: Keys,
}

impl Live {
    /// Whether somebody has said that it is ours.
    pub(crate) fn knows(&self, device: &DeviceId) -> bool {
        self.readers.contains_key(device) || self.device_of(device).is_some()
    }

    /// The registered device of this name.
    pub(crate) fn device_of(&self, name: &DeviceId) -> Option<DeviceId> {
        if self.devices.contains_key(name) {
            return Some(*name);
        }
        let canonical = || plomb_passive::identity::canonical(*name);
        if self.aliases.is_empty() { None } else { self.aliases.get(&canonical()).copied() }
    }
}

/// Keys by what a message names.
#[derive(Debug, Default)]
pub(crate) struct Keys(BTreeMap<(KeyPurpose, Box<[u8]>), Vec<DeviceKey>>);

impl Keys {
    /// Puts a key in the place of the same device's.
    pub(crate) fn put(&mut self, key: DeviceKey) {
        let same = self.0.entry((key.purpose, key.id.clone())).or_default();
        same.retain(|other| other.device != key.device);
        same.push(key);
    }

    pub(crate) fn find(&self, purpose: KeyPurpose, id: &[u8], found: &mut Vec<DeviceKey>) {
        if let Some(keys) = self.0.get(&(purpose, id.into())) {
            found.extend(keys.iter().cloned());
        }
    }

    pub(crate) fn all(&self, purpose: KeyPurpose, found: &mut Vec<DeviceKey>) {
        let of_purpose = self.0.range((purpose, Box::from([]))..);
        let of_purpose = of_purpose.take_while(|((of, _), _)| *of == purpose);
        found.extend(of_purpose.flat_map(|(_, keys)| keys.iter().cloned()));
    }
}
