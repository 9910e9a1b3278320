//! What is due when.

use super::{Actions, Device, Fault, Motor, Outcome};
use crate::hardware::{Now, Storage, Vault};
use crate::record::{Place, Readings, Record};
use crate::seal::{Cause, Importance, Part, Phase, Turn};
use crate::settings::Situation;

/// How long a place is looked for before the report goes without, milliseconds.
const FIND_MS_MAX: u64 = 90_000;
/// How long the motor may take, milliseconds.
const MOTOR_MS_MAX: u64 = 15_000;
/// Shortest time between two shocks that are told, milliseconds.
const SHOCK_MS_MIN: u64 = 60_000;
/// Charge above the limit at which a low battery may be told anew, per cent.
const BATTERY_HYSTERESIS: u8 = 5;
/// How long the case may be opened for service at most, seconds.
pub(super) const SERVICE_S_MAX: u32 = 3600;

/// The motor is on its way.
#[derive(Clone, Copy, Debug)]
struct Moving {
    ticket: Option<u64>,
    locked: bool,
    due_ms: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Timers {
    reported_ms: Option<u64>,
    /// A place is looked for: until when, and for which report.
    finding: Option<(u64, Cause)>,
    alarm_ms: Option<u64>,
    /// When it was armed or opened, while that may still be told as lasting too long.
    waiting_ms: Option<u64>,
    track: Option<(u32, u64)>,
    motor: Option<Moving>,
    shock_ms: Option<u64>,
    is_battery_told: bool,
    service_until_ms: u64,
    pub(super) beacon_due_ms: u64,
}

impl Timers {
    pub(super) const fn new(now: Now) -> Self {
        Self {
            reported_ms: None,
            finding: None,
            alarm_ms: None,
            waiting_ms: Some(now.up_ms),
            track: None,
            motor: None,
            shock_ms: None,
            is_battery_told: false,
            service_until_ms: 0,
            beacon_due_ms: now.up_ms,
        }
    }

    pub(super) const fn is_in_service(&self, now: Now) -> bool {
        now.up_ms < self.service_until_ms
    }

    pub(super) fn serve(&mut self, now: Now, seconds: u32) {
        self.service_until_ms = now.up_ms.saturating_add(u64::from(seconds) * 1000);
    }

    pub(super) fn track(&mut self, now: Now, seconds: u32, for_s: u32) {
        self.track = Some((seconds, now.up_ms.saturating_add(u64::from(for_s) * 1000)));
    }

    /// The command that a movement of the motor ends.
    pub(super) fn motor_has_moved(&self, part: Part, whole: bool) -> Option<(u64, Outcome)> {
        let moving = self.motor.filter(|moving| part == Part::MotorLocked && moving.locked == whole)?;
        moving.ticket.map(|ticket| (ticket, Outcome::Done))
    }

    pub(super) fn motor_is_done(&mut self, locked: bool) {
        self.motor = self.motor.filter(|moving| moving.locked != locked);
    }

    pub(super) fn phase_turned(&mut self, now: Now, turn: &Turn) {
        match turn.cause {
            Cause::Armed | Cause::OpenedWithRight => {
                (self.waiting_ms, self.alarm_ms) = (Some(now.up_ms), None);
            }
            Cause::Sealed => self.waiting_ms = None,
            _ => {}
        }
    }

    pub(super) fn recorded(&mut self, now: Now, record: &Record) {
        let is_break = !record.ever.is_empty() && record.importance == Importance::Seal;
        if is_break && record.cause >= Cause::RopeCut {
            self.alarm_ms = Some(now.up_ms);
        }
    }

    /// Looks for a place for a report.
    fn find(&mut self, now: Now, cause: Cause, actions: &mut Actions) {
        let until = now.up_ms.saturating_add(FIND_MS_MAX);
        let cause = self.finding.map_or(cause, |(_, before)| before.max(cause));
        self.finding = Some((until, cause));
        actions.find_place = true;
    }
}

impl<S: Storage, V: Vault> Device<S, V> {
    /// Does what is due.
    ///
    /// # Errors
    /// When the memory fails: it is tried again.
    pub fn poll(&mut self, now: Now) -> Result<(), Fault> {
        if self.is_wipe_due {
            self.wipe();
        }
        if self.is_state_unsaved {
            self.save()?;
        }
        if self.state.seal.phase == Phase::Tampered {
            return Ok(());
        }
        self.settle(now)?;
        if self.timers.motor.is_some_and(|moving| now.up_ms >= moving.due_ms) {
            let ticket = self.timers.motor.and_then(|moving| moving.ticket);
            let command = ticket.map(|ticket| (ticket, Outcome::Failed));
            self.note_with(now, Cause::MotorFault, Importance::Alarm, |record| Record { command, ..record })?;
            self.timers.motor = None;
        }
        self.lasting(now)?;
        if let Some((until, _)) = self.timers.finding {
            if now.up_ms >= until {
                self.found(now, None)?;
            }
        } else if now.up_ms >= self.report_due_ms(now) {
            self.locate(now, Cause::Report)?;
        }
        Ok(())
    }

    /// Tells what has lasted too long, once.
    fn lasting(&mut self, now: Now) -> Result<(), Fault> {
        let settings = &self.state.settings;
        let (cause, allowed_s) = match self.state.seal.phase {
            Phase::Armed => (Cause::SealTimeout, settings.seal_timeout_s),
            Phase::OpenedWithRight if settings.unlocked_s > 0 => (Cause::LongUnlocked, settings.unlocked_s),
            _ => return Ok(()),
        };
        let Some(since_ms) = self.timers.waiting_ms else { return Ok(()) };
        if now.up_ms >= since_ms.saturating_add(u64::from(allowed_s) * 1000) {
            self.note(now, cause, Importance::Alarm)?;
            self.timers.waiting_ms = None;
        }
        Ok(())
    }

    /// When [`Device::poll`] and [`Device::transmit`] want to be called next, milliseconds since the start; none when nothing
    /// but an input or a datagram brings more.
    pub fn deadline_ms(&self, now: Now) -> Option<u64> {
        if self.link.has_answer() || self.is_state_unsaved || self.is_wipe_due {
            return Some(0);
        }
        if self.state.seal.phase == Phase::Tampered {
            return Some(self.timers.beacon_due_ms);
        }
        let timers = &self.timers;
        let allowed_s = match self.state.seal.phase {
            Phase::Armed => Some(self.state.settings.seal_timeout_s),
            Phase::OpenedWithRight => Some(self.state.settings.unlocked_s).filter(|seconds| *seconds > 0),
            _ => None,
        };
        let lasting =
            timers.waiting_ms.zip(allowed_s).map(|(since, s)| since.saturating_add(u64::from(s) * 1000));
        let report = match timers.finding {
            Some((until, _)) => until,
            None => self.report_due_ms(now),
        };
        let waits = self.log.next_pending(&self.storage, None, Importance::Routine).ok().flatten();
        let link = self.link.flight_due_ms().or_else(|| waits.map(|_| self.link.next_try_ms()));
        let motor = timers.motor.map(|moving| moving.due_ms);
        [Some(report), lasting, link, motor].into_iter().flatten().min()
    }

    /// When the next report is due.
    fn report_due_ms(&self, now: Now) -> u64 {
        let timers = &self.timers;
        let age = |since: u64| u32::try_from(now.up_ms.saturating_sub(since) / 1000).unwrap_or(u32::MAX);
        let interval_s = self.state.settings.interval_s(&Situation {
            phase: self.state.seal.phase,
            moving: self.readings.moving.unwrap_or(true),
            battery: self.readings.battery,
            alarm_age_s: timers.alarm_ms.map(age),
            track_s: timers.track.filter(|(_, until)| now.up_ms < *until).map(|(seconds, _)| seconds),
        });
        timers.reported_ms.map_or(0, |reported| reported.saturating_add(u64::from(interval_s) * 1000))
    }

    /// Begins a report: with a place that is fresh, else by looking for one.
    pub(super) fn locate(&mut self, now: Now, cause: Cause) -> Result<(), Fault> {
        let age = self.place.map(|(_, at_ms)| now.up_ms.saturating_sub(at_ms));
        if age.is_some_and(|age| age < super::PLACE_MS_MAX / 2) {
            return self.report(now, cause);
        }
        self.timers.find(now, cause, &mut self.actions);
        Ok(())
    }

    fn report(&mut self, now: Now, cause: Cause) -> Result<(), Fault> {
        let importance = if cause == Cause::Report { Importance::Routine } else { Importance::Notice };
        self.note(now, cause, importance)?;
        self.timers.reported_ms = Some(now.up_ms);
        Ok(())
    }

    pub(super) fn found(&mut self, now: Now, place: Option<Place>) -> Result<(), Fault> {
        if let Some(place) = place {
            self.place = Some((place, now.up_ms));
        }
        let Some((_, cause)) = self.timers.finding else { return Ok(()) };
        self.report(now, cause)?;
        self.timers.finding = None;
        Ok(())
    }

    pub(super) fn shock(&mut self, now: Now) -> Result<(), Fault> {
        let again = self.timers.shock_ms.is_some_and(|before| now.up_ms < before + SHOCK_MS_MIN);
        if again || !self.state.seal.is_on_guard() {
            return Ok(());
        }
        self.note(now, Cause::Shock, Importance::Alarm)?;
        self.timers.shock_ms = Some(now.up_ms);
        Ok(())
    }

    pub(super) fn measured(&mut self, now: Now, readings: Readings) -> Result<(), Fault> {
        self.readings = Readings { moving: readings.moving.or(self.readings.moving), ..readings };
        let limit = self.state.settings.low_battery;
        let Some(percent) = readings.battery else { return Ok(()) };
        if percent >= limit.saturating_add(BATTERY_HYSTERESIS) {
            self.timers.is_battery_told = false;
        } else if percent < limit && !self.timers.is_battery_told {
            self.note(now, Cause::LowBattery, Importance::Alarm)?;
            self.timers.is_battery_told = true;
        }
        Ok(())
    }

    /// Sends the motor on its way, where there is one that is not there yet. Whether it was sent.
    pub(super) fn drive(&mut self, now: Now, motor: Motor, ticket: Option<u64>) -> bool {
        let locked = motor == Motor::Lock;
        if !self.fitted.has(Part::MotorLocked) || self.sensed.has(Part::MotorLocked) == locked {
            return false;
        }
        let rope_misses = self.fitted.has(Part::RopeInserted) && !self.sensed.has(Part::RopeInserted);
        if locked && rope_misses {
            return false;
        }
        self.actions.motor = Some(motor);
        let due_ms = now.up_ms.saturating_add(MOTOR_MS_MAX);
        self.timers.motor = Some(Moving { ticket, locked, due_ms });
        true
    }
}
