//! The journey as a whole: what is decided live is decided again by a replay, and a snapshot forgets nothing.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not so"
)]

mod backtest;
mod cases;
mod commands;
mod journey;
mod openings;
mod places;
mod stories;
mod trips;

use plomb_devices::Decoded;
use plomb_evidence::{Action, Closed, Entry, Opened, Operated, decode};
use plomb_flow::{Flow, Input, Ledger, Outcome, Replayed};
use plomb_model::{
    AlarmId, CaseId, ConnectionId, DeviceId, EntryId, Event, EventKind, Fix, LatitudeE7, LongitudeE7,
    OccurredAt, Percent, Position, Protocol, Reading, ReceivedAt, Scheme, SealPart, Signal, Standing,
    Timestamp, Transport, UnlockMethod, UnlockReport, UnlockVerdict,
};
use plomb_movements::{Act, Form, Step};
use plomb_rules::RuleSettings;
use proptest::prelude::*;

/// A journal in memory.
#[derive(Default)]
struct Memory(Vec<Vec<u8>>);

impl Ledger for Memory {
    fn next(&self) -> EntryId {
        EntryId(self.0.len() as u64)
    }

    fn append(&mut self, write: &mut dyn FnMut(&mut Vec<u8>)) {
        let mut bytes = Vec::new();
        write(&mut bytes);
        self.0.push(bytes);
    }
}

/// Something that happens, as drawn by chance.
#[derive(Clone, Debug)]
enum Happening {
    Report {
        device: u8,
        age_s: i64,
        signals: u64,
        whole: bool,
        battery: u8,
        far: bool,
        again: bool,
    },
    Wait(i64),
    Acknowledge(u64),
    Stand(u8, Standing),
    Expect(u8, i64),
    PlaceGate(bool),
    /// A step of a movement, by its place among all, with a device.
    Step {
        movement: u8,
        step: usize,
        device: u8,
    },
    /// A step of a case, by its place among all; all of one's own at once.
    Case {
        case: u64,
        step: usize,
        all: bool,
    },
    /// A place is drawn or taken away.
    Draw(u8, bool),
    /// A change of the rules is proposed, approved or refused.
    Rules(u8),
    /// A reader that hears a tag, and which chip it says that is.
    Read {
        tag: u8,
        chip: u8,
        far: bool,
    },
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0..4_u8, prop_oneof![Just(0_i64), 0..7200_i64], any::<u8>(), any::<bool>(), 0..100_u8, any::<bool>(), any::<bool>())
            .prop_map(|(device, age_s, signals, whole, battery, far, again)| Happening::Report {
                device,
                age_s,
                signals: if signals < 40 { 1 << (signals % 12) } else { 0 },
                whole,
                battery,
                far,
                again,
            }),
        3 => (1..2000_i64).prop_map(Happening::Wait),
        1 => (1..6_u64).prop_map(Happening::Acknowledge),
        1 => (0..4_u8, prop::sample::select(Standing::ALL.to_vec()))
            .prop_map(|(device, standing)| Happening::Stand(device, standing)),
        1 => (0..4_u8, 0..3000_i64).prop_map(|(device, in_s)| Happening::Expect(device, in_s)),
        1 => any::<bool>().prop_map(Happening::PlaceGate),
        3 => (0..3_u8, prop::bool::weighted(0.8)).prop_map(|(place, there)| Happening::Draw(place, there)),
        2 => (0..3_u8).prop_map(Happening::Rules),
        6 => (0..2_u8, 0..Step::NAMES.len(), 0..4_u8)
            .prop_map(|(movement, step, device)| Happening::Step { movement, step, device }),
        3 => (1..4_u64, 0..plomb_cases::Step::NAMES.len(), prop::bool::weighted(0.1))
            .prop_map(|(case, step, all)| Happening::Case { case, step, all }),
        3 => (0..4_u8, 0..8_u8, any::<bool>()).prop_map(|(tag, chip, far)| Happening::Read {
            tag,
            chip: chip / 7,
            far
        }),
    ]
}

fn numbered(device: u8) -> DeviceId {
    DeviceId::new(Scheme::Jointech, &format!("80000000{device:02}")).unwrap()
}

fn unlocked(method: UnlockMethod) -> Reading {
    let verdict = UnlockVerdict::Allowed;
    let (password_right, wrong_passwords, card, fence) = (None, None, None, None);
    Reading::Unlock(UnlockReport { method, verdict, password_right, wrong_passwords, card, fence })
}

fn tag(number: u8) -> DeviceId {
    DeviceId::new(Scheme::Epc, &format!("3034257BF4{number:02}")).unwrap()
}

/// A platform that lives through happenings.
struct World {
    flow: Flow,
    journal: Memory,
    now: Timestamp,
    changes: usize,
    duplicates: u64,
}

impl World {
    fn new() -> Self {
        let now = Timestamp::from_utc(2026, 3, 1, 8, 0, 0).unwrap();
        let flow = Flow::new(RuleSettings::default());
        let mut world = Self { flow, journal: Memory::default(), now, changes: 0, duplicates: 0 };
        let opened = Opened {
            connection: ConnectionId(7),
            protocol: Some(Protocol::Jointech),
            transport: Transport::Tcp,
            peer: "127.0.0.1:1".into(),
            at: ReceivedAt(now),
        };
        world.take(&Input::Opened(&opened));
        world
    }

    fn take(&mut self, input: &Input<'_>) {
        let mut outcome = Outcome::default();
        self.flow.handle(input, &mut self.journal, &mut outcome);
        self.changes += outcome.changes.len();
        self.duplicates += outcome.duplicates;
    }

    fn live(&mut self, happening: &Happening) {
        match happening {
            Happening::Report { device, age_s, signals, whole, battery, far, again } => {
                let mut event = self.event(*age_s, *signals, *whole, *battery, *far);
                if battery % 4 == 1 {
                    event.readings.push(unlocked(UnlockMethod::Card));
                }
                self.report(*device, &event);
                if *again {
                    self.report(*device, &event);
                }
            }
            Happening::Wait(seconds) => {
                for _ in 0..*seconds {
                    self.now = self.now.plus_secs(1);
                    self.take(&Input::Clock(ReceivedAt(self.now)));
                }
            }
            Happening::Acknowledge(alarm) => {
                let action = Action::Acknowledge {
                    alarm: AlarmId(*alarm),
                    reason: "called-driver".into(),
                    note: "".into(),
                };
                self.operate(action);
            }
            Happening::Stand(device, standing) => {
                let action = Action::SetStanding {
                    device: numbered(*device),
                    standing: *standing,
                    reason: "inspection".into(),
                };
                self.operate(action);
            }
            Happening::Expect(device, in_s) => {
                let (gate, by) = ("reader:gate-1".parse().unwrap(), self.now.plus_secs(*in_s));
                self.operate(Action::Expect { device: tag(*device), gate, by });
            }
            Happening::PlaceGate(far) => {
                let place = self.event(0, 0, true, 80, *far).position;
                self.operate(Action::PlaceGate { gate: "reader:gate-1".parse().unwrap(), place });
            }
            Happening::Case { case, step, all: false } => {
                self.case_step(*case, plomb_cases::Step::NAMES[*step]);
            }
            Happening::Case { all: true, .. } => self.case_step(0, "hand-over"),
            Happening::Draw(place, there) => self.draw(*place, *there),
            Happening::Rules(step) => self.change_rules(*step),
            Happening::Step { movement, step, device } => self.step(*movement, Step::NAMES[*step], *device),
            Happening::Read { tag: number, chip, far } => {
                let mut event = self.event(0, 0, true, 80, *far);
                event.peripheral = Some(tag(*number));
                event.position = event.position.filter(|_| *number > 1);
                event
                    .readings
                    .push(Reading::Alias(DeviceId::new(Scheme::Tag, &format!("E2{chip:02}")).unwrap()));
                self.hear("reader:gate-1".parse().unwrap(), Protocol::Llrp, &event);
            }
        }
    }

    /// Takes a step if it may be taken, as the server does.
    fn step(&mut self, movement: u8, step: &str, device: u8) {
        let lrn = format!("LRN-{movement}");
        let book = &self.flow.state().movements;
        let id = book.of_lrn(&lrn).unwrap_or_else(|| book.next_id());
        let step = if book.get(id).is_none() { "declare" } else { step };
        let (limit, device) = (self.now.plus_secs(9_000).to_string(), numbered(device).to_string());
        let until = self.now.plus_secs(3_000).to_string();
        let openings = book.get(id).map_or(0, |movement| movement.openings.len()).to_string();
        // Two persons stand for an opening.
        let by = if step == "confirm-opening" { "leader" } else { "operator" };
        let fields = [
            ("lrn", &*lrn),
            // One of a country where a clean movement is discharged without a person.
            ("policy", if movement == 1 { "in" } else { "eac" }),
            ("holder.name", "H"),
            ("carrier.name", "C"),
            ("route", "road"),
            ("departure", "KEMBA"),
            ("destination", "UGKLA"),
            ("goods.1.hs", "1701"),
            ("unit.1.number", "CSQU3054383"),
            ("unit.1.seal.1", "ML-1"),
            ("limit", &*limit),
            ("class", "active"),
            ("unit", "CSQU3054383"),
            ("device", &*device),
            ("seal", &*device),
            ("old", &*device),
            ("new", &*limit),
            ("number", &*limit),
            ("reason", "a reason"),
            ("text", "words"),
            ("finding", "words"),
            ("code", "2"),
            ("incident", "1"),
            ("authority", "police"),
            ("partner", "UG"),
            ("until", &*until),
            ("opening", &*openings),
        ];
        let form = Form::of(fields);
        let act = Act { movement: id, step, form: &form, by };
        if self.flow.state().check_step(ReceivedAt(self.now), act).is_ok() {
            let fields = form.fields().into();
            let action = Action::Step { movement: id, step: step.into(), fields };
            self.operate_as(by, action);
        }
    }

    /// Takes a step of a case if it may be taken, as the server does.
    fn case_step(&mut self, case: u64, step: &str) {
        let until = self.now.plus_secs(5_000).to_string();
        let fields = [
            ("to", if step == "hand-over" { "ben" } else { "ann" }),
            ("note", "words"),
            ("unit", "post 7"),
            ("action", "called-driver"),
            ("outcome", "excused"),
            ("evidence", "a picture"),
            ("reason", "a reason"),
            ("until", &*until),
        ];
        let (case, form) = (CaseId(case), Form::of(fields));
        if self.flow.state().check_case(ReceivedAt(self.now), "operator", case, step, &form).is_ok() {
            self.operate(Action::Case { case, step: step.into(), fields: form.fields().into() });
        }
    }

    /// A zone far from the road, a road near Nairobi, a gap round it.
    fn draw(&mut self, place: u8, there: bool) {
        let (id, kind, geometry) = match place {
            0 => ("zone", "restricted", r#"{"type":"Point","coordinates":[36.8219,51.0]}"#),
            1 => ("road", "route", r#"{"type":"LineString","coordinates":[[36.5,-1.2921],[37.0,-1.2921]]}"#),
            _ => ("gap", "gap", r#"{"type":"Point","coordinates":[36.8219,-1.2921]}"#),
        };
        let feature = format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{"kind":"{kind}","radius_m":5000,"width_m":2000}},"geometry":{geometry}}}"#
        );
        let feature = if there { feature.into() } else { "".into() };
        self.operate(Action::Draw { place: id.into(), feature });
    }

    /// Takes a step of a change of the rules if it may be taken: the next one is proposed, the last one decided.
    fn change_rules(&mut self, step: u8) {
        let changes = &self.flow.state().rule_changes;
        let next = changes.next_number();
        let (change, step) = match step {
            0 => (next, "propose"),
            1 => (next - 1, "approve"),
            _ => (next - 1, "refuse"),
        };
        let late: Box<str> = (60 * next).to_string().into();
        let mut fields = vec![("reason".into(), "a reason".into())];
        if step == "propose" {
            fields.extend([("late_s".into(), late), ("momentary_s".into(), "300".into())]);
        }
        let by = if step == "propose" { "operator" } else { "leader" };
        if changes.check(by, change, step, &fields).is_ok() {
            self.operate_as(by, Action::Rules { change, step: step.into(), fields: fields.into() });
        }
    }

    fn operate(&mut self, action: Action) {
        self.operate_as("operator", action);
    }

    fn operate_as(&mut self, by: &str, action: Action) {
        let operated = Operated { at: ReceivedAt(self.now), by: by.into(), action };
        self.take(&Input::Operated(&operated));
    }

    fn event(&self, age_s: i64, signals: u64, whole: bool, battery: u8, far: bool) -> Event {
        let mut event = Event::new(EventKind::Position);
        event.occurred_at = Some(OccurredAt(self.now.plus_secs(-age_s)));
        let latitude = LatitudeE7::new(if far { 510_000_000 } else { -12_921_000 }).unwrap();
        event.position = Some(Position::new(latitude, LongitudeE7::new(368_219_000).unwrap(), Fix::Gnss));
        event.seal = event.seal.with(SealPart::RopeInserted, whole).with(SealPart::MotorLocked, true);
        for signal in Signal::ALL {
            event.signals = event.signals.with_if(signals >> signal as u8 & 1 == 1, signal);
        }
        event.readings.push(Reading::Battery(Percent::new(battery).unwrap()));
        event
    }

    fn report(&mut self, device: u8, event: &Event) {
        self.hear(numbered(device), Protocol::Jointech, event);
    }

    fn hear(&mut self, device: DeviceId, protocol: Protocol, event: &Event) {
        let mut decoded = Decoded::default();
        decoded.event(event.clone());
        decoded.report(Some(device), b"frame");
        let at = ReceivedAt(self.now);
        self.take(&Input::Received { connection: ConnectionId(7), protocol, at, decoded: &decoded });
    }

    /// The state again, from the journal alone.
    fn replayed(&self, mut flow: Flow, from: usize) -> (Flow, Replayed) {
        let mut replayed = Replayed::default();
        for (id, bytes) in self.journal.0.iter().enumerate().skip(from) {
            flow.replay(EntryId(id as u64), &decode(bytes).unwrap(), &mut replayed);
        }
        replayed.finish();
        (flow, replayed)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_replay_decides_what_was_decided_live(happenings in prop::collection::vec(happening(), 1..60), cut in 0..60_usize) {
        let mut world = World::new();
        let mut snapshot = None;
        for (place, happening) in happenings.iter().enumerate() {
            if place == cut {
                snapshot = Some((world.journal.0.len(), world.flow.snapshot()));
            }
            world.live(happening);
        }
        let (again, replayed) = world.replayed(Flow::new(RuleSettings::default()), 0);
        prop_assert_eq!(replayed.mismatches_total, 0, "{:?}", replayed.mismatches);
        prop_assert_eq!(replayed.changes, world.changes as u64);
        prop_assert_eq!(again.snapshot(), world.flow.snapshot());
        if let Some((from, bytes)) = snapshot {
            let (resumed, replayed) = world.replayed(Flow::restore(&bytes).unwrap(), from);
            prop_assert_eq!(replayed.mismatches_total, 0, "{:?}", replayed.mismatches);
            prop_assert_eq!(resumed.snapshot(), world.flow.snapshot());
        }
    }

    #[test]
    fn a_damaged_snapshot_is_an_error_and_no_panic(cut in any::<prop::sample::Index>(), flip in any::<prop::sample::Index>()) {
        let mut world = World::new();
        world.live(&Happening::Report { device: 1, age_s: 0, signals: 1, whole: true, battery: 9, far: false, again: false });
        let bytes = world.flow.snapshot();
        prop_assert!(Flow::restore(&bytes[..cut.index(bytes.len())]).is_err());
        let mut flipped = bytes.clone();
        flipped[flip.index(bytes.len())] ^= 0x40;
        // Whatever it makes of it (the store's checksum stands before), it does not panic.
        let _told = Flow::restore(&flipped).is_ok();
    }
}

#[test]
fn a_retransmission_is_recorded_marked_and_changes_nothing() {
    let mut world = World::new();
    let report = Happening::Report {
        device: 1,
        age_s: 0,
        signals: 0,
        whole: true,
        battery: 80,
        far: false,
        again: true,
    };
    world.live(&report);
    assert_eq!(world.duplicates, 1);
    let marks: Vec<u64> = world
        .journal
        .0
        .iter()
        .filter_map(|bytes| match decode(bytes).unwrap() {
            Entry::Received(received) => Some(received.duplicates),
            _ => None,
        })
        .collect();
    assert_eq!(marks, [0, 1]);
    assert_eq!(world.flow.state().devices.iter().map(|(_, device)| device.reports).sum::<u32>(), 1);
}

#[test]
fn a_changed_decision_is_found() {
    let mut world = World::new();
    let cut = Happening::Report {
        device: 1,
        age_s: 0,
        signals: 1,
        whole: true,
        battery: 80,
        far: false,
        again: false,
    };
    world.live(&cut);
    assert!(world.changes > 0);
    world.journal.0.pop();
    let (_, replayed) = world.replayed(Flow::new(RuleSettings::default()), 0);
    assert_eq!(replayed.mismatches_total, 1, "a decision that was not recorded");
}

#[test]
fn a_device_is_connected_while_its_conversation_is_open() {
    let mut world = World::new();
    world.live(&Happening::Report {
        device: 1,
        age_s: 0,
        signals: 0,
        whole: true,
        battery: 80,
        far: false,
        again: false,
    });
    let connected = |world: &World| {
        let state = world.flow.state();
        state.devices.iter().all(|(_, device)| state.is_connected(device))
    };
    assert!(connected(&world));
    let closed = Closed { connection: ConnectionId(7), reason: "gone".into(), at: ReceivedAt(world.now) };
    world.take(&Input::Closed(&closed));
    assert!(!connected(&world));
}

#[test]
fn how_a_device_stands_is_kept_before_and_after_it_is_heard() {
    let mut world = World::new();
    world.live(&Happening::Stand(1, Standing::Destroyed));
    world.live(&Happening::Stand(2, Standing::Suspended));
    world.live(&Happening::Stand(2, Standing::InService));
    let restored = Flow::restore(&world.flow.snapshot()).unwrap();
    let (replayed, _) = world.replayed(Flow::new(RuleSettings::default()), 0);
    for flow in [&world.flow, &restored, &replayed] {
        let standings = &flow.state().standings;
        assert_eq!(standings.of(&numbered(1)), Standing::Destroyed);
        assert_eq!(standings.of(&numbered(2)), Standing::InService);
        assert_eq!(standings.len(), 1, "only what is out of the ordinary takes room");
    }
}

#[test]
fn a_device_that_nobody_waits_for_is_not_silent() {
    let mut world = World::new();
    let report = Happening::Report {
        device: 1,
        age_s: 0,
        signals: 0,
        whole: true,
        battery: 80,
        far: false,
        again: false,
    };
    world.live(&report);
    world.live(&Happening::Stand(1, Standing::Suspended));
    world.live(&Happening::Wait(20_000));
    assert_eq!(world.changes, 0);
    world.live(&Happening::Stand(1, Standing::InService));
    world.live(&Happening::Wait(1));
    assert_eq!(world.changes, 1, "it is awaited again, and overdue");
    world.live(&Happening::Stand(1, Standing::Retired));
    assert_eq!(world.changes, 2, "the alarm ends");
}
