//! No order of steps loses a seal, settles a guarantee twice, or arms a device on two movements.

use std::collections::BTreeMap;

use plomb_model::{DeviceId, MovementId};
use plomb_movements::{GuaranteeState, Movements, Step};
use proptest::prelude::*;

use crate::world::{World, fit, lock};

const UNIT: &str = "CSQU3054383";

fn fields(step: &str, device: u32, seal: u32) -> Vec<(&'static str, String)> {
    let device = lock(device).to_string();
    let number = if seal < 3 { lock(seal).to_string() } else { format!("SEAL{seal}") };
    match step {
        "accept" => vec![("mrn", "26KE1".to_owned())],
        "book" => vec![("class", "active".to_owned())],
        "arm" => vec![("unit", UNIT.to_owned()), ("device", device)],
        "apply-seal" => vec![("unit", UNIT.to_owned()), ("number", format!("SEAL{seal}"))],
        "incident" => vec![("code", "2".to_owned()), ("text", "x".to_owned())],
        "endorse" => vec![("incident", "1".to_owned()), ("authority", "x".to_owned())],
        "inspect" => vec![("finding", "x".to_owned())],
        "reseal" => vec![("unit", UNIT.to_owned()), ("old", number), ("new", format!("NEW{seal}"))],
        "hand-over" | "take-over" => vec![("partner", "UG".to_owned())],
        "differ" | "explain" => vec![("text", "x".to_owned())],
        "remove" => vec![("seal", number)],
        "extend" => vec![("limit", "2026-04-01T00:00:00Z".to_owned()), ("reason", "x".to_owned())],
        "reject" | "intercept" | "recover" | "cancel" => vec![("reason", "x".to_owned())],
        _ => Vec::new(),
    }
}

/// What must hold of any book.
fn sound(book: &Movements, armed: &[DeviceId]) {
    for movement in book.iter() {
        for device in movement.devices().filter(|_| !movement.state.is_over()) {
            assert_eq!(book.armed_on(&device), Some(movement.id), "{device} on {}", movement.id);
        }
        let set =
            movement.history.iter().filter(|done| matches!(&*done.step, "arm" | "apply-seal" | "reseal"));
        assert_eq!(movement.seals.len(), set.count(), "every seal that was set is on record");
        let ended = movement.history.iter().filter(|done| matches!(&*done.step, "remove" | "reseal")).count();
        assert_eq!(movement.seals.iter().filter(|seal| seal.ended.is_some()).count(), ended);
        let settled =
            movement.history.iter().filter(|done| matches!(&*done.step, "discharge" | "recover" | "cancel"));
        assert!(settled.count() <= 1, "over once");
        if matches!(movement.guarantee, GuaranteeState::Released | GuaranteeState::Claimed) {
            assert!(movement.state.is_over());
        }
        if movement.state.is_over() {
            let last = movement.history.last().unwrap();
            assert!(matches!(&*last.step, "discharge" | "recover" | "cancel"), "{}", last.step);
        }
    }
    for device in armed {
        let on = book
            .iter()
            .filter(|movement| !movement.state.is_over())
            .filter(|movement| movement.devices().any(|known| known == *device));
        assert!(on.count() <= 1, "{device} on two movements");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_steps_keeps_the_book_sound(steps in proptest::collection::vec((0..2_u64, 0..Step::NAMES.len(), 0..3_u32, 0..6_u32), 0..160)) {
        let mut world = World::new();
        for number in 0..3 {
            world.facts.devices.insert(lock(number), fit());
        }
        let ids: Vec<MovementId> = ["A", "B"].iter().map(|lrn| world.declare(lrn)).collect();
        // Most orders are nonsense: a way that leads far is walked first.
        for id in &ids {
            for step in ["submit", "accept", "book"] {
                let fields = fields(step, 0, 0);
                let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
                world.take(*id, step, &fields).unwrap();
            }
        }
        let mut states = BTreeMap::new();
        for (which, step, device, seal) in steps {
            let (id, name) = (ids[usize::try_from(which).unwrap()], Step::NAMES[step]);
            let fields = fields(name, device, seal);
            let fields: Vec<(&str, &str)> = fields.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let before = world.of(id).clone();
            match world.take(id, name, &fields) {
                Ok(()) => *states.entry(world.state(id)).or_insert(0) += 1,
                Err(_) => assert_eq!(*world.of(id), before, "a refusal changes nothing"),
            }
            sound(&world.book, &[lock(0), lock(1), lock(2)]);
        }
        // Put back from its history it is the same.
        let mut again = Movements::default();
        for (id, done) in world.book.steps() {
            again.restore(id, done.clone()).unwrap();
        }
        prop_assert!(again.iter().eq(world.book.iter()));
        for number in 0..3 {
            prop_assert_eq!(again.armed_on(&lock(number)), world.book.armed_on(&lock(number)));
        }
    }
}
