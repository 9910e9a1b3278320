//! Commands: whatever happens in whatever order, none is sent after its time, each has one result, and a replay
//! decides the same.

use std::collections::{BTreeMap, BTreeSet};

use plomb_devices::Decoded;
use plomb_evidence::{Action, Dispatched, Entry, Operated, Sent, decode};
use plomb_flow::{Flow, Input};
use plomb_model::{
    CommandOutcome, CommandState, CommandTicket, ConnectionId, DeviceId, Dispatch, Event, EventKind, Order,
    Protocol, Reading, ReceivedAt, Scheme, Standing, UnlockMethod, UnlockReport, UnlockVerdict,
};
use plomb_rules::{CommandRefusal, CommandStep, QUEUED_PER_DEVICE_MAX, RuleSettings, TRIES_MAX};
use proptest::prelude::*;
use proptest::sample::select;

use crate::World;

#[derive(Clone, Debug)]
enum Happening {
    Create {
        device: u8,
        order: Order,
        key: u8,
        validity_s: i64,
        four_eyes: bool,
    },
    Authorise {
        ticket: u64,
        other: bool,
    },
    Cancel(u64),
    Refuse(u64),
    /// The edge sends what is due, or something that is not.
    Send {
        device: u8,
        connection: u64,
        wild: Option<u64>,
    },
    Dispatch {
        ticket: u64,
        connection: u64,
        dispatch: Dispatch,
    },
    Answer {
        device: u8,
        ticket: u64,
        outcome: CommandOutcome,
    },
    Wait(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    let order = select(vec![
        Order::Unlock,
        Order::Lock,
        Order::Locate,
        Order::Text("VERSION#".into()),
        Order::ReportingInterval { seconds: 30, wake_min: None },
    ]);
    let outcome = select(vec![
        CommandOutcome::Acknowledged,
        CommandOutcome::Done,
        CommandOutcome::Failed,
        CommandOutcome::Unsupported,
        CommandOutcome::Answered,
    ]);
    let dispatch = prop_oneof![
        3 => Just(Dispatch::Written),
        1 => Just(Dispatch::Postponed("not yet".into())),
        1 => Just(Dispatch::Impossible("never".into())),
    ];
    prop_oneof![
        3 => (0..3_u8, order, 0..12_u8, 1..400_i64, any::<bool>()).prop_map(
            |(device, order, key, validity_s, four_eyes)| Happening::Create { device, order, key, validity_s, four_eyes }
        ),
        3 => (1..8_u64, any::<bool>()).prop_map(|(ticket, other)| Happening::Authorise { ticket, other }),
        1 => (1..8_u64).prop_map(Happening::Cancel),
        1 => (1..8_u64).prop_map(Happening::Refuse),
        4 => (0..3_u8, 7..9_u64, prop_oneof![4 => Just(None), 1 => (1..8_u64).prop_map(Some)])
            .prop_map(|(device, connection, wild)| Happening::Send { device, connection, wild }),
        2 => (1..8_u64, 7..9_u64, dispatch)
            .prop_map(|(ticket, connection, dispatch)| Happening::Dispatch { ticket, connection, dispatch }),
        3 => (0..3_u8, 1..8_u64, outcome)
            .prop_map(|(device, ticket, outcome)| Happening::Answer { device, ticket, outcome }),
        3 => (1..90_i64).prop_map(Happening::Wait),
    ]
}

fn device(number: u8) -> DeviceId {
    DeviceId::new(Scheme::Jointech, &format!("80000000{number:02}")).unwrap()
}

impl World {
    fn at(&self) -> ReceivedAt {
        ReceivedAt(self.now)
    }

    fn order(&mut self, by: &str, action: Action) {
        let operated = Operated { at: self.at(), by: by.into(), action };
        self.take(&Input::Operated(&operated));
    }

    fn create(
        &mut self,
        number: u8,
        order: Order,
        key: &str,
        validity_s: i64,
        four_eyes: bool,
    ) -> CommandTicket {
        let ticket = self.flow.state().commands.next_ticket();
        let expires_at = ReceivedAt(self.now.plus_secs(validity_s));
        let device = device(number);
        self.order("ana", Action::Order { ticket, device, order, key: key.into(), expires_at, four_eyes });
        ticket
    }

    /// As the edge does it: only what the state calls due.
    fn send_due(&mut self, number: u8, connection: u64) -> Option<CommandTicket> {
        let ticket = self.flow.state().due_command(&device(number), ConnectionId(connection), self.at())?;
        self.send(ticket, connection);
        Some(ticket)
    }

    fn send(&mut self, ticket: CommandTicket, connection: u64) {
        let Some(record) = self.flow.state().commands.get(ticket) else { return };
        let (device, order) = (record.device, record.order.clone());
        let sent = Sent { at: self.at(), device, connection: ConnectionId(connection), ticket, order };
        self.take(&Input::Sent(&sent));
    }

    fn dispatch(&mut self, ticket: u64, connection: u64, dispatch: Dispatch) {
        let (ticket, connection) = (CommandTicket(ticket), ConnectionId(connection));
        self.take(&Input::Dispatched(&Dispatched { at: self.at(), connection, ticket, dispatch }));
    }

    fn answer(&mut self, number: u8, ticket: u64, outcome: CommandOutcome, words: &str) {
        let mut event = Event::new(EventKind::CommandResult);
        event.readings.push(Reading::CommandResult { ticket: CommandTicket(ticket), outcome });
        if !words.is_empty() {
            event.readings.push(Reading::Text(words.into()));
        }
        let mut decoded = Decoded::default();
        decoded.event(event);
        decoded.report(Some(device(number)), b"answer");
        let (connection, protocol, at) = (ConnectionId(7), Protocol::Jointech, self.at());
        self.take(&Input::Received { connection, protocol, at, decoded: &decoded });
    }

    fn report_reading(&mut self, number: u8, reading: Reading) {
        let mut event = Event::new(EventKind::Seal);
        event.readings.push(reading);
        let mut decoded = Decoded::default();
        decoded.event(event);
        decoded.report(Some(device(number)), b"report");
        let (connection, protocol, at) = (ConnectionId(7), Protocol::Jointech, self.at());
        self.take(&Input::Received { connection, protocol, at, decoded: &decoded });
    }

    fn clock(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.now = self.now.plus_secs(1);
            self.take(&Input::Clock(ReceivedAt(self.now)));
        }
    }

    fn state_of(&self, ticket: CommandTicket) -> CommandState {
        self.flow.state().commands.get(ticket).unwrap().state
    }

    fn command(&mut self, happening: &Happening) {
        match happening.clone() {
            Happening::Create { device, order, key, validity_s, four_eyes } => {
                self.create(device, order, &format!("key {key}"), validity_s, four_eyes);
            }
            Happening::Authorise { ticket, other } => {
                let by = if other { "ben" } else { "ana" };
                self.order(by, Action::Authorise { ticket: CommandTicket(ticket) });
            }
            Happening::Cancel(ticket) => self.order("ana", Action::Cancel { ticket: CommandTicket(ticket) }),
            Happening::Refuse(ticket) => {
                let (ticket, reason) = (CommandTicket(ticket), "no".into());
                self.order("ben", Action::Refuse { ticket, reason });
            }
            Happening::Send { device, connection, wild: None } => {
                self.send_due(device, connection);
            }
            Happening::Send { connection, wild: Some(ticket), .. } => {
                self.send(CommandTicket(ticket), connection)
            }
            Happening::Dispatch { ticket, connection, dispatch } => {
                self.dispatch(ticket, connection, dispatch)
            }
            Happening::Answer { device, ticket, outcome } => self.answer(device, ticket, outcome, ""),
            Happening::Wait(seconds) => self.clock(seconds),
        }
    }
}

/// Looks at the journal alone, as an auditor would.
fn audit(journal: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let mut orders = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut authorised = BTreeSet::new();
    let mut ended = BTreeSet::new();
    let mut tries: BTreeMap<CommandTicket, u8> = BTreeMap::new();
    let mut at = ReceivedAt(plomb_model::Timestamp::from_millis(0));
    for bytes in journal {
        match decode(bytes).unwrap() {
            Entry::Operated(operated) => {
                at = operated.at;
                // A wish that was refused leaves its number to the next.
                if let Action::Order { ticket, order, expires_at, .. } = operated.action
                    && !taken.contains(&ticket)
                {
                    orders.insert(ticket, (order, expires_at));
                }
            }
            Entry::Sent(sent) => at = sent.at,
            Entry::Decided(decided) => {
                for change in &decided.commands {
                    taken.insert(change.ticket);
                    let (order, expires_at) = &orders[&change.ticket];
                    prop_assert!(!ended.contains(&change.ticket), "a second result of {:?}", change);
                    match change.state {
                        CommandState::Authorised => {
                            authorised.insert(change.ticket);
                        }
                        CommandState::Sent => {
                            prop_assert!(at < *expires_at, "sent after its expiry: {:?}", change);
                            prop_assert!(authorised.contains(&change.ticket), "not authorised: {:?}", change);
                            let count = tries.entry(change.ticket).or_default();
                            *count += 1;
                            prop_assert!(*count <= TRIES_MAX, "{:?} of {:?}", change, order);
                        }
                        state if state.is_final() => {
                            ended.insert(change.ticket);
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn commands_keep_their_promises(happenings in prop::collection::vec(happening(), 1..120), cut in 0..120_usize) {
        let mut world = World::new();
        let mut snapshot = None;
        for (place, happening) in happenings.iter().enumerate() {
            if place == cut {
                snapshot = Some((world.journal.0.len(), world.flow.snapshot()));
            }
            world.command(happening);
        }
        audit(&world.journal.0)?;
        let (again, replayed) = world.replayed(Flow::new(RuleSettings::default()), 0);
        prop_assert_eq!(replayed.mismatches_total, 0, "{:?}", replayed.mismatches);
        prop_assert_eq!(again.snapshot(), world.flow.snapshot());
        if let Some((from, bytes)) = snapshot {
            let (resumed, replayed) = world.replayed(Flow::restore(&bytes).unwrap(), from);
            prop_assert_eq!(replayed.mismatches_total, 0, "{:?}", replayed.mismatches);
            prop_assert_eq!(resumed.snapshot(), world.flow.snapshot());
        }
        // Whatever happened, nothing waits for ever.
        world.clock(400 + 121);
        prop_assert_eq!(world.flow.state().commands.open(), 0);
    }
}

#[test]
fn an_unlocking_waits_for_its_authorisation_then_for_the_device_and_then_for_the_answer() {
    let mut world = World::new();
    let ticket = world.create(1, Order::Unlock, "a", 600, true);
    assert_eq!(world.send_due(1, 7), None);
    let step = CommandStep::Authorise(ticket);
    let refused = world.flow.state().commands.check(world.at(), "ana", &step);
    assert_eq!(refused, Err(CommandRefusal::FourEyes));
    world.order("ana", Action::Authorise { ticket });
    assert_eq!(world.state_of(ticket), CommandState::Created, "an entry that may not be changes nothing");
    world.order("ben", Action::Authorise { ticket });
    assert_eq!(world.send_due(1, 7), Some(ticket));
    world.dispatch(ticket.0, 7, Dispatch::Written);
    world.answer(2, ticket.0, CommandOutcome::Done, "");
    assert_eq!(world.state_of(ticket), CommandState::Sent, "another device's answer");
    world.answer(1, ticket.0, CommandOutcome::Acknowledged, "");
    assert_eq!(world.state_of(ticket), CommandState::Acknowledged);
    world.answer(1, ticket.0, CommandOutcome::Failed, "wrong password");
    let record = world.flow.state().commands.get(ticket).unwrap();
    assert_eq!((record.state, &*record.detail), (CommandState::Rejected, "wrong password"));
    assert_eq!(record.authorised.as_ref().unwrap().0.as_ref(), "ben");
}

#[test]
fn unanswered_commands_are_sent_again_after_a_reconnection_and_a_restart_is_not() {
    let mut world = World::new();
    let unlock = world.create(1, Order::Unlock, "a", 600, false);
    world.order("ana", Action::Authorise { ticket: unlock });
    let locate = world.create(2, Order::Locate, "b", 600, false);
    let restart = world.create(3, Order::Restart, "c", 600, false);
    for (number, ticket) in [(1, unlock), (2, locate), (3, restart)] {
        assert_eq!(world.send_due(number, 7), Some(ticket));
    }
    world.clock(61);
    assert_eq!(world.send_due(2, 7), Some(locate), "it does no harm twice");
    assert_eq!(world.send_due(1, 7), None, "in the same conversation it may have been done already");
    assert_eq!((world.send_due(1, 8), world.send_due(3, 8)), (Some(unlock), None));
    for connection in 9..30 {
        world.clock(6);
        world.send_due(1, connection);
        world.send_due(2, connection);
    }
    for ticket in [unlock, locate] {
        assert_eq!(world.flow.state().commands.get(ticket).unwrap().tries, TRIES_MAX);
    }
    world.clock(800);
    for ticket in [unlock, locate, restart] {
        assert_eq!(world.state_of(ticket), CommandState::Expired);
    }
}

#[test]
fn a_command_that_the_device_has_is_not_sent_again() {
    let mut world = World::new();
    let ticket = world.create(1, Order::Unlock, "a", 600, false);
    world.order("ana", Action::Authorise { ticket });
    assert_eq!(world.send_due(1, 7), Some(ticket));
    world.answer(1, ticket.0, CommandOutcome::Acknowledged, "");
    world.clock(30);
    assert_eq!(world.send_due(1, 8), None);
    world.send(ticket, 8);
    assert_eq!(world.flow.state().commands.get(ticket).unwrap().tries, 1);
}

#[test]
fn what_the_device_only_takes_note_of_is_done_unless_it_opens_the_seal() {
    let mut world = World::new();
    let unlock = world.create(1, Order::Unlock, "a", 600, false);
    world.order("ana", Action::Authorise { ticket: unlock });
    let locate = world.create(2, Order::Locate, "b", 600, false);
    assert_eq!((world.send_due(1, 7), world.send_due(2, 7)), (Some(unlock), Some(locate)));
    world.answer(1, unlock.0, CommandOutcome::Acknowledged, "");
    world.answer(2, locate.0, CommandOutcome::Acknowledged, "");
    world.clock(121);
    assert_eq!(world.state_of(unlock), CommandState::Acknowledged);
    assert_eq!(world.state_of(locate), CommandState::Succeeded);
    world.clock(600);
    assert_eq!(world.state_of(unlock), CommandState::Expired);
}

#[test]
fn an_unlocking_that_the_device_reports_is_the_result_even_when_its_answer_was_lost() {
    let unlock = |method, verdict| {
        let report = UnlockReport {
            method,
            verdict,
            password_right: None,
            wrong_passwords: None,
            card: None,
            fence: None,
        };
        Reading::Unlock(report)
    };
    for (method, verdict, state) in [
        (UnlockMethod::Remote, UnlockVerdict::Allowed, CommandState::Succeeded),
        (UnlockMethod::Remote, UnlockVerdict::Refused, CommandState::Rejected),
        (UnlockMethod::Card, UnlockVerdict::Allowed, CommandState::Sent),
    ] {
        let mut world = World::new();
        let ticket = world.create(1, Order::Unlock, "a", 600, false);
        world.order("ana", Action::Authorise { ticket });
        world.report_reading(1, unlock(UnlockMethod::Remote, UnlockVerdict::Allowed));
        assert_eq!(world.state_of(ticket), CommandState::Authorised, "it was not sent yet");
        assert_eq!(world.send_due(1, 7), Some(ticket));
        world.report_reading(1, unlock(method, verdict));
        assert_eq!(world.state_of(ticket), state);
    }
}

#[test]
fn a_refused_command_is_never_sent() {
    let mut world = World::new();
    let ticket = world.create(1, Order::Unlock, "a", 600, true);
    world.order("ben", Action::Refuse { ticket, reason: "not at this place".into() });
    let record = world.flow.state().commands.get(ticket).unwrap();
    assert_eq!((record.state, &*record.detail), (CommandState::Refused, "refused by ben: not at this place"));
    world.order("eva", Action::Authorise { ticket });
    world.send(ticket, 7);
    assert_eq!(world.state_of(ticket), CommandState::Refused);
}

#[test]
fn only_a_device_in_service_is_told_what_to_do() {
    for standing in Standing::ALL {
        let mut world = World::new();
        let earlier = world.create(1, Order::Locate, "a", 600, false);
        let set = Action::SetStanding { device: device(1), standing, reason: "a test".into() };
        world.order("ana", set);
        let takes = standing == Standing::InService;
        world.create(1, Order::Locate, "b", 600, false);
        assert_eq!(world.flow.state().commands.open(), if takes { 2 } else { 1 }, "{standing:?}");
        let due = world.flow.state().due_command(&device(1), ConnectionId(7), world.at());
        assert_eq!(due, takes.then_some(earlier), "{standing:?}");
        world.send(earlier, 7);
        let state = if takes { CommandState::Sent } else { CommandState::Authorised };
        assert_eq!(world.state_of(earlier), state, "{standing:?}");
    }
}

#[test]
fn what_was_not_written_is_tried_again_and_given_up_after_some_tries() {
    let mut world = World::new();
    let ticket = world.create(1, Order::Unlock, "a", 600, false);
    world.order("ana", Action::Authorise { ticket });
    for attempt in 1..=TRIES_MAX {
        assert_eq!(world.send_due(1, 7), Some(ticket), "try {attempt}");
        world.dispatch(ticket.0, 7, Dispatch::Postponed("the conversation has ended".into()));
        assert_eq!(world.send_due(1, 7), None, "not at once");
        world.clock(10);
    }
    assert_eq!(world.state_of(ticket), CommandState::Failed);
}

#[test]
fn the_same_key_is_the_same_command_and_the_queue_of_a_device_is_bounded() {
    let mut world = World::new();
    let create = |world: &World, order: Order, key: &str| CommandStep::Create {
        device: device(1),
        order,
        key: key.into(),
        expires_at: ReceivedAt(world.now.plus_secs(60)),
        four_eyes: false,
    };
    let ticket = world.create(1, Order::Locate, "a", 60, false);
    let check =
        |world: &World, step: &CommandStep| world.flow.state().commands.check(world.at(), "ana", step);
    assert_eq!(check(&world, &create(&world, Order::Locate, "a")), Ok(Some(ticket)));
    let refused = check(&world, &create(&world, Order::Restart, "a"));
    assert_eq!(refused, Err(CommandRefusal::KeyReused(ticket)));
    world.create(1, Order::Locate, "a", 60, false);
    assert_eq!(world.flow.state().commands.open(), 1);
    for number in 1..QUEUED_PER_DEVICE_MAX {
        world.create(1, Order::Locate, &number.to_string(), 60, false);
    }
    assert_eq!(check(&world, &create(&world, Order::Locate, "z")), Err(CommandRefusal::QueueFull));
}
