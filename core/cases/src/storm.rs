//! Many devices that fall silent at once behind one gateway or carrier: one fault, and one case.

use std::collections::{BTreeMap, VecDeque};

use plomb_model::{AlarmId, DeviceId, ReceivedAt};

use crate::case::Subject;

/// From when on silences are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storm {
    /// So many devices.
    pub devices: usize,
    /// Within so many seconds.
    pub within_s: i64,
}

/// A device that fell silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silent {
    /// When that was found.
    pub at: ReceivedAt,
    /// The alarm of it.
    pub alarm: AlarmId,
    /// Which device.
    pub device: DeviceId,
}

/// The silences of the last minutes that still hold, by what they have in common.
#[derive(Debug, Default)]
pub struct Silences(BTreeMap<Subject, VecDeque<Silent>>);

impl Silences {
    /// Notes one more. Gives all of them when they are a storm now.
    pub(crate) fn note(&mut self, group: &Subject, silent: Silent, storm: Storm) -> Option<Vec<Silent>> {
        let lately = self.0.entry(group.clone()).or_default();
        lately.retain(|earlier| silent.at.0.since(earlier.at.0) <= storm.within_s.saturating_mul(1000));
        lately.push_back(silent);
        if lately.len() < storm.devices.max(2) {
            return None;
        }
        self.0.remove(group).map(Vec::from)
    }

    /// A device was heard again.
    pub(crate) fn end(&mut self, alarm: AlarmId) {
        for lately in self.0.values_mut() {
            lately.retain(|silent| silent.alarm != alarm);
        }
        self.0.retain(|_, lately| !lately.is_empty());
    }

    /// All of them, for a snapshot.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, &Silent)> {
        self.0.iter().flat_map(|(group, lately)| lately.iter().map(move |silent| (group, silent)))
    }

    /// Puts one of a snapshot back.
    pub fn restore(&mut self, group: Subject, silent: Silent) {
        self.0.entry(group).or_default().push_back(silent);
    }
}
