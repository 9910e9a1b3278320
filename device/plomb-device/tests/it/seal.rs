//! The state of the seal: by stories, and by random lives.

use plomb_device::{Breaks, Cause, Importance, Part, Parts, Phase, SEAL_EVENTS_MAX, Seal, Turn};
use proptest::prelude::*;

fn whole() -> Seal {
    Seal { now: Parts::ALL, ..Seal::default() }
}

fn sealed() -> Seal {
    whole().arm().unwrap().seal.close(Parts::ALL).unwrap().seal
}

#[test]
fn a_seal_is_armed_sealed_and_opened_with_right() {
    let armed = whole().arm().unwrap();
    assert_eq!((armed.seal.phase, armed.seal.arming, armed.cause), (Phase::Armed, 1, Cause::Armed));
    let sealed = armed.seal.close(Parts::ALL).unwrap();
    assert_eq!((sealed.seal.phase, sealed.seal.cycles), (Phase::Sealed, 1));
    let opened = sealed.seal.open().unwrap();
    assert_eq!(opened.seal.phase, Phase::OpenedWithRight);
    let pulled = opened.seal.sense(Part::RopeInserted, false).unwrap();
    assert_eq!((pulled.cause, pulled.importance), (Cause::PartChanged, Importance::Notice));
    assert!(pulled.seal.ever.is_empty());
}

#[test]
fn an_armed_seal_waits_for_every_part_that_is_fitted() {
    let armed = whole().sense(Part::RopeInserted, false).unwrap().seal.arm().unwrap().seal;
    assert_eq!(armed.close(Parts::ALL), None);
    assert!(armed.close(Parts::ALL.with(Part::RopeInserted, false)).is_some());
    let inserted = armed.sense(Part::RopeInserted, true).unwrap().seal;
    assert!(inserted.close(Parts::ALL).is_some());
}

#[test]
fn each_part_breaks_the_seal_in_its_own_way() {
    let ways = [
        (Part::RopeIntact, Cause::RopeCut),
        (Part::RopeInserted, Cause::RopePulled),
        (Part::MotorLocked, Cause::Forced),
        (Part::DoorClosed, Cause::DoorOpened),
        (Part::Dark, Cause::LightSeen),
    ];
    for (part, cause) in ways {
        let broken = sealed().sense(part, false).unwrap();
        assert_eq!((broken.cause, broken.importance), (cause, Importance::Seal));
        assert_eq!(broken.seal.phase, Phase::Cut);
        assert!(broken.seal.ever.has(cause));
    }
}

#[test]
fn what_was_broken_stays_broken_though_it_is_whole_now() {
    let cut = sealed().sense(Part::RopeIntact, false).unwrap().seal;
    let mended = cut.sense(Part::RopeIntact, true).unwrap();
    assert!(mended.seal.now.has(Part::RopeIntact));
    assert!(mended.seal.ever.has(Cause::RopeCut));
    assert_eq!(mended.seal.phase, Phase::Cut);
    let again = mended.seal.sense(Part::RopeIntact, false).unwrap();
    assert_eq!((again.importance, again.seal.cuts), (Importance::Alarm, 2));
    assert_eq!(again.seal.close(Parts::ALL), None);
    let opened = again.seal.open().unwrap().seal;
    assert!(opened.ever.has(Cause::RopeCut), "opening with right forgives nothing");
    assert!(opened.arm().unwrap().seal.ever.is_empty(), "only a new arming does");
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Sense(Part, bool),
    Arm,
    Close,
    Open,
    Tamper,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..6_usize, any::<bool>()).prop_map(|(part, whole)| Step::Sense(Part::ALL[part], whole)),
        2 => Just(Step::Arm),
        2 => Just(Step::Close),
        1 => Just(Step::Open),
        1 => (0..20_u8).prop_map(|dice| if dice == 0 { Step::Tamper } else { Step::Close }),
    ]
}

fn turn(seal: Seal, step: Step) -> Option<Turn> {
    match step {
        Step::Sense(part, whole) => seal.sense(part, whole),
        Step::Arm => seal.arm(),
        Step::Close => seal.close(Parts::ALL),
        Step::Open => seal.open(),
        Step::Tamper => seal.tamper(),
    }
}

proptest! {
    #[test]
    fn latches_fall_only_with_a_new_arming(steps in prop::collection::vec(step(), 1..200)) {
        let mut seal = whole();
        let mut important = 0;
        for step in steps {
            let Some(turn) = turn(seal, step) else { continue };
            let before: Breaks = seal.ever;
            if turn.cause == Cause::Armed {
                prop_assert_eq!(turn.seal.arming, seal.arming + 1);
                prop_assert!(turn.seal.ever.is_empty());
                important = 0;
            } else {
                prop_assert_eq!(turn.seal.ever.0 & before.0, before.0, "a latch fell by {:?}", step);
                prop_assert_eq!(turn.seal.arming, seal.arming);
            }
            if seal.phase == Phase::Tampered {
                prop_assert_eq!(turn.seal.phase, Phase::Tampered, "nothing ends it");
            }
            let may_seal = seal.phase == Phase::Armed && seal.now == Parts::ALL;
            if turn.seal.phase == Phase::Sealed && seal.phase != Phase::Sealed {
                prop_assert!(may_seal);
            }
            // Broken without right is said as such: under seal no part breaks in silence.
            if seal.phase == Phase::Sealed && turn.seal.phase == Phase::Sealed {
                prop_assert!(turn.seal.now == seal.now.with(Part::CaseClosed, turn.seal.now.has(Part::CaseClosed)));
            }
            important += usize::from(turn.importance == Importance::Seal);
            prop_assert!(important <= SEAL_EVENTS_MAX, "more events of one arming than there is room for");
            seal = turn.seal;
        }
    }
}
