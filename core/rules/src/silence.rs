//! Who is due to report, and by when: exact to the second, one row of a heap for each device.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroU32;

use plomb_model::{ReceivedAt, Timestamp};

use crate::{DeviceIndex, DeviceState, RuleSettings};

/// Deadlines of all devices that are not silent. A device has one current row (the time in
/// [`DeviceState::silence_checked_s`]); older rows of it are passed over when their time comes.
#[derive(Debug, Default)]
pub(crate) struct Silence {
    rows: BinaryHeap<Reverse<(NonZeroU32, DeviceIndex)>>,
}

impl Silence {
    /// Sees to it that the device is looked at when its deadline comes.
    pub(crate) fn watch(&mut self, index: DeviceIndex, device: &mut DeviceState, settings: &RuleSettings) {
        self.watch_until(index, device, deadline(device, settings));
    }

    /// Sees to it that the device is looked at by then.
    pub(crate) fn watch_until(&mut self, index: DeviceIndex, device: &mut DeviceState, at: Timestamp) {
        let deadline = seconds(at);
        if device.silence_checked_s.is_none_or(|checked| deadline < checked) {
            device.silence_checked_s = Some(deadline);
            self.rows.push(Reverse((deadline, index)));
        }
    }

    /// The next row whose time has come.
    pub(crate) fn due(&mut self, now: ReceivedAt) -> Option<(NonZeroU32, DeviceIndex)> {
        let Reverse((at, _)) = self.rows.peek()?;
        if Timestamp::from_secs(i64::from(at.get())) > now.0 {
            return None;
        }
        self.rows.pop().map(|Reverse(row)| row)
    }
}

/// When two reporting periods and the grace are over.
pub(crate) fn deadline(device: &DeviceState, settings: &RuleSettings) -> Timestamp {
    let period_s = device.period_s().map_or(settings.silence_period_default_s, i64::from);
    let period_s = period_s.max(settings.silence_period_min_s);
    device.last_received_at.0.plus_secs(2 * period_s + settings.silence_grace_s)
}

/// The first whole second that is not before `at`; a row of the heap must not take more than eight bytes.
fn seconds(at: Timestamp) -> NonZeroU32 {
    let seconds = u32::try_from(at.plus_millis(999).as_millis().div_euclid(1000)).unwrap_or(u32::MAX);
    NonZeroU32::new(seconds).unwrap_or(NonZeroU32::MIN)
}
