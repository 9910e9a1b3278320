//! Passive seals: read at gates, copied, destroyed, and not read where they should be.

use plomb_model::{
    AlarmKind, DeviceId, Event, EventKind, Fix, Identity, OccurredAt, Position, Protocol, Reading,
    ReceivedAt, SealEvidence, SealPart, Standing,
};
use plomb_rules::{Change, EXPECTED_PER_DEVICE_MAX};

use crate::world::{World, at, names};

const CHIP: &str = "tag:E28011602000123456789ABC";
const OTHER_CHIP: &str = "tag:E28011602000FFFFFFFFFFFF";

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

fn tag() -> DeviceId {
    id("epc:3034257BF400B7800004CB2F")
}

/// The place of a gate.
fn gate(latitude: f64, longitude: f64) -> Position {
    Position { fix: Fix::Reader, ..at(latitude, longitude) }
}

fn nairobi() -> Position {
    gate(-1.2921, 36.8219)
}

/// Some 440 km from Nairobi.
fn mombasa() -> Position {
    gate(-4.0435, 39.6682)
}

/// The gates of a corridor and the seals that pass them.
fn corridor() -> World {
    let mut world = World::new();
    world.protocol = Protocol::Llrp;
    world
}

/// What a gate hears of the seal.
fn heard(world: &World, place: Position, chip: &str) -> Event {
    let mut event = Event::new(EventKind::Status);
    event.occurred_at = Some(OccurredAt(world.now));
    event.position = Some(place);
    event.peripheral = Some(tag());
    event.readings.push(Reading::Alias(id(chip)));
    event
}

fn read(world: &mut World, gate: &str, event: &Event) -> Vec<Change> {
    world.send_from(id(gate), event, 1)
}

fn pass(world: &mut World, gate: &str, place: Position) -> Vec<String> {
    let event = heard(world, place, CHIP);
    names(&read(world, gate, &event))
}

#[test]
fn a_code_in_another_chip_is_a_copy_and_changes_nothing() {
    let mut world = corridor();
    let mut genuine = heard(&world, nairobi(), CHIP);
    genuine.seal = genuine.seal.with(SealPart::RopeIntact, false);
    assert_eq!(names(&read(&mut world, "reader:gate-1", &genuine)), ["seal-cut raised"]);
    world.wait(60);
    let mut copy = heard(&world, nairobi(), OTHER_CHIP);
    copy.seal = copy.seal.with(SealPart::RopeIntact, true);
    let changes = read(&mut world, "reader:gate-1", &copy);
    assert_eq!(names(&changes), ["cloned-tag raised"]);
    assert_eq!(changes[0].1.causes.len(), 2, "the reading that named the first chip, and this one");
    let row = world.state.devices.get(&tag()).unwrap();
    assert_eq!(row.seal.part(SealPart::RopeIntact), Some(false), "a copy does not make the seal whole");
    assert_eq!(row.reports, 1);
}

#[test]
fn a_seal_that_was_looked_at_may_have_another_chip() {
    let mut world = corridor();
    assert_eq!(pass(&mut world, "reader:gate-1", nairobi()), Vec::<String>::new());
    let mut changes = Vec::new();
    world.state.set_standing(tag(), Standing::InService, ReceivedAt(world.now), &mut changes);
    world.wait(1);
    let replaced = heard(&world, nairobi(), OTHER_CHIP);
    assert_eq!(names(&read(&mut world, "reader:gate-1", &replaced)), Vec::<String>::new());
}

#[test]
fn a_reader_that_reads_less_of_a_chips_number_has_read_no_copy() {
    let mut world = corridor();
    for chip in ["tag:E280116020001234", CHIP, "tag:E280116020001234", CHIP] {
        let event = heard(&world, nairobi(), chip);
        assert_eq!(names(&read(&mut world, "reader:gate-1", &event)), Vec::<String>::new(), "{chip}");
        world.wait(1);
    }
    let copy = heard(&world, nairobi(), OTHER_CHIP);
    assert_eq!(names(&read(&mut world, "reader:gate-1", &copy)), ["cloned-tag raised"]);
}

#[test]
fn a_chip_that_proved_itself_and_cannot_now_is_a_copy() {
    let mut world = World::new();
    world.protocol = Protocol::Ntag424;
    let tap = |world: &World, counter, holds| {
        let mut event = Event::new(EventKind::Seal);
        event.occurred_at = Some(OccurredAt(world.now));
        event.readings.push(Reading::Counter(counter));
        event.trust.identity = if holds { Identity::Mac } else { Identity::Claimed };
        event.trust.seal = if holds { SealEvidence::ValidIntact } else { SealEvidence::Invalid };
        event
    };
    let unproved = tap(&world, 1, false);
    assert_eq!(names(&world.send(&unproved)), ["proof-invalid raised"], "perhaps a wrong key on record");
    world.wait(2000);
    let proved = tap(&world, 2, true);
    world.send(&proved);
    world.wait(10);
    let copied = tap(&world, 3, false);
    assert_eq!(names(&world.send(&copied)), ["proof-invalid raised", "cloned-tag raised"]);
}

#[test]
fn a_seal_cannot_be_at_two_gates_at_once() {
    let mut world = corridor();
    assert_eq!(pass(&mut world, "reader:nairobi", nairobi()), Vec::<String>::new());
    world.wait(1800);
    let event = heard(&world, mombasa(), CHIP);
    let changes = read(&mut world, "reader:mombasa", &event);
    assert_eq!(names(&changes), ["seal-at-two-places raised"], "440 km in half an hour");
    assert_eq!(changes[0].1.causes.len(), 2);
}

#[test]
fn a_seal_that_travels_at_the_speed_of_a_truck_is_at_one_place() {
    let mut world = corridor();
    assert_eq!(pass(&mut world, "reader:nairobi", nairobi()), Vec::<String>::new());
    world.now = world.now.plus_secs(7 * 3600);
    assert_eq!(pass(&mut world, "reader:mombasa", mombasa()), Vec::<String>::new());
    world.now = world.now.plus_secs(1);
    let beside = gate(-4.0440, 39.6690);
    assert_eq!(pass(&mut world, "reader:mombasa-2", beside), Vec::<String>::new(), "two gates of one port");
}

#[test]
fn a_reading_that_comes_late_tells_of_two_places_too() {
    let mut world = corridor();
    let kept = heard(&world, nairobi(), CHIP);
    world.wait(900);
    assert_eq!(pass(&mut world, "reader:mombasa", mombasa()), Vec::<String>::new());
    world.wait(3600);
    let told = names(&read(&mut world, "reader:nairobi", &kept));
    assert!(told.contains(&"seal-at-two-places raised".to_owned()), "{told:?}");
}

#[test]
fn a_seal_recorded_as_destroyed_must_not_be_read_again() {
    let mut world = corridor();
    let kept = heard(&world, nairobi(), CHIP);
    world.wait(60);
    let mut changes = Vec::new();
    world.state.set_standing(tag(), Standing::Destroyed, ReceivedAt(world.now), &mut changes);
    world.wait(60);
    let late = names(&read(&mut world, "reader:gate-1", &kept));
    assert_eq!(late, Vec::<String>::new(), "it was read before it was destroyed");
    assert_eq!(pass(&mut world, "reader:gate-1", nairobi()), ["destroyed-seal-read raised"]);
    let mut forged = heard(&world, nairobi(), CHIP);
    forged.trust.seal = SealEvidence::Invalid;
    let told = names(&read(&mut world, "reader:gate-1", &forged));
    assert_eq!(told, ["proof-invalid raised"], "the destroyed seal is told once a minute");
    assert_eq!(names(&world.wait(700)), ["destroyed-seal-read cleared", "proof-invalid cleared"]);
}

#[test]
fn a_seal_that_is_not_read_where_it_should_be_is_missed_until_it_is() {
    let mut world = corridor();
    assert_eq!(pass(&mut world, "reader:origin", nairobi()), Vec::<String>::new());
    let (gate, by) = (id("reader:border"), world.now.plus_secs(600));
    world.state.await_read(tag(), gate, by, ReceivedAt(world.now));
    world.wait(300);
    assert_eq!(pass(&mut world, "reader:origin", nairobi()), Vec::<String>::new(), "another gate");
    assert_eq!(names(&world.wait(299)), Vec::<String>::new());
    let missed = world.wait(1);
    assert_eq!(names(&missed), ["expected-read-missed raised"]);
    assert_eq!(&*missed[0].1.detail, "The seal was to be read at reader:border and was not");
    assert_eq!(missed[0].1.occurred_at, OccurredAt(by));
    let trust = |world: &World| world.state.devices.get(&tag()).unwrap().trust.seal;
    assert_eq!(trust(&world), SealEvidence::Silent);
    world.wait(60);
    assert_eq!(pass(&mut world, "reader:border", nairobi()), ["expected-read-missed cleared"]);
    assert_eq!(trust(&world), SealEvidence::None, "read, and it says nothing of the seal");
    assert!(world.state.expected.is_empty());
}

#[test]
fn a_seal_that_is_read_in_time_is_not_missed() {
    let mut world = corridor();
    let gate = id("reader:border");
    world.state.await_read(tag(), gate, world.now.plus_secs(600), ReceivedAt(world.now));
    world.wait(599);
    assert_eq!(pass(&mut world, "reader:border", nairobi()), Vec::<String>::new());
    assert_eq!(names(&world.wait(600)), Vec::<String>::new());
}

#[test]
fn two_missed_gates_are_both_told_and_both_must_be_passed() {
    let mut world = corridor();
    for gate in ["reader:a", "reader:b"] {
        world.state.await_read(tag(), id(gate), world.now.plus_secs(10), ReceivedAt(world.now));
    }
    assert_eq!(names(&world.wait(10)), ["expected-read-missed raised", "expected-read-missed repeated"]);
    assert_eq!(pass(&mut world, "reader:a", nairobi()), Vec::<String>::new());
    world.wait(1);
    assert_eq!(pass(&mut world, "reader:b", nairobi()), ["expected-read-missed cleared"]);
    assert_eq!(world.state_of(AlarmKind::ExpectedReadMissed), None, "no other device has it");
}

#[test]
fn a_destroyed_seal_is_awaited_nowhere() {
    let mut world = corridor();
    world.state.await_read(tag(), id("reader:a"), world.now.plus_secs(10), ReceivedAt(world.now));
    let mut changes = Vec::new();
    world.state.set_standing(tag(), Standing::Destroyed, ReceivedAt(world.now), &mut changes);
    assert_eq!(names(&world.wait(20)), Vec::<String>::new());
}

#[test]
fn only_so_many_readings_of_a_device_are_awaited() {
    let mut world = corridor();
    for gate in 0..=EXPECTED_PER_DEVICE_MAX {
        let gate = id(&format!("reader:{gate}"));
        world.state.await_read(tag(), gate, world.now.plus_secs(10), ReceivedAt(world.now));
    }
    assert_eq!(world.state.expected.of(&tag()).len(), EXPECTED_PER_DEVICE_MAX);
}

#[test]
fn a_reading_without_a_place_is_at_the_place_of_its_gate() {
    let mut world = corridor();
    world.state.gates.set(id("reader:nairobi"), Some(nairobi()));
    world.state.gates.set(id("reader:mombasa"), Some(mombasa()));
    let unplaced = |world: &World| Event { position: None, ..heard(world, nairobi(), CHIP) };
    let first = unplaced(&world);
    assert_eq!(names(&read(&mut world, "reader:nairobi", &first)), Vec::<String>::new());
    let here = world.state.devices.get(&tag()).unwrap().position;
    assert_eq!(here, Some(nairobi()));
    world.wait(600);
    let second = unplaced(&world);
    assert_eq!(names(&read(&mut world, "reader:mombasa", &second)), ["seal-at-two-places raised"]);
    world.state.gates.set(id("reader:mombasa"), None);
    assert_eq!(world.state.gates.len(), 1);
}

#[test]
fn a_place_that_is_a_guess_proves_nothing() {
    let mut world = corridor();
    assert_eq!(pass(&mut world, "reader:nairobi", nairobi()), Vec::<String>::new());
    world.wait(60);
    let guess = Position { fix: Fix::Network, ..mombasa() };
    assert_eq!(pass(&mut world, "reader:van", guess), Vec::<String>::new());
}

#[test]
fn the_record_may_know_a_seal_by_its_chip() {
    let mut world = corridor();
    assert_eq!(pass(&mut world, "reader:origin", nairobi()), Vec::<String>::new());
    world.state.await_read(id(CHIP), id("reader:border"), world.now.plus_secs(10), ReceivedAt(world.now));
    let missed = world.wait(11);
    assert_eq!((names(&missed), missed[0].1.device), (vec!["expected-read-missed raised".into()], id(CHIP)));
    assert_eq!(pass(&mut world, "reader:border", nairobi()), ["expected-read-missed cleared"]);
    let mut changes = Vec::new();
    world.state.set_standing(id(CHIP), Standing::Destroyed, ReceivedAt(world.now), &mut changes);
    world.wait(1);
    assert_eq!(pass(&mut world, "reader:border", nairobi()), ["destroyed-seal-read raised"]);
}
