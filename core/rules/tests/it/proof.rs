use plomb_model::{AlarmKind, Event, Identity, Protocol, Reading, SealEvidence, SealPart};

use crate::world::{World, names, part};

/// A reading of the seal that proves itself with this counter.
fn proved(world: &mut World, counter: u64) -> Event {
    let mut event = world.report();
    event.trust.identity = Identity::Mac;
    event.trust.seal = SealEvidence::ValidIntact;
    event.readings.push(Reading::Counter(counter));
    event
}

/// The highest counter that was believed.
fn highest(world: &World) -> Option<u32> {
    world.row().proof_counter.map(|next| next.get() - 1)
}

#[test]
fn an_old_proof_raises_its_alarm_and_changes_nothing() {
    let mut world = World::new();
    world.protocol = Protocol::Bthome;
    let (first, second) = (proved(&mut world, 7), proved(&mut world, 9));
    assert_eq!(names(&world.send(&first)), Vec::<String>::new());
    world.wait(10);
    assert_eq!(names(&world.send(&second)), Vec::<String>::new());
    assert_eq!(highest(&world), Some(9));
    world.wait(10);
    let before = world.row().clone();
    let recorded = part(proved(&mut world, 8), SealPart::RopeIntact, false);
    assert_eq!(names(&world.send(&recorded)), ["proof-replayed raised"]);
    let after = world.row();
    assert_eq!(
        (after.seal, after.reports, after.last_received_at),
        (before.seal, before.reports, before.last_received_at)
    );
    assert_eq!(world.state_of(AlarmKind::SealCut), None);
}

#[test]
fn the_same_message_through_another_gateway_is_no_attack() {
    let mut world = World::new();
    let event = proved(&mut world, 7);
    world.send(&event);
    world.wait(2);
    let again = proved(&mut world, 7);
    assert_eq!(names(&world.send(&again)), Vec::<String>::new());
    assert_eq!(world.row().reports, 1);
}

#[test]
fn a_copied_link_of_a_passive_seal_is_told_from_a_page_that_is_reloaded() {
    let mut world = World::new();
    world.protocol = Protocol::Ntag424;
    let event = proved(&mut world, 7);
    world.send(&event);
    world.wait(60);
    let reloaded = proved(&mut world, 7);
    assert_eq!(names(&world.send(&reloaded)), Vec::<String>::new());
    world.wait(3600);
    let copied = proved(&mut world, 7);
    assert_eq!(names(&world.send(&copied)), ["proof-replayed raised"]);
}

#[test]
fn a_forged_message_raises_its_alarm_and_ends_no_silence() {
    let mut world = World::new();
    world.drive(6);
    let told: Vec<String> = names(&world.wait(3600));
    assert_eq!(told, ["signal-loss raised"]);
    let mut forged = proved(&mut world, 99);
    forged.trust.seal = SealEvidence::Invalid;
    assert_eq!(names(&world.send(&forged)), ["proof-invalid raised"]);
    assert_eq!(highest(&world), None);
    let honest = proved(&mut world, 1);
    assert_eq!(names(&world.send(&honest)), ["signal-loss cleared"]);
}

#[test]
fn a_counter_without_a_code_proves_nothing() {
    let mut world = World::new();
    let event = proved(&mut world, 7);
    world.send(&event);
    let mut claimed = proved(&mut world, 5000);
    claimed.trust.identity = Identity::Claimed;
    world.send(&claimed);
    assert_eq!(highest(&world), Some(7));
}

#[test]
fn what_a_device_kept_may_come_after_its_alarm_but_only_once() {
    let mut world = World::new();
    let kept: Vec<Event> = (1..=3).map(|counter| proved(&mut world, counter)).collect();
    world.wait(10);
    let alarm = part(proved(&mut world, 4), SealPart::RopeIntact, false);
    assert_eq!(names(&world.send(&alarm)), ["seal-cut raised"]);
    for event in &kept {
        assert_eq!(names(&world.send(event)), Vec::<String>::new());
    }
    assert_eq!((world.row().reports, highest(&world)), (4, Some(4)));
    for event in &kept {
        assert_eq!(names(&world.send(event)), Vec::<String>::new(), "a copy is no attack");
    }
    assert_eq!(world.row().reports, 4, "and counts once");
    world.wait(10);
    let far = proved(&mut world, 100);
    world.send(&far);
    assert_eq!(names(&world.send(&kept[0])), ["proof-replayed raised"], "so old a proof is worth nothing");
}

#[test]
fn a_message_without_a_time_of_its_own_must_rise() {
    let mut world = World::new();
    let event = proved(&mut world, 7);
    world.send(&event);
    world.wait(10);
    let mut undated = proved(&mut world, 6);
    undated.occurred_at = None;
    assert_eq!(names(&world.send(&undated)), ["proof-replayed raised"]);
}

#[test]
fn a_counter_that_an_active_device_used_proves_nothing_else() {
    let mut world = World::new();
    for counter in [7, 9] {
        let event = proved(&mut world, counter);
        world.send(&event);
        world.wait(10);
    }
    let before = world.row().clone();
    let changed = part(proved(&mut world, 7), SealPart::RopeIntact, false);
    assert_eq!(names(&world.send(&changed)), Vec::<String>::new());
    assert_eq!((world.row().seal, world.row().reports), (before.seal, before.reports));
}
