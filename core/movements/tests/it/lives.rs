//! Movements from declaration to their end, and the rules on the way.

use plomb_model::{EntryId, ReceivedAt};
use plomb_movements::{GuaranteeState, MovementState as S, Refusal, SealEnd};

use crate::world::{World, declaration, fit, lock};

const UNIT: &str = "CSQU3054383";

#[test]
fn a_clean_movement_goes_from_declaration_to_discharge() {
    let mut world = World::new();
    let id = world.booked("LRN-1", lock(7));
    assert_eq!(world.of(id).guarantee, GuaranteeState::Reserved);
    assert!(world.take(id, "depart", &[]).is_err(), "nothing is sealed");
    let lock = lock(7).to_string();
    world.take(id, "arm", &[("unit", UNIT), ("device", &lock)]).unwrap();
    assert_eq!(world.book.armed_on(&lock.parse().unwrap()), Some(id));
    for (step, fields, state) in [
        ("depart", &[("place", "KEMBA")][..], S::InTransit),
        ("hand-over", &[("partner", "UG")], S::AtBorder),
        ("take-over", &[("partner", "UG")], S::InTransit),
        ("arrive", &[("place", "RWKGL")], S::Arrived),
        ("verify", &[], S::Verified),
        ("remove", &[("seal", &lock)], S::Disarmed),
        ("discharge", &[], S::Discharged),
    ] {
        world.take(id, step, fields).unwrap();
        assert_eq!(world.state(id), state, "{step}");
    }
    let movement = world.of(id);
    assert_eq!(movement.guarantee, GuaranteeState::Released);
    assert_eq!(movement.partner.as_deref(), Some("UG"));
    assert_eq!(movement.seals[0].ended.as_ref().unwrap().2, SealEnd::Removed);
    assert_eq!(world.book.armed_on(&lock.parse().unwrap()), None, "the lock is free again");
    assert_eq!(movement.history.len(), 12);
}

#[test]
fn a_step_out_of_turn_says_what_the_turn_is() {
    let mut world = World::new();
    let id = world.declare("LRN-1");
    let refusal = world.take(id, "discharge", &[]).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "`discharge` cannot be taken while the movement is draft: it must be disarmed"
    );
    assert!(matches!(world.take(plomb_model::MovementId(9), "submit", &[]), Err(Refusal::Unknown(_))));
    let again = world.book.next_id();
    let refusal = world.take_form(again, "declare", &declaration("LRN-1")).unwrap_err();
    assert_eq!(refusal.to_string(), "movement 1 has the reference LRN-1 already");
}

#[test]
fn a_device_is_armed_only_when_the_facts_are_well_or_somebody_says_why() {
    let mut world = World::new();
    let id = world.booked("LRN-1", lock(7));
    let arm = |world: &mut World, reason: &str| {
        world.take(id, "arm", &[("unit", UNIT), ("device", &lock(7).to_string()), ("reason", reason)])
    };
    world.facts.devices.get_mut(&lock(7)).unwrap().battery_percent = Some(12);
    let refusal = arm(&mut world, "").unwrap_err();
    assert_eq!(refusal.to_string(), "jointech:0000000007 cannot be armed: battery: 12 %, at least 30 %");
    world.facts.devices.get_mut(&lock(7)).unwrap().out_of_service = Some("suspended");
    let refusal = arm(&mut world, "no other lock at the post").unwrap_err();
    assert!(refusal.to_string().contains("in-service: it is suspended"), "no reason helps: {refusal}");
    world.facts.devices.get_mut(&lock(7)).unwrap().out_of_service = None;
    arm(&mut world, "no other lock at the post").unwrap();

    let other = world.booked("LRN-2", lock(8));
    let refusal = world.take(other, "arm", &[("unit", UNIT), ("device", &lock(7).to_string())]).unwrap_err();
    assert_eq!(refusal.to_string(), "jointech:0000000007 is armed on movement 1");
    let refusal = world.take(other, "arm", &[("unit", "CSQU3054999"), ("device", &lock(8).to_string())]);
    assert!(refusal.unwrap_err().to_string().contains("the declaration has no unit"));
}

#[test]
fn a_broken_seal_is_a_discrepancy_and_never_verified() {
    let mut world = World::new();
    let id = world.booked("LRN-1", lock(7));
    let number = lock(7).to_string();
    world.take(id, "arm", &[("unit", UNIT), ("device", &number)]).unwrap();
    world.take(id, "depart", &[]).unwrap();
    world.facts.devices.get_mut(&lock(7)).unwrap().whole = Some(false);
    world.take(id, "arrive", &[]).unwrap();
    let refusal = world.take(id, "verify", &[]).unwrap_err();
    assert!(refusal.to_string().contains("record a discrepancy"), "{refusal}");
    world.take(id, "differ", &[("text", "rope cut, 40 bags missing")]).unwrap();
    world.take(id, "inspect", &[("finding", "40 bags missing")]).unwrap();
    world.take(id, "remove", &[("seal", &number)]).unwrap();
    assert_eq!(world.state(id), S::Discrepancy, "taking the seal off settles nothing");
    world.take(id, "recover", &[("reason", "duty on 40 bags")]).unwrap();
    assert_eq!((world.state(id), world.of(id).guarantee), (S::Recovery, GuaranteeState::Claimed));
    assert!(world.take(id, "discharge", &[]).is_err());
}

#[test]
fn a_discrepancy_that_is_explained_ends_well() {
    let mut world = World::new();
    let id = world.booked("LRN-1", lock(7));
    let number = lock(7).to_string();
    world.take(id, "arm", &[("unit", UNIT), ("device", &number)]).unwrap();
    for (step, fields) in [
        ("depart", &[][..]),
        ("incident", &[("code", "2"), ("text", "hit by a crane"), ("place", "Malaba")]),
        ("intercept", &[("reason", "seal cut")]),
        ("reseal", &[("unit", UNIT), ("old", &number), ("new", "ML-TM 123456")]),
        ("endorse", &[("incident", "1"), ("authority", "Police Malaba")]),
        ("resume", &[]),
        ("arrive", &[]),
        ("differ", &[("text", "another seal than declared")]),
        ("remove", &[("seal", "ML-TM 123456")]),
        ("explain", &[("text", "endorsed incident")]),
        ("discharge", &[]),
    ] {
        world.take(id, step, fields).unwrap_or_else(|refusal| panic!("{step}: {refusal}"));
    }
    let movement = world.of(id);
    assert_eq!((movement.state, movement.guarantee), (S::Discharged, GuaranteeState::Released));
    assert_eq!(movement.seals.len(), 2, "the old seal stays on record");
    assert_eq!(movement.seals[0].ended.as_ref().unwrap().2, SealEnd::Replaced("ML-TM 123456".into()));
    assert_eq!(movement.incidents[0].endorsed.as_ref().unwrap().1.as_ref(), "Police Malaba");
}

#[test]
fn a_seal_that_was_not_declared_needs_a_reason() {
    let mut world = World::new();
    let id = world.book.next_id();
    let mut declared = declaration("LRN-1");
    declared.put("unit.1.seal.1", "ML-TM 123456");
    world.take_form(id, "declare", &declared).unwrap();
    world.take(id, "submit", &[]).unwrap();
    world.take(id, "accept", &[]).unwrap();
    world.take(id, "book", &[("class", "active")]).unwrap();
    let refusal = world.take(id, "apply-seal", &[("unit", UNIT), ("number", "MLTM123457")]).unwrap_err();
    assert!(refusal.to_string().contains("was not declared"), "{refusal}");
    world.take(id, "apply-seal", &[("unit", UNIT), ("number", "mltm-123456")]).unwrap();
    assert!(world.of(id).seals[0].declared, "written otherwise, the same mark");
    let again = world.take(id, "apply-seal", &[("unit", UNIT), ("number", "mltm-123456")]).unwrap_err();
    assert!(again.to_string().contains("already"), "{again}");
}

#[test]
fn a_limit_that_passes_is_told_once_and_a_later_one_forgives_it() {
    let mut world = World::new();
    let id = world.booked("LRN-1", lock(7));
    world.take(id, "arm", &[("unit", UNIT), ("device", &lock(7).to_string())]).unwrap();
    world.take(id, "depart", &[]).unwrap();
    assert!(world.take(id, "recover", &[("reason", "x")]).is_err(), "it is under way and in time");
    let limit = world.of(id).limit().unwrap();
    assert!(world.book.pass(EntryId(90), ReceivedAt(limit.plus_secs(-1))).is_empty());
    assert_eq!(world.book.pass(EntryId(91), ReceivedAt(limit)), [id]);
    assert!(world.book.pass(EntryId(92), ReceivedAt(limit.plus_secs(60))).is_empty(), "once");
    assert_eq!(world.of(id).overdue, Some(ReceivedAt(limit)));
    let later = limit.plus_secs(86_400).to_string();
    assert!(world.take(id, "extend", &[("limit", "2026-03-05T00:00:00Z"), ("reason", "x")]).is_err());
    world.take(id, "extend", &[("limit", &later), ("reason", "bridge closed")]).unwrap();
    assert_eq!(world.of(id).overdue, None);
    assert_eq!(world.book.pass(EntryId(93), ReceivedAt(limit.plus_secs(90_000))), [id]);
    world.take(id, "recover", &[("reason", "never arrived")]).unwrap();
    assert_eq!(world.of(id).guarantee, GuaranteeState::Claimed);
}

#[test]
fn a_policy_asks_for_its_class_and_a_wrong_partner_cannot_take_over() {
    let mut world = World::new();
    let id = world.declare("LRN-1");
    world.take(id, "submit", &[]).unwrap();
    world.take(id, "accept", &[]).unwrap();
    let refusal = world.take(id, "book", &[("class", "passive")]).unwrap_err();
    assert_eq!(refusal.to_string(), "the policy eac asks for active devices at least");
    world.take(id, "book", &[("class", "active")]).unwrap();
    world.facts.devices.insert(lock(7), fit());
    world.take(id, "arm", &[("unit", UNIT), ("device", &lock(7).to_string())]).unwrap();
    world.take(id, "depart", &[]).unwrap();
    world.take(id, "hand-over", &[("partner", "UG")]).unwrap();
    let refusal = world.take(id, "take-over", &[("partner", "TZ")]).unwrap_err();
    assert_eq!(refusal.to_string(), "it was handed to another partner");
}

#[test]
fn a_device_is_armed_on_a_route_only_when_that_route_is_drawn() {
    let mut world = World::new();
    let mut declared = declaration("LRN-1");
    declared.put("route", "northern");
    let id = world.book.next_id();
    world.take_form(id, "declare", &declared).unwrap();
    for (step, fields) in [("submit", &[][..]), ("accept", &[]), ("book", &[("class", "active")])] {
        world.take(id, step, fields).unwrap();
    }
    world.facts.devices.insert(lock(7), fit());
    let device = lock(7).to_string();
    let arm = [("unit", UNIT), ("device", &*device)];
    let refusal = world.take(id, "arm", &arm).unwrap_err();
    let why =
        "jointech:0000000007 cannot be armed: route: no route northern is drawn: it could not be held to it";
    assert_eq!(refusal.to_string(), why);
    world.facts.routes.push("northern");
    world.take(id, "arm", &arm).unwrap();
}
