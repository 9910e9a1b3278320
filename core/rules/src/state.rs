//! The state of the world: devices and alarms, as a fold over inputs.

use std::borrow::Cow;
use std::collections::BTreeSet;

use plomb_cases::Cases;
use plomb_model::{
    Acknowledgement, AlarmChange, AlarmId, AlarmKind, CommandTicket, ConnectionId, DeviceId, EventId,
    OccurredAt, Priority, Protocol, ReceivedAt, SealEvidence, Standing, Timestamp,
};
use plomb_movements::Movements;
use plomb_places::{BadPlace, Kind, Place, Places};

use crate::alarms::Finding;
use crate::chips::chip_of;
use crate::distance::point_of;
use crate::silence::{Silence, deadline};
use crate::transition::{apply, other_chip};
use crate::{
    Alarms, Change, Chips, CommandRefusal, CommandStep, Commands, DeviceIndex, DeviceState, Devices,
    Expected, ExpectedReads, Gates, Reported, RuleChanges, RuleFields, RuleSettings, Standings, Strangers,
    Transition, Watches,
};

/// How a device stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    /// Its worst open alarm.
    Alarmed(Priority),
    /// No alarm open, and silent.
    Silent,
    /// Nothing to say.
    Normal,
}

impl Condition {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alarmed(priority) => priority.name(),
            Self::Silent => "silent",
            Self::Normal => "normal",
        }
    }

    /// How a device stands. A silence alarm shows as silence unless something worse is open.
    #[must_use]
    pub fn of(device: &DeviceState) -> Self {
        match device.worst_open() {
            Some(worst) if !(device.is_silent() && worst >= Priority::Medium) => Self::Alarmed(worst),
            _ if device.is_silent() => Self::Silent,
            _ => Self::Normal,
        }
    }
}

/// Everything that is known, and the settings by which it is judged.
#[derive(Debug, Default)]
pub struct State {
    /// The devices.
    pub devices: Devices,
    /// The alarms.
    pub alarms: Alarms,
    /// How devices stand.
    pub standings: Standings,
    /// Which chip carries which code.
    pub chips: Chips,
    /// Where gates stand.
    pub gates: Gates,
    /// Readings that are due.
    pub expected: ExpectedReads,
    /// The commands to devices.
    pub commands: Commands,
    /// The movements under seal.
    pub movements: Movements,
    /// What people do about alarms.
    pub cases: Cases,
    /// Zones, offices, stops, gaps and routes.
    pub places: Places,
    /// How devices on movements stand to their routes and to zones.
    pub watches: Watches,
    /// What devices that nobody has registered may still raise.
    pub strangers: Strangers,
    pub(crate) settings: RuleSettings,
    /// The settings of the configuration, below the changes that were approved.
    base: RuleSettings,
    /// Changes of the settings.
    pub rule_changes: RuleChanges,
    silence: Silence,
    connections: BTreeSet<ConnectionId>,
}

impl State {
    /// Nothing known yet.
    #[must_use]
    pub fn new(settings: RuleSettings) -> Self {
        let mut state = Self::default();
        state.set_settings(settings);
        state
    }

    /// The settings in force.
    #[must_use]
    pub const fn settings(&self) -> &RuleSettings {
        &self.settings
    }

    /// Puts other settings in force from here on.
    pub fn set_settings(&mut self, settings: RuleSettings) {
        self.base = settings;
        self.settle_rules();
    }

    /// The settings of the configuration, below the changes that were approved.
    #[must_use]
    pub const fn base_settings(&self) -> &RuleSettings {
        &self.base
    }

    /// Takes a step of a change of the rules that may be taken.
    pub fn change_rules(
        &mut self,
        at: ReceivedAt,
        by: &str,
        change: u64,
        (step, fields): (&str, &RuleFields),
    ) {
        self.rule_changes.take(at, by, change, step, fields);
        self.settle_rules();
    }

    /// Puts settings above all others until the next change, to see what they would do.
    pub fn override_settings(&mut self, overrides: &[(Box<str>, i64)]) {
        for (name, value) in overrides {
            // Whoever asks has had the names checked.
            drop(self.settings.set(name, *value));
        }
        self.cases.set_quiet_s(self.settings.case_quiet_s);
    }

    /// Puts the approved changes above the configuration.
    fn settle_rules(&mut self) {
        let mut settings = self.base.clone();
        self.rule_changes.over(&mut settings);
        self.cases.set_quiet_s(settings.case_quiet_s);
        self.settings = settings;
    }

    /// Folds one event in and says what it changed; `None` for a retransmission.
    pub fn apply(&mut self, reported: &Reported<'_>) -> Option<Transition> {
        let sender = self.devices.find_or_add(reported.device, reported.protocol, reported.at);
        let peripheral = reported.event.peripheral;
        let index =
            peripheral.map_or(sender, |id| self.devices.find_or_add(id, reported.protocol, reported.at));
        let device = self.devices.row_mut(index)?;
        let chip = chip_of(&device.id, reported.event);
        if let Some(earlier) = chip.as_ref().and_then(|chip| self.chips.contradicted(index, chip)) {
            return Some(other_chip(index, reported, earlier));
        }
        device.heard_through = (index != sender).then_some(sender);
        let placed = self.gates.placed(reported);
        let reported = &Reported { event: &placed, ..*reported };
        let transition = apply(device, index, reported, &self.settings);
        if let Some(transition) = transition.filter(|transition| !transition.proof.is_bad()) {
            if let Some(chip) = chip {
                self.chips.learn(index, chip, reported.id);
            }
            let slack_ms = self.settings.late_s * 1000;
            // The record may know the seal by its code or by its chip.
            for name in [Some(&device.id), self.chips.of(index)].into_iter().flatten() {
                self.expected.read(name, &reported.device, transition.occurred_at, slack_ms);
            }
        }
        if self.standings.of(&device.id).is_awaited() {
            self.silence.watch(index, device, &self.settings);
        }
        transition
    }

    /// Watches a device that came from a snapshot.
    pub fn watch(&mut self, index: DeviceIndex) {
        if let Some(device) = self.devices.row_mut(index)
            && device.silence_checked_s.take().is_some()
        {
            self.silence.watch(index, device, &self.settings);
        }
    }

    /// Whether a step of a command may be taken: of a device in service only. `Ok(Some)` is the command that the
    /// same key created before.
    ///
    /// # Errors
    /// [`CommandRefusal`] when it may not.
    pub fn check_command(
        &self,
        at: ReceivedAt,
        by: &str,
        step: &CommandStep,
    ) -> Result<Option<CommandTicket>, CommandRefusal> {
        let known = self.commands.check(at, by, step)?;
        let device = match step {
            CommandStep::Create { device, .. } => Some(*device),
            CommandStep::Authorise(ticket) => self.commands.get(*ticket).map(|record| record.device),
            CommandStep::Cancel(_) | CommandStep::Refuse(..) => None,
        };
        match device.map(|device| self.standings.of(&device)).filter(|standing| !standing.takes_commands()) {
            Some(standing) if known.is_none() => Err(CommandRefusal::Standing(standing.name())),
            _ => Ok(known),
        }
    }

    /// Which command of this device should go to this conversation at `now`, if the device is in service.
    #[must_use]
    pub fn due_command(
        &self,
        device: &DeviceId,
        connection: ConnectionId,
        now: ReceivedAt,
    ) -> Option<CommandTicket> {
        let takes = self.standings.of(device).takes_commands();
        takes.then(|| self.commands.due(device, connection, now)).flatten()
    }

    /// A conversation has begun.
    pub fn connect(&mut self, connection: ConnectionId) {
        self.connections.insert(connection);
    }

    /// A conversation has ended.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        self.connections.remove(&connection);
    }

    /// No conversation of an earlier run lives on.
    pub fn disconnect_all(&mut self) {
        self.connections.clear();
    }

    /// How many conversations are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// Whether a device's conversation is open.
    #[must_use]
    pub fn is_connected(&self, device: &DeviceState) -> bool {
        self.connections.contains(&device.connection)
    }

    /// Takes note that `now` has come: who has been silent too long, which momentary alarms end.
    pub fn advance(&mut self, now: ReceivedAt, changes: &mut Vec<Change>) {
        let mut silent = Vec::new();
        while let Some((at, index)) = self.silence.due(now) {
            let Some(device) = self.devices.row_mut(index) else { continue };
            if device.silence_checked_s != Some(at) {
                continue;
            }
            device.silence_checked_s = None;
            let mut due_at = deadline(device, &self.settings);
            if !self.places.is_empty() && is_in_gap(&self.places, device) {
                due_at = due_at.plus_secs(self.settings.gap_silence_s);
            }
            if due_at > now.0 {
                self.silence.watch_until(index, device, due_at);
            } else {
                silent.push((index, due_at));
            }
        }
        // In the order of the table, whatever the heap's history.
        silent.sort_unstable();
        for (index, due_at) in silent {
            let Some(device) = self.devices.row_mut(index) else { continue };
            let finding = Finding {
                kind: AlarmKind::SignalLoss,
                detail: "Two reporting periods have passed without a word".into(),
                occurred_at: OccurredAt(due_at),
                received_at: now,
                late: false,
                position: device.position,
                causes: [(device.reports > 0).then_some(device.last_event()), None],
                always_told: false,
            };
            self.alarms.raise(index, device, &finding, &self.settings, changes);
        }
        self.miss(now, changes);
        while let Some((index, kind)) = self.alarms.due(now) {
            if let Some(device) = self.devices.row_mut(index) {
                self.alarms.clear(index, device, kind, now, changes);
            }
        }
    }

    /// Somebody takes note of an alarm. `false` when there is no such alarm.
    pub fn acknowledge(
        &mut self,
        id: AlarmId,
        acknowledgement: Acknowledgement,
        changes: &mut Vec<Change>,
    ) -> bool {
        let Some(alarm) = self.alarms.acknowledge(id, acknowledgement) else { return false };
        let alarm = alarm.clone();
        if !alarm.is_open()
            && let Some(index) = self.devices.find(&alarm.device)
            && self.alarms.current(index, alarm.kind).is_some_and(|current| current.id == id)
            && let Some(device) = self.devices.row_mut(index)
        {
            device.open_alarms &= !(1 << alarm.kind as u8);
        }
        changes.push((AlarmChange::Acknowledged, alarm));
        true
    }

    /// Somebody says how a device stands. A device that nobody waits for any more is not silent.
    pub fn set_standing(
        &mut self,
        device: DeviceId,
        standing: Standing,
        at: ReceivedAt,
        changes: &mut Vec<Change>,
    ) {
        self.standings.set(device, standing, at);
        if !standing.is_awaited() {
            self.expected.forget(&device);
        }
        if let Some(index) = self.devices.find(&device)
            && let Some(device) = self.devices.row_mut(index)
        {
            // Whoever says how it stands has looked at it: the next reading says which chip it is.
            self.chips.forget(index);
            if !standing.is_awaited() {
                device.silence_checked_s = None;
                for kind in [AlarmKind::SignalLoss, AlarmKind::ExpectedReadMissed] {
                    self.alarms.clear(index, device, kind, at, changes);
                }
            } else if !device.is_silent() {
                self.silence.watch(index, device, &self.settings);
            }
        }
    }

    /// Somebody draws a place, in the stead of one with the same identifier, or takes it away: `feature` is empty then.
    ///
    /// # Errors
    /// Why it is no place, or that there are too many; nothing is changed.
    pub fn draw(&mut self, id: &str, feature: &str) -> Result<(), BadPlace> {
        if feature.is_empty() {
            self.places.remove(id);
            return Ok(());
        }
        let place = Place::parse(feature)?;
        if self.places.put(place) { Ok(()) } else { Err(BadPlace::too_many()) }
    }

    /// Somebody says where a device is to be read, and by when.
    pub fn await_read(&mut self, device: DeviceId, gate: DeviceId, by: Timestamp, since: ReceivedAt) {
        self.expected.await_read(device, Expected { gate, by, since, missed: false });
    }

    /// Readings that were due and have not come.
    fn miss(&mut self, now: ReceivedAt, changes: &mut Vec<Change>) {
        while let Some((id, expected)) = self.expected.overdue(now) {
            let protocol =
                self.devices.get(&expected.gate).map_or(Protocol::Unrecognised, |gate| gate.protocol);
            let index = self.devices.find_or_add(id, protocol, now);
            let Some(device) = self.devices.row_mut(index) else { continue };
            device.trust.seal = SealEvidence::Silent;
            let finding = Finding {
                kind: AlarmKind::ExpectedReadMissed,
                detail: format!("The seal was to be read at {} and was not", expected.gate).into(),
                occurred_at: OccurredAt(expected.by),
                received_at: now,
                late: false,
                position: device.position,
                causes: [(device.reports > 0).then_some(device.last_event()), None],
                always_told: true,
            };
            self.alarms.raise(index, device, &finding, &self.settings, changes);
        }
    }

    /// Raises an alarm for the device of a transition.
    pub(crate) fn raise(
        &mut self,
        transition: &Transition,
        kind: AlarmKind,
        detail: impl Into<Cow<'static, str>>,
        causes: [Option<EventId>; 2],
        changes: &mut Vec<Change>,
    ) {
        let Some(device) = self.devices.row_mut(transition.device) else { return };
        if self.standings.of(&device.id) == Standing::Unregistered
            && !device.has_open(kind)
            && !self.strangers.may_raise(transition.received_at)
        {
            return;
        }
        let finding = Finding {
            kind,
            detail: detail.into(),
            occurred_at: transition.occurred_at,
            received_at: transition.received_at,
            late: transition.late,
            position: transition.position.or(device.position),
            causes,
            always_told: false,
        };
        self.alarms.raise(transition.device, device, &finding, &self.settings, changes);
    }

    /// The condition of a kind has ended for the device of a transition.
    pub(crate) fn clear(&mut self, transition: &Transition, kind: AlarmKind, changes: &mut Vec<Change>) {
        self.clear_of(transition.device, kind, transition.received_at, changes);
    }

    /// The condition of a kind has ended for a device.
    pub(crate) fn clear_of(
        &mut self,
        index: DeviceIndex,
        kind: AlarmKind,
        at: ReceivedAt,
        changes: &mut Vec<Change>,
    ) {
        if let Some(device) = self.devices.row_mut(index) {
            self.alarms.clear(index, device, kind, at, changes);
        }
    }
}

/// Whether a device was last heard where it is known that there is no network.
fn is_in_gap(places: &Places, device: &DeviceState) -> bool {
    device
        .position
        .is_some_and(|position| places.at(point_of(&position)).any(|place| place.kind == Kind::Gap))
}
