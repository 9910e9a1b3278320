//! One pack of SenML is one event: records by their names (`docs/profile.md`, "Records") into our words and units.

use plomb_constrained::profile::{BASE_NAME, name};
use plomb_constrained::senml::{Number, Pack, Record, Value};
use plomb_model::{
    CardNumber, CentiCelsius, CentiDegrees, CentiPercent, CommandOutcome, CommandTicket, Delivery, DeviceId,
    Event, EventKind, Fix, Issue, LatitudeE7, LongitudeE7, Metres, Millivolts, OccurredAt, Percent, Position,
    Reading, ReceivedAt, Scheme, SealEvidence, SealPart, Signal, Speed, Timestamp, UnlockMethod,
    UnlockReport, UnlockVerdict,
};

/// What a pack said.
pub(crate) struct Told {
    pub(crate) event: Event,
    /// The device that its base name names.
    pub(crate) named: Option<DeviceId>,
    /// The number that the device gave it.
    pub(crate) sequence: Option<u64>,
    /// It is a tamper beacon: prepared when the device was armed, without sequence number.
    pub(crate) is_beacon: bool,
}

/// Reads a pack that begins at `base` in the frame. None when it cannot be taken; an issue then says why.
pub(crate) fn read(pack: &[u8], base: usize, now: ReceivedAt, issues: &mut Vec<Issue>) -> Option<Told> {
    let mut draft = Draft::new();
    let records = Pack::new(pack).map_err(|fault| issues.push(crate::body::issue(fault, base))).ok()?;
    for record in records {
        let record = record.map_err(|fault| issues.push(crate::body::issue(fault, base))).ok()?;
        if draft.event.occurred_at.is_none() && record.is_dated() {
            let at = record.at_ms(now.0.as_millis()).map(|ms| OccurredAt(Timestamp::from_millis(ms)));
            draft.event.occurred_at = at;
        }
        draft.named = draft.named.or_else(|| named(record.base_name));
        if draft.take(&record).is_none() {
            let found = format_args!("{} = {:?}", record.name, record.value);
            issues.push(Issue::new(
                base + record.offset,
                "a record whose value does not fit its name",
                found,
            ));
        }
    }
    draft.finish(base, issues)
}

/// The device in a base name such as `plomb:0a0b0c:`.
fn named(base_name: &str) -> Option<DeviceId> {
    let value = base_name.strip_prefix(BASE_NAME)?.trim_end_matches([':', '/']);
    DeviceId::new(Scheme::Plomb, value).ok()
}

struct Draft {
    event: Event,
    named: Option<DeviceId>,
    sequence: Option<u64>,
    kind: Option<EventKind>,
    latitude: Option<LatitudeE7>,
    longitude: Option<LongitudeE7>,
    fix: Fix,
    altitude: Option<Metres>,
    speed: Option<Speed>,
    course: Option<CentiDegrees>,
    satellites: Option<u8>,
    card: Option<CardNumber>,
    unlock: Option<UnlockMethod>,
    allowed: Option<bool>,
    ticket: Option<u64>,
    outcome: Option<CommandOutcome>,
    is_beacon: bool,
}

impl Draft {
    const fn new() -> Self {
        Self {
            event: Event::new(EventKind::Status),
            named: None,
            sequence: None,
            kind: None,
            latitude: None,
            longitude: None,
            fix: Fix::Gnss,
            altitude: None,
            speed: None,
            course: None,
            satellites: None,
            card: None,
            unlock: None,
            allowed: None,
            ticket: None,
            outcome: None,
            is_beacon: false,
        }
    }

    /// Takes a record in; none when its value does not fit its name.
    fn take(&mut self, record: &Record<'_>) -> Option<()> {
        let (stem, sensor) = match record.name.split_once('/') {
            Some((stem, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                (stem, number.parse().ok()?)
            }
            _ => (record.name, 0),
        };
        match record.value? {
            Value::Number(number) => self.number(stem, sensor, number),
            Value::Bool(on) => self.flag(stem, on),
            Value::Text(text) => self.text(stem, text),
            Value::Data(bytes) => {
                self.push(Reading::Bytes { name: record.name.to_owned().into(), value: bytes.into() })
            }
        }
    }

    /// A reading.
    fn push(&mut self, reading: Reading) -> Option<()> {
        self.event.readings.push(reading);
        Some(())
    }

    fn number(&mut self, stem: &str, sensor: u8, number: Number) -> Option<()> {
        match stem {
            name::SEQUENCE => self.sequence = Some(scaled(number, 0)?),
            name::LATITUDE => self.latitude = Some(LatitudeE7::new(number.scaled(7)?).ok()?),
            name::LONGITUDE => self.longitude = Some(LongitudeE7::new(number.scaled(7)?).ok()?),
            name::ALTITUDE => self.altitude = Some(Metres(number.scaled(0)?)),
            // mm/s to m/h.
            name::SPEED => {
                self.speed = Some(Speed(u32::try_from(number.scaled(3)?.checked_mul(18)? / 5).ok()?));
            }
            name::COURSE => {
                let course: i32 = scaled(number, 2)?;
                self.course = Some(CentiDegrees((0..=36_000).contains(&course).then_some(course % 36_000)?));
            }
            name::SATELLITES => self.satellites = Some(scaled(number, 0)?),
            name::COMMAND => self.ticket = Some(scaled(number, 0)?),
            _ => {
                let reading = measured(stem, sensor, number)?;
                self.event.readings.push(reading);
            }
        }
        Some(())
    }

    fn flag(&mut self, stem: &str, on: bool) -> Option<()> {
        if let Some(part) = stem.strip_prefix(name::SEAL) {
            let part = SealPart::ALL.into_iter().find(|known| known.name() == part)?;
            self.event.seal = self.event.seal.with(part, on);
            return Some(());
        }
        if let Some(alarm) = stem.strip_prefix(name::ALARM) {
            let signal = Signal::ALL.into_iter().find(|known| known.name() == alarm)?;
            self.event.signals = self.event.signals.with_if(on, signal);
            return Some(());
        }
        match stem {
            name::BUFFERED => self.event.delivery = if on { Delivery::Buffered } else { Delivery::Live },
            name::BEACON => self.is_beacon = on,
            name::UNLOCK_ALLOWED => self.allowed = Some(on),
            name::EXTERNAL_POWER => return self.push(Reading::ExternalPowerPresent(on)),
            name::CHARGING => return self.push(Reading::Charging(on)),
            name::MOTION => return self.push(Reading::Motion(on)),
            name::MAGNET => return self.push(Reading::MagnetPresent(on)),
            _ => return self.push(Reading::Code { name: stem.to_owned().into(), value: i64::from(on) }),
        }
        Some(())
    }

    fn text(&mut self, stem: &str, text: &str) -> Option<()> {
        match stem {
            name::KIND => self.kind = Some(EventKind::ALL.into_iter().find(|kind| kind.name() == text)?),
            name::FIX => {
                let fixes = [Fix::Gnss, Fix::Stale, Fix::Network];
                self.fix = fixes.into_iter().find(|fix| fix.name() == text)?;
            }
            name::CARD => self.card = Some(CardNumber(text.into())),
            name::UNLOCK => self.unlock = Some(method(text)?),
            name::OUTCOME => self.outcome = Some(outcome(text)?),
            name::BOUND_TO => return self.push(Reading::BoundTo(text.into())),
            name::FIRMWARE => return self.push(Reading::Firmware(text.into())),
            name::MODEL => return self.push(Reading::Model(text.into())),
            name::TEXT => return self.push(Reading::Text(text.into())),
            _ => return self.push(Reading::Text(format!("{stem}={text}").into())),
        }
        Some(())
    }

    fn finish(mut self, base: usize, issues: &mut Vec<Issue>) -> Option<Told> {
        let event = &mut self.event;
        match (self.latitude, self.longitude) {
            (Some(latitude), Some(longitude)) => {
                let place = Position::new(latitude, longitude, self.fix);
                let (altitude, speed, course) = (self.altitude, self.speed, self.course);
                event.position =
                    Some(Position { altitude, speed, course, satellites: self.satellites, ..place });
            }
            (None, None) => {}
            _ => issues.push(Issue::new(base, "half a position", "one of lat and lon is missing")),
        }
        match (self.unlock, self.card) {
            (None, None) => {}
            (None, Some(card)) => event.readings.push(Reading::Card(card)),
            (Some(method), card) => event.readings.push(Reading::Unlock(UnlockReport {
                method,
                verdict: match self.allowed {
                    Some(true) => UnlockVerdict::Allowed,
                    Some(false) => UnlockVerdict::Refused,
                    None => UnlockVerdict::NotApplicable,
                },
                password_right: None,
                wrong_passwords: None,
                card,
                fence: None,
            })),
        }
        if let Some(ticket) = self.ticket {
            let outcome = self.outcome.unwrap_or(CommandOutcome::Answered);
            event.readings.push(Reading::CommandResult { ticket: CommandTicket(ticket), outcome });
        }
        if self.is_beacon {
            // It was written before anything happened: only that it is sent says that something did, now.
            event.occurred_at = None;
            event.seal = event.seal.with(SealPart::NeverOpened, false);
            event.signals = event.signals.with(Signal::UnauthorisedOpen);
        } else {
            let Some(sequence) = self.sequence else {
                let found = "no record seq";
                issues.push(Issue::new(base, "an event without a sequence number is not taken", found));
                return None;
            };
            event.serial = u32::try_from(sequence).ok();
        }
        event.kind = self.kind.unwrap_or_else(|| kind(event, self.is_beacon, self.ticket.is_some()));
        let sequence = self.sequence.filter(|_| !self.is_beacon);
        Some(Told { event: self.event, named: self.named, sequence, is_beacon: self.is_beacon })
    }
}

/// The kind of an event that does not say it.
fn kind(event: &Event, is_beacon: bool, answers: bool) -> EventKind {
    if answers {
        EventKind::CommandResult
    } else if is_beacon || !event.seal.is_empty() {
        EventKind::Seal
    } else if event.position.is_some() {
        EventKind::Position
    } else if event.readings.is_empty() && event.signals.is_empty() {
        EventKind::Heartbeat
    } else {
        EventKind::Status
    }
}

/// What the event says of the seal as evidence, once it is known to be the device's own word.
pub(crate) fn evidence(event: &Event) -> SealEvidence {
    let lasting = [SealPart::RopeIntact, SealPart::NeverOpened].map(|part| event.seal.part(part));
    match lasting {
        [None, None] => SealEvidence::None,
        parts if parts.contains(&Some(false)) => SealEvidence::ValidTampered,
        _ => SealEvidence::ValidIntact,
    }
}

/// number × 10^digits where it fits.
fn scaled<T: TryFrom<i64>>(number: Number, digits: i8) -> Option<T> {
    T::try_from(number.scaled(digits)?).ok()
}

fn measured(stem: &str, sensor: u8, number: Number) -> Option<Reading> {
    Some(match stem {
        name::BATTERY => Reading::Battery(Percent::new(scaled(number, 0)?).ok()?),
        name::NETWORK => Reading::NetworkSignal(Percent::new(scaled(number, 0)?).ok()?),
        name::BATTERY_VOLTAGE => Reading::BatteryVoltage(Millivolts(scaled(number, 3)?)),
        name::EXTERNAL_VOLTAGE => Reading::ExternalPower(Millivolts(scaled(number, 3)?)),
        name::RSSI => Reading::Rssi(scaled(number, 0)?),
        name::TEMPERATURE => Reading::Temperature { sensor, value: CentiCelsius(scaled(number, 2)?) },
        name::HUMIDITY => Reading::Humidity { sensor, value: CentiPercent(scaled(number, 2)?) },
        name::LIGHT => Reading::Illuminance(scaled(number, 0)?),
        name::PRESSURE => Reading::Pressure(scaled(number, 0)?),
        name::ODOMETER => Reading::Odometer(Metres(number.scaled(0)?)),
        name::ACCURACY => Reading::Accuracy(Metres(number.scaled(0)?)),
        name::LOCK_CYCLES => Reading::LockCycles(scaled(number, 0)?),
        name::CUT_COUNT => Reading::CutCount(scaled(number, 0)?),
        name::ARMING => Reading::Code { name: "arming".into(), value: number.scaled(0)? },
        _ => Reading::Code { name: stem.to_owned().into(), value: number.scaled(0)? },
    })
}

fn method(text: &str) -> Option<UnlockMethod> {
    Some(match text {
        "card" => UnlockMethod::Card,
        "remote" => UnlockMethod::Remote,
        "password" => UnlockMethod::Password,
        "dynamic" => UnlockMethod::DynamicPassword,
        "bluetooth" => UnlockMethod::Bluetooth,
        "sms" => UnlockMethod::Sms,
        "automatic" => UnlockMethod::AutomaticLock,
        "other" => UnlockMethod::Other,
        _ => return None,
    })
}

fn outcome(text: &str) -> Option<CommandOutcome> {
    Some(match text {
        "acknowledged" => CommandOutcome::Acknowledged,
        "done" => CommandOutcome::Done,
        "failed" => CommandOutcome::Failed,
        "unsupported" => CommandOutcome::Unsupported,
        "answered" => CommandOutcome::Answered,
        _ => return None,
    })
}
