//! One input through all steps.

use plomb_devices::{Decoded, ReportRef};
use plomb_evidence::{
    Action, Closed, CommandChange, Configured, Decided, Dispatched, Entry, Opened, Operated, ReceivedRef,
    Sent, encode, encode_received,
};
use plomb_model::{
    Acknowledgement, CaseId, CommandTicket, ConnectionId, DeviceId, EntryId, Event, EventId, Issue,
    MovementId, Protocol, Reading, ReceivedAt, UnlockMethod, UnlockReport, UnlockVerdict,
};
use plomb_movements::{Act, Form};
use plomb_rules::{
    Change, CommandRecord, CommandStep, DeviceIndex, Reported, RuleSettings, State, Transition, evaluate,
};

use crate::{Input, Ledger};

/// Events of one frame whose retransmission is marked one by one; the rest share the last mark.
const DUPLICATE_MARKS: usize = 64;

/// What an input led to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Alarms raised or changed, in order, with the entry that records the decision.
    pub changes: Vec<(EntryId, Change)>,
    /// Commands that came into another state, in order, with the entry that records it.
    pub commands: Vec<(EntryId, CommandRecord)>,
    /// Movements that changed, in order, with the entry that changed them.
    pub movements: Vec<(EntryId, MovementId)>,
    /// Cases that changed, in order, with the entry that changed them.
    pub cases: Vec<(EntryId, CaseId)>,
    /// Devices whose state changed, in order, with repeats.
    pub touched: Vec<DeviceIndex>,
    /// How many reports were handled.
    pub reports: u64,
    /// How many events were retransmissions.
    pub duplicates: u64,
    /// How many events of senders themselves have a proof that does not count.
    pub disbelieved: u32,
    /// How many alarms of unregistered devices were held back, because there were too many.
    pub held_back: u64,
    /// How many issues the reports carried.
    pub issues: u64,
    /// How many reports came from devices that have not said who they are.
    pub unidentified: u64,
}

/// The state, and the way of an input through it.
#[derive(Debug)]
pub struct Flow {
    pub(crate) state: State,
    transitions: Vec<Transition>,
    pub(crate) changes: Vec<Change>,
    /// Commands that the input in hand changed.
    pub(crate) commands: Vec<CommandTicket>,
    /// Movements that the input in hand changed.
    pub(crate) movements: Vec<MovementId>,
    /// Cases that the input in hand changed.
    pub(crate) cases: Vec<CaseId>,
}

impl Flow {
    /// Nothing known yet.
    #[must_use]
    pub fn new(settings: RuleSettings) -> Self {
        Self::with_state(State::new(settings))
    }

    /// Goes on from a state.
    #[must_use]
    pub const fn with_state(state: State) -> Self {
        Self {
            state,
            transitions: Vec::new(),
            changes: Vec::new(),
            commands: Vec::new(),
            movements: Vec::new(),
            cases: Vec::new(),
        }
    }

    /// The state, to look at.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Puts settings above all others until the next change of settings, to see what they would do.
    pub(crate) fn override_settings(&mut self, overrides: &[(Box<str>, i64)]) {
        self.state.override_settings(overrides);
    }

    /// A new run begins: no conversation of an earlier one lives on.
    pub fn begin(&mut self) {
        self.state.disconnect_all();
    }

    /// Takes one input all the way: journalled, applied, judged, and the decision journalled.
    pub fn handle(&mut self, input: &Input<'_>, ledger: &mut dyn Ledger, outcome: &mut Outcome) {
        match input {
            Input::Opened(opened) => self.open(opened, ledger),
            Input::Received { connection, protocol, at, decoded } => {
                self.receive(*connection, *protocol, *at, decoded, ledger, outcome);
            }
            Input::Closed(closed) => self.close(closed, ledger),
            Input::Operated(operated) => self.operate(operated, ledger, outcome),
            Input::Sent(sent) => self.send(sent, ledger, outcome),
            Input::Dispatched(dispatched) => self.dispatch(dispatched, ledger, outcome),
            Input::Clock(now) => self.advance(*now, ledger, outcome),
            Input::Configured(at, settings) => self.configure(*at, settings, ledger),
        }
    }

    fn open(&mut self, opened: &Opened, ledger: &mut dyn Ledger) {
        self.state.connect(opened.connection);
        let entry = Entry::Opened(opened.clone());
        ledger.append(&mut |bytes| encode(&entry, bytes));
    }

    fn receive(
        &mut self,
        connection: ConnectionId,
        protocol: Protocol,
        at: ReceivedAt,
        decoded: &Decoded,
        ledger: &mut dyn Ledger,
        outcome: &mut Outcome,
    ) {
        for report in decoded.reports() {
            let about = ledger.next();
            let unidentified = nobody(&report);
            let issues = unidentified.as_ref().map_or(report.issues, |issues| issues);
            let mut received = ReceivedRef {
                at,
                connection,
                protocol,
                device: report.device,
                frame: report.frame,
                issues,
                events: report.events,
                duplicates: 0,
                replies: report.replies,
            };
            received.duplicates = self.apply(about, &received, outcome);
            ledger.append(&mut |bytes| encode_received(&received, bytes));
            let before = self.state.strangers.held_back;
            self.judge(about, at);
            outcome.held_back += self.state.strangers.held_back - before;
            self.decide(about, ledger, outcome);
            outcome.reports += 1;
            outcome.issues += issues.len() as u64;
            outcome.unidentified += u64::from(unidentified.is_some());
        }
    }

    /// Puts settings in force, and journals them so that a replay judges by the same.
    fn configure(&mut self, at: ReceivedAt, settings: &RuleSettings, ledger: &mut dyn Ledger) {
        self.state.set_settings(settings.clone());
        let settings = settings.pairs().into_iter().map(|(name, value)| (name.into(), value)).collect();
        let entry = Entry::Configured(Configured { at, settings });
        ledger.append(&mut |bytes| encode(&entry, bytes));
    }

    fn close(&mut self, closed: &Closed, ledger: &mut dyn Ledger) {
        self.state.disconnect(closed.connection);
        let entry = Entry::Closed(closed.clone());
        ledger.append(&mut |bytes| encode(&entry, bytes));
    }

    fn operate(&mut self, operated: &Operated, ledger: &mut dyn Ledger, outcome: &mut Outcome) {
        let about = ledger.next();
        let entry = Entry::Operated(operated.clone());
        ledger.append(&mut |bytes| encode(&entry, bytes));
        self.act(about, operated);
        outcome.movements.extend(self.movements.drain(..).map(|movement| (about, movement)));
        self.decide(about, ledger, outcome);
    }

    /// Time is journalled only where it decided something.
    fn advance(&mut self, now: ReceivedAt, ledger: &mut dyn Ledger, outcome: &mut Outcome) {
        let about = ledger.next();
        self.pass(about, now);
        let decided = !(self.changes.is_empty() && self.commands.is_empty());
        if !decided && self.movements.is_empty() && self.cases.is_empty() {
            return;
        }
        outcome.movements.extend(self.movements.drain(..).map(|movement| (about, movement)));
        ledger.append(&mut |bytes| encode(&Entry::Clocked(now), bytes));
        self.decide(about, ledger, outcome);
    }

    fn send(&mut self, sent: &Sent, ledger: &mut dyn Ledger, outcome: &mut Outcome) {
        let about = ledger.next();
        ledger.append(&mut |bytes| encode(&Entry::Sent(sent.clone()), bytes));
        self.sent(sent);
        self.decide(about, ledger, outcome);
    }

    fn dispatch(&mut self, dispatched: &Dispatched, ledger: &mut dyn Ledger, outcome: &mut Outcome) {
        let about = ledger.next();
        ledger.append(&mut |bytes| encode(&Entry::Dispatched(dispatched.clone()), bytes));
        self.dispatched(dispatched);
        self.decide(about, ledger, outcome);
    }

    /// Time has come.
    pub(crate) fn pass(&mut self, entry: EntryId, now: ReceivedAt) {
        self.state.advance(now, &mut self.changes);
        self.movements.extend(self.state.pass(entry, now, &mut self.changes));
        self.commands.extend(self.state.commands.advance(now));
        self.follow(entry, now);
        self.state.cases.pass(entry, now, &mut self.cases);
    }

    /// What has happened to alarms becomes cases.
    fn follow(&mut self, entry: EntryId, at: ReceivedAt) {
        if !self.changes.is_empty() {
            self.cases.extend(self.state.follow_alarms(entry, at, &self.changes));
        }
    }

    /// A command goes to a conversation.
    pub(crate) fn sent(&mut self, sent: &Sent) {
        let takes = self.state.standings.of(&sent.device).takes_commands();
        if takes && self.state.commands.send(sent.ticket, sent.connection, sent.at) {
            self.commands.push(sent.ticket);
        }
    }

    /// What a conversation made of a command.
    pub(crate) fn dispatched(&mut self, dispatched: &Dispatched) {
        let Dispatched { at, connection, ticket, dispatch } = dispatched;
        if self.state.commands.dispatched(*ticket, *connection, *at, dispatch) {
            self.commands.push(*ticket);
        }
    }

    /// Takes the answers to commands out of an event.
    fn answers(&mut self, at: ReceivedAt, device: DeviceId, event: &Event) {
        if self.state.commands.open() == 0 {
            return;
        }
        for reading in &event.readings {
            let (ticket, outcome) = match reading {
                Reading::CommandResult { ticket, outcome } => (ticket, outcome),
                Reading::Unlock(unlock) => {
                    self.unlocked(at, &device, event, unlock);
                    continue;
                }
                _ => continue,
            };
            let words = event.readings.iter().find_map(|reading| match reading {
                Reading::Text(text) => Some(&**text),
                _ => None,
            });
            let commands = &mut self.state.commands;
            if commands.answer(*ticket, &device, *outcome, words.unwrap_or_default(), at) {
                self.commands.push(*ticket);
            }
        }
    }

    /// An unlocking that the device reports may be what a command of ours did.
    fn unlocked(&mut self, at: ReceivedAt, device: &DeviceId, event: &Event, unlock: &UnlockReport) {
        let allowed = match unlock.verdict {
            UnlockVerdict::Allowed => true,
            UnlockVerdict::Refused | UnlockVerdict::RefusedOutsideZone => false,
            UnlockVerdict::NotApplicable => return,
        };
        if unlock.method == UnlockMethod::Remote {
            self.commands.extend(self.state.commands.unlocked(device, event.occurred_at, allowed, at));
        }
    }

    /// Folds the events of a report into the state; returns the marks of retransmissions.
    pub(crate) fn apply(&mut self, about: EntryId, received: &ReceivedRef<'_>, outcome: &mut Outcome) -> u64 {
        self.transitions.clear();
        let mut duplicates = 0;
        for (place, event) in received.events.iter().enumerate() {
            // A tag that a nameless reader heard speaks for itself.
            let Some(device) = received.device.or(event.peripheral) else { continue };
            let reported = reported(about, received, device, place, event);
            self.answers(received.at, device, event);
            if let Some(peripheral) = event.peripheral.filter(|peripheral| *peripheral != device) {
                self.answers(received.at, peripheral, event);
            }
            match self.state.apply(&reported) {
                Some(transition) => {
                    let own = event.peripheral.is_none();
                    outcome.disbelieved += u32::from(own && transition.proof.is_bad());
                    outcome.touched.push(transition.device);
                    self.transitions.push(transition);
                }
                None => {
                    duplicates |= 1 << place.min(DUPLICATE_MARKS - 1);
                    outcome.duplicates += 1;
                }
            }
        }
        duplicates
    }

    /// Judges what the last report changed.
    pub(crate) fn judge(&mut self, about: EntryId, at: ReceivedAt) {
        for transition in &self.transitions {
            evaluate(&mut self.state, transition, &mut self.changes);
        }
        self.follow(about, at);
    }

    /// Does what a person ordered.
    pub(crate) fn act(&mut self, entry: EntryId, operated: &Operated) {
        let (at, by) = (operated.at, &*operated.by);
        match &operated.action {
            Action::Order { ticket, device, order, key, expires_at, four_eyes } => {
                let step = CommandStep::Create {
                    device: *device,
                    order: order.clone(),
                    key: key.clone(),
                    expires_at: *expires_at,
                    four_eyes: *four_eyes,
                };
                self.step(at, by, *ticket, &step);
            }
            Action::Authorise { ticket } => self.step(at, by, *ticket, &CommandStep::Authorise(*ticket)),
            Action::Refuse { ticket, reason } => {
                self.step(at, by, *ticket, &CommandStep::Refuse(*ticket, reason.clone()));
            }
            Action::Cancel { ticket } => self.step(at, by, *ticket, &CommandStep::Cancel(*ticket)),
            Action::Acknowledge { alarm, reason, note } => {
                let acknowledgement = Acknowledgement {
                    by: operated.by.clone(),
                    at: operated.at,
                    reason: reason.clone(),
                    note: note.clone(),
                };
                self.state.acknowledge(*alarm, acknowledgement, &mut self.changes);
            }
            Action::Expect { device, gate, by } => {
                self.state.await_read(*device, *gate, *by, operated.at);
            }
            Action::PlaceGate { gate, place } => self.state.gates.set(*gate, *place),
            // Whoever draws has asked whether it is a place, on this thread.
            Action::Draw { place, feature } => drop(self.state.draw(place, feature)),
            Action::Step { movement, step, fields } => {
                let form = Form::of(fields.iter().cloned());
                let act = Act { movement: *movement, step, form: &form, by };
                // Whoever takes a step has asked whether it may be taken, on this thread.
                self.movements.extend(self.state.take_step(entry, at, act, &mut self.changes));
            }
            Action::Case { case, step, fields } => {
                let form = Form::of(fields.iter().cloned());
                // Whoever takes a step has asked whether it may be taken, on this thread.
                let taken = self.state.take_case((entry, at), by, *case, (step, &form), &mut self.changes);
                self.cases.extend(taken.unwrap_or_default());
            }
            Action::Rules { change, step, fields } => {
                self.state.change_rules(at, by, *change, (step, fields));
            }
            Action::SetStanding { device, standing, .. } => {
                self.state.set_standing(*device, *standing, operated.at, &mut self.changes);
            }
        }
        self.follow(entry, at);
    }

    fn step(&mut self, at: ReceivedAt, by: &str, ticket: CommandTicket, step: &CommandStep) {
        let may = matches!(self.state.check_command(at, by, step), Ok(None));
        if may && self.state.commands.take(at, by, ticket, step) {
            self.commands.push(ticket);
        }
    }

    /// The commands that the input in hand changed, as they are decided.
    pub(crate) fn command_changes(&self) -> Vec<CommandChange> {
        let records = self.commands.iter().filter_map(|ticket| self.state.commands.get(*ticket));
        let change = |record: &CommandRecord| CommandChange {
            ticket: record.ticket,
            state: record.state,
            detail: record.detail.clone(),
        };
        records.map(change).collect()
    }

    /// Journals what was decided about an input, if anything was.
    fn decide(&mut self, about: EntryId, ledger: &mut dyn Ledger, outcome: &mut Outcome) {
        outcome.cases.extend(self.cases.drain(..).map(|case| (about, case)));
        if self.changes.is_empty() && self.commands.is_empty() {
            return;
        }
        let entry = ledger.next();
        let (alarms, commands) = (self.changes.as_slice().into(), self.command_changes().into());
        let decided = Entry::Decided(Decided { about, alarms, commands });
        ledger.append(&mut |bytes| encode(&decided, bytes));
        let state = &self.state.commands;
        let changed = self.commands.drain(..).filter_map(|ticket| state.get(ticket).cloned());
        outcome.commands.extend(changed.map(|record| (entry, record)));
        outcome.changes.extend(self.changes.drain(..).map(|change| (entry, change)));
    }
}

fn reported<'a>(
    entry: EntryId,
    received: &ReceivedRef<'_>,
    device: DeviceId,
    place: usize,
    event: &'a Event,
) -> Reported<'a> {
    Reported {
        id: EventId { entry, index: u16::try_from(place).unwrap_or(u16::MAX) },
        at: received.at,
        connection: received.connection,
        protocol: received.protocol,
        device,
        companions: received.events.len(),
        event,
    }
}

/// The issues of a report whose events belong to nobody, with one that says so.
fn nobody(report: &ReportRef<'_>) -> Option<Vec<Issue>> {
    let known = |event: &Event| event.peripheral.is_some();
    if report.device.is_some() || report.events.is_empty() || report.events.iter().any(known) {
        return None;
    }
    let mut issues = report.issues.to_vec();
    issues.push(Issue::new(
        0,
        "the device has not said who it is on this connection",
        "no login before this report",
    ));
    Some(issues)
}
