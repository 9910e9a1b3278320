//! One simulated lock: its movement, parts, battery, clock and coverage, and the incidents that befall it.
//!
//! Does no I/O and reads no clock: `now` comes in, reports go out.

use plomb_model::{DeviceId, Protocol, Signal, Signals, Timestamp};

use super::drive::Drive;
use super::incident::Incident;
use super::plan::Planned;
use crate::number::{to_i32, to_i64, to_u8, to_u16, to_u32};
use crate::protocol::{Fix, Lock, LockEvent, Outcome, Report};

/// A lock that was opened by command or card closes by itself after so many seconds.
const AUTOMATIC_LOCK_S: i64 = 90;
/// A battery lasts so many days of travel time.
const BATTERY_DAYS: f64 = 45.0;
/// Charge at which a low-battery incident holds the battery, %.
const LOW_BATTERY: f64 = 8.0;
/// Wrong passwords in a row that a lock calls an attack (notes, status bit 9).
const WRONG_PASSWORDS: u16 = 5;
/// Reports of a late upload: how many, how far apart and how old the first is, seconds.
const LATE_REPORTS: i64 = 6;
const LATE_STEP_S: i64 = 60;
const LATE_AGE_S: i64 = 50 * 60;
/// How far a jammed receiver strays, metres.
const JAMMED_M: f64 = 450_000.0;
/// How far ahead a drifting clock is: more than the two minutes a platform may allow, and so little that reports
/// after its correction are soon the newest again.
const DRIFT_MS: i64 = 150 * 1000;
/// Between two reports no device moves farther than this (km) unless it is slower than [`PLAUSIBLE_KMH`]:
/// what moves farther and faster must be called a jump.
const STEP_KM: f64 = 4.0;
/// No truck, train or ship is faster (km/h).
const PLAUSIBLE_KMH: f64 = 250.0;
/// Ordinary clock errors: one device in four is up to so many ms off.
const SKEW_MS: i64 = 8_000;
/// Coverage: shortest and longest time with and without it, seconds.
const COVERED_S: (i64, i64) = (240, 720);
const GAP_S: (i64, i64) = (30, 75);

/// What a fleet does with its devices.
#[derive(Clone, Copy, Debug)]
pub struct Conditions {
    /// Travel time passes so many times faster than the clock.
    pub time_factor: f64,
    /// But nothing moves faster over ground, as reports tell it, than this (km/h).
    pub apparent_kmh_max: f64,
    /// Share of devices whose way has coverage gaps, %.
    pub gaps_percent: u8,
}

/// What a moment or an incident brings.
#[derive(Debug, Default)]
pub struct News {
    /// An event of the lock to send before the report.
    pub event: Option<LockEvent>,
    /// Send this now.
    pub report: Option<Report>,
    /// Send these as kept through a gap.
    pub late: Vec<Report>,
}

/// One simulated lock.
#[derive(Debug)]
pub struct Unit {
    id: DeviceId,
    protocol: Protocol,
    index: usize,
    conditions: Conditions,
    drive: Drive,
    rng: fastrand::Rng,
    driven_to: Option<Timestamp>,
    lock: Lock,
    battery: f64,
    skew_ms: i64,
    running: Vec<(Incident, Timestamp)>,
    unlocked_until: Option<Timestamp>,
    gappy: bool,
    coverage_ends: Option<Timestamp>,
    gap_until: Option<Timestamp>,
}

impl Unit {
    /// Switches a planned device on.
    #[must_use]
    pub fn new(planned: Planned, conditions: Conditions) -> Self {
        let Planned { index, protocol, id, drive, mut rng, .. } = planned;
        let skewed = index % 4 == 2;
        Self {
            id,
            protocol,
            index,
            conditions,
            drive,
            driven_to: None,
            lock: Lock::SEALED,
            battery: 45.0 + 55.0 * rng.f64(),
            skew_ms: if skewed { rng.i64(-SKEW_MS..SKEW_MS) } else { 0 },
            running: Vec::new(),
            unlocked_until: None,
            gappy: rng.u8(..100) < conditions.gaps_percent,
            coverage_ends: None,
            gap_until: None,
            rng,
        }
    }

    /// Who it is.
    #[must_use]
    pub const fn id(&self) -> DeviceId {
        self.id
    }

    /// Place in the fleet, from 0.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.index
    }

    /// What it speaks.
    #[must_use]
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Its way, for people.
    #[must_use]
    pub fn route_name(&self) -> &str {
        self.drive.route().name()
    }

    /// Whether it is dead to the world: no connection, no reports, nothing kept.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.running.iter().any(|(kind, _)| *kind == Incident::Silent)
    }

    /// Whether the network is out of reach; reports are kept.
    #[must_use]
    pub const fn in_gap(&self) -> bool {
        self.gap_until.is_some()
    }

    /// An incident begins; nothing where the device's protocol cannot tell it.
    pub fn befall(&mut self, incident: Incident, now: Timestamp) -> News {
        let mut news = News::default();
        if !incident.told_by(self.protocol) {
            return news;
        }
        self.running.retain(|(kind, _)| *kind != incident);
        self.running.push((incident, now.plus_secs(incident.holds_s())));
        match incident {
            Incident::Silent => return news,
            Incident::LateUpload => {
                news.late = self.late_reports(now);
                return news;
            }
            Incident::Opened => news.event = Some(LockEvent::RopePulledOut),
            Incident::WrongPassword => news.event = Some(LockEvent::WrongPassword { count: WRONG_PASSWORDS }),
            // It was opened with authority and then left so.
            Incident::LongUnlocked => {
                news.event = Some(LockEvent::CardUnlock { card: self.rng.u32(1..10_000_000) })
            }
            Incident::Cut
            | Incident::Jammed
            | Incident::LowBattery
            | Incident::CaseOpen
            | Incident::Shock
            | Incident::MotorFault
            | Incident::ClockDrift => {}
        }
        let mut report = self.report(now);
        report.fresh = true;
        news.report = Some(report);
        news
    }

    /// Time passes: incidents end, locks close by themselves, coverage comes and goes.
    pub fn tick(&mut self, now: Timestamp) -> News {
        let mut news = News::default();
        let before = self.running.len();
        self.running.retain(|(_, until)| *until > now);
        let ended = before != self.running.len();
        let closed = self.unlocked_until.take_if(|until| *until <= now).is_some();
        if closed {
            self.lock = Lock::SEALED;
            news.event = Some(LockEvent::AutomaticLock);
        }
        if ended || closed {
            news.report = Some(self.report(now));
        }
        if self.gappy {
            let mut span = |(shortest, longest): (i64, i64)| now.plus_secs(self.rng.i64(shortest..longest));
            if self.gap_until.is_some_and(|until| until <= now) {
                self.gap_until = None;
                self.coverage_ends = Some(span(COVERED_S));
            } else if self.gap_until.is_none() {
                match self.coverage_ends {
                    Some(ends) if ends <= now => self.gap_until = Some(span(GAP_S)),
                    Some(_) => {}
                    None => self.coverage_ends = Some(span(COVERED_S)),
                }
            }
        }
        news
    }

    /// Somebody asks for the lock to open.
    pub fn unlock(&mut self, password: Option<&str>, now: Timestamp) -> Outcome {
        if password.is_some_and(|password| password != crate::protocol::jointech::FACTORY_PASSWORD) {
            return Outcome::WrongPassword;
        }
        self.lock.motor_locked = false;
        self.unlocked_until = Some(now.plus_secs(AUTOMATIC_LOCK_S));
        Outcome::Done
    }

    /// Somebody asks for the lock to close.
    pub const fn close(&mut self) -> Outcome {
        self.lock = Lock::SEALED;
        self.unlocked_until = None;
        Outcome::Done
    }

    /// What the device has to say now.
    pub fn report(&mut self, now: Timestamp) -> Report {
        self.drive_to(now);
        let signals =
            self.running.iter().filter_map(|(kind, _)| kind.signal()).fold(Signals::NONE, Signals::with);
        let (mut place, course) = self.drive.place();
        let jammed = signals.contains(Signal::GnssJamming);
        if jammed {
            place = place.moved(JAMMED_M * (0.5 + self.rng.f64()), JAMMED_M * (self.rng.f64() - 0.5));
        }
        let drifting = self.running.iter().any(|(kind, _)| *kind == Incident::ClockDrift);
        let skew_ms = self.skew_ms + if drifting { DRIFT_MS } else { 0 };
        let battery = if signals.contains(Signal::LowBattery) { LOW_BATTERY } else { self.battery };
        Report {
            at: now.plus_millis(skew_ms),
            fix: Fix {
                latitude_e7: to_i32(place.latitude * 1e7),
                longitude_e7: to_i32(place.longitude * 1e7),
                fixed: true,
                altitude_m: 40,
                speed_kmh: to_u16(self.drive.speed_kmh()),
                course_deg: to_u16(course) % 360,
                satellites: if jammed { 4 } else { self.rng.u8(7..15) },
            },
            odometer_km: to_u32(self.drive.odometer_km()),
            battery_percent: to_u8(battery),
            csq: self.rng.u8(14..31),
            lock: parts(self.lock, signals),
            signals,
            fresh: false,
        }
    }

    fn drive_to(&mut self, now: Timestamp) {
        let seconds = self.driven_to.map_or(0, |last| now.since(last).max(0));
        self.driven_to = Some(now);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between two reports are far below 2^52")]
        let seconds = seconds as f64 / 1000.0;
        let travel_s = seconds * self.conditions.time_factor;
        let plausible_km = PLAUSIBLE_KMH * seconds / 3600.0;
        let apparent_km = self.conditions.apparent_kmh_max * seconds / 3600.0;
        // Reports from a gap may arrive after the first live one: there each step must be plausible for all of them.
        let limit_km = if self.in_gap() { plausible_km } else { apparent_km.min(plausible_km.max(STEP_KM)) };
        self.drive.advance(travel_s, limit_km, &mut self.rng);
        self.battery = (self.battery - travel_s / 86_400.0 * 100.0 / BATTERY_DAYS).max(16.0);
    }

    /// Reports that should have come before the start of anything here, from the way behind.
    fn late_reports(&mut self, now: Timestamp) -> Vec<Report> {
        let last = self.report(now);
        let step_km = self.drive.speed_kmh().max(20.0) / 60.0;
        let late = |number: i64| {
            let mut report = last;
            report.at = last.at.plus_secs(number * LATE_STEP_S - LATE_AGE_S);
            let behind = f64::from(i32::try_from(LATE_REPORTS - number).unwrap_or_default()) * step_km;
            let (place, course) = self.drive.place_before(behind);
            report.fix.latitude_e7 = to_i32(place.latitude * 1e7);
            report.fix.longitude_e7 = to_i32(place.longitude * 1e7);
            report.fix.course_deg = to_u16(course) % 360;
            report
        };
        (0..LATE_REPORTS).map(late).collect()
    }

    /// When the next report is due after `now`, for an interval in ms: a little early or late, as timers of devices are.
    pub fn next_due(&mut self, now: Timestamp, interval_ms: i64) -> Timestamp {
        let jitter =
            to_i64(self.rng.f64() * 0.04 * f64::from(i32::try_from(interval_ms).unwrap_or(i32::MAX)));
        now.plus_millis(interval_ms - interval_ms / 50 + jitter)
    }
}

/// The lock's parts, with what the conditions did to them. The ends of a rope that was cut stay inserted.
pub(crate) fn parts(mut lock: Lock, signals: Signals) -> Lock {
    let opened = signals.contains(Signal::UnauthorisedOpen);
    lock.rope_inserted &= !opened;
    lock.motor_locked &= !opened && !signals.contains(Signal::LongUnlocked);
    lock.cover_closed &= !signals.contains(Signal::CoverOpen);
    lock.door_closed &= !opened;
    lock
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::plan::plan;
    use crate::protocol::USUAL;

    const CALM: Conditions = Conditions { time_factor: 30.0, apparent_kmh_max: 900.0, gaps_percent: 0 };

    fn start() -> Timestamp {
        "2026-11-24T08:00:00Z".parse().unwrap()
    }

    fn unit(protocol: Protocol) -> Unit {
        let planned = plan(60, 7, 0, &USUAL).into_iter().find(|device| device.protocol == protocol).unwrap();
        Unit::new(planned, CALM)
    }

    #[test]
    fn moves_visibly_but_not_faster_than_allowed() {
        for planned in plan(60, 7, 0, &USUAL) {
            let mut unit = Unit::new(planned, CALM);
            let place = |report: Report| {
                crate::fleet::route::Point::new(
                    f64::from(report.fix.latitude_e7) / 1e7,
                    f64::from(report.fix.longitude_e7) / 1e7,
                )
            };
            let mut last = place(unit.report(start()));
            let mut far = 0.0;
            for step in 1..60 {
                let here = place(unit.report(start().plus_secs(step * 10)));
                far += last.distance_km(here);
                assert!(last.distance_km(here) < 2.6, "{} {}", unit.route_name(), last.distance_km(here));
                last = here;
            }
            assert!(far > 0.2, "{} stands still", unit.route_name());
        }
    }

    #[test]
    fn incidents_begin_hold_and_end() {
        let mut unit = unit(Protocol::Jointech);
        unit.report(start());
        let news = unit.befall(Incident::Cut, start());
        let report = news.report.unwrap();
        assert!(report.fresh && report.signals.contains(Signal::RopeCut) && report.lock == Lock::SEALED);
        let later = unit.report(start().plus_secs(60));
        assert!(!later.fresh && later.signals.contains(Signal::RopeCut));
        let over = unit.tick(start().plus_secs(Incident::Cut.holds_s())).report.unwrap();
        assert!(over.signals.is_empty() && over.lock == Lock::SEALED);

        let late = unit.befall(Incident::LateUpload, start().plus_secs(300)).late;
        assert_eq!(late.len(), 6);
        assert!(late.windows(2).all(|pair| pair[0].at < pair[1].at));
        assert!(start().plus_secs(300).since(late[5].at) > 40 * 60 * 1000);
        unit.befall(Incident::Silent, start());
        assert!(unit.is_silent());
        let drifting = unit.befall(Incident::ClockDrift, start()).report.unwrap();
        assert!(drifting.at.since(start()) > 120 * 1000);
        unit.running.clear();
        let opened = unit.befall(Incident::LongUnlocked, start());
        assert!(matches!(opened.event, Some(LockEvent::CardUnlock { .. })));
        assert!(!opened.report.unwrap().lock.motor_locked);
    }

    #[test]
    fn unlocking_needs_the_password_and_ends_by_itself() {
        let mut unit = unit(Protocol::Jointech);
        assert_eq!(unit.unlock(Some("000000"), start()), Outcome::WrongPassword);
        assert_eq!(unit.unlock(Some("888888"), start()), Outcome::Done);
        assert!(!unit.report(start()).lock.motor_locked);
        let news = unit.tick(start().plus_secs(AUTOMATIC_LOCK_S));
        assert_eq!(news.event, Some(LockEvent::AutomaticLock));
        assert!(news.report.unwrap().lock.motor_locked);
    }

    #[test]
    fn coverage_comes_and_goes_only_where_it_should() {
        let planned = plan(60, 7, 0, &USUAL).into_iter().next().unwrap();
        for (gaps_percent, expected) in [(0, 0..1), (100, 60..500)] {
            let mut unit = Unit::new(planned.clone(), Conditions { gaps_percent, ..CALM });
            let in_gap = (0..3_600).filter(|second| {
                unit.tick(start().plus_secs(*second));
                unit.in_gap()
            });
            assert!(expected.contains(&in_gap.count()), "{gaps_percent} %");
        }
    }

    #[test]
    fn protocols_tell_what_they_can() {
        let mut tracker = unit(Protocol::Gt06);
        assert!(tracker.befall(Incident::MotorFault, start()).report.is_none());
        assert!(tracker.report(start()).signals.is_empty());
        for protocol in USUAL {
            assert!(Incident::Cut.told_by(protocol) && Incident::Opened.told_by(protocol));
        }
    }
}
