//! A record in raw units, whichever layout brought it, and what it means.

use plomb_model::{
    CentiDegrees, Event, EventKind, Fix, LatitudeE7, LongitudeE7, Metres, OccurredAt, Position, Reading,
    SealPart, Signal, Speed, Timestamp,
};
use plomb_wire::{Reader, Short};

use super::flex;

/// The moment of a fix is that of the event if they are no further apart.
const SAME_MS_MAX: i64 = 1000;
/// Fastest that is believed, km/h.
const SPEED_MAX: f32 = 1000.0;

/// One record.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) index: Option<u32>,
    pub(super) event: Option<u16>,
    /// When the event was.
    pub(super) happened_at: Option<Timestamp>,
    /// When the place was taken.
    pub(super) fixed_at: Option<Timestamp>,
    pub(super) valid: Option<bool>,
    pub(super) satellites: Option<u8>,
    /// In units of 1e-7 degree.
    pub(super) latitude: Option<i64>,
    pub(super) longitude: Option<i64>,
    pub(super) altitude: Option<Metres>,
    pub(super) speed: Option<Speed>,
    /// Degrees.
    pub(super) course: Option<u16>,
    /// Whether the device is in a mode of guard.
    pub(super) guarded: Option<bool>,
    pub(super) alarm: bool,
    pub(super) towed: bool,
    pub(super) readings: Vec<Reading>,
}

impl Record {
    /// The state of FLEX and F6: bit 2 alarm, bits 3 and 4 the mode (0 watch, 1 guard, 2 other guard, 3 service), bit 5
    /// evacuation.
    pub(super) fn status(&mut self, status: u8) {
        self.alarm = status & 4 != 0;
        self.guarded = Some(matches!(status >> 3 & 3, 1 | 2));
        self.towed = status & 0x20 != 0;
        self.readings.push(code("status", i64::from(status)));
    }

    /// The state of the receiver: bit 1 a current fix, from bit 2 on the satellites.
    pub(super) const fn navigation(&mut self, state: u8) {
        self.valid = Some(state & 2 != 0);
        self.satellites = Some(state >> 2);
    }

    pub(super) fn network(&mut self, level: u8) {
        self.readings.extend(flex::network(level));
    }

    fn position(&self) -> Option<Position> {
        let (north, east) = self.latitude.zip(self.longitude)?;
        let fix = if self.valid == Some(false) { Fix::Stale } else { Fix::Gnss };
        // Without any fix yet the places are zeros.
        if fix == Fix::Stale && north == 0 && east == 0 {
            return None;
        }
        let mut position = Position::new(LatitudeE7::new(north).ok()?, LongitudeE7::new(east).ok()?, fix);
        position.altitude = self.altitude;
        position.speed = self.speed;
        let course = self.course.filter(|course| *course <= 360);
        position.course = course.map(|course| CentiDegrees::from_degrees(i32::from(course % 360)));
        position.satellites = self.satellites;
        Some(position)
    }

    /// The event; where its place is an old one, that comes first as an event of its own. `was_guarded` says that the
    /// device has been seen in a mode of guard: others say nothing of a seal.
    pub(super) fn events(self, was_guarded: bool) -> Vec<Event> {
        let mut event = Event::new(EventKind::Status);
        event.serial = self.index;
        event.occurred_at = self.happened_at.map(OccurredAt);
        event.signals =
            event.signals.with_if(self.alarm, Signal::General).with_if(self.towed, Signal::Displaced);
        if let Some(guarded) = self.guarded.filter(|guarded| *guarded || was_guarded) {
            event.seal = event.seal.with(SealPart::Sealed, guarded);
        }
        let place = self.position();
        let fixed_at = self.fixed_at.or(self.happened_at);
        event.readings = self.readings;
        event.readings.extend(self.event.map(|number| code("event", i64::from(number))));
        let Some(position) = place else { return vec![event] };
        let apart = self.happened_at.zip(fixed_at).is_some_and(|(a, b)| a.since(b).abs() > SAME_MS_MAX);
        if apart && position.fix == Fix::Stale {
            let mut older = Event::new(EventKind::Position);
            older.occurred_at = fixed_at.map(OccurredAt);
            older.position = Some(position);
            return vec![older, event];
        }
        event.kind = EventKind::Position;
        event.occurred_at = fixed_at.map(OccurredAt);
        event.position = Some(position);
        vec![event]
    }
}

pub(super) fn code(name: &'static str, value: i64) -> Reading {
    Reading::Code { name: name.into(), value }
}

/// Seconds since 1970; 0 is no time.
pub(super) fn seconds(seconds: u32) -> Option<Timestamp> {
    (seconds != 0).then(|| Timestamp::from_secs(i64::from(seconds)))
}

/// Ten-thousandths of a minute to units of 1e-7 degree.
pub(super) fn ten_thousandths(value: i32) -> i64 {
    i64::from(value) * 50 / 3
}

/// A float that is a number.
pub(super) fn float(part: &mut Reader<'_>) -> Result<Option<f32>, Short> {
    let value = f32::from_le_bytes(part.array()?);
    Ok(value.is_finite().then_some(value))
}

/// km/h.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 1000 km/h")]
pub(super) fn speed(kmh: f32) -> Option<Speed> {
    (0.0..=SPEED_MAX).contains(&kmh).then(|| Speed((f64::from(kmh) * 1000.0).round() as u32))
}

/// Kilometres.
#[expect(clippy::cast_possible_truncation, reason = "below 1e9 km")]
pub(super) fn kilometres(value: f32) -> Option<Metres> {
    (0.0..1e9).contains(&value).then(|| Metres((f64::from(value) * 1000.0).round() as i64))
}

/// So many bits, numbered from 1.
pub(super) fn bits(
    value: u32,
    count: u8,
    readings: &mut Vec<Reading>,
    reading: impl Fn(u8, bool) -> Reading,
) {
    for place in 0..count {
        readings.push(reading(place + 1, value >> place & 1 == 1));
    }
}
