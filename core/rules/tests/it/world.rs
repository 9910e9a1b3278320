//! A device and a clock, to tell stories with.

use plomb_model::{
    Alarm, AlarmChange, AlarmKind, AlarmState, ConnectionId, Delivery, DeviceId, EntryId, Event, EventId,
    EventKind, Fix, LatitudeE7, LongitudeE7, OccurredAt, Percent, Position, Protocol, Reading, ReceivedAt,
    Scheme, SealPart, Signal, Timestamp, UnlockMethod, UnlockReport, UnlockVerdict,
};
use plomb_rules::{Change, DeviceState, Reported, RuleSettings, State, evaluate};

pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    entry: u64,
    serial: u32,
    pub(crate) protocol: Protocol,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Timestamp::from_utc(2026, 3, 1, 8, 0, 0).unwrap();
        Self {
            state: State::new(RuleSettings::default()),
            now,
            entry: 0,
            serial: 0,
            protocol: Protocol::Jointech,
        }
    }

    pub(crate) fn device() -> DeviceId {
        DeviceId::new(Scheme::Jointech, "8041300978").unwrap()
    }

    pub(crate) fn row(&self) -> &DeviceState {
        self.state.devices.get(&Self::device()).unwrap()
    }

    /// Lets time pass; the platform's clock ticks every second.
    pub(crate) fn wait(&mut self, seconds: i64) -> Vec<Change> {
        let mut changes = Vec::new();
        for _ in 0..seconds {
            self.now = self.now.plus_secs(1);
            self.state.advance(ReceivedAt(self.now), &mut changes);
        }
        changes
    }

    /// A position report of a sealed lock that happens now, to be changed at will.
    pub(crate) fn report(&mut self) -> Event {
        self.serial += 1;
        let mut event = Event::new(EventKind::Position);
        event.occurred_at = Some(OccurredAt(self.now));
        event.serial = Some(self.serial);
        event.position = Some(at(-1.2921, 36.8219));
        for part in
            [SealPart::RopeInserted, SealPart::RopeIntact, SealPart::MotorLocked, SealPart::CoverClosed]
        {
            event.seal = event.seal.with(part, true);
        }
        event.readings.push(Reading::Battery(Percent::new(80).unwrap()));
        event
    }

    /// Sends an event now.
    pub(crate) fn send(&mut self, event: &Event) -> Vec<Change> {
        self.send_of(event, 1)
    }

    /// Sends an event of a frame with several.
    pub(crate) fn send_of(&mut self, event: &Event, companions: usize) -> Vec<Change> {
        self.send_from(Self::device(), event, companions)
    }

    /// Sends an event in the name of any device.
    pub(crate) fn send_from(&mut self, device: DeviceId, event: &Event, companions: usize) -> Vec<Change> {
        let id = EventId { entry: EntryId(self.entry), index: 0 };
        self.entry += 1;
        let reported = Reported {
            id,
            at: ReceivedAt(self.now),
            connection: ConnectionId(1),
            protocol: self.protocol,
            device,
            companions,
            event,
        };
        let mut changes = Vec::new();
        if let Some(transition) = self.state.apply(&reported) {
            evaluate(&mut self.state, &transition, &mut changes);
        }
        changes
    }

    /// Normal reports every ten seconds.
    pub(crate) fn drive(&mut self, reports: usize) {
        for _ in 0..reports {
            self.wait(10);
            let event = self.report();
            let changes = self.send(&event);
            assert_eq!(names(&changes), Vec::<String>::new(), "a normal report changes no alarm");
        }
    }

    pub(crate) fn alarm(&self, kind: AlarmKind) -> Option<&Alarm> {
        let index = self.state.devices.find(&Self::device())?;
        self.state.alarms.current(index, kind)
    }

    pub(crate) fn state_of(&self, kind: AlarmKind) -> Option<AlarmState> {
        self.alarm(kind).map(Alarm::state)
    }
}

pub(crate) fn at(latitude: f64, longitude: f64) -> Position {
    let e7 = |degrees: f64| format!("{:.0}", degrees * 1e7).parse().unwrap();
    Position::new(LatitudeE7::new(e7(latitude)).unwrap(), LongitudeE7::new(e7(longitude)).unwrap(), Fix::Gnss)
}

pub(crate) fn with(mut event: Event, signal: Signal) -> Event {
    event.signals = event.signals.with(signal);
    event
}

pub(crate) fn part(mut event: Event, part: SealPart, whole: bool) -> Event {
    event.seal = event.seal.with(part, whole);
    event
}

pub(crate) fn buffered(mut event: Event, at: Timestamp) -> Event {
    event.delivery = Delivery::Buffered;
    event.occurred_at = Some(OccurredAt(at));
    event
}

pub(crate) fn unlock(now: Timestamp, verdict: UnlockVerdict) -> Event {
    let mut event = Event::new(EventKind::Seal);
    event.occurred_at = Some(OccurredAt(now));
    let report = UnlockReport {
        method: UnlockMethod::Card,
        verdict,
        password_right: None,
        wrong_passwords: None,
        card: None,
        fence: None,
    };
    event.readings.push(Reading::Unlock(report));
    event
}

/// What changed, as "kind change".
pub(crate) fn names(changes: &[Change]) -> Vec<String> {
    let name = |(change, alarm): &(AlarmChange, Alarm)| format!("{} {}", alarm.kind.name(), change.name());
    changes.iter().map(name).collect()
}
