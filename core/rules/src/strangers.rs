//! How many alarms devices may raise that nobody has registered: whoever can reach a port can make devices up, and a
//! thousand made-up cuts must not hide a real one.

use plomb_model::ReceivedAt;

/// New alarms of all unregistered devices together in one minute; repeats of one that is open do not count.
pub const STRANGER_ALARMS_PER_MINUTE_MAX: u32 = 60;

/// The minute in hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Strangers {
    /// Minutes since 1970.
    pub minute: i64,
    /// Alarms raised in it.
    pub raised: u32,
    /// Alarms that were not raised for this reason, ever. The events are kept and shown all the same.
    pub held_back: u64,
}

impl Strangers {
    /// Whether one more alarm may be raised now; counts it either way.
    pub(crate) fn may_raise(&mut self, at: ReceivedAt) -> bool {
        let minute = at.0.as_millis().div_euclid(60_000);
        if minute != self.minute {
            (self.minute, self.raised) = (minute, 0);
        }
        if self.raised < STRANGER_ALARMS_PER_MINUTE_MAX {
            self.raised += 1;
            return true;
        }
        self.held_back = self.held_back.saturating_add(1);
        false
    }
}
