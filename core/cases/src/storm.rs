//! Many devices that fall silent at once behind one gateway or carrier: one fault, and one case.

use std::collections::{BTreeMap, VecDeque};

use plomb_model::{AlarmId, ReceivedAt};

use crate::case::Subject;

/// From when on silences are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Storm {
    /// So many devices.
    pub devices: usize,
    /// Within so many seconds.
    pub within_s: i64,
}

/// The silences of the last minutes, by what they have in common.
#[derive(Debug, Default)]
pub struct Silences(BTreeMap<Subject, VecDeque<(ReceivedAt, AlarmId)>>);

impl Silences {
    /// Notes one more. Gives all of them when they are a storm now.
    pub(crate) fn note(
        &mut self,
        group: &Subject,
        at: ReceivedAt,
        alarm: AlarmId,
        storm: Storm,
    ) -> Option<Vec<AlarmId>> {
        let lately = self.0.entry(group.clone()).or_default();
        lately.retain(|(earlier, _)| at.0.since(earlier.0) <= storm.within_s.saturating_mul(1000));
        lately.push_back((at, alarm));
        if lately.len() < storm.devices.max(2) {
            return None;
        }
        self.0.remove(group).map(|lately| lately.into_iter().map(|(_, alarm)| alarm).collect())
    }

    /// All of them, for a snapshot.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, ReceivedAt, AlarmId)> {
        self.0.iter().flat_map(|(group, lately)| lately.iter().map(move |(at, alarm)| (group, *at, *alarm)))
    }

    /// Puts one of a snapshot back.
    pub fn restore(&mut self, group: Subject, at: ReceivedAt, alarm: AlarmId) {
        self.0.entry(group).or_default().push_back((at, alarm));
    }
}
