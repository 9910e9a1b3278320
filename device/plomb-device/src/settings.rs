//! What can be set, and how often a device reports: by its state, motion, battery and alarms.

use crate::seal::Phase;

/// What can be set. Every time is in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Between two reports while it guards and moves.
    pub moving_s: u32,
    /// While it guards and stands.
    pub still_s: u32,
    /// While it guards nothing.
    pub open_s: u32,
    /// While an alarm is young.
    pub alarm_s: u32,
    /// For how long an alarm is young; after it, as while moving.
    pub alarm_for_s: u32,
    /// How long it may be armed without every part in place before it says so.
    pub seal_timeout_s: u32,
    /// How long it may be open with right before it says so; 0: for ever.
    pub unlocked_s: u32,
    /// Per cent of charge below which it saves.
    pub low_battery: u8,
}

/// Shortest time between two reports that is taken as a setting.
pub const INTERVAL_S_MIN: u32 = 10;
/// Longest: a week.
pub const INTERVAL_S_MAX: u32 = 7 * 24 * 3600;
/// Below this charge the device reports as seldom as it may.
const VERY_LOW_PERCENT: u8 = 5;

impl Default for Settings {
    fn default() -> Self {
        Self {
            moving_s: 600,
            still_s: 3600,
            open_s: 12 * 3600,
            alarm_s: 60,
            alarm_for_s: 1800,
            seal_timeout_s: 600,
            unlocked_s: 1800,
            low_battery: 20,
        }
    }
}

/// What the time to the next report follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The state of the seal.
    pub phase: Phase,
    /// Whether it moves.
    pub moving: bool,
    /// Charge, per cent, where it is known.
    pub battery: Option<u8>,
    /// For how long there has been an alarm, seconds.
    pub alarm_age_s: Option<u32>,
    /// A shorter time that the platform asked for, while it holds.
    pub track_s: Option<u32>,
}

impl Settings {
    /// The time between two reports, seconds.
    #[must_use]
    pub fn interval_s(&self, situation: &Situation) -> u32 {
        let usual = match situation.phase {
            Phase::Open | Phase::OpenedWithRight => self.open_s,
            _ if situation.moving => self.moving_s,
            Phase::Cut | Phase::Tampered => self.moving_s,
            Phase::Armed | Phase::Sealed => self.still_s,
        };
        let saving = match situation.battery {
            Some(percent) if percent < VERY_LOW_PERCENT => 6,
            Some(percent) if percent < self.low_battery => 2,
            _ => 1,
        };
        let mut interval = usual.saturating_mul(saving);
        if let Some(track_s) = situation.track_s {
            interval = interval.min(track_s);
        }
        // A young alarm is followed whatever the battery says: that is what the charge was saved for.
        if situation.alarm_age_s.is_some_and(|age| age < self.alarm_for_s) {
            interval = interval.min(self.alarm_s);
        }
        interval.clamp(INTERVAL_S_MIN, INTERVAL_S_MAX)
    }

    /// Changes what a word names; false when there is no such word or the value is out of range.
    #[must_use]
    pub fn set(&mut self, word: &str, value: u32) -> bool {
        let interval = INTERVAL_S_MIN..=INTERVAL_S_MAX;
        let place = match word {
            "moving" if interval.contains(&value) => &mut self.moving_s,
            "still" if interval.contains(&value) => &mut self.still_s,
            "open" if interval.contains(&value) => &mut self.open_s,
            "alarm" if interval.contains(&value) => &mut self.alarm_s,
            "alarm-for" if value <= INTERVAL_S_MAX => &mut self.alarm_for_s,
            "seal-timeout" if interval.contains(&value) => &mut self.seal_timeout_s,
            "unlocked" if value == 0 || interval.contains(&value) => &mut self.unlocked_s,
            "low-battery" => {
                let Some(percent) = u8::try_from(value).ok().filter(|percent| *percent <= 50) else {
                    return false;
                };
                self.low_battery = percent;
                return true;
            }
            _ => return false,
        };
        *place = value;
        true
    }

    /// Changes what a line such as `moving=300 still=7200` says; none of it when one word is wrong.
    #[must_use]
    pub fn set_line(&mut self, line: &str) -> bool {
        let mut changed = *self;
        let set = |word: &str| {
            let (word, value) = word.split_once('=')?;
            changed.set(word, value.parse().ok()?).then_some(())
        };
        let done = !line.trim().is_empty() && line.split_whitespace().map(set).all(|set| set.is_some());
        if done {
            *self = changed;
        }
        done
    }
}
