//! Readings that are due: which seal should be read at which gate, and by when.

use std::collections::{BTreeMap, BTreeSet};

use plomb_model::{DeviceId, OccurredAt, ReceivedAt, Timestamp};

/// Readings of one device that are awaited at once: the gates of a long journey.
pub const EXPECTED_PER_DEVICE_MAX: usize = 16;
/// Devices that are awaited at once.
pub const EXPECTED_DEVICES_MAX: usize = 100_000;

/// One reading that is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// Where: the reader or gateway that is to hear it.
    pub gate: DeviceId,
    /// By when, on our clock.
    pub by: Timestamp,
    /// Since when it is awaited.
    pub since: ReceivedAt,
    /// Whether the time has passed without it.
    pub missed: bool,
}

/// All readings that are due, and those that were missed and have not come since.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedReads {
    of: BTreeMap<DeviceId, Vec<Expected>>,
    due: BTreeSet<(Timestamp, DeviceId, DeviceId)>,
}

impl ExpectedReads {
    /// What is awaited of a device.
    #[must_use]
    pub fn of(&self, device: &DeviceId) -> &[Expected] {
        self.of.get(device).map_or(&[], Vec::as_slice)
    }

    /// Whether there is room for a reading of this device at this gate.
    #[must_use]
    pub fn has_room(&self, device: &DeviceId, gate: &DeviceId) -> bool {
        match self.of.get(device) {
            Some(known) => {
                known.len() < EXPECTED_PER_DEVICE_MAX || known.iter().any(|expected| expected.gate == *gate)
            }
            None => self.of.len() < EXPECTED_DEVICES_MAX,
        }
    }

    /// Awaits a reading; another one at the same gate is replaced. Without room nothing changes.
    pub fn await_read(&mut self, device: DeviceId, expected: Expected) {
        if !self.has_room(&device, &expected.gate) {
            return;
        }
        self.remove(&device, |known| known.gate == expected.gate);
        if !expected.missed {
            self.due.insert((expected.by, device, expected.gate));
        }
        self.of.entry(device).or_default().push(expected);
    }

    /// The device was read at a gate. A reading from before it was awaited (by more than `slack_ms`) is another one.
    pub(crate) fn read(&mut self, device: &DeviceId, gate: &DeviceId, at: OccurredAt, slack_ms: i64) {
        if !self.of.is_empty() {
            self.remove(device, |known| {
                known.gate == *gate && at.0.since(known.since.0) >= slack_ms.saturating_neg()
            });
        }
    }

    /// Nobody awaits the device any more.
    pub(crate) fn forget(&mut self, device: &DeviceId) {
        self.remove(device, |_| true);
    }

    /// Whether a reading of the device was missed and has not come since.
    pub(crate) fn has_missed(&self, device: &DeviceId) -> bool {
        self.of(device).iter().any(|expected| expected.missed)
    }

    /// The next reading whose time has passed, which is missed from here on.
    pub(crate) fn overdue(&mut self, now: ReceivedAt) -> Option<(DeviceId, Expected)> {
        let (by, device, gate) = *self.due.first()?;
        if by > now.0 {
            return None;
        }
        self.due.pop_first();
        let known = self.of.get_mut(&device)?.iter_mut().find(|expected| expected.gate == gate)?;
        known.missed = true;
        Some((device, *known))
    }

    /// How many devices are awaited.
    #[must_use]
    pub fn len(&self) -> usize {
        self.of.len()
    }

    /// Whether nothing is awaited.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// Every device that is awaited, with what is.
    pub fn iter(&self) -> impl Iterator<Item = (&DeviceId, &[Expected])> {
        self.of.iter().map(|(device, expected)| (device, expected.as_slice()))
    }

    fn remove(&mut self, device: &DeviceId, which: impl Fn(&Expected) -> bool) {
        let Some(known) = self.of.get_mut(device) else { return };
        let due = &mut self.due;
        known.retain(|expected| {
            let gone = which(expected);
            if gone {
                due.remove(&(expected.by, *device, expected.gate));
            }
            !gone
        });
        if known.is_empty() {
            self.of.remove(device);
        }
    }
}
