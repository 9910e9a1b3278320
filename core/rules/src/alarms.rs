//! The alarms, open and past, and what may happen to them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use plomb_model::{
    Acknowledgement, Alarm, AlarmChange, AlarmId, AlarmKind, DeviceId, EventId, OccurredAt, Position,
    Priority, ReceivedAt, Timestamp,
};

use crate::{DeviceIndex, DeviceState, RuleSettings, rationale};

/// Closed alarms kept in memory for the lists; older ones are in the journal.
pub(crate) const CLOSED_KEPT_MAX: usize = 100_000;
/// Events named as causes of one alarm: the first ones, then repeats are only counted.
pub(crate) const CAUSES_MAX: usize = 16;

/// An alarm that was raised or changed, as it stands afterwards.
pub type Change = (AlarmChange, Alarm);

/// What a rule knows of the condition it has found.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) kind: AlarmKind,
    pub(crate) detail: Cow<'static, str>,
    pub(crate) occurred_at: OccurredAt,
    pub(crate) received_at: ReceivedAt,
    pub(crate) late: bool,
    pub(crate) position: Option<Position>,
    pub(crate) causes: [Option<EventId>; 2],
    /// Told even if it was told a moment ago, so that the time at which it came is in the journal.
    pub(crate) always_told: bool,
}

/// All alarms.
#[derive(Debug, Default)]
pub struct Alarms {
    by_id: BTreeMap<AlarmId, Alarm>,
    /// The open or lately closed alarm of a device and kind.
    current: BTreeMap<(DeviceIndex, AlarmKind), AlarmId>,
    /// Alarms that end by themselves, by when they do so.
    ending: BTreeSet<(Timestamp, AlarmId, DeviceIndex)>,
    ends_at: BTreeMap<AlarmId, Timestamp>,
    /// Closed alarms in the order of closing, for the limit.
    closed: BTreeSet<(ReceivedAt, AlarmId)>,
    last: AlarmId,
}

impl Alarms {
    /// One alarm.
    #[must_use]
    pub fn get(&self, id: AlarmId) -> Option<&Alarm> {
        self.by_id.get(&id)
    }

    /// Every alarm that is kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Alarm> {
        self.by_id.values()
    }

    /// The open or lately closed alarm of a device and kind.
    #[must_use]
    pub fn current(&self, device: DeviceIndex, kind: AlarmKind) -> Option<&Alarm> {
        self.by_id.get(self.current.get(&(device, kind))?)
    }

    /// The number given last.
    #[must_use]
    pub const fn last(&self) -> AlarmId {
        self.last
    }
}

impl Alarms {
    /// The open or lately closed alarms of a device.
    pub fn of(&self, device: DeviceIndex) -> impl Iterator<Item = &Alarm> {
        self.current
            .range((device, AlarmKind::SealCut)..)
            .take_while(move |((of, _), _)| *of == device)
            .filter_map(|(_, id)| self.by_id.get(id))
    }

    /// The open alarms of a device.
    pub fn open_of(&self, device: DeviceIndex) -> impl Iterator<Item = &Alarm> {
        self.of(device).filter(|alarm| alarm.is_open())
    }

    /// Raises an alarm, or counts a repeat of the one that is there.
    pub(crate) fn raise(
        &mut self,
        index: DeviceIndex,
        device: &mut DeviceState,
        finding: &Finding,
        settings: &RuleSettings,
        changes: &mut Vec<Change>,
    ) {
        let kind = finding.kind;
        let known = self.current.get(&(index, kind)).copied();
        let same =
            known.filter(|id| self.by_id.get(id).is_some_and(|alarm| is_same(alarm, finding, settings)));
        let id = match same {
            Some(id) => self.repeat(id, finding, settings, changes),
            None => self.raise_new(index, device.id, finding, changes),
        };
        device.open_alarms |= 1 << kind as u8;
        device.holding_alarms |= 1 << kind as u8;
        if rationale(kind).momentary {
            self.end_later(id, index, finding.received_at.0.plus_secs(settings.momentary_s));
        }
    }

    fn repeat(
        &mut self,
        id: AlarmId,
        finding: &Finding,
        settings: &RuleSettings,
        changes: &mut Vec<Change>,
    ) -> AlarmId {
        if let Some(alarm) = self.by_id.get_mut(&id) {
            let told_at = alarm.last_repeat_at.unwrap_or(alarm.raised_at);
            let came_back = alarm.cleared_at.take();
            if let Some(cleared_at) = came_back {
                self.closed.remove(&(cleared_at, id));
            }
            alarm.repeats = alarm.repeats.saturating_add(1);
            let quiet_ms = finding.received_at.0.since(told_at.0);
            if finding.always_told || came_back.is_some() || quiet_ms >= settings.repeat_told_s * 1000 {
                alarm.last_repeat_at = Some(finding.received_at);
                for cause in finding.causes.into_iter().flatten() {
                    if alarm.causes.len() < CAUSES_MAX && !alarm.causes.contains(&cause) {
                        alarm.causes.push(cause);
                    }
                }
                changes.push((AlarmChange::Repeated, alarm.clone()));
            }
        }
        id
    }

    fn raise_new(
        &mut self,
        index: DeviceIndex,
        device: DeviceId,
        finding: &Finding,
        changes: &mut Vec<Change>,
    ) -> AlarmId {
        let id = AlarmId(self.last.0 + 1);
        self.last = id;
        let alarm = Alarm {
            id,
            kind: finding.kind,
            priority: rationale(finding.kind).priority,
            device,
            occurred_at: finding.occurred_at,
            raised_at: finding.received_at,
            cleared_at: None,
            late: finding.late,
            position: finding.position,
            causes: finding.causes.into_iter().flatten().collect(),
            detail: finding.detail.as_ref().into(),
            repeats: 0,
            last_repeat_at: None,
            acknowledged: None,
        };
        changes.push((AlarmChange::Raised, alarm.clone()));
        self.insert(index, alarm);
        id
    }

    /// The condition of a kind has ended.
    pub(crate) fn clear(
        &mut self,
        index: DeviceIndex,
        device: &mut DeviceState,
        kind: AlarmKind,
        at: ReceivedAt,
        changes: &mut Vec<Change>,
    ) {
        if !device.holds(kind) {
            return;
        }
        device.holding_alarms &= !(1 << kind as u8);
        let Some(alarm) = self.current.get(&(index, kind)).and_then(|id| self.by_id.get_mut(id)) else {
            return;
        };
        alarm.cleared_at = Some(at);
        changes.push((AlarmChange::Cleared, alarm.clone()));
        if !alarm.is_open() {
            device.open_alarms &= !(1 << kind as u8);
            self.closed.insert((at, alarm.id));
            self.forget_oldest();
        }
    }

    /// Somebody has taken note. `None` when there is no such alarm.
    pub(crate) fn acknowledge(&mut self, id: AlarmId, acknowledgement: Acknowledgement) -> Option<&Alarm> {
        let alarm = self.by_id.get_mut(&id)?;
        alarm.acknowledged = Some(acknowledgement);
        if let Some(cleared_at) = alarm.cleared_at {
            self.closed.insert((cleared_at, id));
        }
        self.by_id.get(&id)
    }

    /// The next alarm that ends by itself at `now`, with its device and kind.
    pub(crate) fn due(&mut self, now: ReceivedAt) -> Option<(DeviceIndex, AlarmKind)> {
        loop {
            let (at, id, index) = *self.ending.first()?;
            if at > now.0 {
                return None;
            }
            self.ending.pop_first();
            if self.ends_at.get(&id) == Some(&at) {
                self.ends_at.remove(&id);
                if let Some(alarm) = self.by_id.get(&id) {
                    return Some((index, alarm.kind));
                }
            }
        }
    }

    /// When each momentary alarm ends, for a snapshot.
    pub fn endings(&self) -> impl Iterator<Item = (AlarmId, DeviceIndex, Timestamp)> {
        self.ending
            .iter()
            .filter(|(at, id, _)| self.ends_at.get(id) == Some(at))
            .map(|(at, id, index)| (*id, *index, *at))
    }

    /// Sets when a momentary alarm ends.
    pub fn end_later(&mut self, id: AlarmId, index: DeviceIndex, at: Timestamp) {
        if let Some(before) = self.ends_at.insert(id, at) {
            self.ending.remove(&(before, id, index));
        }
        self.ending.insert((at, id, index));
    }

    /// Puts an alarm of a snapshot back, or a new one in.
    pub fn insert(&mut self, index: DeviceIndex, alarm: Alarm) {
        self.last = self.last.max(alarm.id);
        let newest = self.current.entry((index, alarm.kind)).or_insert(alarm.id);
        *newest = (*newest).max(alarm.id);
        if let (false, Some(cleared_at)) = (alarm.is_open(), alarm.cleared_at) {
            self.closed.insert((cleared_at, alarm.id));
        }
        self.by_id.insert(alarm.id, alarm);
        self.forget_oldest();
    }

    fn forget_oldest(&mut self) {
        while self.closed.len() > CLOSED_KEPT_MAX {
            if let Some((_, id)) = self.closed.pop_first() {
                self.by_id.remove(&id);
            }
        }
    }
}

/// Whether a condition found now is that alarm's again: it still holds, or it ended a moment ago.
fn is_same(alarm: &Alarm, finding: &Finding, settings: &RuleSettings) -> bool {
    let Some(cleared_at) = alarm.cleared_at else { return true };
    let chatters = finding.received_at.0.since(cleared_at.0) <= settings.chatter_s * 1000;
    // A tampering that was noted and ended is over: the next one is a new alarm however soon it comes.
    chatters && (alarm.is_open() || alarm.priority > Priority::High)
}
