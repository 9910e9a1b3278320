//! Openings: who may ask for one, who must agree, and what uses it up.

use plomb_model::{CardNumber, EntryId, MovementId, ReceivedAt, Timestamp, UnlockMethod};
use plomb_movements::{MovementState, OPENINGS_MAX, Refusal, Way, card_print, print_of};

use crate::world::{World, lock};

const UNTIL: (&str, &str) = ("until", "2026-03-01T12:00:00Z");
const WINDOW_MS: i64 = 900_000;

fn under_way(world: &mut World) -> (MovementId, String) {
    let device = lock(7);
    let id = world.booked("OPEN-1", device);
    world.take(id, "arm", &[("unit", "CSQU3054383"), ("device", &device.to_string())]).unwrap();
    world.take(id, "depart", &[]).unwrap();
    world.facts.posts = vec!["post"];
    (id, device.to_string())
}

fn ask(world: &mut World, id: MovementId, more: &[(&str, &str)]) -> Result<(), Refusal> {
    let seal = lock(7).to_string();
    let mut fields = vec![("seal", &*seal), ("reason", "inspection"), UNTIL];
    for (name, text) in more {
        fields.retain(|(known, _)| known != name);
        fields.push((name, text));
    }
    world.take(id, "authorise-opening", &fields)
}

fn standing(world: &World, id: MovementId, number: u8) -> &'static str {
    world.of(id).opening(number).unwrap().standing()
}

fn found(world: &World, after_min: i64, done: Option<(UnlockMethod, u64)>, inside: bool) -> Option<u8> {
    let at = world.now.plus_secs(after_min * 60);
    let place = |_: &str| inside;
    world.book.opening_for(&lock(7), at, done, WINDOW_MS, &place).map(|(_, number)| number)
}

#[test]
fn an_early_opening_takes_two_persons_and_one_at_the_destination_takes_one() {
    let mut world = World::new();
    let (id, _) = under_way(&mut world);
    ask(&mut world, id, &[("place", "post")]).unwrap();
    assert_eq!(standing(&world, id, 1), "asked");
    assert_eq!(found(&world, 1, None, true), None, "nobody has agreed");
    let own = world.take(id, "confirm-opening", &[("opening", "1")]).unwrap_err();
    assert!(own.to_string().contains("second person"), "{own}");
    world.by = "leader";
    world.take(id, "confirm-opening", &[("opening", "1")]).unwrap();
    assert_eq!((standing(&world, id, 1), found(&world, 1, None, true)), ("granted", Some(1)));
    assert_eq!(found(&world, 1, None, false), None, "at another place");
    assert!(world.take(id, "confirm-opening", &[("opening", "1")]).is_err(), "it is in force");
    world.take(id, "withdraw-opening", &[("opening", "1"), ("reason", "turned back")]).unwrap();
    assert_eq!((standing(&world, id, 1), found(&world, 1, None, true)), ("withdrawn", None));

    world.take(id, "arrive", &[]).unwrap();
    ask(&mut world, id, &[]).unwrap();
    assert_eq!(standing(&world, id, 2), "asked", "it is bound to no place");
    world.take(id, "withdraw-opening", &[("opening", "2"), ("reason", "no place")]).unwrap();
    ask(&mut world, id, &[("place", "post")]).unwrap();
    assert_eq!(standing(&world, id, 3), "granted");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let mut world = World::new();
    let (id, _) = under_way(&mut world);
    for (fields, why) in [
        (&[("seal", "ML-9")][..], "no seal ML-9"),
        (&[("until", "2026-03-01T07:00:00Z")], "later than now"),
        (&[("until", "2026-03-09T07:00:00Z")], "at most 24 hours"),
        (&[("until", "soon")], "until"),
        (&[("place", "nowhere")], "no office"),
        (&[("way", "axe")], "way"),
        (&[("card", "12")], "card"),
        (&[("reason", "")], "reason"),
    ] {
        let refusal = ask(&mut world, id, fields).unwrap_err().to_string();
        assert!(refusal.contains(why), "{fields:?}: {refusal}");
    }
    for step in ["opened", "opening-missed", "overdue"] {
        let fields = [("opening", "1"), ("at", "2026-03-01T09:00:00Z")];
        assert!(world.take(id, step, &fields).is_err(), "{step} is no step of a person");
    }
    ask(&mut world, id, &[]).unwrap();
    let again = ask(&mut world, id, &[]).unwrap_err().to_string();
    assert!(again.contains("withdraw it first"), "{again}");
    world.take(id, "hand-over", &[("partner", "UG")]).unwrap();
    let waits = world.take(id, "confirm-opening", &[("opening", "1")]).unwrap_err();
    assert!(matches!(waits, Refusal::State { .. }), "a partner opens what it has taken over: {waits}");
    for _ in 0..OPENINGS_MAX {
        drop(world.take(id, "take-over", &[("partner", "UG")]));
        drop(world.take(id, "withdraw-opening", &[("opening", "1"), ("reason", "x")]));
        let last = world.of(id).openings.len().to_string();
        drop(ask(&mut world, id, &[]));
        drop(world.take(id, "withdraw-opening", &[("opening", &last), ("reason", "x")]));
    }
    assert!(world.of(id).openings.len() <= OPENINGS_MAX);
}

#[test]
fn an_opening_is_used_once_in_its_way_and_time() {
    let mut world = World::new();
    let (id, _) = under_way(&mut world);
    world.take(id, "arrive", &[]).unwrap();
    ask(&mut world, id, &[("place", "post"), ("way", "card"), ("card", "0012-260888")]).unwrap();
    let card = |number: &str| Some((UnlockMethod::Card, print_of(Some(&CardNumber(number.into())))));
    assert_eq!(found(&world, 1, card("12260888"), true), Some(1));
    assert_eq!(found(&world, 1, card("12260889"), true), None, "another card");
    assert_eq!(found(&world, 1, Some((UnlockMethod::Bluetooth, 0)), true), None, "another way");
    assert_eq!(found(&world, -60, card("12260888"), true), None, "too early");
    assert_eq!(found(&world, 6 * 60, card("12260888"), true), None, "too late");
    let at = world.now.plus_secs(60);
    let mut used = |entry| world.book.opened(EntryId(entry), ReceivedAt(world.now), (id, 1), at);
    used(900);
    used(901);
    assert_eq!(standing(&world, id, 1), "used");
    let told = world.of(id).history.iter().filter(|done| &*done.step == "opened").count();
    assert_eq!(told, 1, "it is told once");
    assert_eq!(found(&world, 10, None, true), Some(1), "the rope that is pulled out belongs to it");
    assert_eq!(found(&world, 30, card("12260888"), true), None, "and no second time");
    assert_eq!(world.state(id), MovementState::Arrived);
}

#[test]
fn an_opening_that_did_not_happen_is_missed_once_and_one_that_nobody_agreed_to_lapses() {
    let mut world = World::new();
    let (id, _) = under_way(&mut world);
    ask(&mut world, id, &[]).unwrap();
    let end = Timestamp::from_utc(2026, 3, 1, 12, 0, 0).unwrap();
    let pass = |world: &mut World, after_s: i64| {
        let now = ReceivedAt(end.plus_secs(after_s));
        world.book.pass_openings(EntryId(800), now, 900)
    };
    assert_eq!(pass(&mut world, 0), [], "reports take their time");
    assert_eq!(pass(&mut world, 900), [], "nobody had agreed");
    assert_eq!(standing(&world, id, 1), "missed");
    world.take(id, "arrive", &[]).unwrap();
    ask(&mut world, id, &[("place", "post")]).unwrap();
    assert_eq!(pass(&mut world, 900), [(id, 2, Some(lock(7)))]);
    assert_eq!(pass(&mut world, 9_000), []);
    assert_eq!(standing(&world, id, 2), "missed");
    let late = world.book.opening_for(&lock(7), end, None, WINDOW_MS, &|_| true);
    assert_eq!(late, Some((id, 2)), "a late report may still say that it happened");
}

#[test]
fn a_seal_that_is_off_has_no_opening_any_more() {
    let mut world = World::new();
    let (id, seal) = under_way(&mut world);
    world.take(id, "arrive", &[]).unwrap();
    world.take(id, "verify", &[]).unwrap();
    ask(&mut world, id, &[("place", "post")]).unwrap();
    world.take(id, "remove", &[("seal", &seal)]).unwrap();
    assert_eq!(standing(&world, id, 1), "withdrawn");
}

#[test]
fn a_card_is_known_however_it_is_written() {
    assert_eq!(card_print("0012-260888"), card_print("12260888"));
    assert_eq!(card_print("00ab"), card_print("AB"));
    assert_ne!(card_print("12"), card_print("21"));
    assert_eq!((card_print(""), card_print("000")), (0, 0));
    assert!(Way::ALL.iter().all(|way| way.takes(UnlockMethod::Other)), "a lock that cannot say how");
    assert!(Way::Code.takes(UnlockMethod::DynamicPassword) && !Way::Code.takes(UnlockMethod::Card));
}
